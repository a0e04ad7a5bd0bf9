"""The rules, loaded once: they judge plans and say what a person may do, with every reason, and fail closed.

Whatever goes wrong while judging is a refusal. Cedar skips a rule that errors, so an answer with any error in
it is never taken as a yes.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from agents.governance import wording
from agents.governance.alert_limits import AlertLimits, parse_alerts
from agents.governance.approvals import Approvals
from agents.governance.calendar import ALWAYS, Calendar
from agents.governance.calendar_text import parse_calendar
from agents.governance.engine import Answer, Cedar, Engine, Question
from agents.governance.facts import Facts
from agents.governance.limits import Limits, parse_limits
from agents.governance.loading import SHIPPED, PolicySet, parse_policies, read_files
from agents.governance.measuring import situation_of, unjudgeable
from agents.governance.policy import Policy
from agents.governance.questions import entities_of, plan_entity, questions_of, user_entity
from agents.governance.situation import Situation, changes_rules
from storage.records.people import Person, Role
from storage.records.plans import Plan
from storage.records.policies import CALENDAR, LIMITS, Edition, PolicyFile, version_of
from storage.records.record import Record
from storage.records.verdicts import Gate, Outcome, Reason, Verdict


class Act(StrEnum):
    """What a person may want to do; judged by role, and by plan where there is one."""

    VIEW = "view"
    PROPOSE = "propose"
    EDIT = "edit"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    """Take back one's own approval."""
    REMIND = "remind"
    """Remind people of a plan, hand it to somebody, ask about it."""
    ROLLBACK = "rollback"
    ACKNOWLEDGE = "acknowledge"
    SNOOZE = "snooze"
    ASSIGN = "assign"
    """Ask somebody to take a case."""
    ESCALATE = "escalate"
    """Call in those above for a case."""
    LEARN = "learn"
    """Say of a case that it is normal from now on, or that normal has to be learnt afresh."""
    MUTE = "mute"
    """Want no direct messages about alerts for a while."""
    QUIETEN = "quieten"
    """Set the team's quiet hours."""
    DIAGNOSE = "diagnose"
    """Say what is behind a case."""
    RESOLVE = "resolve"
    """Choose what is done about a diagnosed case; what that changes is judged by itself."""
    VERIFY = "verify"
    """Say that a case is over; whether one has acted on it oneself is not looked at here."""
    TICK = "tick"
    CONFIGURE = "configure"
    FREEZE = "freeze"
    THAW = "thaw"
    BREAK_GLASS = "break_glass"
    REVIEW_GLASS = "review_glass"
    """Whether one has broken it oneself is not looked at here."""
    DELEGATE = "delegate"
    AMEND = "amend"
    """Propose a change of the rules."""
    ANSWER = "answer"
    """Answer a question about data."""
    PROMOTE = "promote"
    """Agree that other settings are worked with."""
    ERASE = "erase"
    """Forget a person's data for good."""
    NAME_OWNER = "name_owner"
    """Say who answers for an artefact."""


class Standing(Record):
    """How somebody stands to a plan that they would approve."""

    glass: bool = False
    """They have broken glass, and it is in force."""
    owns_agent: bool = False
    """They answer for the agent that made it."""
    stands_for_requester: bool = False
    """They are the delegate of whoever asked for it."""


class Permission(Record):
    """Whether a person may; `reason` is for them, empty if they may."""

    allowed: bool
    reason: str = ""


class EngineError(RuntimeError):
    """Raised inside judging when an engine's answer cannot be relied on; it becomes a refusal."""


class Fired(Record):
    """One policy that stood against one question, in words."""

    policy: Policy | None
    """None: nothing stood against it, but nothing permits it either."""
    text: str


def load_rules(folder: Path = SHIPPED, limits: Limits | None = None, calendar: Calendar = ALWAYS) -> "Rules":
    """Rules from a folder of policies, for tests and tools: what is in force comes from editions.

    Raises PoliciesInvalid.
    """
    return Rules(read_files(folder), limits=limits, calendar=calendar)


class Rules:
    """A checked set of policies with limits and calendar; judging is deterministic and does no I/O."""

    def __init__(
        self,
        files: Iterable[PolicyFile],
        *,
        limits: Limits | None = None,
        calendar: Calendar = ALWAYS,
        alerts: AlertLimits | None = None,
    ) -> None:
        """`alerts` hold even without caps; None: those of the limits. Raises PoliciesInvalid."""
        kept = tuple(files)
        self._loaded: PolicySet = parse_policies(kept)
        self._cedar = Cedar(self._loaded.parsed, self._loaded.schema)
        self._texts = {one.name: one.text for one in kept}
        self.version = version_of(kept)
        """sha256 of the names and texts: the edition's version."""
        self.limits = limits
        """None: nothing is written anywhere."""
        self.calendar = calendar
        self.alerts = alerts or (limits.alerts if limits is not None else AlertLimits())

    @classmethod
    def of(cls, edition: Edition) -> Self:
        """The rules of an edition. Raises PoliciesInvalid, LimitsInvalid or CalendarInvalid."""
        limits, calendar = edition.file(LIMITS), edition.file(CALENDAR)
        return cls(
            edition.files,
            limits=parse_limits(limits.text, file=LIMITS) if limits else None,
            calendar=parse_calendar(calendar.text, file=CALENDAR) if calendar else ALWAYS,
            alerts=parse_alerts(limits.text, file=LIMITS) if limits else None,
        )

    @property
    def policies(self) -> tuple[Policy, ...]:
        """In order of file, as written."""
        return self._loaded.policies

    @property
    def document(self) -> str:
        """All policies as Cedar's JSON text, with the clauses that their annotations mean."""
        return self._loaded.document

    @property
    def schema_text(self) -> str:
        return self._loaded.schema_text

    @property
    def loaded(self) -> PolicySet:
        """The policies as Cedar holds them."""
        return self._loaded

    @property
    def texts(self) -> Mapping[str, str]:
        """Name → text of every file, tests included."""
        return self._texts

    def situation(self, plan: Plan, facts: Facts) -> Situation:
        """What there is to judge of one revision; whatever goes wrong is in it as a problem, and is a refusal."""
        try:
            return situation_of(plan, facts, self._texts)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing may be written because of it
            return unjudgeable(plan, (_engine_reason(error),))

    def judge(self, plan: Plan, facts: Facts) -> Verdict:
        """Judge one revision: refused for every reason there is, or waiting for every gate, or allowed."""
        return self.judge_situation(self.situation(plan, facts), facts.approvals, now=facts.now)

    def judge_situation(
        self,
        situation: Situation,
        approvals: Approvals = Approvals(),  # noqa: B008 - frozen
        *,
        now: datetime,
        engine: Engine | None = None,
    ) -> Verdict:
        """The verdict on what was measured, at that moment; Cedar answers, unless another engine only looks back."""
        try:
            outcome, reasons, gates = self._judge(situation, approvals, now, engine or self._cedar)
        except Exception as error:  # noqa: BLE001 - as above
            outcome, reasons, gates = Outcome.REFUSED, (_engine_reason(error),), ()
        return Verdict(outcome=outcome, reasons=reasons, gates=gates, policy_version=self.version, judged_at=now)

    def may(
        self,
        person: Person,
        act: str,
        plan: Plan | None = None,
        standing: Standing = Standing(),  # noqa: B008 - frozen
    ) -> Permission:
        """Whether the person may do this now, to this plan if one is given, else at all."""
        try:
            fired = self._stands_against(person, Act(act), plan, standing)
        except Exception as error:  # noqa: BLE001 - as above: no answer is a no
            return Permission(allowed=False, reason=_engine_reason(error).text)
        return Permission(allowed=not fired, reason="; ".join(dict.fromkeys(item.text for item in fired)))

    def _judge(
        self, situation: Situation, approvals: Approvals, now: datetime, engine: Engine
    ) -> tuple[Outcome, tuple[Reason, ...], tuple[Gate, ...]]:
        if situation.problems:
            return Outcome.REFUSED, situation.problems, ()
        questions = questions_of(situation, self.limits, self.calendar, now=now)
        entities = entities_of(situation)
        fired = self._ask(engine, questions, entities, approvals)
        denials = [item for item in fired if item.policy is None or not item.policy.requires]
        if denials:
            return Outcome.REFUSED, _reasons(denials), ()
        if not fired:
            return Outcome.ALLOWED, (), ()
        # A gate hides whether anything permits the plan at all; people are asked only if their yes would do.
        still = self._ask(engine, questions, entities, _all_wanted(fired, approvals))
        if still:
            return Outcome.REFUSED, _reasons(still), ()
        return Outcome.NEEDS_APPROVAL, _reasons(fired), _gates(fired)

    def _ask(
        self,
        engine: Engine,
        questions: tuple[Question, ...],
        entities: list[dict[str, Any]],
        approvals: Approvals | None,
    ) -> list[Fired]:
        answers = engine.ask(questions, entities, approvals)
        return [
            item for question, answer in zip(questions, answers, strict=True) for item in self._fired(question, answer)
        ]

    def _fired(self, question: Question, answer: Answer) -> list[Fired]:
        if answer.errors:
            raise EngineError(question.action)
        if answer.allowed:
            return []
        if not answer.reasons:
            return [Fired(policy=None, text=f"no policy permits {question.principal['id']} to do this")]
        words = question.words()
        stood = [self._loaded.by_id[name] for name in sorted(answer.reasons)]
        return [Fired(policy=policy, text=wording.fill(policy.text, words)) for policy in stood]

    def _stands_against(self, person: Person, act: Act, plan: Plan | None, standing: Standing) -> list[Fired]:
        question = person_question(person, act, plan, standing)
        fired = self._ask(self._cedar, (question,), person_entities(person, plan), None)
        if any(item.policy is None for item in fired):
            able = wording.any_of(role for role in Role if self._role_may(role, act)) or "nobody"
            have = ", ".join(wording.ROLES[role] for role in sorted(person.roles)) or "none"
            deed = _DEEDS.get(act, act.value.replace("_", " "))
            return [Fired(policy=None, text=f"Only {able} may {deed}; {person.name} has the role {have}")]
        return fired

    def _role_may(self, role: Role, act: Act) -> bool:
        someone = Person(id="someone", name="someone", roles=frozenset({role}))
        question = person_question(someone, act, None, Standing())
        return not self._ask(self._cedar, (question,), person_entities(someone, None), None)


_DEEDS = {
    Act.REMIND: "remind others of a plan or hand it over",
    Act.NAME_OWNER: "say who answers for something",
    Act.LEARN: "say what is normal",
    Act.TICK: "move the simulated market on",
}
"""Acts whose name says less than what they allow."""


def person_question(person: Person, act: Act, plan: Plan | None, standing: Standing) -> Question:
    """Whether the person may do this, as Cedar is asked."""
    context: dict[str, Any] = {}
    if act is Act.APPROVE:
        # Broken glass is for emergencies of the market; the rules themselves always take two people.
        glass = standing.glass and not (plan is not None and changes_rules(plan))
        context = {**standing.model_dump(), "glass": glass}
    return Question(
        principal={"type": "User", "id": person.id},
        action=act.value,
        resource={"type": "Plan", "id": plan.id} if plan else {"type": "Workspace", "id": "workspace"},
        context=context,
        words=lambda: {"person": person.name, "plan": plan.id if plan else "the plan"},
    )


def person_entities(person: Person, plan: Plan | None) -> list[dict[str, Any]]:
    """Everyone and everything that such a question speaks of."""
    return [user_entity(person.id, person.roles, active=person.active), *([plan_entity(plan)] if plan else [])]


def _all_wanted(fired: list[Fired], given: Approvals) -> Approvals:
    wanted = [item.policy for item in fired if item.policy]
    return Approvals(
        roles=given.roles.union(*(policy.requires for policy in wanted)),
        distinct=max([given.distinct, *(policy.approvers for policy in wanted)]),
    )


def _reasons(fired: list[Fired]) -> tuple[Reason, ...]:
    named = ((item.policy.id if item.policy else "no-permit", item.text) for item in fired)
    return tuple(Reason(policy=policy, text=text) for policy, text in dict.fromkeys(named))


def _gates(fired: list[Fired]) -> tuple[Gate, ...]:
    """One gate a policy; where it fired for several changes, the first one's words and how many more."""
    by_policy: dict[str, tuple[Policy, list[str]]] = {}
    for policy, text in [(item.policy, item.text) for item in fired if item.policy]:
        by_policy.setdefault(policy.id, (policy, []))[1].append(text)
    return tuple(
        Gate(
            policy=policy.id,
            text=texts[0] + (f" (and {len(texts) - 1} more)" if len(texts) > 1 else ""),
            roles=policy.requires,
            approvers=policy.approvers,
            escalate_after_minutes=policy.escalate_after_minutes,
            cooling_off_minutes=policy.cooling_off_minutes,
        )
        for policy, texts in by_policy.values()
    )


def _engine_reason(error: Exception) -> Reason:
    # The type alone: a message may quote the plan, and reasons are stored and shown.
    return Reason(policy="engine", text=f"policy engine error ({type(error).__name__}): nothing is written")

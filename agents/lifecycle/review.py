"""Review: governance judges a plan with fresh facts, and plans that touch the same thing wait for each other."""

from collections.abc import Callable
from datetime import datetime

from agents.governance.approvals import Approvals, approvals_given
from agents.governance.facts import Facts
from agents.governance.limits import Limits
from agents.governance.rules import Rules
from agents.lifecycle.states import ask_for_execution, move
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from storage.ledger import Ledger, Transaction
from storage.records.executions import ExecutionState
from storage.records.facts import CampaignState
from storage.records.people import Person
from storage.records.plans import Change, Plan, PlanState, PlanStatus
from storage.records.verdicts import Outcome, Verdict

DATA_SLA_DAYS = 2
"""How old the newest complete day behind a budget plan may be, in days of the source's calendar."""


class Reviewer:
    """Gathers what the rules need, has them judge, and files the plan accordingly."""

    def __init__(
        self,
        ledger: Ledger,
        rules: Rules,
        *,
        readers: Readers,
        limits: Callable[[], Limits | None],
        skills: Callable[[str], frozenset[str]],
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._rules = rules
        self._readers = readers
        self._limits = limits
        self._skills = skills
        self._clock = clock

    async def review(self, plan_id: str) -> PlanStatus:
        """Judge a proposed or held plan and move it on; any other, and an expired one, is left as it is.

        Raises LookupError if there is no such plan.
        """
        async with self._ledger.read() as tx:
            status = await known_plan(tx, plan_id)
        if not _reviewable(status, now=self._clock()):
            return status
        judged, verdict = status.plan, await self.judge(status.plan)
        now = self._clock()
        async with self._ledger.write() as tx:
            status = await known_plan(tx, plan_id)
            # An edit made meanwhile asked for a review of its own: this verdict is not about it.
            if status.plan.revision == judged.revision and _reviewable(status, now=now):
                await _file(tx, status, verdict, now=now)
            return await known_plan(tx, plan_id)

    async def judge(self, plan: Plan) -> Verdict:
        """The verdict as of now, before anybody has approved."""
        try:
            world = await self.world(plan)
        except SourceUnavailable:
            # Unknown state is judged as such: the rules refuse campaigns that no source shows.
            world = World((), None)
        async with self._ledger.read() as tx:
            facts = await self.facts(tx, plan, world, approved=False)
        return self._rules.judge(plan, facts)

    async def judge_in(self, tx: Transaction, plan: Plan, world: "World") -> Verdict:
        """The verdict inside a transaction that will act on it, approvals counted."""
        return self._rules.judge(plan, await self.facts(tx, plan, world, approved=True))

    async def world(self, plan: Plan) -> "World":
        """What the sources show now; read before a transaction, because sources may be slow.

        Raises SourceUnavailable: an approved plan is tried again then, and not refused for good.
        """
        try:
            campaigns = await self._readers.campaigns()
            today = await self._readers.today(plan.changes[0].resource.channel)
        except LookupError:
            return World((), None)
        return World(campaigns, (today - plan.data_day).days - 1)

    async def facts(self, tx: Transaction, plan: Plan, world: "World", *, approved: bool) -> Facts:
        """All that the rules are told about this plan."""
        people = await tx.people.all()
        return Facts(
            now=self._clock(),
            limits=self._limits(),
            campaigns=await _with_executing(tx, plan, world.campaigns),
            data_age_days=world.data_age_days,
            data_sla_days=DATA_SLA_DAYS,
            agent_skills=self._skills(plan.agent),
            requester=_person(people, plan.requested_by),
            approvals=await _approvals(tx, plan, people) if approved else Approvals(),
            taken_back=await _taken_back(tx, plan),
        )


class World:
    """What the sources show at one moment."""

    def __init__(self, campaigns: tuple[CampaignState, ...], data_age_days: int | None) -> None:
        self.campaigns = campaigns
        self.data_age_days = data_age_days


async def known_plan(tx: Transaction, plan_id: str) -> PlanStatus:
    """The plan's status; raises LookupError with words for people."""
    status = await tx.plans.get(plan_id)
    if status is None:
        raise LookupError(f"there is no {plan_id}")
    return status


def _reviewable(status: PlanStatus, *, now: datetime) -> bool:
    """Still undecided, and in time: what has expired while it was held must not be carried out after all."""
    return status.state in (PlanState.PROPOSED, PlanState.HELD) and now < status.plan.expires_at


async def _file(tx: Transaction, status: PlanStatus, verdict: Verdict, *, now: datetime) -> None:
    plan = status.plan
    conflicts = await tx.plans.claim(plan.id, plan.resource_keys)
    if verdict.outcome is Outcome.REFUSED:
        # A refusal stands whoever else is at work, so it is said at once and nothing is held for it.
        to, note = PlanState.REFUSED, "; ".join(reason.text for reason in verdict.reasons)
    elif conflicts:
        to, note = PlanState.HELD, _conflict_words(plan, conflicts)
    elif verdict.outcome is Outcome.ALLOWED:
        to, note = PlanState.APPROVED, "allowed without a further approval"
    else:
        to, note = PlanState.WAITING, ""
    if status.state is to and status.note == note:
        return
    await tx.approvals.add_verdict(plan.id, plan.revision, verdict)
    if status.state is to:
        # Still held, but for another plan: people should read which.
        await tx.plans.move(plan.id, revision=plan.revision, origins=(to,), to=to, now=status.since, note=note)
    else:
        await move(tx, status, to, now=now, note=note)
    await tx.audit.append(
        at=now,
        actor="system",
        action=f"plan.{to.value}",
        subject=plan.id,
        facts={
            "revision": plan.revision,
            "digest": plan.digest,
            "note": note,
            "verdict": verdict.outcome.value,
            "reasons": [reason.model_dump() for reason in verdict.reasons],
            "gates": [gate.policy for gate in verdict.gates],
            "policy_version": verdict.policy_version,
        },
    )
    if to is PlanState.APPROVED:
        await ask_for_execution(tx, plan)


def _conflict_words(plan: Plan, conflicts: dict[str, str]) -> str:
    names = {change.resource.key: change.resource.name for change in plan.changes}
    holders = sorted(set(conflicts.values()))
    touched = ", ".join(sorted(names[key] for key in conflicts))
    return f"{' and '.join(holders)} also changes {touched} and goes first"


async def _with_executing(
    tx: Transaction, plan: Plan, campaigns: tuple[CampaignState, ...]
) -> tuple[CampaignState, ...]:
    """Count what other plans are about to write as written: two plans must not pass a cap together."""
    wanted = {
        change.resource.key: change.after
        for other in await tx.plans.in_states(PlanState.EXECUTING)
        if other.plan.id != plan.id
        for change in other.plan.changes
        if change.field == "daily_budget"
    }
    return tuple(
        one.model_copy(update={"daily_budget": wanted[key]})
        if (key := f"{one.channel}/campaign/{one.id}") in wanted
        else one
        for one in campaigns
    )


async def _approvals(tx: Transaction, plan: Plan, people: tuple[Person, ...]) -> Approvals:
    decisions = await tx.approvals.decisions(plan.id, plan.revision)
    return approvals_given(plan, decisions, people)


async def _taken_back(tx: Transaction, plan: Plan) -> tuple[Change, ...]:
    if plan.restores is None:
        return ()
    original = await known_plan(tx, plan.restores)
    done = await tx.executions.of(original.plan.id, original.plan.revision)
    return tuple(item.change for item in done if item.state is ExecutionState.APPLIED)


def _person(people: tuple[Person, ...], person_id: str | None) -> Person | None:
    return next((one for one in people if one.id == person_id), None)

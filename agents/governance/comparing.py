"""Comparing two sets of rules over one past situation: which questions could they answer differently, and how it ends.

Compiled policies answer, thousands a second; whoever relies on it lets Cedar confirm.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from agents.governance.approvals import Approvals
from agents.governance.compiled.asking import Store
from agents.governance.compiled.compiling import compile_policies
from agents.governance.compiled.kinds import NotCompilable
from agents.governance.engine import Answer, Cedar, Engine, Question
from agents.governance.policy import Policy, clauses
from agents.governance.questions import ACTIONS, Asking, entities_of, questions_of
from agents.governance.rules import Rules
from agents.governance.situation import AnyStep, AudienceStep, CampaignStep, Situation
from storage.records.people import Role
from storage.records.verdicts import Outcome, Verdict

log = structlog.get_logger()

_EVERYTHING = Approvals(roles=frozenset(Role), distinct=1_000)
_ATTRIBUTE = re.compile(r'"attr": "(\w+)"')


class CompiledRules:
    """Policies as Python, for looking back at many."""

    def __init__(self, rules: Rules) -> None:
        """Raises NotCompilable."""
        self._policies = compile_policies(rules.document, rules.schema_text)
        self._read: tuple[list[dict[str, Any]], Store] = ([], self._policies.store([]))

    def ask(
        self, questions: Sequence[Question], entities: list[dict[str, Any]], approvals: Approvals | None
    ) -> Sequence[Answer]:
        if entities is not self._read[0]:
            self._read = entities, self._policies.store(entities)
        store = self._read[1]
        return [
            Answer(
                *store.ask(
                    one.principal, {"type": "Action", "id": one.action}, one.resource, one.context_with(approvals)
                )
            )
            for one in questions
        ]


def compiled_or_cedar(rules: Rules) -> Engine:
    """The fast path, or Cedar for policies that it does not know."""
    try:
        return CompiledRules(rules)
    except NotCompilable as error:
        log.info("what_if.by_cedar", because=str(error))
        return cedar(rules)


def cedar(rules: Rules) -> Engine:
    return Cedar(rules.loaded.parsed, rules.loaded.schema)


def word_of(verdict: Verdict) -> str:
    """How a decision came out, in a word; with whom it waits for."""
    roles = frozenset[Role]().union(*(gate.roles for gate in verdict.gates))
    return _word(verdict.outcome, roles, max([gate.approvers for gate in verdict.gates], default=1))


class Side:
    """One set of rules with its engine."""

    def __init__(self, rules: Rules, engine: Engine) -> None:
        self.rules = rules
        self.engine = engine
        self.by_id = {policy.id: policy for policy in rules.policies}
        self.written: dict[str, Any] = json.loads(rules.document)["staticPolicies"]

    @property
    def looks_at_approvals(self) -> bool:
        """Whether a condition that somebody wrote, not one that the loader added, asks who has approved."""
        return any("approvals" in _attributes(self._own_conditions(policy)) for policy in self.by_id.values())

    @property
    def permits_look_at(self) -> frozenset[str]:
        """The attributes that decide whether anything is permitted."""
        permits = (policy for policy in self.by_id.values() if policy.effect == "permit")
        return frozenset[str]().union(*(_attributes(self._own_conditions(policy)) for policy in permits))

    def _own_conditions(self, policy: Policy) -> Any:
        conditions = self.written[policy.id]["conditions"]
        return conditions[: len(conditions) - len(clauses(policy))]

    def asking(self, situation: Situation, at: datetime) -> Asking:
        return Asking(situation, self.rules.limits, self.rules.calendar, at)

    def word(self, situation: Situation, at: datetime, entities: list[dict[str, Any]]) -> str:
        """As `Rules.judge_situation` decides, without the words for people, which take longer than the decision."""
        questions = questions_of(situation, self.rules.limits, self.rules.calendar, now=at)
        fired = self._fired(questions, entities, Approvals())
        if fired is None or not all(policy is not None and policy.requires for policy in fired):
            return _word(Outcome.REFUSED)
        gates = [policy for policy in fired if policy is not None]
        if not gates:
            return _word(Outcome.ALLOWED)
        roles = frozenset[Role]().union(*(gate.requires for gate in gates))
        wanted = Approvals(roles=roles, distinct=max(gate.approvers for gate in gates))
        if self._fired(questions, entities, wanted) != []:
            return _word(Outcome.REFUSED)
        return _word(Outcome.NEEDS_APPROVAL, roles, wanted.distinct)

    def _fired(
        self, questions: tuple[Question, ...], entities: list[dict[str, Any]], approvals: Approvals
    ) -> list[Policy | None] | None:
        """What stands against it, None among them where nothing permits it; None instead where an answer errs."""
        fired: list[Policy | None] = []
        for answer in self.engine.ask(questions, entities, approvals):
            if answer.errors:
                return None
            if not answer.allowed:
                fired += [self.by_id[name] for name in answer.reasons] or [None]
        return fired


class Comparison:
    """Two sets of rules, and which questions they could answer differently."""

    def __init__(self, now: Side, then: Side) -> None:
        self.now = now
        self.then = then
        sides = (now, then)
        self._same_world = (now.rules.limits, now.rules.calendar) == (then.rules.limits, then.rules.calendar)
        policies = [
            policy
            for side in sides
            for name, policy in side.by_id.items()
            if now.written.get(name) != then.written.get(name)
        ]
        self._touched = frozenset(action for policy in policies for action in policy.actions)
        self._any_may_differ = (
            now.rules.schema_text != then.rules.schema_text
            or not all(policy.actions for policy in policies)
            or any(side.looks_at_approvals for side in sides)
        )
        # A policy of one name on both sides may ask for other people though it fires alike.
        self._other_people = frozenset(
            name
            for name in now.by_id.keys() & then.by_id.keys()
            if _people_of(now.by_id[name]) != _people_of(then.by_id[name])
        )
        self._permits_differ = any(policy.effect == "permit" for policy in policies)
        self._permits_look_at = now.permits_look_at | then.permits_look_at
        self._moves: dict[tuple[Any, ...], dict[str, Any] | None] = {}

    def came_out(self, situation: Situation, at: datetime) -> tuple[str, str] | None:
        """The words of both sides, or None where they are surely the same."""
        if situation.problems:
            return None
        entities = entities_of(situation)
        if not (self._any_may_differ or self._may_differ(self._pairs(situation, at), entities)):
            return None
        return self.now.word(situation, at, entities), self.then.word(situation, at, entities)

    def _may_differ(self, pairs: Sequence[tuple[Question, Question]], entities: list[dict[str, Any]]) -> bool:
        if not pairs:
            return False
        here, there = zip(*pairs, strict=True)
        for approvals in self._passes(pairs):
            answers = self.now.engine.ask(here, entities, approvals)
            if answers != self.then.engine.ask(there, entities, approvals):
                return True
            if any(not self._other_people.isdisjoint(answer.reasons) for answer in answers):
                return True
        return False

    def _passes(self, pairs: Sequence[tuple[Question, Question]]) -> tuple[Approvals, ...]:
        """A forbid hides which permits there are: where these may differ, it is asked with all approvals given, too."""
        if self._permits_differ or (
            self._permits_look_at and any(not self._permits_look_at.isdisjoint(_moved(*pair)) for pair in pairs)
        ):
            return Approvals(), _EVERYTHING
        return (Approvals(),)

    def _pairs(self, situation: Situation, at: datetime) -> list[tuple[Question, Question]]:
        """The questions that may be answered differently, as either side asks them."""
        now, then = self.now.asking(situation, at), self.then.asking(situation, at)
        plan = now.of_plan()
        pairs = [(plan, plan if self._same_world else then.of_plan())]
        for step in situation.steps:
            touched = not self._touched.isdisjoint(ACTIONS[step.area])
            moved = {} if self._same_world else self._moved_of(situation, step, now, then)
            if moved is None:
                pairs.append((now.of_step(step), then.of_step(step)))
            elif moved or touched:
                one = now.of_step(step)
                pairs.append((one, replace(one, context={**one.context, **moved})))
        return [(one, other) for one, other in pairs if one.action in self._touched or one.context != other.context]

    def _moved_of(self, situation: Situation, step: AnyStep, now: Asking, then: Asking) -> dict[str, Any] | None:
        """What the other limits make of a step's question; None if both questions have to be made to know.

        The same for all steps of one kind, place and currency, as long as the calendars are the same.
        """
        if self.now.rules.calendar != self.then.rules.calendar:
            return None
        place = (step.account, step.brand) if isinstance(step, CampaignStep) else ()
        audience = step.after if isinstance(step, AudienceStep) else ""
        key = (step.area, situation.at_risk.currency, step.channel, place, audience)
        if key not in self._moves:
            one, other = now.of_step(step).context, then.of_step(step).context
            self._moves[key] = {name: other[name] for name in other if one.get(name) != other[name]}
            if one.keys() != other.keys():
                self._moves[key] = None
        return self._moves[key]


def _people_of(policy: Policy) -> tuple[frozenset[Role], int]:
    return policy.requires, policy.approvers


def _moved(one: Question, other: Question) -> frozenset[str]:
    """What two questions say differently."""
    names = {**one.context, **other.context}
    return frozenset(name for name in names if one.context.get(name) != other.context.get(name))


def _attributes(condition: Any) -> frozenset[str]:
    """Every attribute that a condition in Cedar's JSON form reads or asks for."""
    return frozenset(_ATTRIBUTE.findall(json.dumps(condition)))


def _word(outcome: Outcome, roles: Iterable[Role] = (), people: int = 1) -> str:
    if outcome is not Outcome.NEEDS_APPROVAL:
        return outcome.value
    each = " and ".join(sorted(roles))
    return f"waits for {each}" if people == 1 else f"waits for {people} people: {each}"

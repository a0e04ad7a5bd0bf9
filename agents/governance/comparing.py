"""Comparing two sets of rules over one past situation: which questions could they answer differently, and how it ends.

Only those are asked on both sides, once each; the rest is asked only where something was found to differ, and once for
both. What approvals would do is worked out from what fired without any.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from agents.governance.approvals import Approvals
from agents.governance.compiled.asking import Fired
from agents.governance.engine import Question
from agents.governance.lookback import NOBODY, Lookback
from agents.governance.policy import Policy, clauses
from agents.governance.questions import ACTIONS, Asking, entities_of
from agents.governance.rules import Rules
from agents.governance.situation import AnyStep, AudienceStep, CampaignStep, Situation
from storage.records.people import Role
from storage.records.verdicts import Outcome, Verdict

_ATTRIBUTE = re.compile(r'"attr": "(\w+)"')
_Known = list[dict[str, Any]]
"""Entities."""
_Make = Callable[[], Question]
_Place = tuple[str, ...]
"""All that a question is looked up by in limits."""
_PLANS = ("plan_change", "plan_rollback", "plan_policy")


def word_of(verdict: Verdict) -> str:
    """How a decision came out, in a word; with whom it waits for."""
    roles = frozenset[Role]().union(*(gate.roles for gate in verdict.gates))
    return _word(verdict.outcome, roles, max([gate.approvers for gate in verdict.gates], default=1))


class Side:
    """One set of rules, and who answers by them."""

    def __init__(self, rules: Rules, lookback: Lookback) -> None:
        self.rules = rules
        self.lookback = lookback
        self.by_id = {policy.id: policy for policy in rules.policies}
        self.gates = frozenset(policy.id for policy in rules.policies if policy.requires)
        self.written: dict[str, Any] = json.loads(rules.document)["staticPolicies"]
        self.looks_at_approvals = any("approvals" in self._looks_at(policy) for policy in rules.policies)
        """Whether a condition that somebody wrote, not one that the loader added, asks who has approved."""

    def asking(self, situation: Situation, at: datetime) -> Asking:
        return Asking(situation, self.rules.limits, self.rules.calendar, at)

    def word(self, questions: Sequence[Question], fired: Sequence[Fired], entities: _Known) -> str:
        """As `Rules.judge_situation` decides, without the words for people, which take longer than the decision.

        `fired` is what fired without any approval; the questions are asked again only where that does not tell.
        """
        if self.refuses(fired):
            return _word(Outcome.REFUSED)
        against = [self.by_id[name] for name in {name for one in fired for name in one.forbids}]
        wanted = Approvals(
            roles=frozenset[Role]().union(*(gate.requires for gate in against)),
            distinct=max([gate.approvers for gate in against], default=0),
        )
        if against and self.looks_at_approvals:
            fired = self.lookback.look(questions, entities, wanted)
            if any(one.forbids or one.errors for one in fired):
                return _word(Outcome.REFUSED)
        # Approvals do nothing but open the gates: what nothing permits, they do not carry.
        if not all(one.permits for one in fired):
            return _word(Outcome.REFUSED)
        return _word(Outcome.NEEDS_APPROVAL, wanted.roles, wanted.distinct) if against else _word(Outcome.ALLOWED)

    def refuses(self, fired: Sequence[Fired]) -> bool:
        """Whether it is refused by these answers alone, whatever else is asked and whoever approves."""
        return any(one.errors or not self.gates.issuperset(one.forbids) for one in fired)

    def _looks_at(self, policy: Policy) -> frozenset[str]:
        """Every attribute that its own conditions read or ask for, in Cedar's JSON form."""
        conditions = self.written[policy.id]["conditions"]
        return frozenset(_ATTRIBUTE.findall(json.dumps(conditions[: len(conditions) - len(clauses(policy))])))


class Comparison:
    """Two sets of rules, and which questions they could answer differently."""

    def __init__(self, now: Side, then: Side) -> None:
        self.now = now
        self.then = then
        self._same_limits = now.rules.limits == then.rules.limits
        self._same_calendar = now.rules.calendar == then.rules.calendar
        changed = [
            policy
            for side in (now, then)
            for name, policy in side.by_id.items()
            if now.written.get(name) != then.written.get(name)
        ]
        self._touched = frozenset(action for policy in changed for action in policy.actions)
        self._by_approvals = now.looks_at_approvals or then.looks_at_approvals
        self._touches_all = (
            self._by_approvals
            or now.rules.schema_text != then.rules.schema_text
            or not all(policy.actions for policy in changed)
        )
        # A policy of one name on both sides may ask for other people though it fires alike.
        self._other_people = frozenset(
            name
            for name in now.by_id.keys() & then.by_id.keys()
            if _people_of(now.by_id[name]) != _people_of(then.by_id[name])
        )
        self._moves: dict[_Place, dict[str, Any] | None] = {}

    def came_out(self, situation: Situation, at: datetime) -> tuple[str, str] | None:
        """The words of both sides, or None where they are surely the same."""
        if situation.problems:
            return None
        pairs, alike = self._sorted_out(situation, at)
        if not pairs:
            return None
        entities = entities_of(situation)
        now, then = ([pair[side] for pair in pairs] for side in (0, 1))
        here = self.now.lookback.look(now, entities, NOBODY)
        there = self.then.lookback.look(then, entities, NOBODY)
        if not (self._by_approvals or here != there or self._asks_others(here)):
            return None
        if self.now.refuses(here) and self.then.refuses(there):
            return None
        rest = [make() for make in alike]
        found = self.now.lookback.look(rest, entities, NOBODY)
        return (
            self.now.word([*now, *rest], [*here, *found], entities),
            self.then.word([*then, *rest], [*there, *found], entities),
        )

    def _asks_others(self, fired: Sequence[Fired]) -> bool:
        return bool(self._other_people) and any(not self._other_people.isdisjoint(one.forbids) for one in fired)

    def _sorted_out(self, situation: Situation, at: datetime) -> tuple[list[tuple[Question, Question]], list[_Make]]:
        """The questions that may be answered differently, as either side asks them; and the rest, not yet made."""
        pairs: list[tuple[Question, Question]] = []
        alike: list[_Make] = []
        for here, there, place, actions in _askable(
            situation, self.now.asking(situation, at), self.then.asking(situation, at)
        ):
            pair = self._pair(here, there, place, actions)
            if pair is None:
                alike.append(here)
            else:
                pairs.append(pair)
        return pairs, alike

    def _pair(
        self, here: _Make, there: _Make, place: _Place, actions: tuple[str, ...]
    ) -> tuple[Question, Question] | None:
        moved = self._moved(here, there, place)
        if moved == {} and not self._touches_all and self._touched.isdisjoint(actions):
            return None
        one = here()
        other = there() if moved is None else one
        if moved:
            other = replace(one, context={**one.context, **moved})
        if self._touches_all or one.action in self._touched or one.context != other.context:
            return one, other
        return None

    def _moved(self, here: _Make, there: _Make, place: _Place) -> dict[str, Any] | None:
        """What the other limits make of a question; None if both have to be made to know.

        The same for all questions of one place, as long as the calendars are the same.
        """
        if not self._same_calendar:
            return None
        if self._same_limits:
            return {}
        if place not in self._moves:
            one, other = here().context, there().context
            moved = {name: other[name] for name in other if one.get(name) != other[name]}
            self._moves[place] = moved if one.keys() == other.keys() else None
        return self._moves[place]


def _askable(situation: Situation, now: Asking, then: Asking) -> Iterator[tuple[_Make, _Make, _Place, tuple[str, ...]]]:
    """How either side makes each question, with what it looks up in its limits and the actions that it may be for."""
    currency = situation.at_risk.currency
    yield now.of_plan, then.of_plan, (currency,), _PLANS
    for step in situation.steps:
        yield partial(now.of_step, step), partial(then.of_step, step), _place(step, currency), ACTIONS[step.area]


def _place(step: AnyStep, currency: str) -> _Place:
    account, brand = (step.account, step.brand) if isinstance(step, CampaignStep) else ("", "")
    audience = step.after if isinstance(step, AudienceStep) else ""
    return currency, step.area, step.channel, account, brand, audience


def _people_of(policy: Policy) -> tuple[frozenset[Role], int]:
    return policy.requires, policy.approvers


def _word(outcome: Outcome, roles: Iterable[Role] = (), people: int = 1) -> str:
    if outcome is not Outcome.NEEDS_APPROVAL:
        return outcome.value
    each = " and ".join(sorted(roles))
    return f"waits for {each}" if people == 1 else f"waits for {people} people: {each}"

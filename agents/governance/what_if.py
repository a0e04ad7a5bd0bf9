"""What if: past decisions judged again by the rules as they are and as they would be, and where the two part.

Compiled policies look through the thousands, and only at the questions that the two could answer differently; Cedar
itself then judges what was found to differ, and a sample of the rest. Where it disagrees, it judges everything.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

import structlog
from pydantic import ValidationError

from agents.governance.comparing import Comparison, Side, word_of
from agents.governance.lookback import Lookback, cedar, compiled_or_cedar
from agents.governance.rules import Rules
from agents.governance.situation import Situation
from storage.records.money import Money
from storage.records.policies import Impact, Shift

log = structlog.get_logger()
_T = TypeVar("_T")

Row = tuple[str, str, str | None]
"""A plan, its newest verdict and the situation it was about, both as stored; None from before they were kept."""
CONFIRMED = 100
"""Differing decisions that Cedar judges too, spread over all; and half as many of those that do not differ."""
_EXAMPLES = 5


def count(
    rows: Iterable[Row],
    *,
    now: Rules,
    then: Rules,
    lookback: Callable[[Rules], Lookback] = compiled_or_cedar,
) -> Impact:
    """What `then` would have said of the decisions otherwise than `now`; rows newest first.

    An edited plan counts once, as it was decided last: its money was never at risk twice.
    """
    newest: dict[str, Row] = {}
    for row in rows:
        newest.setdefault(row[0], row)
    listed = tuple(newest.values())
    here = Side(now, lookback(now))
    # Where only limits or the calendar differ, the same policies answer for both.
    there = Side(then, lookback(then) if _written(then) != _written(now) else here.lookback)
    past = _Past(Comparison(here, there), listed)
    if lookback is not cedar and not past.confirmed():
        log.warning("what_if.engines_disagree")
        past = _Past(Comparison(Side(now, cedar(now)), Side(then, cedar(then))), listed)
    return past.impact()


class _Case(NamedTuple):
    """One past decision, and how it comes out on either side."""

    plan: str
    row: int
    before: str
    after: str
    at_risk: Money


class _Past:
    """All decisions looked through once."""

    def __init__(self, comparison: Comparison, rows: Sequence[Row]) -> None:
        self._comparison = comparison
        self._rows = rows
        self._changed: list[_Case] = []
        self._unchanged: list[int] = []
        self._moments: list[datetime] = []
        for row, (plan, verdict, text) in enumerate(rows):
            situation = _situation(text)
            if situation is None:
                continue
            at = _judged_at(verdict)
            self._moments.append(at)
            before, after = comparison.came_out(situation, at) or ("", "")
            if before == after:
                self._unchanged.append(row)
            else:
                self._changed.append(_Case(plan, row, before, after, situation.at_risk))

    def confirmed(self) -> bool:
        """Whether Cedar comes to the same for those that differ, spread over all if they are many, and for a sample."""
        return all(
            self._by_cedar(case.row) == (case.before, case.after) for case in _spread(self._changed, CONFIRMED)
        ) and all(len(set(self._by_cedar(row))) == 1 for row in _spread(self._unchanged, CONFIRMED // 2))

    def impact(self) -> Impact:
        shifts: dict[tuple[str, str], list[_Case]] = {}
        for case in self._changed:
            shifts.setdefault(_shown(case.before, case.after), []).append(case)
        most_first = sorted(shifts.items(), key=lambda item: (-len(item[1]), item[0]))
        return Impact(
            judged=len(self._moments),
            unjudgeable=len(self._rows) - len(self._moments),
            changed=len(self._changed),
            first=min(self._moments, default=None),
            last=max(self._moments, default=None),
            shifts=tuple(_shift(before, after, cases) for (before, after), cases in most_first),
            version_now=self._comparison.now.rules.version,
            version_then=self._comparison.then.rules.version,
        )

    def _by_cedar(self, row: int) -> tuple[str, str]:
        _, verdict, text = self._rows[row]
        situation, at = Situation.model_validate_json(text or ""), _judged_at(verdict)
        now, then = self._comparison.now.rules, self._comparison.then.rules
        return word_of(now.judge_situation(situation, now=at)), word_of(then.judge_situation(situation, now=at))


def _written(rules: Rules) -> tuple[str, str]:
    return rules.document, rules.schema_text


def _situation(text: str | None) -> Situation | None:
    """None for what cannot be judged again: nothing was kept, or it was kept in another shape."""
    try:
        return Situation.model_validate_json(text or "")
    except ValidationError:
        return None


def _judged_at(verdict: str) -> datetime:
    return datetime.fromisoformat(json.loads(verdict)["judged_at"])


def _spread(cases: Sequence[_T], most: int) -> Sequence[_T]:
    return cases[:: max(1, -(-len(cases) // most))]


def _shown(before: str, after: str) -> tuple[str, str]:
    """Whom it waits for is only said where it waits on both sides."""
    if before.startswith("waits") and after.startswith("waits"):
        return before, after
    return before.partition(" ")[0], after.partition(" ")[0]


def _shift(before: str, after: str, cases: list[_Case]) -> Shift:
    currencies = {case.at_risk.currency for case in cases}
    minor = sum(case.at_risk.minor for case in cases)
    return Shift(
        before=before,
        after=after,
        count=len(cases),
        at_risk=Money(minor=minor, currency=currencies.pop()) if len(currencies) == 1 else None,
        examples=tuple(dict.fromkeys(case.plan for case in cases))[:_EXAMPLES],
    )

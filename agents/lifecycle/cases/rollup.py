"""Roll-up: one cause is one card, so a finding that another case explains is told as its part."""

from collections.abc import Mapping, Sequence

from storage.records.alerts import AlertKind, Finding, Pattern

_OF_CONVERSIONS = frozenset({"conversions", "revenue", "roas", "cvr", "cpa", "cost_per_lead", "aov"})
_OUTSIDE = frozenset({"conversions", "store_orders"})
"""KPIs of cases that no plan of ours can be behind: what they explain, a plan did not do."""
_DERIVED = frozenset({Pattern.POPULATION, Pattern.FORECAST})
"""These follow from what moved, and move nothing themselves."""
_SAME_DAYS = 2


def rolled_up(
    findings: Sequence[Finding], *, open_keys: Sequence[str], channels: Mapping[str, frozenset[str]]
) -> tuple[Finding, ...]:
    """Findings of one look, parts with the key of the case that explains them; what only follows from one is left out.

    `open_keys` are keys of open cases, oldest first: a case that is known stays the parent. `channels` are those that
    each plan, by id, changed.
    """
    cases = [one for one in findings if one.kind is AlertKind.DRIFT and one.pattern not in _DERIVED]
    rank = {key: at for at, key in enumerate(open_keys)}
    parents = sorted(cases, key=lambda one: (rank.get(one.key, len(rank)), -_size(one), one.key))
    part_of: dict[str, str] = {}
    whole: list[Finding] = []
    # A case is a part of an earlier one in that order at most, and the others of any that is none itself.
    for one in (*parents, *(other for other in findings if other not in cases)):
        parent = next((case for case in whole if _explains(case, one, channels)), None)
        if parent is not None:
            part_of[one.key] = parent.key
        elif one in cases:
            whole.append(one)
    return tuple(
        one.model_copy(update={"part_of": part_of.get(one.key)})
        for one in findings
        if one.pattern not in _DERIVED or one.key not in part_of
    )


def _explains(case: Finding, other: Finding, channels: Mapping[str, frozenset[str]]) -> bool:
    if case.key == other.key or case.simulated is not other.simulated:
        return False
    if other.pattern in _DERIVED:
        return True
    if other.kind is AlertKind.OUTCOME:
        touched = channels.get(other.suspect_plan or "", frozenset())
        return (
            case.kpi in _OUTSIDE and other.kpi in _OF_CONVERSIONS and (case.channel is None or case.channel in touched)
        )
    return other.kind is AlertKind.DRIFT and _one_event(case, other)


def _one_event(case: Finding, other: Finding) -> bool:
    """The same KPI departs the same way for the same cause in several channels since the same days."""
    first, second = case.reading, other.reading
    if first is None or second is None or case.since is None or other.since is None:
        return False
    same_way = _way(case) == _way(other)
    together = abs((case.since - other.since).days) <= _SAME_DAYS
    alike = case.kpi == other.kpi and case.cause == other.cause and case.channel != other.channel
    return alike and same_way and together and case.suspect_plan == other.suspect_plan


def _way(finding: Finding) -> int:
    reading = finding.reading
    if reading is None or reading.observed is None or reading.expected is None:
        return 0
    return 1 if reading.observed > reading.expected else -1


def _size(finding: Finding) -> float:
    reading = finding.reading
    if reading is None or reading.observed is None or not reading.expected:
        return 0.0
    return abs(float(reading.observed / reading.expected) - 1)

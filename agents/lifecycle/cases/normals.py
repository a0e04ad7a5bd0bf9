"""Since when other levels are the normal ones: people said so, or a shift has lasted long enough to be one."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from agents.drift.signals import ALL, EVERY
from storage.ledger import Transaction
from storage.records.alerts import Alert, AlertKind, Finding, Pattern
from storage.records.attention import Learnt

CONFIRMED = timedelta(days=14)
"""A level that has held so long is the new normal: one change is one case, however long it lasts."""
_REACH = timedelta(days=120)
_MOST_CASES = 400
_OF_CONVERSIONS = ("cvr", "roas")
_FAMILIES = {
    "spend": ("spend",),
    "cpc": ("cpc", "cpm", "ctr", "roas"),
    "cpm": ("cpc", "cpm", "ctr", "roas"),
    "ctr": ("cpc", "cpm", "ctr", "roas"),
    "cvr": _OF_CONVERSIONS,
    "roas": _OF_CONVERSIONS,
    "conversions": (*_OF_CONVERSIONS, "tracking"),
    "store_orders": (*_OF_CONVERSIONS, "orders", "tracking"),
}
"""KPI of a case → KPIs that move with it."""
_OF_ALL = frozenset({"tracking", "orders"})


async def normals_in(tx: Transaction, *, simulated: bool, day: date) -> dict[tuple[str, str], date]:
    """By KPI and entity, as `agents.drift.signals.Normals`."""
    learnt = await tx.alerts.learnt(simulated=simulated)
    cases = await tx.alerts.newest(_MOST_CASES)
    known = {case.id: case for case in cases}
    for said in learnt.values():
        if said.alert_id not in known and (case := await tx.alerts.get(said.alert_id)) is not None:
            known[case.id] = case
    return normals(learnt, [one for one in known.values() if one.finding.simulated is simulated], day)


def normals(learnt: Mapping[str, Learnt], cases: Iterable[Alert], day: date) -> dict[tuple[str, str], date]:
    """Of what people learnt and of cases that have lasted; the newest word on a series counts."""
    found: dict[tuple[str, str], date] = {}
    by_id = {one.id: one for one in cases}
    said = [(by_id[one.alert_id].finding, one.since) for one in learnt.values() if one.alert_id in by_id]
    lasted = [(one.finding, began(one)) for one in by_id.values() if has_settled(one.finding, began(one))]
    for finding, since in (*said, *lasted):
        if finding.kind is AlertKind.DRIFT and day - since <= _REACH:
            for series in _series(finding):
                found[series] = max(since, found.get(series, since))
    return found


def began(case: Alert) -> date:
    """First day of the departure, as far as it was ever told."""
    return min(case.finding.since or case.opened_on, case.opened_on)


def has_settled(finding: Finding, since: date) -> bool:
    """Whether the departure is a level by now: what is broken or still going further never becomes normal by itself."""
    return (
        finding.pattern is Pattern.LEVEL_SHIFT
        and finding.seen_on - since >= CONFIRMED
        and "outage" not in finding.cause
        and finding.kpi != "conversions"
    )


def _series(finding: Finding) -> Iterable[tuple[str, str]]:
    if finding.campaign_id is None and finding.key.endswith("/campaigns"):
        return  # which campaigns they were is not told: people's word on the case itself holds
    entity = finding.channel or ALL
    if finding.campaign_id is not None:
        entity = f"{finding.channel}/{finding.campaign_id}"
    for kpi in _FAMILIES.get(finding.kpi, (finding.kpi,)):
        if kpi in _OF_ALL:
            yield kpi, ALL
        else:
            yield kpi, EVERY if entity == ALL else entity

"""Late: which data behind a decision are older than was promised, and since when; asked without reading any data."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agents.lifecycle.spending import DATA_SLA_DAYS
from storage.ledger import Transaction
from storage.records.freshness import SourceFreshness, StaleSource
from storage.records.plans import Plan

_DAY = timedelta(days=1)


async def late_behind(
    tx: Transaction, plan: Plan, *, source: str, zone: str, today: date, now: datetime
) -> tuple[StaleSource, ...]:
    """The sources that the plan's decision rests on and that are late, the longest late first.

    `source` shows the plan's campaigns and counts days in `zone`; it is `today` there. Beside it count the sources of
    the plan's world whose daily figures tell of the plan's channels.
    """
    rows = await tx.freshness.of(simulated=plan.simulated)
    channels = {change.resource.channel for change in plan.changes}
    found = [
        StaleSource(source=row.source, since=since)
        for row in rows
        if row.source != source and channels & set(row.channels) and (since := _late_figures(row, now)) is not None
    ]
    read_to = await tx.loads.newest_day(source, simulated=plan.simulated)
    days = sla_days(next((row for row in rows if row.source == source), None))
    if read_to is not None and today >= read_to + _DAY * (days + 2):
        found.append(StaleSource(source=source, since=_start_of(read_to + _DAY * (days + 2), zone)))
    return tuple(sorted(found, key=lambda one: one.since))


def sla_days(row: SourceFreshness | None) -> int:
    """How many complete days a source that shows campaigns may be behind before no money is moved by it."""
    promise = row.datasets[0].promise if row is not None and row.datasets else None
    return DATA_SLA_DAYS if promise is None else max(1, -(-promise.hours // 24))


def _late_figures(row: SourceFreshness, now: datetime) -> datetime | None:
    late = [one.due_at for one in row.datasets if one.dataset == "facts" and one.is_late(now)]
    return late[0] if late else None


def _start_of(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))

"""Late data in words: what is late, since when, and what that stops; for a card."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from agents.governance.calendar import Calendar
from agents.kpis.figures import format_days
from storage.records.alerts import AlertKind, Finding, Severity
from storage.records.freshness import DatasetFreshness, SourceFreshness

_BLOCKS = "Until newer ones are read, no plan that moves money by them is carried out, and those that wait are refused."


def late_words(row: SourceFreshness, *, calendar: Calendar, now: datetime) -> Finding:
    """The case of a source of which something is late at this moment; the words stay the same until it is read."""
    late = row.late(now)
    since = late[0].due_at or now
    zone = ZoneInfo(calendar.zone)
    figures = any(one.dataset == "facts" for one in late)
    detail = [_dataset(one, row, zone) for one in late]
    detail += [f"The last attempt to read it failed: {row.trouble}"] if row.trouble else []
    detail += [_BLOCKS] if figures and row.channels else []
    if not row.trouble:
        detail.append(f"If no more is to come, write “{row.source}: never” below “freshness:” in sources.yml.")
    return Finding(
        key=f"freshness/{row.source}",
        kind=AlertKind.FRESHNESS,
        severity=Severity.WARNING,
        kpi="freshness",
        entity=row.source,
        title=f"Data of {row.source} are late since {moment_words(since, zone)}",
        detail=tuple(detail),
        cause="reading it fails" if row.trouble else "nothing newer was read",
        seen_on=since.astimezone(zone).date(),
        simulated=row.simulated,
    )


def behind_words(source: str, data_day: date, newest: date | None, *, simulated: bool) -> Finding:
    """A source that shows campaigns is further than we are."""
    since = f"its newest complete day is {newest}" if newest else "it has never been read"
    return Finding(
        key=f"freshness/{source}",
        kind=AlertKind.FRESHNESS,
        severity=Severity.WARNING,
        kpi="freshness",
        entity=source,
        title=f"Data of {source} are stale",
        detail=(f"{data_day} is complete at the source, but {since} here.", "Plans on stale data are refused."),
        cause="the source has not been read",
        seen_on=data_day,
        simulated=simulated,
    )


def moment_words(moment: datetime, zone: ZoneInfo) -> str:
    """As in "Mon 2 Nov 2026, 09:00 GMT"."""
    return f"{moment.astimezone(zone):%a %-d %b %Y, %H:%M %Z}"


def _dataset(one: DatasetFreshness, row: SourceFreshness, zone: ZoneInfo) -> str:
    promised = f"promised within {one.promise.words}" if one.promise else "promised"
    if one.told_to is None:
        return f"It was never read, and is {promised}."
    if one.last_day is not None:
        ends = format_days(one.last_day, one.last_day)
        # A day is that of its source: said where it is another one than the team's.
        of_zone = f" ({row.zone})" if row.zone != str(zone) else ""
        return f"Its daily figures end with {ends}{of_zone}; newer ones are {promised}."
    what = one.dataset.replace("_", " ")
    return f"The newest word on its {what} data is of {moment_words(one.told_to, zone)}; newer are {promised}."

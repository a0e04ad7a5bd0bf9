"""What the monitor watches: every source that is connected, and every one whose files keep coming."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from agents.sources.readers import Readers
from agents.sources.source import Source, SourceUnavailable
from storage.ledger import Ledger
from storage.records.facts import Load

_DAY = timedelta(days=1)
STILL_COMING = timedelta(days=14)
"""A source of files whose newest day is older than this is history: what is in it is no news."""


@dataclass(frozen=True)
class Watched:
    """One source and the newest day that can be judged of it."""

    name: str
    simulated: bool
    restatement_days: int
    data_day: date
    """Its newest complete day."""
    read: bool
    """Whether that day was read; if not, that is a case of freshness."""
    source: Source | None
    """How it is asked about what is now; None where it comes as files."""


async def watched(ledger: Ledger, readers: Readers, *, clock: Callable[[], datetime]) -> tuple[Watched, ...]:
    """Connected sources first; a simulated one that does not answer is left out, as its clock is not ours."""
    found: list[Watched] = []
    for simulated in (False, True):
        async with ledger.read() as tx:
            loads = [one for one in await tx.loads.known(simulated=simulated) if one.holds("facts")]
        connected = [one for one in readers.sources if one.simulated is simulated]
        for source in connected:
            day = await _complete(source, clock())
            if day is not None:
                newest = max((load.last_day for load in loads if load.source == source.name), default=None)
                read = newest is not None and newest >= day
                found.append(Watched(source.name, simulated, source.restatement_days, day, read, source))
        found += _landed(loads, {one.name for one in connected}, clock(), simulated=simulated)
    return tuple(found)


def _landed(loads: Sequence[Load], connected: set[str], now: datetime, *, simulated: bool) -> list[Watched]:
    newest: dict[str, Load] = {}
    for load in loads:
        known = newest.get(load.source)
        if load.source not in connected and (known is None or load.last_day >= known.last_day):
            newest[load.source] = load
    return [
        Watched(name, simulated, load.restatement_days, load.last_day, read=True, source=None)
        for name, load in sorted(newest.items())
        if now.astimezone(ZoneInfo(load.zone)).date() - load.last_day <= STILL_COMING
    ]


async def _complete(source: Source, now: datetime) -> date | None:
    """Its newest complete day; by our clock where it does not answer, None where its clock is not ours."""
    try:
        today = await source.today()
    except SourceUnavailable:
        if source.simulated:
            return None
        today = now.astimezone(ZoneInfo(source.zone)).date()
    return today - _DAY

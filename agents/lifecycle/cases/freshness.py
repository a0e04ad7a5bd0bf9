"""Freshness: every source is held against what is promised of it; what is late is one case, until it is read again."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from agents.governance.calendar import ALWAYS, Calendar
from agents.lifecycle.cases.cases import file_states
from agents.lifecycle.cases.late_words import behind_words, late_words
from agents.lifecycle.cases.punctual import FACTS, Punctuality, Reading, reading_for, readings_of
from agents.lifecycle.cases.together import Late, together
from agents.lifecycle.review import Rulebook
from agents.lifecycle.rules.enact import RulesUntrusted
from agents.sources.promises import DeclaredSources, Promises
from agents.sources.readers import Readers
from agents.sources.source import Source, SourceUnavailable
from storage.lake.store import Lake
from storage.ledger import Ledger, Transaction
from storage.records.alerts import AlertKind, Finding
from storage.records.facts import Load
from storage.records.freshness import DatasetFreshness, SourceFreshness

_DAY = timedelta(days=1)


class Freshness:
    """Says which data are late, and files it: one case a source, closed by reading it; see `together`."""

    def __init__(
        self,
        ledger: Ledger,
        lake: Lake,
        rulebook: Rulebook,
        *,
        readers: Readers,
        declared: DeclaredSources,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._lake = lake
        self._rulebook = rulebook
        self._readers = readers
        self._declared = declared
        self._clock = clock
        self._channels: tuple[str, dict[str, frozenset[str]]] = ("", {})

    async def look(self) -> tuple[Finding, ...]:
        """Bring up to date what is known of every source, and open, renew or end the cases of late ones.

        Raises ConnectionsInvalid.
        """
        now = self._clock()
        punctuality = await self._punctuality()
        real = await self._landed(punctuality)
        shown = [await self._shown(source, punctuality.promises) for source in self._readers.sources]
        for simulated in (False, True):
            rows = [one.row for one in shown if one.row is not None and one.row.simulated is simulated]
            await self._keep([*(real if not simulated else ()), *rows], simulated=simulated)
        late = [
            Late(late_words(one, calendar=punctuality.calendar, now=now), missing[0].owner)
            for one in real
            if (missing := one.late(now))
        ]
        async with self._ledger.read() as tx:
            open_now = await tx.alerts.unrecovered()
        found = (*together(late, open_now), *(one.finding for one in shown if one.finding is not None))
        silent = frozenset(one.key for one in shown if one.row is None)
        await file_states(self._ledger, found, kind=AlertKind.FRESHNESS, now=now, unknown=silent)
        return found

    async def of(self, loads: Sequence[Load]) -> tuple[SourceFreshness, ...]:
        """How the sources of these loads stand, by name. Raises ConnectionsInvalid."""
        punctuality = await self._punctuality()
        async with self._ledger.read() as tx:
            places = await tx.cursors.all()
        return self._held(loads, punctuality, readings_of(places, self._declared.names()), {})

    async def _punctuality(self) -> Punctuality:
        """What this team expects of its data, as of now."""
        async with self._ledger.read() as tx:
            calendar = await self._calendar(tx)
        return Punctuality(self._declared.promises(), calendar)

    async def _calendar(self, tx: Transaction) -> Calendar:
        try:
            return (await self._rulebook.of(tx)).calendar
        except RulesUntrusted:
            return ALWAYS  # said by whatever would be judged by them; meanwhile the clock on the wall counts

    async def _landed(self, punctuality: Punctuality) -> tuple[SourceFreshness, ...]:
        """Real sources that landed something, and declared ones that never did."""
        async with self._ledger.read() as tx:
            loads, places = await tx.loads.known(simulated=False), await tx.cursors.all()
            mark = await tx.loads.mark(simulated=False)
        readings = readings_of(places, self._declared.names())
        shown_live = {source.name for source in self._readers.sources if not source.simulated}
        loads = tuple(load for load in loads if load.source not in shown_live)
        held = self._held(loads, punctuality, readings, await self._told_channels(loads, mark))
        known = {one.source for one in held} | shown_live
        unread = [
            punctuality.unread(name, reading)
            for name, reading in readings.items()
            if name not in known and not reading.sources & known
        ]
        return (*held, *(one for one in unread if one is not None))

    @staticmethod
    def _held(
        loads: Sequence[Load],
        punctuality: Punctuality,
        readings: Mapping[str, Reading],
        channels: Mapping[str, frozenset[str]],
    ) -> tuple[SourceFreshness, ...]:
        by_source: dict[str, list[Load]] = {}
        for load in loads:
            by_source.setdefault(load.source, []).append(load)
        return tuple(
            punctuality.source(
                by_source[name], channels=sorted(channels.get(name, ())), reading=reading_for(name, readings)
            )
            for name in sorted(by_source)
        )

    async def _told_channels(self, loads: Sequence[Load], mark: str) -> dict[str, frozenset[str]]:
        """Source → channels that its daily figures tell of; read again when there is another load."""
        if self._channels[0] == mark:
            return self._channels[1]
        used = [load for load in loads if load.holds(FACTS)]
        first = min((load.first_day for load in used), default=date.min)
        last = max((load.last_day for load in used), default=date.min)
        frame = await self._lake.read(used, first, last, simulated=False, columns=("source", "channel"))
        found: dict[str, set[str]] = {}
        for source, channel in frame.unique().iter_rows():
            found.setdefault(source, set()).add(channel)
        self._channels = mark, {source: frozenset(each) for source, each in found.items()}
        return self._channels[1]

    async def _shown(self, source: Source, promises: Promises) -> "_Shown":
        """A source that is asked directly: late from the first complete day on that was not read, or as promised."""
        key = f"freshness/{source.name}"
        try:
            today = await source.today()
        except SourceUnavailable:
            if source.simulated:
                return _Shown(key)  # nobody else knows what day it is there
            today = self._clock().astimezone(ZoneInfo(source.zone)).date()
        data_day = today - _DAY
        async with self._ledger.read() as tx:
            newest = await tx.loads.newest_day(source.name, simulated=source.simulated)
        promise = promises.of(source.name, FACTS, hours=24) if promises.names(source.name, FACTS) else None
        figures = DatasetFreshness(
            dataset=FACTS,
            owner="data engineer",
            promise=promise,
            told_to=None,
            last_day=newest,
            due_at=None,
            expected=True,
        )
        row = SourceFreshness(source=source.name, simulated=source.simulated, zone=source.zone, datasets=(figures,))
        allowed = 0 if promise is None else -(-promise.hours // 24)
        if newest is not None and (data_day - newest).days <= allowed:
            return _Shown(key, row)
        return _Shown(key, row, behind_words(source.name, data_day, newest, simulated=source.simulated))

    async def _keep(self, rows: Sequence[SourceFreshness], *, simulated: bool) -> None:
        async with self._ledger.read() as tx:
            if await tx.freshness.of(simulated=simulated) == tuple(sorted(rows, key=lambda one: one.source)):
                return
        async with self._ledger.write() as tx:
            await tx.freshness.replace(rows, simulated=simulated)


class _Shown(NamedTuple):
    """What asking a source has shown."""

    key: str
    """Of its case."""
    row: SourceFreshness | None = None
    """None where it could not be asked."""
    finding: Finding | None = None

"""Judge: one source on its newest day, by every detector, with what may be behind what they find."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from agents.drift.detectors import Arranged, arrange, judge
from agents.drift.excuses import Excuses
from agents.drift.features_moved import APART_DAYS, features_moved, samples_of
from agents.drift.occasions import Occasions, last_time
from agents.drift.plans import ExecutedPlan
from agents.drift.points import asked_of, points_of
from agents.drift.signals import shares_of_usual
from agents.drift.watchlist import Watchlist
from agents.features.store import FeatureStore
from agents.kpis.lake_reader import FactHistory, LakeReader
from agents.lifecycle.artefacts import thresholds_in
from agents.lifecycle.cases.held_out import forecasts_missed
from agents.lifecycle.cases.normals import CONFIRMED, began, has_settled, normals_in
from agents.lifecycle.cases.suspects import LOOK_BACK, with_suspects
from agents.lifecycle.cases.watched import Watched
from agents.sources.source import ForeignChange, SourceUnavailable
from agents.team.brief import resource_of
from storage.ledger import Ledger
from storage.records.alerts import Finding

REACH = timedelta(days=120)
"""How far back the detectors look for what is normal."""
_BEFORE = timedelta(days=60)
"""So much before a special day of last year says what was usual then."""
_RUNNING = frozenset({"active", "enabled"})


class Judge:
    """Looks at one source at a time; the same state of the data judged again is not reckoned again."""

    def __init__(self, ledger: Ledger, facts: LakeReader, features: FeatureStore) -> None:
        self._ledger = ledger
        self._facts = facts
        self._features = features
        self._judged: dict[tuple[str, bool], tuple[object, tuple[Finding, ...]]] = {}

    async def findings(
        self, one: Watched, plans: Sequence[ExecutedPlan], *, occasions: Occasions
    ) -> tuple[Finding, ...]:
        """What the newest day of the source shows."""
        async with self._ledger.read() as tx:
            thresholds, version = await thresholds_in(tx)
            normals = await normals_in(tx, simulated=one.simulated, day=one.data_day)
            mark = await tx.loads.mark(simulated=one.simulated)
        paused = await self._paused(one)
        state = (one, mark, tuple(plans), thresholds, version, normals, paused, occasions)
        kept = self._judged.get((one.name, one.simulated))
        if kept is not None and kept[0] == state:
            return kept[1]
        history = await self._facts.history(first=one.data_day - REACH, last=one.data_day, simulated=one.simulated)
        frame, shared = _own_rows(history, one.name)
        arranged = await asyncio.to_thread(
            arrange, frame, data_day=one.data_day, restatement_days=one.restatement_days, plans=plans
        )
        excused = await self._excuses(one, occasions)
        marked = [await self._watch(one, part, excused[part.currency]) for part in arranged]
        found = await asyncio.to_thread(
            lambda: [
                _named(finding, one.name, shared)
                for part, flagged in zip(arranged, marked, strict=True)
                for finding in (
                    *judge(
                        part,
                        plans=plans,
                        thresholds=thresholds,
                        normals=normals,
                        flagged=flagged,
                        paused=paused,
                        excuses=excused[part.currency],
                    ),
                    *forecasts_missed(
                        part.columns, currency=part.currency, suffix=part.suffix, simulated=one.simulated
                    ),
                )
            ]
        )
        newest = frame.filter(pl.col("day") == one.data_day)
        told = await self._told(one, [*found, *await self._moved(one)], newest, version)
        self._judged[one.name, one.simulated] = state, told
        return told

    async def _excuses(self, one: Watched, occasions: Occasions) -> Mapping[str, Excuses]:
        """By currency, what a special day explains: on one, with what the same day a year ago was like."""
        plain = Excuses(occasions)
        day = last_time(occasions, one.data_day)
        if day is None:
            return defaultdict(lambda: plain)
        history = await self._facts.history(first=day - _BEFORE, last=day, simulated=one.simulated)
        frame, _ = _own_rows(history, one.name)
        # Everything that was to arrive has arrived long ago.
        arranged = await asyncio.to_thread(arrange, frame, data_day=day, restatement_days=0)
        known = {
            part.currency: Excuses(occasions, shares_of_usual(part.columns, maturity=part.arrival, excuses=plain))
            for part in arranged
        }
        return defaultdict(lambda: plain, known)

    async def _watch(self, one: Watched, part: Arranged, excuses: Excuses) -> frozenset[tuple[str, str]]:
        """Feed the days that the watch has not seen yet; gives the KPIs and campaigns that are marked."""
        source = f"{'sandbox' if one.simulated else 'real'}/{one.name}/{part.currency}"
        async with self._ledger.read() as tx:
            kept = await tx.watching.of(source)

        def step() -> tuple[Watchlist, bool]:
            watchlist = Watchlist(kept)
            seen = False
            for day, points in points_of(part.columns, after=watchlist.last, excuses=excuses):
                watchlist.see(day, points)
                seen = True
            return watchlist, seen

        watchlist, seen = await asyncio.to_thread(step)
        if seen:
            async with self._ledger.write() as tx:
                await tx.watching.keep(source, watchlist.changed())
        return frozenset(asked_of(name) for name in watchlist.marked(one.data_day))

    async def _moved(self, one: Watched) -> tuple[Finding, ...]:
        """Features whose spread over campaigns is another one than four weeks ago."""
        before = one.data_day - timedelta(days=APART_DAYS)
        values = await self._features.latest(simulated=one.simulated, days=(before, one.data_day))
        versions = {
            f"feature:{name}": str(definition.version) for name, definition in self._features.definitions.items()
        }
        then, now = samples_of(values, day=one.data_day, before=before)
        moved = await asyncio.to_thread(features_moved, then, now, versions=versions, simulated=one.simulated)
        return () if moved is None else (moved,)

    async def _told(
        self, one: Watched, found: Sequence[Finding], newest: pl.DataFrame, version: str | None
    ) -> tuple[Finding, ...]:
        """With suspects, since when, and by which settings."""
        if not found:
            return ()
        foreign = await _by_others(one)
        told = []
        async with self._ledger.read() as tx:
            cases = {case.finding.key: case for case in await tx.alerts.unrecovered()}
            for finding in found:
                known = cases.get(finding.key)
                since = finding.since
                if known is not None and since is not None:
                    since = min(since, began(known))
                dated = finding.model_copy(
                    update={
                        "since": since,
                        "evidence": (*finding.evidence, *(() if version is None else (version,))),
                        "detail": (*finding.detail, *_settled(finding, since)),
                    }
                )
                told.append(await with_suspects(tx, dated, newest, foreign=foreign))
        return tuple(told)

    async def _paused(self, one: Watched) -> frozenset[str]:
        """Campaigns, as channel/id, that are not meant to run now."""
        if one.source is None:
            return frozenset()
        with suppress(SourceUnavailable):
            states = await one.source.campaigns()
            idle = [resource_of(state) for state in states if state.status not in _RUNNING]
            return frozenset(f"{resource.channel}/{resource.id}" for resource in idle)
        return frozenset()


async def _by_others(one: Watched) -> tuple[ForeignChange, ...]:
    if one.source is None:
        return ()
    with suppress(SourceUnavailable):
        since = datetime.combine(one.data_day - LOOK_BACK, time.min, tzinfo=UTC)
        return await one.source.changes_since(since)
    return ()


def _own_rows(history: FactHistory, source: str) -> tuple[pl.DataFrame, frozenset[str]]:
    """Rows of the source and of the shop, and the channels that other sources tell of, too."""
    frame = history.frame
    of_source = pl.col("load_id").is_in([load.id for load in history.loads if load.source == source])
    own = frame.filter(of_source | (pl.col("channel") == "store"))
    others = frame.filter(~of_source & (pl.col("channel") != "store"))
    return own, frozenset(others["channel"].unique().to_list())


def _named(finding: Finding, source: str, shared: frozenset[str]) -> Finding:
    """Where several sources tell of a channel, its cases are those of each source."""
    if not shared or (finding.channel is not None and finding.channel not in shared):
        return finding
    return finding.model_copy(update={"key": f"{finding.key}/{source}"})


def _settled(finding: Finding, since: date | None) -> tuple[str, ...]:
    if since is None or not has_settled(finding, since):
        return ()
    days = CONFIRMED.days
    return (f"It has lasted for {days} days: from now on this level counts as the normal one, and the case closes.",)

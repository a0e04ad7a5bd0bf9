"""The KPI tiles of App Home: which KPIs, what the engine says of them, and the picture of their trends."""

from collections.abc import Sequence
from datetime import date, timedelta

from agents.kpis.definitions import Kpi, Kpis
from agents.kpis.engine import KpiEngine
from agents.kpis.figures import format_days
from agents.kpis.query import BadKpiQuery, KpiQuery
from agents.kpis.windows import Window
from bot.slack.cards.markup import clean, cut
from bot.slack.cards.tiles_part import KpiTile, short_figure, standing_words
from bot.slack.charts import adds_up
from bot.slack.sketch import MOST_ALT, Tile, TilesSketch
from storage.ledger import Ledger
from storage.records.kpis import KpiAnswer

MOST_TILES = 6
MAIN = ("roas", "revenue", "spend", "cpa", "conversions", "cvr", "cost_per_new_lead", "sessions", "clicks", "aov")
"""Shown in this order where the team has aimed at nothing else."""
_DAYS, _TREND_DAYS = 7, 28
_DAY = timedelta(days=1)


class KpiTiles:
    """Asks the engine anew only where there is other data than the last time."""

    def __init__(self, ledger: Ledger, kpis: KpiEngine) -> None:
        self._ledger = ledger
        self._kpis = kpis
        self._kept: tuple[str, tuple[KpiTile, ...]] = ("", ())

    async def now(self) -> tuple[KpiTile, ...]:
        """At most six tiles over the last seven complete days, those with a target first; none without data."""
        today = await self._kpis.data_day()
        if today is None:
            return ()
        async with self._ledger.read() as tx:
            mark = f"{today} {await tx.loads.mark(simulated=False)} {await tx.loads.mark(simulated=True)}"
        if self._kept[0] != mark:
            self._kept = (mark, await self._asked(today))
        return self._kept[1]

    async def _asked(self, today: date) -> tuple[KpiTile, ...]:
        tiles: list[KpiTile] = []
        for kpi in in_order(self._kpis.kpis):
            answer = await self._ask(kpi, today, days=_DAYS)
            if answer is None or answer.value is None:
                continue
            trend = await self._ask(kpi, today, days=_TREND_DAYS)
            tiles.append(KpiTile(answer, trend or answer))
            if len(tiles) == MOST_TILES:
                break
        return tuple(tiles)

    async def _ask(self, kpi: Kpi, today: date, *, days: int) -> KpiAnswer | None:
        window = Window(first=today - days * _DAY, last=today - _DAY, words=f"last {days} days")
        try:
            answer = await self._kpis.ask(KpiQuery(kpi=kpi.name, window=window))
        except BadKpiQuery:
            return None  # several currencies, perhaps: nothing for a tile
        return None if answer.no_data else answer


def in_order(kpis: Kpis) -> tuple[Kpi, ...]:
    """KPIs for tiles: what the team aims at in its main KPIs, other aims, then the main ones without.

    Of our own work, which goes by another clock, the page tells elsewhere.
    """
    rank = {name: place for place, name in enumerate(MAIN)}
    known = [kpi for kpi in kpis.values() if not kpi.of_our_work and (kpi.name in rank or kpi.target is not None)]
    return tuple(
        sorted(known, key=lambda kpi: (kpi.target is None, kpi.name not in rank, rank.get(kpi.name, len(rank))))
    )


def tiles_sketch(tiles: Sequence[KpiTile]) -> TilesSketch:
    """The picture of at least one tile: four weeks of days each."""
    trend = tiles[0].trend
    days = f"{format_days(trend.first, trend.last)}{' (simulated)' if trend.simulated else ''}"
    figures = "; ".join(
        f"{clean(one.answer.label, 40)} {short_figure(one.answer.value, one.answer)}, {standing_words(one.answer)}"
        for one in tiles
    )
    aimed = any(one.answer.target is not None for one in tiles)
    return TilesSketch(
        title="Day by day",
        under=days,
        full_title=f"KPIs day by day · {days}",
        alt_text=cut(f"KPIs day by day, {days}. In the last 7 days: {figures}", MOST_ALT - 1) + ".",
        tiles=tuple(_tile(one) for one in tiles),
        captions=(f"at the right: the newest day{'; dashed: target' if aimed else ''}",),
    )


def _tile(one: KpiTile) -> Tile:
    # What is aimed at in a sum is aimed at in no single day.
    target = None if adds_up(one.answer) else one.answer.target
    return Tile(one.answer.label, one.answer.unit, tuple(row.value for row in one.trend.series), target)

"""Weeks in the simulated market for `bench drift`: what happened, what was said of it, and the points it shows in.

Three troubles are the market's own; the others are laid over what its platforms report. The market's channel-outage is
not among them: it makes calls fail and changes no figure.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HEALTHY = "healthy-month"
TROUBLES = {
    "tracking-tag-breaks": "tracking",
    "auction-price-shock": "price",
    "manual-budget-edit": "change",
    "delivery-stops": "channel",
    "rows-missing": "data",
    "clicks-without-buyers": "creative",
    "demand-falls": "outside",
}
"""Trouble → the kind of cause that is right."""
_OF_THE_MARKET = ("tracking-tag-breaks", "auction-price-shock", "manual-budget-edit")
_STRUCK = "paid_social"
_CONVERTED = ("conversions_milli", "revenue_micros")
_DELIVERED = ("spend_micros", "impressions", "clicks", *_CONVERTED)
WITHIN_DAYS = 10
"""A trouble that is told of later than this counts as missed."""
_HISTORY_DAYS = 84
_BEFORE_DAYS = 5
"""Healthy days that are watched before a trouble begins."""
_VERSIONS = 14
"""So many of the newest reads are kept as older versions, to see how fast conversions arrive."""
_QUIET_DAYS = 3
"""As for cases: what was not seen for so many days is another alarm when it comes back."""


@dataclass(frozen=True)
class Episode:
    """One alarm: the day since the watch began, and the kind of cause that it names."""

    day: int
    cause: str


@dataclass
class Lived:
    """One seed and trouble."""

    trouble: str
    seed: int
    onset: int | None
    """Day since the watch began on which the trouble bites first; None for a healthy stretch."""
    quiet_days: int
    """Days watched without trouble."""
    ours: list[Episode] = field(default_factory=list)
    names: tuple[str, ...] = ()
    """KPI|channel of each series."""
    values: list[list[float]] = field(default_factory=list)
    """By day, history first: the newest point of each series as it was first reported, at equal maturity."""
    watched_from: int = 0
    """Row of `values` with the first watched day."""


async def live(trouble: str, seed: int, *, healthy_days: int) -> Lived:
    """Watch day by day: a quiet stretch, or five quiet days and then the trouble."""
    from bot.opening import open_office
    from bot.settings import Settings

    days = healthy_days if trouble == HEALTHY else _BEFORE_DAYS + WITHIN_DAYS + 1
    with TemporaryDirectory() as folder:
        async with open_office(Settings(home=Path(folder)), seed=seed, scenario=HEALTHY) as office:
            assert office.sandbox is not None, "a home with a seed has a market"
            source = office.readers.sources[0]
            if trouble in _OF_THE_MARKET:
                await office.sandbox.set_scenario(trouble, starts_in_days=_BEFORE_DAYS)
            lived = Lived(
                trouble=trouble,
                seed=seed,
                onset=None if trouble == HEALTHY else _BEFORE_DAYS,
                quiet_days=days if trouble == HEALTHY else _BEFORE_DAYS,
            )
            first_bad = await source.today() + timedelta(days=_BEFORE_DAYS)
            watch = _Watch(lived, source, first_bad)
            for day in range(days):
                today = await office.sandbox.tick()
                await watch.look(day, today - timedelta(days=1))
    return lived


class _Watch:
    """What the monitor does on each new day, without its database: read, watch every point, judge."""

    def __init__(self, lived: Lived, source: Any, first_bad: date) -> None:
        from agents.drift.watchlist import Watchlist

        self._lived, self._source, self._first_bad = lived, source, first_bad
        self._loads: list[Any] = []
        self._watchlist = Watchlist()
        self._seen: dict[str, int] = {}

    async def look(self, day: int, data_day: date) -> None:
        import polars as pl

        from agents.drift.detectors import arrange, judge
        from agents.drift.points import asked_of, points_of
        from agents.drift.thresholds import DEFAULT

        back = timedelta(days=_HISTORY_DAYS + day if not self._loads else self._source.restatement_days)
        told = disturbed(await self._source.metrics(data_day - back, data_day), self._lived.trouble, self._first_bad)
        read = told.with_columns(
            pl.lit(f"load-{data_day}").alias("load_id"),
            pl.lit(datetime(data_day.year, data_day.month, data_day.day, 12, tzinfo=UTC))
            .cast(pl.Datetime("us", "UTC"))
            .alias("known_at"),
        )
        self._loads = [*self._loads[:1], *self._loads[1:][-_VERSIONS:], read]
        frame = pl.concat(self._loads)
        arranged = arrange(frame, data_day=data_day, restatement_days=self._source.restatement_days)
        for part in arranged:
            self._keep_points(part)
            for one_day, points in points_of(part.columns, after=self._watchlist.last):
                self._watchlist.see(one_day, points)
            flagged = frozenset(asked_of(name) for name in self._watchlist.marked(data_day))
            found = judge(part, plans=(), thresholds=DEFAULT, normals={}, flagged=flagged, paused=())
            self._keep_alarms(day, found)

    def _keep_alarms(self, day: int, found: Any) -> None:
        for one in found:
            if day - self._seen.get(one.key, -_QUIET_DAYS - 1) > _QUIET_DAYS:
                kind = one.candidates[0].kind if one.candidates else ""
                self._lived.ours.append(Episode(day, kind))
            self._seen[one.key] = day

    def _keep_points(self, part: Any) -> None:
        """Series of channels and of the shop; at the first look with their history."""
        from agents.drift.points import asked_of, points_of

        columns, lived = part.columns, self._lived
        rows = [points for _, points in points_of(columns, after=columns.last - timedelta(days=1))]
        if not lived.values:
            rows = [points for _, points in points_of(columns, after=None)]
            lived.names = (*(name for name in rows[0] if "/" not in asked_of(name)[1]), "orders|all")
            lived.watched_from = len(rows) - 1
        orders = [] if columns.orders is None else columns.orders.tolist()
        for at, points in enumerate(rows):
            shop = orders[len(orders) - len(rows) + at] if orders else float("nan")
            lived.values.append([*(points.get(name, float("nan")) for name in lived.names[:-1]), shop])


def disturbed(frame: Any, trouble: str, first: date) -> Any:
    """The facts with a trouble laid over those of `first` and later; as they are for the market's own troubles."""
    import polars as pl

    late = pl.col("day") >= first
    struck = late & (pl.col("channel") == _STRUCK)

    def times(columns: tuple[str, ...], factor: float, where: pl.Expr) -> list[pl.Expr]:
        return [
            pl.when(where)
            .then((pl.col(name) * factor).round().cast(frame.schema[name]))
            .otherwise(pl.col(name))
            .alias(name)
            for name in columns
        ]

    match trouble:
        case "delivery-stops":
            return frame.with_columns(times(_DELIVERED, 0.0, struck))
        case "rows-missing":
            return frame.filter(~struck)
        case "clicks-without-buyers":
            return frame.with_columns(times(("clicks",), 1.7, struck))
        case "demand-falls":
            return frame.with_columns(times((*_CONVERTED, "orders", "store_revenue_micros"), 0.55, late))
    return frame

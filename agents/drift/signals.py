"""Every KPI of every channel and of the whole against its expected level; what fires and what is steady."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType

import numpy as np

from agents.drift.columns import ChannelColumns, Columns, Floats, kpi_parts
from agents.drift.excuses import NONE, Excuses, cleared, share_of_usual
from agents.drift.level import Reading, Series, growing, read, renewed, streak
from agents.drift.maturity import Maturity
from agents.drift.thresholds import KpiRule, Thresholds
from agents.drift.unrest import Unrest, unrest

ALL = "all"
"""The entity of KPIs over all channels."""
EVERY = "*"
"""In place of a channel: each of them."""
_RESTLESS = frozenset({"spend", "cpm", "cpc", "ctr", "orders"})
"""Of conversions a channel has too few a day: their steps are chance."""
_ALIKE = 0.4
_COUNTED = frozenset({"cvr", "roas", "tracking"})


@dataclass(frozen=True, slots=True)
class Signal:
    """One KPI of one entity on the judged days."""

    kpi: str
    entity: str
    readings: tuple[Reading, ...]
    """One for each number of judged days, 1 first; empty if the KPI could not be judged."""
    strongest: Reading | None
    """The reading that fires, if any."""
    streak: int
    """Newest days in a row that depart in the direction that fires."""
    lifted: Reading | None = None
    """The reading that would fire if its good direction were a bad one."""
    growing: bool = False
    """Whether the departure gets larger from day to day."""
    unrest: Unrest | None = None
    """Where it moves much more from day to day than ever, or not at all any more."""
    quiet: tuple[float, float] | None = None
    """Between which values the reading that fires, or else that of the newest two days, would have said nothing."""

    @property
    def fires(self) -> bool:
        return self.strongest is not None

    @property
    def told(self) -> Reading:
        """The reading that fires, else that of the newest two days."""
        return self.strongest or self.readings[min(1, len(self.readings) - 1)]

    @property
    def effect(self) -> float:
        """Relative departure of what is told; 0 if the KPI was not judged."""
        return self.told.effect if self.strongest or self.readings else 0.0


Signals = Mapping[tuple[str, str], Signal]
"""By KPI and entity."""
Normals = Mapping[tuple[str, str], date]
"""Since when another level is the normal one, by KPI and entity: people or time have confirmed a shift."""


def signals_of(
    columns: Columns,
    *,
    maturity: Maturity,
    thresholds: Thresholds,
    normals: Normals = MappingProxyType({}),
    excuses: Excuses = NONE,
) -> dict[tuple[str, str], Signal]:
    """Judge all KPIs; those without history, counts or denominator, or that a special day excuses, are left out."""
    found = _Judged(columns, thresholds, normals, excuses)
    for kpi, entity, series in _series_of(columns, maturity):
        found.judge(kpi, entity, series)
    return found.signals


def shares_of_usual(columns: Columns, *, maturity: Maturity, excuses: Excuses = NONE) -> dict[tuple[str, str], float]:
    """What every KPI was on the newest day, in terms of what it is on such a weekday."""
    shares = {}
    for kpi, entity, series in _series_of(columns, maturity):
        share = share_of_usual(series, excuses.special(columns.last, len(series.numerator)))
        if share is not None:
            shares[kpi, entity] = share
    return shares


def signals_over(
    series: Mapping[str, Series],
    *,
    last: date,
    thresholds: Thresholds,
    normals: Normals = MappingProxyType({}),
    excuses: Excuses = NONE,
) -> dict[str, Signal]:
    """The same judgement of KPIs over the whole business, each a series that ends on `last`; by KPI."""
    found = _Judged(Columns(last, (), None, ()), thresholds, normals, excuses)
    for kpi, one in series.items():
        found.judge(kpi, ALL, one)
    return {kpi: signal for (kpi, _), signal in found.signals.items()}


def _series_of(columns: Columns, maturity: Maturity) -> Iterator[tuple[str, str, Series]]:
    """KPI, entity and series of every channel and of the whole."""
    for channel in columns.channels:
        # The error of the share that has not arrived yet, relative to the share that has.
        late = maturity.error * (1 - channel.arrived) / channel.arrived
        for kpi, parts in kpi_parts(channel).items():
            counted = kpi in _COUNTED
            series = Series(
                parts.numerator,
                parts.mixed,
                shown=parts.denominator,
                counts=_expected_counts(channel) if counted else None,
                extra_error=late if counted else None,
            )
            yield kpi, channel.channel, series
    if columns.orders is not None and columns.channels:
        yield from _of_shop(columns, columns.orders, maturity)


def _of_shop(columns: Columns, orders: Floats, maturity: Maturity) -> Iterator[tuple[str, str, Series]]:
    by_channel = [channel.conversions.sum(axis=0) for channel in columns.channels]
    conversions = np.sum(by_channel, axis=0)
    complete = [made / channel.arrived for made, channel in zip(by_channel, columns.channels, strict=True)]
    final = np.sum(complete, axis=0)
    weights = [float(made[:-3].sum()) for made in complete]
    arrived = np.average([c.arrived for c in columns.channels], axis=0, weights=np.maximum(weights, 1e-9))
    reported = Series(
        conversions,
        orders * arrived,
        counts=_smooth(final) * arrived,
        extra_error=maturity.error * (1 - arrived) / arrived,
    )
    yield "tracking", ALL, reported
    yield "orders", ALL, Series(orders, np.ones_like(orders), counts=_smooth(orders))


class _Judged:
    """Signals as they are found."""

    def __init__(self, columns: Columns, thresholds: Thresholds, normals: Normals, excuses: Excuses = NONE) -> None:
        self.signals: dict[tuple[str, str], Signal] = {}
        self._columns, self._thresholds, self._normals, self._excuses = columns, thresholds, normals, excuses
        self._special = cache(lambda days: excuses.special(columns.last, days))

    def judge(self, kpi: str, entity: str, series: Series) -> None:
        """Against the level, or the new one where there is one; a slow departure only where no fast one is seen."""
        thresholds = self._thresholds
        special = self._special(len(series.numerator))
        if special[-1:].any() and self._excuses.excuse(kpi, entity, share_of_usual(series, special)):
            return
        clear = cleared(series, special)
        series = clear.series
        # What is normal for a channel by now is so for each of its campaigns.
        channel = entity.split("/", 1)[0]
        since = max(filter(None, (self._normals.get((kpi, one)) for one in (entity, channel, EVERY))), default=None)
        if since is not None:
            first = len(series.numerator) - 1 - (self._columns.last - since).days
            series = renewed(series, since=first)
        readings = read(
            series,
            level_days=thresholds.level_days,
            min_history_days=thresholds.min_history_days,
            windows=clear.windows,
        )
        if not readings:
            return
        rule = next((rule for rule in thresholds.rules if rule.kpi == kpi), None)
        if rule is None:
            self.signals[kpi, entity] = Signal(kpi, entity, readings, None, 0)
            return
        strongest = _strongest(readings, series, rule, thresholds)
        lifted = _strongest(readings, series, rule.turned, thresholds) if rule.bad != "both" else None
        told = strongest or readings[min(1, len(readings) - 1)]
        sign, days = np.sign(told.effect), 0
        if strongest is not None:
            # Days that depart half as far belong to it; a chance dip just before a collapse does not.
            days = streak(series, sign=sign, at_least=max(rule.min_effect / 2, _ALIKE * abs(strongest.effect)))
        self.signals[kpi, entity] = Signal(
            kpi,
            entity,
            readings,
            strongest,
            days,
            lifted=lifted,
            growing=strongest is not None and growing(series, days=min(days, 14), sign=float(sign)),
            unrest=unrest(series) if strongest is None and kpi in _RESTLESS else None,
            quiet=told.quiet_range(
                z=_z_needed(told, thresholds), record=thresholds.record_ratio, effect=rule.min_effect
            ),
        )


def _strongest(readings: tuple[Reading, ...], series: Series, rule: KpiRule, thresholds: Thresholds) -> Reading | None:
    firing = [reading for reading in readings if _fires(reading, readings[0], series, rule, thresholds)]
    return max(firing, key=lambda reading: abs(reading.z), default=None)


def _z_needed(reading: Reading, thresholds: Thresholds) -> float:
    return thresholds.z_one_day if reading.days == 1 else thresholds.z_more_days


def _fires(reading: Reading, newest: Reading, series: Series, rule: KpiRule, thresholds: Thresholds) -> bool:
    counts = None if series.counts is None or rule.kpi not in _COUNTED else series.counts[-reading.days :]
    if counts is not None and float(counts.sum()) < thresholds.min_conversions:
        return False
    wrong_way = {"up": reading.effect > 0, "down": reading.effect < 0, "both": True}[rule.bad]
    # The newest day must depart too: what is over by today is not news.
    over = newest.effect * reading.effect <= 0 or abs(newest.effect) < rule.min_effect / 2
    return (
        wrong_way
        and not over
        and abs(reading.effect) >= rule.min_effect
        and abs(reading.z) >= _z_needed(reading, thresholds)
        and reading.z * reading.effect > 0
        and reading.record >= thresholds.record_ratio
    )


def _expected_counts(channel: ChannelColumns) -> Floats:
    """Conversions that a day should have shown by now, from its clicks and the usual rate."""
    clicks = channel.clicks.sum(axis=0) * channel.arrived
    past = float(clicks[:-3].sum())
    rate = float(channel.conversions[:, :-3].sum()) / past if past > 0 else 0.0
    expected: Floats = clicks * rate
    return expected


def _smooth(counts: Floats) -> Floats:
    """The usual count a day, the same for all days: the judged ones may be what is wrong."""
    return np.full_like(counts, max(float(np.median(counts[:-3])), 0.5) if len(counts) > 3 else 0.5)

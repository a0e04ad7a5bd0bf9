"""Every KPI of every channel and of the whole against its expected level; what fires and what is steady."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from agents.drift.columns import ChannelColumns, Columns, Floats, kpi_parts
from agents.drift.level import Reading, Series, read, streak
from agents.drift.maturity import Maturity
from agents.drift.thresholds import KpiRule, Thresholds

ALL = "all"
"""The entity of KPIs over all channels."""
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

    @property
    def fires(self) -> bool:
        return self.strongest is not None

    @property
    def effect(self) -> float:
        """Relative departure: of the reading that fires, else of the newest two days; 0 if it was not judged."""
        if self.strongest is not None:
            return self.strongest.effect
        return self.readings[min(1, len(self.readings) - 1)].effect if self.readings else 0.0


Signals = Mapping[tuple[str, str], Signal]
"""By KPI and entity."""


def signals_of(columns: Columns, *, maturity: Maturity, thresholds: Thresholds) -> dict[tuple[str, str], Signal]:
    """Judge all KPIs; those without history, counts or denominator are left out."""
    found: dict[tuple[str, str], Signal] = {}
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
            _judge(found, kpi, channel.channel, series, thresholds)
    if columns.orders is not None and columns.channels:
        _judge_shop(found, columns, columns.orders, maturity, thresholds)
    return found


def _judge_shop(
    found: dict[tuple[str, str], Signal],
    columns: Columns,
    orders: Floats,
    maturity: Maturity,
    thresholds: Thresholds,
) -> None:
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
    _judge(found, "tracking", ALL, reported, thresholds)
    _judge(found, "orders", ALL, Series(orders, np.ones_like(orders), counts=_smooth(orders)), thresholds)


def _judge(found: dict[tuple[str, str], Signal], kpi: str, entity: str, series: Series, thresholds: Thresholds) -> None:
    readings = read(series, level_days=thresholds.level_days, min_history_days=thresholds.min_history_days)
    if not readings:
        return
    rule = next((rule for rule in thresholds.rules if rule.kpi == kpi), None)
    firing = [reading for reading in readings if rule and _fires(reading, readings[0], series, rule, thresholds)]
    strongest = max(firing, key=lambda reading: abs(reading.z), default=None)
    days = 0
    if strongest is not None and rule is not None:
        days = streak(series, sign=np.sign(strongest.effect), at_least=rule.min_effect / 2)
    found[kpi, entity] = Signal(kpi, entity, readings, strongest, days)


def _fires(reading: Reading, newest: Reading, series: Series, rule: KpiRule, thresholds: Thresholds) -> bool:
    counts = None if series.counts is None or rule.kpi not in _COUNTED else series.counts[-reading.days :]
    if counts is not None and float(counts.sum()) < thresholds.min_conversions:
        return False
    wrong_way = {"up": reading.effect > 0, "down": reading.effect < 0, "both": True}[rule.bad]
    z_needed = thresholds.z_one_day if reading.days == 1 else thresholds.z_more_days
    # The newest day must depart too: what is over by today is not news.
    over = newest.effect * reading.effect <= 0 or abs(newest.effect) < rule.min_effect / 2
    return (
        wrong_way
        and not over
        and abs(reading.effect) >= rule.min_effect
        and abs(reading.z) >= z_needed
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

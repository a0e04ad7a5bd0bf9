"""Held out: the newest week, forecast from the days before it, beside what came."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from agents.drift.columns import Columns, Floats
from agents.forecasts.outlook import Days, outlook
from storage.records.alerts import AlertKind, Candidate, Certainty, Finding, Pattern, Reading, Severity

_WEEK = 7
_MATURE = 0.5
"""A day counts once so many of its conversions have arrived: the rest is a guess of its own."""
_BEYOND = 3.0
"""Half-widths of the range that a week must miss it by …"""
_LEAST_ERROR = 0.25
"""… and the share of the forecast, at least."""


def forecasts_missed(columns: Columns, *, currency: str, suffix: str, simulated: bool) -> tuple[Finding, ...]:
    """A case for each number whose newest week is far outside the range that its own past would have given it."""
    found = []
    for kpi, label, unit, series in _forecast(columns):
        mature = _mature_days(columns) if kpi == "revenue" else len(series)
        known = series[:mature]
        last = columns.last - timedelta(days=len(series) - mature)
        first = last - timedelta(days=_WEEK - 1)
        begin = columns.last - timedelta(days=len(series) - 1)
        said = outlook(Days(begin, known[:-_WEEK], None), first=first, last=last) if len(known) > _WEEK else None
        if said is None or said.middle <= 0:
            continue
        came = float(known[-_WEEK:].sum())
        side = said.high - said.middle if came > said.middle else said.middle - said.low
        off = abs(came - said.middle)
        if off < _BEYOND * side or off < _LEAST_ERROR * said.middle:
            continue
        money = f" {currency}" if unit == "currency" else ""
        found.append(
            Finding(
                key=f"drift/forecast/{kpi}{suffix}",
                kind=AlertKind.DRIFT,
                severity=Severity.WARNING,
                kpi=kpi,
                entity="all",
                title=f"Forecasts of {label} miss what comes",
                detail=(
                    f"From {first} to {last} came {came:,.0f}{money}; from the days before, {said.low:,.0f} to "
                    f"{said.high:,.0f}{money} would have been forecast.",
                    f"The same forecast was tried on {said.trials} earlier windows, which gave that range.",
                ),
                cause="what forecasts are made from has changed",
                seen_on=columns.last,
                reading=_reading(said.low, said.middle, said.high, came, money.strip(), first, last),
                candidates=(
                    Candidate(
                        kind="data",
                        words="What the forecast learnt from no longer holds.",
                        certainty=Certainty.POSSIBLE,
                        speaks_for=(f"the newest week is {off / side:.0f} half-widths outside",) if side > 0 else (),
                    ),
                ),
                pattern=Pattern.FORECAST,
                since=first,
                simulated=simulated,
            )
        )
    return tuple(found)


def _forecast(columns: Columns) -> Iterator[tuple[str, str, str, Floats]]:
    """Name, label, unit and days of what is forecast: reported revenue at full maturity, and the shop's orders."""
    if columns.channels:
        revenue = np.sum([one.revenue.sum(axis=0) / np.maximum(one.arrived, 1e-3) for one in columns.channels], axis=0)
        yield "revenue", "reported revenue", "currency", revenue
    if columns.orders is not None:
        yield "store_orders", "shop orders", "count", columns.orders


def _mature_days(columns: Columns) -> int:
    arrived = np.min([one.arrived for one in columns.channels], axis=0)
    return int((arrived >= _MATURE).sum())


def _reading(low: float, middle: float, high: float, came: float, currency: str, first: date, last: date) -> Reading:
    def a_day(total: float) -> Decimal:
        return Decimal(str(round(total / _WEEK, 4)))

    return Reading(
        unit=f"{currency}/day" if currency else "orders/day",
        currency=currency or None,
        observed=a_day(came),
        expected=a_day(middle),
        low=a_day(low),
        high=a_day(high),
        first=first,
        last=last,
    )

"""Held out: the newest week, forecast from the days before it, beside what came."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from agents.drift.columns import Columns, Floats
from agents.forecasts.outlook import Days, outlook
from agents.kpis.figures import format_days, format_value
from storage.records.alerts import AlertKind, Candidate, Certainty, Finding, Pattern, Reading, Severity

_WEEK = 7
_MATURE = 0.5
"""A day counts once so many of its conversions have arrived: the rest is a guess of its own."""
_BEYOND = 3.0
"""Half-widths of the range that a week must miss it by …"""
_LEAST_ERROR = 0.25
"""… and the share of the forecast, at least."""


class _Foretold(NamedTuple):
    kpi: str
    label: str
    days: Floats
    """With what is still to arrive."""
    reported: Floats
    """As it stands in the reports so far."""


def forecasts_missed(columns: Columns, *, currency: str, suffix: str, simulated: bool) -> tuple[Finding, ...]:
    """A case for each number whose newest week is far outside the range that its own past would have given it."""
    found = []
    for kpi, label, series, reported in _forecast(columns):
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
        unit = currency if kpi == "revenue" else ""
        so_far = float(reported[:mature][-_WEEK:].sum())
        found.append(
            Finding(
                key=f"drift/forecast/{kpi}{suffix}",
                kind=AlertKind.DRIFT,
                severity=Severity.WARNING,
                kpi=kpi,
                entity="all",
                title=f"Forecasts of {label} miss what comes",
                detail=(
                    f"{format_days(first, last)}: {_what_came(so_far, came, unit)}; the days before pointed to "
                    f"{_whole(said.low, unit)} to {_whole(said.high, unit)}.",
                    f"The same forecast was tried on {said.trials} earlier windows, which gave that range.",
                ),
                cause="what forecasts are made from has changed",
                seen_on=columns.last,
                reading=_reading(said.low, said.middle, said.high, came, unit, first, last),
                candidates=(
                    Candidate(
                        kind="data",
                        words="What the forecast learnt from no longer holds.",
                        certainty=Certainty.POSSIBLE,
                        speaks_for=(
                            (f"the newest week is {off / side:.0f} times as far off as the range reaches",)
                            if side > 0
                            else ()
                        ),
                    ),
                ),
                pattern=Pattern.FORECAST,
                since=first,
                simulated=simulated,
            )
        )
    return tuple(found)


def _forecast(columns: Columns) -> Iterator[_Foretold]:
    """Reported revenue at full maturity, and the shop's orders."""
    if columns.channels:
        told = [one.revenue.sum(axis=0) for one in columns.channels]
        whole = [day / np.maximum(one.arrived, 1e-3) for day, one in zip(told, columns.channels, strict=True)]
        yield _Foretold("revenue", "reported revenue", np.sum(whole, axis=0), np.sum(told, axis=0))
    if columns.orders is not None:
        yield _Foretold("store_orders", "shop orders", columns.orders, columns.orders)


def _what_came(so_far: float, came: float, unit: str) -> str:
    """As in "£276 so far, about £357 with late conversions"; what is in the reports goes first."""
    reported, whole = _whole(so_far, unit), _whole(came, unit)
    return f"{reported} came" if reported == whole else f"{reported} so far, about {whole} with late conversions"


def _whole(value: float, unit: str) -> str:
    return format_value(Decimal(round(value)), unit or "count").removesuffix(".00")


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

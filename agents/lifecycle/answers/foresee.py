"""Foresee: what a KPI will come to, as a range that was tried on the days that are known."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from agents.forecasts.outlook import COVERAGE, LEAST_DAYS, Outlook, days_of, outlook
from agents.kpis.definitions import Kpi
from agents.kpis.engine import KpiEngine
from agents.kpis.figures import format_days, format_value
from agents.kpis.formula import LATE
from agents.kpis.query import KpiQuery
from agents.kpis.reply import Number, Reply, source_of
from agents.kpis.understanding import ForecastQuestion
from agents.kpis.windows import Window
from storage.records.kpis import KpiAnswer, KpiRow
from storage.records.record import Record

_DAY = timedelta(days=1)
_HISTORY_DAYS = 182
_SHOWN_DAYS = 28
_STEP = Decimal("0.01")


class Foreseen(Record):
    """A forecast of one KPI over days of which some are still to come."""

    kpi: str
    unit: str
    window: Window
    low: Decimal
    middle: Decimal
    high: Decimal
    coverage: Decimal
    """Share of outcomes that the range is meant to hold, in %."""
    trials: int
    """Earlier stretches of days on which the method was tried."""
    known: Decimal | None
    """What the part of the window that is over already came to."""
    known_last: str = ""


@dataclass(frozen=True)
class Forecaster:
    """Looks ahead from what the KPI engine tells of the days that were."""

    engine: KpiEngine

    async def ahead(self, question: ForecastQuestion) -> Reply:
        """Raises BadKpiQuery."""
        query = question.query
        kpi, window = self.engine.definition(query.kpi), query.window
        today = await self.engine.data_day(kpi=query.kpi) or window.first
        past = _window(today - _HISTORY_DAYS * _DAY, today - _DAY)
        history = await self.engine.ask(query.model_copy(update={"window": past}))
        over = None
        if window.first < today:
            over = await self.engine.ask(query.model_copy(update={"window": _window(window.first, today - _DAY)}))
        seen = self._outlook(kpi, history, window, over)
        shown = await self.engine.ask(
            query.model_copy(update={"window": _window(today - _SHOWN_DAYS * _DAY, today - _DAY)})
        )
        if seen is None:
            return _unable(kpi, window, history)
        return _reply(kpi, query, seen, over, shown)

    def _outlook(self, kpi: Kpi, history: KpiAnswer, window: Window, over: KpiAnswer | None) -> Outlook | None:
        """From settled days alone: a day whose conversions are still coming in would pull the level down."""
        formula = kpi.formulas[0]
        if len(kpi.formulas[0].times) or formula.over or history.newest_day is None or history.currency == "":
            return None
        rows = _settled(kpi, history)
        top = [float(row.numerator or 0) for row in rows]
        bottom = [float(row.denominator or 0) for row in rows] if formula.denominator else None
        days = days_of([row.label for row in rows], top, bottom)
        if days is None:
            return None
        known = (0.0, 0.0) if over is None else (float(over.numerator or 0), float(over.denominator or 0))
        first = max(window.first, history.newest_day + _DAY)
        return outlook(days, first=first, last=window.last, known=known, factor=float(formula.factor))


def _settled(kpi: Kpi, history: KpiAnswer) -> list[KpiRow]:
    """The days whose figures will not change any more."""
    if history.newest_day is None:
        return []
    late = history.restatement_days if LATE & set(kpi.formulas[0].measures) else 0
    newest = (history.newest_day - late * _DAY).isoformat()
    return [row for row in history.series if row.label <= newest]


def _window(first: object, last: object) -> Window:
    return Window.model_validate({"first": first, "last": last, "words": ""})


def _reply(kpi: Kpi, query: KpiQuery, seen: Outlook, over: KpiAnswer | None, shown: KpiAnswer) -> Reply:
    step = Decimal(1) if shown.unit == "count" else _STEP
    low, middle, high = (Decimal(repr(one)).quantize(step) for one in (seen.low, seen.middle, seen.high))
    known = None if over is None or over.no_data else over.value
    fore = Foreseen(
        kpi=kpi.name,
        unit=shown.unit,
        window=query.window,
        low=low,
        middle=middle,
        high=high,
        coverage=Decimal(repr(COVERAGE * 100)).quantize(Decimal(1)),
        trials=seen.trials,
        known=known,
    )
    scope = f" for {', '.join(query.where.values())}" if query.where else ""
    days = format_days(query.window.first, query.window.last)
    said = [
        f"{kpi.label}{scope} over {days}: {format_value(middle, shown.unit)} expected, {fore.coverage} % range "
        f"{format_value(low, shown.unit)} to {format_value(high, shown.unit)}."
    ]
    if over is not None and known is not None:
        said.append(f"Of that, {format_value(known, over.unit)} over {format_days(over.first, over.last)} is known.")
    points = [
        "From the level of each weekday in recent weeks, as if nothing is changed; the range is how far this was off "
        f"on {fore.trials} earlier stretches.",
        *([f"The target is {format_value(kpi.target, shown.unit)}."] if kpi.target is not None else []),
    ]
    source = f"forecast from {source_of(shown)}"
    values = ((middle, "expected"), (low, "low end"), (high, "high end"))
    return Reply(
        kind="forecast",
        title=f"{kpi.label}: forecast",
        said=tuple(said),
        points=tuple(points),
        numbers=tuple(
            Number(
                kpi=kpi.name,
                value=value,
                unit=shown.unit,
                first=query.window.first,
                last=query.window.last,
                where=dict(query.where),
                source=f"{words}, {source}",
            )
            for value, words in values
        ),
        answer=shown,
        follow_ups=(f"{kpi.label} last 7 days",),
        sources=shown.sources,
        simulated=shown.simulated,
        basis=(fore, kpi, shown, *([over] if over else [])),
    )


def _unable(kpi: Kpi, window: Window, history: KpiAnswer) -> Reply:
    days = format_days(window.first, window.last)
    known = sum(row.value is not None for row in _settled(kpi, history))
    return Reply(
        kind="forecast",
        title=f"{kpi.label}: no forecast",
        said=(
            f"There is no forecast of {kpi.label} over {days}: too few settled days are known ({known}; "
            f"it takes {LEAST_DAYS}, and enough more to try it on), or the KPI is no sum and no quotient.",
        ),
        follow_ups=(f"{kpi.label} last 7 days",),
        sources=history.sources,
        simulated=history.simulated,
        basis=(window, history, known, LEAST_DAYS),
    )

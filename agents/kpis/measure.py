"""One KPI over one window of facts: pure, exact, and with everything a reader must know about the number."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from agents.kpis.definitions import Kpi
from agents.kpis.figures import format_days
from agents.kpis.formula import MEASURES, NOTHING, Figures, Formula
from agents.kpis.query import FACT_DIMENSIONS, BadKpiQuery, FactSlice, KpiQuery
from agents.kpis.selection import (
    STORE,
    censored_note,
    comparable,
    lagging_notes,
    narrowed,
    rows_for,
    with_planned_budget,
    within,
)
from agents.kpis.sums import currencies_of, daily, ranked, split, total
from agents.kpis.windows import Window
from storage.records.kpis import KpiAnswer, KpiRow

_DAY = timedelta(days=1)
Differences = Callable[[Iterable[str], str], tuple[str, ...]]
"""Sources and a measure → one clause a source where they mean different things by it, else nothing."""


def no_differences(sources: Iterable[str], measure: str) -> tuple[str, ...]:  # noqa: ARG001
    """Every source means the same, or nobody knows."""
    return ()


@dataclass(frozen=True)
class _Basis:
    """The formula that has data, and the rows of all days that it may count."""

    formula: Formula
    world: pl.DataFrame
    """Before the filters."""
    frame: pl.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Picture:
    """What the counted rows of the window say."""

    currencies: tuple[str, ...]
    figures: Figures
    rows: tuple[KpiRow, ...] = ()
    series: tuple[KpiRow, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def mixed(self) -> bool:
        return len(self.currencies) > 1


def complete_part(window: Window, facts: FactSlice) -> Window:
    """The window up to the newest complete day; unchanged where it starts after that day or there is no data."""
    newest = facts.newest_day
    if newest is None or newest >= window.last or newest < window.first:
        return window
    return window.model_copy(update={"last": newest})


def earlier_window(window: Window, compare: Window | None) -> Window:
    """The window to compare with: as many days as `window` has, from the start of `compare` or just before `window`.

    It never reaches into `window` itself. Raises BadKpiQuery where `compare` does not start earlier.
    """
    days = window.days
    if compare is None:
        newest = max(window.first.toordinal() - 1, 1)
        first, last = date.fromordinal(max(newest - days + 1, 1)), date.fromordinal(newest)
        return Window(first=first, last=last, words=f"the {days} days before")
    if compare.first >= window.first:
        raise BadKpiQuery("the window to compare with must start before the window asked for")
    last = min(compare.first + (days - 1) * _DAY, window.first - _DAY)
    return Window(first=compare.first, last=last, words=compare.words)


def measure(
    facts: FactSlice, kpi: Kpi, query: KpiQuery, *, as_of: datetime, differences: Differences = no_differences
) -> KpiAnswer:
    """Answer one question from facts that span its window and the one before.

    Raises BadKpiQuery for a dimension or filter that does not exist. Rules: reference of KPI definitions; sums are
    divided once, a zero denominator is undefined, money of several currencies is never added.
    """
    if query.by is not None and query.by not in FACT_DIMENSIONS:
        raise BadKpiQuery(f"cannot split by {query.by!r}; dimensions are {', '.join(FACT_DIMENSIONS)}")
    window = complete_part(query.window, facts)
    before = earlier_window(window, query.compare)
    basis = _basis(facts, kpi, query, window)
    now = _picture(basis, window, query)
    then = _picture(basis, before, query.model_copy(update={"by": None}))
    comparable_worlds = then.currencies == now.currencies and not now.mixed
    known = now.figures.numerator is not None or any(row.numerator is not None for row in now.rows)
    currency = _currency(now.currencies or currencies_of(basis.frame, basis.formula))
    return KpiAnswer(
        kpi=kpi.name,
        label=kpi.label,
        unit=kpi.unit_in(currency),
        direction=kpi.direction,
        value=now.figures.value,
        numerator=now.figures.numerator,
        denominator=now.figures.denominator,
        first=window.first,
        last=window.last,
        zone=(facts.shop_zone or facts.zone) if basis.formula.store else facts.zone,
        currency=currency,
        as_of=as_of,
        newest_day=facts.newest_day,
        provisional=_provisional(window, facts) and known,
        restatement_days=facts.restatement_days,
        simulated=facts.simulated,
        sources=facts.sources,
        owner=kpi.owner,
        where=query.where,
        by="currency" if now.mixed and query.by is None else query.by,
        rows=now.rows,
        previous=then.figures.value if comparable_worlds else None,
        previous_first=before.first,
        series=now.series,
        no_data=not known,
        notes=(*_notes(facts, kpi, query, window, basis, now), *_mixed_meanings(basis, window, differences)),
    )


def _basis(facts: FactSlice, kpi: Kpi, query: KpiQuery, window: Window) -> _Basis:
    """The first formula with data in the window; the last one where none has any."""
    split_by_ads = query.by in ("channel", "campaign") or any(name in query.where for name in ("channel", "campaign"))
    chosen: _Basis | None = None
    of_facts = [formula for formula in kpi.formulas if formula.of_facts]
    for formula in of_facts:
        if formula.store and split_by_ads and len(of_facts) > 1 and query.where.get("channel") != STORE:
            # The shop's orders belong to no channel or campaign.
            continue
        world = rows_for(facts, formula)
        frame, notes = narrowed(world, query.where)
        if "budget" in formula.measures:
            frame = with_planned_budget(frame)
        used = (f"Computed as {formula.text.replace('_', ' ')}.",) if len(kpi.formulas) > 1 else ()
        chosen = _Basis(formula=formula, world=world, frame=frame, notes=notes + used)
        if total(within(frame, window).frame, formula).numerator is not None:
            break
    assert chosen is not None
    return chosen


def _picture(basis: _Basis, window: Window, query: KpiQuery) -> _Picture:
    inside = within(basis.frame, window)
    counted = comparable(inside.frame, basis.formula)
    notes = inside.notes + counted.notes + censored_note(counted.frame, basis.formula)
    if counted.frame.is_empty():
        return _Picture(currencies=(), figures=NOTHING, notes=notes)
    currencies = currencies_of(counted.frame, basis.formula)
    mixed = len(currencies) > 1
    by = "currency" if mixed and query.by is None else query.by
    rows = split(counted.frame, basis.formula, by, per_currency=mixed) if by else ()
    if by and query.limit is not None and len(rows) > query.limit:
        notes = (*notes, f"{query.limit} of {len(rows)} shown.")
    return _Picture(
        currencies=currencies,
        figures=NOTHING if mixed else total(counted.frame, basis.formula),
        rows=ranked(rows, by, order=query.order, limit=query.limit) if by else (),
        series=() if mixed else daily(counted.frame, basis.formula, window.first, window.last),
        notes=notes,
    )


def _mixed_meanings(basis: _Basis, window: Window, differences: Differences) -> tuple[str, ...]:
    """Where the number adds up what several sources count, and they do not count alike."""
    counted = within(basis.frame, window).frame
    notes = []
    for name in dict.fromkeys(basis.formula.measures):
        column = MEASURES[name].column
        sources = counted.filter(pl.col(column).is_not_null())["source"].unique().sort().to_list()
        if said := differences(sources, name):
            notes.append(f"{name.capitalize()} are not the same everywhere: {'; '.join(said)}.")
    return tuple(notes)


def _currency(currencies: tuple[str, ...]) -> str | None:
    return currencies[0] or None if len(currencies) == 1 else None


def _provisional(window: Window, facts: FactSlice) -> bool:
    """Whether any day of the window is one that the source may still change."""
    return facts.newest_day is not None and (facts.newest_day - window.last).days < facts.restatement_days


def _notes(
    facts: FactSlice, kpi: Kpi, query: KpiQuery, window: Window, basis: _Basis, now: _Picture
) -> tuple[str, ...]:
    notes: list[str] = []
    newest = facts.newest_day
    if newest is None:
        notes.append("There is no data yet.")
    elif window.first > newest:
        notes.append(f"The newest complete day is {format_days(newest, newest)}.")
    elif window.last < query.window.last:
        notes.append(f"Counted to {format_days(newest, newest)}, the newest complete day.")
    if now.mixed:
        listed = ", ".join(code or "no currency" for code in now.currencies)
        notes.append(f"Several currencies ({listed}): shown apart, never added without a dated exchange rate.")
    wanted = {name for formula in kpi.formulas for name in formula.measures}
    notes += [said for one in facts.lacking if (said := one.words(wanted, window))]
    notes += facts.notes + (facts.shop_notes if basis.formula.store else ()) + basis.notes + now.notes
    if newest is not None and newest >= window.last:
        notes += lagging_notes(basis.world, window, everything=facts.frame)
    if kpi.note:
        notes.append(kpi.note)
    return tuple(dict.fromkeys(notes))

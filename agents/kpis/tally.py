"""One KPI over business objects, our own work, and daily facts where its formula names them: pure and exact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from agents.kpis.definitions import Kpi
from agents.kpis.exchange import converted
from agents.kpis.formula import NOTHING, Figures, Formula
from agents.kpis.measure import earlier_window
from agents.kpis.objects import Objects
from agents.kpis.parts import DAYS, Part
from agents.kpis.placed import Placed, Scope, check_dimensions, placed, placed_facts
from agents.kpis.query import KpiQuery
from agents.kpis.reckoned import Key, Reckoned, empty, reckoned
from agents.kpis.remarks import remarks
from agents.kpis.sums import ranked
from agents.kpis.windows import Window
from storage.records.kpis import KpiAnswer, KpiInterval, KpiRow

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Told:
    """What the rows of one window say."""

    placed: Mapping[str, Placed]
    parts: Mapping[str, Part | None]
    """By name in the formula; None is a measure of daily facts."""
    currencies: tuple[str, ...]
    total: Mapping[str, Reckoned]
    figures: Figures
    notes: tuple[str, ...]

    @property
    def mixed(self) -> bool:
        return len(self.currencies) > 1


def tally(objects: Objects, kpi: Kpi, formula: Formula, query: KpiQuery, *, as_of: datetime) -> KpiAnswer:
    """Answer one question; `formula` is the one of the KPI's that names parts.

    Raises BadKpiQuery for a split or filter that not every part of the formula has.
    """
    parts = {name: kpi.parts.get(name) for name in formula.measures if name != DAYS}
    check_dimensions(parts, query.by if query.by != "currency" else None, query.where)
    newest = _newest(objects, parts)
    window = _complete(query.window, newest)
    before = earlier_window(window, query.compare)
    now = _told(objects, formula, parts, Scope(window, before, query.where), query.currency)
    then = _told(objects, formula, parts, Scope(before, earlier_window(before, None), query.where), query.currency)
    by = "currency" if now.mixed and query.by is None else query.by
    rows = _rows(now, formula, by, window) if by else ()
    known = now.figures.numerator is not None or any(row.numerator is not None for row in rows)
    unknown = any(one.unknown for one in now.total.values())
    open_ended = any(one.going for one in now.total.values())
    currency = now.currencies[0] if len(now.currencies) == 1 else None
    return KpiAnswer(
        kpi=kpi.name,
        label=kpi.label,
        unit=kpi.unit_in(currency or query.currency),
        direction=kpi.direction,
        value=now.figures.value,
        numerator=now.figures.numerator,
        denominator=now.figures.denominator,
        first=window.first,
        last=window.last,
        zone=objects.zone,
        currency=currency,
        as_of=as_of,
        newest_day=newest,
        provisional=(known or open_ended) and _provisional(objects, parts, window, newest, open_ended=open_ended),
        restatement_days=objects.facts.restatement_days if objects.facts else 0,
        simulated=objects.simulated,
        sources=objects.sources,
        owner=kpi.owner,
        where=query.where,
        by=by,
        rows=ranked(rows, by, order=query.order, limit=query.limit) if by else (),
        previous=then.figures.value if _comparable(now, then) else None,
        previous_first=before.first,
        series=() if now.mixed else _series(now, formula, window),
        no_data=_absent(objects, parts) or not (known or unknown or open_ended or now.mixed),
        notes=remarks(objects, kpi, query, window, before, newest, now, shown=len(rows)),
        interval=_beyond(formula, parts, now.total),
    )


def _absent(objects: Objects, parts: Mapping[str, Part | None]) -> bool:
    """Whether something that the formula needs has never been brought at all."""
    facts = objects.facts is not None and objects.facts.newest_day is not None
    return any(not facts if part is None else part.of not in objects.tables for part in parts.values())


def _comparable(now: Told, then: Told) -> bool:
    """Whether both are of one currency, and of a time at all."""
    timeless = all(part is not None and part.placed is None for part in now.parts.values())
    return not timeless and not now.mixed and then.currencies in ((), now.currencies)


def _told(
    objects: Objects, formula: Formula, parts: Mapping[str, Part | None], scope: Scope, currency: str | None
) -> Told:
    found: dict[str, Placed] = {}
    for name, part in parts.items():
        rows = placed_facts(objects, name, scope) if part is None else placed(objects, part, scope)
        found[name] = _in_one_currency(rows, objects, currency) if formula.known[name].money and currency else rows
    currencies = _currencies(found, formula)
    total = {name: one for name in parts for one in (_reckon(found, parts, name, (), scope.window).get(()),) if one}
    mixed = len(currencies) > 1
    figures = NOTHING if mixed else _figures(formula, total, scope.window)
    notes = tuple(dict.fromkeys(note for one in found.values() for note in one.notes))
    return Told(found, parts, currencies, total, figures, notes)


def _in_one_currency(rows: Placed, objects: Objects, currency: str) -> Placed:
    if rows.frame.is_empty() or "currency" not in rows.frame.columns:
        return rows
    changed = converted(rows.frame, objects.rates, currency, money=("value",))
    return replace(rows, frame=changed.frame, notes=rows.notes + changed.notes)


def _currencies(found: Mapping[str, Placed], formula: Formula) -> tuple[str, ...]:
    named: set[str] = set()
    for name, rows in found.items():
        if formula.known[name].money and "currency" in rows.frame.columns:
            named |= set(rows.frame.filter(pl.col("value").is_not_null()).get_column("currency").unique())
    return tuple(sorted(code for code in named if code))


def _reckon(
    found: Mapping[str, Placed], parts: Mapping[str, Part | None], name: str, keys: Sequence[str], window: Window
) -> Mapping[Key, Reckoned]:
    rows = found[name]
    return reckoned(rows.frame, parts[name], keys, any_rows=rows.any_rows, days=window.days)


def _figures(formula: Formula, sums: Mapping[str, Reckoned], window: Window) -> Figures:
    if any(one.unknown for one in sums.values()):
        return NOTHING
    values = {name: one.value for name, one in sums.items()}
    if all(value is None for value in values.values()):
        return NOTHING
    return formula.figures({**values, DAYS: window.days})


def _rows(told: Told, formula: Formula, by: str, window: Window) -> tuple[KpiRow, ...]:
    """One row a member; the sums of the rows add up to the total's, as far as they are sums."""
    keys = _keys(by, per_currency=told.mixed)
    frames = {name: _keyed(one, by) for name, one in told.placed.items()}
    if told.mixed and any("currency" not in one.frame.columns for one in frames.values() if one.any_rows):
        return ()
    parts = told.parts
    groups = {name: _reckon(frames, parts, name, keys, window) for name in parts}
    members = sorted({key for of_part in groups.values() for key in of_part}, key=str)
    rows = []
    for key in members:
        sums = {name: groups[name].get(key, empty(parts[name], any_rows=told.placed[name].any_rows)) for name in parts}
        figures = _figures(formula, sums, window)
        label = _label(key, by, mixed=told.mixed)
        rows.append(
            KpiRow(label=label, value=figures.value, numerator=figures.numerator, denominator=figures.denominator)
        )
    return tuple(rows)


def _keys(by: str, *, per_currency: bool) -> list[str]:
    key = "day" if by in ("day", "week") else by
    return [key, "currency"] if per_currency and by != "currency" else [key]


def _keyed(rows: Placed, by: str) -> Placed:
    if by != "week":
        return rows
    return replace(rows, frame=rows.frame.with_columns(pl.col("day").dt.truncate("1w")))


def _label(key: tuple[Any, ...], by: str, *, mixed: bool) -> str:
    first = key[0].isoformat() if isinstance(key[0], date) else str(key[0] or "(none)")
    return f"{first} · {key[1] or '?'}" if mixed and by != "currency" else first


def _series(told: Told, formula: Formula, window: Window) -> tuple[KpiRow, ...]:
    """One row a day from the first that is known, for charts; none for what belongs to no day."""
    try:
        check_dimensions(told.parts, "day", {})
    except ValueError:
        return ()
    if DAYS in formula.measures:
        return ()
    known = {row.label: row for row in _rows(told, formula, "day", window)}
    if not known:
        return ()
    start = max(window.first, date.fromisoformat(min(known)))
    days = [start + at * _DAY for at in range((window.last - start).days + 1)]
    nothing = {"value": None, "numerator": None, "denominator": None}
    return tuple(known.get(day.isoformat(), KpiRow(label=day.isoformat(), **nothing)) for day in days)


def _beyond(formula: Formula, parts: Mapping[str, Part | None], total: Mapping[str, Reckoned]) -> KpiInterval | None:
    """The interval of a quantile that is the whole formula."""
    if len(formula.measures) != 1 or (part := parts.get(formula.measures[0])) is None or not part.timed:
        return None
    one = total.get(formula.measures[0])
    if one is None or (one.low is None and one.high is None):
        return None

    def shown(value: int | None) -> Any:
        return None if value is None else formula.figures({formula.measures[0]: value}).value

    return KpiInterval(low=shown(one.low), high=shown(one.high))


def _newest(objects: Objects, parts: Mapping[str, Part | None]) -> date | None:
    """The day to which everything is known that the formula needs."""
    facts = objects.facts.newest_day if objects.facts else None
    days = [facts if part is None else objects.newest.get(part.of) for part in parts.values()]
    known = [day for day in days if day is not None]
    return min(known, default=None)


def _complete(window: Window, newest: date | None) -> Window:
    if newest is None or newest >= window.last or newest < window.first:
        return window
    return window.model_copy(update={"last": newest})


def _provisional(
    objects: Objects, parts: Mapping[str, Part | None], window: Window, newest: date | None, *, open_ended: bool
) -> bool:
    """Whether it can still move: what has not ended, a newest day that is not over, or facts that are restated."""
    facts = objects.facts
    restated = (
        None in parts.values()
        and facts is not None
        and facts.newest_day is not None
        and (facts.newest_day - window.last).days < facts.restatement_days
    )
    of_objects = any(part is not None for part in parts.values())
    return open_ended or restated or (of_objects and newest is not None and newest <= window.last)

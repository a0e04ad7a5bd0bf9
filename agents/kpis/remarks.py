"""What a reader must know about a number of business objects: what is missing, open, capped or few."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Protocol

from agents.kpis.definitions import Kpi
from agents.kpis.figures import format_days
from agents.kpis.formula import Figures
from agents.kpis.intervals import SMALL
from agents.kpis.objects import Objects
from agents.kpis.parts import Part
from agents.kpis.placed import Placed
from agents.kpis.query import KpiQuery
from agents.kpis.reckoned import Reckoned
from agents.kpis.told_by import told_by
from agents.kpis.windows import Window


class Told(Protocol):
    """As in `tally`."""

    @property
    def placed(self) -> Mapping[str, Placed]: ...
    @property
    def parts(self) -> Mapping[str, Part | None]: ...
    @property
    def currencies(self) -> tuple[str, ...]: ...
    @property
    def total(self) -> Mapping[str, Reckoned]: ...
    @property
    def figures(self) -> Figures: ...
    @property
    def notes(self) -> tuple[str, ...]: ...


def remarks(
    objects: Objects,
    kpi: Kpi,
    query: KpiQuery,
    window: Window,
    before: Window,
    newest: date | None,
    told: Told,
    *,
    shown: int,
) -> tuple[str, ...]:
    """One sentence each, the weightiest first."""
    notes = [
        *_absent(objects, told),
        *_days(query, window, newest),
        *_currency(told, shown=shown),
        *(note for name, one in told.total.items() for note in _of_part(told.parts[name], one)),
        *_lost(objects, told, window),
        *_cohort(told, before),
        *_few(kpi, told),
        *objects.notes,
        *told.notes,
    ]
    if query.limit is not None and shown > query.limit:
        notes.append(f"{query.limit} of {shown} shown.")
    if kpi.note:
        notes.append(kpi.note)
    return tuple(dict.fromkeys(notes))


def _absent(objects: Objects, told: Told) -> Iterator[str]:
    """Which export would bring what the formula lacks."""
    for name, part in told.parts.items():
        if part is None:
            if not told.placed[name].any_rows and told.figures.value is None:
                yield f"No {name.replace('_', ' ')} in these days: the reports of ad platforms bring it."
        elif part.of not in objects.tables or (part.of != "refund" and objects.tables[part.of].is_empty()):
            yield f"No {_words(part.of)} yet: needs {part.table.brings}."
        elif not told.placed[name].any_rows and part.placed and told.figures.value is None:
            yield f"No {_happening(part, part.placed)} in these days."


def _happening(part: Part, moment: str) -> str:
    """As in "order", "plan was rejected", "handoff was due"."""
    if moment == part.table.happened:
        return _words(part.of)
    what = moment.removesuffix("_at")
    return f"{_words(part.of)} {'was' if what.endswith('ed') or what == 'due' else 'has its'} {_words(what)}"


def _days(query: KpiQuery, window: Window, newest: date | None) -> Iterator[str]:
    if newest is None:
        return
    if window.first > newest:
        yield f"The newest day with data is {format_days(newest, newest)}."
    elif window.last < query.window.last:
        yield f"Counted to {format_days(newest, newest)}, the newest day with data."


def _currency(told: Told, *, shown: int) -> Iterator[str]:
    if len(told.currencies) < 2:
        return
    apart = "shown apart" if shown else "ask for one currency with --currency"
    yield f"Several currencies ({', '.join(told.currencies)}): {apart}, never added without a dated exchange rate."


def _of_part(part: Part | None, one: Reckoned) -> Iterator[str]:
    if part is None:
        return
    if one.unknown:
        what = _words(part.column.removesuffix("_micros"))
        yield f"Unknown: {one.silent} of the {_words(part.of)}s say no {what}; a gap is never taken for 0."
    elif one.silent and part.how == "sum":
        yield f"{one.silent} {_words(part.of)}s without {_words(part.column.removesuffix('_micros'))} left out."
    if one.going:
        kept = f"{one.going} of {one.count} have not ended: each is kept as longer than it is so far."
        yield (
            kept
            if one.value is not None
            else f"{kept} Too many to tell the value: it is longer than the longest so far."
        )


def _lost(objects: Objects, told: Told, window: Window) -> Iterator[str]:
    """Columns that an export told before and does not tell any more: unknown in it, not nothing."""
    facts = () if objects.facts is None else objects.facts.lacking
    for name, part in told.parts.items():
        if part is None:
            said = [one.words({name}, window) for one in facts]
        else:
            wanted = told_by(part.of, part.columns)
            of_table = [one for one in objects.lacking if any(one.load.holds(each) for each in part.table.datasets)]
            said = [one.words(wanted, window) for one in of_table]
        yield from (words for words in said if words)


def _cohort(told: Told, before: Window) -> Iterator[str]:
    parts = [part for part in told.parts.values() if part is not None]
    if any(part.window != "this" or part.how == "lifetime" for part in parts):
        yield f"The cohort are those of {format_days(before.first, before.last)}, the days before."
    for part in parts:
        if part.at_most is not None:
            yield f"A lifetime counts {part.at_most} days at most."


def _few(kpi: Kpi, told: Told) -> Iterator[str]:
    """Few cases behind a quotient or a quantile."""
    counts = [
        one.count for name, one in told.total.items() if (part := told.parts[name]) and part.how in ("median", "p90")
    ]
    if not counts and kpi.counted and told.figures.denominator is not None:
        counts = [int(told.figures.denominator)]
    if counts and 0 < min(counts) < SMALL:
        yield f"Few cases: {min(counts)}."


def _words(name: str) -> str:
    return name.replace("_", " ")

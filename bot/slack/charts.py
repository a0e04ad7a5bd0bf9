"""Pictures of KPI answers: a line over days, or bars over the members of a dimension, with words for who
cannot see.

Drawn one picture at a time and off the event loop. Numbers come from the answer alone. Text from data is never
read as TeX.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from agents.kpis.figures import format_days, format_value
from bot.slack.cards.data_words import told_by
from bot.slack.cards.kpi_card import apart, unit_of
from bot.slack.cards.markup import clean, cut, day, member, words
from bot.slack.sketch import (
    MOST_ALT,
    Annotation,
    Band,
    BarSketch,
    Chart,
    Level,
    LineSketch,
    MarkKind,
    NothingToDraw,
    Sketch,
    TilesSketch,
)
from storage.records.kpis import KpiAnswer, KpiRow

__all__ = [
    "MOST_ALT",
    "Annotation",
    "Band",
    "Chart",
    "MarkKind",
    "NothingToDraw",
    "can_draw",
    "draw",
    "drawn_chart",
    "kpi_chart",
    "sketch_of",
]

MOST_BARS = 8
"""More would make a picture so high that Slack shows it too small to read; a table has them all."""
_ADDED_UP = frozenset({"count", "currency"})
_MOST_ALT_MARKS = 8


async def draw(answer: KpiAnswer, annotations: Sequence[Annotation] = (), *, bands: Sequence[Band] = ()) -> Chart:
    """`kpi_chart` in a thread, so that the event loop keeps answering Slack."""
    return await asyncio.to_thread(kpi_chart, answer, annotations, bands=bands)


def can_draw(answer: KpiAnswer) -> bool:
    """Whether there are at least two numbers: one alone needs no picture."""
    rows = over_time(answer) or answer.rows
    return not answer.no_data and sum(row.value is not None for row in rows) >= 2


def kpi_chart(answer: KpiAnswer, annotations: Sequence[Annotation] = (), *, bands: Sequence[Band] = ()) -> Chart:
    """Bars where the answer has rows by a dimension other than time, else the line over its days.

    Raises NothingToDraw where `can_draw` is false.
    """
    return drawn_chart(sketch_of(answer, annotations, bands=bands))


def drawn_chart(sketch: Sketch) -> Chart:
    """The picture of a sketch; waits for its turn, since one picture is drawn at a time."""
    from bot.slack.bar_drawing import bar_png
    from bot.slack.line_drawing import line_png
    from bot.slack.paper import DRAWING
    from bot.slack.tile_drawing import tiles_png

    with DRAWING:
        match sketch:
            case LineSketch():
                png = line_png(sketch)
            case BarSketch():
                png = bar_png(sketch)
            case TilesSketch():
                png = tiles_png(sketch)
    return Chart(png=png, alt_text=sketch.alt_text, title=sketch.full_title)


def sketch_of(answer: KpiAnswer, annotations: Sequence[Annotation] = (), *, bands: Sequence[Band] = ()) -> Sketch:
    """What the picture of an answer shows. Raises NothingToDraw where `can_draw` is false."""
    if not can_draw(answer):
        raise NothingToDraw(f"{answer.kpi} {answer.first}–{answer.last} has fewer than two numbers")
    rows = over_time(answer)
    return line_sketch(answer, rows, annotations, bands=bands) if rows else _bar_sketch(answer)


def over_time(answer: KpiAnswer) -> tuple[KpiRow, ...]:
    """The rows that follow each other in time; empty where members of a dimension are compared."""
    if answer.by in ("day", "week"):
        return answer.rows
    return () if answer.rows else answer.series


def line_sketch(
    answer: KpiAnswer,
    rows: Sequence[KpiRow],
    annotations: Sequence[Annotation] = (),
    *,
    bands: Sequence[Band] = (),
    flagged: tuple[date, date] | None = None,
    levels: Sequence[Level] | None = None,
    notes: Sequence[str] = (),
) -> LineSketch:
    """The line over `rows`, a day or a week each. `levels` replaces the answer's own target and comparison."""
    days = tuple(date.fromisoformat(row.label) for row in rows)
    firm = _firm_days(answer, days)
    reach = timedelta(days=6 if answer.by == "week" else 0)
    shown = tuple(one for one in annotations if days[0] <= one.at <= days[-1] + reach)
    newest = next((row for row in reversed(rows) if row.value is not None), None)
    lines = tuple(_levels(answer) if levels is None else levels)
    beside = [said.replace("\n", " ") for said in [*(one.words for one in lines), *(one.words for one in bands)]]
    return LineSketch(
        title=_subject(answer),
        under=_when(answer),
        full_title=_title(answer),
        alt_text=_line_words(answer, rows, shown, flagged, beside),
        unit=answer.unit,
        days=days,
        values=tuple(row.value for row in rows),
        last_words="" if newest is None else _short(_worth(newest, answer)),
        firm=firm,
        levels=lines,
        bands=tuple(bands),
        flagged=flagged,
        annotations=tuple(replace(one, at=max(at for at in days if at <= one.at)) for one in shown),
        captions=(*notes, *_captions(answer, provisional=firm < len(days))),
    )


def adds_up(answer: KpiAnswer) -> bool:
    """Whether the days add up to the whole, so that what holds for all of them says nothing of a single one."""
    plain = len(answer.unit) == 3 and answer.unit.isupper()
    return answer.denominator is None and (plain or answer.unit in _ADDED_UP)


def _levels(answer: KpiAnswer) -> list[Level]:
    """Target and comparison, of a KPI whose days may be held against them."""
    if adds_up(answer):
        return []
    found = []
    if answer.target is not None:
        found.append(Level(answer.target, f"target\n{_plain_figure(answer.target, answer)}", "target"))
    if answer.previous is not None:
        found.append(Level(answer.previous, f"before\n{_plain_figure(answer.previous, answer)}", "previous"))
    return found


def _bar_sketch(answer: KpiAnswer) -> BarSketch:
    rows = [row for row in answer.rows if row.value is not None][:MOST_BARS]
    target = None
    if answer.target is not None and not adds_up(answer):
        target = Level(answer.target, f"target {_plain_figure(answer.target, answer)}", "target")
    return BarSketch(
        title=_subject(answer),
        under=_when(answer),
        full_title=_title(answer),
        alt_text=_bar_words(answer, target),
        unit=answer.unit,
        names=tuple(member(row.label, answer.by or "") for row in rows),
        values=tuple(row.value for row in rows if row.value is not None),
        words=tuple(format_value(row.value, unit_of(row, answer)) for row in rows),
        target=target,
        provisional=answer.provisional,
        captions=_captions(answer, provisional=answer.provisional, left_out=_left_out(answer, len(rows))),
    )


def _left_out(answer: KpiAnswer, drawn: int) -> int:
    """How many rows are not drawn; where currencies stand apart, those without a figure tell nothing of this."""
    return sum(row.value is not None for row in answer.rows) - drawn if apart(answer) else len(answer.rows) - drawn


def _subject(answer: KpiAnswer) -> str:
    by = f" by {clean(words(answer.by).lower(), 40)}" if answer.by else ""
    where = "".join(f", {clean(member(held, name), 40)}" for name, held in list(answer.where.items())[:3])
    return f"{clean(answer.label, 60)}{by}{where}"


def _when(answer: KpiAnswer) -> str:
    mark = " (simulated)" if answer.simulated else ""
    return f"{format_days(answer.first, answer.last)} · {clean(answer.zone, 40)}{mark}"


def _title(answer: KpiAnswer) -> str:
    return f"{_subject(answer)} · {_when(answer)}"


def _firm_days(answer: KpiAnswer, days: Sequence[date]) -> int:
    """How many of the days (or weeks) the source will not change any more."""
    if not answer.provisional or answer.newest_day is None or answer.restatement_days <= 0:
        return len(days)
    # A week goes by its first day, and is firm when its last is.
    held = answer.restatement_days + (6 if answer.by == "week" else 0)
    return sum(one <= answer.newest_day - timedelta(days=held) for one in days)


def _captions(answer: KpiAnswer, *, provisional: bool, left_out: int = 0) -> tuple[str, ...]:
    parts = []
    if provisional:
        parts.append(f"{'hollow' if over_time(answer) else 'hatched'}: provisional, may still be restated")
    elif answer.provisional:
        parts.append("newest days provisional")
    if left_out:
        parts.append(f"{left_out:,} more not drawn")
    if apart(answer):
        parts.append("currencies do not compare")
    newest = f"data to {day(answer.newest_day)} {answer.newest_day.year}" if answer.newest_day else ""
    # Loads and files stand in the answer's own words; here there is room for a name.
    names = dict.fromkeys(told_by(one.partition(",")[0]) for one in answer.sources[:3])
    source = " · ".join(filter(None, [newest, "; ".join(names)]))
    return tuple(filter(None, [" · ".join(parts), source]))


def _line_words(
    answer: KpiAnswer,
    rows: Sequence[KpiRow],
    marks: Sequence[Annotation],
    flagged: tuple[date, date] | None,
    beside: Sequence[str],
) -> str:
    """The same facts in words: what is drawn, the ends, the lowest and the highest, what happened when."""
    known = [row for row in rows if row.value is not None]
    ordered = sorted(known, key=lambda row: row.value or 0)
    named = (("first", known[0]), ("lowest", ordered[0]), ("highest", ordered[-1]), ("last", known[-1]))
    parts = [f"Line chart of {_title(answer)}", "; ".join(f"{name} {_said(row, answer)}" for name, row in named)]
    parts += [clean(f"{one[:1].upper()}{one[1:]}", 60) for one in beside]
    if flagged is not None:
        parts.append(f"Flagged {format_days(*flagged)}")
    if marks:
        parts.append(
            "Marked: " + "; ".join(f"{clean(one.words, 40)} on {day(one.at)}" for one in marks[:_MOST_ALT_MARKS])
        )
    if answer.provisional:
        parts.append("Newest days are provisional")
    return cut(". ".join(parts), MOST_ALT - 1) + "."


def _bar_words(answer: KpiAnswer, target: Level | None) -> str:
    known = [row for row in answer.rows[:MOST_BARS] if row.value is not None]
    parts = [
        f"Bar chart of {_title(answer)}",
        "; ".join(f"{clean(member(row.label, answer.by or ''), 50)} {_worth(row, answer)}" for row in known),
    ]
    parts += [f"Target {_figure(target.value, answer)}"] if target else []
    parts += ["Newest days are provisional"] if answer.provisional else []
    return cut(". ".join(parts), MOST_ALT - 1) + "."


def _figure(value: Decimal, answer: KpiAnswer) -> str:
    return clean(format_value(value, answer.unit), 40)


def _plain_figure(value: Decimal, answer: KpiAnswer) -> str:
    return _short(_figure(value, answer))


def _short(figure: str) -> str:
    """Without what it is per: the title says that, and the room beside a line is narrow."""
    return figure.partition(" per ")[0]


def _said(row: KpiRow, answer: KpiAnswer) -> str:
    return f"{_worth(row, answer)} on {day(date.fromisoformat(row.label))}"


def _worth(row: KpiRow, answer: KpiAnswer) -> str:
    return clean(format_value(row.value, unit_of(row, answer)), 40)

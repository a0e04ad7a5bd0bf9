"""Pictures of KPI answers: a line over days, or bars over the members of a dimension, with words for who
cannot see.

Drawn one picture at a time and off the event loop. Numbers come from the answer alone; they become floats
only to find their place on paper. Text from data is never read as TeX.
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from agents.kpis.figures import format_days, format_value
from bot.slack.cards.kpi_card import unit_of
from bot.slack.cards.markup import clean, cut, day, member, words
from bot.slack.cards.plan_parts import about
from bot.slack.paper import BLUE, DRAWING, GREY, GRID, INK, ORANGE, drawn, new_figure, png_of, tidy
from storage.records.kpis import KpiAnswer, KpiRow

MOST_ALT = 1000
"""Characters of the words for who cannot see."""
MOST_BARS = 12

_HEIGHT_INCHES = 4.0
_BAR_INCHES, _BAR_MARGIN_INCHES = 0.36, 1.35
_MOST_DAY_TICKS = 8


@dataclass(frozen=True)
class Chart:
    """A picture to upload, with the words that go with it."""

    png: bytes
    alt_text: str
    title: str


class NothingToDraw(ValueError):
    """Raised when an answer holds no number that could be drawn."""


async def draw(answer: KpiAnswer) -> Chart:
    """`kpi_chart` in a thread, so that the event loop keeps answering Slack."""
    return await asyncio.to_thread(kpi_chart, answer)


def can_draw(answer: KpiAnswer) -> bool:
    """Whether there are at least two numbers: one alone needs no picture."""
    rows = _over_time(answer) or answer.rows
    return not answer.no_data and sum(row.value is not None for row in rows) >= 2


def kpi_chart(answer: KpiAnswer) -> Chart:
    """Bars where the answer has rows by a dimension other than time, else the line over its days.

    Days that the source may still change are drawn lighter.
    Raises NothingToDraw where `can_draw` is false.
    """
    if not can_draw(answer):
        raise NothingToDraw(f"{answer.kpi} {answer.first}–{answer.last} has fewer than two numbers")
    over_time = _over_time(answer)
    with DRAWING:
        png = _line(answer, over_time) if over_time else _bars(answer)
    return Chart(png=png, alt_text=_alt_text(answer, over_time), title=_title(answer))


def _over_time(answer: KpiAnswer) -> tuple[KpiRow, ...]:
    """The rows that follow each other in time; empty where members of a dimension are compared."""
    if answer.by == "day":
        return answer.rows
    return () if answer.rows else answer.series


def _title(answer: KpiAnswer) -> str:
    by = f" by {clean(words(answer.by).lower(), 40)}" if answer.by else ""
    where = "".join(f", {clean(member(held, name), 40)}" for name, held in list(answer.where.items())[:3])
    mark = " (simulated)" if answer.simulated else ""
    days = format_days(answer.first, answer.last)
    return f"{clean(answer.label, 60)}{by}{where} · {days} · {clean(answer.zone, 40)}{mark}"


def _line(answer: KpiAnswer, rows: Sequence[KpiRow]) -> bytes:
    figure, axes = _paper(answer, _HEIGHT_INCHES)
    days = [date.fromisoformat(row.label) for row in rows]
    # A day without a value leaves a gap; it is not zero.
    heights = [math.nan if row.value is None else float(row.value) for row in rows]
    axes.plot(range(len(days)), heights, color=BLUE, linewidth=2.4, marker="o", markersize=5, zorder=3)
    firm = _firm_days(answer, days)
    if firm < len(days):
        axes.axvspan(firm - 0.5, len(days) - 0.5, facecolor="white", edgecolor=ORANGE, hatch="//", alpha=0.25, lw=0)
        axes.plot(
            range(firm, len(days)),
            heights[firm:],
            "o",
            color="white",
            markeredgecolor=BLUE,
            markersize=6,
            zorder=4,
        )
    if answer.previous is not None:
        axes.axhline(float(answer.previous), color=GREY, linewidth=1.2, linestyle="--", zorder=2)
    _ticks_of_days(axes, days)
    known = [height for height in heights if not math.isnan(height)]
    axes.set_ylim(*_span([*known, *([float(answer.previous)] if answer.previous is not None else [])]))
    axes.set_xlim(-0.5, len(days) - 0.5)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    _ticks_of_values(axes.yaxis, answer.unit)
    return png_of(figure, _caption(answer, provisional=firm < len(days)))


def _bars(answer: KpiAnswer) -> bytes:
    rows = [row for row in answer.rows if row.value is not None][:MOST_BARS]
    figure, axes = _paper(answer, _BAR_MARGIN_INCHES + _BAR_INCHES * len(rows))
    lengths = [float(row.value or 0) for row in rows]
    places = range(len(rows), 0, -1)
    bars = axes.barh(places, lengths, color=BLUE, height=0.62, zorder=3)
    if answer.provisional:
        for bar in bars:
            bar.set(hatch="//", edgecolor="white", linewidth=0, hatch_linewidth=0.6)
    labels = [format_value(row.value, unit_of(row, answer)) for row in rows]
    axes.bar_label(bars, labels=[drawn(label, 40) for label in labels], padding=5, color=INK, fontsize=10)
    axes.set_yticks(list(places), labels=[drawn(member(row.label, answer.by or ""), 32) for row in rows])
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.margins(x=0.16)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    left_out = len(answer.rows) - len(rows)
    return png_of(figure, _caption(answer, provisional=answer.provisional, left_out=left_out))


def _paper(answer: KpiAnswer, height_inches: float) -> tuple[Any, Any]:
    figure = new_figure(height_inches, _title(answer))
    return figure, tidy(figure.add_subplot())


def _firm_days(answer: KpiAnswer, days: Sequence[date]) -> int:
    """How many of the days the source will not change any more."""
    if not answer.provisional or answer.newest_day is None or answer.restatement_days <= 0:
        return len(days)
    last_firm = answer.newest_day - timedelta(days=answer.restatement_days)
    return sum(one <= last_firm for one in days)


def _ticks_of_days(axes: Any, days: Sequence[date]) -> None:
    step = math.ceil(len(days) / _MOST_DAY_TICKS)
    places = list(range(len(days) - 1, -1, -step))[::-1]
    axes.set_xticks(places, labels=[day(days[place]) for place in places])


def _ticks_of_values(axis: Any, unit: str) -> None:
    from decimal import Decimal

    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=5))
    axis.set_major_formatter(FuncFormatter(lambda place, _: drawn(about(Decimal(repr(float(place))), unit), 30)))


def _span(heights: Sequence[float]) -> tuple[float, float]:
    """From zero, so that no change looks larger than it is; below it only for negative numbers."""
    low, high = min(0.0, *heights), max(0.0, *heights)
    room = (high - low) * 0.08 or 1.0
    return (low - room if low < 0 else 0.0), high + room


def _caption(answer: KpiAnswer, *, provisional: bool, left_out: int = 0) -> str:
    parts = []
    if answer.previous is not None and not answer.rows:
        parts.append(f"dashed: {format_value(answer.previous, answer.unit)} in the days before")
    if provisional:
        parts.append("hatched: provisional, the source may still restate")
    elif answer.provisional:
        parts.append("newest days provisional")
    if left_out:
        parts.append(f"{left_out:,} more not drawn")
    newest = f"data to {day(answer.newest_day)} {answer.newest_day.year}" if answer.newest_day else ""
    return " · ".join(filter(None, [*parts, newest, "; ".join(answer.sources[:2])]))


def _alt_text(answer: KpiAnswer, over_time: Sequence[KpiRow]) -> str:
    """The same facts in words: what is drawn, the ends, the lowest and the highest."""
    known = [row for row in (over_time or answer.rows[:MOST_BARS]) if row.value is not None]
    kind = "Line chart" if over_time else "Bar chart"
    text = f"{kind} of {_title(answer)}. "
    if over_time:
        ordered = sorted(known, key=lambda row: row.value or 0)
        named = (("first", known[0]), ("lowest", ordered[0]), ("highest", ordered[-1]), ("last", known[-1]))
        text += "; ".join(f"{name} {_said(row, answer)}" for name, row in named)
    else:
        text += "; ".join(f"{clean(member(row.label, answer.by or ''), 50)} {_worth(row, answer)}" for row in known)
    marks = ". Newest days are provisional" if answer.provisional else ""
    return cut(text + marks, MOST_ALT - 1) + "."


def _said(row: KpiRow, answer: KpiAnswer) -> str:
    return f"{_worth(row, answer)} on {day(date.fromisoformat(row.label))}"


def _worth(row: KpiRow, answer: KpiAnswer) -> str:
    return clean(format_value(row.value, unit_of(row, answer)), 40)

"""Lines over days on a phone's width: the days themselves, what was aimed at or expected, and what happened when.

Used while `paper.DRAWING` is held. Numbers become floats here, only to find their place on paper.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bot.slack.cards.markup import clean, day
from bot.slack.cards.plan_parts import about
from bot.slack.paper import (
    BLUE,
    GREEN,
    GREY,
    GRID,
    INK,
    PURPLE,
    RED,
    SKY,
    drawn,
    phone_figure,
    phone_png_of,
    tidy,
)
from bot.slack.sketch import Annotation, Band, Level, LineSketch, MarkKind

MOST_MARKS = 6
"""Annotations that are drawn; more could not be told apart."""
_HEIGHT_INCHES, _LANE_INCHES = 3.1, 0.19
_MOST_DAY_TICKS = 5
_LANES = 4
_LETTER_INCHES = 0.078
"""Of a label of nine points; a little more than the average, so that labels do not touch."""
_PLOT_INCHES = 3.7
"""About how wide the days are together."""
_MARKS = {
    MarkKind.PLAN: (BLUE, "v", "-"),
    MarkKind.ROLLBACK: (PURPLE, "<", "--"),
    MarkKind.DRIFT: (RED, "D", ":"),
    MarkKind.EVENT: (GREY, "s", "-."),
}
_LEVELS = {"target": (GREEN, (0, (6, 2))), "previous": (GREY, (0, (2, 2))), "expected": (INK, (0, (4, 3)))}


@dataclass(frozen=True)
class Placed:
    """A label of one day's annotations: what it says, and in which of the lanes above the days it stands."""

    place: int
    words: str
    kind: MarkKind
    lane: int
    to_the_left: bool
    at: float
    start: float
    end: float
    """Where its line and the ends of its label are, in inches from the first day."""


def line_png(sketch: LineSketch) -> bytes:
    marks = placed(sketch.annotations, sketch.days)
    lanes = max((one.lane for one in marks), default=-1) + 1
    figure = phone_figure(_HEIGHT_INCHES + lanes * _LANE_INCHES, sketch.title, sketch.under)
    axes = tidy(figure.add_subplot())
    heights = [math.nan if value is None else float(value) for value in sketch.values]
    low, high = _span(heights, sketch.levels, sketch.bands)
    _bands(axes, sketch, low, high)
    _levels(axes, sketch.levels)
    _days_line(axes, sketch, heights)
    _happened(axes, marks)
    axes.set_ylim(low, high)
    axes.set_xlim(-0.5, len(sketch.days) - 0.5)
    _words_at_the_end(axes, sketch, heights, low, high)
    _ticks(axes, sketch)
    return phone_png_of(figure, sketch.captions)


def placed(annotations: Sequence[Annotation], days: Sequence[date]) -> tuple[Placed, ...]:
    """The newest annotations that fit, those of one day and kind together, each in the first lane with room for it."""
    places = {one: index for index, one in enumerate(days)}
    grouped: dict[tuple[int, MarkKind], list[str]] = {}
    for one in sorted(annotations, key=lambda one: one.at):
        if one.at in places:
            grouped.setdefault((places[one.at], MarkKind(one.kind)), []).append(one.words)
    found: list[Placed] = []
    for (place, kind), several in reversed(list(grouped.items())[-MOST_MARKS:]):
        words = clean(several[0], 18) + (f" +{len(several) - 1}" if len(several) > 1 else "")
        lanes = [_in_lane(place, words, kind, lane, len(days)) for lane in range(_LANES)]
        found.append(min(lanes, key=lambda one: (sum(_touch(one, other) for other in found), one.lane)))
    return tuple(reversed(found))


def _in_lane(place: int, words: str, kind: MarkKind, lane: int, days: int) -> Placed:
    at, wide = (place + 0.5) / days * _PLOT_INCHES, _LETTER_INCHES * (len(words) + 2)
    to_the_left = at + wide > _PLOT_INCHES + 0.75
    start, end = (at - wide, at + 0.1) if to_the_left else (at - 0.1, at + wide)
    return Placed(place, words, kind, lane, to_the_left, at, start, end)


def _touch(one: Placed, other: Placed) -> int:
    """How badly they disturb each other: labels that meet cannot be read, one with a line through it can."""
    if one.lane == other.lane:
        return 3 if one.start < other.end and other.start < one.end else 0
    higher, lower = (one, other) if one.lane > other.lane else (other, one)
    return int(higher.place != lower.place and lower.start < higher.at < lower.end)


def _days_line(axes: Any, sketch: LineSketch, heights: Sequence[float]) -> None:
    many = len(heights) > 31
    axes.plot(
        range(len(heights)), heights, color=BLUE, linewidth=2.2, marker="o", markersize=2.6 if many else 4.5, zorder=4
    )
    if sketch.firm < len(heights):
        young = range(sketch.firm, len(heights))
        axes.plot(
            young,
            heights[sketch.firm :],
            linestyle="",
            marker="o",
            color="white",
            markeredgecolor=BLUE,
            markersize=4 if many else 5.5,
            zorder=5,
        )
    if sketch.flagged is not None:
        first, last = sketch.flagged
        flagged = [n for n, one in enumerate(sketch.days) if first <= one <= last]
        axes.plot(
            flagged,
            [heights[n] for n in flagged],
            linestyle="",
            marker="D",
            color=RED,
            markeredgecolor="white",
            markersize=6.5,
            zorder=6,
        )


def _bands(axes: Any, sketch: LineSketch, low: float, high: float) -> None:
    for band in sketch.bands:
        held = [n for n, one in enumerate(sketch.days) if band.first <= one <= band.last]
        if not held:
            continue
        bottom = low if band.low is None else float(band.low)
        top = high if band.high is None else float(band.high)
        axes.fill_between([held[0] - 0.5, held[-1] + 0.5], bottom, top, color=SKY, alpha=0.35, lw=0, zorder=2)
        for end in (band.low, band.high):
            if end is not None:
                axes.axhline(float(end), color=SKY, linewidth=1, linestyle=(0, (1, 3)), zorder=2)


def _levels(axes: Any, levels: Sequence[Level]) -> None:
    for level in levels:
        colour, dashes = _LEVELS[level.kind]
        axes.axhline(float(level.value), color=colour, linewidth=1.4, linestyle=dashes, zorder=3)


def _happened(axes: Any, marks: Sequence[Placed]) -> None:
    for one in marks:
        colour, shape, dashes = _MARKS[one.kind]
        axes.axvline(one.place, color=colour, linewidth=1.1, linestyle=dashes, alpha=0.8, zorder=2.5)
        above = 5 + one.lane * _LANE_INCHES * 72
        axes.annotate(
            drawn(one.words, 24),
            (one.place, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-6 if one.to_the_left else 6, above),
            textcoords="offset points",
            ha="right" if one.to_the_left else "left",
            va="center",
            fontsize=9,
            color=colour,
            fontweight="bold",
        )
        axes.annotate(
            "",
            (one.place, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, above),
            textcoords="offset points",
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 1.1, "shrinkA": 0, "shrinkB": 0},
        )
        _sign(axes, one.place, above, colour, shape)


def _sign(axes: Any, place: int, above: float, colour: str, shape: str) -> None:
    """The shape of a kind of annotation, so many points above the days."""
    from matplotlib.transforms import ScaledTranslation

    figure = axes.figure
    lifted = axes.get_xaxis_transform() + ScaledTranslation(0, above / 72, figure.dpi_scale_trans)
    axes.plot([place], [1], marker=shape, color=colour, markersize=5, transform=lifted, clip_on=False, zorder=7)


def _words_at_the_end(axes: Any, sketch: LineSketch, heights: Sequence[float], low: float, high: float) -> None:
    """The newest number and what the lines and ranges mean, beside the right end, none upon another."""
    labels: list[tuple[float, str, str, str]] = []
    newest = next((n for n in range(len(heights) - 1, -1, -1) if not math.isnan(heights[n])), None)
    if newest is not None:
        labels.append((heights[newest], sketch.last_words, RED if sketch.flagged else BLUE, "bold"))
    labels += [(float(one.value), one.words, _LEVELS[one.kind][0], "normal") for one in sketch.levels]
    for band in sketch.bands:
        ends = [float(end) for end in (band.low, band.high) if end is not None]
        labels.append((sum(ends) / len(ends) if ends else low, band.words, "#1B6FA8", "normal"))
    labels.sort(key=lambda one: one[0])
    lines = [1 + one[1].count("\n") for one in labels]
    for at, (_, words, colour, weight) in zip(
        spread([(one[0] - low) / (high - low) for one in labels], lines), labels, strict=True
    ):
        shown = "\n".join(drawn(line, 18) for line in words.split("\n"))
        axes.annotate(
            shown,
            (1, at),
            xycoords="axes fraction",
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=10 if weight == "bold" else 9,
            color=colour,
            fontweight=weight,
            linespacing=1.1,
            annotation_clip=False,
        )


def spread(places: Sequence[float], lines: Sequence[int], *, gap: float = 0.075) -> list[float]:
    """Rising places from 0 to 1, moved so far that labels of so many lines do not cover each other."""
    moved = list(places)
    for _ in range(60):
        for n in range(1, len(moved)):
            short = gap * (lines[n - 1] + lines[n]) / 2 - (moved[n] - moved[n - 1])
            if short > 0:
                moved[n - 1] -= short / 2
                moved[n] += short / 2
        moved = [min(max(one, gap / 2), 1 - gap / 2) for one in moved] if len(moved) < 1 / gap else moved
    return moved


def _ticks(axes: Any, sketch: LineSketch) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    step = math.ceil(len(sketch.days) / _MOST_DAY_TICKS)
    places = list(range(len(sketch.days) - 1, -1, -step))[::-1]
    axes.set_xticks(places, labels=[day(sketch.days[place]) for place in places])
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda place, _: drawn(about(Decimal(repr(float(place))), sketch.unit).partition(" per ")[0], 30))
    )


def _span(heights: Sequence[float], levels: Sequence[Level], bands: Sequence[Band]) -> tuple[float, float]:
    """From zero, so that no change looks larger than it is; below it only for negative numbers."""
    ends = [end for band in bands for end in (band.low, band.high) if end is not None]
    known = [height for height in heights if not math.isnan(height)]
    every = [*known, *(float(one.value) for one in levels), *map(float, ends)]
    low, high = min(0.0, *every), max(0.0, *every)
    room = (high - low) * 0.08 or 1.0
    return (low - room if low < 0 else 0.0), high + room

"""The days of several KPIs at a glance on a phone's width: a small line each, in two columns.

Used while `paper.DRAWING` is held. Numbers become floats here, only to find their place on paper.
"""

import math
from decimal import Decimal
from typing import Any

from bot.slack.cards.plan_parts import about
from bot.slack.paper import BLUE, GREEN, GREY, INK, drawn, phone_figure, phone_png_of
from bot.slack.sketch import Tile, TilesSketch

_COLUMNS, _ROW_INCHES, _MARGIN_INCHES = 2, 0.82, 0.8


def tiles_png(sketch: TilesSketch) -> bytes:
    rows = math.ceil(len(sketch.tiles) / _COLUMNS)
    figure = phone_figure(_MARGIN_INCHES + _ROW_INCHES * rows, sketch.title, sketch.under)
    grid = figure.subplots(rows, _COLUMNS, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    for axes, tile in zip(grid.flat, sketch.tiles, strict=False):
        _tile(axes, tile)
    return phone_png_of(figure, sketch.captions)


def _tile(axes: Any, tile: Tile) -> None:
    heights = [math.nan if value is None else float(value) for value in tile.values]
    axes.plot(range(len(heights)), heights, color=BLUE, linewidth=1.9)
    known = [one for one in heights if not math.isnan(one)]
    newest = next((n for n in range(len(heights) - 1, -1, -1) if not math.isnan(heights[n])), None)
    if newest is not None:
        axes.plot([newest], [heights[newest]], marker="o", color=BLUE, markersize=4)
        _end(axes, heights[newest], tile.unit)
    if tile.target is not None:
        axes.axhline(float(tile.target), color=GREEN, linewidth=1.1, linestyle=(0, (6, 2)))
        known.append(float(tile.target))
    low, high = min([0.0, *known]), max([0.0, *known])
    room = (high - low) or 1.0
    # The name stands above the line.
    axes.set_ylim(low - room * 0.06, high + room * 0.55)
    axes.set_xlim(-0.5, max(len(heights), 2) - 0.3)
    axes.axhline(0, color=GREY, linewidth=0.6)
    axes.text(0, 1.0, drawn(tile.label, 30), transform=axes.transAxes, va="top", fontsize=9.5, color=INK)


def _end(axes: Any, height: float, unit: str) -> None:
    figure = about(Decimal(repr(height)), unit).partition(" per ")[0]
    axes.annotate(
        drawn(figure, 12),
        (1, height),
        xycoords=("axes fraction", "data"),
        xytext=(2, 0),
        textcoords="offset points",
        va="center",
        fontsize=9,
        color=BLUE,
        annotation_clip=False,
    )

"""The neighbourhood of one thing as a picture: what it says of others on the right, what they say of it on the left."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.slack.cards.graph_card import Group, groups_of, names_of
from bot.slack.cards.markup import clean, cut, words
from bot.slack.charts import MOST_ALT, Chart
from bot.slack.paper import BLUE, DRAWING, GREEN, GREY, INK, ORANGE, PURPLE, RED, drawn, new_figure, png_of
from storage.records.graph import Neighbourhood, NodeView

MOST_A_GROUP, MOST_A_SIDE = 6, 14
_ROW_INCHES, _MARGIN_INCHES = 0.34, 1.1
_COLOURS = {
    "campaign": BLUE,
    "plan": ORANGE,
    "event": RED,
    "audience": GREEN,
    "product": PURPLE,
}


@dataclass(frozen=True)
class Row:
    """One line of a side: a heading, or a thing under it."""

    text: str
    kind: str = ""
    """Type of the thing; empty for a heading."""


async def draw(found: Neighbourhood) -> Chart:
    """`graph_picture` in a thread, so that the event loop keeps answering Slack."""
    return await asyncio.to_thread(graph_picture, found)


def can_draw(found: Neighbourhood) -> bool:
    """Whether there is anything around it."""
    return bool(groups_of(found))


def graph_picture(found: Neighbourhood) -> Chart:
    """The picture with its words."""
    centre = next(node for node in found.nodes if node.ref == found.centre)
    groups = groups_of(found)
    mark = " (simulated)" if centre.ref.key.startswith("sandbox/") else ""
    title = f"{words(centre.ref.type)}: {clean(centre.name, 70)}{mark}"
    left = rows_of([one for one in groups if not one.outward])
    right = rows_of([one for one in groups if one.outward])
    with DRAWING:
        png = _drawing(centre, left, right, title)
    return Chart(png=png, alt_text=_alt_text(groups, title), title=title)


def rows_of(groups: Sequence[Group]) -> tuple[Row, ...]:
    """Headings with their things; what does not fit is counted."""
    rows: list[Row] = []
    for group in groups:
        room = MOST_A_SIDE - len(rows) - 1
        if room < 1:
            rows[-1] = Row("… and more")
            break
        shown = group.ties[: min(room, MOST_A_GROUP)]
        more = len(group.ties) - len(shown)
        rows.append(Row(f"{group.words}{f' ({len(group.ties)})' if more else ''}"))
        rows += [Row(tie.view.name, tie.view.ref.type) for tie in shown]
    return tuple(rows)


def _drawing(centre: NodeView, left: Sequence[Row], right: Sequence[Row], title: str) -> bytes:
    lines = max(len(left), len(right), 4)
    figure = new_figure(_MARGIN_INCHES + _ROW_INCHES * lines, title)
    axes = figure.add_subplot()
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.5, lines - 0.5)
    axes.axis("off")
    middle = (lines - 1) / 2
    _side(axes, right, middle, lines, at_x=0.68, align="left")
    _side(axes, left, middle, lines, at_x=0.32, align="right")
    axes.text(
        0.5, middle, drawn(centre.name, 26), ha="center", va="center", fontsize=10, fontweight="bold", color="white",
        bbox={"boxstyle": "round,pad=0.6", "facecolor": _COLOURS.get(centre.ref.type, INK), "edgecolor": "none"},
        zorder=4,
    )  # fmt: skip
    return png_of(figure, "right: what it does or is; left: what does something to it")


def _side(axes: Any, rows: Sequence[Row], middle: float, lines: int, *, at_x: float, align: str) -> None:
    """One side's rows from the top, each thing tied to the middle."""
    top = lines - 1 - (lines - len(rows)) / 2
    for place, row in enumerate(rows):
        height = top - place
        if not row.kind:
            axes.text(
                at_x, height, drawn(row.text, 34), ha=align, va="center", fontsize=8.5, color=GREY, style="italic"
            )
            continue
        colour = _COLOURS.get(row.kind, GREY)
        axes.plot([0.5, at_x - (0.01 if align == "left" else -0.01)], [middle, height], color=colour, lw=1, alpha=0.6)
        axes.plot([at_x], [height], marker="o", markersize=6, color=colour, zorder=3)
        shift = 0.014 if align == "left" else -0.014
        label = f"{drawn(row.text, 30)}"
        axes.text(at_x + shift, height, label, ha=align, va="center", fontsize=9.5, color=INK)


def _alt_text(groups: Sequence[Group], title: str) -> str:
    said = "; ".join(f"{one.words} {names_of(one.ties, MOST_A_GROUP)}" for one in groups)
    return cut(f"Picture of what hangs together with {title}. {said}", MOST_ALT - 1) + "."

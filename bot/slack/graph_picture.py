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
_ROW_INCHES, _MARGIN_INCHES = 0.3, 1.0
_WIDTH_INCHES = 6.0
"""As wide as names on both sides need, and so narrow that a phone can show them; in full they stand in the words."""
_NAME_LETTERS, _CENTRE_LETTERS, _HEADING_LETTERS = 25, 20, 28
_WIDER_NAME_LETTERS = 42
"""Where there is nothing on the other side."""
_COLOURS = {
    "campaign": BLUE,
    "plan": ORANGE,
    "event": RED,
    "audience": GREEN,
    "product": PURPLE,
}
_LIGHT = frozenset({ORANGE, PURPLE})
"""On which white letters could not be read."""


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
    high = _MARGIN_INCHES + _ROW_INCHES * lines
    figure = new_figure(high, cut(title, 58), width_inches=_WIDTH_INCHES)
    axes = figure.add_subplot()
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.5, lines - 0.5)
    axes.axis("off")
    middle = (lines - 1) / 2
    both, ground = bool(left and right), _COLOURS.get(centre.ref.type, INK)
    letters = _NAME_LETTERS if both else _WIDER_NAME_LETTERS
    centre_x = 0.5 if both else 0.2 if right else 0.8
    reach = 0.18 if both else 0.22
    _side(axes, right, (centre_x, middle), lines, at_x=centre_x + reach, align="left", letters=letters)
    _side(axes, left, (centre_x, middle), lines, at_x=centre_x - reach, align="right", letters=letters)
    axes.text(
        centre_x, middle, drawn(centre.name, _CENTRE_LETTERS), ha="center", va="center", fontsize=10, fontweight="bold",
        color=INK if ground in _LIGHT else "white",
        bbox={"boxstyle": "round,pad=0.6", "facecolor": ground, "edgecolor": "none"},
        zorder=4,
    )  # fmt: skip
    return png_of(figure, "right: what it does or is; left: what does something to it")


def _side(
    axes: Any,
    rows: Sequence[Row],
    centre: tuple[float, float],
    lines: int,
    *,
    at_x: float,
    align: str,
    letters: int,
) -> None:
    """One side's rows from the top, each thing tied to the middle."""
    top = lines - 1 - (lines - len(rows)) / 2
    for place, row in enumerate(rows):
        height = top - place
        if not row.kind:
            axes.text(
                at_x,
                height,
                drawn(row.text, _HEADING_LETTERS),
                ha=align,
                va="center",
                fontsize=8.5,
                color=GREY,
                style="italic",
            )
            continue
        colour = _COLOURS.get(row.kind, GREY)
        end = at_x - (0.01 if align == "left" else -0.01)
        axes.plot([centre[0], end], [centre[1], height], color=colour, lw=1, alpha=0.6)
        axes.plot([at_x], [height], marker="o", markersize=6, color=colour, zorder=3)
        shift = 0.014 if align == "left" else -0.014
        label = drawn(row.text, letters)
        axes.text(at_x + shift, height, label, ha=align, va="center", fontsize=9.5, color=INK)


def _alt_text(groups: Sequence[Group], title: str) -> str:
    said = "; ".join(f"{one.words} {names_of(one.ties, MOST_A_GROUP)}" for one in groups)
    return cut(f"Picture of what hangs together with {title}. {said}", MOST_ALT - 1) + "."

"""Bars over the members of a dimension, on a phone's width: the name above each bar, so that neither is cut.

Used while `paper.DRAWING` is held. Numbers become floats here, only to find their place on paper.
"""

from bot.slack.paper import BLUE, GREEN, INK, drawn, phone_figure, phone_png_of, tidy
from bot.slack.sketch import BarSketch

_BAR_INCHES, _MARGIN_INCHES = 0.44, 1.2
_NAME_LETTERS = 56


def bar_png(sketch: BarSketch) -> bytes:
    figure = phone_figure(_MARGIN_INCHES + _BAR_INCHES * len(sketch.values), sketch.title, sketch.under)
    axes = tidy(figure.add_subplot())
    lengths = [float(value) for value in sketch.values]
    places = range(len(lengths), 0, -1)
    bars = axes.barh([place - 0.18 for place in places], lengths, color=BLUE, height=0.4, zorder=3)
    if sketch.provisional:
        for bar in bars:
            bar.set(hatch="//", edgecolor="white", linewidth=0, hatch_linewidth=0.6)
    axes.bar_label(bars, labels=[drawn(one, 40) for one in sketch.words], padding=4, color=INK, fontsize=10)
    left = min(0.0, *lengths)
    for place, name in zip(places, sketch.names, strict=True):
        axes.text(left, place + 0.07, drawn(name, _NAME_LETTERS), va="bottom", fontsize=9.5, color=INK)
    axes.axvline(0, color=INK, linewidth=0.8)
    if sketch.target is not None:
        at = float(sketch.target.value)
        axes.axvline(at, color=GREEN, linewidth=1.4, linestyle=(0, (6, 2)), zorder=4)
        axes.annotate(
            drawn(sketch.target.words, 30),
            (at, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            fontsize=9,
            color=GREEN,
        )
    axes.margins(x=0.2)
    axes.set_ylim(0.4, len(lengths) + 0.55)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines["bottom"].set_visible(False)
    return phone_png_of(figure, sketch.captions)

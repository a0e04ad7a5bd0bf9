"""Paper to draw on: matplotlib's Agg canvas without global state, one picture at a time, and what may be written on it.

Colours are from the palette of Okabe and Ito, told apart by colour-blind eyes and in print.
"""

import io
import textwrap
import threading
from functools import lru_cache
from typing import Any

from bot.slack.cards.markup import ISOLATES, clean

DRAWING = threading.Lock()
"""Held while a picture is made: matplotlib's fonts and caches are shared by all threads."""
WIDTH_INCHES, DPI = 8.0, 200  # 1600 px: crisp at twice the 800 px that Slack shows.
PHONE_INCHES, PHONE_DPI = 5.0, 240
"""360 points wide: on a phone, which shows about 360 pixels, a letter of ten points is ten pixels high."""
BLUE, ORANGE, GREEN, PURPLE, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#6B7280"
SKY = "#56B4E9"
INK, GRID = "#1F2937", "#E5E7EB"
_TITLE_POINTS, _UNDER_POINTS, _CAPTION_POINTS = 12.0, 9.5, 8.5
_PHONE_LETTERS, _PHONE_TITLE_LETTERS = 66, 48
"""That fit on a line of the caption, and of the title."""


def new_figure(height_inches: float, title: str, *, width_inches: float = WIDTH_INCHES) -> Any:
    """White paper with a title; to be used while DRAWING is held."""
    figure = _figure(width_inches, height_inches, DPI)
    figure.suptitle(drawn(title, 92), x=0.01, ha="left", fontsize=11.5, color=INK, fontweight="bold")
    return figure


def phone_figure(height_inches: float, title: str, under: str) -> Any:
    """Paper for a phone's width, with a title and a greyer line under it; to be used while DRAWING is held."""
    figure = _figure(PHONE_INCHES, height_inches, PHONE_DPI)
    shown = drawn(title, _PHONE_TITLE_LETTERS)
    # The layout keeps room for one title only, of one size; so that one is invisible and both are written into it.
    figure.suptitle(f"{shown}\n{drawn(under, 60)}", x=0.015, ha="left", fontsize=_TITLE_POINTS, alpha=0)
    points = height_inches * 72
    figure.text(0.015, 1 - 4 / points, shown, va="top", fontsize=_TITLE_POINTS, color=INK, fontweight="bold")
    lower = 1 - (4 + _TITLE_POINTS * 1.5) / points
    figure.text(0.015, lower, drawn(under, 62), va="top", fontsize=_UNDER_POINTS, color=GREY)
    figure.get_layout_engine().set(w_pad=0.06, h_pad=0.04)
    return figure


def tidy(axes: Any) -> Any:
    """Axes without a frame but for the foot."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, colors=INK, labelsize=10)
    return axes


def png_of(figure: Any, caption: str) -> bytes:
    figure.supxlabel(drawn(caption, 120), fontsize=_CAPTION_POINTS, color=GREY, x=0.01, ha="left")
    return _png(figure)


def phone_png_of(figure: Any, captions: tuple[str, ...]) -> bytes:
    """The picture with its small print, a paragraph each, broken into lines that a phone can show."""
    lines = [line for one in captions for line in textwrap.wrap(clean(one, 160), _PHONE_LETTERS)[:2]]
    text = "\n".join(drawn(line, _PHONE_LETTERS + 2) for line in lines)
    if text:
        figure.supxlabel(text, fontsize=_CAPTION_POINTS, color=GREY, x=0.015, ha="left", linespacing=1.35)
    return _png(figure)


def drawn(text: str, most: int) -> str:
    """Text for matplotlib: short, no dollar that it could read as TeX, only what the font can draw."""
    known = _glyphs()
    bare = clean(text, most).strip(ISOLATES)
    shown = "".join(char if ord(char) in known else "□" for char in bare)
    return shown.replace("\\", "/").replace("$", r"\$")


def _figure(width_inches: float, height_inches: float, dpi: int) -> Any:
    # Imported here: matplotlib takes half a second, which no command but a picture should pay.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_inches, height_inches), dpi=dpi, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _png(figure: Any) -> bytes:
    held = io.BytesIO()
    figure.savefig(held, format="png", metadata={"Software": None})
    return held.getvalue()


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())

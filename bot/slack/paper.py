"""Paper to draw on: matplotlib's Agg canvas without global state, one picture at a time, and what may be written on it.

Colours are from the palette of Okabe and Ito, told apart by colour-blind eyes and in print.
"""

import io
import threading
from functools import lru_cache
from typing import Any

from bot.slack.cards.markup import ISOLATES, clean

DRAWING = threading.Lock()
"""Held while a picture is made: matplotlib's fonts and caches are shared by all threads."""
WIDTH_INCHES, DPI = 8.0, 200  # 1600 px: crisp at twice the 800 px that Slack shows.
BLUE, ORANGE, GREEN, PURPLE, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#6B7280"
INK, GRID = "#1F2937", "#E5E7EB"


def new_figure(height_inches: float, title: str, *, width_inches: float = WIDTH_INCHES) -> Any:
    """White paper with a title; to be used while DRAWING is held."""
    # Imported here: matplotlib takes half a second, which no command but a picture should pay.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_inches, height_inches), dpi=DPI, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    figure.suptitle(drawn(title, 92), x=0.01, ha="left", fontsize=11.5, color=INK, fontweight="bold")
    return figure


def tidy(axes: Any) -> Any:
    """Axes without a frame but for the foot."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, colors=INK, labelsize=10)
    return axes


def png_of(figure: Any, caption: str) -> bytes:
    figure.supxlabel(drawn(caption, 120), fontsize=8.5, color=GREY, x=0.01, ha="left")
    held = io.BytesIO()
    figure.savefig(held, format="png", metadata={"Software": None})
    return held.getvalue()


def drawn(text: str, most: int) -> str:
    """Text for matplotlib: short, no dollar that it could read as TeX, only what the font can draw."""
    known = _glyphs()
    bare = clean(text, most).strip(ISOLATES)
    shown = "".join(char if ord(char) in known else "□" for char in bare)
    return shown.replace("\\", "/").replace("$", r"\$")


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())

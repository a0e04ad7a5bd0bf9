"""The picture of the business as a picture: which source tells of which days, and what was spent on them.

Above, a lane a source: bars where there are figures, hatched where they may still change, a gap where there is
nothing; a thin line where a source tells of things, not of days. Below, a panel a currency with the spend of each
day, source upon source; currencies are never added.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from agents.kpis.figures import format_days, format_value
from agents.lifecycle.answers.survey import Survey
from agents.lifecycle.intake.source_picture import SourcePicture
from bot.slack.cards.data_words import gaps_of, source_name, span
from bot.slack.cards.markup import clean, count, cut, day
from bot.slack.charts import MOST_ALT, Chart
from bot.slack.paper import BLUE, DRAWING, GREEN, GREY, GRID, INK, ORANGE, PURPLE, RED, drawn, new_figure, png_of, tidy

MOST_DAYS = 370
"""Days drawn at most, the newest; a year is still readable at this width."""
_MOST_LANES = 12
_MOST_PANELS = 3
_WIDTH_INCHES = 6.0
"""Narrower than other charts, so that its letters can be read in a thread and on a phone."""
_LANE_INCHES, _PANEL_INCHES, _MARGIN_INCHES = 0.27, 1.1, 0.75
_COLOURS = (BLUE, ORANGE, GREEN, PURPLE, RED, "#56B4E9", "#999933", GREY)
_MOST_TICKS = 6
_NO_PENCE = re.compile(r"\.0+(?!\d)")


async def draw(survey: Survey) -> Chart:
    """`data_chart` in a thread, so that the event loop keeps answering Slack."""
    return await asyncio.to_thread(data_chart, survey)


def can_draw(survey: Survey) -> bool:
    """Whether any source names days."""
    return any(one.first_day for one in survey.sources)


def data_chart(survey: Survey) -> Chart:
    """The chart of a survey for which `can_draw` is true, with its words."""
    lanes = [one for one in survey.sources if one.first_day][:_MOST_LANES]
    ends = [(one.first_day, one.last_day) for one in lanes if one.first_day and one.last_day]
    last = max(end for _, end in ends)
    first = max(min(start for start, _ in ends), last - timedelta(days=MOST_DAYS - 1))
    simulated = " (simulated)" if all(one.simulated for one in survey.sources) else ""
    title = f"What your data covers · {format_days(first, last)}{simulated}"
    with DRAWING:
        png = _drawing(survey, lanes, first, last, title)
    return Chart(png=png, alt_text=_alt_text(lanes, title), title=title)


def _drawing(survey: Survey, lanes: Sequence[SourcePicture], first: date, last: date, title: str) -> bytes:
    currencies = _currencies(lanes, first)
    lanes_inches = _LANE_INCHES * len(lanes) + 0.3
    panel_inches = _PANEL_INCHES * len(currencies)
    figure = new_figure(_MARGIN_INCHES + lanes_inches + panel_inches, title, width_inches=_WIDTH_INCHES)
    heights = [lanes_inches, *[_PANEL_INCHES] * len(currencies)]
    grid = figure.subplots(len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights})
    axes = [tidy(one) for one in grid[:, 0]]
    # Those that stand upon each other below must differ most.
    spenders_first = sorted(lanes, key=lambda one: not one.spend)
    colours = {one.source: _COLOURS[index % len(_COLOURS)] for index, one in enumerate(spenders_first)}
    _lanes(axes[0], lanes, first, colours)
    for panel, currency in zip(axes[1:], currencies, strict=True):
        _spend(panel, lanes, currency, first, last, colours)
    _days(axes[-1], first, last)
    for above in axes[:-1]:
        above.spines["bottom"].set_visible(False)
    return png_of(figure, _caption(survey, lanes, first))


def _lanes(axes: Any, lanes: Sequence[SourcePicture], first: date, colours: dict[str, str]) -> None:
    for row, one in enumerate(lanes):
        place = len(lanes) - row
        if not one.coverage and one.first_day and one.last_day:
            look: dict[str, Any] = {"facecolor": colours[one.source]}
            _bar(axes, place, max(one.first_day, first), one.last_day, first, look, thick=0.12)
        for start, end in _runs([day_ for day_ in one.coverage if day_ >= first]):
            firm_to = end if one.provisional_from is None else min(end, one.provisional_from - timedelta(days=1))
            _bar(axes, place, start, firm_to, first, {"facecolor": colours[one.source]})
            young = start if one.provisional_from is None else max(start, one.provisional_from)
            if one.provisional_from is not None:
                look = {"facecolor": "white", "edgecolor": colours[one.source], "hatch": "////", "linewidth": 0.8}
                _bar(axes, place, young, end, first, look)
    axes.set_yticks(range(len(lanes), 0, -1), labels=[drawn(source_name(one.source), 24) for one in lanes])
    axes.set_ylim(0.4, len(lanes) + 0.6)
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)


def _bar(
    axes: Any, place: int, start: date, end: date, first: date, look: dict[str, Any], *, thick: float = 0.56
) -> None:
    if end >= start:
        axes.broken_barh([((start - first).days, (end - start).days + 1)], (place - thick / 2, thick), **look)


def _spend(
    axes: Any, lanes: Sequence[SourcePicture], currency: str, first: date, last: date, colours: dict[str, str]
) -> None:
    width = (last - first).days + 1
    floor = [Decimal(0)] * width
    for one in lanes:
        heights = [Decimal(0)] * width
        for spent in one.spend_by_day:
            if spent.currency == currency and first <= spent.day <= last:
                heights[(spent.day - first).days] += spent.amount
        if any(heights):
            places = [index + 0.5 for index in range(width)]
            bottoms, tops = list(map(float, floor)), list(map(float, heights))
            axes.bar(places, tops, width=1.0 if width > 120 else 0.86, bottom=bottoms, color=colours[one.source])
            floor = [low + high for low, high in zip(floor, heights, strict=True)]
    axes.set_title(drawn(f"Spend a day, {currency}", 40), fontsize=9.5, color=INK, loc="left")
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    _amounts(axes.yaxis, currency)


def _amounts(axis: Any, currency: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=3))
    axis.set_major_formatter(FuncFormatter(lambda place, _: drawn(at_axis(Decimal(repr(float(place))), currency), 30)))


def at_axis(amount: Decimal, currency: str) -> str:
    """An amount at an axis: without pence where it has none, so that all of one axis are written alike."""
    said = format_value(amount, currency)
    return _NO_PENCE.sub("", said) if amount == amount.to_integral_value() else said


def _days(axes: Any, first: date, last: date) -> None:
    width = (last - first).days + 1
    step = max(1, -(-width // _MOST_TICKS))
    places = list(range(0, width, step))
    axes.set_xticks([place + 0.5 for place in places], labels=[day(first + timedelta(days=place)) for place in places])
    axes.set_xlim(0, width)


def _runs(days: Sequence[date]) -> list[tuple[date, date]]:
    """First and last day of each unbroken run."""
    if not days:
        return []
    breaks = [index + 1 for index, (one, other) in enumerate(pairwise(days)) if (other - one).days > 1]
    starts, ends = [0, *breaks], [*breaks, len(days)]
    return [(days[start], days[end - 1]) for start, end in zip(starts, ends, strict=True)]


def _currencies(lanes: Sequence[SourcePicture], first: date) -> list[str]:
    """Those with spend by day, by how many days each, so that a panel shows most."""
    days: dict[str, set[date]] = defaultdict(set)
    for one in lanes:
        for spent in one.spend_by_day:
            if spent.day >= first and spent.amount:
                days[spent.currency].add(spent.day)
    return sorted(days, key=lambda currency: (-len(days[currency]), currency))[:_MOST_PANELS]


def _caption(survey: Survey, lanes: Sequence[SourcePicture], first: date) -> str:
    parts = ["bars: days with figures"]
    if any(one.provisional_from is not None for one in lanes):
        parts.append("hatched: may still change")
    if any(not one.coverage for one in lanes):
        parts.append("thin: things, first to last")
    if any(one.first_day and one.first_day < first for one in lanes):
        parts.append("earlier days not drawn")
    nameless = [source_name(one.source) for one in survey.sources if not one.first_day]
    if nameless:
        parts.append(f"without days: {', '.join(nameless[:4])}")
    hidden = sum(bool(one.first_day) for one in survey.sources) - len(lanes)
    if hidden:
        parts.append(f"{count(hidden, 'more source')} not drawn")
    return " · ".join(parts)


def _alt_text(lanes: Sequence[SourcePicture], title: str) -> str:
    said = []
    for one in lanes:
        spent = ", ".join(format_value(amount, currency) for currency, amount in list(one.spend.items())[:3])
        days = f"{source_name(one.source)} {span(one.first_day, one.last_day)}"
        parts = filter(None, [days, gaps_of(one.gaps), f"{spent} spent" if spent else ""])
        said.append(clean(", ".join(parts), 220))
    return cut(f"Chart. {title}. {'; '.join(said)}", MOST_ALT - 1) + "."

"""KPI tiles: a number of the last days, how it stands against its target, and how it has moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from agents.kpis.figures import format_change, format_days, format_value
from bot.slack.cards.blocks import Block, columns, context
from bot.slack.cards.markup import clean, data
from storage.records.kpis import KpiAnswer

Standing = Literal["on", "off", "open", "none"]
MARKS: dict[Standing, str] = {"on": "🟢", "off": "🟠", "open": "⚪", "none": ""}


@dataclass(frozen=True)
class KpiTile:
    """One KPI over the last days, with the longer series that its trend is read from."""

    answer: KpiAnswer
    trend: KpiAnswer


def standing(answer: KpiAnswer) -> Standing:
    """Whether the number meets its target; "open" where chance alone may have kept it from there."""
    target, value, held = answer.target, answer.value, answer.interval
    if target is None or answer.direction not in {"higher", "lower"}:
        return "none"
    if value is None:
        return "open"
    met = value >= target if answer.direction == "higher" else value <= target
    within = held is not None and held.low is not None and held.high is not None and held.low <= target <= held.high
    return "on" if met else "open" if within else "off"


def standing_words(answer: KpiAnswer) -> str:
    """As in "target 4.00 · ▼ 8.8%": what is aimed at, then how it moved; plain, not escaped."""
    change = format_change(answer.value, answer.previous)
    parts = []
    if answer.target is not None:
        unsure = ", too few to tell" if standing(answer) == "open" else ""
        parts.append(f"target {short_figure(answer.target, answer)}{unsure}")
    parts.append(
        f"{change} in a week{_judged(answer)}" if change and change != "unchanged" else change or "no days before"
    )
    return " · ".join(parts)


def _judged(answer: KpiAnswer) -> str:
    """Whether the movement is good, where a direction is."""
    if answer.value is None or answer.previous is None or answer.direction not in {"higher", "lower"}:
        return ""
    return ", better" if (answer.value > answer.previous) == (answer.direction == "higher") else ", worse"


def short_figure(value: Decimal | None, answer: KpiAnswer) -> str:
    """Without what it is per, which the name says."""
    return clean(format_value(value, answer.unit).partition(" per ")[0], 40)


def tiles_part(tiles: Sequence[KpiTile]) -> list[Block]:
    """The tiles as words, two in a row where there is room; nothing without any."""
    if not tiles:
        return []
    newest = tiles[0].answer
    days = format_days(newest.first, newest.last)
    provisional = " · newest days may still be restated" if any(one.answer.provisional for one in tiles) else ""
    return [columns([_field(one.answer) for one in tiles]), context(f"{days}, against the week before{provisional}")]


def _field(answer: KpiAnswer) -> str:
    figure = data(short_figure(answer.value, answer), 40)
    head = f"{MARKS[standing(answer)]} *{data(answer.label, 40)}*  *{figure}*".lstrip()
    return f"{head}\n{data(standing_words(answer), 80)}"

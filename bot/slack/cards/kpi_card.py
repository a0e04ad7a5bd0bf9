"""The answer to "how is ROAS this week?": the number first, then its comparison and where it comes from."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from agents.kpis.figures import format_change, format_days, format_value
from bot.slack.buttons import ActionId, Question
from bot.slack.cards.blocks import Block, Message, actions, button, context, header, section, table
from bot.slack.cards.data_words import told_by
from bot.slack.cards.markup import bullets, clean, data, escaped, member, moment, words
from storage.records.kpis import KpiAnswer, KpiRow

SHOWN_ROWS = 20
_CURRENCY = re.compile(r"[A-Z]{3}")
_MOST_PROMPTS = 4


def kpi_card(answer: KpiAnswer, *, zone: ZoneInfo, formula: str = "", follow_ups: Sequence[str] = ()) -> Message:
    """One answer with unit, window, comparison, freshness and source; a table where asked by a dimension.

    `formula` is the definition's text; of `follow_ups`, questions as buttons, at most four are shown.
    """
    if answer.no_data:
        return _no_data(answer, zone, follow_ups)
    blocks = [
        header(f"{clean(answer.label, 60)}: {_figure(answer)}"),
        section(f"{_asked(answer)}\n{_comparison(answer)}"),
        *([_rows(answer)] if answer.rows else []),
        *_caveats(answer),
        context(_source(answer, zone, formula)),
        *prompts(follow_ups),
    ]
    return Message(text=_spoken(answer), blocks=tuple(blocks))


def prompts(questions: Sequence[str]) -> list[Block]:
    """Questions as buttons; pressing one asks it."""
    elements = [
        button(clean(text, 70), f"{ActionId.KPI_ASK}.{index}", Question(clean(text, 200)).encode())
        for index, text in enumerate(questions[:_MOST_PROMPTS])
    ]
    return [actions("ask", elements)] if elements else []


def _asked(answer: KpiAnswer) -> str:
    """As in "27 May – 2 June 2025 · Paid search · by campaign"."""
    parts = [f"*{format_days(answer.first, answer.last)}*"]
    parts += [data(member(held, name), 60) for name, held in list(answer.where.items())[:4]]
    if answer.by:
        parts.append(f"by {data(words(answer.by).lower(), 30)}")
    return " · ".join(parts)


def _figure(answer: KpiAnswer) -> str:
    if answer.value is None and answer.interval is not None and answer.interval.low is not None:
        return clean(f"longer than {format_value(answer.interval.low, answer.unit)}", 60)
    if answer.value is None and (answer.by == "currency" or apart(answer)):
        return "several currencies, which are never added"
    if answer.value is None:
        return "undefined: nothing to divide by" if answer.numerator is not None else "unknown"
    return clean(format_value(answer.value, answer.unit), 60)


def _comparison(answer: KpiAnswer) -> str:
    if apart(answer):
        return "Each currency stands for itself."
    if answer.previous is None or answer.value is None:
        return "Nothing to compare with in the days before."
    was = data(format_value(answer.previous, answer.unit), 60)
    before = "before"
    if answer.previous_first:
        days = (answer.last - answer.first).days
        before = f"in {format_days(answer.previous_first, answer.previous_first + timedelta(days=days))}"
    change = format_change(answer.value, answer.previous)
    moved = f"*{change}*{_judgement(answer)}, from" if change else "From"
    return f"{moved} {was} {before}"


def _judgement(answer: KpiAnswer) -> str:
    """Whether the movement is good, where the KPI has a good direction."""
    if answer.value is None or answer.previous is None or answer.value == answer.previous:
        return ""
    if answer.direction not in {"higher", "lower"}:
        return ""
    better = (answer.value > answer.previous) == (answer.direction == "higher")
    return " (better)" if better else " (worse)"


def _rows(answer: KpiAnswer) -> Block:
    # Beside rows with a currency stand those of sources that tell nothing of this, with none.
    told = [row for row in answer.rows if row.value is not None] if apart(answer) else answer.rows
    shown = told[:SHOWN_ROWS]
    shares = _shares(answer)
    heads = [clean(words(answer.by or "part"), 40), clean(answer.label, 40)]
    rows = [_cells(row, answer, shares) for row in shown]
    hidden = len(told) - len(shown)
    if hidden:
        rows.append([f"…and {hidden:,} more", ""])
    return table(heads, [[cell or "–" for cell in row] for row in rows])


def _cells(row: KpiRow, answer: KpiAnswer, shares: Decimal | None) -> list[str]:
    share = f" ({(row.value or Decimal(0)) / shares:.0%})" if shares else ""
    figure = clean(format_value(row.value, unit_of(row, answer)), 40)
    name, _ = _name_and_currency(row, answer)
    return [clean(member(name, answer.by or ""), 60), f"{figure}{share}"]


def unit_of(row: KpiRow, answer: KpiAnswer) -> str:
    """The unit of a row; it has one of its own where currencies stand apart."""
    _, currency = _name_and_currency(row, answer)
    return answer.unit.replace("currency", currency) if currency else answer.unit


def apart(answer: KpiAnswer) -> bool:
    """Whether the rows of one member are several, one a currency, and nothing is said of all together."""
    return answer.value is None and any(
        currency for _, currency in (_name_and_currency(row, answer) for row in answer.rows)
    )


def _name_and_currency(row: KpiRow, answer: KpiAnswer) -> tuple[str, str]:
    """As in "Paid search" and "EUR" for the label "Paid search · EUR"; no currency where the answer has one for all."""
    if answer.by == "currency":
        return row.label, row.label
    name, mark, code = row.label.rpartition(" · ")
    ours = mark and answer.unit.partition("/")[0] == "currency" and _CURRENCY.fullmatch(code)
    return (name, code) if ours else (row.label, "")


def _shares(answer: KpiAnswer) -> Decimal | None:
    """What shares are taken of: the total of a sum; ratios have no shares."""
    sums = all(row.denominator is None and (row.value or 0) >= 0 for row in answer.rows)
    return answer.value if sums and answer.value and answer.value > 0 and answer.denominator is None else None


def _caveats(answer: KpiAnswer, *, told: str = "") -> list[Block]:
    """What to bear in mind; `told` is a note that the card has said already."""
    lines = list(_sure(answer))
    if answer.provisional:
        lines.append("⏳ Provisional: the newest days may still be restated by the source.")
    if answer.simulated:
        lines.append("🧪 Simulated: numbers of the sandbox market.")
    notes = bullets([one for one in answer.notes if one != told][:4], most=900, each=200)
    text = "\n".join([*lines, *([notes] if notes else [])])
    return [context(text)] if text else []


def _sure(answer: KpiAnswer) -> Iterator[str]:
    """Target, interval and what is told beside the number."""
    marks = []
    if answer.target is not None:
        marks.append(f"Target {format_value(answer.target, answer.unit)}")
    held = answer.interval
    if held is not None and answer.value is not None and not answer.rows:
        low, high = (format_value(end, answer.unit) for end in (held.low, held.high))
        marks.append(f"95 % interval {low} to {high}")
    marks += [f"{one.label} {format_value(one.value, one.unit)}" for one in answer.beside if not one.no_data]
    if marks:
        yield data(" · ".join(marks), 300)


def _source(answer: KpiAnswer, zone: ZoneInfo, formula: str) -> str:
    newest = f"data to {format_days(answer.newest_day, answer.newest_day)}, " if answer.newest_day else ""
    currency = f" · {answer.currency}" if answer.currency else ""
    sources = "; ".join(data(told_by(one), 100) for one in answer.sources[:3]) or "no source"
    more = f" and {len(answer.sources) - 3} more" if len(answer.sources) > 3 else ""
    lines = [
        f"*Fresh* {newest}as of {moment(answer.as_of, zone)} · days of {data(answer.zone, 40)}{currency}",
        f"*Source* {sources}{more}",
        f"*Computed* {_computed(answer, formula)} · definition {data(answer.version, 20)}"
        f" owned by {data(answer.owner, 60)}",
    ]
    return "\n".join(lines)


def _computed(answer: KpiAnswer, formula: str) -> str:
    as_formula = f"{data(answer.label, 60)} = {data(formula, 120)}" if formula else data(answer.label, 60)
    if answer.numerator is None or answer.denominator is None:
        return as_formula
    top, bottom = (_part(number) for number in (answer.numerator, answer.denominator))
    return f"{as_formula}: {data(top, 40)} ÷ {data(bottom, 40)}"


def _part(number: Decimal) -> str:
    """A part of a ratio, rounded as the figure itself is: to two decimals, whole where it is."""
    return format_value(number, "count")


def _no_data(answer: KpiAnswer, zone: ZoneInfo, follow_ups: Sequence[str]) -> Message:
    newest = (
        f"The newest complete day is {format_days(answer.newest_day, answer.newest_day)}."
        if answer.newest_day
        else "Nothing has been read yet: `countersign ingest` reads your files."
    )
    text = f"{_asked(answer)}\nNothing was found for these days. {newest}"
    blocks = (
        header(f"{clean(answer.label, 60)}: no data"),
        section(text),
        *_caveats(answer, told=newest),
        context(_source(answer, zone, "")),
        *prompts(follow_ups),
    )
    days = format_days(answer.first, answer.last)
    return Message(text=escaped(f"{clean(answer.label, 60)}, {days}: no data."), blocks=blocks)


def _spoken(answer: KpiAnswer) -> str:
    figure = _figure(answer) if answer.value is None else format_value(answer.value, answer.unit)
    marks = [*(["provisional"] if answer.provisional else []), *(["simulated"] if answer.simulated else [])]
    days = format_days(answer.first, answer.last)
    tail = f" ({', '.join(marks)})" if marks else ""
    return escaped(f"{clean(answer.label, 60)} {clean(figure, 60)}, {days}{tail}.")

"""Slack's own chart of an answer: bars over a few members, drawn by the reader's client, sharp and there at once.

It knows no target, no gap and no mark, so it serves only where the answer has none of them; else a picture is drawn.
"""

from agents.kpis.figures import format_days
from bot.slack.cards.blocks import Block
from bot.slack.cards.markup import clean, member, width
from storage.records.kpis import KpiAnswer, KpiRow

MOST_BARS = 8
"""Whose names a phone can still show under their bars; Slack takes twenty."""
_MOST_LABEL, _MOST_TITLE, _MOST_AXIS = 20, 50, 50
_TIME = frozenset({"day", "week"})


def native_chart(answer: KpiAnswer) -> Block | None:
    """A `data_visualization` block, for a message of its own or in one; None where a picture says more."""
    rows = answer.rows
    fits = 2 <= len(rows) <= MOST_BARS and all(row.value is not None for row in rows)
    if answer.by is None or answer.by in _TIME or _mixed(answer) or answer.target is not None or not fits:
        return None
    labels = [_label(row, answer) for row in rows]
    if len(set(labels)) < len(labels):
        return None  # names that are equal as far as they could be shown
    points = [{"label": label, "value": _number(row)} for label, row in zip(labels, rows, strict=True)]
    name = clean(answer.label, _MOST_LABEL)
    return {
        "type": "data_visualization",
        "block_id": "chart",
        "title": clean(f"{clean(answer.label, 24)}, {format_days(answer.first, answer.last)}", _MOST_TITLE),
        "chart": {
            "type": "bar",
            "series": [{"name": name, "data": points}],
            "axis_config": {"categories": labels, "y_label": clean(answer.unit, _MOST_AXIS)},
        },
    }


def _mixed(answer: KpiAnswer) -> bool:
    """Whether bars would stand for amounts of several currencies, whose lengths do not compare."""
    return answer.by == "currency" or answer.unit.partition("/")[0] == "currency"


def _label(row: KpiRow, answer: KpiAnswer) -> str:
    label = clean(member(row.label, answer.by or ""), _MOST_LABEL)
    assert width(label) <= _MOST_LABEL, "a label is cut to what Slack takes"
    return label


def _number(row: KpiRow) -> float:
    """A chart's points are JSON numbers; the exact figures stand in the table."""
    return round(float(row.value or 0), 4)

"""The card of a question that only a person can answer: the facts, one button an answer, and what came of it."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from bot.slack.buttons import ActionId
from bot.slack.cards.approvals_part import name_of
from bot.slack.cards.blocks import (
    Block,
    Message,
    actions,
    button,
    confirmation,
    context,
    header,
    section,
    table,
)
from bot.slack.cards.markup import bullets, clean, cut, data, escaped, moment, spelled
from bot.slack.cards.plan_card import SIMULATED
from bot.slack.data_buttons import AnswerRef
from storage.records.people import Person
from storage.records.questions import Option, Question, QuestionKind, QuestionState

_SHOWN_LINES = 12
_SHOWN_ROWS = 25
_SHOWN_COLUMNS = 6
_CELL = 60
_TABLE = 5_000
"""Characters in all cells together: Slack takes about 13,000 in one message."""
_STYLES = {"primary", "danger"}
_MARKS = {
    QuestionKind.SCHEMA: "🧬",
    QuestionKind.MAPPING: "🧩",
    QuestionKind.MERGE: "🔗",
    QuestionKind.CONFLICT: "⚔️",
}


def question_card(asked: Question, *, zone: ZoneInfo, people: Mapping[str, Person] | None = None) -> Message:
    """The card in the question's present state; `people` by id gives a name to who answered."""
    blocks = [
        # Named, so that the card desk knows the message again although an answered question has no buttons.
        header(f"{_MARKS.get(asked.kind, '❓')} {clean(spelled(asked.title), 130)}")
        | {"block_id": f"question.{asked.id}"},
        *([context(SIMULATED)] if asked.simulated else []),
        *([section(text)] if (text := bullets(asked.lines[:_SHOWN_LINES], most=2600, each=280)) else []),
        *_table(asked),
        section(_state(asked, zone, people or {})),
        *_answers(asked),
        context(f"{asked.id}  ·  asked {moment(asked.asked_at, zone)}"),
    ]
    return Message(text=_spoken(asked), blocks=tuple(blocks))


def question_line(asked: Question) -> str:
    """One line for lists."""
    return f"❓ *{asked.id}* · {data(spelled(asked.title), 140)}"


def _table(asked: Question) -> list[Block]:
    rows = [[clean(cell, _CELL, empty="–") for cell in row[:_SHOWN_COLUMNS]] for row in asked.table]
    if len(rows) < 2 or not rows[0]:
        return []
    width = len(rows[0])
    shown: list[list[str]] = []
    room = _TABLE
    for row in rows[1 : _SHOWN_ROWS + 1]:
        room -= sum(map(len, row)) + 40 * width  # what Slack counts is the JSON, not the words alone
        if room < 0:
            break
        shown.append([*row, *["–"] * width][:width])
    hidden = len(rows) - 1 - len(shown)
    more = [context(f"…and {hidden:,} more rows, in `countersign questions`")] if hidden else []
    return [table(rows[0], shown, numbers_from=width), *more] if shown else more


def _state(asked: Question, zone: ZoneInfo, people: Mapping[str, Person]) -> str:
    match asked.state:
        case QuestionState.OPEN:
            return f"*If nobody answers*: {data(asked.if_nobody_answers, 300)}"
        case QuestionState.WITHDRAWN:
            return f"*No longer asked.* {data(asked.outcome, 600, empty='')}"
        case QuestionState.ANSWERED:
            chosen = next((one.label for one in asked.options if one.id == asked.answer), asked.answer or "")
            when = f", {moment(asked.answered_at, zone)}" if asked.answered_at else ""
            who = name_of(people, asked.answered_by or "")
            outcome = f"\n{data(asked.outcome, 600)}" if asked.outcome else ""
            return f"✅ *{data(chosen, 80)}*: answered by {who}{when}{outcome}"


def _answers(asked: Question) -> list[Block]:
    if asked.state is not QuestionState.OPEN:
        return []
    elements = [_button(asked, one, index) for index, one in enumerate(asked.options[:25])]
    # A new id with each version: what is pressed belongs to what was shown.
    return [actions(f"question.{asked.id}.{asked.version}", elements)] if elements else []


def _button(asked: Question, one: Option, index: int) -> Block:
    label = clean(one.label, 70)
    return button(
        label,
        f"{ActionId.QUESTION_ANSWER}.{index}",
        AnswerRef(asked.id, asked.version, one.id).encode(),
        style=one.style if one.style in _STYLES else "",
        confirm=confirmation(label, clean(one.confirm, 290), clean(one.label, 28), "Back") if one.confirm else None,
        spoken=clean(f"{asked.id}: {one.label}", 70),
    )


def _spoken(asked: Question) -> str:
    title = escaped(clean(spelled(asked.title), 150))
    match asked.state:
        case QuestionState.OPEN:
            return f"Question {asked.id}: {title}."
        case QuestionState.WITHDRAWN:
            return f"Question {asked.id} is no longer asked: {title}."
        case QuestionState.ANSWERED:
            chosen = next((one.label for one in asked.options if one.id == asked.answer), asked.answer or "")
            return f"Question {asked.id} was answered with {escaped(clean(cut(chosen, 60), 60))}: {title}."

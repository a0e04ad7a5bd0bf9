"""Dialogs between people: hand a plan over, ask a question about it, let somebody decide in one's place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.slack.buttons import CallbackId
from bot.slack.cards.blocks import (
    View,
    chosen_day,
    chosen_person,
    datepicker,
    input_block,
    modal,
    section,
    text_input,
    too_long,
    users_select,
    written,
)
from bot.slack.cards.markup import data, spelled
from bot.slack.cards.plan_card import reference
from storage.records.plans import Plan

MOST_WORDS = 500
LONGEST_DELEGATION = timedelta(days=92)
"""A quarter: whoever is away for longer needs another role, not a stand-in."""
_PERSON = "person"
_WORDS = "words"
_FROM = "from"
_TO = "to"
_INPUT = "held"


@dataclass(frozen=True)
class HandOverForm:
    """To whom, by Slack id, and with which words; with `errors` (by block id) the dialog stays open."""

    slack_id: str
    words: str
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class QuestionForm:
    """What was asked; with `errors` (by block id) the dialog stays open."""

    text: str
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DelegateForm:
    """Who decides instead, by Slack id, from when to when; with `errors` (by block id) the dialog stays open."""

    slack_id: str
    starts_at: datetime
    ends_at: datetime
    errors: dict[str, str] = field(default_factory=dict)


def hand_over_view(plan: Plan) -> View:
    told = f"{_title(plan)}\nThey get a message. Whether they may approve is still for the rules to say."
    person = input_block(_PERSON, "To whom?", users_select("Choose a person", _INPUT))
    words = text_input(_INPUT, "Such as: you know this campaign better than I do", most=MOST_WORDS)
    blocks = [section(told), person, input_block(_WORDS, "A word to them", words, optional=True)]
    metadata = reference(plan).encode()
    return modal("Hand over", CallbackId.PLAN_HAND_OVER, blocks, metadata=metadata, submit="Hand over", close="Back")


def read_hand_over(values: Mapping[str, Any]) -> HandOverForm:
    """From `view["state"]["values"]`."""
    slack_id, words = chosen_person(values, _PERSON, _INPUT), written(values, _WORDS, _INPUT)
    errors = {} if slack_id else {_PERSON: "Choose a person."}
    return HandOverForm(slack_id, words, errors | too_long(words, MOST_WORDS, _WORDS))


def question_view(plan: Plan) -> View:
    told = f"{_title(plan)}\nIt stands under the card, where everybody can answer. The plan keeps waiting meanwhile."
    words = text_input(_INPUT, "Such as: why not paid social?", most=MOST_WORDS) | {"focus_on_load": True}
    blocks = [section(told), input_block(_WORDS, "Your question", words)]
    return modal("Ask", CallbackId.PLAN_ASK, blocks, metadata=reference(plan).encode(), submit="Ask", close="Back")


def read_question(values: Mapping[str, Any]) -> QuestionForm:
    """From `view["state"]["values"]`; spaces alone are no question."""
    text = written(values, _WORDS, _INPUT)
    return QuestionForm(text, too_long(text, MOST_WORDS, _WORDS) if text else {_WORDS: "Write a question."})


def delegate_view(*, today: date) -> View:
    """`today` in the zone of whoever delegates; a week is offered."""
    told = (
        "🌴 While you are away somebody decides in your place, with your roles, and signs with their own name. "
        "They can never approve what you ask for yourself, and cannot pass it on."
    )
    blocks = [
        section(told),
        input_block(_PERSON, "Who decides?", users_select("Choose a person", _INPUT)),
        input_block(_FROM, "From the morning of", datepicker(_INPUT, today)),
        input_block(_TO, "To the evening of", datepicker(_INPUT, today + timedelta(days=6))),
    ]
    return modal("Delegate", CallbackId.DELEGATE, blocks, submit="Delegate", close="Cancel")


def read_delegate(values: Mapping[str, Any], *, now: datetime, zone: ZoneInfo) -> DelegateForm:
    """From `view["state"]["values"]`; whole days in that zone, the first from now on if it is today."""
    errors = {} if (slack_id := chosen_person(values, _PERSON, _INPUT)) else {_PERSON: "Choose a person."}
    today = now.astimezone(zone).date()
    first, last = chosen_day(values, _FROM, _INPUT), chosen_day(values, _TO, _INPUT)
    if first is None:
        errors[_FROM] = "Choose a day."
    if last is None:
        errors[_TO] = "Choose a day."
    elif last < today:
        errors[_TO] = "This day is over."
    elif first is not None and last < first:
        errors[_TO] = "This is before the first day."
    elif first is not None and last - first > LONGEST_DELEGATION:
        errors[_TO] = f"At most {LONGEST_DELEGATION.days} days; an admin can change roles instead."
    starts_at, ends_at = _midnight(first or today, zone), _midnight((last or today) + timedelta(days=1), zone)
    return DelegateForm(slack_id, max(starts_at, now), ends_at, errors)


def _title(plan: Plan) -> str:
    return f"*{data(plan.id, 30)}* · {data(spelled(plan.title), 120)}"


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(ZoneInfo("UTC"))

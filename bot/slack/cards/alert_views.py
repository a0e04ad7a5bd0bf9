"""Dialogs about an alert: all that is suspected, and the forms to hand it on, put it aside, or call it normal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from bot.slack.buttons import AlertRef, CallbackId
from bot.slack.cards.alert_card import CERTAIN
from bot.slack.cards.blocks import (
    MOST_OPTIONS,
    Block,
    View,
    chosen,
    chosen_day,
    chosen_person,
    datepicker,
    input_block,
    modal,
    option,
    section,
    select,
    text_input,
    too_long,
    users_select,
    written,
)
from bot.slack.cards.markup import clean, data, spelled, within, words
from storage.records.alerts import Alert, Candidate
from storage.records.people import Person

MOST_WORDS = 500
_PERSON = "person"
_WORDS = "words"
_DAY = "day"
_INPUT = "held"
_MOST_SECTION = 2800


@dataclass(frozen=True)
class AssignForm:
    """To whom, by Slack id, and with which words; with `errors` (by block id) the dialog stays open."""

    slack_id: str
    words: str
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WordsForm:
    """What was written; with `errors` (by block id) the dialog stays open."""

    words: str
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DayForm:
    """The day that was chosen, and why; with `errors` (by block id) the dialog stays open."""

    day: date
    words: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def suspects_view(alert: Alert, *, links: Mapping[str, str], picture: Block | None = None) -> View:
    """Everything that may be behind it, likeliest first, with what speaks for and against it.

    `links` leads from a plan's id to its card; `picture` shows what hangs together with the likeliest.
    """
    found = alert.finding.candidates
    blocks = [section(f"{_title(alert)}\n*Cause*: {data(spelled(alert.finding.cause), 300, empty='not known yet')}")]
    blocks += [section(_candidate(number, one, links)) for number, one in enumerate(found[:10], start=1)]
    if not found and alert.finding.suspect_plan:
        plan_id = alert.finding.suspect_plan
        blocks.append(
            section(f"*1. {_linked(plan_id, links)}* changed this shortly before: possible, no more is known.")
        )
    if picture is not None:
        blocks.append(picture)
    rule = "That two things happen together does not make one the cause of the other: only an experiment shows that."
    return modal("Suspects", CallbackId.ALERT_SUSPECTS, [*blocks, section(f"_{rule}_")])


def assign_view(alert: Alert, *, takers: Sequence[Person] = ()) -> View:
    """`takers` may take cases; anybody can be chosen where they are unknown or too many to list, and is judged then."""
    told = f"{_title(alert)}\nThey get a message, and the card says for whom it waits."
    word = text_input(_INPUT, "Such as: you know this campaign better than I do", most=MOST_WORDS)
    listed = [option(clean(one.name, 70), one.slack_id) for one in takers if one.slack_id]
    one_of = (
        select("Choose a person", _INPUT, listed)
        if 0 < len(listed) <= MOST_OPTIONS
        else users_select("Choose a person", _INPUT)
    )
    blocks = [
        section(told),
        input_block(_PERSON, "Who takes it?", one_of),
        input_block(_WORDS, "A word to them", word, optional=True),
    ]
    return _form("Assign", CallbackId.ALERT_ASSIGN, alert, blocks, submit="Assign")


def read_assign(values: Mapping[str, Any]) -> AssignForm:
    """From `view["state"]["values"]`."""
    slack_id = chosen(values, _PERSON, _INPUT) or chosen_person(values, _PERSON, _INPUT)
    told = written(values, _WORDS, _INPUT)
    return AssignForm(
        slack_id, told, ({} if slack_id else {_PERSON: "Choose a person."}) | too_long(told, MOST_WORDS, _WORDS)
    )


def snooze_view(alert: Alert, *, today: date) -> View:
    """`today` is the team's; a week is offered."""
    told = f"{_title(alert)}\nIt is quiet until work starts on that day. If it gets worse, it speaks up at once."
    blocks = [section(told), input_block(_DAY, "Until", datepicker(_INPUT, today + timedelta(days=7)))]
    return _form("Snooze", CallbackId.ALERT_SNOOZE, alert, blocks, submit="Snooze")


def read_snooze(values: Mapping[str, Any], *, today: date) -> DayForm:
    """From `view["state"]["values"]`."""
    chosen = chosen_day(values, _DAY, _INPUT)
    if chosen is None:
        return DayForm(today, errors={_DAY: "Choose a day."})
    return DayForm(chosen, errors={} if chosen > today else {_DAY: "Choose a day that is still to come."})


def expect_view(alert: Alert, *, parts: int = 0) -> View:
    """`parts`: how many cases it explains, which are learnt with it."""
    more = f" The {parts:,} cases that it explains are learnt with it." if parts else ""
    told = (
        f"{_title(alert)}\n✅ The level that was found counts as *normal from its first day on*, and the case is "
        f"closed. If it leaves that level again, that is a new case.{more}"
    )
    return _form("Expected", CallbackId.ALERT_EXPECT, alert, [section(told), _why()], submit="Learn it")


def rebaseline_view(alert: Alert, *, first: date) -> View:
    """`first` is offered as the first day of the new normal."""
    told = (
        f"{_title(alert)}\n🔁 Days before the one you choose no longer say what is normal. For *two weeks* after it "
        "nothing is said of this at all: so long it takes to know it afresh."
    )
    blocks = [section(told), input_block(_DAY, "First day that counts", datepicker(_INPUT, first)), _why()]
    return _form("Learn afresh", CallbackId.ALERT_REBASELINE, alert, blocks, submit="Learn afresh")


def read_reason(values: Mapping[str, Any]) -> WordsForm:
    """Why it is normal, from `view["state"]["values"]`."""
    told = written(values, _WORDS, _INPUT)
    return WordsForm(
        told,
        too_long(told, MOST_WORDS, _WORDS) if told else {_WORDS: "Please say why: everybody reads it, and it is kept."},
    )


def read_rebaseline(values: Mapping[str, Any]) -> DayForm:
    """From `view["state"]["values"]`."""
    reason, chosen = read_reason(values), chosen_day(values, _DAY, _INPUT)
    if chosen is None:
        return DayForm(date.min, reason.words, {**reason.errors, _DAY: "Choose a day."})
    return DayForm(chosen, reason.words, reason.errors)


def escalate_view(alert: Alert) -> View:
    told = f"{_title(alert)}\n⏫ Those on the next rung of the ladder get a message, also if they wanted quiet."
    word = text_input(_INPUT, "Such as: I cannot say whether we should stop this campaign", most=MOST_WORDS)
    blocks = [section(told), input_block(_WORDS, "A word to them", word, optional=True)]
    return _form("Escalate", CallbackId.ALERT_ESCALATE, alert, blocks, submit="Escalate")


def read_words(values: Mapping[str, Any]) -> WordsForm:
    """Words that may be left out, from `view["state"]["values"]`."""
    told = written(values, _WORDS, _INPUT)
    return WordsForm(told, too_long(told, MOST_WORDS, _WORDS))


def _candidate(number: int, one: Candidate, links: Mapping[str, str]) -> str:
    ref = f" · {_linked(one.ref, links)}" if one.ref else ""
    lines = [f"*{number}. {data(words(one.kind), 40)}*{ref} · {CERTAIN[one.certainty]}", data(spelled(one.words), 400)]
    lines += [f"➕ {data(spelled(text), 250)}" for text in one.speaks_for[:4]]
    lines += [f"➖ {data(spelled(text), 250)}" for text in one.speaks_against[:4]]
    return within(lines, _MOST_SECTION)


def _linked(ref: str, links: Mapping[str, str]) -> str:
    """The plan or thing by name, as a link where there is a card of it."""
    shown = data(ref, 80)
    return f"<{links[ref]}|{shown}>" if ref in links else shown


def _form(title: str, callback_id: str, alert: Alert, blocks: Sequence[Block], *, submit: str) -> View:
    metadata = AlertRef(alert.id).encode()
    return modal(title, callback_id, blocks, metadata=metadata, submit=submit, close="Back")


def _why() -> Block:
    element = text_input(_INPUT, "Such as: the winter sale began on this day", most=MOST_WORDS)
    return input_block(_WORDS, "Why?", element)


def _title(alert: Alert) -> str:
    return f"*{data(alert.id, 30)}* · {data(spelled(alert.finding.title), 150)}"

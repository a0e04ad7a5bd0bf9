"""The dialog of a review: how far the case has come, and the form for the one step that is next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from agents.lifecycle.cases.examine import KINDS, can_recalibrate
from bot.slack.buttons import AlertRef, CallbackId
from bot.slack.cards.blocks import (
    Block,
    View,
    chosen,
    input_block,
    modal,
    option,
    radio_buttons,
    section,
    select,
    text_input,
    too_long,
    written,
)
from bot.slack.cards.markup import clean, data, moment, spelled, within, words
from bot.slack.cards.review_line import review_line
from storage.records.alerts import Alert
from storage.records.people import Person
from storage.records.reviews import NOISE, Remedy, Review, ReviewState

MOST_WORDS = 500
REMEDIES = {
    Remedy.ROLL_BACK: "Roll back the plan that is behind it",
    Remedy.RECALIBRATE: "Recalibrate: other settings, which a second person agrees to",
    Remedy.ACCEPT: "Accept: it is the new normal from now on",
}
_CAUSE = "cause"
_REMEDY = "remedy"
_WORDS = "words"
_INPUT = "held"
_MOST_STEPS = 8
_MOST_SECTION = 2800


@dataclass(frozen=True)
class ReviewForm:
    """What was chosen and written; with `errors` (by block id) the dialog stays open."""

    chosen: str
    words: str
    errors: dict[str, str] = field(default_factory=dict)


def review_view(review: Review, alert: Alert, *, people: Mapping[str, Person], zone: ZoneInfo, now: datetime) -> View:
    """The walk so far, and what is asked next; nothing to submit once it is over."""
    shown = [
        section(f"*{data(alert.id, 30)}* · {data(spelled(alert.finding.title), 150)}"),
        section(_walk(review, people, zone)),
    ]
    if review.is_over:
        return modal("Review", CallbackId.REVIEW_DIAGNOSE, shown)
    shown.append(section(review_line(review, zone=zone, now=now)))
    match review.state:
        case ReviewState.DIAGNOSED:
            able = {Remedy.ROLL_BACK: _has_plan(review, alert), Remedy.RECALIBRATE: can_recalibrate(review, alert)}
            offered = [one for one in REMEDIES if able.get(one, True)]
            what = radio_buttons(_INPUT, [option(REMEDIES[one], one.value) for one in offered])
            blocks = [input_block(_REMEDY, "What is done about it?", what), _why("Why this?")]
            return _form(CallbackId.REVIEW_ACT, alert, [*shown, *blocks], submit="Do it")
        case ReviewState.ACTED:
            told = section("_The data end it by themselves. Somebody else than who acted can say so before that._")
            return _form(
                CallbackId.REVIEW_VERIFY, alert, [*shown, told, _why("What shows that it helped?")], submit="Verify"
            )
        case _:
            cause = select("Choose a cause", _INPUT, _causes(alert))
            found = _why("What did you find?", optional=True)
            blocks = [input_block(_CAUSE, "What is behind it?", cause), found]
            return _form(CallbackId.REVIEW_DIAGNOSE, alert, [*shown, *blocks], submit="Diagnose")


def read_diagnosis(values: Mapping[str, Any]) -> ReviewForm:
    """From `view["state"]["values"]`; whether there is such a cause the use case says."""
    cause, told = chosen(values, _CAUSE, _INPUT), written(values, _WORDS, _INPUT)
    missing = {} if cause.isdigit() or cause in KINDS else {_CAUSE: "Choose what is behind it."}
    return ReviewForm(cause, told, missing | too_long(told, MOST_WORDS, _WORDS))


def read_remedy(values: Mapping[str, Any]) -> ReviewForm:
    """From `view["state"]["values"]`."""
    remedy, told = chosen(values, _REMEDY, _INPUT), written(values, _WORDS, _INPUT)
    missing = {} if remedy in set(Remedy) else {_REMEDY: "Choose what is done about it."}
    return ReviewForm(remedy, told, missing | _required(told))


def read_verification(values: Mapping[str, Any]) -> ReviewForm:
    """From `view["state"]["values"]`."""
    told = written(values, _WORDS, _INPUT)
    return ReviewForm("", told, _required(told))


def _walk(review: Review, people: Mapping[str, Person], zone: ZoneInfo) -> str:
    lines = [
        f"*{words(one.state)}* · {moment(one.at, zone)} · {_who(one.by, people)}: {data(spelled(one.words), 300)}"
        for one in review.steps[-_MOST_STEPS:]
    ]
    owner = f"\n👤 {_who(review.owner, people)} answers for it" if review.owner else ""
    return within(lines, _MOST_SECTION) + owner


def _causes(alert: Alert) -> list[Block]:
    named = [
        option(f"{number}. {clean(spelled(one.words), 65)}", str(number))
        for number, one in enumerate(alert.finding.candidates[:20], start=1)
    ]
    others = [option("Nothing was wrong" if kind == NOISE else f"Something else: {kind}", kind) for kind in KINDS]
    return [*named, *others]


def _has_plan(review: Review, alert: Alert) -> bool:
    ref = review.diagnosis.ref if review.diagnosis else None
    return alert.finding.suspect_plan is not None or (ref or "").startswith("PLAN-")


def _form(callback_id: str, alert: Alert, blocks: Sequence[Block], *, submit: str) -> View:
    return modal("Review", callback_id, blocks, metadata=AlertRef(alert.id).encode(), submit=submit, close="Back")


def _why(label: str, *, optional: bool = False) -> Block:
    element = text_input(_INPUT, "Whoever looks at it later reads this", most=MOST_WORDS)
    return input_block(_WORDS, label, element, optional=optional)


def _who(person_id: str | None, people: Mapping[str, Person]) -> str:
    person = people.get(person_id or "")
    return data(person.name, 40) if person else "by itself"


def _required(told: str) -> dict[str, str]:
    return too_long(told, MOST_WORDS, _WORDS) if told else {_WORDS: "Please write it down: it is kept with the case."}

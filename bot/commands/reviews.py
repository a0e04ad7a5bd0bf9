"""`countersign reviews`: the walk of a case from open to verified."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agents.lifecycle.cases.examine import Examined
from agents.lifecycle.decide import Declined
from agents.lifecycle.walk import NEXT
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.commands.who import who
from bot.commands.work_off import work_off
from bot.opening import open_office
from bot.settings import Settings
from bot.slack.cards.markup import member, plain_moment, spelled, words
from storage.records.reviews import Review


async def reviews_list(*, over: bool, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        found, zone = await office.examiner.reviews(over=over), await office.zone()
    lines = [_line(one, zone) for one in found]
    document = {"reviews": [as_document(one) for one in found]}
    say(document, as_json=json, text="\n".join(lines) or "No case is under review.")


async def reviews_show(*, alert: str, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        found, zone = await office.examiner.review(alert.upper()), await office.zone()
    if found is None:
        raise BadInput(f"there is no review of {alert}: countersign reviews list --all says which there are")
    steps = [f"  {plain_moment(one.at, zone)} {one.state.value}, {one.by}: {spelled(one.words)}" for one in found.steps]
    automatic = [f"By itself: {spelled(found.automatic.words)}"] if found.automatic else []
    say(as_document(found), as_json=json, text="\n".join([_line(found, zone), *automatic, *steps]))


async def reviews_diagnose(*, alert: str, cause: str, words: str, person: str, home: Path, json: bool) -> int | None:
    async with open_office(Settings(home=home)) as office:
        speaker = await who(office, person)
        result = await office.examiner.diagnose(alert.upper(), speaker, cause=cause, words=words, via="cli")
    return _told(result, json=json)


async def reviews_act(*, alert: str, remedy: str, why: str, person: str, home: Path, json: bool) -> int | None:
    settings = Settings(home=home)
    async with open_office(settings) as office:
        speaker = await who(office, person)
        result = await office.examiner.act(alert.upper(), speaker, remedy.replace("-", "_"), why=why, via="cli")
        if isinstance(result, Examined):
            await work_off(office, settings)
    return _told(result, json=json)


async def reviews_verify(*, alert: str, words: str, person: str, home: Path, json: bool) -> int | None:
    settings = Settings(home=home)
    async with open_office(settings) as office:
        speaker = await who(office, person)
        result = await office.examiner.verify(alert.upper(), speaker, words=words, via="cli")
        if isinstance(result, Examined):
            # What the case held by itself is let go with it.
            await office.pursuit.keep_up()
            await work_off(office, settings)
    return _told(result, json=json)


def as_document(review: Review) -> dict[str, Any]:
    """As JSON; `next` says what it waits for, empty once it is over."""
    return {**review.model_dump(mode="json"), "next": "" if review.is_over else NEXT[review.state]}


def _told(result: Examined | Declined, *, json: bool) -> int | None:
    accepted = isinstance(result, Examined)
    review = as_document(result.review) if isinstance(result, Examined) else None
    say({"accepted": accepted, "words": result.words, "review": review}, as_json=json, text=result.words)
    return None if accepted else NEGATIVE


def _line(one: Review, zone: ZoneInfo) -> str:
    due = f", due {plain_moment(one.due_at, zone)}" if one.due_at and not one.is_over else ""
    waits = "" if one.is_over else f"; waits until {NEXT[one.state]}{due}"
    what = f"{one.severity.value}, {words(one.kpi)} of {member(one.entity)}"
    return f"{one.alert_id} {one.state.value} ({what}), {one.owner or 'nobody'} answers for it{waits}"

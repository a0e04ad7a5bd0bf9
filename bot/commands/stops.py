"""Stopping and emergencies on the command line: freeze, thaw, break glass, review it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agents.lifecycle.decide import Declined
from agents.lifecycle.people.break_glass import Broken
from agents.lifecycle.people.freeze import Stopped, what_of
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.commands.who import names_of, who
from bot.commands.work_off import work_off
from bot.opening import open_office
from bot.settings import Settings
from bot.slack.cards.markup import plain_moment, spelled
from storage.records.stops import FreezeScope, Glass


async def freeze(*, scope: str, name: str | None, reason: str, person: str, home: Path, json: bool) -> int | None:
    try:
        wanted = FreezeScope(scope.lower())
    except ValueError:
        raise BadInput(f"{scope!r} cannot be frozen: choose {', '.join(FreezeScope)}") from None
    if (wanted is FreezeScope.ALL) != (name is None):
        raise BadInput(f"freeze all takes no name, freeze {FreezeScope.CHANNEL} and the like take one: which?")
    async with open_office(Settings(home=home)) as office:
        asker = await who(office, person)
        result = await office.freezer.freeze(wanted, name or "", asker, reason=reason, via="cli")
    return _stopped(result, json=json)


async def thaw(*, freeze: str, person: str, home: Path, json: bool) -> int | None:
    settings = Settings(home=home)
    wanted = None if freeze.lower() == "all" else _numbered("FREEZE", freeze)
    async with open_office(settings) as office:
        result = await office.freezer.thaw(wanted, await who(office, person), via="cli")
        if isinstance(result, Stopped):
            await work_off(office, settings)
    return _stopped(result, json=json)


async def freezes(*, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        held, glasses = await office.freezer.in_force(), await office.emergency.open()
        zone, names = await office.zone(), await names_of(office)
    document = {
        "freezes": [one.model_dump(mode="json") for one in held],
        "broken_glass": [one.model_dump(mode="json") for one in glasses],
    }
    lines = [
        f"{one.id}: {spelled(what_of(one))} frozen by {names.get(one.frozen_by, one.frozen_by)} since"
        f" {plain_moment(one.at, zone)}: {one.reason}"
        for one in held
    ]
    lines += [_glass_text(one, names, zone) for one in glasses]
    say(document, as_json=json, text="\n".join(lines) or "Nothing is frozen, and no glass is broken.")


async def break_glass(*, reason: str, person: str, home: Path, json: bool) -> int | None:
    async with open_office(Settings(home=home)) as office:
        result = await office.emergency.break_glass(await who(office, person), reason=reason, via="cli")
    return _broken(result, json=json)


async def review_glass(
    *, glass: str, words: str | None, wrong: bool, person: str, home: Path, json: bool
) -> int | None:
    if wrong and not words:
        raise BadInput("--wrong needs --words: what was wrong")
    async with open_office(Settings(home=home)) as office:
        reviewer = await who(office, person)
        result = await office.emergency.review(
            _numbered("GLASS", glass), reviewer, words=words or "", fine=not wrong, via="cli"
        )
    return _broken(result, json=json)


def _numbered(kind: str, text: str) -> str:
    """FREEZE-3 from `FREEZE-3`, `freeze-3` or `3`."""
    number = text.upper().removeprefix(f"{kind}-")
    if not number.isdecimal() or number.startswith("0"):
        raise BadInput(f"{text!r} is none: write it as {kind}-3; countersign freezes lists them")
    return f"{kind}-{number}"


def _stopped(result: Stopped | Declined, *, json: bool) -> int | None:
    more = {} if isinstance(result, Declined) else {"freezes": [one.model_dump(mode="json") for one in result.freezes]}
    return _told(result, more, json=json)


def _broken(result: Broken | Declined, *, json: bool) -> int | None:
    more = {} if isinstance(result, Declined) else {"glass": result.glass.model_dump(mode="json")}
    return _told(result, more, json=json)


def _told(result: Stopped | Broken | Declined, more: dict[str, Any], *, json: bool) -> int | None:
    accepted = not isinstance(result, Declined)
    say({"accepted": accepted, "words": result.words, **more}, as_json=json, text=spelled(result.words))
    return None if accepted else NEGATIVE


def _glass_text(one: Glass, names: Mapping[str, str], zone: ZoneInfo) -> str:
    how = "closed, to be reviewed" if one.closed_at else f"in force until {plain_moment(one.until, zone)}"
    who_broke = names.get(one.person_id, one.person_id)
    return f"{one.id}: broken by {who_broke} on {plain_moment(one.broken_at, zone)}, {how}: {one.reason}"

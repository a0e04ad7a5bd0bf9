"""`countersign models`: what decisions are made with, which version is used, and asking for another one."""

import asyncio
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agents.lifecycle.decide import Declined
from bot.commands.questions import as_document
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.commands.who import who
from bot.opening import open_office
from bot.settings import Settings
from bot.slack.cards.markup import plain_moment
from storage.records.models import ModelVersion, StageEvent
from storage.records.questions import Question

_MOST_BYTES = 1 << 20


async def models_list(*, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office, office.ledger.read() as tx:
        known = {one.name: await tx.models.in_production(one.name) for one in await tx.models.versions()}
        counts = {name: len(await tx.models.versions(name)) for name in known}
    listed = [{**_document(one), "versions": counts[name]} for name, one in sorted(known.items()) if one is not None]
    lines = [f"{one['name']} {one['version']} of {one['versions']} ({one['kind']}): {one['about']}" for one in listed]
    say({"models": listed}, as_json=json, text="\n".join(lines))


async def models_show(*, name: str, version: int | None, home: Path, json: bool) -> None:
    """One version with its content, and everything that happened to it and used it."""
    async with open_office(Settings(home=home)) as office, office.ledger.read() as tx:
        zone = await office.zone()
        moves = await tx.models.moves(name)
        model = await (tx.models.in_production(name) if version is None else tx.models.get(name, version))
        if model is None:
            raise BadInput(f"there is no {name} {version or ''} here: countersign models list says what there is")
        used_by = [step.id for step in await tx.lineage.descendants(model.id)]
        taken = [one for one in await tx.evaluations.newest() if one.model == model.id]
    document = {
        **_document(model),
        "evaluations": {**model.evaluations, **{one.measure.value: one.words for one in taken}},
        "content": model.content,
        "moves": [one.model_dump(mode="json") for one in moves],
        "used_by": sorted(set(used_by)),
    }
    told = [f"{one.measure.value.replace('_', ' ')}: {one.words}" for one in taken]
    text = "\n".join(
        [f"{name} {model.version}, {model.about}", model.content.rstrip(), *told, *(_moved(one, zone) for one in moves)]
    )
    say(document, as_json=json, text=f"{text}\nUsed by: {', '.join(document['used_by'][:20]) or 'nothing yet'}")


async def models_register(*, name: str, file: Path, person: str, about: str, home: Path, json: bool) -> int | None:
    content = await asyncio.to_thread(_read, file)
    async with open_office(Settings(home=home)) as office:
        result = await office.promoter.register(name, content, await who(office, person), about=about, via="cli")
    if isinstance(result, Declined):
        return _declined(result, json=json)
    words = f"{name} {result.model.version} is registered" if result.new else f"that is version {result.model.version}"
    hint = f"use it with: countersign models promote {name} {result.model.version} --as {person}"
    say({"accepted": True, "new": result.new, **_document(result.model)}, as_json=json, text=f"{words}; {hint}")
    return None


async def models_promote(*, name: str, version: int, person: str, home: Path, json: bool) -> int | None:
    async with open_office(Settings(home=home)) as office:
        asked = await office.promoter.propose(name, version, await who(office, person), via="cli")
    return _asked(asked, json=json)


async def models_rollback(*, name: str, person: str, home: Path, json: bool) -> int | None:
    async with open_office(Settings(home=home)) as office:
        asked = await office.promoter.rollback(name, await who(office, person), via="cli")
    return _asked(asked, json=json)


def _read(file: Path) -> str:
    if file.stat().st_size > _MOST_BYTES:
        raise BadInput(f"{file} has more than {_MOST_BYTES:,} bytes: settings are smaller")
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{file} is no text: write the settings as JSON") from error


def _asked(asked: Question | Declined, *, json: bool) -> int | None:
    if isinstance(asked, Declined):
        return _declined(asked, json=json)
    words = f"{asked.id}: {asked.title} Somebody else answers: countersign answer {asked.id} approve --as THEM"
    say({"accepted": True, "words": words, "question": as_document(asked)}, as_json=json, text=words)
    return None


def _declined(declined: Declined, *, json: bool) -> int:
    say({"accepted": False, "words": declined.words, "question": None}, as_json=json, text=declined.words)
    return NEGATIVE


def _document(model: ModelVersion) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude={"content"})


def _moved(event: StageEvent, zone: ZoneInfo) -> str:
    agreed = f", agreed by {event.approved_by}" if event.approved_by else ""
    return f"{plain_moment(event.at, zone)}: version {event.version} {event.stage.value}, by {event.by}{agreed}"

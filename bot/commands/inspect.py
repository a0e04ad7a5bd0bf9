"""Looking after a home: is it sound, bring it up to date, copy it."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

from agents.lifecycle.rules.enact import RulesUntrusted
from agents.lifecycle.rules.texts import TextUnreadable
from bot.commands.owners import owners_check
from bot.commands.policy import problems_on_disk
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from bot.staff import load_people
from bot.wiring import SKILLS
from storage.database import copy_database
from storage.lake.reach import LakeUnreachable
from storage.lake.store import DATASETS
from storage.migrations.runner import current, revisions, upgrade


async def check(*, home: Path, json: bool) -> int | None:
    settings = Settings(home=home)
    if not settings.database.exists():
        raise BadInput(f"there is no database in {home}; countersign up makes one")
    findings = [await asyncio.to_thread(_schema, settings), _people(settings)]
    async with open_office(settings) as office:
        findings += [await _rules(office), await _drafts(office), owners_check(await office.owners.list())]
        findings += [await _trail(office), await _lake(office)]
    ok = all(one["ok"] for one in findings)
    lines = [f"{'ok  ' if one['ok'] else 'BAD '} {one['what']}: {one['words']}" for one in findings]
    say({"ok": ok, "checks": findings}, as_json=json, text="\n".join(lines))
    return None if ok else NEGATIVE


async def migrate(*, home: Path, json: bool) -> None:
    settings = Settings(home=home)
    home.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - nothing else runs yet
    before = await asyncio.to_thread(current, settings.database) if settings.database.exists() else None
    await asyncio.to_thread(upgrade, settings.database)
    after = await asyncio.to_thread(current, settings.database)
    say({"from": before, "to": after}, as_json=json, text=f"Schema {before or 'none'} → {after}.")


async def backup(*, target: Path, home: Path, json: bool) -> None:
    settings = Settings(home=home)
    if not settings.database.exists():
        raise BadInput(f"there is no database in {home}, so there is nothing to copy")
    copied = await asyncio.to_thread(_copy, settings, target)
    text = f"Copied {', '.join(copied)} to {target}."
    if settings.lake_url is not None:
        text += f" The lake is not in the home: copy {settings.lake_url} yourself."
    say({"target": target, "copied": copied}, as_json=json, text=text)


async def agents_list(*, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        listed = [
            {"name": one.name, "version": one.version, "does": one.does, "may": sorted(SKILLS.get(one.name, ()))}
            for one in office.team
        ]
    text = "\n".join(
        f"{one['name']} {one['version']}: {one['does']}; may change: {', '.join(one['may'])}" for one in listed
    )
    say({"agents": listed}, as_json=json, text=text)


def _schema(settings: Settings) -> dict[str, Any]:
    at, newest = current(settings.database), revisions()[-1]
    return {"what": "database", "ok": at == newest, "words": f"schema {at}, newest {newest}"}


async def _rules(office: Office) -> dict[str, Any]:
    try:
        async with office.ledger.read() as tx:
            edition, rules = await office.rulebook.edition(tx), await office.rulebook.of(tx)
    except RulesUntrusted as error:
        return {"what": "rules", "ok": False, "words": str(error)}
    limits = f"caps for {', '.join(sorted(rules.limits.currencies))}" if rules.limits else "no caps: nothing is written"
    words = f"edition {edition.number} ({edition.because}), signed, {len(rules.policies)} policies, {limits}"
    return {"what": "rules", "ok": True, "words": words}


async def _drafts(office: Office) -> dict[str, Any]:
    """Files that nobody has approved are nothing bad, unless they could not judge if somebody did."""
    try:
        drafts = await office.drafts()
    except (RulesUntrusted, TextUnreadable) as error:
        return {"what": "drafts", "ok": False, "words": str(error)}
    problems = problems_on_disk(office.texts) if drafts else ()
    words = "; ".join([*(one.words for one in drafts), *problems]) or "none: the files are the rules in force"
    return {"what": "drafts", "ok": not problems, "words": words}


def _people(settings: Settings) -> dict[str, Any]:
    try:
        people = load_people(settings.people)
    except ValueError as error:
        return {"what": "people", "ok": False, "words": str(error)}
    approvers = [one.id for one in people if one.active and {"approver", "cmo"} & set(one.roles)]
    words = (
        f"{len(people)} people, {len(approvers)} may approve" if approvers else "nobody may approve: add an approver"
    )
    return {"what": "people", "ok": bool(approvers), "words": words}


async def _trail(office: Office) -> dict[str, Any]:
    async with office.ledger.read() as tx:
        found = await tx.audit.verify(keys=office.keyring.public_keys())
    words = f"{found.entries} entries" if found.ok else f"broken at entry {found.first_bad}: {found.problem}"
    return {"what": "audit trail", "ok": found.ok, "words": words}


async def _lake(office: Office) -> dict[str, Any]:
    async with office.ledger.read() as tx:
        loads = [*await tx.loads.known(simulated=False), *await tx.loads.known(simulated=True)]
    try:
        held = {name: version for name in DATASETS if (version := await office.lake.version(name)) is not None}
    except LakeUnreachable as error:
        return {"what": "lake", "ok": False, "words": str(error)}
    told = {(name, version) for load in loads for name, version in load.versions.items()}
    lost = sorted({name for name, version in told if held.get(name, -1) < version})
    if lost:
        words = f"{office.lake.uri} lacks loads of {', '.join(lost)} that this home knows of: it is another lake"
    else:
        words = f"{office.lake.uri}: {', '.join(held) or 'nothing yet'}"
    return {"what": "lake", "ok": not lost, "words": words}


def _copy(settings: Settings, target: Path) -> list[str]:
    if target.exists() and any(target.iterdir()):
        raise BadInput(f"{target} is not empty; name a new folder")
    target.mkdir(parents=True, exist_ok=True)
    copied = []
    for database in (settings.database, settings.market, settings.market_truth):
        if database.exists():
            copy_database(database, target / database.name)
            copied.append(database.name)
    for plain in (settings.people, settings.limits, settings.calendar):
        if plain.exists():
            shutil.copy2(plain, target / plain.name)
            copied.append(plain.name)
    # The lake is only ever added to, and the database copied before names just the loads that are whole. Without the
    # keys nobody could tell whether the rules and the trail in the copy are the ones that were signed.
    for folder in (settings.policies, settings.keys, settings.lake):
        if folder.exists():
            shutil.copytree(folder, target / folder.name)
            copied.append(folder.name)
    return copied

"""Looking after a home: is it sound, bring it up to date, copy it."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

from agents.governance.limits import load_limits
from agents.governance.limits_text import LimitsInvalid
from agents.governance.rules import load_rules
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.settings import Settings
from bot.staff import load_people
from bot.wiring import SKILLS, open_office
from storage.database import copy_database
from storage.migrations.runner import current, revisions, upgrade


async def check(*, home: Path, json: bool) -> int | None:
    settings = Settings(home=home)
    if not settings.database.exists():
        raise BadInput(f"there is no database in {home}; countersign up makes one")
    findings = [
        await asyncio.to_thread(_schema, settings),
        _limits(settings),
        _people(settings),
        await _trail(settings),
    ]
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
    say({"target": target, "copied": copied}, as_json=json, text=f"Copied {', '.join(copied)} to {target}.")


def policy_check(*, home: Path, json: bool) -> int | None:
    rules, limits = load_rules(), _limits(Settings(home=home))
    document = {
        "ok": limits["ok"],
        "version": rules.version,
        "policies": [one.id for one in rules.policies],
        "limits": limits["words"],
    }
    text = f"{len(rules.policies)} policies are sound (version {rules.version[:12]}). Limits: {limits['words']}."
    say(document, as_json=json, text=text)
    return None if limits["ok"] else NEGATIVE


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


def _limits(settings: Settings) -> dict[str, Any]:
    try:
        limits = load_limits(settings.limits)
    except LimitsInvalid as error:
        return {"what": "limits", "ok": False, "words": str(error)}
    words = f"caps set for {', '.join(sorted(limits.currencies))}" if limits else "no caps set, so nothing is written"
    return {"what": "limits", "ok": True, "words": words}


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


async def _trail(settings: Settings) -> dict[str, Any]:
    async with open_office(settings) as office, office.ledger.read() as tx:
        found = await tx.audit.verify()
    words = f"{found.entries} entries" if found.ok else f"broken at entry {found.first_bad}: {found.problem}"
    return {"what": "audit trail", "ok": found.ok, "words": words}


def _copy(settings: Settings, target: Path) -> list[str]:
    if target.exists() and any(target.iterdir()):
        raise BadInput(f"{target} is not empty; name a new folder")
    target.mkdir(parents=True, exist_ok=True)
    copied = []
    for database in (settings.database, settings.market, settings.market_truth):
        if database.exists():
            copy_database(database, target / database.name)
            copied.append(database.name)
    for plain in (settings.people, settings.limits):
        if plain.exists():
            shutil.copy2(plain, target / plain.name)
            copied.append(plain.name)
    if settings.lake.exists():
        # The lake is only ever added to, and the database copied before names just the loads that are whole.
        shutil.copytree(settings.lake, target / settings.lake.name)
        copied.append(settings.lake.name)
    return copied

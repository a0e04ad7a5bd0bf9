"""The audit trail on the command line."""

import json as jsonlib
import sys
from pathlib import Path

from bot.commands.shell import NEGATIVE, BadInput, say
from bot.settings import Settings
from bot.wiring import open_office


async def verify(*, home: Path, json: bool) -> int | None:
    async with open_office(Settings(home=home)) as office, office.ledger.read() as tx:
        found = await tx.audit.verify()
    text = (
        f"The trail is whole: {found.entries} entries."
        if found.ok
        else f"The trail is broken at entry {found.first_bad}: {found.problem}."
    )
    say(
        {"ok": found.ok, "entries": found.entries, "first_bad": found.first_bad, "problem": found.problem or None},
        as_json=json,
        text=text,
    )
    return None if found.ok else NEGATIVE


async def export(*, home: Path) -> None:
    async with open_office(Settings(home=home)) as office, office.ledger.read() as tx:
        async for entry in tx.audit.entries():
            line = {"seq": entry.seq, "prev_hash": entry.prev_hash, "hash": entry.hash, "body": entry.body}
            sys.stdout.write(jsonlib.dumps(line, ensure_ascii=False) + "\n")


async def why(*, subject: str, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office, office.ledger.read() as tx:
        steps, entries = await tx.lineage.ancestors(subject), await tx.audit.of(subject)
    if not steps and not entries:
        raise BadInput(f"nothing is recorded about {subject!r}; countersign plans lists the plans")
    document = {
        "subject": subject,
        "came_from": [step.model_dump() for step in steps],
        "entries": [
            {"seq": one.seq, "at": one.at, "actor": one.actor, "action": one.action, "facts": one.facts}
            for one in entries
        ],
    }
    lines = [f"{subject} came from:", *(f"{'  ' * step.depth}{step.id}  ({step.label})" for step in steps)]
    lines += ["Trail:", *(f"  {one.seq:>5}  {one.at:%Y-%m-%d %H:%M:%S}Z  {one.actor}  {one.action}" for one in entries)]
    say(document, as_json=json, text="\n".join(lines))

"""Rows that were set aside, on the command line: list and show them, read them again, or leave them out for good."""

from pathlib import Path
from typing import Any

from agents.lifecycle.decide import Declined
from agents.lifecycle.intake.hold import Said
from agents.lifecycle.intake.replay import Replayed
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.commands.who import who
from bot.opening import open_office
from bot.settings import Settings
from storage.records.quarantine import SetAside


async def listing(*, load: str | None, limit: int, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        rows = await office.replayer.waiting(load_id=load)
    lines = [f"{one.id}  {one.path}, line {one.row.line} ({one.load_id}): {one.row.reason}" for one in rows[:limit]]
    if len(rows) > limit:
        lines.append(f"… and {len(rows) - limit:,} more; --limit shows them")
    document = {"waiting": len(rows), "rows": [_document(one) for one in rows[:limit]]}
    say(document, as_json=json, text="\n".join(lines) or "Nothing is set aside.")


async def show(*, row: int, person: str, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        found = await office.replayer.get(row, await who(office, person))
    if found is None:
        raise BadInput(f"no row {row} is set aside; countersign quarantine list shows which are")
    lines = [f"{found.path}, line {found.row.line} of load {found.load_id} ({found.state}): {found.row.reason}"]
    lines += [f"  {column}: {cell}" for column, cell in found.row.cells.items()]
    say(_document(found) | {"cells": found.row.cells}, as_json=json, text="\n".join(lines))


async def replay(
    *,
    load: str,
    corrections: list[str],
    mapping: Path | None,
    dates: str | None,
    currency: str | None,
    person: str,
    home: Path,
    json: bool,
) -> int | None:
    said = Said(mapping=mapping, dates=dates, currency=currency)
    wanted = _corrections(corrections)
    async with open_office(Settings(home=home)) as office:
        reader = await who(office, person)
        result = await office.replayer.replay(load, reader, via="cli", corrections=wanted, said=said)
    return _told(result, json=json)


async def give_up(*, load: str, person: str, home: Path, json: bool) -> int | None:
    async with open_office(Settings(home=home)) as office:
        result = await office.replayer.give_up(load, await who(office, person), via="cli")
    return _told(result, json=json)


def _told(result: Replayed | Declined, *, json: bool) -> int | None:
    if isinstance(result, Declined):
        document: dict[str, Any] = {"load": None, "landed": 0, "still": [], "words": result.words}
        say(document, as_json=json, text=result.words)
        return NEGATIVE
    still = [_document(one) for one in result.still]
    lines = [result.words, *(f"  line {one.row.line}: {one.row.reason}" for one in result.still[:10])]
    document = {"load": result.load_id, "landed": result.landed, "still": still, "words": result.words}
    say(document, as_json=json, text="\n".join(lines))
    return NEGATIVE if result.still and not result.landed else None


def _document(one: SetAside) -> dict[str, Any]:
    return {
        "row": one.id,
        "load": one.load_id,
        "source": one.source,
        "path": one.path,
        "dataset": one.row.dataset,
        "line": one.row.line,
        "reason": one.row.reason,
        "state": one.state.value,
        "set_aside_at": one.set_aside_at,
    }


def _corrections(given: list[str]) -> dict[int, dict[str, str]]:
    """`12:Clicks=3` becomes {12: {"Clicks": "3"}}."""
    found: dict[int, dict[str, str]] = {}
    for text in given:
        line, colon, rest = text.partition(":")
        column, equals, value = rest.partition("=")
        if not (line.isdecimal() and colon and column and equals):
            raise BadInput(f"--set {text!r}: write LINE:COLUMN=VALUE, such as 12:Clicks=3")
        found.setdefault(int(line), {})[column] = value
    return found

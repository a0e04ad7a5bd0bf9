"""Where things came from and what came of them, on the command line and as OpenLineage events."""

from pathlib import Path
from typing import TextIO

from agents.lifecycle.answers import why as reason
from agents.lifecycle.answers.trace import trace
from bot.commands.shell import BadInput, say
from bot.opening import open_office, utc_now
from bot.settings import Settings
from storage.graph.openlineage import event_lines


async def why(*, subject: str, home: Path, forward: bool = False, json: bool) -> None:
    async with open_office(Settings(home=home)) as office, office.ledger.read() as tx:
        found = await reason.why(tx, subject, forward=forward)
    if found is None:
        raise BadInput(f"nothing is recorded about {subject!r}; countersign plans lists the plans")
    way = [one.model_dump(exclude={"names"}) for one in found.steps]
    document = {
        "subject": found.subject,
        "lines": list(found.lines),
        "came_from": [] if forward else way,
        "led_to": way if forward else [],
        "versions": found.versions,
        "entries": [
            {"seq": one.seq, "at": one.at, "actor": one.actor, "action": one.action, "facts": one.facts}
            for one in found.entries
        ],
    }
    say(document, as_json=json, text="\n".join(_lines(found)))


async def lineage(*, home: Path, out: Path, json: bool) -> None:
    """Write every link as OpenLineage RunEvents, one a line."""
    events = 0
    async with open_office(Settings(home=home)) as office, office.ledger.read() as tx:
        with _new(out) as file:
            async for line in event_lines(tx.audit, tx.lineage, namespace=office.keyring.origin, now=utc_now()):
                file.write(line)
                events += 1
    say({"file": out, "events": events}, as_json=json, text=f"Wrote {events:,} OpenLineage events to {out}.")


def _new(out: Path) -> TextIO:
    try:
        return out.open("x", encoding="utf-8", newline="\n")
    except FileExistsError as error:
        raise BadInput(f"{out} is there already: name a new file") from error


def _lines(found: reason.Why) -> list[str]:
    way = trace(found)
    head = f"What came of {found.subject}:" if found.forward else f"What {found.subject} came from:"
    made = [f"Made with: {', '.join(f'{name} {version}' for name, version in sorted(found.versions.items()))}"]
    trail = [f"  {one.seq:>5}  {one.at:%Y-%m-%d %H:%M:%S}Z  {one.actor}  {one.action}" for one in found.entries]
    return [
        *found.lines,
        *([head, *way] if way else []),
        *(made if found.versions else []),
        *(["Trail:", *trail] if trail else []),
    ]

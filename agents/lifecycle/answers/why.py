"""Why: what one thing came from and what came of it, told in three lines, and the whole way for whoever wants it."""

import asyncio
import re

from agents.lifecycle.answers.tell import Asked, told
from storage.graph.lineage import steps_of
from storage.ledger import Transaction
from storage.records.audit import AuditEntry
from storage.records.lineage import LineageStep, Link, execution_id
from storage.records.record import Record

_NUMBERED = re.compile(r"(plan|alert|q|freeze|glass|delegation)-[1-9]\d*", re.IGNORECASE)
_PERSON = "person:"


class Why(Record):
    """One thing with its lineage."""

    subject: str
    forward: bool
    """Whether `steps` and `links` lead on to what came of it, rather than back to what it came from."""
    lines: tuple[str, str, str]
    """What it is, what it rests on, who let it happen or what came of it: for a marketer. Untrusted text."""
    steps: tuple[LineageStep, ...]
    """Nearest first; each thing once, by its shortest way."""
    links: tuple[Link, ...]
    """Every link on any way."""
    versions: dict[str, str]
    """What the last decision about it was made with; empty for what nobody decides about."""
    entries: tuple[AuditEntry, ...]
    """Of the trail, oldest first."""
    names: dict[str, str]
    """`person:…` → the name of the person, as far as known."""


async def why(tx: Transaction, subject: str, *, forward: bool = False) -> Why | None:
    """All about one thing, by its lineage id, that of a plan, alert or question, or a file's name; None if unknown."""
    found = await _found(tx, subject.strip())
    links, led_to = await tx.lineage.links(found), await tx.lineage.links(found, forward=True)
    # A home of years has tens of thousands of them, and Slack is answered by the same loop.
    back = await asyncio.to_thread(steps_of, found, links)
    on = await asyncio.to_thread(steps_of, found, led_to, forward=True)
    entries = await tx.audit.of(found)
    names = {f"{_PERSON}{one.id}": one.name for one in await tx.people.all()}
    asked = Asked(tx=tx, subject=found, back=back, on=on, names=names)
    said = await told(asked)
    if said is None and not (back or on or entries):
        return None
    lines, versions = said or asked.plainly()
    return Why(
        subject=found,
        forward=forward,
        lines=lines,
        steps=on if forward else back,
        links=led_to if forward else links,
        versions=versions,
        entries=entries,
        names=names,
    )


async def _found(tx: Transaction, subject: str) -> str:
    """The id that is meant: plan-1 is PLAN-1; a load, an execution and a file may be named without what they are."""
    if _NUMBERED.fullmatch(subject):
        return subject.upper()
    guesses = (subject, f"load:{subject}", execution_id(subject), f"file:{subject[:12]}")
    for guess in guesses:
        if await tx.lineage.knows(guess):
            return guess
    loads = [*await tx.loads.known(simulated=True), *await tx.loads.known(simulated=False)]
    return next((f"load:{one.id}" for one in reversed(loads) if one.path == subject), subject)

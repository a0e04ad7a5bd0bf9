"""Register: the transaction from which on a load is readable, with its trail, its lineage and what was set aside."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from agents.lifecycle.intake.feed_changes import changes_since, is_silent, kept_columns, lost_figures
from agents.lifecycle.intake.feed_variant import variant_of
from agents.sources.exports.report import ExportReport
from storage.ledger import Transaction
from storage.records.facts import Load
from storage.records.lineage import SEALED
from storage.records.people import Person
from storage.records.quarantine import Quarantined
from storage.records.record import Record


class Registered(Record):
    """Which load has the content now; not `new` if another process was faster."""

    load_id: str
    new: bool
    quarantined: int = 0


def by_whom(person: Person | None) -> str:
    """The actor of audit entries about a load."""
    return "system" if person is None else f"person:{person.id}"


async def register(
    tx: Transaction,
    load: Load,
    report: ExportReport,
    quarantined: Iterable[Quarantined],
    *,
    lines: Mapping[str, tuple[int, int]],
    by: str,
    via: str,
) -> Registered:
    """Make the rows of a load in the lake readable; its feed's columns become the accepted ones."""
    known = await tx.loads.by_fingerprint(report.fingerprint)
    if known is not None:
        return Registered(load_id=known.id, new=False)
    rows = list(quarantined)
    if any(row.personal for row in rows):
        rows = await tx.vault.hide_cells(rows, source=load.source, load_id=load.id)
    await tx.quarantine.add(rows, load_id=load.id, source=load.source, path=load.path, now=load.known_at)
    lost = await accept_columns(tx, report, load, by=by)
    load = load.model_copy(update={"lacks": lost})
    facts = {"via": via, "quarantined": len(rows), "feed": report.feed}
    await enter(tx, load, fingerprint=report.fingerprint, lines=lines, now=load.known_at, by=by, facts=facts)
    return Registered(load_id=load.id, new=True, quarantined=len(rows))


async def enter(
    tx: Transaction,
    load: Load,
    *,
    fingerprint: str,
    lines: Mapping[str, tuple[int, int]] | None,
    now: datetime,
    by: str = "system",
    facts: Mapping[str, object] | None = None,
) -> None:
    """Write a load down: its row, its lineage, its entry in the trail. `lines` is None for what came from no file."""
    await tx.loads.add(load, fingerprint=fingerprint, lake_version=next(iter(load.versions.values()), 0))
    sealed = await tx.lineage.link_load(load, versions=load.versions, lines=lines)
    await tx.audit.append(
        at=now,
        actor=by,
        action="data.loaded",
        subject=f"load:{load.id}",
        facts={
            "source": load.source,
            "path": load.path,
            "first_day": load.first_day,
            "last_day": load.last_day,
            "rows": load.rows_read,
            "content_sha256": load.content_sha256,
            "lake_version": load.versions.get("facts"),
            "versions": load.versions,
            **(facts or {}),
            SEALED: sealed,
        },
    )


async def accept_columns(tx: Transaction, report: ExportReport, load: Load, *, by: str) -> tuple[str, ...]:
    """Remember the columns of the file if they are the first of their feed, or others than before.

    Gives the figures that its feed told once and the file does not.
    """
    feed, newest = await variant_of(tx, report.feed, report.columns)
    lost = lost_figures(newest, report.columns)
    changed = newest is None or bool(changes_since(newest, report.columns))
    if newest is not None and not changed and not is_silent(newest, report.columns):
        return lost
    who = by if newest is not None and changed else "system"
    columns = kept_columns(newest, report.columns)
    accepted = await tx.feeds.accept(feed, columns, by=who, now=load.known_at, lost=lost)
    await tx.audit.append(
        at=load.known_at,
        actor=who,
        action="feed.accepted",
        subject=f"feed:{feed}",
        facts={
            "version": accepted.version,
            "columns": [one.name for one in columns],
            "load": load.id,
            **({"lost": list(lost)} if lost else {}),
        },
    )
    return lost

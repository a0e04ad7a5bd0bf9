"""`countersign lake`: versions of its tables, their columns over time, merging of small files."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.commands.shell import BadInput, say
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from bot.slack.cards.markup import plain_moment
from storage.contracts.entities import BY_DATASET
from storage.lake.facts import CONTRACT_VERSION
from storage.lake.history import Compaction, Retention, TableVersion
from storage.lake.store import DATASETS


async def versions(*, dataset: str | None, limit: int, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        told = {name: await office.lake.versions(name, limit=limit) for name in _named(dataset)}
        zone = await office.zone()
    found = {name: listed for name, listed in told.items() if listed}
    document = {
        "datasets": [
            {"dataset": name, "versions": [one.model_dump(mode="json") for one in listed]}
            for name, listed in found.items()
        ]
    }
    lines = [line for name, listed in found.items() for line in (f"{name}:", *(_version(one, zone) for one in listed))]
    say(
        document, as_json=json, text="\n".join(lines) or "The lake holds nothing yet: countersign ingest FILE fills it."
    )


async def schema(*, dataset: str | None, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        told = {name: await office.lake.schema_history(name) for name in _named(dataset)}
    listed = [
        {
            "dataset": name,
            "contract_version": _contract_version(name),
            "owner": BY_DATASET[name].owner if name in BY_DATASET else "data engineer",
            "columns": history[-1].columns,
            "history": [one.model_dump(mode="json", include={"version", "at", "added"}) for one in history],
        }
        for name, history in told.items()
        if history
    ]
    lines = [line for one in listed for line in _schema(one)]
    text = "\n".join(lines) or "The lake holds nothing yet: countersign ingest FILE fills it."
    say({"datasets": listed}, as_json=json, text=text)


async def compact(*, dataset: str | None, older_than: int | None, delete: bool, home: Path, json: bool) -> None:
    """With `older_than` days, files that merging replaced before go too, except what a cited version needs."""
    if delete and older_than is None:
        raise BadInput("--delete needs --older-than DAYS: which replaced files may go?")
    if older_than is not None and older_than < 0:
        raise BadInput(f"--older-than {older_than}: name a number of days, 0 or more")
    documents, lines = [], []
    async with open_office(Settings(home=home)) as office:
        for name in _named(dataset):
            if await office.lake.version(name) is None:
                continue
            merged = await office.lake.compact(name)
            kept = None if older_than is None else await _retained(office, name, older_than, delete=delete)
            documents.append(_compacted(merged, kept))
            lines.append(_words(merged, kept))
    say({"datasets": documents}, as_json=json, text="\n".join(lines) or "The lake holds nothing yet: nothing to merge.")


async def _retained(office: Office, dataset: str, days: int, *, delete: bool) -> Retention:
    async with office.ledger.read() as tx:
        cited = await tx.loads.cited(dataset)
    return await office.lake.retain(dataset, sorted(cited), older_than=timedelta(days=days), delete=delete)


def _named(dataset: str | None) -> tuple[str, ...]:
    if dataset is not None and dataset not in DATASETS:
        raise BadInput(f"the lake has no dataset {dataset!r}; there are {', '.join(DATASETS)}")
    return DATASETS if dataset is None else (dataset,)


def _contract_version(dataset: str) -> int:
    return BY_DATASET[dataset].version if dataset in BY_DATASET else CONTRACT_VERSION


def _version(one: TableVersion, zone: ZoneInfo) -> str:
    load = f", load {one.load_id}, {one.rows or 0:,} rows" if one.load_id else ""
    return f"  {one.version}: {plain_moment(one.at, zone)}, {one.operation.lower()}{load}"


def _schema(told: dict[str, Any]) -> list[str]:
    head = f"{told['dataset']}, contract version {told['contract_version']}, {told['owner']} answers for it:"
    columns = ", ".join(f"{name} {kind}" for name, kind in told["columns"].items())
    grown = [f"  since version {one['version']}: {', '.join(one['added'])}" for one in told["history"][1:]]
    return [head, f"  {columns}", *grown]


def _compacted(merged: Compaction, kept: Retention | None) -> dict[str, Any]:
    retention = None if kept is None else {"kept": kept.kept, "files": len(kept.files), "deleted": kept.deleted}
    return {**merged.model_dump(mode="json"), "retention": retention}


def _words(merged: Compaction, kept: Retention | None) -> str:
    words = f"{merged.dataset}: {merged.files_before} files before, {merged.files_after} after"
    if kept is None:
        return words
    done = "removed" if kept.deleted else "could be removed with --delete"
    cited = ", ".join(str(version) for version in kept.kept) or "none"
    return f"{words}; {len(kept.files)} replaced files {done}; versions kept because something cites them: {cited}"

"""Files of a table that no version of it ever named: what a kill before a commit leaves."""

import math
from datetime import UTC, datetime
from json import loads
from pathlib import Path
from typing import Any
from urllib.parse import unquote


def cleared(folder: Path, table: Any, before: datetime) -> int:
    """Remove those from before the moment; gives how many. `table` is the Delta table of the folder as it is now."""
    left = {file.name: file for file in folder.glob("*.parquet") if file.stat().st_mtime < before.timestamp()}
    for name in names_of(table) & left.keys():
        del left[name]
    # Files that merging replaced are read with older versions; the log keeps every commit.
    for commit in sorted((folder / "_delta_log").glob("*.json")) if left else ():
        for name in _named_in(commit) & left.keys():
            del left[name]
    for file in left.values():
        file.unlink(missing_ok=True)
    return len(left)


def vacuumed(table: Any, before: datetime) -> int:
    """The same of a table in an object store, where the engine has to look and to remove."""
    hours = max(0, math.ceil((datetime.now(UTC) - before).total_seconds() / 3600))
    replaced = table.vacuum(retention_hours=0, enforce_retention_duration=False)
    unused = table.vacuum(retention_hours=hours, enforce_retention_duration=False, full=True)
    left = set(unused).difference(replaced)
    if left:
        # Files that merging replaced are read with the version before it.
        merged = [int(one["version"]) - 1 for one in table.history() if one.get("operation") == "OPTIMIZE"]
        table.vacuum(
            retention_hours=hours,
            enforce_retention_duration=False,
            full=True,
            keep_versions=merged or None,
            dry_run=False,
        )
    return len(left)


def names_of(table: Any) -> set[str]:
    """Names of the files that a table consists of."""
    return {_name(uri) for uri in table.file_uris()}


def _named_in(commit: Path) -> set[str]:
    """Names of the files that a commit added or removed."""
    said = (loads(line) for line in commit.read_text(encoding="utf-8").splitlines() if line)
    return {_name(one[act]["path"]) for one in said for act in ("add", "remove") if act in one}


def _name(path: str) -> str:
    return unquote(path.rpartition("/")[2])

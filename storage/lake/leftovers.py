"""Files in a table's folder that no version of it ever named: what a kill between a move and its commit leaves."""

from datetime import datetime
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


def names_of(table: Any) -> set[str]:
    """Names of the files that a table consists of."""
    return {_name(uri) for uri in table.file_uris()}


def _named_in(commit: Path) -> set[str]:
    """Names of the files that a commit added or removed."""
    said = (loads(line) for line in commit.read_text(encoding="utf-8").splitlines() if line)
    return {_name(one[act]["path"]) for one in said for act in ("add", "remove") if act in one}


def _name(path: str) -> str:
    return unquote(path.rpartition("/")[2])

"""A watched folder: the files in it that nobody is writing any more."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

_QUIET_S = 3.0
"""A file that was touched later than that may still be being written."""
_UNFINISHED = (".part", ".tmp", ".crdownload", ".download", ".partial", ".swp")
_NOT_DATA = (".mapping.yml", ".yml", ".yaml", ".md", ".ini", ".ds_store")


class FoundFile(NamedTuple):
    name: str
    path: Path
    mark: list[int]
    """Size in bytes and moment of its last change in nanoseconds: equal for a file that was not touched since."""


def files_in(folder: Path, *, now: datetime) -> list[FoundFile]:
    """Whole files directly in the folder, by name; nothing where there is no folder. Blocks."""
    if not folder.is_dir():
        return []
    found = []
    for path in sorted(folder.iterdir()):
        name = path.name.casefold()
        if name.startswith((".", "~")) or name.endswith((*_UNFINISHED, *_NOT_DATA)) or not path.is_file():
            continue
        known = path.stat()
        if now.timestamp() - known.st_mtime >= _QUIET_S:
            found.append(FoundFile(path.name, path, [known.st_size, known.st_mtime_ns]))
    return found

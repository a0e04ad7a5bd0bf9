"""Hold: files that wait for a person's answer, kept in the home under the hash of what is in them."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from agents.sources.text.mapping import SUFFIX, beside
from storage.records.record import Record


class Said(Record):
    """What a person says about a file that the file does not say itself."""

    mapping: Path | None = None
    dates: str | None = None
    """dmy or mdy"""
    currency: str | None = None
    account: str = ""
    accept_schema: bool = False
    """Take the file's columns as they are, whatever they were before."""

    def kept(self) -> dict[str, str]:
        """As it is kept with a load, the mapping with its text; blocks."""
        told = {"dates": self.dates or "", "currency": self.currency or "", "account": self.account}
        if self.mapping is not None:
            told["mapping"] = self.mapping.read_text(encoding="utf-8")
        return {name: text for name, text in told.items() if text}

    def or_kept(self, kept: Mapping[str, str], path: Path) -> "Said":
        """The same, and where it says nothing what was kept; a kept mapping is written beside the file. Blocks."""
        mapping = self.mapping
        if mapping is None and "mapping" in kept:
            mapping = path.with_name(path.name + SUFFIX)
            mapping.parent.mkdir(parents=True, exist_ok=True)
            mapping.write_text(kept["mapping"], encoding="utf-8")
        return self.model_copy(
            update={
                "mapping": mapping,
                "dates": self.dates or kept.get("dates"),
                "currency": self.currency or kept.get("currency"),
                "account": self.account or kept.get("account", ""),
            }
        )


class HeldFile(Record):
    """One file that waits; it stands in the question that it waits for."""

    sha256: str
    name: str
    said: Said


class Shelf:
    """The folder `held` of a home; every method blocks."""

    def __init__(self, home: Path) -> None:
        self._held = home / "held"

    def put(self, path: Path, sha256: str, said: Said) -> HeldFile:
        """Keep a copy of the file, and of its mapping where it has one; what is there already stays."""
        target = self._held / sha256 / path.name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{uuid4().hex}.part")
            shutil.copyfile(path, part)
            part.replace(target)
            mapping = said.mapping or beside(path)
            if mapping is not None:
                shutil.copyfile(mapping, target.with_name(target.name + SUFFIX))
        return HeldFile(sha256=sha256, name=path.name, said=said.model_copy(update={"mapping": None}))

    def path(self, held: HeldFile) -> Path | None:
        """Where it is, None if somebody took it away."""
        found = self._held / held.sha256 / held.name
        return found if found.is_file() else None

    def remove(self, held: HeldFile) -> None:
        """Let it go; a second call does nothing."""
        shutil.rmtree(self._held / held.sha256, ignore_errors=True)

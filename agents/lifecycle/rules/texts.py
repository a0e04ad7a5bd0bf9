"""The rules as texts on disk: what the product ships, what the team keeps in its home, and which are only drafts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from agents.governance.loading import SHIPPED
from storage.records.policies import CALENDAR, LIMITS, SCHEMA, Edition, is_file_name
from storage.records.record import Record

log = structlog.get_logger()

_PATTERNS = ("*.cedar", "*.test.yml", SCHEMA)


class TextUnreadable(ValueError):
    """Raised where a file of rules is not UTF-8 text or has no usable name; says which, and what to do."""


class Draft(Record):
    """A difference between the files on disk and the edition in force: it judges nothing until people approve it."""

    name: str
    words: str
    """Where the file is, and what is the matter."""


@dataclass(frozen=True)
class Shelf:
    """All texts on disk at one moment."""

    product: str
    """Version of the product that the shipped texts came with."""
    shipped: Mapping[str, str]
    home: Mapping[str, str] = field(default_factory=dict)
    """The team's own, by name."""

    @property
    def texts(self) -> dict[str, str]:
        """The texts that would judge if all were approved: a file of the team's replaces a shipped one of its name."""
        return {**self.shipped, **self.home}


def shipped_texts(folder: Path = SHIPPED) -> dict[str, str]:
    """Name → text of what the product ships."""
    return _read(folder)


def text_of(path: Path) -> str:
    """The text of one file. Raises TextUnreadable, FileNotFoundError."""
    if not is_file_name(path.name):
        raise TextUnreadable(
            f"{path}: is called neither limits.yml nor calendar.yml nor words-like-this.cedar or .test.yml; rename it"
        )
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise TextUnreadable(f"{path}: is not UTF-8 text; save it as UTF-8") from None


class HomeTexts:
    """The team's files of one home: limits.yml, calendar.yml, and its own policies in policies/."""

    def __init__(self, home: Path, product: Shelf) -> None:
        self._home = home
        self.product = product
        """What the product ships, without anything of the home."""

    @property
    def shelf(self) -> Shelf:
        """All texts on disk as they are now. Raises TextUnreadable."""
        return replace(self.product, home=self.read())

    def path(self, name: str) -> Path:
        """Where the file of that name belongs."""
        return self._home / name if name in (LIMITS, CALENDAR) else self._home / "policies" / name

    def read(self) -> dict[str, str]:
        """Name → text. Raises TextUnreadable."""
        plain = {name: text_of(self.path(name)) for name in (LIMITS, CALENDAR) if self.path(name).exists()}
        return {**plain, **_read(self._home / "policies")}

    def mirror(self, before: Mapping[str, str | None], after: Mapping[str, str | None]) -> None:
        """Bring approved texts into the files, leaving alone any that somebody has edited further meanwhile."""
        for name, text in after.items():
            try:
                self._write(
                    self.path(name), old=before.get(name), new=None if text == self.product.shipped.get(name) else text
                )
            except OSError as error:
                # The edition is in force all the same; the file on disk is then shown as a draft.
                log.warning("policy.not_mirrored", file=name, error=type(error).__name__)

    def drafts(self, edition: Edition) -> tuple[Draft, ...]:
        """How the files on disk differ from the edition in force; empty if they are the same. Raises TextUnreadable."""
        disk, force = self.shelf, edition.texts
        return tuple(
            Draft(name=name, words=self._words(name, disk))
            for name in sorted({*disk.texts, *force})
            if disk.texts.get(name) != force.get(name)
        )

    def _words(self, name: str, disk: Shelf) -> str:
        path = self.path(name)
        if name in disk.home:
            return f"{path} is a draft and not in force; countersign policy propose {path} asks for it"
        if name in disk.shipped:
            return f"{name} of this installation ({disk.product}) is not in force: nobody approved another text of it"
        return f"{path} is gone but still in force; countersign policy propose {path} asks for its removal"

    @staticmethod
    def _write(path: Path, *, old: str | None, new: str | None) -> None:
        held = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
        if held is not None and held != old:
            return
        if new is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(new, encoding="utf-8")
        elif held is not None:
            path.unlink()


def _read(folder: Path) -> dict[str, str]:
    return {path.name: text_of(path) for pattern in _PATTERNS for path in sorted(folder.glob(pattern))}

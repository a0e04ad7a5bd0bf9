"""What changed in the columns of a kind of file since they were last accepted; pure."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TypeVar

from agents.sources.text.columns import Column
from storage.records.feeds import Feed, FeedColumn
from storage.records.record import Record

_C = TypeVar("_C", Column, FeedColumn)
_CLOSE_NAME = 0.75
_LIKE_VALUES = 0.3
_SAME_KIND = (frozenset({"number", "money"}), frozenset({"text", "flag"}))
"""Kinds that one column has in turn: a symbol more or less, a text that happens to say yes and no alone."""


class ChangeKind(StrEnum):
    NEW = "new"
    MISSING = "missing"
    RENAMED = "renamed"
    RETYPED = "retyped"


class FeedChange(Record):
    """One column that is not what it was; names are untrusted."""

    kind: ChangeKind
    before: str
    """Its name before; empty for a new column."""
    after: str
    """Its name now; empty for a missing one."""
    kind_before: str = ""
    kind_after: str = ""

    @property
    def words(self) -> str:
        match self.kind:
            case ChangeKind.NEW:
                return f"new column {self.after} ({self.kind_after})"
            case ChangeKind.MISSING:
                return f"column {self.before} is missing"
            case ChangeKind.RENAMED:
                return f"column {self.before} seems to be called {self.after} now"
            case _:
                return f"column {self.after} held {_named(self.kind_before)} and holds {_named(self.kind_after)} now"


def changes_since(accepted: Feed, seen: Sequence[Column]) -> tuple[FeedChange, ...]:
    """What differs, renamed and retyped columns first; the order of columns does not matter."""
    before, after = _by_name(accepted.columns), _by_name(seen)
    retyped = [
        FeedChange(
            kind=ChangeKind.RETYPED,
            before=name,
            after=name,
            kind_before=before[name].kind,
            kind_after=after[name].kind,
        )
        for name in before
        if name in after and _retyped(before[name].kind, after[name].kind)
    ]
    gone = [one for name, one in before.items() if name not in after]
    new = [one for name, one in after.items() if name not in before]
    renamed = []
    for old, now in _pairs(gone, new):
        gone.remove(old)
        new.remove(now)
        renamed.append(
            FeedChange(
                kind=ChangeKind.RENAMED,
                before=old.name,
                after=now.name,
                kind_before=old.kind,
                kind_after=now.kind,
            )
        )
    missing = [FeedChange(kind=ChangeKind.MISSING, before=one.name, after="", kind_before=one.kind) for one in gone]
    added = [FeedChange(kind=ChangeKind.NEW, before="", after=one.name, kind_after=one.kind) for one in new]
    return (*renamed, *retyped, *missing, *added)


def kept_columns(accepted: Feed | None, seen: Sequence[Column]) -> tuple[FeedColumn, ...]:
    """The columns as they are remembered: a column that was empty this time keeps the kind that it had."""
    before = _by_name(accepted.columns) if accepted else {}
    kept = []
    for column in seen:
        known = before.get(column.name)
        if column.kind == "empty" and known is not None:
            kept.append(known)
        else:
            kept.append(FeedColumn(name=column.name, kind=column.kind, sketch=column.sketch, reads=column.reads))
    return tuple(kept)


def lost_figures(accepted: Feed | None, seen: Sequence[Column]) -> tuple[str, ...]:
    """What files of the feed told until now and this one would not, because no column of it is read as that.

    What was lost before stays lost until a file tells it again.
    """
    if accepted is None:
        return ()
    told = [*accepted.lost, *(one.reads for one in accepted.columns if one.reads)]
    now = {one.reads for one in seen}
    return tuple(name for name in dict.fromkeys(told) if name not in now)


def is_silent(accepted: Feed, seen: Sequence[Column]) -> bool:
    """Whether nothing is kept of what the accepted columns were read as, though these are read as something."""
    return not any(one.reads for one in accepted.columns) and any(one.reads for one in seen)


def _by_name(columns: Sequence[_C]) -> dict[str, _C]:
    """A header that stands twice is told apart by its place among its like."""
    named: dict[str, _C] = {}
    for column in columns:
        name, times = column.name, 1
        while name in named:
            times += 1
            name = f"{column.name} ({times})"
        named[name] = column
    return named


def _retyped(before: str, after: str) -> bool:
    if before == after or "empty" in (before, after) or before == "text":
        return False  # a column of texts takes anything, and nothing says what an empty one held
    return not any({before, after} <= alike for alike in _SAME_KIND)


def _pairs(gone: Sequence[FeedColumn], new: Sequence[Column]) -> list[tuple[FeedColumn, Column]]:
    """Missing and new columns that may be the same one under another name, the likeliest first, each once."""
    likely = sorted(
        ((_likeness(old, now), old.name, now.name, old, now) for old in gone for now in new),
        key=lambda found: (-found[0], found[1], found[2]),
    )
    pairs: list[tuple[FeedColumn, Column]] = []
    for likeness, _, _, old, now in likely:
        taken = any(old is one or now is other for one, other in pairs)
        if likeness > 0 and not taken:
            pairs.append((old, now))
    return pairs


def _likeness(old: FeedColumn, now: Column) -> float:
    """0 where they cannot be the same column."""
    if _retyped(old.kind, now.kind) or (old.kind == "text") != (now.kind == "text"):
        return 0.0
    name = SequenceMatcher(None, old.name.casefold(), now.name.casefold()).ratio()
    values = now.likeness(Column(name=old.name, kind=now.kind, sketch=old.sketch))
    return max(name if name >= _CLOSE_NAME else 0.0, values if values >= _LIKE_VALUES else 0.0)


def _named(kind: str) -> str:
    plural = {"number": "numbers", "day": "days", "moment": "moments", "flag": "yes or no", "text": "text"}
    return plural.get(kind, kind)

"""Lineage as facts: one thing came from another, in words for people, with the lines of the file it came from."""

from collections.abc import Iterable, Mapping
from typing import Any

from storage.records.record import Record, digest_of

SEALED = "lineage"
"""The fact of an audit entry that seals the links its step made."""
_CHECK = 16
"""Hex digits of a link's check: whoever wants another label under the same check has 2^64 to try."""

Seal = list[list[str]]
"""Child, parent and check of every link of a step. People among them are hidden by the trail as everywhere in it."""


class Parent(Record):
    """What something came from; for a part of a file, the lines of it (1 is the first line of the file)."""

    id: str
    label: str
    """For people; from data, so untrusted, and never with anybody's name in it: it cannot be erased."""
    first_line: int | None = None
    last_line: int | None = None


class Link(Record):
    """`child` came from `parent`."""

    child: str
    parent: str
    label: str
    first_line: int | None = None
    last_line: int | None = None

    @property
    def check(self) -> str:
        """Changes with everything that the link says beside its two ends."""
        return digest_of([self.label, self.first_line, self.last_line])[:_CHECK]

    @property
    def words(self) -> str:
        """Such as `load:7 came from file:3f0c11aa90bd`."""
        return f"{self.child} came from {self.parent}"

    @property
    def lines(self) -> str:
        """Such as `lines 3 to 1204`; empty where it is not of lines."""
        if self.first_line is None or self.last_line is None:
            return ""
        return f"lines {self.first_line} to {self.last_line}"


class LineageStep(Record):
    """One thing on the way from a subject back to what it came from, or on to what came of it."""

    depth: int
    id: str
    label: str
    child: str
    """The thing before it on the way: nearer to the subject."""
    first_line: int | None = None
    last_line: int | None = None


def seal_of(links: Iterable[Link]) -> Seal:
    """What an audit entry holds of the links: enough to say of each whether it is still there and unchanged."""
    return [[one.child, one.parent, one.check] for one in links]


def sealed_in(facts: Mapping[str, Any]) -> Seal:
    """The links that an audit entry seals; empty for an entry that seals none, or none that can be read."""
    seal = facts.get(SEALED)
    if not isinstance(seal, list):
        return []
    return [one for one in seal if isinstance(one, list) and len(one) == 3 and all(isinstance(it, str) for it in one)]


def file_id(content_sha256: str) -> str:
    return f"file:{content_sha256[:12]}"


def version_id(dataset: str, version: int) -> str:
    """A version of a dataset in the lake: `facts@9`."""
    return f"{dataset}@{version}"


def outcome_id(plan_id: str, kpi: str) -> str:
    return f"outcome:{plan_id}/{kpi}"


def execution_id(key: str) -> str:
    return f"execution:{key}"


def verdict_id(plan_id: str, revision: int, number: int) -> str:
    """The nth verdict on a revision, counted from 1."""
    return f"verdict:{plan_id}.r{revision}.{number}"


def decision_id(plan_id: str, revision: int, number: int) -> str:
    """The nth word of anybody on a revision, counted from 1."""
    return f"decision:{plan_id}.r{revision}.{number}"

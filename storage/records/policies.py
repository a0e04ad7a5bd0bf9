"""The rules in force as texts: editions that people approved, each with its hash and signature."""

import json
import re
from collections.abc import Mapping
from datetime import datetime

from storage.records.money import Money
from storage.records.record import Record, UtcDatetime, canonical_json, digest_of

SCHEMA = "schema.cedarschema"
LIMITS = "limits.yml"
CALENDAR = "calendar.yml"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}(\.cedar|\.test\.yml)")


class PolicyFile(Record):
    """One text that judges: a .cedar file, the schema, limits.yml, calendar.yml, or tests beside a .cedar file."""

    name: str
    text: str
    own: bool = False
    """Whether the team wrote it; else it came with the product."""


class Edition(Record):
    """All texts that judge from one moment on; `version` stands on every verdict and decision."""

    number: int
    files: tuple[PolicyFile, ...]
    """Sorted by name."""
    because: str
    """What brought it: `first start`, `product 1.2.0`, or the plan that people approved."""
    approved_by: tuple[str, ...] = ()
    """Ids of people."""
    key: str = ""
    """Of the change that wrote it, as the executor names it; empty where no plan did."""
    product: str = ""
    """Version of the product that the texts which are not the team's own came with."""
    at: UtcDatetime
    key_id: str = ""
    signature: str = ""
    """Ed25519 over `message`, in hex."""

    @property
    def version(self) -> str:
        """sha256 of the names and texts."""
        return version_of(self.files)

    @property
    def message(self) -> bytes:
        """What is signed: everything but the signature, so that an old edition cannot be passed off as a new one."""
        unsigned = self.model_copy(update={"key_id": "", "signature": ""})
        return f"countersign-edition-v1\n{self.number}\n{digest_of(unsigned)}\n".encode()

    @property
    def texts(self) -> dict[str, str]:
        """Name → text."""
        return {one.name: one.text for one in self.files}

    def file(self, name: str) -> PolicyFile | None:
        return next((one for one in self.files if one.name == name), None)


def version_of(files: tuple[PolicyFile, ...]) -> str:
    """sha256 of the names and texts, whoever wrote them and whatever their order."""
    return digest_of(sorted([one.name, one.text] for one in files))


def files_of(
    texts: Mapping[str, str], *, shipped: Mapping[str, str], held: Edition | None = None
) -> tuple[PolicyFile, ...]:
    """The texts as the files of an edition after `held`: what stays keeps its origin, else it is the team's own
    unless it reads as the product ships it.
    """
    before = {one.name: one for one in held.files} if held else {}
    return tuple(
        before[name]
        if name in before and before[name].text == text
        else PolicyFile(name=name, text=text, own=shipped.get(name) != text)
        for name, text in sorted(texts.items())
    )


def is_file_name(name: str) -> bool:
    """Whether an edition may hold a file of that name."""
    return name in (SCHEMA, LIMITS, CALENDAR) or _NAME.fullmatch(name) is not None


def value_of_texts(texts: Mapping[str, str | None]) -> str:
    """Texts by name as the value of a change of the rules; None stands for a file that is not there."""
    return canonical_json(dict(texts))


def texts_of_value(value: object) -> dict[str, str | None]:
    """The texts of such a value. Raises ValueError for anything else."""
    try:
        found = json.loads(value) if isinstance(value, str) else None
    except json.JSONDecodeError:
        found = None
    if not isinstance(found, dict) or not all(text is None or isinstance(text, str) for text in found.values()):
        raise ValueError("a change of the rules holds texts by file name")
    return found


class Shift(Record):
    """Past decisions that would come out differently in one way: `waits → refused`."""

    before: str
    after: str
    count: int
    at_risk: Money | None = None
    """Money at risk in them together; None where they are of several currencies."""
    examples: tuple[str, ...] = ()
    """Up to five plans, newest first."""


class Impact(Record):
    """What other rules would have said of past decisions."""

    judged: int
    unjudgeable: int = 0
    """Decisions without stored inputs, from before they were kept."""
    changed: int
    first: datetime | None = None
    last: datetime | None = None
    shifts: tuple[Shift, ...] = ()
    version_now: str
    version_then: str

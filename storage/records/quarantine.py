"""Rows of a source that broke the contract: set aside with place and reason, until replayed or given up."""

from enum import StrEnum

from storage.records.record import Record, UtcDatetime


class Quarantined(Record):
    """One row as it stood in the file, and why it could not land."""

    dataset: str
    line: int
    """Where it stands in the file, 0 where there are no lines."""
    reason: str
    """For people, naming the column: `clicks is -3, must be at least 0`."""
    cells: dict[str, str]
    """Header → text as it was read, so that it can be read again under another contract; untrusted."""
    personal: tuple[str, ...] = ()
    """Headers whose cells hold personal data; what is kept of them are tokens of the vault."""


class QuarantineState(StrEnum):
    OPEN = "open"
    REPLAYED = "replayed"
    """It was read again and has landed with another load."""
    GIVEN_UP = "given up"
    """A person said that it stays out."""


class SetAside(Record):
    """A quarantined row as it is kept: of which load, and what became of it."""

    id: int = 0
    """Given by the database."""
    load_id: str
    """The load that the rest of its file landed with."""
    source: str
    """Who said it, as its load names it."""
    path: str
    """The file's name."""
    row: Quarantined
    state: QuarantineState = QuarantineState.OPEN
    set_aside_at: UtcDatetime
    settled_at: UtcDatetime | None = None
    settled_by: str | None = None
    """`person:…` or `system`."""
    landed_with: str | None = None
    """The load that brought it in after all."""

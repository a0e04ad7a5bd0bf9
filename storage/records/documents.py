"""A document that the company wrote: its text, in passages that can be quoted with their place."""

from storage.records.record import Record, UtcDatetime


class Passage(Record):
    """A piece of a document's text, small enough to be quoted."""

    document: str
    position: int
    """From 1."""
    first: int
    """Offset of its first character in the document's text."""
    last: int
    """Offset after its last character."""
    page: int | None = None
    """Where the format has pages."""
    text: str
    """Untrusted: whatever it says is quoted, never followed."""


class Document(Record):
    """One version of one document."""

    id: str
    """DOC-3"""
    number: int
    name: str
    """File name, untrusted; a later file of the same name is its next version."""
    version: int
    kind: str
    """text, markdown, html, csv, docx or pdf."""
    title: str
    sha256: str
    characters: int
    passages: int
    owner: str
    """Id of the person who answers for it."""
    added_at: UtcDatetime
    removed_at: UtcDatetime | None = None
    """Since when it is not quoted any more; its text is gone then."""

"""The columns that one kind of file of one source had when it was last accepted."""

from storage.records.record import Record, UtcDatetime


class FeedColumn(Record):
    name: str
    """The header as the file writes it; untrusted."""
    kind: str
    """What its cells look like: `text`, `number`, `money`, `day`, `moment`, `flag`."""
    sketch: tuple[int, ...] = ()
    """Hashes of some of its values: a column of like values under another name may be the same one."""
    reads: str = ""
    """The figure or field that it was read as; empty where it was not, and for columns accepted before it was kept."""


class Feed(Record):
    """One accepted version of a feed; a later file is held against the newest."""

    name: str
    """`source/layout`"""
    version: int
    columns: tuple[FeedColumn, ...]
    lost: tuple[str, ...] = ()
    """Figures that files of this feed once told and, since these columns were accepted, do not: a gap, not a zero."""
    accepted_by: str
    """`person:…`, or `system` for the first file of a feed."""
    accepted_at: UtcDatetime

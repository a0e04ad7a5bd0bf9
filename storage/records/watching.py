"""What the watch over daily series remembers between two looks."""

from datetime import date

from storage.records.record import Record


class WatchedCohort(Record):
    """Series that are watched in step, and the state of their detector: as many numbers a series, row by row."""

    names: tuple[str, ...]
    last: date
    """The newest day they have seen."""
    counters: tuple[int, ...]
    numbers: bytes
    """64-bit floats in this machine's order, one column a series."""

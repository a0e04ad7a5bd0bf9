"""Moments as the graph keeps them: microseconds since 1970, with numbers for always and until further notice."""

from datetime import UTC, datetime, timedelta

from storage.tables.knowledge import BEGINNING, FOREVER

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def start_of(moment: datetime | None) -> int:
    return BEGINNING if moment is None else micros(moment)


def end_of(moment: datetime | None) -> int:
    return FOREVER if moment is None else micros(moment)


def moment_of(number: int) -> datetime | None:
    """The reverse; None for always and until further notice."""
    return None if number in (BEGINNING, FOREVER) else _EPOCH + timedelta(microseconds=number)

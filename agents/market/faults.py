"""Faults of a platform that is out, drawn from the request itself: the same calls fail the same way again."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from agents.market.streams import stream
from storage.market_ledger.rows import OutageRow

_CHANCES = (0.40, 0.28, 0.10)
"""Of a 5xx, of a time-out once applied, of a time-out with nothing applied; else all is well."""


class Fault(StrEnum):
    NONE = "none"
    BEFORE = "before"
    """5xx: the edit was not applied."""
    AFTER = "after"
    """A time-out once the edit was applied."""
    LOST = "lost"
    """A time-out with nothing applied: from outside it looks like the one above."""


def is_out(outages: Iterable[OutageRow], channel: str, day: date) -> bool:
    return any(
        outage.channel == channel and outage.first_day <= day and (outage.last_day is None or day <= outage.last_day)
        for outage in outages
    )


def fault_of(salt: str, key: str, attempt: int, day: date) -> Fault:
    """What happens to the so-manieth call under a key while the platform is out."""
    luck = float(stream(salt, f"fault {attempt}", key, day).random())
    for fault, chance in zip((Fault.BEFORE, Fault.AFTER, Fault.LOST), _CHANCES, strict=True):
        if luck < chance:
            return fault
        luck -= chance
    return Fault.NONE

"""Faults of a platform that is out, drawn from the request itself: the same calls fail the same way again.

Edits are counted in the ledger, questions in memory: asking writes nothing, so however often anybody looks, equal
seeds and actions give equal ledgers.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from agents.market.streams import stream
from storage.market_ledger.rows import OutageRow

_CHANCES = (0.40, 0.28, 0.10)
"""Of a 5xx, of a time-out once applied, of a time-out with nothing applied; else all is well."""
_DROPPED = 0.30
"""Share of questions that are answered with a 5xx."""
_DROPPED_IN_A_ROW = 2


class Fault(StrEnum):
    NONE = "none"
    BEFORE = "before"
    """5xx: the edit was not applied."""
    AFTER = "after"
    """A time-out once the edit was applied."""
    LOST = "lost"
    """A time-out with nothing applied: from outside it looks like the one above."""


class Questions:
    """The questions that one process has asked platforms that are out: the third in a row is always answered."""

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()

    def drops(self, salt: str, question: str, day: date) -> bool:
        """Count one more asking of a question, and say whether it gets no answer."""
        self._asked[question] += 1
        luck = float(stream(salt, f"question {self._asked[question]}", question, day).random())
        dropped = luck < _DROPPED and self._dropped[question] < _DROPPED_IN_A_ROW
        self._dropped[question] = self._dropped[question] + 1 if dropped else 0
        return dropped


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

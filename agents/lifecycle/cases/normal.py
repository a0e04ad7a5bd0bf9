"""What people said is normal: whether a finding tells again of what somebody has called expected."""

from datetime import timedelta
from decimal import Decimal

from storage.records.alerts import Finding, LearntKind
from storage.records.attention import Learnt

SETTLING = timedelta(days=14)
"""So long after a re-baseline nothing is said of a series: two of each weekday are needed to know what is normal."""
REMEMBERED = timedelta(days=120)
"""As far back as detectors look: by then an expected level is all the history there is."""
_ROOM = Decimal("0.1")
"""A level that is expected may move by this share of itself before it is another case."""


def is_learnt(finding: Finding, said: Learnt | None) -> bool:
    """Whether the newest word on the finding's key covers it, so that no case is opened for it."""
    if said is None or finding.seen_on < said.since:
        return False
    if said.kind is LearntKind.REBASELINED:
        return finding.seen_on < said.since + SETTLING
    if finding.seen_on >= said.since + REMEMBERED:
        return False
    reading = finding.reading
    if reading is None or reading.observed is None or said.observed is None:
        return finding.severity.rank <= said.severity.rank
    if _judged_by_the_new(reading.expected, said):
        return False
    return _within(reading.observed, said)


def _judged_by_the_new(expected: Decimal | None, said: Learnt) -> bool:
    """Whether the detector already takes the expected level as the normal one, so that what it finds is news."""
    if expected is None or said.expected is None or said.observed is None:
        return False
    return abs(expected - said.observed) < abs(expected - said.expected)


def _within(observed: Decimal, said: Learnt) -> bool:
    """Not beyond the expected level, seen from what was normal before, by more than its room."""
    assert said.observed is not None, "asked of levels alone"
    room = abs(said.observed) * _ROOM
    if said.expected is None:
        return abs(observed - said.observed) <= room
    room = max(room, abs(said.observed - said.expected) / 2)
    low, high = sorted((said.expected, said.observed))
    return low <= observed <= high or abs(observed - said.observed) <= room

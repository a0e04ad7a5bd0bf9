"""What people want to hear of alerts, and what they taught the monitor: rows that detection and messages go by."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import model_validator

from storage.records.alerts import LearntKind, Severity
from storage.records.record import Record, UtcDatetime, ZoneName

_DAY = timedelta(days=1)
_SATURDAY = 5


class Learnt(Record):
    """What a person said is normal from now on, so that detection stops telling of it."""

    id: int = 0
    """Given by the database."""
    alert_id: str
    key: str
    """Of the case; later findings with it are judged by this."""
    kpi: str
    entity: str
    simulated: bool
    kind: LearntKind
    since: date
    """First data day of the new normal; of what was re-baselined, earlier days no longer count as history."""
    severity: Severity
    observed: Decimal | None = None
    """The new level, in the KPI's own unit; None where the finding had no reading."""
    expected: Decimal | None = None
    """What had been normal before."""
    reason: str
    learnt_by: str
    at: UtcDatetime


class CallKind(StrEnum):
    """Why somebody is told of a case in person."""

    OWNER = "owner"
    """It is large, and theirs."""
    ASSIGNED = "assigned"
    ESCALATED = "escalated"


class Call(Record):
    """One direct message to one person about one case, kept as true as its card."""

    id: int = 0
    """Given by the database."""
    alert_id: str
    person_id: str
    kind: CallKind
    words: str = ""
    """What somebody wrote beside it; untrusted."""
    due_at: UtcDatetime
    sent_at: UtcDatetime | None = None
    channel: str | None = None
    ts: str | None = None
    shown_version: int = 0
    """The version of the alert that the message shows."""


class Mute(Record):
    """One person wants no direct message about alerts before this moment, unless somebody asks them by name."""

    person_id: str
    alert_id: str = ""
    """The one case that is meant; empty for all."""
    until: UtcDatetime


class QuietHours(Record):
    """When no card of a medium case is posted: from one local time to another, over midnight if need be."""

    first: time
    last: time
    """Exclusive."""
    weekends: bool = False
    """Whether Saturday and Sunday are quiet all day."""
    zone: ZoneName

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.first == self.last:
            raise ValueError("quiet hours end at another time than they begin")
        return self

    def end_after(self, at: datetime) -> datetime | None:
        """When the quiet that holds at this moment ends, in UTC; None if it is not quiet."""
        local = at.astimezone(ZoneInfo(self.zone))
        if not self._holds(local):
            return None
        for ahead in range(5):
            day = local.date() + ahead * _DAY
            ends = datetime.combine(day, self.last, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)
            if ends > at and not (self.weekends and day.weekday() >= _SATURDAY):
                return ends
        raise AssertionError("a working day comes within five")

    def _holds(self, local: datetime) -> bool:
        if self.weekends and local.weekday() >= _SATURDAY:
            return True
        clock = local.time()
        if self.first < self.last:
            return self.first <= clock < self.last
        return clock >= self.first or clock < self.last


class DigestLine(Record):
    """One case in a digest, as it was when the digest was made; untrusted text."""

    alert_id: str
    severity: Severity
    title: str
    since: date
    words: str = ""
    """Who is at it, or until when it sleeps; empty where there is nothing to say."""
    simulated: bool = False


class Digest(Record):
    """What a team hears of alerts once a day: what was too small for a card, what still waits, what is over."""

    id: str
    """`DIGEST-2026-03-30`, by the team's own day."""
    version: int = 1
    made_at: UtcDatetime
    small: tuple[DigestLine, ...] = ()
    waiting: tuple[DigestLine, ...] = ()
    """Cases with a card at which nobody is."""
    recovered: tuple[DigestLine, ...] = ()
    more: int = 0
    """How many lines were left out."""

"""An alert: one case of drift or a missed outcome, open until someone or the data closes it."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from storage.records.record import Record, UtcDatetime


class AlertKind(StrEnum):
    DRIFT = "drift"
    OUTCOME = "outcome"
    FRESHNESS = "freshness"
    DIVERGENCE = "divergence"
    """Campaigns push what is out of stock or off the priority list."""
    GOVERNANCE = "governance"
    """A change was written without the approval that the rules demanded."""


class Severity(StrEnum):
    NOTE = "note"
    WARNING = "warning"
    CRITICAL = "critical"


class AlertState(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RECOVERED = "recovered"


class Certainty(StrEnum):
    """How far a cause may be believed; only a controlled experiment shows a cause."""

    CAUSED = "caused"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Reading(Record):
    """What was measured beside what was expected, in the KPI's own unit."""

    unit: str
    currency: str | None = None
    observed: Decimal | None
    expected: Decimal | None
    low: Decimal | None = None
    high: Decimal | None = None
    """Ends of the range in which nothing would have been said."""
    first: date
    last: date


class Candidate(Record):
    """Something that happened near a case in time and in the graph, with what speaks for and against it as its cause."""

    kind: str
    """change, channel, creative, price, stock, tracking, data or outside."""
    ref: str | None = None
    """Plan, node of the graph or source; None for what lies outside."""
    words: str
    """A sentence for people; untrusted where it holds names."""
    certainty: Certainty
    speaks_for: tuple[str, ...] = ()
    speaks_against: tuple[str, ...] = ()


class Finding(Record):
    """What a monitor saw on one day; findings with the same key are one case."""

    key: str
    """Stable name of the case, such as `drift/cpc/paid_search`."""
    kind: AlertKind
    severity: Severity
    kpi: str
    entity: str
    """The channel or campaign concerned; untrusted text."""
    title: str
    detail: tuple[str, ...]
    """Facts with numbers, unit and window, one sentence each."""
    cause: str
    """The likely cause and how sure: "auction price, likely"."""
    suspect_plan: str | None = None
    seen_on: date
    evidence: tuple[str, ...] = ()
    reading: Reading | None = None
    candidates: tuple[Candidate, ...] = ()
    """Likeliest first; `cause` is the first in words."""
    part_of: str | None = None
    """Key of the case that explains this one, which then has no card of its own."""
    simulated: bool


class Alert(Record):
    """A case with its newest finding and what people did about it."""

    id: str
    finding: Finding
    state: AlertState
    version: int
    opened_on: date
    opened_at: UtcDatetime
    times_seen: int
    acknowledged_by: str | None = None
    snoozed_until: UtcDatetime | None = None
    updated_at: UtcDatetime


class OutcomeScore(StrEnum):
    MET = "met"
    MISSED = "missed"
    CANNOT_TELL = "cannot tell yet"


class Outcome(Record):
    """How one forecast of an executed plan came out."""

    plan_id: str
    kpi: str
    score: OutcomeScore
    text: str
    """For people: the number, the range, the window, or what is being waited for."""
    scored_on: date
    final: bool
    measured: Decimal | None = None
    """What was measured, in the forecast's unit; None where nothing could be, and in rows from before it was kept."""

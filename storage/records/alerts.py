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

    @property
    def rank(self) -> int:
        """Rises with how bad it is."""
        return tuple(Severity).index(self)


class AlertState(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RECOVERED = "recovered"


class Pattern(StrEnum):
    """What a departure looks like; None in a finding where there is no series to look at."""

    SPIKE = "spike"
    """Away on one or two days so far."""
    LEVEL_SHIFT = "level_shift"
    """Away, and it stayed."""
    TREND_BREAK = "trend_break"
    """Away, and going further."""
    VARIANCE_CHANGE = "variance_change"
    """From day to day it moves much more or much less than before."""
    MISSING = "missing_data"
    TRACKING_BREAK = "tracking_break"
    """Clicks go on, conversions vanish."""
    PROXY_TRAP = "proxy_trap"
    """What stands for the outcome rises, and the outcome does not."""
    POPULATION = "population_drift"
    """The spread of a feature over campaigns is another one."""
    FORECAST = "forecast_degraded"
    """Forecasts hit less often than they claim."""


class LearntKind(StrEnum):
    """How a case ended by a person's word."""

    EXPECTED = "expected"
    """It was meant to happen: the new level is the normal one."""
    REBASELINED = "rebaselined"
    """What was before a day says nothing any more: normal is learnt afresh."""


class Certainty(StrEnum):
    """How far a cause may be believed; only a controlled experiment shows a cause."""

    CAUSED = "caused"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Reading(Record):
    """What was measured beside what was expected, in its own unit; amounts and counts are means a day."""

    kpi: str | None = None
    """Of which KPI, where it is another than the finding's: a broken tag is measured in conversions an order."""
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
    """Something that happened near a case in time and in the graph, with what speaks for and against it as a cause."""

    kind: str
    """change, channel, creative, price, stock, tracking, data, outside or unknown."""
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
    pattern: Pattern | None = None
    channel: str | None = None
    """As facts name it, to ask the KPI engine by; None for all channels."""
    campaign_id: str | None = None
    since: date | None = None
    """First day of the departure, as far as it can be told."""
    source: str = ""
    """The one whose data show it; empty where that is not one, and in findings from before it was kept."""
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
    shown_from: UtcDatetime | None = None
    """From when on it has a card of its own; None while it is a line of the digest or part of another case."""
    assigned_to: str | None = None
    """The person whom somebody asked to take it."""
    escalated: int = 0
    """How many rungs of the ladder were climbed."""
    escalated_to: tuple[str, ...] = ()
    learnt: LearntKind | None = None
    """Of a recovered one: that a person said so, and how; None where the data did."""
    learnt_by: str | None = None
    learnt_why: str = ""
    """In the person's own words; untrusted."""


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

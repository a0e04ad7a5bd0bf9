"""What a dashboard shows: facts as they were at one moment, kept so that the same view can be opened again."""

from datetime import date
from decimal import Decimal

from storage.records.alerts import Candidate, Reading
from storage.records.kpis import KpiAnswer
from storage.records.record import Record, UtcDatetime

ABOVE_ALL_MS = 2_147_483_647
"""The bound of the last bucket of a latency: no wait is longer."""


class LatencyBucket(Record):
    """How many waits of one kind on one day (UTC) were no longer than the bound and longer than the one before it."""

    day: date
    what: str
    """ack, card, ask, dashboard, or job:NAME."""
    bound_ms: int
    count: int
    failed: int
    """Those of them that ended in an error."""
    total_us: int


class CaseLine(Record):
    """One alert; names of what it is about are untrusted text. People are left out."""

    id: str
    severity: str
    state: str
    kpi: str
    entity: str
    title: str
    cause: str
    suspect_plan: str | None
    opened_on: date
    last_seen_on: date
    times_seen: int
    pattern: str | None = None
    """What the departure looks like: spike, level_shift …"""
    reading: Reading | None = None
    candidates: tuple[Candidate, ...] = ()
    """Likeliest first."""
    part_of: str | None = None
    """The case that explains this one."""
    escalated: bool = False
    learnt: str | None = None
    """That a person, not the data, ended it, and how."""
    review: str | None = None
    """Where its structured review stands; None without one."""
    due_at: UtcDatetime | None = None
    """When the next step of the review is due."""


class PlanStep(Record):
    """One step of a plan's life, as the trail tells it."""

    words: str
    at: UtcDatetime


class PlanLine(Record):
    """One plan on the timeline; the title may hold untrusted names."""

    id: str
    kind: str
    title: str
    state: str
    agent: str
    proposed_on: date
    """The newest complete day of data it was made with."""
    done_on: date | None
    """The data day on which its last change was applied."""
    restores: str | None
    rolled_back_by: str | None
    steps: tuple[PlanStep, ...] = ()
    trace_id: str | None = None


class LatencyLine(Record):
    """How long one kind of wait took over the days of a view; percentiles are upper ends of buckets."""

    what: str
    count: int
    failed: int
    p50_ms: int
    p95_ms: int
    p99_ms: int
    """ABOVE_ALL_MS where it lies beyond the last bound."""
    target_ms: int | None = None
    within_target: int | None = None
    """How many were no longer than the target."""


class Tally(Record):
    """One thing counted, with how many of it went well."""

    what: str
    well: int
    all: int


class RuleLine(Record):
    """One rule and how often it stood in a plan's way."""

    policy: str
    text: str
    refused: int
    """Verdicts that refused a plan and name it."""
    plans: tuple[str, ...]
    """The newest of the plans concerned."""


class FlawLine(Record):
    """A change that was written without the approval that the rules demanded."""

    plan_id: str
    key: str
    words: str
    at: UtcDatetime


class GovernanceLine(Record):
    """How people and rules decided over the days of a view."""

    changes: int
    valid: int
    decided: int
    median_minutes: Decimal | None
    rejected: int
    expired: int
    escalated: int
    overridden: int
    freezes: int


class EvaluationLine(Record):
    """One measure that was taken of a model."""

    measure: str
    words: str
    passed: bool | None
    at: UtcDatetime


class ModelLine(Record):
    """What is in production under one name, and how it does."""

    name: str
    version: int
    kind: str
    owner: str
    since: UtcDatetime
    """When this version went into production."""
    sha256: str
    evaluations: tuple[EvaluationLine, ...] = ()


class Header(Record):
    """What a whole view is of."""

    as_of: UtcDatetime
    days: int
    first: date | None
    """The data days of the trends; None without any data."""
    last: date | None
    zone: str
    """The team's zone, in which moments are written."""
    simulated: bool
    rules: str
    """The edition of the rules in force, in words; empty where none can be trusted."""


class Totals(Record):
    """How many there are of what a view lists the newest of."""

    open_cases: int
    ended_cases: int
    """Of the days of the view."""
    plans: int


class Snapshot(Record):
    """Everything that one view shows."""

    header: Header
    trends: tuple[KpiAnswer, ...] = ()
    cases: tuple[CaseLine, ...] = ()
    plans: tuple[PlanLine, ...] = ()
    latencies: tuple[LatencyLine, ...] = ()
    successes: tuple[Tally, ...] = ()
    governance: GovernanceLine | None = None
    rules: tuple[RuleLine, ...] = ()
    flaws: tuple[FlawLine, ...] = ()
    models: tuple[ModelLine, ...] = ()
    totals: Totals | None = None
    """None in views from before they were counted."""


class View(Record):
    """One view that was opened: its id and moment, without what it shows."""

    number: int
    as_of: UtcDatetime
    days: int

    @property
    def id(self) -> str:
        return f"VIEW-{self.number}"

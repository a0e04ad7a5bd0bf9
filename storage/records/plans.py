"""A plan: immutable data that says what an agent wants to change, why, and when it stops."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import Field, model_validator

from storage.records.money import Money
from storage.records.record import Record, UtcDatetime, digest_of

Value = Money | str
"""What a field of a resource holds: money for budgets, text for everything else."""


class PlanKind(StrEnum):
    BUDGET = "budget"
    """Daily budgets, and campaigns paused or resumed."""
    CONTENT = "content"
    """What is published."""
    OFFER = "offer"
    """Prices and discounts."""
    AUDIENCE = "audience"
    """Who is addressed."""
    POLICY = "policy"
    """The rules themselves."""
    ROLLBACK = "rollback"


class Resource(Record):
    """One thing on a channel that can be changed; `name` comes from data and is untrusted text."""

    channel: str
    kind: str = "campaign"
    id: str
    name: str

    @property
    def key(self) -> str:
        """Names the resource across channels; two plans with a key in common are in conflict."""
        return f"{self.channel}/{self.kind}/{self.id}"


class Change(Record):
    """One field of one resource, from the value seen while planning to the value wanted."""

    id: str
    resource: Resource
    field: str
    before: Value
    after: Value
    unit: str
    expected_version: str
    """The channel's version of the resource while planning; writing is refused if it has moved on."""


class Forecast(Record):
    """What a KPI is expected to do over a window of days, as a range: never a point alone."""

    kpi: str
    unit: str
    first: date
    last: date
    baseline: Decimal
    """The expected value if nothing is changed."""
    low: Decimal
    middle: Decimal
    high: Decimal
    coverage: Decimal = Decimal("0.8")
    """Share of outcomes that the range is meant to hold, 0 to 1."""

    @model_validator(mode="after")
    def _ordered(self) -> "Forecast":
        if not self.low <= self.middle <= self.high:
            raise ValueError(f"forecast of {self.kpi}: {self.low} ≤ {self.middle} ≤ {self.high} does not hold")
        if self.last < self.first:
            raise ValueError(f"forecast of {self.kpi} ends before it starts")
        return self


class ExitCriterion(Record):
    """When the plan counts as failed: the KPI on the wrong side of the threshold after so many days."""

    kpi: str
    unit: str
    side: Literal["below", "above"]
    threshold: Decimal
    after_days: int = Field(ge=1)


class Evidence(Record):
    """A lineage id behind the plan, such as `load:01J…` or `fit:…`, with words for people."""

    id: str
    label: str


class Plan(Record):
    """One proposed set of changes; its digest is what a person approves."""

    id: str = Field(pattern=r"^PLAN-[1-9]\d*$")
    revision: int = Field(default=1, ge=1)
    kind: PlanKind = PlanKind.BUDGET
    title: str
    why: tuple[str, ...]
    agent: str
    agent_version: str
    requested_by: str | None = None
    """The person who asked for the plan, or who edited this revision; they cannot be its only approver."""
    changes: tuple[Change, ...] = Field(min_length=1)
    forecasts: tuple[Forecast, ...] = ()
    kpis: tuple[str, ...] = ()
    slas: tuple[str, ...] = ()
    exit_criteria: tuple[ExitCriterion, ...] = ()
    depends_on: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    money_at_risk: Money
    """The most that can be spent differently from today before the plan is judged or expires."""
    irreversible: tuple[str, ...] = ()
    created_at: UtcDatetime
    expires_at: UtcDatetime
    data_day: date
    """The newest complete day of data the plan was made with, in the source's calendar."""
    data_known_at: UtcDatetime | None = None
    simulated: bool
    restores: str | None = None
    """For a rollback: the plan whose changes are taken back."""
    versions: dict[str, str] = Field(default_factory=dict)
    """Versions the plan was made with: data, model, agent."""

    @property
    def digest(self) -> str:
        """sha256 of the canonical form; changes if and only if the plan does.

        Not cached: a copy with other fields would carry the old digest along.
        """
        return digest_of(self)

    @property
    def resource_keys(self) -> tuple[str, ...]:
        return tuple(sorted({change.resource.key for change in self.changes}))


def raised_per_day(changes: Iterable[Change], currency: str) -> Money:
    """What the changes let be spent more a day: the sum of the raises, cuts not set against them."""
    raises = [
        change.after.minor - change.before.minor
        for change in changes
        if isinstance(change.after, Money) and isinstance(change.before, Money)
    ]
    return Money(minor=sum(each for each in raises if each > 0), currency=currency)


class PlanState(StrEnum):
    """Where a plan is in its life; transitions are in `agents.lifecycle.states`."""

    PROPOSED = "proposed"
    HELD = "held"
    WAITING = "waiting"
    APPROVED = "approved"
    EXECUTING = "executing"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    ROLLED_BACK = "rolled_back"


class PlanStatus(Record):
    """The plan of one revision with its state; `version` rises with every change that people should see."""

    plan: Plan
    state: PlanState
    version: int
    since: UtcDatetime
    note: str = ""
    """Why it is in this state, for people: the conflict it is held for, the error that failed it."""

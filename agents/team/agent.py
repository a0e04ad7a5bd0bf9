"""What every agent is: a pure function from a brief to a proposal, or to a reason for none."""

from datetime import date, datetime
from typing import Protocol

from pydantic import Field

from agents.team.brief import Brief
from storage.records.money import Money
from storage.records.plans import Change, Evidence, ExitCriterion, Forecast, Plan, PlanKind
from storage.records.record import Record

JUDGED_AFTER_DAYS = 7
"""Days after execution at which a plan is judged: until then what it raises is at risk."""


class Proposal(Record):
    """A plan without what only the caller can give: id, time of creation, expiry."""

    kind: PlanKind = PlanKind.BUDGET
    title: str
    why: tuple[str, ...]
    agent: str
    agent_version: str
    changes: tuple[Change, ...] = Field(min_length=1)
    forecasts: tuple[Forecast, ...] = ()
    kpis: tuple[str, ...] = ()
    slas: tuple[str, ...] = ()
    exit_criteria: tuple[ExitCriterion, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    money_at_risk: Money
    irreversible: tuple[str, ...] = ()
    data_day: date
    data_known_at: datetime | None = None
    simulated: bool
    versions: dict[str, str] = Field(default_factory=dict)

    def as_plan(
        self,
        *,
        id: str,  # noqa: A002 - the plan's own word
        created_at: datetime,
        expires_at: datetime,
        requested_by: str | None = None,
    ) -> Plan:
        """The plan that people see; equal proposals under equal ids and times have equal digests."""
        return Plan(
            id=id,
            created_at=created_at,
            expires_at=expires_at,
            requested_by=requested_by,
            **{name: getattr(self, name) for name in type(self).model_fields},
        )


class KeepThePlan(Record):
    """The agent looked and would change nothing; `reason` holds the numbers, for people."""

    reason: str
    agent: str
    agent_version: str
    data_day: date


class NotEnoughData(Record):
    """The agent cannot judge yet; `reason` says what is missing, for people."""

    reason: str
    agent: str
    agent_version: str
    data_day: date


Answer = Proposal | KeepThePlan | NotEnoughData


class Agent(Protocol):
    """Thinks, and cannot act: it is given facts and returns a value."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str:
        """Changes whenever the same brief could give another proposal."""

    @property
    def does(self) -> str:
        """One sentence for people."""

    @property
    def kinds(self) -> tuple[PlanKind, ...]: ...

    def propose(self, brief: Brief) -> Answer: ...

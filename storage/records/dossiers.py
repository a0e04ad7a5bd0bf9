"""Everything recorded about one plan, and what taking it back would do."""

from datetime import datetime

from pydantic import Field

from storage.records.alerts import Outcome
from storage.records.executions import Execution, FieldState
from storage.records.nudges import Nudge
from storage.records.people import Person
from storage.records.plans import Change, PlanStatus, Value
from storage.records.policies import Impact
from storage.records.record import Record
from storage.records.stops import Freeze
from storage.records.verdicts import Decision, GateProgress, Verdict


class Dossier(Record):
    """One plan with all that people and channels did to it; what a card is drawn from."""

    status: PlanStatus
    verdict: Verdict | None = None
    decisions: tuple[Decision, ...] = ()
    """Of the current revision, oldest first."""
    executions: tuple[Execution, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    people: dict[str, Person] = Field(default_factory=dict)
    """By id, all who are named anywhere in it."""
    approvers: tuple[Person, ...] = ()
    """Who may approve this revision now; empty once it is decided."""
    rolled_back_by: str | None = None
    """The rollback plan that is taking, or has taken, this one back."""
    progress: tuple[GateProgress, ...] = ()
    """Of each gate of the verdict, as far as the decisions go."""
    starts_at: datetime | None = None
    """When an approved plan may be carried out, if a rule wants time to think better of it."""
    freezes: tuple[Freeze, ...] = ()
    """Those that stop this plan now."""
    impact: Impact | None = None
    """Of a plan that changes the rules: what they would have said of past decisions."""
    nudges: tuple[Nudge, ...] = ()
    """Whom this revision has asked, oldest first."""


class Restoration(Record):
    """One change of a plan and what a rollback would do about it."""

    change: Change
    now: FieldState
    """The field as the channel holds it at the moment of the preview."""
    restores_to: Value
    conflict: str = ""
    """Why it is left alone unless someone insists: a later edit by someone else, in words with the values."""
    done: bool = False
    """Already holds the value from before the plan."""


class RollbackPreview(Record):
    """What a rollback would restore and what is gone for good."""

    plan: PlanStatus
    items: tuple[Restoration, ...]
    gone_for_good: tuple[str, ...]
    nothing_to_do: str = ""
    """Words for people if there is nothing to roll back: never executed, already rolled back."""

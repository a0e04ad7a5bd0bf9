"""Names of everything that can be clicked or submitted, and the values that buttons carry.

A value names a thing and never carries it: a plan by id, revision and the digest that was shown, an
alert by id. So a click on an old card is known to be old, and a forged value can only name what its
sender could name anyway. Values are decoded strictly: what `encode` of this version did not write is
refused.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class MalformedButton(ValueError):
    """Raised when a value or a view's metadata was not written by us, or by another version of us."""

    def __init__(self, value: str) -> None:
        super().__init__(f"not a button value of this version: {value[:80]!r}")
        self.value = value


class ActionId(StrEnum):
    """`action_id` of every element that reports a click; the value's type is given in brackets."""

    PLAN_APPROVE = "plan.approve"  # PlanRef
    PLAN_EDIT = "plan.edit"  # PlanRef
    PLAN_REJECT = "plan.reject"  # PlanRef
    PLAN_WHY = "plan.why"  # PlanRef
    PLAN_ROLLBACK = "plan.rollback"  # PlanName: opens the preview
    ALERT_ACKNOWLEDGE = "alert.acknowledge"  # AlertRef
    ALERT_SNOOZE = "alert.snooze"  # SnoozeRef, as selected_option.value
    KPI_ASK = "kpi.ask"  # Question: the same as typing it; several in a row end in .0, .1 …


class CallbackId(StrEnum):
    """`callback_id` of every view; what its private_metadata holds is given in brackets."""

    HOME = "home"  # nothing
    LOADING = "loading"  # nothing
    PLAN_EDIT = "plan.edit"  # PlanRef
    PLAN_REJECT = "plan.reject"  # PlanRef
    PLAN_WHY = "plan.why"  # PlanRef
    ROLLBACK_PICK = "rollback.pick"  # nothing
    ROLLBACK_CONFIRM = "rollback.confirm"  # PlanRef of the plan that is taken back


_PLAN = re.compile(r"PLAN-[1-9][0-9]{0,17}")
_ALERT = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,79}")
_REVISION = re.compile(r"[1-9][0-9]{0,8}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_DAYS = re.compile(r"[1-9][0-9]{0,2}")
_QUESTION = re.compile(r"[^\x00-\x1f\x7f]{1,300}")


@dataclass(frozen=True)
class PlanRef:
    """One revision of a plan exactly as it was shown."""

    plan_id: str
    revision: int
    digest: str

    def encode(self) -> str:
        return _join("plan.1", self.plan_id, str(self.revision), self.digest)

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        plan_id, revision, digest = _split(value, "plan.1", _PLAN, _REVISION, _DIGEST)
        return cls(plan_id, int(revision), digest)


@dataclass(frozen=True)
class PlanName:
    """A plan whatever its revision."""

    plan_id: str

    def encode(self) -> str:
        return _join("name.1", self.plan_id)

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        (plan_id,) = _split(value, "name.1", _PLAN)
        return cls(plan_id)


@dataclass(frozen=True)
class AlertRef:
    """An alert."""

    alert_id: str

    def encode(self) -> str:
        return _join("alert.1", self.alert_id)

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        (alert_id,) = _split(value, "alert.1", _ALERT)
        return cls(alert_id)


@dataclass(frozen=True)
class SnoozeRef:
    """An alert and for how many days it should be quiet."""

    alert_id: str
    days: int

    def encode(self) -> str:
        return _join("snooze.1", self.alert_id, str(self.days))

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        alert_id, days = _split(value, "snooze.1", _ALERT, _DAYS)
        return cls(alert_id, int(days))


@dataclass(frozen=True)
class Question:
    """A question that a button asks in the person's place."""

    text: str

    def encode(self) -> str:
        return _join("ask.1", self.text)

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        (text,) = _split(value, "ask.1", _QUESTION)
        return cls(text)


def _join(*parts: str) -> str:
    return ":".join(parts)


def _split(value: str, version: str, *patterns: re.Pattern[str]) -> list[str]:
    # The last part may hold colons of its own.
    prefix, *parts = value.split(":", len(patterns))
    if prefix != version or len(parts) != len(patterns):
        raise MalformedButton(value)
    if not all(pattern.fullmatch(part) for pattern, part in zip(patterns, parts, strict=True)):
        raise MalformedButton(value)
    return parts

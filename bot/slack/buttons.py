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

from bot.slack.values import MalformedButton, join, split


class ActionId(StrEnum):
    """`action_id` of every element that reports a click; the value's type is given in brackets."""

    PLAN_APPROVE = "plan.approve"  # PlanRef
    PLAN_EDIT = "plan.edit"  # PlanRef
    PLAN_REJECT = "plan.reject"  # PlanRef
    PLAN_WHY = "plan.why"  # PlanRef
    PLAN_ROLLBACK = "plan.rollback"  # PlanName: opens the preview
    PLAN_WITHDRAW = "plan.withdraw"  # PlanRef: takes back one's own approval
    PLAN_MORE = "plan.more"  # MenuRef, as selected_option.value
    PLAN_OPEN = "plan.open"  # PlanName: a link to the card; Slack reports the click all the same
    FREEZE_THAW = "freeze.thaw"  # FreezeRef: opens the dialog
    GLASS_FINE = "glass.fine"  # GlassRef: reviewed, nothing to object to
    GLASS_CONCERN = "glass.concern"  # GlassRef: opens the dialog
    HOME_PICK = "home.pick"  # boxes of PlanRef, read from the view's state when a button below is pressed
    HOME_APPROVE = "home.approve"  # PageRef: opens the dialog for what is ticked
    HOME_REJECT = "home.reject"  # PageRef: the same
    HOME_PAGE = "home.page"  # PageRef: shows that page; two in a row end in .back and .on
    HOME_FREEZE = "home.freeze"  # PageRef: opens the dialog
    HOME_DELEGATE = "home.delegate"  # PageRef: opens the dialog
    DELEGATION_END = "delegation.end"  # DelegationRef
    ALERT_ACKNOWLEDGE = "alert.acknowledge"  # AlertRef
    ALERT_SNOOZE = "alert.snooze"  # SnoozeRef, as selected_option.value
    ALERT_SUSPECTS = "alert.suspects"  # AlertRef: opens the dialog
    ALERT_REVIEW = "alert.review"  # AlertRef: opens the form for the next step of its review
    ALERT_MORE = "alert.more"  # AlertMenuRef, as selected_option.value: opens a form
    ALERT_MUTE = "alert.mute"  # MuteRef, as selected_option.value
    ALERT_OPEN = "alert.open"  # AlertRef: a link to the card; Slack reports the click all the same
    QUESTION_ANSWER = "question.answer"  # AnswerRef; several in a row end in .0, .1 …
    DATA_PICTURE = "data.picture"  # PageRef of no meaning: opens the dialog
    DATA_SET_ASIDE = "data.set_aside"  # LoadRef: opens the dialog
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
    PLAN_HAND_OVER = "plan.hand_over"  # PlanRef
    PLAN_ASK = "plan.ask"  # PlanRef
    BULK = "bulk"  # BulkRef
    FREEZE = "freeze"  # nothing
    THAW = "thaw"  # nothing; the choices are FreezeRefs
    BREAK_GLASS = "glass.break"  # nothing
    GLASS_CONCERN = "glass.concern"  # GlassRef
    DELEGATE = "delegate"  # nothing
    POLICY_PROPOSE = "policy.propose"  # nothing
    ALERT_SUSPECTS = "alert.suspects"  # nothing
    ALERT_ASSIGN = "alert.assign"  # AlertRef
    ALERT_SNOOZE = "alert.snooze"  # AlertRef
    ALERT_EXPECT = "alert.expect"  # AlertRef
    ALERT_REBASELINE = "alert.rebaseline"  # AlertRef
    ALERT_ESCALATE = "alert.escalate"  # AlertRef
    REVIEW_DIAGNOSE = "review.diagnose"  # AlertRef
    REVIEW_ACT = "review.act"  # AlertRef
    REVIEW_VERIFY = "review.verify"  # AlertRef


class PlanChoice(StrEnum):
    """What the menu of a plan offers; a menu holds five at most, so cards and messages offer different ones."""

    HAND_OVER = "hand_over"
    ASK = "ask"
    REMIND = "remind"
    QUIET_1_HOUR = "quiet_1h"
    QUIET_4_HOURS = "quiet_4h"
    QUIET_TOMORROW = "quiet_tomorrow"


class BulkVerb(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"


MOST_BULK = 25
"""Plans in one bulk decision: a view remembers 3,000 characters, and nobody reads more lines with care."""


_PLAN = re.compile(r"PLAN-[1-9][0-9]{0,17}")
_ALERT = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,79}")
_REVISION = re.compile(r"[1-9][0-9]{0,8}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_BINDING = re.compile(r"(?:[0-9a-f]{16})?")
_PLAN_PARTS = (_PLAN, _REVISION, _DIGEST, _BINDING)
_DAYS = re.compile(r"[1-9][0-9]{0,2}")
_QUESTION = re.compile(r"[^\x00-\x1f\x7f]{1,300}")
_CHOICE = re.compile("|".join(PlanChoice))
_VERB = re.compile("|".join(BulkVerb))
_FREEZE = re.compile(r"FREEZE-[1-9][0-9]{0,17}|all")
_GLASS = re.compile(r"GLASS-[1-9][0-9]{0,17}")
_DELEGATION = re.compile(r"DELEGATION-[1-9][0-9]{0,17}")
_PAGE = re.compile(r"[1-9][0-9]{0,3}")
_BULK = re.compile(r"[A-Za-z0-9,;-]{1,2900}")


@dataclass(frozen=True)
class PlanRef:
    """One revision of a plan exactly as it was shown, with a mark of the gates that were shown with it."""

    plan_id: str
    revision: int
    digest: str
    binding: str = ""
    """`approvals.binding_of` the verdict; empty where what is pressed approves nothing."""

    @property
    def parts(self) -> tuple[str, ...]:
        return (self.plan_id, str(self.revision), self.digest, self.binding)

    def encode(self) -> str:
        return join("plan.2", *self.parts)

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        plan_id, revision, digest, binding = split(value, "plan.2", *_PLAN_PARTS)
        return cls(plan_id, int(revision), digest, binding)


@dataclass(frozen=True)
class PlanName:
    """A plan whatever its revision."""

    plan_id: str

    def encode(self) -> str:
        return join("name.1", self.plan_id)

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        (plan_id,) = split(value, "name.1", _PLAN)
        return cls(plan_id)


@dataclass(frozen=True)
class MenuRef:
    """One choice from a plan's menu, and the plan as it was shown."""

    choice: PlanChoice
    plan: PlanRef

    def encode(self) -> str:
        return join("menu.1", self.choice, *self.plan.parts)

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        choice, *parts = split(value, "menu.1", _CHOICE, *_PLAN_PARTS)
        return cls(PlanChoice(choice), PlanRef.decode(join("plan.2", *parts)))


@dataclass(frozen=True)
class BulkRef:
    """What a bulk decision is about: each plan exactly as it was shown when it was ticked."""

    verb: BulkVerb
    plans: tuple[PlanRef, ...]

    def encode(self) -> str:
        named = (",".join(one.parts) for one in self.plans)
        return join("bulk.1", self.verb, ";".join(named))

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else, names a plan twice or more than MOST_BULK."""
        verb, named = split(value, "bulk.1", _VERB, _BULK)
        plans = tuple(PlanRef.decode(join("plan.2", *one.split(","))) for one in named.split(";"))
        if len({one.plan_id for one in plans}) != len(plans) or len(plans) > MOST_BULK:
            raise MalformedButton(value)
        return cls(BulkVerb(verb), plans)


@dataclass(frozen=True)
class FreezeRef:
    """A freeze, or with "all" every one in force."""

    freeze_id: str

    def encode(self) -> str:
        return join("freeze.1", self.freeze_id)

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        (freeze_id,) = split(value, "freeze.1", _FREEZE)
        return cls(freeze_id)


@dataclass(frozen=True)
class GlassRef:
    """One broken glass."""

    glass_id: str

    def encode(self) -> str:
        return join("glass.1", self.glass_id)

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        (glass_id,) = split(value, "glass.1", _GLASS)
        return cls(glass_id)


@dataclass(frozen=True)
class DelegationRef:
    """A delegation."""

    delegation_id: str

    def encode(self) -> str:
        return join("delegation.1", self.delegation_id)

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        (delegation_id,) = split(value, "delegation.1", _DELEGATION)
        return cls(delegation_id)


@dataclass(frozen=True)
class PageRef:
    """A page of App Home, from 1."""

    page: int

    def encode(self) -> str:
        return join("page.1", str(self.page))

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        (page,) = split(value, "page.1", _PAGE)
        return cls(int(page))


@dataclass(frozen=True)
class AlertRef:
    """An alert."""

    alert_id: str

    def encode(self) -> str:
        return join("alert.1", self.alert_id)

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        (alert_id,) = split(value, "alert.1", _ALERT)
        return cls(alert_id)


@dataclass(frozen=True)
class SnoozeRef:
    """An alert and for how many days it should be quiet."""

    alert_id: str
    days: int

    def encode(self) -> str:
        return join("snooze.1", self.alert_id, str(self.days))

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        alert_id, days = split(value, "snooze.1", _ALERT, _DAYS)
        return cls(alert_id, int(days))


@dataclass(frozen=True)
class Question:
    """A question that a button asks in the person's place."""

    text: str

    def encode(self) -> str:
        return join("ask.1", self.text)

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        (text,) = split(value, "ask.1", _QUESTION)
        return cls(text)

"""The values of buttons about alerts: a case alone, a choice about it, and quiet for a while."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from bot.slack.values import join, split

_ALERT = re.compile(r"ALERT-[1-9][0-9]{0,17}")


class AlertChoice(StrEnum):
    """What the menu of an alert's card offers beside its buttons: five at most."""

    ASSIGN = "assign"
    SNOOZE_UNTIL = "snooze_until"
    EXPECT = "expect"
    REBASELINE = "rebaseline"
    ESCALATE = "escalate"


class MuteChoice(StrEnum):
    """What whoever has a message about an alert may not want to hear, and for how long."""

    CASE_1_WEEK = "case_7d"
    ALL_1_DAY = "all_1d"
    ALL_1_WEEK = "all_7d"
    NONE = "none"
    """No more of that: everything is told again."""


_CHOICE = re.compile("|".join(AlertChoice))
_MUTE = re.compile("|".join(MuteChoice))


@dataclass(frozen=True)
class AlertMenuRef:
    """One choice from an alert's menu."""

    choice: AlertChoice
    alert_id: str

    def encode(self) -> str:
        return join("alert_menu.1", self.choice, self.alert_id)

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        choice, alert_id = split(value, "alert_menu.1", _CHOICE, _ALERT)
        return cls(AlertChoice(choice), alert_id)


@dataclass(frozen=True)
class MuteRef:
    """What one person does not want to hear for a while, and the alert beside which they said so."""

    choice: MuteChoice
    alert_id: str

    def encode(self) -> str:
        return join("mute.1", self.choice, self.alert_id)

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        choice, alert_id = split(value, "mute.1", _MUTE, _ALERT)
        return cls(MuteChoice(choice), alert_id)

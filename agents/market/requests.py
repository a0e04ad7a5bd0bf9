"""What is asked of a platform, and how it says no, in a platform's own words: adapters translate them."""

from dataclasses import dataclass
from datetime import datetime

from storage.records.executions import FieldState
from storage.records.plans import Value
from storage.records.record import Record, UtcDatetime


@dataclass(frozen=True, slots=True)
class EditRequest:
    """One field of one campaign to be set, once under its key, from a version that the caller has seen."""

    channel: str
    campaign_id: str
    field: str
    value: Value
    key: str
    expected_version: str
    actor: str


class LoggedChange(Record):
    """One entry of a platform's change log; the campaign's name is untrusted text."""

    channel: str
    campaign_id: str
    campaign: str
    field: str
    before: Value
    after: Value
    actor: str
    at: UtcDatetime
    version: str


class MarketMissing(Exception):
    """Raised when the home holds no market yet; somebody must make one."""


class MarketExists(Exception):
    """Raised when a market would be made where there is one: time cannot be started twice."""


class EditFailed(Exception):
    """Base of the ways in which a platform fails an edit; the message is for people."""


class EditInvalid(EditFailed):
    """Raised when the platform will never take the edit as it is."""


class CampaignUnknown(EditInvalid):
    """Raised when the channel has no such campaign."""


class VersionStale(EditFailed):
    """Raised when somebody edited the campaign since the caller read it."""

    def __init__(self, campaign_id: str, found: FieldState) -> None:
        super().__init__(f"{campaign_id} is at version {found.version} now")
        self.found = found


class EditsBlocked(EditFailed):
    """Raised when there were too many edits; nothing was applied. Times are simulated."""

    def __init__(self, message: str, *, until: datetime, wait_s: float) -> None:
        super().__init__(message)
        self.until = until
        self.wait_s = wait_s


class ServerFault(EditFailed):
    """Raised on an injected 5xx: nothing was applied, or a question got no answer."""


class TimedOut(EditFailed):
    """Raised on an injected time-out: the edit may be applied or not, and the caller cannot know."""

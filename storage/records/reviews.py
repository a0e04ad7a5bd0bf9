"""A review: the walk of one case from open to verified, with who answers for it and by when."""

from datetime import date
from enum import StrEnum

from storage.records.alerts import Certainty, Severity
from storage.records.record import Record, UtcDatetime

NOISE = "noise"
"""The diagnosis that nothing was wrong."""


class ReviewState(StrEnum):
    """Where a review is; what may follow what is in `agents.lifecycle.walk`."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    DIAGNOSED = "diagnosed"
    ACTED = "acted"
    VERIFIED = "verified"
    LAPSED = "lapsed"
    """The data went back to normal before anybody acted."""


class Remedy(StrEnum):
    """What people may do about a diagnosed case."""

    RECALIBRATE = "recalibrate"
    """Other settings of the detector or the forecast, which a second person agrees to."""
    ROLL_BACK = "roll_back"
    ACCEPT = "accept"
    """It is so and stays so: the new level is the normal one."""


class Intervention(StrEnum):
    """What the team lets happen by itself to a large case."""

    NONE = "none"
    HOLD = "hold"
    """No plan writes in its scope until somebody has looked."""
    PAUSE = "pause"
    """Its campaigns are paused, by a plan that is reviewed like every other."""


class Diagnosis(Record):
    """What a person holds for the cause."""

    kind: str
    """As of a candidate (change, channel, creative, …), or NOISE."""
    ref: str | None = None
    words: str
    """The candidate in a sentence; untrusted where it holds names."""
    certainty: Certainty
    said: str = ""
    """The person's own words."""
    by: str
    at: UtcDatetime


class Taken(Record):
    """The remedy that a person chose."""

    remedy: Remedy
    why: str
    by: str
    at: UtcDatetime
    data_day: date
    """The newest day on which the case was seen before."""
    ref: str | None = None
    """The plan that takes back, or the question that asks for other settings."""
    words: str = ""
    """What came of it at once, for people."""


class Verification(Record):
    """Who or what says that the case is over."""

    words: str
    by: str
    """A person's id, or `system` for the data themselves."""
    at: UtcDatetime


class Automatic(Record):
    """What happened by itself when the case was large, and what became of it."""

    kind: Intervention
    ref: str | None = None
    """The freeze or the plan; None where nothing could be done."""
    words: str
    at: UtcDatetime
    ended_at: UtcDatetime | None = None
    pending: bool = False
    """Whether somebody is at it: the plan is still to be filed."""


class ReviewStep(Record):
    """One step of the walk, as it is told."""

    state: ReviewState
    at: UtcDatetime
    by: str
    words: str


class Review(Record):
    """One case under review; its id is that of the alert."""

    alert_id: str
    key: str
    kpi: str
    entity: str
    channel: str = ""
    """Empty for a case of all channels."""
    brand: str | None = ""
    """The one brand of what it is about; empty where there are several, None until a source could be asked."""
    severity: Severity
    simulated: bool
    state: ReviewState
    version: int
    owner: str | None = None
    """Id of the person who answers for it; None until somebody takes it."""
    opened_at: UtcDatetime
    since: UtcDatetime
    """When it came into its state."""
    due_at: UtcDatetime | None
    """When the next step is due; None once it waits for the data alone, or is over."""
    late: int = 0
    """How often people of the next rung were called in because the present step was late."""
    diagnosis: Diagnosis | None = None
    taken: Taken | None = None
    verification: Verification | None = None
    automatic: Automatic | None = None
    steps: tuple[ReviewStep, ...] = ()

    @property
    def is_over(self) -> bool:
        return self.state in (ReviewState.VERIFIED, ReviewState.LAPSED)

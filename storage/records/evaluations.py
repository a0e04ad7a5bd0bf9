"""An evaluation: how something that decisions are made with did against what came, and whether that is good enough."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from storage.records.record import Record, UtcDatetime


class Measure(StrEnum):
    """What is measured; each has one unit and one direction, see `agents.lifecycle.evaluations.evaluate`."""

    OUTCOME_COVERAGE = "outcome_coverage"
    """Share of final outcomes of plans that fell into their forecast's range."""
    OUTCOME_BIAS = "outcome_bias"
    """Mean of measured ÷ forecast − 1 over final outcomes."""
    HOLD_OUT_COVERAGE = "hold_out_coverage"
    """Share of held-out weeks whose revenue fell into the range that was forecast without them."""
    HOLD_OUT_ERROR = "hold_out_error"
    """Mean absolute error of the held-out weeks' revenue, as a share of that revenue."""
    REJECTED_AGAIN = "rejected_again"
    """Share of changes that people rejected that would be proposed again."""
    CASE_PRECISION = "case_precision"
    """Share of diagnosed cases that were more than noise."""


class Evaluation(Record):
    """One measure of one version, taken at one time on data up to one day."""

    id: str
    subject: str
    """Name in the model registry, such as budget_planner."""
    version: str
    """Of the subject, as plans name it."""
    model: str | None = None
    """The registered settings that it worked with, as in lineage: `model:planner_settings@2`."""
    measure: Measure
    value: Decimal | None
    """A share (0.8 is 80 %); None where there is too little to tell."""
    target: Decimal | None
    """What it should be, in the same unit; None where there is only something to know."""
    passed: bool | None
    """None where there is too little to tell, or nothing to pass."""
    cases: int
    """How many outcomes, weeks, plans or cases it was taken on."""
    first: date | None = None
    last: date | None = None
    """Data days that it was taken on."""
    words: str
    """The result in a sentence, for people."""
    data_version: str | None = None
    simulated: bool
    as_of: date
    """The newest complete day of data when it was taken."""
    at: UtcDatetime

"""An answer of the KPI engine: a number that carries unit, window, zone, currency, freshness and source."""

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from storage.records.record import Record, UtcDatetime


class KpiRow(Record):
    """The KPI of one member of a dimension, or of one day of a series."""

    label: str
    """Untrusted text where it comes from data."""
    value: Decimal | None
    """None where undefined: a denominator of zero."""
    numerator: Decimal | None
    denominator: Decimal | None


class KpiInterval(Record):
    """Where the true value lies with 95 % confidence, in the answer's unit; None where that end cannot be told."""

    low: Decimal | None
    high: Decimal | None


class KpiBeside(Record):
    """Another KPI over the same days, told together: the p90 beside a median."""

    kpi: str
    label: str
    value: Decimal | None
    unit: str
    no_data: bool = False


class KpiAnswer(Record):
    """One KPI over one window; `value` None with rows means undefined, `no_data` says that nothing was found."""

    kpi: str
    label: str
    """The name for people: ROAS, Cost per click."""
    unit: str
    """GBP, ratio, %, count, GBP/click …: value is in this unit (2.5 ratio; 3.1 means 3.1 %)."""
    direction: Literal["higher", "lower", "target", "neutral"]
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    first: date
    last: date
    zone: str
    currency: str | None
    as_of: UtcDatetime
    newest_day: date | None
    """The newest complete day of data behind the answer."""
    provisional: bool
    """A day of the window lies inside the source's restatement window."""
    restatement_days: int = 0
    """How many of the newest days the source may still change."""
    simulated: bool
    sources: tuple[str, ...]
    """Words for people and scripts: "sandbox, load 01J… (84 days)", "google_ads, campaigns.csv"."""
    owner: str
    where: dict[str, str] = Field(default_factory=dict)
    by: str | None = None
    rows: tuple[KpiRow, ...] = ()
    """One a member of `by`, largest denominator or value first."""
    previous: Decimal | None = None
    """The value of the window of equal length just before, None where undefined or without data."""
    previous_first: date | None = None
    series: tuple[KpiRow, ...] = ()
    """One a day, label is the ISO date; for charts."""
    no_data: bool = False
    notes: tuple[str, ...] = ()
    """Caveats for people: censored values, period rows left out, platform-reported."""
    version: str = ""
    """Of the definition: its number and a hash of all that it says, such as 1-3f9ac21b."""
    target: Decimal | None = None
    """What the team aims at, in the answer's unit."""
    interval: KpiInterval | None = None
    """Where the value comes of counts; without a value, `low` is what it is longer than."""
    beside: tuple[KpiBeside, ...] = ()

"""A feature: a named, versioned number about one thing, the same wherever it is read."""

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from storage.records.record import Record, UtcDatetime, digest_of


class FeatureDefinition(Record):
    """What a feature is; its digest tells whether it changed under its version."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)
    version: int = Field(ge=1)
    entity: Literal["campaign"]
    formula: str
    window_days: int = Field(ge=1, le=400)
    ttl_days: int = Field(ge=0, le=400)
    owner: str = Field(min_length=1)
    description: str = Field(min_length=1)

    @property
    def id(self) -> str:
        """`roas_28d@1`"""
        return f"{self.name}@{self.version}"

    @property
    def digest(self) -> str:
        """Of what decides the value; words and owner may be mended."""
        return digest_of([self.name, self.version, self.entity, self.formula, self.window_days])


class FeatureRun(Record):
    """One materialisation: which values became known together."""

    id: str
    simulated: bool
    day: date
    """The newest day that values were made for."""
    first_changed_day: date
    """The oldest day of which a value was made or restated."""
    known_at: UtcDatetime
    """When the facts behind it were known; simulated for simulated facts."""
    loads: tuple[str, ...]
    """Loads of facts that it was the first to take in."""
    rows: int
    lake_version: int


class FeatureProfile(Record):
    """How one feature was distributed over all things on one day: what drift is measured against."""

    feature: str
    version: int
    day: date
    count: int
    missing: int
    quantiles: tuple[Decimal, ...] = ()
    """At 5, 25, 50, 75 and 95 %; empty without values."""

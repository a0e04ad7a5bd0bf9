"""What the KPI engine is asked, and what it reads to answer."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol, get_args

import polars as pl
from pydantic import Field

from agents.kpis.lacking import Lacking
from agents.kpis.windows import Window
from storage.records.record import Record, UtcDatetime

Dimension = Literal[
    "channel",
    "campaign",
    "account",
    "source",
    "currency",
    "day",
    "week",
    "owner",
    "type",
    "team",
    "agent",
    "country",
    "locale",
    "business_unit",
    "pipeline",
    "stage",
    "priority",
    "product",
    "audience",
    "origin",
]
"""Which of them a KPI has depends on what it is of."""
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
FACT_DIMENSIONS: tuple[Dimension, ...] = DIMENSIONS[:7]
"""Those of daily facts."""
FILTERS = ("channel", "campaign", "account", "source", "currency")
"""What `where` may name; a campaign is found by its name or by the platform's id."""


class BadKpiQuery(ValueError):
    """Raised when a question names a dimension or filter that does not exist; says which there are."""


class KpiQuery(Record):
    """One KPI over one window, perhaps split and narrowed."""

    kpi: str
    window: Window
    by: Dimension | None = None
    where: dict[str, str] = Field(default_factory=dict)
    """Filter name → value; case, spaces and underscores do not matter."""
    compare: Window | None = None
    """What to compare with, an earlier window; else the days of equal number just before."""
    order: Literal["size", "highest", "lowest"] = "size"
    """size: largest denominator (or value, where nothing is divided) first. Days and weeks stay in order of time."""
    limit: int | None = Field(default=None, ge=1)
    """How many rows of `by` to keep."""
    as_of: UtcDatetime | None = None
    """Answer with what was known at that moment; None is everything known."""
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    """Answer in this currency, with the dated rates that the team provides; None is each amount in its own."""
    simulated: bool | None = None
    """Force the simulated or the real world; None takes real data if any exists."""


@dataclass(frozen=True)
class FactSlice:
    """Facts of one world, each version as it was known at one moment."""

    frame: pl.DataFrame
    """Columns of storage.lake.facts.FACTS, one version of each fact."""
    sources: tuple[str, ...]
    """Words for people: "sandbox, load 01J… (84 days)"."""
    newest_day: date | None
    """The newest complete day of all data of this world (not of the slice alone); None where it has none at all."""
    restatement_days: int
    """How many of the newest days the source may still change."""
    zone: str
    simulated: bool
    as_of: datetime | None = None
    """The moment whose knowledge this is; None where the reader does not say."""
    notes: tuple[str, ...] = ()
    """Caveats for people: what the reader had to leave out."""
    shop_zone: str | None = None
    """Zone in which the days of the shop's own books are counted, where that is another one or alone is known."""
    shop_notes: tuple[str, ...] = ()
    """Caveats for numbers out of the shop's own books."""
    lacking: tuple[Lacking, ...] = ()
    """Figures that some of the rows do not tell, though their source told them before."""


class FactReader(Protocol):
    """Where the engine's facts come from: the lake."""

    async def facts(self, *, first: date, last: date, as_of: datetime | None, simulated: bool) -> FactSlice:
        """Every fact that touches a day from first to last, rows over a period included, as known at `as_of`.

        None is everything known, in whatever clock the source keeps.

        A world without any data gives an empty frame and newest_day None.
        """

    async def rates(self, *, as_of: datetime | None, simulated: bool) -> pl.DataFrame:
        """All exchange rates known at `as_of`, in the columns of agents.kpis.exchange.RATES."""

"""Facts about data: which load brought it, when it became known, and which campaign states a source shows."""

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from storage.records.money import Money
from storage.records.record import Record, UtcDatetime


class DroppedRow(Record):
    line: int
    reason: str


class Load(Record):
    """One landing of data in the lake; rows of a load are readable only once its record is committed."""

    id: str
    source: str
    """Who said it: `sandbox`, `google_ads`, `meta`, or the declared name of a plain file."""
    path: str
    content_sha256: str
    layout: str
    simulated: bool
    known_at: UtcDatetime
    zone: str = "UTC"
    """IANA zone in which the source counts its days."""
    restatement_days: int = 0
    """How many of the source's newest days may still change after this load."""
    first_day: date
    last_day: date
    campaigns: int
    days: int
    rows_read: int
    rows_dropped: tuple[DroppedRow, ...] = ()
    spend: dict[str, Decimal]
    """Currency → amount in currency units."""
    total_row_difference: dict[str, Decimal] | None = None
    """Our sum minus the file's own total row, per column with one; None where the file has no total row."""
    rows: dict[str, int] = Field(default_factory=dict)
    """Dataset → rows that landed; empty for loads from before there were other datasets than facts."""
    versions: dict[str, int] = Field(default_factory=dict)
    """Dataset → version of its table that first holds the rows; empty likewise."""

    said: dict[str, str] = Field(default_factory=dict)
    """What a person said of the file that it does not say itself: dates, currency, account, the mapping's text."""

    lacks: tuple[str, ...] = ()
    """Figures that files of its kind told before and this one does not: in it they are unknown, not nothing."""

    def holds(self, dataset: str) -> bool:
        """Whether it brought rows of the dataset."""
        return self.rows.get(dataset, 0) > 0 if self.rows else dataset == "facts"


def load_of_file(fingerprint: str) -> str:
    """The id of the load of a file, by what is read and how: after a kill it finds what it has put into the lake."""
    return f"file-{fingerprint[:12]}"


class CampaignState(Record):
    """A campaign as its source shows it now; names are untrusted text."""

    channel: str
    id: str
    name: str
    status: str
    daily_budget: Money
    version: str
    account: str
    simulated: bool
    brand: str = ""
    """The brand it advertises; empty where the source does not say."""
    learning_until: date | None = None
    shared_with: tuple[str, ...] = ()
    """Ids of the other campaigns that spend from the same budget; `daily_budget` is then an equal part of it.

    The channel refuses to edit such a budget through one of them: it would move them all.
    """
    creative: str | None = None
    """What it shows now, untrusted text; None where the channel has no creative to be set."""
    creative_review: Literal["", "in_review", "rejected"] = ""
    """How it stands with a creative that was handed in and is not shown; until it is, the one above goes on."""


class ProductState(Record):
    """A product as its source shows it now; names are untrusted text."""

    channel: str
    id: str
    name: str
    price: Money
    unit_cost: Money
    discounts_bp: tuple[int, ...] = ()
    """Discounts in force now, in basis points of the price, each on its own."""
    simulated: bool


class AudienceState(Record):
    """A group of people that can be addressed; names are untrusted text."""

    channel: str
    id: str
    name: str
    people: int
    consented: bool
    """Whether everyone in it agreed to be addressed on this channel."""
    simulated: bool

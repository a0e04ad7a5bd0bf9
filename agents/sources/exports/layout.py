"""What is known of one file before its rows are read: which column is what, and the rules of the platform."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from agents.sources.text.aliases import Known, known_header, plain_header
from agents.sources.text.cells import Style
from agents.sources.text.days import Order, Period
from agents.sources.text.rows import column

Dropped = pl.DataFrame
"""Rows left out: columns `line` and `reason`."""


@dataclass(frozen=True)
class Prepared:
    """A block after the platform's own rules: the rows that stay, those that go, and the file's own total rows."""

    rows: pl.DataFrame
    dropped: Dropped
    totals: pl.DataFrame | None = None


@dataclass(frozen=True)
class Layout:
    """How one file is read. Columns are named c0, c1, … by their position."""

    path: Path
    name: str
    """For reports: google_ads/campaign, meta/ad_group, plain/csv."""
    source: str
    grain: str
    header: tuple[str, ...]
    styles: tuple[Style, ...]
    """Number notations to try, likeliest first."""
    channel: str
    channel_column: str | None = None
    channel_names: Mapping[str, str] = field(default_factory=dict)
    """Plain text of the channel column → channel; other texts give `channel`."""
    simulated: bool = False
    account: str = ""
    account_column: str | None = None
    campaign: str | None = None
    campaign_id: str | None = None
    nameless: bool = False
    """Whether a row may leave its campaign open: it then counts for the account."""
    day: str | None = None
    last_day: str | None = None
    period: Period | None = None
    """The days every row covers where there is no day column."""
    bounds: Period | None = None
    """The range above the header: no row lies outside it."""
    order: Order | None = None
    usual_order: Order | None = None
    """How the platform writes dates where the file does not decide it."""
    zone: str | None = None
    """IANA zone in which the source counts its days; None where the file does not say."""
    currency: str | None = None
    currency_column: str | None = None
    free_of_currency: bool = False
    """Whether amounts without a currency are left out, rather than their rows set aside."""
    numbers: Mapping[str, str] = field(default_factory=dict)
    """Number field → column."""
    dimensions: Mapping[str, str] = field(default_factory=dict)
    """Name in the breakdown → column."""
    labels: Sequence[str] = ()
    """Columns in which the label of a total row may stand; the first three where none are named."""
    states: Sequence[str] = ()
    """Columns that every data row fills and total rows leave empty."""
    others: Mapping[str, str] = field(default_factory=dict)
    """Columns read only for censored values: name in the flags → column."""
    prepare: Callable[[], Callable[[pl.DataFrame], Prepared]] | None = None
    """Begins a pass over the file; what it gives is called with every block in turn."""
    finish: Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame] | None = None
    """From parsed numbers and the block, the numbers as they count.

    Columns are named by field, flags of a field `field?`, flags of anything else `flag:name`.
    """
    budget_type: str | None = None
    notes: tuple[str, ...] = ()


class Headers:
    """The header of one file, looked up in a platform's names."""

    def __init__(self, header: Sequence[str], names: Mapping[str, Known]) -> None:
        self.texts = tuple(header)
        known = [known_header(text, names) for text in header]
        self.languages = [name.language for name in known if name]
        self.unknown = [position for position, name in enumerate(known) if name is None]
        self._known = known

    def __contains__(self, field: str) -> bool:
        return bool(self.positions(field))

    def positions(self, field: str) -> list[int]:
        return [position for position, known in enumerate(self._known) if known and known.field == field]

    def first(self, *fields: str) -> str | None:
        """The column of the first of these fields that the file has."""
        places = [place for wanted in fields for place in self.positions(wanted)]
        return column(places[0]) if places else None

    def currency(self, field: str) -> str | None:
        """The currency that the field's header names."""
        return next((known.currency for known in self._known if known and known.field == field), None)

    def pick(self, fields: Sequence[str]) -> dict[str, str]:
        """Field → column for those that the file has."""
        return {wanted: found for wanted in fields if (found := self.first(wanted))}

    def others(self, fields: Sequence[str] = ()) -> dict[str, str]:
        """Name for the flags → column, of the columns nobody knows and those of the fields given."""
        places = [*self.unknown, *(place for wanted in fields for place in self.positions(wanted))]
        named = {flag_name(self.texts[place]): column(place) for place in places}
        return {name: place for name, place in named.items() if name}


def flag_name(text: str) -> str:
    """A header as a name in the flags: "Search impr. share" → search_impr_share."""
    letters = "".join(letter if letter.isalnum() else " " for letter in plain_header(text))
    return "_".join(letters.split())

"""The declared mapping of a plain CSV or Parquet file: a YAML file that says which column is what.

It is given by name, or stands beside the data: `sales.csv` is read with `sales.csv.mapping.yml`.

    source: shop                # who says it; names the source in every answer
    channel: paid_social        # or the column that holds it: {column: Network, names: {Bing: paid_search}}
    account: main               # optional
    currency: EUR               # or the column that holds the code: {column: Currency}
    zone: Europe/Berlin         # optional: the zone in which the days are counted
    dates: dmy                  # optional: dmy, mdy or iso (the default reads ISO days and names of months)
    decimal: ","                # optional: the mark before the decimals, "." (default) or ","
    delimiter: ";"              # optional: found by itself where left out
    grain: campaign             # optional: campaign (default), ad_group, ad, account, keyword, search_term, store
    simulated: false            # optional
    columns:                    # our field: the file's column; day and at least one number are needed
      day: Date                 # or day: Start and last_day: End for rows that cover several days
      campaign: Campaign
      campaign_id: Id
      spend: Cost
      impressions: Impr
      clicks: Clicks
      conversions: Orders (ads)
      leads: Leads
      revenue: Value            # attributed conversion value
      budget: Daily budget
      orders: Orders            # the shop's own books go with channel: store and grain: store
      store_revenue: Revenue
    breakdown: [Country]        # optional: other columns that tell rows apart
"""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from agents.sources.text.metrics import METRICS
from agents.sources.text.unreadable import UnreadableExport
from storage.records.record import Record, ZoneName, digest_of

SUFFIX = ".mapping.yml"
_TEXTS = ("day", "last_day", "campaign", "campaign_id")


class FromColumn(Record):
    """A value that each row says itself."""

    column: str
    names: dict[str, str] = Field(default_factory=dict)
    """Text in the file → our name; other texts are taken as they are."""


class Mapping(Record):
    """Which column of a plain file is what; unknown keys are refused."""

    source: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    channel: str | FromColumn
    account: str = ""
    currency: str | FromColumn | None = None
    zone: ZoneName | None = None
    dates: Literal["iso", "dmy", "mdy"] = "iso"
    decimal: Literal[".", ","] = "."
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    grain: Literal["campaign", "ad_group", "ad", "account", "keyword", "search_term", "store"] = "campaign"
    simulated: bool = False
    columns: dict[str, str]
    breakdown: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Changes if and only if the mapping does."""
        return digest_of(self)

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """Key in the mapping and the column of the file it names, for all columns that the file must have."""
        named = [(f"columns.{field}", name) for field, name in self.columns.items()]
        for key, value in (("channel", self.channel), ("currency", self.currency)):
            if isinstance(value, FromColumn):
                named.append((f"{key}.column", value.column))
        return (*named, *(("breakdown", name) for name in self.breakdown))

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, currency: str | FromColumn | None) -> str | FromColumn | None:
        if isinstance(currency, str) and not (len(currency) == 3 and currency.isalpha() and currency.isupper()):
            raise ValueError(f"{currency} is no currency code; write three capital letters such as EUR")
        return currency

    @model_validator(mode="after")
    def _enough(self) -> "Mapping":
        allowed = (*_TEXTS, *METRICS)
        if unknown := sorted(set(self.columns) - set(allowed)):
            raise ValueError(f"columns: {unknown[0]} is no field; there are {', '.join(allowed)}")
        if "day" not in self.columns:
            raise ValueError("columns: day is needed")
        if not set(self.columns) & set(METRICS):
            raise ValueError(f"columns: at least one number is needed: {', '.join(METRICS)}")
        money = {"spend", "budget", "revenue", "store_revenue"} & set(self.columns)
        if money and self.currency is None:
            raise ValueError(f"currency is needed, because columns names money ({', '.join(sorted(money))})")
        return self


def beside(path: Path) -> Path | None:
    """The mapping file that stands beside a data file."""
    found = path.with_name(path.name + SUFFIX)
    return found if found.exists() else None


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file. Raises UnreadableExport that names the key at fault."""
    remedy = "see the example under Your own files in README.md"
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=_Plain)  # noqa: S506 - a safe loader
    except OSError as error:
        raise UnreadableExport(path, None, f"cannot be opened ({error.strerror})", "check the path") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise UnreadableExport(path, mark.line + 1 if mark else None, "is not valid YAML", remedy) from error
    if not isinstance(loaded, dict):
        raise UnreadableExport(path, 1, "a mapping is a list of keys and values", remedy)
    try:
        return Mapping.model_validate(loaded)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"] if part not in ("str", "FromColumn"))
        message = first["msg"].removeprefix("Value error, ")
        problem = f"{key}: {message}" if key else message
        raise UnreadableExport(path, None, problem, remedy) from error


class _Plain(yaml.SafeLoader):
    """Takes a day or yes/no in a mapping as the text it was written as, but for true and false."""


def _text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return loader.construct_scalar(node)


_Plain.add_constructor("tag:yaml.org,2002:timestamp", _text)
_Plain.add_constructor("tag:yaml.org,2002:int", _text)

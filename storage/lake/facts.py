"""The contract of daily advertising facts: what a row says, and what every frame of them must hold."""

from collections.abc import Sequence

import polars as pl
from polars.datatypes import DataType, DataTypeClass

_COLUMNS: dict[str, DataType | DataTypeClass] = {
    "source": pl.String,  # who said it: sandbox, google_ads, meta, a declared name
    "simulated": pl.Boolean,
    "account": pl.String,
    "channel": pl.String,  # email, paid_search, paid_social, website, …; "store" for the shop's orders
    "campaign_id": pl.String,  # the platform's id, else the name
    "campaign": pl.String,  # untrusted text
    "grain": pl.String,  # campaign, ad_group, ad, keyword, search_term, store: coarsest wins, never both
    "breakdown": pl.String,  # canonical JSON of what else tells rows apart, "" if nothing
    "day": pl.Date,  # first day the row covers, in the source's zone
    "last_day": pl.Date,  # = day for daily rows, later for a row that covers a period
    "currency": pl.String,
    "spend_micros": pl.Int64,
    "budget_micros": pl.Int64,  # the daily budget in force: what was planned to be spent
    "impressions": pl.Int64,
    "clicks": pl.Int64,
    "sessions": pl.Int64,  # visits of the website, as its analytics counts them
    "conversions_milli": pl.Int64,  # thousandths: platforms report fractions
    "leads_milli": pl.Int64,
    "revenue_micros": pl.Int64,  # attributed conversion value, as the platform reports it
    "orders": pl.Int64,  # the shop's own count (channel "store")
    "store_revenue_micros": pl.Int64,  # the shop's own revenue, never summed with attributed value
    "flags": pl.String,  # canonical JSON {column: "missing" | "<10%" …}, "" if none
    "line": pl.Int64,  # line in the file, 0 where there is none
    "load_id": pl.String,
    "known_at": pl.Datetime("us", "UTC"),
}
FACTS = pl.Schema(_COLUMNS)
"""One row a campaign (or finer) and day. Counts and money are integers; null means the source did not say."""

REPORTED = pl.Schema({name: kind for name, kind in FACTS.items() if name not in ("load_id", "known_at")})
"""What a source hands in: FACTS without the two columns that the lake adds itself."""

CONTRACT_VERSION = 2
"""1 had no `sessions`."""

_NEVER_NULL = (
    "source",
    "simulated",
    "account",
    "channel",
    "campaign_id",
    "grain",
    "breakdown",
    "day",
    "last_day",
)
_MONEY = ("spend_micros", "budget_micros", "revenue_micros", "store_revenue_micros")


class ContractBroken(ValueError):
    """Raised when a frame is not what its contract promises; nothing of its load becomes readable."""

    def __init__(self, load_id: str, problems: Sequence[str], *, dataset: str = "facts") -> None:
        super().__init__(f"load {load_id} does not fit the {dataset} table: {'; '.join(problems)}")
        self.load_id = load_id
        self.dataset = dataset
        self.problems = tuple(problems)


def check_facts(frame: pl.DataFrame, load_id: str, *, categories: bool = False) -> None:
    """Hold a frame against the contract; with `categories` texts may be such. Raises ContractBroken."""
    if problems := _problems(frame, categories=categories):
        raise ContractBroken(load_id, problems)


def checked_facts(frame: pl.DataFrame, load_id: str) -> pl.DataFrame:
    """The frame in the columns of REPORTED; the engine would cast in silence. Raises ContractBroken."""
    check_facts(frame, load_id)
    schema = frame.schema
    return frame.select(name if schema[name] == kind else pl.col(name).cast(kind) for name, kind in REPORTED.items())


def _problems(frame: pl.DataFrame, *, categories: bool) -> list[str]:
    schema = frame.schema
    problems = [f"column {name} is missing" for name in REPORTED if name not in schema]
    problems += [f"column {name} is unknown" for name in schema if name not in REPORTED]
    problems += [
        f"{name} is {schema[name]}, not {kind}"
        for name, kind in REPORTED.items()
        if name in schema and not _fits(schema[name], kind, categories=categories)
    ]
    if problems or frame.is_empty():
        return problems
    nulls = frame.null_count()
    checks = {f"{name} is empty": nulls[name][0] for name in _NEVER_NULL}
    checks["last_day lies before day"] = frame.select((pl.col("last_day") < pl.col("day")).sum()).item()
    checks["an amount has no currency"] = _without_currency(frame)
    return [f"{problem} in {count} rows" for problem, count in checks.items() if count]


def _fits(found: DataType, kind: DataType, *, categories: bool) -> bool:
    return found in (kind, pl.Null) or (categories and kind == pl.String and found == pl.Categorical)


def _without_currency(frame: pl.DataFrame) -> int:
    """Rows with an amount and no code; there are few currencies in many rows, so they are looked at first."""
    said = frame["currency"].unique().cast(pl.String)
    codes = said.filter(said.str.contains(r"^[A-Z]{3}$"))
    if codes.len() == said.len():
        return 0
    some = pl.any_horizontal(pl.col(name).is_not_null() for name in _MONEY)
    lacking = some & ~pl.col("currency").cast(pl.String).is_in(codes.implode(), nulls_equal=True)
    return int(frame.select(lacking.sum()).item())

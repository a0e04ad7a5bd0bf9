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


def checked_facts(frame: pl.DataFrame, load_id: str) -> pl.DataFrame:
    """The frame in the columns of REPORTED; the engine would cast in silence. Raises ContractBroken."""
    if problems := _problems(frame):
        raise ContractBroken(load_id, problems)
    kinds = REPORTED.items()
    return frame.select(pl.col(name).cast(kind) if frame.schema[name] == pl.Null else name for name, kind in kinds)


def _problems(frame: pl.DataFrame) -> list[str]:
    problems = [f"column {name} is missing" for name in REPORTED if name not in frame.schema]
    problems += [f"column {name} is unknown" for name in frame.schema if name not in REPORTED]
    problems += [
        f"{name} is {frame.schema[name]}, not {kind}"
        for name, kind in REPORTED.items()
        if name in frame.schema and frame.schema[name] not in (kind, pl.Null)
    ]
    if problems or frame.is_empty():
        return problems
    # There are few currencies in many rows: what is no code is looked for among them, then in the rows.
    said = frame["currency"].cast(pl.String).unique()
    codes = said.filter(said.str.contains(r"^[A-Z]{3}$"))
    some = pl.any_horizontal(pl.col(name).is_not_null() for name in _MONEY)
    lacking = some & ~pl.col("currency").cast(pl.String).is_in(codes.implode(), nulls_equal=True)
    checks = frame.select(
        *(pl.col(name).null_count().alias(f"{name} is empty") for name in _NEVER_NULL),
        (pl.col("last_day") < pl.col("day")).sum().alias("last_day lies before day"),
        (lacking.sum() if codes.len() < said.len() else pl.lit(0)).alias("an amount has no currency"),
    ).row(0, named=True)
    return [f"{problem} in {count} rows" for problem, count in checks.items() if count]

"""One currency per answer: money is changed day by day with rates that the team provides; none is ever guessed."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from agents.kpis.figures import format_days
from agents.kpis.formula import MEASURES
from agents.kpis.selection import Counted

RATES = pl.Schema({"day": pl.Date, "base": pl.String, "quote": pl.String, "rate_nano": pl.Int64})
"""What one `base` was worth in `quote` on a day, in billionths."""
NO_RATES = RATES.to_frame()
OLDEST = timedelta(days=7)
"""On a day without a rate of its own, such as a Sunday, the newest one before it counts, if it is no older."""

_NANO = 10**9
_MONEY = sorted({measure.column for measure in MEASURES.values() if measure.money})
_NAMED = 3  # currencies without a rate that are named one by one


def converted(frame: pl.DataFrame, rates: pl.DataFrame, wanted: str, *, money: Sequence[str] = _MONEY) -> Counted:
    """The rows with all money in the wanted currency, rounded half to even at millionths; `money` are its columns.

    A row counts at the rate of its last day, either way round. Rows for which there is none keep their currency and
    are named, so that they are shown apart instead of added at a rate that nobody gave.
    """
    foreign = pl.col("currency").is_not_null() & (pl.col("currency") != "") & (pl.col("currency") != wanted)
    if not frame.select(foreign.any()).item():
        return Counted(frame=frame)
    at = _rates_to(rates, wanted)
    days = frame.filter(foreign).select("currency", pl.col("last_day").alias("on")).unique().sort("on")
    known = days.join_asof(at, left_on="on", right_on="day", by="currency", tolerance=OLDEST, check_sortedness=False)
    priced = frame.join(
        known.select("currency", pl.col("on").alias("last_day"), "times", "over"),
        on=["currency", "last_day"],
        how="left",
        maintain_order="left",
    )
    has = foreign & pl.col("times").is_not_null()
    changed = [
        pl.when(has).then(_times(pl.col(name))).otherwise(pl.col(name)).alias(name)
        for name in money
        if name in frame.columns
    ]
    currency = pl.when(has).then(pl.lit(wanted)).otherwise(pl.col("currency")).alias("currency")
    missing = known.filter(pl.col("times").is_null())
    done = sorted(known.filter(pl.col("times").is_not_null())["currency"].unique())
    notes = _missing_notes(missing, wanted)
    if done:
        notes = (f"{', '.join(done)} changed to {wanted} at the team's rate of each day.", *notes)
    return Counted(frame=priced.with_columns(*changed, currency).drop("times", "over"), notes=notes)


def _rates_to(rates: pl.DataFrame, wanted: str) -> pl.DataFrame:
    """Rates of other currencies into the wanted one as fractions, oldest first; a direct rate before a turned one."""
    direct = rates.filter(pl.col("quote") == wanted).select(
        "day",
        pl.col("base").alias("currency"),
        pl.col("rate_nano").cast(pl.Int128).alias("times"),
        pl.lit(_NANO).cast(pl.Int128).alias("over"),
        pl.lit(0).alias("turned"),
    )
    turned = rates.filter(pl.col("base") == wanted).select(
        "day",
        pl.col("quote").alias("currency"),
        pl.lit(_NANO).cast(pl.Int128).alias("times"),
        pl.col("rate_nano").cast(pl.Int128).alias("over"),
        pl.lit(1).alias("turned"),
    )
    both = pl.concat([direct, turned]).sort("day", "currency", "turned")
    return both.unique(["day", "currency"], keep="first", maintain_order=True).drop("turned").sort("day")


def _times(amount: pl.Expr) -> pl.Expr:
    """The amount × times ÷ over in whole numbers, half to even."""
    product = amount.cast(pl.Int128) * pl.col("times")
    over = pl.col("over")
    whole = product // over
    rest = (product - whole * over) * 2
    up = (rest > over) | ((rest == over) & (whole % 2 == 1))
    return (whole + up.cast(pl.Int128)).cast(pl.Int64)


def _missing_notes(missing: pl.DataFrame, wanted: str) -> tuple[str, ...]:
    gaps = missing.group_by("currency").agg(pl.col("on").min().alias("first"), pl.col("on").max().alias("last"))
    notes = [_missing(row["currency"], wanted, row["first"], row["last"]) for row in gaps.sort("currency").to_dicts()]
    if len(notes) > _NAMED:
        notes = [*notes[:_NAMED], f"No rate for {len(notes) - _NAMED} more currencies either."]
    return tuple(notes)


def _missing(currency: str, wanted: str, first: date, last: date) -> str:
    when = format_days(first, last)
    return f"No rate from {currency} to {wanted} for {when}: those amounts stay in {currency}."

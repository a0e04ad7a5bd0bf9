"""Which rows of the lake an answer may count: one world, one kind of book, the filters, whole periods only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from agents.kpis.figures import format_days
from agents.kpis.formula import MEASURES, Formula
from agents.kpis.query import FILTERS, BadKpiQuery, FactSlice
from agents.kpis.windows import Window

STORE = "store"
"""The channel of the shop's own orders."""
_CAMPAIGN_KEY = ["source", "account", "channel", "campaign_id"]


@dataclass(frozen=True)
class Counted:
    """Rows that lie wholly inside a window, and what had to be left out."""

    frame: pl.DataFrame
    notes: tuple[str, ...] = ()


def rows_for(facts: FactSlice, formula: Formula) -> pl.DataFrame:
    """Complete days of one world, and either the shop's own books or what the platforms report."""
    in_store = pl.col("channel") == STORE
    known = facts.frame.with_columns(
        pl.col("last_day").fill_null(pl.col("day")),
        pl.col("source", "account", "channel", "campaign_id", "currency", "flags").fill_null(""),
    )
    return known.filter(
        pl.col("simulated") == facts.simulated,
        pl.col("last_day") <= (facts.newest_day or date.min),
        in_store if formula.store else ~in_store,
    )


def narrowed(frame: pl.DataFrame, where: Mapping[str, str]) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Rows that every filter lets through, with a note for each filter that names something unknown.

    Raises BadKpiQuery for a filter that does not exist.
    """
    notes: list[str] = []
    for name, wanted in where.items():
        if name not in FILTERS:
            raise BadKpiQuery(f"cannot filter by {name!r}; filters are {', '.join(FILTERS)}")
        columns = ("campaign", "campaign_id") if name == "campaign" else (name,)
        matches = [(column, spellings(frame, column, wanted)) for column in columns]
        if not any(found for _, found in matches):
            notes.append(f"The data knows no {name} {wanted!r}.")
        met = frame.filter(pl.any_horizontal(pl.col(column).is_in(found) for column, found in matches))
        if name != "campaign":
            frame = met
            continue
        # By identity, so that a campaign keeps its days under an earlier name.
        campaigns = met.select(_CAMPAIGN_KEY).unique()
        frame = frame.join(campaigns, on=_CAMPAIGN_KEY, how="semi")
        if campaigns.height > 1:
            notes.append(f"{campaigns.height} campaigns are called {wanted!r}: counted together.")
    return frame, tuple(notes)


def within(frame: pl.DataFrame, window: Window) -> Counted:
    """Rows that lie wholly inside the window; a row over a period that reaches outside cannot be split."""
    touching = frame.filter(pl.col("day") <= window.last, pl.col("last_day") >= window.first)
    inside = touching.filter(pl.col("day") >= window.first, pl.col("last_day") <= window.last)
    notes = []
    if (outside := touching.height - inside.height) > 0:
        notes.append(f"{outside} {_rows(outside)} a longer period that reaches outside these days: not counted.")
    if not inside.select((pl.col("last_day") > pl.col("day")).any()).item():
        return Counted(frame=inside, notes=tuple(notes))
    kept = _without_overlaps(inside)
    if (twice := inside.height - kept.height) > 0:
        notes.append(
            f"{twice} {_rows(twice)} a period that other rows of the campaign already cover: not counted twice."
        )
    return Counted(frame=kept, notes=tuple(notes))


def comparable(frame: pl.DataFrame, formula: Formula) -> Counted:
    """Rows that may enter a quotient: those whose source reports every measure of the formula.

    Without this, clicks of a channel that reports no impressions would count in a click-through rate. Whether a
    measure is reported is judged for each source and channel, so that a day without conversions still counts its
    spend. A budget is judged row by row: spend without a known budget is neither on nor off plan.
    """
    if not formula.denominator or frame.is_empty():
        return Counted(frame=frame)
    notes = []
    columns = [MEASURES[name].column for name in formula.measures if name != "budget"]
    reported = frame.group_by("source", "channel").agg(pl.col(columns).is_not_null().any())
    silent = reported.filter(~pl.all_horizontal(columns)).sort("source", "channel")
    if not silent.is_empty():
        frame = frame.join(silent, on=["source", "channel"], how="anti")
        for row in silent.iter_rows(named=True):
            missing = [name for name in formula.measures if not row.get(MEASURES[name].column, True)]
            notes.append(f"{row['channel']} ({row['source']}) does not report {' and '.join(missing)}: left out.")
    if "budget" in formula.measures:
        planned = frame.filter(pl.col("budget_micros").is_not_null())
        if 0 < planned.height < frame.height:
            rows = frame.height - planned.height
            notes.append(f"{rows} row{'s' if rows > 1 else ''} without a known budget left out.")
            frame = planned
    return Counted(frame=frame, notes=tuple(notes))


def with_planned_budget(frame: pl.DataFrame) -> pl.DataFrame:
    """Budgets as planned spend: the daily budget for every day of a row, and once for each campaign and day.

    A campaign split by device repeats its budget in every row; the largest is kept in the first of them.
    """
    days = (pl.col("last_day") - pl.col("day")).dt.total_days() + 1
    planned = frame.with_columns(budget_micros=pl.col("budget_micros") * days)
    split = (pl.col("grain") == "campaign") & (pl.col("breakdown").fill_null("") != "")
    if not planned.select(split.any()).item():
        return planned
    campaign_day = [*_CAMPAIGN_KEY, "currency", "day", "last_day"]
    parts = planned.filter(split)
    largest = pl.col("budget_micros").max().over(campaign_day)
    repeated = (pl.int_range(pl.len()).over(campaign_day) > 0) & largest.is_not_null()
    once = parts.with_columns(budget_micros=pl.when(repeated).then(0).otherwise(largest))
    return pl.concat([planned.filter(~split), once])


def censored_note(frame: pl.DataFrame, formula: Formula) -> tuple[str, ...]:
    """Says how many rows hold a value that the platform only bounded, like "< 10%"."""
    columns = {MEASURES[name].column for name in formula.measures}
    flagged = frame.filter(pl.col("flags") != "").group_by("flags").len()
    rows = sum(
        count
        for text, count in flagged.iter_rows()
        if any(mark != "missing" and column in columns for column, mark in _marks(text))
    )
    if not rows:
        return ()
    return (f"{rows} row{'s' if rows > 1 else ''} with values that the platform only bounds (like < 10%).",)


def lagging_notes(frame: pl.DataFrame, window: Window, *, everything: pl.DataFrame) -> tuple[str, ...]:
    """Names the sources that end before the window does, where others go on; `everything` has both kinds of books."""
    ends = frame.group_by("source").agg(pl.col("last_day").max()).sort("source")
    late = ends.filter(pl.col("last_day") < window.last)
    if late.height == ends.height and not everything.select((pl.col("last_day") >= window.last).any()).item():
        return ()
    return tuple(f"{source} has data to {format_days(last, last)} only." for source, last in late.iter_rows())


def _without_overlaps(frame: pl.DataFrame) -> pl.DataFrame:
    """One row for every day of a campaign: daily rows win over periods, then longer periods over shorter."""
    spans = frame.select([*_CAMPAIGN_KEY, "day", "last_day"]).unique()
    spans = spans.join(
        spans.filter(pl.col("last_day") > pl.col("day")).select(_CAMPAIGN_KEY).unique(),
        on=_CAMPAIGN_KEY,
        how="semi",
    ).with_columns(length=(pl.col("last_day") - pl.col("day")).dt.total_days())
    refused: list[dict[str, object]] = []
    for _, campaign in spans.group_by(_CAMPAIGN_KEY):
        taken: set[date] = set()
        ranked = campaign.sort(pl.col("length") > 0, -pl.col("length"), "day")
        for row in ranked.iter_rows(named=True):
            days = {row["day"] + timedelta(days=more) for more in range(row["length"] + 1)}
            if taken & days:
                refused.append(row)
            else:
                taken |= days
    if not refused:
        return frame
    dropped = pl.DataFrame(refused, schema=spans.schema).drop("length")
    return frame.join(dropped, on=dropped.columns, how="anti")


def spellings(frame: pl.DataFrame, column: str, wanted: str) -> list[str]:
    """The values of a column that are meant: the exact one, else those that differ in case and spacing only."""
    known: list[str] = frame.get_column(column).drop_nulls().unique().to_list()
    if wanted in known:
        return [wanted]
    return sorted(value for value in known if _folded(value) == _folded(wanted))


def _folded(text: str) -> str:
    return " ".join(text.casefold().replace("_", " ").replace("-", " ").split())


def _marks(text: str) -> list[tuple[str, str]]:
    try:
        marks = json.loads(text)
    except ValueError:
        return []
    return [(str(key), str(mark)) for key, mark in marks.items()] if isinstance(marks, dict) else []


def _rows(count: int) -> str:
    return "row covers" if count == 1 else "rows cover"

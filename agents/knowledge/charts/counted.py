"""Deals, support cases, use of the product and handoffs, as numbers by who answers for them: never one, never a person.

Whoever looks after something is a colleague, by the name that the source has for them. What a customer wrote or did is
counted, and told of a company at most.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from agents.knowledge import things
from agents.knowledge.charts.entities import Named
from agents.knowledge.charts.sheet import Sheet, Update
from storage.records.facts import Load
from storage.records.graph import NodeRef, NodeView

_MICROS_PER_MINOR = 10_000
_MOST = 500
"""Of more groups in one load only the largest are told: companies and names of events may be without end."""
_ANY = "–"


@dataclass(frozen=True)
class Counted:
    """How the rows of one dataset are counted."""

    type: str
    """Of the nodes."""
    by: tuple[str, ...]
    """Columns that tell the groups apart; they name them, too."""
    numbers: Mapping[str, pl.Expr]
    """Property → what it counts in a group."""
    tie: Callable[[Sheet, NodeRef, Mapping[str, str], Load, Named], None]
    """The edges of a group, from its columns; "" where a column is empty."""
    within: timedelta | None = None
    """Only what happened in so long a time before the load; None for all of it."""


def chart_counted(
    frame: pl.DataFrame, dataset: str, load: Load, campaigns: Named, *, before: Iterable[NodeView]
) -> tuple[Update, ...]:
    """Every group with its numbers as they are from this load on; groups of `before` that are gone count nothing.

    `frame` holds the newest word of the source on each of its things up to this load.
    """
    how, sheet = COUNTED[dataset], Sheet(load.source, load=load.id)
    groups = frame.with_columns(pl.col(how.by).fill_null("").str.strip_chars()).group_by(how.by, maintain_order=True)
    told = groups.agg(pl.len().alias("count"), *(counts.alias(name) for name, counts in how.numbers.items()))
    for row in told.sort("count", descending=True, maintain_order=True).head(_MOST).iter_rows(named=True):
        said = {name: row[name] for name in how.by}
        ref = things.counted(how.type, load.source, *(said[name] or _ANY for name in how.by))
        words = " · ".join(one for one in said.values() if one) or f"All of {load.source}"
        sheet.node(ref, words, first=load.known_at, **{name: row[name] for name in ("count", *how.numbers)})
        how.tie(sheet, ref, said, load, campaigns)
    counted = {one.ref for one in sheet.updates if one.kind == "node"}
    for view in before:
        if view.ref not in counted and view.ref.key.startswith(f"{load.source}/") and view.props.get("count"):
            gone: dict[str, Any] = {name: 0 for name, value in view.props.items() if isinstance(value, int)}
            sheet.node(view.ref, view.name, first=load.known_at, **gone)
    return sheet.updates


def counted_columns(dataset: str) -> tuple[str, ...]:
    """The columns that counting needs; no text of a person is among them."""
    how = COUNTED[dataset]
    needed = (name for counts in how.numbers.values() for name in counts.meta.root_names())
    return tuple(dict.fromkeys((*how.by, *needed)))


def _ties_of_deals(sheet: Sheet, ref: NodeRef, said: Mapping[str, str], load: Load, campaigns: Named) -> None:
    _owned(sheet, ref, said["deal_owner"], load.known_at)
    stage = sheet.node(things.stage(said["stage"], simulated=load.simulated), said["stage"])
    sheet.edge(ref, "at_stage", stage)
    if campaign := campaigns.get(things.folded(said["campaign"])) if said["campaign"] else None:
        sheet.edge(ref, "came_from", campaign)


def _ties_of_cases(sheet: Sheet, ref: NodeRef, said: Mapping[str, str], load: Load, campaigns: Named) -> None:  # noqa: ARG001
    _owned(sheet, ref, said["assignee"], load.known_at)


def _ties_of_use(sheet: Sheet, ref: NodeRef, said: Mapping[str, str], load: Load, campaigns: Named) -> None:  # noqa: ARG001
    if said["company"]:
        account = sheet.node(things.account(load.source, things.folded(said["company"])), said["company"])
        sheet.edge(ref, "belongs_to", account)


def _ties_of_handoffs(sheet: Sheet, ref: NodeRef, said: Mapping[str, str], load: Load, campaigns: Named) -> None:  # noqa: ARG001
    _owned(sheet, ref, said["to_team"], load.known_at)
    if said["from_team"] and things.folded(said["from_team"]) != things.folded(said["to_team"]):
        sheet.edge(ref, "handed_by", _colleague(sheet, said["from_team"]), first=load.known_at)


def _owned(sheet: Sheet, ref: NodeRef, by: str, since: datetime) -> None:
    if by:
        sheet.edge(ref, "owned_by", _colleague(sheet, by), first=since)


def _colleague(sheet: Sheet, name: str) -> NodeRef:
    return sheet.node(things.owner(name), name)


def _number_of(condition: pl.Expr) -> pl.Expr:
    return condition.fill_null(value=False).sum()


_OPEN_CASE = pl.col("state").is_in(["open", "waiting"])
COUNTED: Mapping[str, Counted] = {
    "deal": Counted(
        type="deal",
        by=("pipeline", "stage", "state", "deal_owner", "campaign", "currency"),
        numbers={"amount_minor": pl.col("amount_micros").sum() // _MICROS_PER_MINOR},
        tie=_ties_of_deals,
    ),
    "ticket": Counted(
        type="case",
        by=("assignee", "product", "priority"),
        numbers={
            "open": _number_of(_OPEN_CASE),
            "unanswered": _number_of(_OPEN_CASE & pl.col("first_reply_at").is_null()),
            "escalated": _number_of(pl.col("escalated")),
            "reopened": _number_of(pl.col("reopened") > 0),
        },
        tie=_ties_of_cases,
    ),
    "usage_event": Counted(
        type="usage",
        by=("company", "name"),
        numbers={"people": pl.col("user").n_unique()},
        tie=_ties_of_use,
        within=timedelta(days=28),
    ),
    "handoff": Counted(
        type="handoff",
        by=("from_team", "to_team", "kind"),
        numbers={
            "open": _number_of(pl.col("acknowledged_at").is_null()),
            "late": _number_of(pl.col("acknowledged_at") > pl.col("due_at")),
        },
        tie=_ties_of_handoffs,
    ),
}
"""Dataset → how it is counted."""

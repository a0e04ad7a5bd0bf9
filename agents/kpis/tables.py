"""The tables that parts of formulas are taken from: datasets of the lake, what is worked out of them, and our own work.

A column is a `moment`, a `day`, a `text`, a `flag`, a `number`, an amount in `micros`, a share in `ppm`, or a `time` in
microseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import polars as pl
from polars.datatypes import DataType, DataTypeClass

from storage.contracts.columns import MOMENT, columns_of
from storage.contracts.entities import BY_DATASET

ColumnKind = Literal["moment", "day", "text", "flag", "number", "micros", "ppm", "time"]
POLARS: Mapping[ColumnKind, DataType | DataTypeClass] = {
    "moment": MOMENT,
    "day": pl.Date(),
    "text": pl.String(),
    "flag": pl.Boolean(),
    "number": pl.Int64(),
    "micros": pl.Int64(),
    "ppm": pl.Int64(),
    "time": pl.Int64(),
}


@dataclass(frozen=True)
class Table:
    """What rows there are and which of their columns an answer can be split or narrowed by."""

    columns: Mapping[str, ColumnKind]
    happened: str | None
    """The moment that places a row in time, unless a part says otherwise."""
    brings: str
    """What brings it, for an answer that has no data: "A ticket export (Zendesk, Intercom)"."""
    dimensions: Mapping[str, str]
    """Dimension → column."""
    datasets: tuple[str, ...] = ()
    """Of the lake; empty for our own work."""

    @property
    def schema(self) -> pl.Schema:
        return pl.Schema({name: POLARS[kind] for name, kind in self.columns.items()})

    @property
    def ours(self) -> bool:
        """Whether it tells of our own work, which goes on by the clock on the wall."""
        return not self.datasets


def _columns(**kinds: str) -> dict[str, ColumnKind]:
    """From names by kind, separated by blanks."""
    known = {name: kind for kind in get_args(ColumnKind) for name in kinds.get(kind, "").split()}
    assert set(kinds) <= set(get_args(ColumnKind))
    return known


def _entity(dataset: str) -> dict[str, ColumnKind]:
    kinds: dict[str, ColumnKind] = {}
    for one in columns_of(BY_DATASET[dataset]):
        if one.kind == MOMENT:
            kinds[one.name] = "moment"
        elif one.kind == pl.Date:
            kinds[one.name] = "day"
        elif one.kind == pl.Boolean:
            kinds[one.name] = "flag"
        elif one.kind == pl.String:
            kinds[one.name] = "text"
        else:
            kinds[one.name] = "micros" if one.unit == "micros" else "number"
    return kinds


_PLAIN = (
    "channel",
    "campaign",
    "account",
    "source",
    "currency",
    "country",
    "locale",
    "business_unit",
    "pipeline",
    "priority",
    "product",
    "audience",
    "origin",
    "agent",
    "stage",
)
"""Dimensions whose column has their name."""


def _dimensions(columns: Mapping[str, ColumnKind], more: Mapping[str, str]) -> dict[str, str]:
    return {**{name: name for name in _PLAIN if columns.get(name) == "text"}, **more}


def _table(
    columns: Mapping[str, ColumnKind],
    happened: str | None,
    brings: str,
    *datasets: str,
    **dimensions: str,
) -> Table:
    return Table(columns, happened, brings, _dimensions(columns, dimensions), datasets)


_ORDERS = "a shop's order export (Shopify)"
_OURS = "plans that are proposed and carried out here"

TABLES: Mapping[str, Table] = {
    "order": _table(
        {**_entity("order"), "buyer": "text", "discounted": "flag", "discount_share": "number", "allowed": "flag"},
        "ordered_at",
        _ORDERS,
        "order",
    ),
    "refund": _table(
        _columns(
            text="source account currency order channel campaign country",
            moment="refunded_at",
            micros="amount_micros",
            flag="dated",
        ),
        "refunded_at",
        _ORDERS,
        "order",
    ),
    "buyer": _table(
        _columns(text="source account buyer channel campaign country", moment="first_at"),
        "first_at",
        _ORDERS,
        "order",
    ),
    "order_line": _table(
        {**_entity("order_line"), "revenue_micros": "micros", "cost_micros": "micros", "channel": "text"},
        "ordered_at",
        "a shop's order and product exports (Shopify), products with their cost per item",
        "order_line",
        "order",
        "product",
    ),
    "lead": _table(
        {**_entity("lead"), "person": "text", "sales": "flag"},
        "created_at",
        "a CRM's contact or lead export (HubSpot, Salesforce)",
        "lead",
        owner="lead_owner",
    ),
    "deal": _table(
        {**_entity("deal"), "stale": "flag"},
        "created_at",
        "a CRM's deal export (HubSpot, Salesforce)",
        "deal",
        owner="deal_owner",
    ),
    "ticket": _table(
        {**_entity("ticket"), "solved_at": "moment"},
        "opened_at",
        "a support tool's ticket export (Zendesk, Intercom)",
        "ticket",
        owner="assignee",
    ),
    "content": _table(
        {**_entity("content"), "on_plan": "flag"},
        "published_at",
        "the site's content export (WordPress), or a table of content with planned and published times",
        "content",
        type="kind",
        owner="author",
    ),
    "translation": _table(
        {**_entity("content"), "source_final_at": "moment"},
        "source_final_at",
        "a content export that names for each translation what it is a translation of",
        "content",
        type="kind",
    ),
    "usage_event": _table(
        _entity("usage_event"), "at", "an export of product events (JSON lines or CSV)", "usage_event", type="name"
    ),
    "handoff": _table(
        {**_entity("handoff"), "met": "flag", "due": "flag"},
        "handed_at",
        "a table of handoffs with due and acknowledged times",
        "handoff",
        type="kind",
        team="to_team",
        owner="item_owner",
    ),
    "cost": _table(
        _columns(text="currency name source", day="day", micros="amount_micros"),
        "day",
        "`costs:` in the home's kpis.yml: pay, tools and agencies",
        type="name",
    ),
    "reading": _table(
        _columns(text="source dataset", time="age"),
        None,
        "any export, or a connected source",
        type="dataset",
    ),
    "plan": _table(
        _columns(
            text="id state kind agent channel",
            moment="created_at approved_at applied_at signal_at acted_at rejected_at",
        ),
        "created_at",
        _OURS,
        type="kind",
    ),
    "change": _table(
        _columns(text="plan agent channel kind", moment="at", flag="valid"),
        "at",
        _OURS,
        type="kind",
    ),
    "forecast": _table(
        _columns(text="plan kpi agent", day="day", flag="inside", ppm="error_ppm"),
        "day",
        "plans that were carried out and whose forecasts have run out",
        type="kpi",
    ),
    "experiment": _table(
        _columns(
            text="id channel currency",
            moment="concluded_at",
            flag="decided",
            micros="revenue_micros counterfactual_micros spend_micros",
            ppm="treated_ppm control_ppm",
        ),
        "concluded_at",
        "a controlled experiment: none has been run here, and no export says what would have come anyway",
    ),
}
"""Every table by name. `experiment` is empty until experiments are kept."""

"""A small business, week by hand: Monday 2 to Sunday 8 March 2026 in London, open 9 to 17 on weekdays."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from agents.governance.calendar import sandbox_calendar
from agents.kpis.costs import Cost, daily
from agents.kpis.objects import Objects
from agents.kpis.query import FactSlice
from agents.kpis.tables import TABLES
from agents.kpis.views import DiscountCaps, Raw, observed, view
from agents.kpis.windows import Window
from storage.contracts.columns import stored_schema_of
from storage.contracts.entities import BY_DATASET
from tests.unit.agents.kpis.facts import facts, row

WEEK = Window(first=date(2026, 3, 2), last=date(2026, 3, 8), words="")
LATER = datetime(2026, 3, 15, tzinfo=UTC)
Rows = list[dict[str, Any]]


def at(text: str) -> datetime:
    """A moment of March 2026 such as "2 10:00", or of another month such as "02-24 10:00"."""
    day, _, clock = text.partition(" ")
    month, _, number = day.rpartition("-")
    return datetime.fromisoformat(f"2026-{month or '03'}-{int(number):02} {clock or '12:00'}+00:00")


def money(pounds: float) -> int:
    return round(pounds * 1_000_000)


def order(name: str, buyer: str, day: str, gross: float, **more: Any) -> dict[str, Any]:
    told = {"id": name, "customer": buyer, "ordered_at": at(day), "gross_micros": money(gross), "currency": "GBP"}
    return {"status": "paid", "channel": "web", **told, **more}


def line(name: str, day: str, product: str, quantity: int, price: float, discount: float = 0) -> dict[str, Any]:
    told = {"order": name, "position": 1, "ordered_at": at(day), "product": product, "quantity": quantity}
    return {**told, "currency": "GBP", "price_micros": money(price), "discount_micros": money(discount)}


ORDERS: Rows = [
    order("O0", "A", "02-24", 50),
    order("O00", "B", "02-25", 40),
    order("O1", "A", "2", 100, discount_micros=money(10), shipping_micros=money(5), discount_codes="SPRING"),
    order("O2", "C", "3", 60, discount_micros=money(15), discount_codes="VIP"),
    order("O3", "D", "4", 500, status="cancelled"),
    order("O4", "E", "5", 40, status="partly_refunded", refunded_micros=money(10), updated_at=at("6")),
]
REFUNDED_LATER = order("O0", "A", "02-24", 50, status="partly_refunded", refunded_micros=money(20), updated_at=at("4"))
DATA: Mapping[str, Rows] = {
    "order": [*ORDERS[1:], REFUNDED_LATER, order("O9", "Z", "9", 7)],
    "order_line": [
        line("O1", "2", "P1", 1, 105, 10),
        line("O2", "3", "P2", 2, 37.5, 15),
        line("O3", "4", "P3", 1, 500),
        line("O4", "5", "P1", 1, 40),
    ],
    "product": [
        {"id": "P1", "title": "Lamp", "currency": "GBP", "cost_micros": money(20)},
        {"id": "P2", "title": "Mug", "currency": "GBP", "cost_micros": money(10)},
    ],
    "lead": [
        {"id": "1", "email": "e1", "created_at": at("2 16:00"), "first_touch_at": at("3 10:00"), "stage": "qualified", "lead_owner": "Kim"},
        {"id": "2", "email": "e2", "created_at": at("3 10:00"), "first_touch_at": at("3 10:30"), "stage": "lead", "lead_owner": "Kim"},
        {"id": "3", "email": "e3", "created_at": at("4 09:00"), "lead_owner": "Lou", "updated_at": at("6 17:00")},
        {"id": "x2", "email": "e2", "created_at": at("4 11:00"), "source": "salesforce"},
        {"id": "m1", "email": "e7", "created_at": at("4 11:00"), "source": "mailchimp", "audience": "Members"},
        {"id": "8", "created_at": at("02-20 11:00"), "stage": "subscriber"},
    ],
    "deal": [
        {"id": "1", "created_at": at("02-01"), "closed_at": at("3"), "state": "won", "amount_micros": money(1000)},
        {"id": "2", "created_at": at("02-21"), "closed_at": at("3"), "state": "won", "amount_micros": money(500)},
        {"id": "3", "created_at": at("02-21"), "closed_at": at("5"), "state": "lost", "amount_micros": money(900)},
        {"id": "4", "created_at": at("1"), "closed_at": at("30"), "state": "open", "amount_micros": money(80)},
        {"id": "5", "created_at": at("02-20"), "state": "open"},
        {"id": "6", "created_at": datetime(2025, 1, 1, tzinfo=UTC), "state": "open"},
        {"id": "7", "created_at": at("02-02"), "closed_at": at("12"), "state": "won", "amount_micros": money(10)},
    ],
    "ticket": [
        {"id": "1", "opened_at": at("2 10:00"), "resolved_at": at("2 11:00"), "state": "closed", "resolution": "confirmed", "rating": 5, "assignee": "Kim"},
        {"id": "2", "opened_at": at("2 16:30"), "resolved_at": at("3 09:30"), "state": "resolved", "resolution": "assumed", "escalated": True, "assignee": "Kim"},
        {"id": "3", "opened_at": at("4 10:00"), "resolved_at": at("4 12:00"), "state": "open", "reopened": 1, "updated_at": at("6 17:00"), "assignee": "Lou"},
        {"id": "4", "opened_at": at("5 12:00"), "resolved_at": at("5 14:00"), "state": "closed", "resolution": "confirmed", "rating": 2, "assignee": "Lou"},
    ],
    "content": [
        {"id": "C0", "status": "published", "published_at": at("02-25 10:00")},
        {"id": "C1", "status": "published", "published_at": at("2 10:00"), "planned_at": at("2 09:00")},
        {"id": "C2", "status": "published", "published_at": at("5 10:00"), "planned_at": at("3 09:00")},
        {"id": "C3", "status": "draft", "planned_at": at("6 09:00")},
        {"id": "C4", "status": "published", "published_at": at("6 10:00"), "updated_at": at("9 10:00")},
        {"id": "T1", "status": "published", "published_at": at("4 10:00"), "created_at": at("3 10:00"), "translation_of": "C1", "locale": "de"},
        {"id": "T2", "status": "draft", "created_at": at("6 10:00"), "translation_of": "C2", "locale": "fr"},
    ],
    "usage_event": [
        {"id": f"{user}{day}", "user": user, "at": at(day)}
        for user, day in [("u1", "02-24"), ("u2", "02-25"), ("u5", "02-25"), ("u1", "2"), ("u1", "3"), ("u2", "4"), ("u3", "8"), ("u4", "8")]
    ],
    "handoff": [
        {"id": "1", "due_at": at("3"), "acknowledged_at": at("2")},
        {"id": "2", "due_at": at("4"), "acknowledged_at": at("5")},
        {"id": "3", "due_at": at("5")},
        {"id": "4", "due_at": at("6 15:00"), "acknowledged_at": at("6 15:00")},
        {"id": "5", "handed_at": at("9"), "due_at": at("20")},
    ],
}  # fmt: skip
OURS: Mapping[str, Rows] = {
    "plan": [
        {"id": "PLAN-1", "created_at": at("2 10:00"), "approved_at": at("2 10:20"), "applied_at": at("2 10:30"), "signal_at": at("2 00:00"), "acted_at": at("2 06:00"), "agent": "planner"},
        {"id": "PLAN-2", "created_at": at("3 10:00"), "approved_at": at("3 11:00"), "applied_at": at("3 11:30"), "signal_at": at("3 00:00"), "acted_at": at("3 10:00"), "agent": "planner"},
        {"id": "PLAN-3", "created_at": at("4 10:00"), "rejected_at": at("4 11:00"), "agent": "planner"},
    ],
    "change": [{"plan": "PLAN-1", "at": at("2 10:30"), "valid": number != 3, "channel": "email"} for number in range(4)],
    "forecast": [
        {"plan": "PLAN-1", "kpi": "roas", "day": date(2026, 3, 7), "inside": True, "error_ppm": 100_000},
        {"plan": "PLAN-1", "kpi": "revenue", "day": date(2026, 3, 7), "inside": False, "error_ppm": 200_000},
    ],
    "reading": [
        {"source": "meta", "dataset": "facts", "age": 30 * 3_600_000_000},
        {"source": "hubspot", "dataset": "lead", "age": 50 * 3_600_000_000},
    ],
    "experiment": [
        {"id": "E1", "concluded_at": at("3"), "decided": True, "currency": "GBP", "revenue_micros": money(500), "counterfactual_micros": money(300), "spend_micros": money(100), "treated_ppm": 60_000, "control_ppm": 50_000},
        {"id": "E2", "concluded_at": at("20"), "decided": False, "currency": "GBP"},
    ],
}  # fmt: skip
_PLAIN: Mapping[str, dict[str, Any]] = {
    "order_line": {"position": 1},
    "lead": {"source": "hubspot"},
    "deal": {"stage": "s", "currency": "GBP"},
    "content": {"title": "t", "kind": "post"},
    "usage_event": {"name": "login"},
    "handoff": {"subject": "s", "kind": "lead", "from_team": "a", "to_team": "b", "handed_at": at("1")},
}


def stored(dataset: str, rows: Rows) -> pl.DataFrame:
    """Rows as the lake gives them."""
    schema = stored_schema_of(BY_DATASET[dataset])
    plain = {"source": "tool", "simulated": False, "account": "", "line": 0, "load_id": "L1", "known_at": LATER}
    plain |= {"reopened": 0, "escalated": False} if dataset == "ticket" else {}
    told = [{**dict.fromkeys(schema), **plain, **_PLAIN.get(dataset, {}), **one} for one in rows]
    return pl.DataFrame(told, schema=schema)


def the_facts() -> FactSlice:
    return facts(
        row(
            day=date(2026, 3, 3),
            spend_micros=money(300),
            budget_micros=money(400),
            impressions=10_000,
            clicks=200,
            conversions_milli=10_000,
            leads_milli=6_000,
            sessions=150,
            revenue_micros=money(900),
        ),
        row(day=date(2026, 3, 9), spend_micros=money(1)),
    )


def raw(data: Mapping[str, Rows] = DATA, *, versions: Rows | None = None, caps: DiscountCaps | None = None) -> Raw:
    rows = {name: stored(name, data.get(name, [])) for name in BY_DATASET}
    return Raw(
        rows=rows,
        order_versions=stored("order", versions if versions is not None else [*ORDERS, REFUNDED_LATER]),
        zone="Europe/London",
        caps=caps or DiscountCaps(single=1_000),
    )


def business(
    data: Mapping[str, Rows] = DATA, *, ours: Mapping[str, Rows] = OURS, costs: Iterable[Cost] = (), **more: Any
) -> Objects:
    """Everything that the definitions can be of."""
    of_lake = raw(data, **more)
    tables = {
        name: view(name, of_lake)
        for name, table in TABLES.items()
        if table.datasets and not of_lake.rows[table.datasets[0]].is_empty()
    }
    tables |= {name: pl.DataFrame(rows, schema=TABLES[name].schema) for name, rows in ours.items()}
    paid = [one for cost in costs for one in daily(cost, until=date(2026, 3, 31))]
    if paid:
        tables["cost"] = pl.DataFrame(paid, schema=TABLES["cost"].schema)
    seen = {name: at for name in tables if TABLES[name].datasets and (at := _seen(of_lake, name))}
    return Objects(
        tables=tables,
        observed=seen,
        newest={
            **dict.fromkeys(tables, date(2026, 3, 9)),
            **{name: max(one.date(), date(2026, 3, 9)) for name, one in seen.items()},
        },
        sources=("by hand",),
        zone="Europe/London",
        hours=sandbox_calendar().hours_between,
        facts=the_facts(),
    )


def _seen(of_lake: Raw, name: str) -> datetime | None:
    base = TABLES[name].datasets[0]
    return observed(base, of_lake.rows[base])


AGENCY = Cost.model_validate(
    {"name": "agency", "amount": "3100", "currency": "GBP", "from": "2026-03-01", "to": "2026-03-31"}
)


class InMemoryObjects:
    """An ObjectReader over fixed tables, all of the real world."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    async def objects(self, tables: Iterable[str], *, as_of: datetime | None, simulated: bool) -> Objects:
        if simulated:
            return Objects(tables={}, simulated=True)
        return self._objects

"""Every KPI that ships against figures worked out by hand from the small business of `world.py`."""

from datetime import date
from decimal import Decimal

import pytest

from agents.kpis.definitions import load_kpis
from agents.kpis.engine import KpiEngine
from agents.kpis.objects import Objects
from agents.kpis.query import KpiQuery
from agents.kpis.windows import Window
from storage.records.kpis import KpiAnswer
from tests.unit.agents.kpis.facts import NOW, InMemoryFacts
from tests.unit.agents.kpis.world import AGENCY, DATA, WEEK, InMemoryObjects, business, order, the_facts

KPIS = load_kpis()
BY_HAND: dict[str, tuple[str | None, str]] = {
    "spend": ("300", "GBP"),
    "impressions": ("10000", "count"),
    "clicks": ("200", "count"),
    "sessions": ("150", "count"),
    "conversions": ("10", "count"),
    "leads": ("6", "count"),
    "revenue": ("900", "GBP"),
    "ctr": ("2", "%"),
    "cvr": ("5", "%"),
    "site_cvr": ("6.6666666667", "%"),
    "cpc": ("1.5", "GBP/click"),
    "cpm": ("30", "GBP/1000 impressions"),
    "cpa": ("30", "GBP/conversion"),
    "cpl": ("50", "GBP/lead"),
    "roas": ("3", "ratio"),
    "budget_adherence": ("75", "%"),
    # Orders 1, 2 and 4 for 200, less 20 paid back on the 4th for an order of February and 10 on the 6th.
    "aov": ("56.6666666667", "GBP/order"),
    "store_orders": ("3", "count"),
    "store_revenue": ("170", "GBP"),
    "refunds": ("30", "GBP"),
    # A has bought before, D cancelled: C and E are new.
    "new_customers": ("2", "count"),
    "cac_paid": ("150", "GBP/customer"),
    # 3,100 a month of 31 days are 100 a day.
    "cac_loaded": ("500", "GBP/customer"),
    "revenue_per_user": ("42.5", "GBP/user"),
    # Lines of 95, 60 and 40 cost 20 each: (195 - 60 - 30) / (195 - 30).
    "margin": ("63.6363636364", "%"),
    # 105 of margin of three buyers in 7 days; of A and B only A came again, so a buyer stays for 14 days.
    "ltv": ("70", "GBP/customer"),
    # Of u1, u2 and u5 the first two came again.
    "retention": ("66.6666666667", "%"),
    # 10 off 105 is allowed at 10 %, 15 off 75 is not.
    "discount_error_rate": ("50", "%"),
    "incremental_roas": ("2", "ratio"),
    "experiment_throughput": ("1", "count"),
    "variant_lift": ("20", "%"),
    # The second entry of e2 is the same person; a member of a list and a subscriber are no leads.
    "new_leads": ("3", "count"),
    "qualified_leads": ("1", "count"),
    "cost_per_new_lead": ("100", "GBP/lead"),
    # 30 and 120 minutes, and one who still waits after 1,440.
    "lead_response_time": ("120", "business minutes"),
    "lead_response_p_ninety": (None, "business minutes"),
    # Three open on the 8th (one of them won later, a stale one left out) × 2 of 3 won × 750 ÷ 20 days.
    "pipeline_velocity": ("75", "GBP/day"),
    "win_rate": ("66.6666666667", "%"),
    "sales_cycle": ("20", "days"),
    "sla_compliance": ("50", "%"),
    "content_throughput": ("4", "count/week"),
    "publish_cadence": ("33.3333333333", "%"),
    "publish_gap": ("5", "count"),
    "localisation_time": ("2", "days"),
    "localisation_turnaround": ("1", "days"),
    "escalation_rate": ("25", "%"),
    # 60, 60 and 120 minutes, and one open again for 1,380: half are done by 60, so halfway to 120.
    "resolution_time": ("90", "business minutes"),
    "resolution_p_ninety": (None, "business minutes"),
    "resolution_hours": ("9.5", "hours"),
    "resolution_rate": ("50", "%"),
    "assumed_resolution_rate": ("25", "%"),
    "csat": ("3.5", "score"),
    "csat_response_rate": ("50", "%"),
    "freshness": ("50", "hours"),
    "plan_cycle_time": ("60", "minutes"),
    "plan_approval_wait": ("40", "minutes"),
    "plan_execution_time": ("20", "minutes"),
    "plans_rejected": ("1", "count"),
    "time_to_action": ("8", "hours"),
    "plan_accuracy": ("50", "%"),
    "forecast_error": ("15", "%"),
    "governance_compliance": ("75", "%"),
}


def engine_over(objects: Objects, *, kpis=KPIS) -> KpiEngine:
    facts = InMemoryFacts(*the_facts().frame.to_dicts())
    return KpiEngine(facts, kpis=kpis, clock=lambda: NOW, objects=InMemoryObjects(objects))


async def ask(name: str, objects: Objects | None = None, **query) -> KpiAnswer:
    engine = engine_over(business(costs=[AGENCY]) if objects is None else objects)
    return await engine.ask(KpiQuery(kpi=name, window=WEEK, **query))


def test_every_kpi_is_worked_out_here():
    assert set(BY_HAND) == set(KPIS)


@pytest.mark.parametrize("name", KPIS)
async def test_a_kpi_is_what_it_is_by_hand(name):
    answer = await ask(name)
    value, unit = BY_HAND[name]
    assert (answer.value, answer.unit) == (None if value is None else Decimal(value), unit)
    assert (answer.no_data, answer.simulated, answer.owner) == (False, False, KPIS[name].owner)
    assert answer.version == KPIS[name].edition
    assert [one.kpi for one in answer.beside] == list(KPIS[name].beside)


@pytest.mark.parametrize("name", [name for name, kpi in KPIS.items() if kpi.parts])
async def test_a_kpi_without_its_data_says_no_data_and_what_would_bring_it(name):
    engine = KpiEngine(InMemoryFacts(), kpis=KPIS, clock=lambda: NOW)
    answer = await engine.ask(KpiQuery(kpi=name, window=WEEK))
    assert (answer.value, answer.numerator, answer.no_data) == (None, None, True)
    tables = [part.of for formula in KPIS[name].formulas[:1] for key, part in KPIS[name].parts.items() if key in formula.measures]  # fmt: skip
    assert any(note.startswith(f"No {tables[0].replace('_', ' ')} yet: needs ") for note in answer.notes), answer.notes


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("store_orders", "No order in these days."),
        ("win_rate", "No deal was closed in these days."),
        ("sla_compliance", "No handoff was due in these days."),
        ("plans_rejected", "No plan was rejected in these days."),
    ],
)
async def test_days_in_which_nothing_happened_are_told_in_words(name, note):
    engine = engine_over(business(costs=[AGENCY]))
    quiet = Window(first=date(2026, 1, 5), last=date(2026, 1, 11), words="")
    answer = await engine.ask(KpiQuery(kpi=name, window=quiet))
    assert note in answer.notes


@pytest.mark.parametrize(("name", "longer_than"), [("lead_response_p_ninety", 1440), ("resolution_p_ninety", 1380)])
async def test_what_has_not_ended_is_kept_in_the_p90(name, longer_than):
    answer = await ask(name)
    assert answer.interval is not None
    assert (answer.interval.low, answer.interval.high) == (longer_than, None)
    assert answer.provisional
    assert any("1 of" in note and "have not ended" in note for note in answer.notes)


async def test_without_a_shop_a_customer_is_a_won_deal():
    data = {name: rows for name, rows in business().tables.items() if name not in ("order", "buyer", "refund")}
    objects = business()
    answer = await ask("cac_paid", type(objects)(**{**vars(objects), "tables": data}))
    assert answer.value == 150  # 300 for the two deals won
    assert "Computed as spend / won." in answer.notes


async def test_a_share_of_few_carries_its_interval():
    answer = await ask("escalation_rate")
    assert answer.interval is not None
    # Wilson for 1 of 4.
    assert (answer.interval.low, answer.interval.high) == (Decimal("4.5587"), Decimal("69.9358"))
    assert "Few cases: 4." in answer.notes


async def test_a_product_without_a_cost_makes_the_margin_unknown_and_not_whole():
    answer = await ask("margin", business({**DATA, "product": DATA["product"][:1]}))
    assert (answer.value, answer.no_data) == (None, False)
    assert "Unknown: 1 of the order lines say no cost; a gap is never taken for 0." in answer.notes


async def test_several_currencies_are_told_apart_and_never_added():
    data = {**DATA, "order": [*DATA["order"], order("D1", "F", "3", 11, currency="USD")]}
    answer = await ask("store_revenue", business(data))
    assert (answer.value, answer.by, answer.no_data) == (None, "currency", False)
    assert {row.label: row.value for row in answer.rows} == {"GBP": 170, "USD": 11}
    apart = await ask("cac_paid", business(data))
    assert apart.value == 100  # C, E and F: spend has one currency, and customers count whatever they pay in


async def test_a_split_has_the_same_formula_in_every_row():
    answer = await ask("resolution_rate", by="owner")
    assert {row.label: row.value for row in answer.rows} == {"Kim": 50, "Lou": 50}
    answer = await ask("lead_response_time", by="owner")
    assert {row.label: row.value for row in answer.rows} == {"Kim": 75, "Lou": None}
    answer = await ask("escalation_rate", where={"owner": "kim"})
    assert (answer.value, answer.where) == (50, {"owner": "kim"})
    answer = await ask("localisation_time", by="locale")
    assert {row.label: row.value for row in answer.rows} == {"de": 2, "fr": None}


async def test_the_days_before_are_compared_with():
    answer = await ask("store_orders")
    assert (answer.value, answer.previous) == (3, 2)
    assert (await ask("freshness")).previous is None


async def test_a_series_has_a_row_a_day():
    answer = await ask("store_orders")
    assert {row.label: row.value for row in answer.series} == {
        f"2026-03-0{day}": value for day, value in enumerate([1, 1, None, 1, None, None, None], start=2)
    }

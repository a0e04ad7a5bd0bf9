"""A collapse of leads is a case like one of clicks: one, in its own words, and over when it is."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.drift.occasions import Occasions
from agents.drift.plans import ExecutedPlan
from agents.drift.thresholds import DEFAULT
from agents.kpis.by_day import ByDay, Daily
from agents.kpis.concentration import Concentrated
from agents.kpis.definitions import load_kpis
from agents.kpis.objects import Objects
from agents.lifecycle.cases.business import judged
from agents.lifecycle.cases.business_words import finding_of
from bot.slack.alert_chart import alert_sketch, series_of
from storage.records.alerts import AlertState, Severity
from tests.unit.agents.lifecycle.cases.business_room import (
    DAY,
    FIRST,
    BusinessRoom,
    Rows,
    a_business_room,
    a_moved,
    each_day,
    on_weekdays,
)
from tests.unit.agents.lifecycle.examining import rules_with
from tests.unit.agents.lifecycle.house import House

FALLS, AGAIN = 72, 77
"""The Wednesday on which leads stop coming in as they did, and the Monday on which they are as before."""


@pytest.fixture
def room(house: House, tmp_path: Path) -> BusinessRoom:
    return a_business_room(house, tmp_path)


def lead(number: int, at: datetime) -> dict[str, Any]:
    return {"id": str(number), "email": f"{number}@a.com", "created_at": at, "stage": "lead"}


def leads(usual: float = 40, *, to: float = 4) -> Rows:
    return each_day(on_weekdays(usual, changed=range(FALLS, AGAIN), to=to), lead)


async def test_a_collapse_of_leads_is_one_case_that_recovers(room: BusinessRoom):
    rows = leads()
    assert await room.look(FALLS, "lead", rows) == (), "the newest complete day was a good one"
    for day in (FALLS + 1, FALLS + 2, FALLS + 3, FALLS + 5):
        await room.look(day, "lead", rows)
    (case,) = await room.alerts()
    finding = case.finding
    assert (finding.key, finding.kpi, finding.entity, finding.since) == (
        "drift/new_leads/all", "new_leads", "all", FIRST + FALLS * DAY,
    )  # fmt: skip
    assert (case.state, finding.severity) == (AlertState.OPEN, Severity.CRITICAL)
    assert finding.title == "New leads are down 90 %"
    first, few, idle = finding.detail
    assert first.startswith("New leads over 18–20 March 2026: 4 a day against 38.39 a day expected (−90 %; ")
    assert first.endswith(", 3 days in a row).")
    assert few == "That is 12 in all, 95 % interval 6.2 to 21.0; 115 were expected."
    assert idle == "Saturdays and Sundays are left out: hardly anything ever comes then."
    assert finding.cause == "unknown: these figures tell what moved, not why"
    assert finding.evidence == ("load:load-5",)
    series = await series_of(room.kpis, case)
    assert series is not None
    shown = [row.value for row in series.series if row.label >= "2026-03-18"]
    assert sum(each or 0 for each in shown[:3]) == 12, "its picture shows the days that it tells of"
    assert alert_sketch(case, series).bands
    assert [one.key for one in await room.monitor.check()] == [finding.key], "looked at again, it is the same case"
    for day in range(AGAIN + 1, AGAIN + 5):
        await room.look(day, "lead", rows)
    assert [one.state for one in await room.alerts()] == [AlertState.RECOVERED]


async def test_a_handful_of_leads_a_day_may_stay_away_by_chance(room: BusinessRoom):
    rows = leads(usual=2.5, to=0.2)
    for day in range(FALLS + 1, AGAIN):
        await room.look(day, "lead", rows)
    assert await room.alerts() == []


async def test_a_source_that_says_nothing_any_more_is_no_fall_but_one_that_was_read_to_its_end_is(room: BusinessRoom):
    rows = [one for one in leads() if one["created_at"] < room.at(FALLS)]
    for day in range(FALLS, FALLS + 3):
        await room.look(day, "lead", rows)
    assert await room.alerts() == [], "nobody knows whether there was nothing or nobody told"
    async with room.house.ledger.write() as tx:
        await tx.cursors.put("crm", {"good_at": room.at(FALLS + 3).isoformat(), "sources": ["hubspot"]})
    await room.look(FALLS + 3, "lead", rows)
    (case,) = await room.alerts()
    assert (case.finding.title, case.finding.since) == ("New leads are down 100 %", FIRST + FALLS * DAY)


async def test_a_source_that_fails_since_before_it_fell_silent_is_no_fall_either(room: BusinessRoom):
    rows = [one for one in leads() if one["created_at"] < room.at(FALLS)]
    async with room.house.ledger.write() as tx:
        await tx.cursors.put("crm", {"failing_since": room.at(FALLS).isoformat(), "sources": ["hubspot"]})
    for day in range(FALLS, FALLS + 4):
        await room.look(day, "lead", rows)
    assert await room.alerts() == []


async def test_another_tool_that_is_connected_is_no_rise(house: House, tmp_path: Path):
    own = tmp_path / "kpis.yml"
    own.write_text("kpis:\n  - {name: new_leads, direction: lower}\n", encoding="utf-8")
    room = a_business_room(house, tmp_path, kpis=load_kpis(own=own))
    rows = leads(to=40)
    more = [
        one | {"id": f"s{one['id']}", "email": f"s{one['id']}"} for one in rows if one["created_at"] > room.at(FALLS)
    ]
    for day in (FALLS + 3, FALLS + 4):
        await room.look(day, "lead", more, source="salesforce")
        await room.look(day, "lead", rows)
    assert await room.alerts() == []


async def test_one_event_of_the_shop_is_one_case_that_names_what_moved_with_it(room: BusinessRoom):
    def order(number: int, at: datetime) -> dict[str, Any]:
        told = {"id": str(number), "ordered_at": at, "status": "paid", "currency": "GBP", "customer": f"c{number}"}
        return {**told, "gross_micros": 50_000_000 + number % 7 * 1_000_000, "country": "GB" if number % 2 else "FR"}

    def usual(day: int) -> float:
        return 60.0 if day < FALLS else 10.0

    rows = each_day(usual, order)
    for day in (FALLS + 2, FALLS + 3):
        await room.look(day, "order", rows, source="shopify")
    (case,) = await room.alerts()
    assert (case.finding.key, case.finding.kpi) == ("drift/store_orders/all", "store_orders")
    (with_it,) = [line for line in case.finding.detail if line.startswith("With it")]
    assert re.match(r"With it Store revenue: £[\d.]+ a day against £[\d,.]+ a day expected \(−8\d %, ", with_it)
    assert "New customers" not in str(case.finding.detail), "after three months nobody knows who is new"


async def test_how_much_it_matters_is_the_teams_to_say(house: House, tmp_path: Path):
    house.rulebook.rules = rules_with("alerts:\n  leads: {kpi: new_leads, medium: 96%, large: 99%}\n")
    room = a_business_room(house, tmp_path)
    rows = leads()
    for day in (FALLS + 2, FALLS + 3):
        await room.look(day, "lead", rows)
    (case,) = await room.alerts()
    assert case.finding.severity is Severity.NOTE


@pytest.mark.parametrize("wish", ["true", "false"])
async def test_a_kpi_of_the_teams_own_is_watched_if_it_says_so(house: House, tmp_path: Path, wish: str):
    text = """\
kpis:
  - {name: new_leads, watch: false}
  - name: demo_requests
    label: Demo requests
    unit: count
    direction: higher
    watch: WISH
    formula: asked
    parts:
      asked: {of: lead, count: rows, when: {origin: demo}}
    owner: sales
    description: People who asked for a demo.
"""
    own = tmp_path / "kpis.yml"
    own.write_text(text.replace("WISH", wish), encoding="utf-8")
    room = a_business_room(house, tmp_path, kpis=load_kpis(own=own))
    rows = [one | {"origin": "demo"} for one in leads()]
    for day in (FALLS + 2, FALLS + 3):
        await room.look(day, "lead", rows)
    titles = [one.finding.title for one in await room.alerts()]
    assert titles == (["Demo requests are down 95 %"] if wish == "true" else [])


def test_a_share_of_few_cases_is_not_judged_and_one_of_many_is():
    def judged_of(cases: int, met: int) -> list[str]:
        kpi, days = load_kpis()["sla_compliance"], np.ones(80)
        usual, now = days * round(0.95 * cases) * 100, np.array([met * 100.0])
        daily = Daily(
            kpi, kpi.formulas[0], None, date(2026, 3, 20), np.concatenate([usual[:-1], now]), days * cases,
            days * cases, (),
        )  # fmt: skip
        found = ByDay((daily,), Objects(tables={}), {})
        return [one.key for one in judged(found, DEFAULT, {}, Occasions())]

    assert judged_of(12, 6) == []
    assert judged_of(120, 60) == ["drift/sla_compliance/all"]


def test_where_most_of_it_comes_from_is_said_and_a_plan_is_suspected_only_there():
    moved = a_moved(member=Concentrated("origin", "Paid Social", 3.0, 60.0, 0.9))
    plans = (
        ExecutedPlan(
            plan_id="PLAN-1", resource_keys=("email/campaign/1",), executed_on=moved.since - timedelta(days=2)
        ),
        ExecutedPlan(plan_id="PLAN-2", resource_keys=("paid_social/campaign/2",), executed_on=moved.since),
    )
    told = finding_of(moved, source="kpi/new_leads", since=moved.since, plans=plans, beside=(), evidence=())
    assert (
        "Most of it is origin Paid Social: 3 on 20 March 2026, 60 on the same days of the weeks before." in told.detail
    )
    assert told.cause == "unknown; most of it is one origin"
    first, second, third = told.candidates
    assert first.speaks_for == ("most of it is origin Paid Social",)
    assert (second.ref, third.ref, told.suspect_plan) == ("PLAN-2", None, "PLAN-2")
    assert third.speaks_against == ("it changed email; nothing tells that this comes from there",)


def test_a_source_that_tells_nearly_nothing_may_be_what_broke():
    moved = a_moved(member=Concentrated("source", "hubspot", 0.0, 60.0, 1.0))
    told = finding_of(moved, source="kpi/new_leads", since=moved.since, plans=(), beside=(), evidence=())
    assert told.cause.startswith("data or the tool, possible")
    assert told.candidates[0].kind == "data"


def test_a_case_of_the_same_days_is_named_beside_it():
    moved = a_moved()
    other = finding_of(a_moved(), source="", since=moved.since, plans=(), beside=(), evidence=())
    clicks = other.model_copy(update={"key": "drift/spend/email", "title": "Spend of email is down 80 %"})
    told = finding_of(moved, source="kpi/new_leads", since=moved.since, plans=(), beside=(other, clicks), evidence=())
    assert [one.words for one in told.candidates[1:]] == [
        "Spend of email is down 80 %: a case of its own, which coincides with this."
    ]

"""The monitor by the team's calendar: holidays open no case by themselves, end none, and remember the year before."""

from pathlib import Path

import polars as pl
import pytest

from agents.features.definitions import load_features
from agents.features.store import FeatureStore
from agents.governance.calendar import Calendar
from agents.governance.calendar_text import parse_calendar
from agents.governance.loading import SHIPPED
from agents.governance.rules import Rules, load_rules
from agents.kpis.definitions import load_kpis
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.cases.monitor import Monitor
from agents.lifecycle.intake.observe import Observer
from agents.lifecycle.rules.enact import RulesUntrusted
from agents.sources.readers import Readers
from storage.features import FeatureValues
from storage.lake.facts import REPORTED
from storage.lake.store import Lake
from storage.ledger import Transaction
from storage.records.alerts import AlertState
from tests.unit.agents.drift.world import World, on
from tests.unit.agents.lifecycle.cases.test_monitor import ADS, SHOCK, alerts, dearer_clicks, look
from tests.unit.agents.lifecycle.house import House

AUGUST = 91
"""31 August 2026, the Summer Bank Holiday of England."""
YEAR_AFTER = 455
"""30 August 2027, the next one."""


def observe(house: House, text: str) -> None:
    """Put a calendar in force."""
    calendar: Calendar = parse_calendar(text, file="calendar.yml")
    house.rulebook.rules = load_rules(SHIPPED, house.rules.limits, calendar)


def reported(house: House, world: World) -> World:
    house.source.frame = world.frame(world.days - 1).select(REPORTED.names())
    return world


@pytest.mark.parametrize(("text", "keys"), [("", ["drift/store_orders/all"]), ("holidays: [GB-ENG]", [])])
async def test_fewer_buyers_on_a_public_holiday_are_a_case_only_where_no_calendar_names_it(
    house: House, text: str, keys: list[str]
) -> None:
    observe(house, text)
    world = World(seed=1, ads=ADS, wobble=0.05, days=93, delay_days=0.0, demand=on(None, AUGUST, 0.4, AUGUST))
    reported(house, world)
    assert [one.key for one in await look(house, world, AUGUST)] == keys


@pytest.mark.parametrize(("last", "state"), [(10**6, AlertState.OPEN), (SHOCK, AlertState.RECOVERED)])
async def test_a_sale_of_a_week_hides_whether_a_case_goes_on_until_it_is_over(
    house: House, last: int, state: AlertState
) -> None:
    world = dearer_clicks(house, 1.8, last)
    first, end = world.day_of(SHOCK + 1), world.day_of(SHOCK + 7)
    observe(house, f"special_days: {{sale: {first} to {end}}}")
    for day in range(SHOCK, SHOCK + 8):
        await look(house, world, day)
        (case,) = [one for one in await alerts(house) if one.finding.kpi == "cpc"]
        assert (case.state, case.finding.seen_on) == (AlertState.OPEN, world.day_of(SHOCK))
    await look(house, world, SHOCK + 8)
    (case,) = [one for one in await alerts(house) if one.finding.kpi == "cpc"]
    assert case.state is state


@pytest.mark.parametrize(("remembered", "keys"), [(True, []), (False, ["drift/store_orders/all"])])
async def test_a_shop_that_was_shut_a_year_ago_may_be_shut_again(
    house: House, *, remembered: bool, keys: list[str]
) -> None:
    observe(house, "holidays: [GB-ENG]")
    shut, again = on(None, AUGUST, 0.03, AUGUST), on(None, YEAR_AFTER, 0.03, YEAR_AFTER)
    world = World(
        seed=1, ads=ADS, wobble=0.05, days=YEAR_AFTER + 1, delay_days=0.0,
        demand=lambda channel, day: shut(channel, day) * again(channel, day),
    )  # fmt: skip
    reported(house, world)
    if remembered:
        await look(house, world, AUGUST + 30)
    else:
        house.source.frame = house.source.frame.filter(pl.col("day") > world.day_of(AUGUST))
    found = await look(house, world, YEAR_AFTER)
    assert [one.key for one in found if one.kpi == "store_orders"] == keys


class Untrusted:
    """A rulebook whose rules were tampered with."""

    async def of(self, tx: Transaction) -> Rules:
        raise RulesUntrusted("the signature does not fit")


async def test_where_no_rules_can_be_trusted_every_day_is_like_another(house: House, tmp_path: Path):
    world = dearer_clicks(house, 1.8)
    lake, readers = Lake(str(tmp_path / "lake")), Readers(dict.fromkeys(house.channels, house.source))
    facts = LakeReader(house.ledger, lake)
    house.observer = Observer(house.ledger, lake, readers=readers, clock=house.clock)
    house.monitor = Monitor(
        house.ledger, facts=facts, kpis=KpiEngine(facts, kpis=load_kpis(), clock=house.clock), readers=readers,
        features=FeatureStore(house.ledger, facts, FeatureValues(lake.uri), definitions=load_features()),
        clock=house.clock, rulebook=Untrusted(),
    )  # fmt: skip
    assert [one.kpi for one in await look(house, world, SHOCK)] == ["cpc"]

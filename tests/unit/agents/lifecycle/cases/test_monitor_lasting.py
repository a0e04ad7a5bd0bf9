"""The monitor over weeks: one change is one case, what is seen is kept, and files that keep coming are watched."""

from datetime import timedelta

import polars as pl

from agents.lifecycle.cases.watched import watched
from storage.records.alerts import AlertState, Pattern
from tests.unit.agents.lifecycle.cases.test_monitor import SHOCK, alerts, dearer_clicks, look
from tests.unit.agents.lifecycle.house import House


async def test_a_shift_that_stays_is_one_case_that_ends_as_the_new_normal(house: House):
    world = dearer_clicks(house, 1.8)
    for day in range(SHOCK, SHOCK + 19):
        await look(house, world, day)
    # Budgets of that world are moved by hand now and then, which is another case.
    (case,) = [one for one in await alerts(house) if one.finding.kpi == "cpc"]
    assert case.state is AlertState.RECOVERED
    assert (case.finding.pattern, case.finding.since) == (Pattern.LEVEL_SHIFT, world.day_of(SHOCK))
    assert case.finding.seen_on == world.day_of(SHOCK + 14)
    assert "this level counts as the normal one" in case.finding.detail[-1]


async def test_a_look_costs_one_new_point_and_its_memory_survives_in_the_database(house: House):
    world = dearer_clicks(house, 1.0)
    await look(house, world, SHOCK - 2)
    async with house.ledger.read() as tx:
        (before,) = await tx.watching.of("sandbox/fake/GBP")
    assert before.last == world.day_of(SHOCK - 2)
    await look(house, world, SHOCK - 1)
    async with house.ledger.read() as tx:
        (after,) = await tx.watching.of("sandbox/fake/GBP")
    assert (after.names, after.last) == (before.names, world.day_of(SHOCK - 1))
    assert "cpc|paid_search/s1" in after.names
    assert after.numbers != before.numbers


async def test_the_same_state_of_the_data_is_not_reckoned_again(house: House):
    world = dearer_clicks(house, 1.8)
    found = await look(house, world, SHOCK)
    again = await house.monitor.check()
    assert [one.key for one in again] == [one.key for one in found]
    async with house.ledger.read() as tx:
        (kept,) = await tx.watching.of("sandbox/fake/GBP")
    assert kept.last == world.day_of(SHOCK)


async def test_a_shift_that_one_source_shows_is_told_with_its_reading_and_suspects(house: House):
    world = dearer_clicks(house, 1.8)
    (found,) = await look(house, world, SHOCK)
    assert found.reading is not None
    assert found.reading.observed > found.reading.high
    assert found.candidates[0].kind == "price"


async def test_files_that_keep_coming_are_watched_and_old_ones_are_history(house: House):
    world = dearer_clicks(house, 1.0)
    await look(house, world, SHOCK)
    async with house.ledger.write() as tx:
        (load,) = await tx.loads.known(simulated=True)
        today = house.clock().date()
        for name, ago in (("google_ads", 2), ("old_export", 40)):
            day = today - timedelta(days=ago)
            one = load.model_copy(
                update={"id": f"file-{name}", "source": name, "simulated": False, "last_day": day, "first_day": day}
            )
            await tx.loads.add(one, fingerprint=name, lake_version=0)
    found = await watched(house.ledger, house.monitor._readers, clock=house.clock)
    assert [(one.name, one.simulated, one.source is None) for one in found] == [
        ("google_ads", False, True),
        ("fake", True, False),
    ]
    assert found[0].data_day == today - timedelta(days=2)


async def test_a_channel_that_falls_silent_within_its_source_is_a_case(house: House):
    world = dearer_clicks(house, 1.0)
    house.source.frame = house.source.frame.filter(
        (pl.col("channel") != "email") | (pl.col("day") < world.day_of(SHOCK))
    )
    await look(house, world, SHOCK - 1)
    (found,) = await look(house, world, SHOCK)
    assert (found.key, found.pattern) == ("drift/missing/email", Pattern.MISSING)

"""One alert a case, however often it is looked at; people's answers hold until it gets worse or is over."""

from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from agents.lifecycle.decide import Cause, Declined
from storage.lake.facts import REPORTED
from storage.records.alerts import Alert, AlertKind, AlertState, OutcomeScore, Severity
from storage.records.plans import ExitCriterion, Forecast, PlanState
from tests.builders import AARON, CARLA, OLIVIA, VICTOR, a_forecast
from tests.unit.agents.drift.world import Ad, World, on
from tests.unit.agents.lifecycle.house import House, reopen

SHOCK = 80
"""The day of the world on which clicks of paid search become dearer."""
ADS = (
    Ad("paid_search", "s1", 300, beta=90, kappa=250),
    Ad("paid_search", "s2", 200, beta=60, kappa=160),
    Ad("email", "e1", 80, beta=60, kappa=160, cpc=0.2, ctr=0.03),
)
DAY = timedelta(days=1)


@cache
def reported(factor: float, last: int, worse: float = 1.0) -> tuple[World, pl.DataFrame]:
    """A world whose clicks are dearer by a factor from SHOCK on to `last`, and all that it reports in 100 days."""
    price = on("paid_search", SHOCK, factor, last)
    dearer = on("paid_search", SHOCK + 1, worse, last)
    world = World(
        seed=1, ads=ADS, wobble=0.08, days=100, delay_days=0.0,
        price=lambda channel, day: price(channel, day) * dearer(channel, day),
    )  # fmt: skip
    return world, world.frame(99).select(REPORTED.names())


async def look(house: House, world: World, day: int, *, pull: bool = True):
    """Let the data day be over, read the source and check, as the schedule does."""
    house.platform.day = world.day_of(day) + DAY
    if pull:
        await house.observer.pull()
    return await house.monitor.check()


async def alerts(house: House) -> list[Alert]:
    """Every alert there ever was."""
    found = []
    async with house.ledger.read() as tx:
        while (alert := await tx.alerts.get(f"ALERT-{len(found) + 1}")) is not None:
            found.append(alert)
    return found


def dearer_clicks(house: House, factor: float = 1.3, last: int = 10**6, worse: float = 1.0) -> World:
    world, house.source.frame = reported(factor, last, worse)
    return world


async def test_a_healthy_day_is_quiet(house: House):
    world = dearer_clicks(house)
    assert await look(house, world, SHOCK - 1) == ()
    assert await alerts(house) == []


async def test_the_same_day_looked_at_again_is_the_same_alert_untouched(house: House):
    world = dearer_clicks(house, 1.8)
    await look(house, world, SHOCK)
    (first,) = await alerts(house)
    assert (first.finding.key, first.finding.seen_on, first.times_seen) == (
        "drift/cpc/paid_search", world.day_of(SHOCK), 1,
    )  # fmt: skip
    for _ in range(3):
        await house.monitor.check()
    assert await alerts(house) == [first]
    assert await house.actions(first.id) == ["alert.opened"]


async def test_the_next_day_is_the_same_case_seen_once_more(house: House):
    world = dearer_clicks(house, 1.8)
    for day in (SHOCK, SHOCK + 1, SHOCK + 2):
        await look(house, world, day)
    (alert,) = await alerts(house)
    assert (alert.times_seen, alert.finding.seen_on, alert.opened_on) == (
        3, world.day_of(SHOCK + 2), world.day_of(SHOCK),
    )  # fmt: skip


async def test_a_restart_after_days_away_catches_up_without_doubling(house: House, tmp_path: Path):
    world = dearer_clicks(house, 1.8)
    await look(house, world, SHOCK)
    again = await reopen(house, tmp_path)
    await look(again, world, SHOCK + 4)
    await again.monitor.check()
    (alert,) = await alerts(again)
    assert (alert.times_seen, alert.finding.seen_on) == (2, world.day_of(SHOCK + 4))


async def test_a_case_that_is_quiet_for_days_has_recovered_and_a_new_one_is_another_case(house: House):
    world = dearer_clicks(house, 1.8, last=SHOCK)
    await look(house, world, SHOCK)
    for day in (SHOCK + 1, SHOCK + 2):
        await look(house, world, day)
    states = [one.state for one in await alerts(house) if one.finding.key == "drift/cpc/paid_search"]
    assert states == [AlertState.OPEN], "not yet: it may come back tomorrow"
    for day in range(SHOCK + 3, SHOCK + 8):
        await look(house, world, day)
    (old,) = [one for one in await alerts(house) if one.finding.key == "drift/cpc/paid_search"]
    assert old.state is AlertState.RECOVERED
    assert (await house.actions(old.id))[-1] == "alert.recovered"
    said = await house.attendant.acknowledge(old.id, AARON)
    assert isinstance(said, Declined)
    assert said.cause is Cause.LATE
    async with house.ledger.write() as tx:
        new = await tx.alerts.open(old.finding, now=house.clock())
    assert new.id != old.id


@pytest.mark.parametrize("person", [OLIVIA, AARON, CARLA])
async def test_whoever_works_with_plans_takes_a_case(house: House, person):
    world = dearer_clicks(house, 1.8)
    await look(house, world, SHOCK)
    said = await house.attendant.acknowledge("ALERT-1", person)
    assert isinstance(said, Alert)
    assert (said.state, said.acknowledged_by) == (AlertState.ACKNOWLEDGED, person.id)
    assert await house.attendant.acknowledge("ALERT-1", person) == said, "twice is once"
    assert (await house.actions("ALERT-1")).count("alert.acknowledged") == 1


async def test_a_viewer_takes_no_case_and_an_unknown_one_is_said_to_be_unknown(house: House):
    world = dearer_clicks(house, 1.8)
    await look(house, world, SHOCK)
    refused = await house.attendant.snooze("ALERT-1", VICTOR, days=1)
    assert isinstance(refused, Declined)
    assert refused.cause is Cause.NOT_ALLOWED
    unknown = await house.attendant.acknowledge("ALERT-9", AARON)
    assert isinstance(unknown, Declined)
    assert unknown.cause is Cause.UNKNOWN


async def test_an_answer_holds_while_the_case_stays_as_bad(house: House):
    world = dearer_clicks(house, 1.8)
    for day in (SHOCK, SHOCK + 1):
        await look(house, world, day)
    (before,) = await alerts(house)
    await house.attendant.acknowledge("ALERT-1", AARON)
    await look(house, world, SHOCK + 2)
    (after,) = await alerts(house)
    assert after.finding.severity is before.finding.severity
    assert (after.state, after.acknowledged_by, after.times_seen) == (AlertState.ACKNOWLEDGED, AARON.id, 3)


@pytest.mark.parametrize("answer", ["acknowledge", "snooze"])
async def test_a_rise_in_severity_opens_a_case_that_was_put_aside(house: House, answer: str):
    world = dearer_clicks(house, 1.35, worse=1.6)
    await look(house, world, SHOCK)
    (mild,) = await alerts(house)
    assert mild.finding.severity is not Severity.CRITICAL
    if answer == "snooze":
        await house.attendant.snooze("ALERT-1", AARON, days=14)
    else:
        await house.attendant.acknowledge("ALERT-1", AARON)
    await look(house, world, SHOCK + 1)
    await look(house, world, SHOCK + 2)
    worse = next(one for one in await alerts(house) if one.finding.key == mild.finding.key)
    assert worse.finding.severity is Severity.CRITICAL
    assert (worse.state, worse.acknowledged_by, worse.snoozed_until) == (AlertState.OPEN, None, None)


async def test_a_snooze_ends_by_the_clock_of_people_not_of_data(house: House):
    world = dearer_clicks(house, 1.8)
    await look(house, world, SHOCK)
    said = await house.attendant.snooze("ALERT-1", AARON, days=2)
    assert isinstance(said, Alert)
    assert (said.state, said.snoozed_until) == (AlertState.SNOOZED, house.clock() + 2 * DAY)
    house.clock.pass_(hours=47)
    assert await house.attendant.wake_snoozed() == 0
    house.clock.pass_(hours=1)
    assert await house.attendant.wake_snoozed() == 1
    assert await house.attendant.wake_snoozed() == 0
    (alert,) = await alerts(house)
    assert (alert.state, alert.snoozed_until, alert.updated_at) == (AlertState.OPEN, None, house.clock())
    assert (await house.actions("ALERT-1"))[-1] == "alert.woken"


async def a_scored_plan(house: House, world: World, forecast: Forecast) -> str:
    """A done plan with one forecast, executed on data day 60."""
    house.platform.day = world.day_of(61)
    await house.observer.pull()
    proposal = house.proposal(brand=440).model_copy(update={"forecasts": (forecast,)})
    status = await house.proposer.file(proposal)
    assert (await house.approved(status.plan, CARLA)).state is PlanState.DONE
    return status.plan.id


def spend_forecast(world: World, low: int, high: int) -> Forecast:
    """Of the spend of days 61 to 67."""
    return a_forecast(
        kpi="spend", first=world.day_of(61), last=world.day_of(67), low=Decimal(low),
        middle=Decimal(low + high) / 2, high=Decimal(high), baseline=Decimal(4000),
    )  # fmt: skip


async def outcomes(house: House, plan_id: str):
    async with house.ledger.read() as tx:
        return await tx.executions.outcomes(plan_id)


async def test_a_forecast_is_scored_once_its_window_is_over_and_then_stays(house: House):
    world = dearer_clicks(house, 1.0)
    plan_id = await a_scored_plan(house, world, spend_forecast(world, 1_000, 100_000))
    await look(house, world, 63)
    (early,) = await outcomes(house, plan_id)
    assert (early.score, early.final) == (OutcomeScore.CANNOT_TELL, False)
    for day in (67, 80):
        await look(house, world, day)
        (early,) = await outcomes(house, plan_id)
        assert (early.score, early.final) == (OutcomeScore.CANNOT_TELL, False), "conversions may still arrive"
    for day in (81, 82):
        await look(house, world, day)
    (final,) = await outcomes(house, plan_id)
    assert final.score is OutcomeScore.MET
    scored = (await house.actions(plan_id)).count("outcome.scored")
    await look(house, world, 98)
    await house.monitor.check()
    assert await outcomes(house, plan_id) == (final,)
    assert (await house.actions(plan_id)).count("outcome.scored") == scored
    async with house.ledger.read() as tx:
        kinds = [kind for _, kind, _ in await tx.home.cases()]
    assert kinds == ["outcome:spend"]


async def test_a_missed_forecast_is_a_case_that_names_the_plan(house: House):
    world = dearer_clicks(house, 1.0)
    plan_id = await a_scored_plan(house, world, spend_forecast(world, 100_000, 200_000))
    for day in (81, 82, 83):
        await look(house, world, day)
    found = [one for one in await alerts(house) if one.finding.kind is AlertKind.OUTCOME]
    assert [(one.finding.key, one.finding.suspect_plan) for one in found] == [(f"outcome/{plan_id}", plan_id)]
    assert found[0].finding.title == f"{plan_id} missed its forecast"


async def test_a_plan_that_reaches_its_exit_criterion_is_a_case_though_its_forecast_cannot_be_told_yet(house: House):
    world = dearer_clicks(house, 1.0)
    house.platform.day = world.day_of(61)
    await house.observer.pull()
    ruin = ExitCriterion(kpi="cpc", unit="GBP/click", side="above", threshold=Decimal("0.01"), after_days=3)
    proposal = house.proposal(brand=440).model_copy(update={"exit_criteria": (ruin,)})
    plan = (await house.proposer.file(proposal)).plan
    await house.approved(plan, CARLA)
    await look(house, world, 63)
    assert not [one for one in await alerts(house) if one.finding.kind is AlertKind.OUTCOME]
    await look(house, world, 64)
    (case,) = [one.finding for one in await alerts(house) if one.finding.kind is AlertKind.OUTCOME]
    assert (case.suspect_plan, case.kpi) == (plan.id, "cpc")
    assert case.title == f"{plan.id} counts as failed by its own exit criterion"
    assert "Exit criterion reached" in case.detail[0]


async def test_a_plan_that_stays_on_the_right_side_of_its_exit_criterion_is_no_case(house: House):
    world = dearer_clicks(house, 1.0)
    house.platform.day = world.day_of(61)
    await house.observer.pull()
    far_away = ExitCriterion(kpi="cpc", unit="GBP/click", side="above", threshold=Decimal(100), after_days=3)
    proposal = house.proposal(brand=440).model_copy(update={"exit_criteria": (far_away,)})
    await house.approved((await house.proposer.file(proposal)).plan, CARLA)
    await look(house, world, 64)
    assert await alerts(house) == []


async def test_a_plan_that_was_taken_back_is_not_scored(house: House):
    world = dearer_clicks(house, 1.0)
    plan_id = await a_scored_plan(house, world, spend_forecast(world, 100_000, 200_000))
    await house.rollback.request(plan_id, CARLA, via="test")
    await house.queue.run()
    await look(house, world, 68)
    assert await outcomes(house, plan_id) == ()
    assert await alerts(house) == []


async def test_reading_the_same_state_twice_lands_it_once_and_a_restated_one_again(house: House):
    world = dearer_clicks(house, 1.0)
    house.platform.day = world.day_of(60) + DAY
    assert len(await house.observer.pull()) == 1
    assert await house.observer.pull() == ()
    house.source.frame = house.source.frame.with_columns(
        pl.when(pl.col("day") == world.day_of(60))
        .then(pl.col("clicks") + 1)
        .otherwise(pl.col("clicks"))
        .alias("clicks")
    )
    (restated,) = await house.observer.pull()
    assert restated.first_day == world.day_of(60) - house.source.restatement_days * DAY
    assert restated.last_day == world.day_of(60)
    assert await house.verified()


async def test_weeks_of_not_reading_leave_no_gap(house: House):
    world = dearer_clicks(house, 1.0)
    await look(house, world, 20)
    await look(house, world, 20 + 4 * house.source.restatement_days)
    history = await house.proposer._facts.history(first=world.day_of(0), last=world.day_of(99), simulated=True)
    assert history.frame["day"].n_unique() == 20 + 4 * house.source.restatement_days + 1


async def test_one_small_campaign_that_reports_no_conversions_any_more_is_named_by_its_features(house: House):
    small = Ad("paid_search", "s3", 40, beta=12, kappa=60)
    world = World(seed=1, ads=(*ADS, small), wobble=0.08, days=100, delay_days=0.0)
    frame = world.frame(99).select(REPORTED.names())
    broken = (pl.col("campaign_id") == "s3") & (pl.col("day") > world.day_of(SHOCK - 7))
    house.source.frame = frame.with_columns(
        pl.when(broken).then(0).otherwise(pl.col(name)).alias(name) for name in ("conversions_milli", "revenue_micros")
    )
    assert await look(house, world, SHOCK - 1) == ()
    (finding,) = await look(house, world, SHOCK)
    assert finding.key == "drift/tracking/campaigns/fake"
    assert finding.entity.endswith("s3")
    assert "clicks and no conversion in" in finding.detail[0]
    assert "conversions_7d@1" in finding.detail[-1]
    served = await house.monitor._features.serve(simulated=True, day=world.day_of(SHOCK))
    assert f"{served.of('paid_search/campaign/s3', 'clicks_7d'):,.0f} clicks" in finding.detail[0]

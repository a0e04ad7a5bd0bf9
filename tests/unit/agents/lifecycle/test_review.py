"""What the rules are told is what sources, lake and ledger say now; what a plan may spend is reserved when it is filed."""

import asyncio
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from agents.governance.facts import Facts
from agents.governance.limits import CurrencyLimits, Limits
from agents.governance.rules import Rules, load_rules
from agents.governance.situation import Situation
from agents.kpis.lake_reader import LakeReader
from agents.kpis.query import FactSlice
from agents.lifecycle.convene import convene
from agents.lifecycle.decide import Accepted
from agents.lifecycle.gather import World, gather, look
from agents.lifecycle.learn import keep_outcome
from agents.lifecycle.spending import Spending
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from storage.database import Database
from storage.lake.facts import REPORTED
from storage.lake.store import Lake
from storage.records.executions import ExecutionState
from storage.records.plans import Plan, PlanKind, PlanState, Resource
from storage.records.verdicts import Outcome
from tests.builders import (
    AARON,
    CARLA,
    NOW,
    OLIVIA,
    TODAY,
    a_change,
    a_plan,
    a_rollback_plan,
    an_execution,
    an_outcome,
    pounds,
)
from tests.fakes.clock import HandClock
from tests.unit.agents.lifecycle.house import House, a_house, seen

DAY = timedelta(days=1)
CHANNELS = {"news": "email", "brand": "paid_search", "video": "paid_social", "hero": "website"}


def fact(campaign: str, day: date, spent: int, **changes: Any) -> dict[str, Any]:
    """So many pounds spent on a campaign on a day."""
    base = {
        "source": "fake", "simulated": True, "account": "acc", "channel": CHANNELS.get(campaign, "email"),
        "campaign_id": campaign, "campaign": campaign, "grain": "campaign", "breakdown": "", "day": day,
        "last_day": day, "currency": "GBP", "spend_micros": spent * 1_000_000, "flags": "", "line": 0,
    }  # fmt: skip
    return base | changes


def report(house: House, *facts: dict[str, Any], today: date = TODAY) -> None:
    house.platform.day = today
    house.source.frame = pl.DataFrame(facts, schema=dict(REPORTED))


async def spent(house: House, *facts: dict[str, Any], today: date = TODAY) -> dict[str, int] | None:
    """Pounds this month by campaign id, after the facts were read."""
    report(house, *facts, today=today)
    await house.observer.pull()
    world = await house.reviewer.world(a_budget_plan())
    if world.spent_this_month is None:
        return None
    return {key.rpartition("/")[2]: minor // 100 for key, minor in world.spent_this_month.items()}


def a_budget_plan(**changes: Any) -> Plan:
    """PLAN-12 on the house's campaigns: £40 more a day for brand."""
    wanted = a_change(
        resource=Resource(channel="paid_search", id="brand", name="Brand"), before=pounds(400), after=pounds(440),
        expected_version="v1",
    )  # fmt: skip
    return a_plan(**{"changes": (wanted,), "agent": "budget_planner", **changes})


async def gathered(house: House, plan: Plan, world: World | None = None) -> Facts:
    looked = await house.reviewer.world(plan) if world is None else world
    async with house.ledger.read() as tx:
        panel = await convene(tx, plan, now=house.clock())
        return await gather(tx, plan, looked, rules=house.rules, panel=panel, skills=frozenset({"budget"}))


async def test_the_month_so_far_is_summed_by_campaign(house: House):
    first, second = date(2025, 6, 1), date(2025, 6, 2)
    found = await spent(
        house, fact("brand", first, 390), fact("brand", second, 410), fact("news", second, 95),
        fact("brand", date(2025, 5, 31), 400),
    )  # fmt: skip
    assert found == {"brand": 800, "news": 95, "video": 0, "hero": 0}


async def test_on_the_first_of_a_month_nothing_is_spent_yet(house: House):
    today = date(2025, 7, 1)
    found = await spent(house, fact("brand", date(2025, 6, 30), 390), today=today)
    assert found == {"brand": 0, "news": 0, "video": 0, "hero": 0}


async def test_a_complete_day_that_is_not_reported_yet_counts_with_the_budget(house: House):
    found = await spent(house, fact("brand", date(2025, 6, 1), 390), fact("news", date(2025, 6, 1), 90))
    assert found == {"brand": 390 + 400, "news": 90 + 100, "video": 300, "hero": 200}


async def test_of_last_month_no_missing_day_counts(house: House):
    found = await spent(house, fact("brand", date(2025, 5, 31), 390), today=date(2025, 6, 2))
    assert found == {"brand": 400, "news": 100, "video": 300, "hero": 200}


async def test_without_recent_reports_the_month_is_unknown(house: House):
    assert await spent(house) is None
    assert await spent(house, fact("brand", date(2025, 5, 20), 390)) is None


async def test_what_a_removed_campaign_has_spent_is_spent(house: House):
    yesterday = TODAY - DAY
    found = await spent(
        house, fact("brand", yesterday, 390), fact("gone", yesterday, 55),
        fact("abroad", yesterday, 70, currency="EUR"),
    )  # fmt: skip
    assert found is not None
    assert found["gone"] == 55
    assert "abroad" not in found


async def test_spend_in_a_currency_that_the_budget_is_not_in_makes_the_month_unknown(house: House):
    yesterday = TODAY - DAY
    assert await spent(house, fact("brand", yesterday, 390), fact("news", yesterday, 5, currency="EUR")) is None


async def test_two_reports_of_a_campaign_are_not_added(house: House):
    yesterday = TODAY - DAY
    found = await spent(house, fact("brand", yesterday, 390), fact("brand", yesterday, 380, source="agency"))
    assert found is not None
    assert found["brand"] == 390


async def test_a_period_that_reaches_into_the_month_counts_as_a_whole(house: House):
    week = fact("video", date(2025, 5, 28), 700, last_day=date(2025, 6, 1))
    found = await spent(house, fact("brand", TODAY - DAY, 390), week)
    assert found is not None
    assert found["video"] == 700


async def test_without_campaigns_nothing_was_spent(house: House):
    house.platform.campaigns.clear()
    world = await house.reviewer.world(a_budget_plan())
    assert world == World(campaigns=(), today=TODAY, source="fake", spent_this_month={})


class CountingLake(LakeReader):
    """Counts how often the lake is read."""

    reads = 0

    async def facts(self, **asked: Any) -> FactSlice:
        self.reads += 1
        return await super().facts(**asked)


async def test_the_lake_is_read_again_only_for_more_reports_or_another_day(house: House, tmp_path: Path):
    lake = CountingLake(house.ledger, Lake(str(tmp_path / "lake")))
    readers, spending = Readers(dict.fromkeys(CHANNELS.values(), house.source)), Spending(lake)

    async def pounds_of_brand() -> int:
        world = await look(a_budget_plan(), readers=readers, spending=spending, now=NOW)
        assert world.spent_this_month is not None
        return world.spent_this_month["paid_search/campaign/brand"] // 100

    report(house, fact("brand", TODAY - DAY, 390))
    await house.observer.pull()
    assert [await pounds_of_brand() for _ in range(3)] == [390, 390, 390]
    assert lake.reads == 1
    house.platform.day += DAY
    assert await pounds_of_brand() == 390 + 400
    assert lake.reads == 2
    house.clock.pass_(minutes=5)
    report(house, fact("brand", TODAY - DAY, 390), fact("brand", TODAY, 405), today=TODAY + DAY)
    await house.observer.pull()
    assert await pounds_of_brand() == 390 + 405
    assert lake.reads == 3


async def test_a_channel_that_nobody_reads_shows_nothing(house: House):
    elsewhere = a_budget_plan(changes=(a_change(resource=Resource(channel="tv", id="spot", name="Spot")),))
    assert await house.reviewer.world(elsewhere) == World()
    facts = await gathered(house, elsewhere)
    assert (facts.data_age_days, facts.week_before, facts.days_left) == (None, {}, 31)
    assert (await house.reviewer.judge(elsewhere)).outcome is Outcome.REFUSED


def a_change_of_the_rules(**changes: Any) -> Plan:
    edition = Resource(channel="policies", kind="policy", id="edition", name="The rules")
    text = a_change(resource=edition, field="text", before='{"a.cedar": null}', after='{"a.cedar": "x"}', unit="")
    return a_plan(kind=PlanKind.POLICY, changes=(text,), requested_by=CARLA.id, **changes)


async def silent() -> Any:
    raise SourceUnavailable("the market answered 503")


async def test_a_change_of_the_rules_asks_no_source(house: House):
    house.source.campaigns = house.source.today = silent
    world = await house.reviewer.world(a_change_of_the_rules())
    assert world == World(today=NOW.date())
    assert (await gathered(house, a_change_of_the_rules(), world)).campaigns == ()


async def test_a_silent_source_refuses_what_is_proposed_and_delays_what_is_approved(house: House):
    plan = (await house.asked(brand=440)).plan
    house.source.campaigns = silent
    with pytest.raises(SourceUnavailable):
        await house.reviewer.world(plan)
    assert (await house.reviewer.judge(plan)).outcome is Outcome.REFUSED


async def test_the_days_left_of_a_month_are_those_of_the_source(house: House):
    for today, left in ((date(2025, 6, 3), 28), (date(2025, 6, 30), 1), (date(2024, 2, 1), 29)):
        house.platform.day = today
        facts = await gathered(house, a_budget_plan(data_day=today - 3 * DAY))
        assert (facts.days_left, facts.data_age_days) == (left, 2)


async def test_small_steps_of_a_week_add_up_from_before_the_first(house: House):
    for amount in (410, 420):
        plan = (await house.asked(brand=amount, news=amount // 4)).plan
        assert (await house.approved(plan, AARON)).state is PlanState.DONE
    planned = a_budget_plan()
    assert (await gathered(house, planned)).week_before == {"paid_search/campaign/brand": pounds(400)}
    house.platform.day += 6 * DAY
    assert (await gathered(house, planned)).week_before == {"paid_search/campaign/brand": pounds(400)}
    house.platform.day += DAY
    assert (await gathered(house, planned)).week_before == {}


async def test_a_plan_that_has_begun_does_not_count_against_itself(house: House):
    plan = (await house.asked(brand=440)).plan
    await house.approved(plan, AARON)
    assert (await gathered(house, plan)).week_before == {}


async def test_what_is_not_a_budget_is_no_step(house: House):
    done = (await house.asked(brand=440)).plan
    async with house.ledger.write() as tx:
        paused = a_change(resource=done.changes[0].resource, field="status", before="active", after="paused")
        await tx.executions.add(0, an_execution(paused, plan_id=done.id, key="one", before_image=None))
        budget = a_change(id="c2", resource=paused.resource, before=pounds(390), after=pounds(400))
        await tx.executions.add(1, an_execution(budget, plan_id=done.id, key="two", before_image=None))
        intended = an_execution(budget, plan_id=done.id, key="three", state=ExecutionState.INTENDED)
        await tx.executions.add(2, intended)
        await tx.plans.mark_done_on(done.id, TODAY)
    assert (await gathered(house, a_budget_plan())).week_before == {"paid_search/campaign/brand": pounds(390)}


async def test_how_long_ago_an_agent_was_scored(house: House):
    plan = a_budget_plan()
    assert (await gathered(house, plan)).evaluation_age_days is None
    async with house.ledger.write() as tx:
        for plan_id, scored_on, version in (("PLAN-1", 1, "1"), ("PLAN-2", 24, "1"), ("PLAN-3", 30, "2")):
            scored = an_outcome(plan_id=plan_id, scored_on=date(2025, 5, scored_on))
            await keep_outcome(tx, a_budget_plan(id=plan_id, agent_version=version), scored)
        await keep_outcome(tx, a_budget_plan(id="PLAN-4", agent="Budget_planner"), an_outcome(plan_id="PLAN-4"))
    assert (await gathered(house, plan)).evaluation_age_days == 10


async def test_a_rollback_is_judged_by_its_requester_and_what_was_done(house: House):
    plan = (await house.asked(brand=440)).plan
    await house.approved(plan, AARON)
    back = a_rollback_plan(plan, requested_by=AARON.id)
    facts = await gathered(house, back)
    assert facts.requester == AARON
    assert facts.taken_back == plan.changes
    assert (await gathered(house, a_rollback_plan(restores="PLAN-99"))).taken_back == ()


async def test_broken_glass_counts_for_whoever_may_break_it(house: House):
    under = a_budget_plan(requested_by=CARLA.id, created_at=NOW)
    async with house.ledger.write() as tx:
        await tx.stops.break_glass(CARLA.id, reason="recall", now=NOW - DAY / 24, until=NOW + DAY)
    assert (await gathered(house, under)).glass
    assert not (await gathered(house, a_budget_plan(requested_by=OLIVIA.id))).glass
    demoted = CARLA.model_copy(update={"roles": AARON.roles})
    await house.change(demoted, AARON, OLIVIA)
    assert not (await gathered(house, under)).glass


async def test_what_broken_glass_asks_for_needs_nobody_else(house: House):
    async with house.ledger.write() as tx:
        await tx.stops.break_glass(CARLA.id, reason="recall", now=NOW - DAY / 24, until=NOW + DAY)
    status = await house.asked(CARLA, brand=300)
    assert (status.state, status.note) == (PlanState.APPROVED, "allowed without a further approval")
    await house.queue.run()
    assert (await house.status(status.plan)).state is PlanState.DONE


async def stored(house: House, plan: Plan) -> list[tuple[Outcome, Situation]]:
    """The newest verdict on each revision with what was judged."""
    async with house.ledger.read() as tx:
        rows = await tx.approvals.judged(10)
        verdict = await tx.approvals.verdict(plan.id, plan.revision)
    assert verdict is not None
    found = [
        Situation.model_validate_json(situation) for plan_id, _, situation in rows if plan_id == plan.id and situation
    ]
    return [(verdict.outcome, one) for one in found]


async def test_every_verdict_is_stored_with_what_was_judged(house: House):
    plan = (await house.asked(brand=440)).plan
    ((outcome, situation),) = await stored(house, plan)
    assert outcome is Outcome.NEEDS_APPROVAL
    assert situation.plan == plan.id
    async with house.ledger.read() as tx:
        verdict = await tx.approvals.verdict(plan.id, 1)
    assert verdict is not None
    assert verdict.versions["policy"] == house.rules.version
    again = house.rules.judge_situation(situation, now=house.clock())
    assert again == verdict.model_copy(update={"versions": {}})


async def test_looking_at_a_plan_stores_nothing(house: House):
    plan = (await house.asked(brand=440)).plan
    await house.reviewer.judge(plan.model_copy(update={"revision": 2}))
    async with house.ledger.read() as tx:
        assert await tx.approvals.verdict(plan.id, 2) is None


async def test_judged_with_approvals_it_is_allowed_by_the_gates_that_were_met(house: House):
    plan = (await house.asked(brand=440)).plan
    world = await house.reviewer.world(plan)
    async with house.ledger.write() as tx:
        before = await house.reviewer.judge_in(tx, plan, world)
    await house.approve(plan, AARON)
    async with house.ledger.write() as tx:
        after = await house.reviewer.judge_in(tx, plan, world)
    assert (before.outcome, after.outcome) == (Outcome.NEEDS_APPROVAL, Outcome.ALLOWED)
    assert after.gates == before.gates
    # What is stored is what the rules demand, whoever has approved: so it can be asked of other rules.
    assert [outcome for outcome, _ in await stored(house, plan)] == [Outcome.NEEDS_APPROVAL]


async def test_what_the_rules_refuse_no_approval_allows(house: House):
    plan = (await house.asked(brand=440)).plan
    await house.approve(plan, AARON)
    house.platform.by_hand("hero", pounds(900))
    world = await house.reviewer.world(plan)
    async with house.ledger.write() as tx:
        assert (await house.reviewer.judge_in(tx, plan, world)).outcome is Outcome.REFUSED


async def test_there_is_no_review_of_what_is_not_there_or_not_open(house: House):
    with pytest.raises(LookupError, match="there is no PLAN-99"):
        await house.reviewer.review("PLAN-99")
    waiting = await house.asked(brand=440)
    assert await house.reviewer.review(waiting.plan.id) == waiting


async def test_a_plan_decided_while_the_sources_are_read_is_left_alone(house: House):
    first = (await house.asked(brand=440)).plan
    held = (await house.asked(brand=420)).plan
    await house.decider.reject(seen(first), AARON, reason="no", via="test")
    real = house.source.campaigns

    async def while_somebody_rejects():
        await house.decider.reject(seen(held), AARON, reason="no", via="test")
        return await real()

    house.source.campaigns = while_somebody_rejects
    assert (await house.reviewer.review(held.id)).state is PlanState.REJECTED


def capped(daily: int, **changes: Any) -> Rules:
    """The shipped rules, with a cap on all budgets together and none on single steps."""
    amounts = CurrencyLimits(
        daily_cap=pounds(daily), step_cap=pounds(5000), at_risk_gate=pounds(100_000), min_budget=pounds(1), **changes
    )
    return load_rules(limits=Limits(step_share_gate_bp=60_000, step_share_cap_bp=60_000, currencies={"GBP": amounts}))


@pytest.mark.parametrize("run_at_once", [True, False])
@pytest.mark.parametrize(
    ("one", "other", "runs"),
    [(550, 450, 1), (600, 500, 1), (599, 301, 2), (500, 400, 2), (500, 401, 1)],
)
async def test_of_two_plans_that_pass_a_cap_together_exactly_one_runs(
    database: Database, tmp_path: Path, clock: HandClock, one: int, other: int, runs: int, *, run_at_once: bool
):
    """£1,000 a day are spent and £1,200 may be: each plan alone is within the cap, and both are approved at once."""
    async with a_house(database, tmp_path, clock, rules=capped(1200)) as house:
        plans = [(await house.asked(brand=one)).plan, (await house.asked(video=other)).plan]
        assert [(await house.status(plan)).state for plan in plans] == [PlanState.WAITING] * 2
        await asyncio.gather(*(house.approve(plan, CARLA) for plan in plans))
        if run_at_once:
            await asyncio.gather(*(house.executor.execute(plan.id, 1) for plan in plans))
        await house.queue.run()
        states = sorted([(await house.status(plan)).state for plan in plans])
        assert states == sorted([PlanState.DONE] * runs + [PlanState.REFUSED] * (2 - runs))
        assert sum(house.budgets().values()) <= 1200


async def test_of_two_plans_that_need_nobody_only_one_is_let_through(
    database: Database, tmp_path: Path, clock: HandClock
):
    """Under broken glass nobody is asked; the cap holds all the same, also for plans reviewed at once."""
    async with a_house(database, tmp_path, clock, rules=capped(1200)) as house:
        async with house.ledger.write() as tx:
            await tx.stops.break_glass(CARLA.id, reason="recall", now=NOW - DAY / 24, until=NOW + DAY)
        asked = await asyncio.gather(house.asked(CARLA, brand=550), house.asked(CARLA, video=450))
        assert sorted(one.state for one in asked) == [PlanState.APPROVED, PlanState.REFUSED]


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_is_approved_at_once_no_write_ever_passes_the_cap(
    database: Database, tmp_path: Path, clock: HandClock, seed: int
):
    chance, cap = random.Random(seed), 1100
    async with a_house(database, tmp_path, clock, rules=capped(cap)) as house:
        total = now = sum(house.budgets().values())
        steps = [step for step in range(-60, 91) if step]
        wanted = {name: budget + chance.choice(steps) for name, budget in house.budgets().items()}
        plans = [(await house.asked(**{name: amount})).plan for name, amount in wanted.items()]
        people = [chance.choice([AARON, CARLA]) for _ in plans]
        before = house.budgets()
        await asyncio.gather(*(house.approve(plan, person) for plan, person in zip(plans, people, strict=True)))
        chance.shuffle(plans)
        await asyncio.gather(*(house.executor.execute(plan.id, 1) for plan in plans))
        await house.queue.run()
        for one in house.platform.ours():
            now += one.value.minor // 100 - before[one.campaign_id]
            assert now <= max(cap, total)
        for plan in plans:
            assert (await house.status(plan)).state in (PlanState.DONE, PlanState.REFUSED)


async def test_what_an_approved_plan_would_cut_is_not_free_before_it_is_cut(
    database: Database, tmp_path: Path, clock: HandClock
):
    async with a_house(database, tmp_path, clock, rules=capped(1050)) as house:
        cut = (await house.asked(brand=300)).plan
        assert isinstance(await house.approve(cut, AARON), Accepted)
        assert (await house.asked(video=360)).state is PlanState.REFUSED
        await house.queue.run()
        assert (await house.asked(video=360)).state is PlanState.WAITING


async def test_a_campaign_that_will_be_resumed_is_counted(database: Database, tmp_path: Path, clock: HandClock):
    async with a_house(database, tmp_path, clock, rules=capped(1050)) as house:
        house.platform.pause("hero")
        plan = a_budget_plan(changes=(a_change(
            resource=Resource(channel="website", id="hero", name="Hero"), field="status", before="paused",
            after="active", expected_version="v2",
        ),))  # fmt: skip
        assert "hero" not in await counted(house)
        await approved(house, plan)
        assert "hero" in await counted(house)


async def test_only_raises_in_the_same_currency_are_reserved(house: House):
    video = Resource(channel="paid_social", id="video", name="Video")
    news = Resource(channel="email", id="news", name="News")
    hero = Resource(channel="website", id="hero", name="Hero")
    await approved(
        house,
        a_budget_plan(changes=(
            a_change(id="c1", resource=video, before=pounds(300), after=pounds(350)),
            a_change(id="c2", resource=news, before=pounds(100), after=pounds(50)),
            a_change(id="c3", resource=hero, before=pounds(200), after=pounds(300).model_copy(update={"currency": "EUR"})),
            a_change(id="c4", resource=hero, field="status", before="active", after="paused"),
            a_change(id="c5", resource=hero, field="creative", before="old", after="new"),
        )),
    )  # fmt: skip
    states = {one.id: one for one in (await gathered(house, a_budget_plan(id="PLAN-13"))).campaigns}
    assert states["video"].daily_budget == pounds(350)
    assert (states["news"].daily_budget, states["hero"].daily_budget) == (pounds(100), pounds(200))
    assert states["hero"].status == "active"
    # Its own campaigns are as they are: two plans on one campaign are in conflict, and that is said elsewhere.
    own = a_budget_plan(id="PLAN-13", changes=(a_change(resource=video, before=pounds(300), after=pounds(310)),))
    assert next(one for one in (await gathered(house, own)).campaigns if one.id == "video").daily_budget == pounds(300)


async def approved(house: House, plan: Plan) -> None:
    """The plan as stored and approved, and not yet carried out."""
    async with house.ledger.write() as tx:
        await tx.plans.add(plan, now=NOW)
        await tx.plans.move(
            plan.id, revision=plan.revision, origins=(PlanState.PROPOSED,), to=PlanState.APPROVED, now=NOW
        )


async def counted(house: House) -> list[str]:
    facts = await gathered(house, a_budget_plan(id="PLAN-13"))
    return [one.id for one in facts.campaigns if one.status == "active"]


async def test_a_monthly_cap_holds_against_what_the_month_has_cost(
    database: Database, tmp_path: Path, clock: HandClock
):
    """£800 are spent by 3 June, and 28 days are left: £1,000 a day make £28,800, £1,010 make £29,080."""
    async with a_house(database, tmp_path, clock, rules=capped(5000, monthly_cap=pounds(29_000))) as house:
        report(house, fact("brand", date(2025, 6, 1), 400), fact("brand", date(2025, 6, 2), 400))
        await house.observer.pull()
        assert (await house.asked(brand=407)).state is PlanState.WAITING
        assert (await house.asked(video=310)).state is PlanState.REFUSED


async def test_without_caps_nothing_is_written(database: Database, tmp_path: Path, clock: HandClock):
    async with a_house(database, tmp_path, clock, rules=load_rules()) as house:
        assert (await house.asked(brand=410)).state is PlanState.REFUSED

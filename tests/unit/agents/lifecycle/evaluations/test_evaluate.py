"""Agents are held against what came, on schedule; who fails or is not looked at for too long has to ask."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from agents.features.definitions import load_features
from agents.features.store import FeatureStore
from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.evaluations.evaluate import Evaluator
from agents.lifecycle.evaluations.recalibrate import Recalibrator
from agents.lifecycle.evaluations.rehearse import Rehearser
from agents.lifecycle.walk import MONITOR, MONITOR_VERSION
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from agents.team.budget_planner import BudgetPlanner
from storage.features import FeatureValues
from storage.lake.facts import REPORTED
from storage.lake.store import Lake
from storage.records.alerts import Outcome, OutcomeScore
from storage.records.evaluations import Measure
from storage.records.plans import PlanState
from tests.builders import AARON, a_forecast
from tests.fakes.channels import FakeSource
from tests.unit.agents.drift.world import World
from tests.unit.agents.lifecycle.examining import Room, a_finding, a_room
from tests.unit.agents.lifecycle.house import House, seen

DAY = timedelta(days=1)


class Away(FakeSource):
    """A source that answers when it is back."""

    is_back = False

    async def today(self) -> date:
        if not self.is_back:
            raise SourceUnavailable("503")
        return await super().today()


@pytest.fixture
async def room(house: House) -> Room:
    return await a_room(house)


@pytest.fixture
def evaluator(room: Room, tmp_path: Path) -> Evaluator:
    return reading(room.house.source, room, tmp_path)


def reading(source: FakeSource, room: Room, folder: Path) -> Evaluator:
    """An evaluator that asks this source."""
    house = room.house
    readers = Readers(dict.fromkeys(house.channels, source))
    lake = Lake(str(folder / "lake"))
    facts = LakeReader(house.ledger, lake)
    planner = BudgetPlanner()
    features = FeatureStore(house.ledger, facts, FeatureValues(lake.uri), definitions=load_features())
    return Evaluator(
        house.ledger,
        team=(planner,),
        facts=facts,
        readers=readers,
        rehearser=Rehearser(
            house.ledger, team={planner.name: planner}, facts=facts, features=features, readers=readers
        ),
        recalibrator=Recalibrator(house.ledger, room.promoter),
        clock=house.clock,
    )


async def scored(room: Room, number: int, *, measured: str, **facts) -> None:
    """A plan of the planner that was carried out, with its final outcome; its forecast is 38,204 to 42,911."""
    house = room.house
    status = await house.proposer.file(
        house.proposal(brand=400 + number).model_copy(update={"forecasts": (a_forecast(),), **facts}), replaces=False
    )
    outcome = Outcome(
        plan_id=status.plan.id, kpi="revenue", score=OutcomeScore.MET, text="told", scored_on=house.platform.day - DAY,
        final=True, measured=Decimal(measured),
    )  # fmt: skip
    async with house.ledger.write() as tx:
        await tx.executions.score(outcome)


def of(evaluated, measure: Measure):
    return next(one for one in evaluated.evaluations if one.measure is measure)


async def test_with_nothing_to_go_by_every_measure_says_so(evaluator: Evaluator):
    done = await evaluator.run()
    assert {one.measure for one in done.evaluations} == set(Measure)
    assert all((one.value, one.passed) == (None, None) for one in done.evaluations)
    assert done.asked is None


async def test_outcomes_that_came_true_are_good(room: Room, evaluator: Evaluator):
    for number in range(9):
        await scored(room, number, measured="40000")
    coverage = of(await evaluator.run(), Measure.OUTCOME_COVERAGE)
    assert (coverage.value, coverage.passed, coverage.cases) == (1, True, 9)
    assert coverage.words == "9 of 9 outcomes of plans fell into their range, which should hold 80%"


async def test_ranges_that_do_not_hold_ask_for_wider_ones_once(room: Room, evaluator: Evaluator):
    for number in range(9):
        await scored(room, number, measured="46000" if number % 2 else "35000")
    done = await evaluator.run()
    assert of(done, Measure.OUTCOME_COVERAGE).passed is False
    assert done.asked is not None
    assert "evaluator asks for it" in done.asked.lines[0]
    again = await evaluator.run()
    assert again.asked is not None
    assert again.asked.id == done.asked.id
    await room.asker.answer(done.asked.id, "approve", AARON, via="test")
    async with room.house.ledger.read() as tx:
        used = await tx.models.in_production("planner_settings")
    assert used is not None
    assert used.version == 2
    assert '"range_scale"' in used.content


async def test_wider_ranges_that_were_agreed_are_not_asked_for_again_by_what_the_old_ones_missed(
    room: Room, evaluator: Evaluator
):
    for number in range(9):
        await scored(
            room, number, measured="46000" if number % 2 else "35000", versions={"model:planner_settings": "1"}
        )
    asked = (await evaluator.run()).asked
    assert asked is not None
    await room.asker.answer(asked.id, "approve", AARON, via="test")
    later = await evaluator.run()
    assert of(later, Measure.OUTCOME_COVERAGE).passed is False, "what was missed stays missed"
    assert later.asked is None
    assert await room.asker.open() == ()


async def test_a_source_that_does_not_answer_is_measured_once_it_is_back(room: Room, tmp_path: Path):
    source = Away(room.house.platform)
    evaluator = reading(source, room, tmp_path)
    assert (await evaluator.run()).evaluations == ()
    assert await room.house.actions(f"agent:{MONITOR}@{MONITOR_VERSION}") == []
    source.is_back = True
    assert {one.measure for one in (await evaluator.run()).evaluations} == set(Measure)


async def test_the_sandbox_of_weeks_is_held_out_of_what_the_lake_knows(room: Room, evaluator: Evaluator):
    world = World(seed=4, days=150)
    house = room.house
    house.source.frame = world.frame(149).select(REPORTED.names())
    house.platform.day = world.day_of(149) + DAY
    await house.observer.pull()
    done = await evaluator.run()
    weeks = of(done, Measure.HOLD_OUT_COVERAGE)
    assert weeks.cases >= 8
    assert weeks.as_of == world.day_of(149)
    assert weeks.model == "model:planner_settings@1"
    assert of(done, Measure.HOLD_OUT_ERROR).value is not None


async def test_what_people_call_noise_counts_against_the_monitor(room: Room, evaluator: Evaluator):
    for number in range(5):
        await room.file(a_finding(key=f"drift/cpc/{number}"))
        cause = "noise" if number < 3 else "1"
        await room.examiner.diagnose(f"ALERT-{number + 1}", AARON, cause=cause, words="", via="test")
    precision = of(await evaluator.run(), Measure.CASE_PRECISION)
    assert (precision.subject, precision.version) == (MONITOR, MONITOR_VERSION)
    assert (precision.value, precision.passed) == (Decimal("0.4"), False)


async def test_rejected_plans_are_rehearsed_with_what_was_known_then(room: Room, evaluator: Evaluator):
    house = room.house
    status = await house.proposer.file(house.proposal(brand=410))
    assert status.state is PlanState.WAITING
    await house.decider.reject(seen(status.plan), AARON, reason="not before the sale", via="test")
    again = of(await evaluator.run(), Measure.REJECTED_AGAIN)
    assert (again.cases, again.value) == (1, 0)
    async with house.ledger.read() as tx:
        ((plan_id, kind, facts),) = await tx.home.cases()
    assert (plan_id, kind, facts["reason"]) == ("PLAN-1", "rejected", "not before the sale")


async def test_an_evaluation_that_is_too_old_needs_the_cmo(room: Room, evaluator: Evaluator):
    for number in range(9):
        await scored(room, number, measured="40000")
    house = room.house
    await evaluator.run()
    fresh = await house.proposer.file(house.proposal(video=310), replaces=False)
    house.platform.day += 40 * DAY
    late = await house.proposer.file(house.proposal(news=105), replaces=False)
    gates = []
    async with house.ledger.read() as tx:
        for status in (fresh, late):
            verdict = await tx.approvals.verdict(status.plan.id, 1)
            assert verdict is not None
            gates.append("stale-evaluation" in {gate.policy for gate in verdict.gates})
    assert gates == [False, True]


async def test_every_run_is_kept_and_told_in_the_trail(room: Room, evaluator: Evaluator):
    first = await evaluator.run()
    room.house.clock.pass_(days=1)
    await evaluator.run()
    assert {one.id for one in await evaluator.newest()}.isdisjoint({one.id for one in first.evaluations})
    async with room.house.ledger.read() as tx:
        before = await tx.evaluations.newest(as_of=room.house.clock() - DAY)
    assert {one.id for one in before} == {one.id for one in first.evaluations}
    assert await room.house.actions(f"agent:{MONITOR}@{MONITOR_VERSION}") == ["model.evaluated"] * 2

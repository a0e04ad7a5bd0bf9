"""Work that failed for good leaves its plan where it was; the timetable asks for it again."""

from agents.lifecycle.states import STALLED_AFTER, ask_again
from storage.records.plans import PlanState
from tests.builders import AARON
from tests.unit.agents.lifecycle.house import House


async def test_a_plan_that_moves_is_not_asked_for_again(house: House):
    plan = (await house.asked(news=110)).plan
    await house.approve(plan, AARON)
    assert await ask_again(house.ledger, now=house.clock()) == 0


async def test_a_stalled_plan_is_asked_for_once_an_hour_and_carried_out_once(house: House):
    plan = (await house.asked(news=110)).plan
    await house.approve(plan, AARON)
    before = len(await house.queue.waiting())
    house.clock.pass_(seconds=STALLED_AFTER.total_seconds())
    assert await ask_again(house.ledger, now=house.clock()) == 1
    house.clock.pass_(minutes=1)
    await ask_again(house.ledger, now=house.clock())
    assert len(await house.queue.waiting()) == before + 1
    await house.queue.run()
    assert (await house.status(plan)).state is PlanState.DONE
    assert len(house.platform.ours()) == 1
    house.clock.pass_(hours=2)
    assert await ask_again(house.ledger, now=house.clock()) == 0

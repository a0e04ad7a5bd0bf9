"""What people refused and how forecasts came out is kept, once it is final, to judge the next version by."""

import pytest

from agents.lifecycle.learn import keep_outcome
from tests.builders import a_plan, an_outcome
from tests.unit.agents.lifecycle.house import House


@pytest.mark.parametrize("final", [True, False])
async def test_an_outcome_is_kept_once_it_is_final(house: House, final: bool):
    async with house.ledger.write() as tx:
        await keep_outcome(tx, a_plan(), an_outcome(final=final))
        cases = await tx.home.cases()
    assert [(plan_id, kind) for plan_id, kind, _ in cases] == ([("PLAN-12", "outcome:revenue")] if final else [])

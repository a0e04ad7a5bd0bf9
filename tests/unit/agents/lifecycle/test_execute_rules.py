"""A change of the rules is carried out, and taken back, as any plan; what waits then is judged by the new rules."""

import json

import pytest

from agents.lifecycle.decide import Accepted
from agents.lifecycle.states import ask_for_review
from storage.records.executions import FieldState, Receipt
from storage.records.plans import Change, Plan, PlanState, Resource
from tests.builders import AARON, ADA, CARLA, a_policy_plan
from tests.unit.agents.lifecycle.house import House


class Texts:
    """The rules as a channel in memory."""

    name = "policies"
    simulated = False

    def __init__(self, text: str) -> None:
        self.text = text
        self.version = 1

    def capabilities(self):
        return ()

    async def read(self, resource: Resource, field: str) -> FieldState:
        return FieldState(value=self.text, version=f"v{self.version}")

    async def preview(self, change: Change):
        return await self.read(change.resource, change.field), change.after

    async def apply(self, change: Change, *, key: str, expected_version: str) -> Receipt:
        assert expected_version == f"v{self.version}"
        assert isinstance(change.after, str)
        self.text, self.version = change.after, self.version + 1
        return Receipt(
            key=key, reference=f"edition-{self.version}", value=self.text, version=f"v{self.version}",
            applied_at="2025-06-03T09:30:00+00:00", simulated=False,
        )  # fmt: skip

    async def find(self, key: str) -> Receipt | None:
        return None


@pytest.fixture
def texts(house: House) -> Texts:
    made = Texts(json.dumps({"a.cedar": None}))
    house.channels["policies"] = made  # type: ignore[assignment]
    return made


async def carried_out(house: House, texts: Texts) -> Plan:
    """A change of the rules that two people approved."""
    template = a_policy_plan({"a.cedar": None}, {"a.cedar": "new"})
    change = template.changes[0].model_copy(update={"before": texts.text, "expected_version": "v1"})
    async with house.ledger.write() as tx:
        plan = template.model_copy(update={"id": await tx.plans.new_id(), "changes": (change,)})
        await tx.plans.add(plan, now=house.clock())
        status = await tx.plans.get(plan.id)
        assert status is not None
        await ask_for_review(tx, status)
    await house.queue.run()
    status = await house.approved(plan, AARON, CARLA)
    assert status.state is PlanState.DONE, status.note
    return plan


async def test_after_a_change_of_the_rules_what_waits_is_judged_again(house: House, texts: Texts):
    waiting = (await house.asked(hero=210)).plan
    plan = await carried_out(house, texts)
    assert json.loads(texts.text) == {"a.cedar": "new"}
    async with house.ledger.read() as tx:
        assert await tx.plans.done_on(plan.id) == house.clock().date(), "no source has a calendar for the rules"
    status = await house.status(waiting)
    assert status.state is PlanState.WAITING
    assert (await house.actions(waiting.id)).count("plan.waiting") == 2


async def test_a_change_of_the_rules_is_taken_back_by_two_people_too(house: House, texts: Texts):
    plan = await carried_out(house, texts)
    said = await house.rollback.request(plan.id, ADA, via="test")
    assert isinstance(said, Accepted), said
    assert said.status.state is PlanState.WAITING, said.words
    await house.approved(said.status.plan, AARON, CARLA)
    assert json.loads(texts.text) == {"a.cedar": None}
    assert (await house.status(plan)).state is PlanState.ROLLED_BACK


async def test_rules_that_changed_since_are_said_to_have_without_their_texts(house: House, texts: Texts):
    plan = await carried_out(house, texts)
    texts.text, texts.version = json.dumps({"a.cedar": "newer"}), 9
    preview = await house.rollback.preview(plan.id)
    assert [item.conflict for item in preview.items] == [
        "someone changed it since. It is left as it is unless you say otherwise"
    ]

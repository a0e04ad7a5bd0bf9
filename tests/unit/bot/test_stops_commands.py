"""Stopping, emergencies and the account on the command line: words for people, one document for programs."""

import contextlib
import io
import json
from collections.abc import Awaitable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from agents.lifecycle.decide import Accepted, Seen
from bot.commands import report as accounting
from bot.commands import stops
from bot.commands.shell import NEGATIVE, BadInput
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from bot.worker import working
from storage.records.executions import Execution, ExecutionState, execution_key
from storage.records.plans import PlanStatus
from tests.fakes.clock import HandClock


class Shell:
    """Runs commands and keeps what they say on stdout; stderr is left alone, the work queue's log holds on to it."""

    def __init__(self) -> None:
        self._said = ""

    async def __call__(self, command: Awaitable[int | None]) -> int | None:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            code = await command
        self._said = out.getvalue()
        return code

    def words(self) -> str:
        return self._said

    def document(self) -> Any:
        return json.loads(self._said)


@pytest.fixture
def shell() -> Shell:
    return Shell()


async def freeze(home: Settings, scope: str = "all", name: str | None = None, **changes: Any) -> int | None:
    asked = {"reason": "wrong prices", "person": "olivia", "json": True, **changes}
    return await stops.freeze(scope=scope, name=name, home=home.home, **asked)


async def test_what_is_frozen_is_listed_and_thawed(home: Settings, shell: Shell):
    assert await shell(freeze(home, "channel", "email")) is None
    made = shell.document()
    assert (made["accepted"], made["freezes"][0]["id"]) == (True, "FREEZE-1")
    await shell(stops.freezes(home=home.home, json=True))
    listed = shell.document()
    assert [one["value"] for one in listed["freezes"]] == ["email"]
    assert listed["broken_glass"] == []
    await shell(stops.freezes(home=home.home, json=False))
    assert "FREEZE-1: channel email frozen by Olivia Reed since" in shell.words()
    assert await shell(stops.thaw(freeze="freeze-1", person="aaron", home=home.home, json=True)) is None
    assert shell.document()["words"] == "Thawed: channel email (FREEZE-1)."
    await shell(stops.freezes(home=home.home, json=False))
    assert shell.words() == "Nothing is frozen, and no glass is broken.\n"


async def test_what_is_refused_is_a_negative_answer(home: Settings, shell: Shell):
    assert await shell(freeze(home, person="victor")) == NEGATIVE
    assert shell.document()["accepted"] is False
    assert await shell(stops.thaw(freeze="all", person="aaron", home=home.home, json=False)) == NEGATIVE
    assert shell.words() == "Nothing is frozen.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"scope": "campaign", "name": "x"}, "choose all, brand, channel, agent"),
        ({"scope": "channel"}, "which"), ({"scope": "all", "name": "email"}, "freeze all takes no name"),
        ({"person": "nobody"}, "nobody here is called 'nobody'"),
    ],
)  # fmt: skip
async def test_what_cannot_be_meant_is_said_in_one_line(
    home: Settings, shell: Shell, arguments: dict[str, Any], words: str
):
    with pytest.raises(BadInput, match=words):
        await shell(freeze(home, **arguments))


@pytest.mark.parametrize("text", ["FREEZE-0", "7x", "", "GLASS-1"])
async def test_what_is_no_freeze_is_not_looked_for(home: Settings, shell: Shell, text: str):
    with pytest.raises(BadInput, match="FREEZE-3"):
        await shell(stops.thaw(freeze=text, person="aaron", home=home.home, json=False))


async def test_a_thaw_sees_the_plans_through_where_nobody_else_works(home: Settings, shell: Shell):
    await shell(freeze(home))
    async with open_office(home) as office:
        plan_id = await an_approved_plan(office)
    assert await shell(stops.thaw(freeze="all", person="aaron", home=home.home, json=False)) is None
    async with open_office(home) as office:
        assert (await office.router.dossier(plan_id)).status.state == "done"


async def test_where_somebody_else_works_a_thaw_leaves_it_to_them(home: Settings, shell: Shell, clock: HandClock):
    await shell(freeze(home))
    async with open_office(home, clock=clock) as office, working(office, home.worker_lock):
        assert await shell(stops.thaw(freeze="all", person="aaron", home=home.home, json=False)) is None


async def test_glass_is_broken_listed_and_reviewed(home: Settings, shell: Shell):
    emergency = {"person": "carla", "home": home.home, "json": True}
    assert await shell(stops.break_glass(reason="", **emergency)) == NEGATIVE
    assert "say why" in shell.document()["words"]
    assert await shell(stops.break_glass(reason="the sale is wrong", **emergency)) is None
    assert shell.document()["glass"]["id"] == "GLASS-1"
    await shell(stops.freezes(home=home.home, json=False))
    assert "GLASS-1: broken by Carla Mendes on" in (listed := shell.words())
    assert "in force until" in listed
    review = {"glass": "glass-1", "person": "aaron", "home": home.home, "json": True}
    with pytest.raises(BadInput, match="--wrong needs --words"):
        await shell(stops.review_glass(words=None, wrong=True, **review))
    assert await shell(stops.review_glass(words=None, wrong=False, **review)) is None
    assert shell.document()["glass"]["reviewed_by"] == "aaron"


async def test_closed_glass_waits_for_its_review(home: Settings, shell: Shell, clock: HandClock):
    async with open_office(home, clock=clock) as office, office.ledger.read() as tx:
        carla = await tx.people.get("carla")
    assert carla is not None
    async with open_office(home, clock=clock) as office:
        await office.emergency.break_glass(carla, reason="the sale is wrong", via="test")
        clock.pass_(hours=1)
        await office.emergency.close_over(clock())
    await shell(stops.freezes(home=home.home, json=False))
    assert "closed, to be reviewed: the sale is wrong" in shell.words()


async def test_an_empty_home_has_nothing_to_account_for(home: Settings, shell: Shell):
    assert await shell(accounting.report(home=home.home, first=None, last=None, json=False)) is None
    assert shell.words() == "overall: nothing was written\n"


async def test_days_in_the_wrong_order_are_no_account(home: Settings, shell: Shell):
    with pytest.raises(BadInput, match="--from 2025-06-02 is after --to 2025-06-01"):
        await shell(
            accounting.report(home=home.home, first=datetime(2025, 6, 2), last=datetime(2025, 6, 1), json=False)
        )


async def test_what_nobody_approved_is_an_incident_and_a_negative_answer(
    home: Settings, shell: Shell, clock: HandClock
):
    async with open_office(home, clock=clock) as office:
        plan_id = await an_approved_plan(office)
        async with office.ledger.write() as tx:
            status = await tx.plans.get(plan_id)
            assert status is not None
            change = status.plan.changes[0]
            key = execution_key(plan_id, 1, change.id)
            forged = Execution(
                key=key, plan_id=plan_id, revision=1, change=change, state=ExecutionState.APPLIED, updated_at=clock()
            )
            await tx.executions.add(0, forged)
            await tx.audit.append(at=clock(), actor="system", action="plan.expired", subject="PLAN-9", facts={})
            later = datetime.fromisoformat("2025-07-03T09:30:00+00:00")
            await tx.audit.append(at=later, actor="system", action="freeze.set", subject="FREEZE-9", facts={})
    days = {"first": datetime(2025, 6, 1), "last": datetime(2025, 7, 31)}
    assert await shell(accounting.report(home=home.home, json=True, **days)) == NEGATIVE
    document = shell.document()
    assert (document["ok"], document["overall"]["share_with_valid_approval"]) == (False, "0")
    assert [one["month"] for one in document["months"]] == ["2025-06", "2025-07"]
    assert document["without_valid_approval"][0]["key"] == key
    assert await shell(accounting.report(home=home.home, json=False, **days)) == NEGATIVE
    text = shell.words()
    assert "overall: 0 of 1 changes had a valid approval (0.00%)" in text
    assert "2025-07: nothing was written, 1 freezes" in text
    assert f"  {key} on 3 Jun 2025 at 10:30 BST: the trail does not tell of its execution" in text


async def test_what_people_decided_is_timed(home: Settings, shell: Shell, clock: HandClock):
    async with open_office(home, clock=clock) as office:
        plan_id = await an_approved_plan(office)
        await office.executor.execute(plan_id, 1)
    assert await shell(accounting.report(home=home.home, first=None, last=None, json=False)) is None
    expected = "overall: 1 of 1 changes had a valid approval (100.00%), decided in 0.0 minutes (median)\n"
    assert shell.words() == expected


async def an_approved_plan(office: Office) -> str:
    async with office.ledger.read() as tx:
        people = {one.id: one for one in await tx.people.all()}
    (campaign,) = [one for one in await office.readers.campaigns() if one.id == "em-101"]
    made = await office.proposer.request(
        {"em-101": Decimal(campaign.daily_budget.minor * 105 // 10000)}, people["olivia"]
    )
    assert isinstance(made, PlanStatus)
    seen = Seen(plan_id=made.plan.id, revision=1, digest=made.plan.digest)
    said = await office.decider.approve(seen, people["aaron"], via="test")
    assert isinstance(said, Accepted), said
    return made.plan.id

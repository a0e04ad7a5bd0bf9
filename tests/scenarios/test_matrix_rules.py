"""Everybody × a plan that changes the rules: it takes two people, and an admin may ask for it to be taken back."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from agents.lifecycle.rules.amend import Unamendable
from bot.slack.buttons import PlanName
from bot.slack.cards.rollback_views import rollback_preview
from storage.records.plans import Plan
from tests.scenarios.matrix_commands import WORKING
from tests.scenarios.matrix_people import CLAUDE, EVERYBODY, KNOWN
from tests.scenarios.matrix_row import WHO_ARE_YOU
from tests.scenarios.matrix_world import World, a_world

DECIDING = "approver brand finance legal cmo delegate"


@pytest_asyncio.fixture
async def world(proposed_home: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(Path(shutil.copytree(proposed_home, tmp_path / "home"))) as world:
        yield world


async def test_the_buttons_of_a_change_of_the_rules(world: World) -> None:
    plan = await _proposed(world)
    shown = (await world.reference(plan)).encode()
    wrong = []

    for name in EVERYBODY:
        for action_id, form, who in (("plan.edit", "plan.edit", ""), ("plan.reject", "plan.reject", DECIDING)):
            world.ready()
            came = await world.deliver(name, world.click(name, action_id, shown))
            if came.effect or came.faults or came.form != (form if name in who.split() else ""):
                wrong.append(f"{name} · {action_id}: {came}")
            if name == "admin" and "You cannot" not in came.told:
                wrong.append(f"{name} · {action_id}: told {came.told!r}")

    assert not wrong, "\n".join(wrong)


async def test_it_is_in_force_when_two_have_approved_and_one_of_them_is_the_cmo(world: World) -> None:
    plan = await _proposed(world)
    recorded = {"approve by me", "trail: plan.approve"}
    came = {}
    for name in ("viewer", "operator", "admin", "guest", "partner", "finance", "approver", "delegate"):
        world.ready()
        payload = world.click(name, "plan.approve", (await world.reference(plan)).encode())
        came[name] = (await world.deliver(name, payload)).effect

    assert {name for name, effect in came.items() if effect} == {"finance", "approver", "delegate"}
    assert came["finance"] == came["approver"] == came["delegate"] == recorded
    world.ready()
    payload = world.click("cmo", "plan.approve", (await world.reference(plan)).encode())
    last = await world.deliver("cmo", payload, wanted=frozenset({"plan: waiting → done", "new edition"}))
    assert last.effect >= {*recorded, "plan: waiting → done", "new edition", "new execution"}
    assert not {"new edit", "budget changed"} & last.effect


async def test_those_who_may_take_rules_back(world: World) -> None:
    plan = await _in_force(world)
    wrong = []

    for name in EVERYBODY:
        world.ready()
        came = await world.deliver(name, world.click(name, "plan.rollback", PlanName(plan.id).encode()))
        may = name in f"{WORKING} admin".split()
        if came.effect or came.faults or came.form != ("rollback.confirm" if may else ""):
            wrong.append(f"{name}: {came}")
        if name not in KNOWN and name not in ("deactivated", "robot") and WHO_ARE_YOU not in came.told:
            wrong.append(f"{name}: told {came.told!r}")
    payload = await world.submission("admin", rollback_preview(await world.team.office.rollback.preview(plan.id)))
    world.ready()
    asked = await world.deliver("admin", payload)

    assert not wrong, "\n".join(wrong)
    assert asked.effect == {"new plan: waiting", "new revision", "trail: plan.rollback_requested"}


async def _proposed(world: World) -> Plan:
    text = (world.team.home / "limits.yml").read_text(encoding="utf-8")
    files = {"limits.yml": text.replace("step_share_cap: 50%", "step_share_cap: 45%")}
    made = await world.team.office.amender.propose(files, await world.person(CLAUDE), via="test")
    assert not isinstance(made, Unamendable), made.words
    return made.plan


async def _in_force(world: World) -> Plan:
    plan = await _proposed(world)
    for name in ("approver", "cmo"):
        await world.says("approve", plan, name)
    # Whatever waits is judged anew by the new rules.
    await world.until(lambda: {world.look()[f"plan {one}"] for one in ("PLAN-1", plan.id)} == {"waiting", "done"})
    return plan

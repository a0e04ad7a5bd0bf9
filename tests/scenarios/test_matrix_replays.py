"""What arrives twice counts once, and what comes from another workspace counts for nothing."""

import shutil
from collections.abc import AsyncIterator
from copy import deepcopy
from pathlib import Path

import pytest_asyncio

from bot.workspace.directory import OTHER_TEAM
from tests.fakes.member import Json
from tests.scenarios.matrix_buttons import BUTTONS
from tests.scenarios.matrix_commands import COMMANDS
from tests.scenarios.matrix_forms import FORMS
from tests.scenarios.matrix_people import slack
from tests.scenarios.matrix_world import BROKEN, World, a_world

ROWS = (*COMMANDS, *BUTTONS, *FORMS)
WITH_EFFECT = [row for row in ROWS if row.of("cmo").effect]


@pytest_asyncio.fixture
async def world(proposed_home: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(Path(shutil.copytree(proposed_home, tmp_path / "home"))) as world:
        yield world


async def test_a_payload_that_arrives_again_does_nothing_more(world: World) -> None:
    wrong = []
    for row in (one for one in ROWS if one.heard):
        payload, then = await row.send(world, "cmo"), row.of("cmo")
        world.ready()
        first = await world.deliver("cmo", deepcopy(payload), wanted=then.effect, leave_open=True)
        again = await world.deliver("cmo", deepcopy(payload))
        if first.effect != then.effect:
            wrong.append(f"{row.surface} ({row.about}): at first {sorted(first.effect)}")
        if again.effect or again.faults or BROKEN in again.told:
            wrong.append(f"{row.surface} ({row.about}): again {sorted(again.effect)} {again.faults} {again.told[:99]}")
        if row.surface.startswith("modal"):
            continue  # its own loading view is the answer that Slack gets once more
        if again.told or again.form:
            wrong.append(f"{row.surface} ({row.about}): told again {again.told[:99]!r}")

    assert not wrong, "\n".join(wrong)


async def test_a_payload_that_arrives_again_after_a_restart_does_nothing_more(world: World) -> None:
    sent: list[tuple[str, Json]] = []
    for row in WITH_EFFECT:
        payload = await row.send(world, "cmo")
        world.ready()
        await world.deliver("cmo", deepcopy(payload), wanted=row.of("cmo").effect)
        sent.append((f"{row.surface} ({row.about})", payload))

    await world.team.restart()
    world.stir()
    world.ready()
    again = {about: await world.deliver("cmo", payload) for about, payload in sent}

    assert {about: came.effect for about, came in again.items() if came.effect} == {}


async def test_another_workspace_moves_nothing_whoever_it_says_its_people_are(world: World) -> None:
    wrong = []
    for row in WITH_EFFECT:
        payload = _of_another_workspace(await row.send(world, "cmo"))
        world.ready()
        came = await world.deliver("cmo", payload)
        if came.effect or came.faults:
            wrong.append(f"{row.surface} ({row.about}): changed {sorted(came.effect)} {came.faults}")

    assert not wrong, "\n".join(wrong)


async def test_whoever_clicks_in_a_channel_of_another_workspace_is_answered_directly(world: World) -> None:
    for channel in ("C00ELSEWHERE", "C00LUNCH", "D00UNKNOWN"):
        plan = await world.reference(await world.waiting())
        payload = world.click("viewer", "plan.approve", plan.encode())
        payload["channel"]["id"] = payload["container"]["channel_id"] = channel
        world.ready()
        came = await world.deliver("viewer", payload)

        assert not came.effect
        assert not came.faults
        assert "You cannot approve" in came.told, channel


async def test_a_click_of_another_person_that_looks_like_one_before_is_their_own(world: World) -> None:
    """The stamp of a click says nothing about whose it is."""
    payload = world.click("cmo", "plan.approve", (await world.reference(await world.waiting())).encode())
    forged = deepcopy(payload)
    forged["user"] |= {"id": slack("viewer")}
    world.ready()

    nothing = await world.deliver("viewer", forged)
    counted = await world.deliver("cmo", payload, wanted=frozenset({"plan: waiting → done"}))

    assert not nothing.effect
    assert "You cannot approve" in nothing.told
    assert "approve by me" in counted.effect


def _of_another_workspace(payload: Json) -> Json:
    if "command" in payload:
        return payload | {"team_id": OTHER_TEAM, "team_domain": "partner"}
    user = payload["user"] | {"team_id": OTHER_TEAM}
    return payload | {"team": {"id": OTHER_TEAM, "domain": "partner"}, "user": user}

"""Values and metadata that no card of ours carries, or that another one carries: nothing happens, and it is said kindly.

All of it is sent by the CMO and the admin in one: whoever may do everything is the one through whom it could happen.
"""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from bot.slack.alert_buttons import AlertChoice, AlertMenuRef, MuteChoice, MuteRef
from bot.slack.buttons import (
    ActionId,
    AlertRef,
    BulkRef,
    BulkVerb,
    DelegationRef,
    FreezeRef,
    GlassRef,
    MenuRef,
    PageRef,
    PlanChoice,
    PlanName,
    PlanRef,
    Question,
    SnoozeRef,
)
from bot.slack.data_buttons import AnswerRef, LoadRef
from tests.fakes.member import Json
from tests.scenarios.matrix_forms import FORMS
from tests.scenarios.matrix_people import slack
from tests.scenarios.matrix_row import Row
from tests.scenarios.matrix_world import BROKEN, Came, World, a_world

OLD = "older version"
TAKES = {
    "plan.approve": "plan", "plan.edit": "plan", "plan.reject": "plan", "plan.why": "plan", "plan.withdraw": "plan",
    "plan.rollback": "name", "plan.more": "menu", "freeze.thaw": "freeze", "glass.fine": "glass",
    "glass.concern": "glass", "home.approve": "page", "home.reject": "page", "home.page.on": "page",
    "home.freeze": "page", "home.delegate": "page", "delegation.end": "delegation", "alert.acknowledge": "alert",
    "alert.snooze": "snooze", "alert.suspects": "alert", "alert.more": "alert_menu", "alert.mute": "mute", "kpi.ask.0": "question", "question.answer.0": "answer",
    "data.picture": "page", "data.set_aside": "load", "alert.review": "alert",
}  # fmt: skip
"""What each button carries; a link and a box carry nothing that anybody reads."""
MENUS = ("plan.more", "alert.snooze", "alert.more", "alert.mute")
DIGEST = "0123456789abcdef" * 4
JUNK = (
    "", " ", ":", "::::", "PLAN-2", "plan.2", "plan.1:PLAN-2:1:" + DIGEST, "plan.3:PLAN-2:1:" + DIGEST + ":",
    f"plan.2:PLAN-2:0:{DIGEST}:", f"plan.2:PLAN-2:-1:{DIGEST}:", f"plan.2:PLAN-2:1:{DIGEST.upper()}:",
    f"plan.2:PLAN-2:1:{DIGEST}:\n", f"plan.2:PLAN-٢:1:{DIGEST}:", f"plan.2:plan-2:1:{DIGEST}:",
    f"plan.2:PLAN-2:1:{DIGEST}::", f"plan.2:PLAN-{'9' * 5000}:1:{DIGEST}:", "9" * 20_000,
    "'; DROP TABLE plan; --", "<!channel> *now*", "{{7*7}}${7*7}", "\x00\u202e\ud7ff", "[]", "null", "menu.1:approve:PLAN-2",
    "freeze.1:FREEZE-0", "freeze.1:ALL", "glass.1:GLASS-1 ", "delegation.1:*", "page.1:0", "page.1:99999",
    "snooze.1:ALERT-1:-3", "snooze.1:ALERT-1:9999", "alert.1:../../etc/passwd", "ask.1:\n",
)  # fmt: skip
METADATA = (
    "plan.edit", "plan.reject", "rollback.confirm", "plan.hand_over", "plan.ask", "bulk", "glass.concern",
    "alert.assign", "alert.snooze", "alert.expect", "alert.rebaseline", "alert.escalate",
    "review.diagnose", "review.act", "review.verify",
)  # fmt: skip
"""Forms that say in their metadata what they are about."""
ABOUT_ALERTS = tuple(one for one in METADATA if one.startswith(("alert.", "review.")))


@pytest_asyncio.fixture
async def world(proposed_home: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(Path(shutil.copytree(proposed_home, tmp_path / "home"))) as world:
        yield world


async def _refused(world: World, name: str, payload: Json, about: str) -> list[str]:
    """What went wrong with a payload that must do nothing."""
    world.ready()
    return _wrong(await world.deliver(name, payload), about)


def _wrong(came: Came, about: str, *, told: bool = True) -> list[str]:
    wrong = [f"{about}: {fault}" for fault in came.faults]
    if came.effect:
        wrong.append(f"{about}: changed {sorted(came.effect)}")
    if came.form:
        wrong.append(f"{about}: opened {came.form}")
    if BROKEN in came.told or (told and not came.told):
        wrong.append(f"{about}: told {came.told[:200]!r}")
    return wrong


async def _values(world: World) -> dict[str, str]:
    """One true value of every kind."""
    plan = await world.reference(await world.waiting())
    return {
        "plan": plan.encode(),
        "name": PlanName((await world.done()).id).encode(),
        "menu": MenuRef(PlanChoice.REMIND, plan).encode(),
        "bulk": BulkRef(BulkVerb.APPROVE, (plan,)).encode(),
        "freeze": FreezeRef(await world.frozen()).encode(),
        "glass": GlassRef(await world.glass()).encode(),
        "delegation": DelegationRef(await world.delegation("cmo", "rita")).encode(),
        "page": PageRef(1).encode(),
        "alert": AlertRef(await world.alert()).encode(),
        "snooze": SnoozeRef(await world.alert(), 3).encode(),
        "alert_menu": AlertMenuRef(AlertChoice.ASSIGN, await world.alert()).encode(),
        "mute": MuteRef(MuteChoice.ALL_1_DAY, await world.alert()).encode(),
        "question": Question("roas last week").encode(),
        "answer": AnswerRef((await world.question()).id, 1, "yes").encode(),
        "load": LoadRef("all").encode(),
    }


def test_every_button_is_in_the_table() -> None:
    ours = {name.removesuffix(".0").removesuffix(".on") for name in TAKES}

    assert ours | {"plan.open", "home.pick", "alert.open"} == set(ActionId)


async def test_a_value_under_a_button_that_takes_another_does_nothing(world: World) -> None:
    values, wrong = await _values(world), []

    for action_id, kind in TAKES.items():
        for other, value in values.items():
            if other != kind:
                payload = _pressed(world, action_id, value)
                wrong += await _refused(world, "cmo", payload, f"{action_id} with a {other}")

    assert not wrong, "\n".join(wrong)


async def test_junk_does_nothing_under_any_button(world: World) -> None:
    wrong = []
    for action_id in TAKES:
        for junk in JUNK if action_id == "plan.approve" else JUNK[::3]:
            payload = _pressed(world, action_id, junk)
            wrong += await _refused(world, "cmo", payload, f"{action_id} with {junk[:40]!r}")

    assert not wrong, "\n".join(wrong)


async def test_what_is_not_there_is_refused_kindly(world: World) -> None:
    plan = PlanRef("PLAN-999999", 1, DIGEST, "0" * 16)
    values = {
        "plan": [plan.encode()],
        "name": [PlanName("PLAN-999999").encode(), PlanName("PLAN-" + "9" * 18).encode()],
        "menu": [MenuRef(choice, plan).encode() for choice in PlanChoice],
        "freeze": [FreezeRef("FREEZE-999").encode()],
        "glass": [GlassRef("GLASS-999").encode()],
        "delegation": [DelegationRef("DELEGATION-999").encode()],
        "alert": [AlertRef("ALERT-999").encode()],
        "snooze": [SnoozeRef("ALERT-999", 3).encode()],
        "alert_menu": [AlertMenuRef(choice, "ALERT-999").encode() for choice in AlertChoice],
        "mute": [MuteRef(MuteChoice.CASE_1_WEEK, "ALERT-999").encode()],
    }
    wrong = []
    for action_id, kind in TAKES.items():
        for value in values.get(kind, ()):
            about = f"{action_id} with {value[:40]}"
            wrong += await _refused(world, "cmo", _pressed(world, action_id, value), about)

    assert not wrong, "\n".join(wrong)


async def test_a_plan_other_than_it_was_shown_is_not_decided(world: World) -> None:
    """Another plan's digest, an edited one, a revision to come, a revision gone by, other gates."""
    plan = await world.waiting()
    true = await world.reference(plan)
    planner = await world.reference((await world.team.status("PLAN-1")).plan)
    flipped = ("0" if true.digest[0] != "0" else "1") + true.digest[1:]
    forged = {
        "another plan's digest": replace(true, digest=planner.digest),
        "an edited digest": replace(true, digest=flipped),
        "a revision to come": replace(true, revision=2),
        "a far revision": replace(true, revision=999_999_999),
        "another plan's name": replace(true, plan_id="PLAN-1"),
    }
    wrong = []
    for action_id in ("plan.approve", "plan.edit", "plan.reject", "plan.withdraw"):
        for what, ref in forged.items():
            payload = _pressed(world, action_id, ref.encode())
            wrong += await _refused(world, "cmo", payload, f"{action_id} with {what}")
    other_gates = replace(true, binding="0" * 16)
    payload = _pressed(world, "plan.approve", other_gates.encode())
    wrong += await _refused(world, "cmo", payload, "plan.approve with other gates")
    for form in ("plan.edit", "plan.reject", "bulk"):
        for what, ref in {**forged, **({"other gates": other_gates} if form == "bulk" else {})}.items():
            payload = await _form(form).send(world, "cmo")
            said = BulkRef(BulkVerb.APPROVE, (ref,)) if form == "bulk" else ref
            payload["view"]["private_metadata"] = said.encode()
            wrong += await _refused(world, "cmo", payload, f"{form} with {what}")

    assert not wrong, "\n".join(wrong)


async def test_a_revision_gone_by_is_not_decided(world: World) -> None:
    true = await world.reference(await world.waiting())
    rejecting = await _form("plan.reject").send(world, "cmo")
    editing = await _form("plan.edit").send(world, "operator")
    world.ready()
    edited = await world.deliver("operator", editing)
    assert edited.effect == {"new revision", "trail: plan.edited"}, edited

    wrong = await _refused(world, "cmo", rejecting, "plan.reject, submitted")
    for action_id in ("plan.approve", "plan.edit", "plan.reject", "plan.withdraw"):
        wrong += await _refused(world, "cmo", _pressed(world, action_id, true.encode()), action_id)
    bulk = await _form("bulk").send(world, "cmo")
    bulk["view"]["private_metadata"] = BulkRef(BulkVerb.APPROVE, (true,)).encode()
    wrong += await _refused(world, "cmo", bulk, "bulk")

    assert not wrong, "\n".join(wrong)


async def test_metadata_that_we_did_not_write_does_nothing(world: World) -> None:
    values, wrong = await _values(world), []
    takes = {"bulk": "bulk", "glass.concern": "glass", **dict.fromkeys(ABOUT_ALERTS, "alert")}
    for form in METADATA:
        others = [value for kind, value in values.items() if kind != takes.get(form, "plan")]
        for metadata in (*(JUNK if form == "bulk" else (*JUNK[::7], *others[::3])),):
            payload = await _form(form).send(world, "cmo")
            payload["view"]["private_metadata"] = metadata
            wrong += await _refused(world, "cmo", payload, f"{form} with {metadata[:40]!r}")

    assert not wrong, "\n".join(wrong)


async def test_metadata_of_what_is_not_there_is_refused_kindly(world: World) -> None:
    plan, wrong = PlanRef("PLAN-999999", 1, DIGEST, "0" * 16), []
    for form in METADATA:
        others = {"bulk": BulkRef(BulkVerb.APPROVE, (plan,)), "glass.concern": GlassRef("GLASS-999")}
        said = (others | dict.fromkeys(ABOUT_ALERTS, AlertRef("ALERT-999"))).get(form, plan)
        payload = await _form(form).send(world, "cmo")
        payload["view"]["private_metadata"] = said.encode()
        wrong += await _refused(world, "cmo", payload, form)

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["viewer", "guest"])
async def test_a_form_that_somebody_else_opened_counts_as_of_whoever_submits_it(world: World, name: str) -> None:
    wrong = []
    for row in FORMS:
        if row.heard and not row.of(name).effect:
            payload = await row.send(world, "cmo")
            payload["user"] |= {"id": slack(name), "name": name, "username": name}
            world.ready()
            wrong += _wrong(await world.deliver(name, payload), f"{row.surface} ({row.about})", told=False)

    assert not wrong, "\n".join(wrong)


def _pressed(world: World, action_id: str, value: str) -> Json:
    if action_id.startswith("home."):
        return world.home_click("cmo", action_id, value)
    return world.click("cmo", action_id, value, chosen=action_id in MENUS)


def _form(name: str) -> Row:
    return next(row for row in FORMS if row.surface == f"modal {name}")

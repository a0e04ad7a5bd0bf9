"""What nobody could enter in our forms, entered all the same: nothing happens, nothing breaks, no token leaves."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from aiohttp import web

from tests.fakes.member import Json
from tests.scenarios.matrix_forms import FORMS
from tests.scenarios.matrix_row import Row
from tests.scenarios.matrix_world import BROKEN, World, a_world

LONG = "x" * 20_000
MARKUP = "<!channel> <@U00CARLA> *now* \x00\u202e"
NOBODY, FAR, NEVER = "U00NOBODY", "9999-12-31", "2026-13-40"
TEXT, CHOSEN, DAY, PERSON = "value", "selected_option", "selected_date", "selected_user"

ENTERED = {
    "plan.edit": [
        ("change.0", TEXT, wrong) for wrong in ("", "-1", "1e9", "NaN", "Infinity", "1.005", "9" * 400, "'; --", LONG)
    ],
    "plan.reject": [("reason", TEXT, wrong) for wrong in ("", "   ", LONG)],
    "rollback.pick": [
        ("plan", CHOSEN, {"value": wrong}) for wrong in ("", "PLAN-1", "name.1:PLAN-999999", "plan.2:x", LONG)
    ],
    "plan.hand_over": [("person", PERSON, wrong) for wrong in ("", None, NOBODY, "U00STRANGER", "U00GUEST", LONG)],
    "plan.ask": [("words", TEXT, wrong) for wrong in ("", "   ", LONG)],
    "freeze": [
        *(("scope", CHOSEN, {"value": wrong}) for wrong in ("", "all:email", "galaxy:x", "channel:", "channel:nope", LONG)),
        *(("reason", TEXT, wrong) for wrong in ("", "   ", LONG)),
    ],
    "thaw": [
        ("freeze", CHOSEN, {"value": wrong})
        for wrong in ("", "all", "freeze.1:FREEZE-999", "freeze.1:FREEZE-0", "glass.1:GLASS-1", LONG)
    ],
    "glass.break": [("reason", TEXT, wrong) for wrong in ("", "   ", LONG)],
    "glass.concern": [("reason", TEXT, wrong) for wrong in ("", "   ", LONG)],
    "delegate": [
        *(("person", PERSON, wrong) for wrong in ("", NOBODY, "U00CMO", "U00VIEWER", "U00GUEST", "U00REMOVED")),
        *(("to", DAY, wrong) for wrong in ("", NEVER, FAR, "2026-01-01", LONG)),
        *(("from", DAY, wrong) for wrong in ("", NEVER, FAR)),
    ],
    "review.diagnose": [
        *(("cause", CHOSEN, {"value": wrong}) for wrong in ("", "0", "99", "²", "weather", "alert.1:ALERT-1", LONG)),
        ("words", TEXT, LONG),
    ],
    "review.act": [
        *(("remedy", CHOSEN, {"value": wrong}) for wrong in ("", "ROLL_BACK", "pause", LONG)),
        *(("words", TEXT, wrong) for wrong in ("", "   ", LONG)),
    ],
    "review.verify": [("words", TEXT, wrong) for wrong in ("", "   ", LONG)],
    "policy.propose": [
        *(("name", TEXT, wrong) for wrong in ("", "../people.yml", "limits.yml\u202e", "/etc/passwd", "x.exe", LONG)),
        *(("text", TEXT, wrong) for wrong in ("", ":::", MARKUP, "currencies: {gbp: {daily_cap: x}}", LONG)),
    ],
}  # fmt: skip
"""What nobody could choose or write, by form; the rest of the form is as it should be."""


@pytest_asyncio.fixture
async def world(proposed_home: Path, tmp_path: Path) -> AsyncIterator[World]:
    home = Path(shutil.copytree(proposed_home, tmp_path / "home"))
    async with a_world(home, ack_seconds=3.0) as world:  # a form that breaks is never acknowledged
        yield world


async def test_what_cannot_be_entered_does_nothing(world: World) -> None:
    wrong = []
    for form, entries in ENTERED.items():
        for block_id, key, value in entries:
            payload = await _form(form).send(world, "cmo")
            _input(payload, block_id)[key] = value
            wrong += await _harmful(world, payload, f"{form} with {block_id} {str(value)[:40]!r}")

    assert not wrong, "\n".join(wrong)


async def test_a_form_without_its_inputs_does_nothing(world: World) -> None:
    wrong = []
    for form in ENTERED:
        for values in ({}, {"reason": {}}, {"other": {"held": {"type": "plain_text_input", "value": "x"}}}):
            payload = await _form(form).send(world, "cmo")
            payload["view"]["state"]["values"] = values
            wrong += await _harmful(world, payload, f"{form} with {values}")

    assert not wrong, "\n".join(wrong)


async def test_a_file_kept_elsewhere_is_not_fetched(world: World) -> None:
    """Whoever answers there would be given the bot's token."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.headers.get("Authorization", ""))
        return web.Response(text="")

    site = web.Application()
    site.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port, ours = runner.addresses[0][1], world.team.workspace.base_url
    elsewhere = (
        f"http://127.0.0.1:{port}/limits.yml", f"{ours}@127.0.0.1:{port}/limits.yml", f"{ours}.127.0.0.1:{port}/",
        f"//127.0.0.1:{port}/", "file:///etc/passwd", "", ours.upper() + "/x",
    )  # fmt: skip
    try:
        for url in elsewhere:
            payload = await _form("policy.propose").send(world, "cmo")
            file = {"id": "F1", "name": "limits.yml", "url_private_download": url}
            payload["view"]["state"]["values"] = {"files": {"held": {"type": "file_input", "files": [file]}}}
            world.ready()
            came = await world.deliver("cmo", payload)
            assert not came.effect
            assert "outside this workspace" in came.told, url
    finally:
        await runner.cleanup()

    assert asked == []


async def _harmful(world: World, payload: Json, about: str) -> list[str]:
    world.ready()
    came = await world.deliver("cmo", payload)
    wrong = [f"{about}: {fault}" for fault in came.faults]
    if came.effect:
        wrong.append(f"{about}: changed {sorted(came.effect)}")
    if BROKEN in came.told or not came.told:
        wrong.append(f"{about}: told {came.told[:200]!r}")
    return wrong


def _input(payload: Json, block_id: str) -> Json:
    (held,) = payload["view"]["state"]["values"][block_id].values()
    return held


def _form(name: str) -> Row:
    return next(row for row in FORMS if row.surface == f"modal {name}")

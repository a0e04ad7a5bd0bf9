"""What happens around a modal when the app or the browser does something wrong."""

import asyncio
from typing import Any

import pytest

from tests.fakes.member import Member

from .conftest import Make, RawApp, ack

Json = dict[str, Any]
TITLE = {"type": "plain_text", "text": "x"}
FORM: Json = {
    "type": "modal",
    "title": TITLE,
    "submit": TITLE,
    "blocks": [
        {"type": "section", "block_id": "s", "text": TITLE},
        {"type": "input", "block_id": "i", "label": TITLE, "optional": True,
         "element": {"type": "users_select", "action_id": "v"}},
    ],
}  # fmt: skip


async def opened(raw: RawApp, view: Json = FORM) -> Json:
    trigger = raw.workspace.make_trigger("U00OLIVIA")
    return dict((await raw.call("views.open", trigger_id=trigger, view=view))["view"])


@pytest.mark.parametrize(
    ("response", "error"),
    [
        ({"response_action": "errors", "errors": {"s": "not an input"}}, "invalid_response_action"),
        ({"response_action": "errors", "errors": {}}, "invalid_response_action"),
        ({"response_action": "dance"}, "invalid_response_action"),
        ({"response_action": "update", "view": {"type": "modal"}}, "invalid_arguments"),
        ({"response_action": "push"}, "invalid_arguments"),
    ],
)
async def test_a_wrong_answer_to_a_submission_leaves_the_modal_open_with_a_note(
    raw: RawApp, response: Json, error: str
) -> None:
    socket = await raw.connect()
    view = await opened(raw)
    async with Member(raw.workspace, "U00OLIVIA") as olivia:
        task = asyncio.ensure_future(olivia.submit())
        envelope = await socket.receive_json()
        assert envelope["accepts_response_payload"]
        await ack(socket, envelope, response)
        assert (await task)["error"] == error
        assert olivia.view()["id"] == view["id"]
    assert error in raw.workspace.toasts_of("U00OLIVIA")[0]


async def test_a_submission_nobody_acknowledges_keeps_the_modal(make: Make) -> None:
    app = RawApp(await make(ack_seconds=0.05))
    await app.connect()
    await opened(app)
    async with Member(app.workspace, "U00OLIVIA") as olivia:
        assert await olivia.submit() == {"ok": False, "error": "timeout"}
        assert olivia.view()["blocks"]
    await app.close()


async def test_only_the_own_top_modal_can_be_submitted_or_closed(raw: RawApp) -> None:
    view = await opened(raw)
    async with Member(raw.workspace, "U00AARON") as aaron, Member(raw.workspace, "U00OLIVIA") as olivia:
        for verb in ("submit", "close"):
            answer = await aaron.post(verb, view_id=view["id"], state={})
            assert answer == {"ok": False, "error": "view_not_found"}
        forged = {"i": {"v": {"selected_user": {"id": "U1"}}}}
        assert (await olivia.post("submit", view_id=view["id"], state=forged))["error"] == "invalid_state"
    assert list(raw.workspace.sent) == []


async def test_a_modal_opened_by_the_app_before_it_answers_stays_open(raw: RawApp) -> None:
    socket = await raw.connect()
    await opened(raw)
    async with Member(raw.workspace, "U00OLIVIA") as olivia:
        task = asyncio.ensure_future(olivia.submit())
        envelope = await socket.receive_json()
        next_view = {**FORM, "title": {"type": "plain_text", "text": "Next"}}
        trigger = envelope["payload"]["trigger_id"]
        assert (await raw.call("views.open", trigger_id=trigger, view=next_view))["ok"]
        await ack(socket, envelope)
        assert await task == {"ok": True}
        assert olivia.view()["title"]["text"] == "Next"


async def test_a_reload_finds_the_open_modals_and_the_home(raw: RawApp) -> None:
    view = await opened(raw)
    async with Member(raw.workspace, "U00OLIVIA") as olivia:
        assert [shown["id"] for shown in (await olivia.get("views"))["views"]] == [view["id"]]
        assert await olivia.get("home") == {"view": None}
        await raw.call("views.publish", user_id="U00OLIVIA", view={"type": "home", "blocks": []})
        assert (await olivia.get("home"))["view"]["type"] == "home"


async def test_closing_clears_all_when_the_modal_says_so(raw: RawApp) -> None:
    await opened(raw)
    trigger = raw.workspace.make_trigger("U00OLIVIA")
    await raw.call("views.push", trigger_id=trigger, view={**FORM, "clear_on_close": True})
    async with Member(raw.workspace, "U00OLIVIA") as olivia:
        assert await olivia.close() == {"ok": True}
        await olivia.sees_no_modal()

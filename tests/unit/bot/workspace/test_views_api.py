"""Trigger ids, the stack of three, hashes and external ids."""

from typing import Any

import pytest

from .conftest import Clock, RawApp

Json = dict[str, Any]
TITLE = {"type": "plain_text", "text": "x"}
MODAL: Json = {"type": "modal", "title": TITLE, "blocks": [{"type": "divider"}]}
HOME: Json = {"type": "home", "blocks": [{"type": "divider"}]}


async def open_modal(raw: RawApp, method: str = "views.open", view: Json = MODAL) -> Json:
    return await raw.call(method, trigger_id=raw.workspace.make_trigger("U00OLIVIA"), view=view)


async def test_a_trigger_works_once(raw: RawApp) -> None:
    trigger = raw.workspace.make_trigger("U00OLIVIA")
    assert (await raw.call("views.open", trigger_id=trigger, view=MODAL))["ok"]
    again = await raw.call("views.open", trigger_id=trigger, view=MODAL)
    assert again["error"] == "exchanged_trigger_id"


@pytest.mark.parametrize(("seconds", "ok"), [(3.0, True), (3.1, False)])
async def test_a_trigger_lives_three_seconds(raw: RawApp, clock: Clock, seconds: float, ok: bool) -> None:
    trigger = raw.workspace.make_trigger("U00OLIVIA")
    clock.now += seconds
    answer = await raw.call("views.open", trigger_id=trigger, view=MODAL)
    assert answer["ok"] is ok
    assert ok or answer["error"] == "expired_trigger_id"


async def test_three_modals_stack_and_no_fourth(raw: RawApp) -> None:
    assert (await open_modal(raw, "views.push"))["error"] == "not_found"
    assert (await open_modal(raw))["ok"]
    assert (await open_modal(raw, "views.push"))["ok"]
    assert (await open_modal(raw, "views.push"))["ok"]
    assert (await open_modal(raw, "views.push"))["error"] == "push_limit_reached"
    assert len(raw.workspace.views_of("U00OLIVIA")) == 3
    assert (await open_modal(raw))["ok"]
    assert len(raw.workspace.views_of("U00OLIVIA")) == 1


async def test_an_outdated_hash_is_refused(raw: RawApp) -> None:
    view = (await open_modal(raw))["view"]
    new = await raw.call("views.update", view_id=view["id"], hash=view["hash"], view=MODAL)
    assert (new["ok"], new["view"]["id"]) == (True, view["id"])
    old = await raw.call("views.update", view_id=view["id"], hash=view["hash"], view=MODAL)
    assert old["error"] == "hash_conflict"
    home = (await raw.call("views.publish", user_id="U00OLIVIA", view=HOME))["view"]
    assert (await raw.call("views.publish", user_id="U00OLIVIA", view=HOME, hash=home["hash"]))["ok"]
    stale = await raw.call("views.publish", user_id="U00OLIVIA", view=HOME, hash=home["hash"])
    assert stale["error"] == "hash_conflict"


async def test_external_ids_are_unique_and_find_the_view(raw: RawApp) -> None:
    named = {**MODAL, "external_id": "mine"}
    view = (await open_modal(raw, view=named))["view"]
    assert (await open_modal(raw, "views.push", named))["error"] == "duplicate_external_id"
    found = await raw.call("views.update", external_id="mine", view=named)
    assert found["view"]["id"] == view["id"]


async def test_a_modal_cannot_become_a_home(raw: RawApp) -> None:
    view = (await open_modal(raw))["view"]
    answer = await raw.call("views.update", view_id=view["id"], view=HOME)
    assert answer["errors"] == ["must be modal [json-pointer:/view/type]"]


async def test_an_invalid_view_uses_the_trigger_up(raw: RawApp) -> None:
    trigger = raw.workspace.make_trigger("U00OLIVIA")
    bad = {**MODAL, "title": {"type": "plain_text", "text": "x" * 25}}
    assert (await raw.call("views.open", trigger_id=trigger, view=bad))["error"] == "invalid_arguments"
    assert (await raw.call("views.open", trigger_id=trigger, view=MODAL))["error"] == "exchanged_trigger_id"


async def test_elements_without_ids_get_some(raw: RawApp) -> None:
    view = (await open_modal(raw, view={**MODAL, "submit": TITLE, "blocks": [
        {"type": "input", "label": TITLE, "element": {"type": "plain_text_input"}}]}))["view"]  # fmt: skip
    block = view["blocks"][0]
    assert block["block_id"]
    assert block["element"]["action_id"]

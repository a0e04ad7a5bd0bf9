"""Methods refuse with Slack's codes and answer in Slack's shapes."""

from typing import Any

import aiohttp
import pytest

from bot.workspace.web_api import METHODS

from .conftest import APP_TOKEN, BOT_TOKEN, MANIFEST, Clock, Make, RawApp

Json = dict[str, Any]
HERE = {"channel": "C00MARKETING"}
BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "hi"}}]


@pytest.mark.parametrize(
    ("method", "token", "arguments", "error"),
    [
        ("chat.nonsense", BOT_TOKEN, {}, "unknown_method"),
        ("auth.test", "", {}, "not_authed"),
        ("auth.test", "xoxb-wrong", {}, "invalid_auth"),
        ("auth.test", APP_TOKEN, {}, "not_allowed_token_type"),
        ("apps.connections.open", BOT_TOKEN, {}, "not_allowed_token_type"),
        ("chat.postMessage", BOT_TOKEN, {"channel": "C0NONE", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", BOT_TOKEN, {"text": "x"}, "channel_not_found"),
        ("chat.postMessage", BOT_TOKEN, {"channel": "C00GENERAL", "text": "x"}, "not_in_channel"),
        ("chat.postMessage", BOT_TOKEN, {"channel": "C00SECRET", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", BOT_TOKEN, HERE, "no_text"),
        ("chat.postMessage", BOT_TOKEN, {**HERE, "blocks": []}, "no_text"),
        ("chat.postMessage", BOT_TOKEN, {**HERE, "blocks": "{"}, "invalid_blocks_format"),
        ("chat.postMessage", BOT_TOKEN, {**HERE, "text": "x", "thread_ts": "1.2"}, "thread_not_found"),
        ("chat.postMessage", BOT_TOKEN, {**HERE, "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ("chat.postMessage", BOT_TOKEN, {**HERE, "markdown_text": "y" * 12_001}, "msg_too_long"),
        ("chat.postMessage", BOT_TOKEN, {**HERE, "text": ["x"]}, "invalid_arguments"),
        ("chat.update", BOT_TOKEN, {**HERE, "text": "x"}, "invalid_arguments"),
        ("chat.update", BOT_TOKEN, {**HERE, "ts": "1.2", "text": "x"}, "message_not_found"),
        ("chat.delete", BOT_TOKEN, {**HERE, "ts": "1.2"}, "message_not_found"),
        ("chat.getPermalink", BOT_TOKEN, {**HERE, "message_ts": "1.2"}, "message_not_found"),
        ("chat.postEphemeral", BOT_TOKEN, {**HERE, "user": "U00NOBODY", "text": "x"}, "user_not_in_channel"),
        ("views.open", BOT_TOKEN, {"trigger_id": "made.up", "view": {}}, "invalid_trigger_id"),
        ("views.update", BOT_TOKEN, {"view": {}}, "invalid_arguments"),
        ("views.update", BOT_TOKEN, {"view_id": "V0", "view": {}}, "not_found"),
        ("views.publish", BOT_TOKEN, {"user_id": "U0", "view": {}}, "invalid_arguments"),
        ("users.info", BOT_TOKEN, {"user": "U0"}, "user_not_found"),
        ("users.lookupByEmail", BOT_TOKEN, {"email": "gone@example.com"}, "users_not_found"),
        ("conversations.open", BOT_TOKEN, {"users": "U00GONE"}, "user_disabled"),
        ("conversations.open", BOT_TOKEN, {}, "users_list_not_supplied"),
        ("conversations.join", BOT_TOKEN, {"channel": "D00OLIVIA"}, "method_not_supported_for_channel_type"),
        ("conversations.list", BOT_TOKEN, {"types": "party"}, "invalid_types"),
        ("conversations.list", BOT_TOKEN, {"cursor": "x"}, "invalid_cursor"),
        ("conversations.replies", BOT_TOKEN, {**HERE, "ts": "1.2"}, "thread_not_found"),
        ("conversations.history", BOT_TOKEN, {"channel": "C00GENERAL"}, "not_in_channel"),
        ("reactions.add", BOT_TOKEN, {**HERE, "name": "eyes", "timestamp": "1.2"}, "message_not_found"),
        ("files.getUploadURLExternal", BOT_TOKEN, {"filename": "a", "length": 0}, "invalid_arguments"),
        ("files.getUploadURLExternal", BOT_TOKEN, {"filename": "a", "length": 200_000_001}, "file_upload_size_restricted"),
        ("files.completeUploadExternal", BOT_TOKEN, {"files": [{"id": "F0"}]}, "file_not_found"),
        ("files.info", BOT_TOKEN, {"file": "F0"}, "file_not_found"),
        ("assistant.threads.setStatus", BOT_TOKEN, {"channel_id": "C00MARKETING", "thread_ts": "1.2"}, "invalid_thread_ts"),
        ("bots.info", BOT_TOKEN, {"bot": "B0"}, "bot_not_found"),
    ],
)  # fmt: skip
async def test_a_wrong_call_is_refused(raw: RawApp, method: str, token: str, arguments: Json, error: str) -> None:
    answer = await raw.call(method, token=token, **arguments)
    assert (answer["ok"], answer["error"]) == (False, error)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("auth.test", {}),
        ("users.list", {}),
        ("users.info", {"user": "U00AARON"}),
        ("users.lookupByEmail", {"email": "Olivia@example.com"}),
        ("bots.info", {}),
        ("team.info", {}),
        ("conversations.list", {"types": "public_channel,im"}),
        ("conversations.info", HERE),
        ("conversations.open", {"users": "U00OLIVIA"}),
        ("conversations.members", HERE),
        ("conversations.join", {"channel": "C00GENERAL"}),
    ],
)
async def test_a_right_call_is_answered(raw: RawApp, method: str, arguments: Json) -> None:
    answer = await raw.call(method, **arguments)
    assert answer["ok"], answer


async def test_a_missing_scope_is_named(make: Make) -> None:
    app = RawApp(await make(manifest={**MANIFEST, "oauth_config": {"scopes": {"bot": ["commands", "users:read"]}}}))
    answer = await app.call("chat.postMessage", channel="C00MARKETING", text="x")
    assert answer == {"ok": False, "error": "missing_scope", "needed": "chat:write", "provided": "commands,users:read"}
    member = (await app.call("users.info", user="U00OLIVIA"))["user"]
    assert "email" not in member["profile"]
    await app.close()


async def test_reading_direct_messages_needs_its_own_scope(make: Make) -> None:
    app = RawApp(await make(manifest={"oauth_config": {"scopes": {"bot": ["channels:history"]}}}))
    assert (await app.call("conversations.history", channel="C00MARKETING"))["ok"]
    refusal = await app.call("conversations.history", channel="D00OLIVIA")
    assert (refusal["error"], refusal["needed"]) == ("missing_scope", "im:history")
    await app.close()


async def test_every_method_that_writes_or_reads_needs_a_scope(make: Make) -> None:
    free = {name for name, (_, scopes) in METHODS.items() if not scopes}
    assert free == {
        "auth.test", "apps.connections.open", "chat.getPermalink",
        "views.open", "views.push", "views.update", "views.publish",
    }  # fmt: skip


async def test_forms_and_query_tokens_work_like_json(raw: RawApp) -> None:
    form = {"token": BOT_TOKEN, "channel": "C00MARKETING", "text": "x", "blocks": '[{"type":"divider"}]'}
    async with raw.session.post(f"{raw.workspace.api_url}chat.postMessage", data=form) as answer:
        body = await answer.json()
    assert body["message"]["blocks"][0]["type"] == "divider"


@pytest.mark.parametrize(("body", "error"), [("{", "invalid_json"), ("[]", "json_not_object")])
async def test_broken_json_is_refused(raw: RawApp, body: str, error: str) -> None:
    headers = {"Content-Type": "application/json"}
    async with raw.session.post(f"{raw.workspace.api_url}auth.test", data=body, headers=headers) as answer:
        assert (await answer.json())["error"] == error


async def test_an_update_keeps_what_is_not_given_and_an_empty_list_removes(raw: RawApp) -> None:
    posted = await raw.call("chat.postMessage", **HERE, text="a", blocks=BLOCKS)
    where = {**HERE, "ts": posted["ts"]}
    kept = (await raw.call("chat.update", **where, text="b"))["message"]
    assert (kept["text"], kept["blocks"], "edited" in kept) == ("b", posted["message"]["blocks"], True)
    assert "blocks" not in (await raw.call("chat.update", **where, text="b", blocks=[]))["message"]
    assert (await raw.call("chat.update", **where, text=""))["error"] == "no_text"
    assert (await raw.call("chat.update", **where, text="x" * 4001))["error"] == "msg_too_long"


async def test_only_the_bots_own_messages_can_be_changed(raw: RawApp) -> None:
    workspace = raw.workspace
    headers = {"Origin": workspace.base_url, "X-CSRF-Token": workspace.csrf_token}
    line = {"user": "U00OLIVIA", "channel": "C00MARKETING", "text": "mine"}
    async with raw.session.post(f"{workspace.base_url}/client/send", json=line, headers=headers) as answer:
        ts = (await answer.json())["ts"]
    assert (await raw.call("chat.update", **HERE, ts=ts, text="x"))["error"] == "cant_update_message"
    assert (await raw.call("chat.delete", **HERE, ts=ts))["error"] == "cant_delete_message"


async def test_a_long_text_is_cut_with_a_warning(raw: RawApp) -> None:
    answer = await raw.call("chat.postMessage", **HERE, text="x" * 40_001)
    assert (len(answer["message"]["text"]), answer["warning"]) == (40_000, "message_truncated")


async def test_deleting_a_parent_leaves_a_tombstone_and_deleting_a_reply_nothing(raw: RawApp) -> None:
    parent = await raw.call("chat.postMessage", **HERE, text="parent")
    reply = await raw.call("chat.postMessage", **HERE, text="reply", thread_ts=parent["ts"])
    nested = await raw.call("chat.postMessage", **HERE, text="x", thread_ts=reply["ts"])
    assert nested["error"] == "cannot_reply_to_message"
    await raw.call("chat.delete", **HERE, ts=parent["ts"])
    assert raw.workspace.messages("marketing")[0]["subtype"] == "tombstone"
    assert (await raw.call("chat.update", **HERE, ts=parent["ts"], text="x"))["error"] == "message_not_found"
    await raw.call("chat.delete", **HERE, ts=reply["ts"])
    thread = (await raw.call("conversations.replies", **HERE, ts=parent["ts"]))["messages"]
    assert [message["ts"] for message in thread] == [parent["ts"]]
    assert "reply_count" not in thread[0]


async def test_history_is_paged_newest_first_without_replies(raw: RawApp) -> None:
    stamps = [(await raw.call("chat.postMessage", **HERE, text=str(n)))["ts"] for n in range(5)]
    await raw.call("chat.postMessage", **HERE, text="hidden", thread_ts=stamps[0])
    await raw.call("chat.postMessage", **HERE, text="shown", thread_ts=stamps[0], reply_broadcast=True)
    first = await raw.call("conversations.history", **HERE, limit=4)
    assert [message["text"] for message in first["messages"]] == ["shown", "4", "3", "2"]
    cursor = first["response_metadata"]["next_cursor"]
    rest = await raw.call("conversations.history", **HERE, limit=4, cursor=cursor)
    assert ([message["text"] for message in rest["messages"]], rest["has_more"]) == (["1", "0"], False)
    window = await raw.call("conversations.history", **HERE, oldest=stamps[1], latest=stamps[3], inclusive=True)
    assert [message["text"] for message in window["messages"]] == ["3", "2", "1"]
    between = await raw.call("conversations.history", **HERE, oldest=stamps[1], latest=stamps[3])
    assert [message["text"] for message in between["messages"]] == ["2"]


async def test_posting_to_a_person_lands_in_their_direct_messages(raw: RawApp) -> None:
    assert (await raw.call("chat.postMessage", channel="U00OLIVIA", text="x"))["channel"] == "D00OLIVIA"


async def test_a_permalink_leads_to_the_page(raw: RawApp) -> None:
    posted = await raw.call("chat.postMessage", **HERE, text="x")
    link = (await raw.call("chat.getPermalink", **HERE, message_ts=posted["ts"]))["permalink"]
    async with raw.session.get(link, allow_redirects=False) as answer:
        assert answer.headers["Location"] == f"/#C00MARKETING/{posted['ts']}"


async def test_a_reaction_counts_once(raw: RawApp) -> None:
    ts = (await raw.call("chat.postMessage", **HERE, text="x"))["ts"]
    assert (await raw.call("reactions.add", **HERE, name="eyes", timestamp=ts))["ok"]
    assert (await raw.call("reactions.add", **HERE, name="eyes", timestamp=ts))["error"] == "already_reacted"
    assert raw.workspace.messages("marketing")[0]["reactions"] == [{"name": "eyes", "users": ["U00BOT"], "count": 1}]


async def test_attachments_blocks_are_checked_too(raw: RawApp) -> None:
    good = await raw.call("chat.postMessage", **HERE, attachments=[{"color": "#fff", "blocks": BLOCKS}])
    assert good["message"]["attachments"][0]["blocks"][0]["block_id"]
    bad = await raw.call("chat.postMessage", **HERE, attachments=[{"blocks": [{"type": "x"}]}])
    assert bad["errors"] == ["unsupported type: x [json-pointer:/attachments/0/blocks/0/type]"]


async def test_time_stamps_are_unique_when_the_clock_stands_still_or_goes_back(raw: RawApp, clock: Clock) -> None:
    stamps = []
    for step in (0, 0, -100, 5):
        clock.now += step
        stamps.append((await raw.call("chat.postMessage", **HERE, text="x"))["ts"])
    assert stamps == sorted(set(stamps))


async def test_a_response_url_works_five_times_and_half_an_hour(raw: RawApp, clock: Clock) -> None:
    workspace = raw.workspace
    urls = workspace._core.response_urls
    channel = workspace.channel("marketing")

    async def answer(path: str, **body: Any) -> tuple[int, str]:
        async with raw.session.post(f"{workspace.base_url}{path}", json=body) as got:
            return got.status, await got.text()

    path = urls.make("U00OLIVIA", channel)
    assert (await answer(path, blocks=[{"type": "x"}]))[0] == 400
    for _ in range(5):
        assert await answer(path, text="x") == (200, "ok")
    assert await answer(path, text="x") == (404, '{"ok": false, "error": "used_url"}')
    late = urls.make("U00OLIVIA", channel)
    clock.now += 1801
    assert await answer(late, text="x") == (404, '{"ok": false, "error": "expired_url"}')
    assert len(workspace.ephemerals("U00OLIVIA", "marketing")) == 5


async def test_uploads_need_a_ticket_and_the_announced_length(raw: RawApp) -> None:
    started = await raw.call("files.getUploadURLExternal", filename="a.txt", length=3)
    async with raw.session.post(started["upload_url"], data=b"four") as answer:
        assert answer.status == 400
    form = aiohttp.FormData()
    form.add_field("file", b"abc", filename="a.txt")
    async with raw.session.post(started["upload_url"], data=form) as answer:
        assert (answer.status, await answer.text()) == (200, "OK - 3")
    async with raw.session.post(started["upload_url"], data=b"abc") as answer:
        assert answer.status == 400
    done = await raw.call("files.completeUploadExternal", files=[{"id": started["file_id"]}], channel_id="C0NONE")
    assert done["error"] == "channel_not_found"
    assert (await raw.call("files.completeUploadExternal", files=[{"id": started["file_id"]}]))["ok"]
    async with raw.session.get(f"{raw.workspace.base_url}/client/files/{started['file_id']}") as got:
        assert (got.headers["Content-Disposition"], await got.read()) == ("attachment", b"abc")


async def test_suggested_prompts_are_one_to_four(raw: RawApp) -> None:
    prompts = [{"title": "ROAS", "message": "how is ROAS?"}] * 4
    where = {"channel_id": "D00OLIVIA"}
    assert (await raw.call("assistant.threads.setSuggestedPrompts", **where, prompts=prompts))["ok"]
    too_many = await raw.call("assistant.threads.setSuggestedPrompts", **where, prompts=prompts * 2)
    assert too_many["error"] == "invalid_arguments"

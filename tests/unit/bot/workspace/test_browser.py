"""The page's API: strangers are refused, streams tell, nothing can be forged."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from bot.workspace.server import NotLoopback, Workspace
from tests.fakes.member import Member

from .conftest import BOT_TOKEN, CHANNELS, MANIFEST, PEOPLE, Make, RawApp, ack

Json = dict[str, Any]
BUTTON: Json = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}, "value": "p1"}
SELECT: Json = {
    "type": "static_select",
    "action_id": "pick",
    "options": [{"text": {"type": "plain_text", "text": "Email"}, "value": "email"}],
}
HIDDEN: Json = {**BUTTON, "action_id": "secret", "visible_to_user_ids": ["U00AARON"]}
CARD: list[Json] = [{"type": "actions", "block_id": "b", "elements": [BUTTON, SELECT, HIDDEN]}]


@pytest.mark.parametrize("path", ["/", "/client/boot", "/api/auth.test", "/link/", "/static/x.js"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:80", "localhost:x", ""])
async def test_a_foreign_host_name_is_refused_everywhere(raw: RawApp, path: str, host: str) -> None:
    async with raw.session.get(f"{raw.workspace.base_url}{path}", headers={"Host": host}) as answer:
        assert answer.status in (400, 403)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1234", "[::1]:80", "LOCALHOST"])
async def test_every_loopback_name_is_accepted(raw: RawApp, host: str) -> None:
    async with raw.session.get(f"{raw.workspace.base_url}/client/boot", headers={"Host": host}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"X-CSRF-Token": ""}, "csrf_token_wrong"),
        ({"X-CSRF-Token": "x" * 32}, "csrf_token_wrong"),
        ({"X-CSRF-Token": "ü"}, "csrf_token_wrong"),
        ({"Origin": ""}, "origin_not_allowed"),
        ({"Origin": "null"}, "origin_not_allowed"),
        ({"Origin": "http://evil.example"}, "origin_not_allowed"),
        ({"Origin": "http://127.0.0.1:1"}, "origin_not_allowed"),
        ({"Sec-Fetch-Site": "cross-site"}, "cross_site"),
    ],
)
async def test_a_post_from_elsewhere_is_refused(raw: RawApp, changes: dict[str, str], error: str) -> None:
    base = raw.workspace.base_url
    headers = {"Origin": base, "X-CSRF-Token": raw.workspace.csrf_token, **changes}
    async with raw.session.post(f"{base}/client/faults", json={"errors": 1}, headers=headers) as answer:
        assert (answer.status, (await answer.json())["error"]) == (403, error)
    assert raw.workspace.faults.errors == 0


async def test_the_page_carries_the_token_and_strict_headers(make: Make, tmp_path: Any) -> None:
    (tmp_path / "index.html").write_text('<meta name="csrf" content="{{csrf}}">')
    (tmp_path / "a.js").write_text("1")
    workspace = await make(page_dir=tmp_path)
    async with aiohttp.ClientSession(workspace.base_url) as session:
        async with session.get("/") as answer:
            assert workspace.csrf_token in await answer.text()
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; ")
            assert "connect-src 'self'" in policy
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        async with session.get("/static/a.js") as answer:
            assert (answer.status, answer.headers["X-Content-Type-Options"]) == (200, "nosniff")
        for path in ("/static/..%2f..%2fetc/passwd", "/static/nope.js", "/static/%2fetc%2fpasswd"):
            async with session.get(path) as answer:
                assert answer.status == 404


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])
async def test_it_listens_on_loopback_only(host: str) -> None:
    workspace = Workspace(manifest={}, bot_token="b", app_token="a", people=(), channels=())
    with pytest.raises(NotLoopback):
        await workspace.start(host=host)


async def test_a_taken_port_is_an_error_that_can_be_survived(workspace: Workspace) -> None:
    port = int(workspace.base_url.rpartition(":")[2])
    other = Workspace(manifest={}, bot_token="b", app_token="a", people=(), channels=())
    with pytest.raises(OSError, match="address already in use"):
        await other.start(port)
    assert await other.start() != workspace.base_url
    await other.stop()


async def test_boot_lists_people_channels_and_commands(workspace: Workspace) -> None:
    async with Member(workspace, "U00OLIVIA") as olivia:
        boot = await olivia.get("boot")
    known = [(user["initials"], user["kind"], user["deleted"]) for user in boot["users"]]
    assert known == [("OR", "member", False), ("AB", "member", False), ("GA", "member", True)]
    assert {c["id"]: c["is_im"] for c in boot["channels"]} == {
        "C00MARKETING": False, "C00GENERAL": False, "C00SECRET": False, "D00OLIVIA": True, "D00AARON": True,
    }  # fmt: skip
    assert boot["commands"][0] == {"command": "/plan", "description": "Show a plan", "usage_hint": ""}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"action_id": "nope"}, "invalid_action"),
        ({"block_id": "nope"}, "invalid_action"),
        ({"value": "p2"}, "invalid_action"),
        ({"type": "overflow"}, "invalid_action"),
        ({"message_ts": "1.2"}, "invalid_action"),
        ({"channel": "D00AARON"}, "invalid_action"),
        ({"channel": "C00SECRET"}, "invalid_action"),
        ({"action_id": "secret"}, "invalid_action"),
        ({"action_id": "pick", "type": "static_select", "selected_option": {"value": "sms"}}, "invalid_action"),
        ({"state": {"b": {"pick": {"selected_option": {"value": "sms"}}}}}, "invalid_action"),
        ({"view_id": "V0"}, "invalid_action"),
        ({"user": "U00GONE"}, "user_not_found"),
        ({"user": "U00BOT"}, "user_not_found"),
    ],
)
async def test_what_is_not_offered_to_a_person_cannot_be_clicked(raw: RawApp, changes: Json, error: str) -> None:
    posted = await raw.call("chat.postMessage", channel="C00MARKETING", text="x", blocks=CARD)
    click = {
        "channel": "C00MARKETING",
        "message_ts": posted["ts"],
        "block_id": "b",
        "action_id": "go",
        "type": "button",
    }
    async with Member(raw.workspace, "U00OLIVIA") as olivia:
        answer = await olivia.post("action", **{**click, **changes})
    assert (answer["ok"], answer["error"]) == (False, error)
    assert list(raw.workspace.sent) == []


async def test_a_hostile_payload_can_be_delivered_from_python_only(raw: RawApp) -> None:
    socket = await raw.connect()
    task = asyncio.ensure_future(raw.workspace.deliver_raw({"type": "block_actions", "forged": True}))
    envelope = await socket.receive_json()
    await ack(socket, envelope, {"text": "thanks"})
    receipt = await task
    assert (envelope["type"], envelope["payload"]["forged"]) == ("interactive", True)
    assert (receipt.acked, receipt.response) == (True, {"text": "thanks"})


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"channel": "C00MARKETING", "text": " "}, "no_text"),
        ({"channel": "C0", "text": "x"}, "channel_not_found"),
        ({"channel": "C00SECRET", "text": "x"}, "not_in_channel"),
        ({"channel": "D00AARON", "text": "x"}, "not_in_channel"),
        ({"channel": "C00MARKETING", "text": "x", "thread_ts": "1.2"}, "thread_not_found"),
        ({"channel": "C00MARKETING", "text": "/plan", "thread_ts": "1.2"}, "command_not_supported_in_thread"),
    ],
)
async def test_what_a_person_may_not_send_is_refused(workspace: Workspace, body: Json, error: str) -> None:
    async with Member(workspace, "U00OLIVIA") as olivia:
        assert await olivia.post("send", **body) == {"ok": False, "error": error}


async def test_history_shows_a_person_only_what_is_theirs(raw: RawApp) -> None:
    where = {"channel": "C00MARKETING"}
    await raw.call("chat.postMessage", **where, text="card", blocks=CARD)
    await raw.call("chat.postEphemeral", **where, user="U00AARON", text="psst")
    async with Member(raw.workspace, "U00OLIVIA") as olivia, Member(raw.workspace, "U00AARON") as aaron:
        hers = (await olivia.get("history", **where))["messages"]
        his = (await aaron.get("history", **where))["messages"]
    assert [e["action_id"] for e in hers[0]["blocks"][0]["elements"]] == ["go", "pick"]
    assert [e["action_id"] for e in his[0]["blocks"][0]["elements"]] == ["go", "pick", "secret"]
    assert ([m["text"] for m in hers], [m["text"] for m in his]) == (["card"], ["card", "psst"])


@pytest.mark.parametrize("query", [{"user": "U0"}, {"user": "U00GONE"}, {"user": "U00OLIVIA", "channel": "C00SECRET"}])
async def test_history_of_what_is_not_yours_is_not_found(raw: RawApp, query: dict[str, str]) -> None:
    path = f"{raw.workspace.base_url}/client/history"
    async with raw.session.get(path, params={"channel": "C00MARKETING", **query}) as answer:
        assert answer.status == 404


async def next_change(stream: aiohttp.ClientResponse) -> Json:
    while not (line := await stream.content.readline()).startswith(b"data: "):
        pass
    return dict(json.loads(line.removeprefix(b"data: ")))


async def test_the_stream_tells_each_person_what_concerns_them(raw: RawApp) -> None:
    base = raw.workspace.base_url
    where = {"channel": "C00MARKETING"}
    async with raw.session.get(f"{base}/client/stream", params={"user": "U00OLIVIA"}) as stream:
        assert stream.content_type == "text/event-stream"
        assert await stream.content.readline() == b": connected\n"
        await raw.call("chat.postEphemeral", **where, user="U00AARON", text="not for her")
        posted = await raw.call("chat.postMessage", **where, text="card", blocks=CARD)
        message = await next_change(stream)
        assert (message["type"], len(message["message"]["blocks"][0]["elements"])) == ("message", 2)
        await raw.call("chat.update", **where, ts=posted["ts"], text="new")
        assert (await next_change(stream))["type"] == "message_changed"
        await raw.call(
            "assistant.threads.setStatus", channel_id="C00MARKETING", thread_ts=posted["ts"], status="thinks"
        )
        assert (await next_change(stream))["status"] == "thinks"
        await raw.call("chat.delete", **where, ts=posted["ts"])
        gone = await next_change(stream)
        assert gone == {"type": "message_deleted", "channel": "C00MARKETING", "ts": posted["ts"]}
        home = {"type": "home", "blocks": CARD}
        await raw.call("views.publish", user_id="U00AARON", view=home)
        await raw.call("views.publish", user_id="U00OLIVIA", view=home)
        told = await next_change(stream)
        assert (told["type"], len(told["view"]["blocks"][0]["elements"])) == ("home", 2)


async def test_faults_can_be_set_from_the_page(raw: RawApp) -> None:
    socket = await raw.connect()
    async with Member(raw.workspace, "U00OLIVIA") as olivia:
        await olivia.post("faults", rate_limit=1, disconnect=True)
    assert (await raw.call("auth.test"))["error"] == "ratelimited"
    assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_everything_comes_back_after_a_restart(make: Make, tmp_path: Any) -> None:
    first = await make(folder=tmp_path)
    app = RawApp(first)
    where = {"channel": "C00MARKETING"}
    stamps = [(await app.call("chat.postMessage", **where, text=str(n), blocks=CARD))["ts"] for n in range(3)]
    await app.call("chat.postMessage", **where, text="reply", thread_ts=stamps[0])
    await app.call("chat.update", **where, ts=stamps[1], text="changed")
    await app.call("chat.delete", **where, ts=stamps[2])
    await app.call("conversations.join", channel="C00GENERAL")
    await app.call("views.publish", user_id="U00OLIVIA", view={"type": "home", "blocks": CARD})
    modal = {"type": "modal", "title": {"type": "plain_text", "text": "Edit"}, "blocks": CARD}
    await app.call("views.open", trigger_id=first.make_trigger("U00OLIVIA"), view=modal)
    started = await app.call("files.getUploadURLExternal", filename="a.png", length=3)
    async with app.session.post(started["upload_url"], data=b"abc"):
        pass
    await app.call("files.completeUploadExternal", files=[{"id": started["file_id"]}])
    async with Member(first, "U00OLIVIA") as olivia:
        await olivia.open_home()
    before = (first.messages("marketing"), first.home_of("U00OLIVIA"), first.views_of("U00OLIVIA"))
    last = (await app.call("chat.postMessage", **where, text="to be deleted"))["ts"]
    await app.call("chat.delete", **where, ts=last)
    await app.close()
    await first.stop()

    second = await make(folder=tmp_path)
    assert (second.messages("marketing"), second.home_of("U00OLIVIA"), second.views_of("U00OLIVIA")) == before
    assert second.messages("marketing", thread_ts=stamps[0])[1]["text"] == "reply"
    assert [p["event"]["type"] for p in second.pending_events] == ["app_home_opened"]
    app = RawApp(second)
    assert (await app.call("conversations.info", channel="C00GENERAL"))["channel"]["is_member"]
    assert (await app.call("chat.postMessage", **where, text="x"))["ts"] > last
    async with app.session.get(f"{second.base_url}/client/files/{started['file_id']}") as answer:
        assert await answer.read() == b"abc"
    await app.close()


async def test_a_torn_last_line_of_the_journal_is_left_out(make: Make, tmp_path: Any) -> None:
    first = await make(folder=tmp_path)
    app = RawApp(first)
    await app.call("chat.postMessage", channel="C00MARKETING", text="whole")
    await app.close()
    await first.stop()
    journal = tmp_path / "workspace.jsonl"
    journal.write_text(journal.read_text() + '["message","C00MARKETING/9","{"te')
    second = await make(folder=tmp_path)
    assert [m["text"] for m in second.messages("marketing")] == ["whole"]
    assert "te" not in [line[:4] for line in journal.read_text().splitlines()]


async def test_posting_and_updating_never_walk_a_channel(make: Make, tmp_path: Any) -> None:
    workspace = await make(folder=tmp_path)
    app = RawApp(workspace)
    looked_at = 0
    channel = workspace.channel("marketing")

    class Counted(dict[str, Json]):
        def __iter__(self) -> Any:
            nonlocal looked_at
            looked_at += len(self)
            return super().__iter__()

        def values(self) -> Any:
            nonlocal looked_at
            looked_at += len(self)
            return super().values()

    channel.messages = Counted(channel.messages)
    for number in range(200):
        posted = await app.call("chat.postMessage", channel="C00MARKETING", text=str(number), blocks=CARD)
        await app.call("chat.update", channel="C00MARKETING", ts=posted["ts"], text="x", blocks=CARD)
    assert looked_at == 0
    assert len(workspace.messages("marketing")) == 200
    await app.close()


def test_the_seed_is_what_the_workspace_was_given() -> None:
    workspace = Workspace(manifest=MANIFEST, bot_token=BOT_TOKEN, app_token="a", people=PEOPLE, channels=CHANNELS)
    assert workspace.channel("#marketing").members == {"U00OLIVIA", "U00AARON", "U00BOT"}
    assert workspace.channel("U00OLIVIA").id == "D00OLIVIA"
    with pytest.raises(KeyError):
        workspace.channel("nowhere")

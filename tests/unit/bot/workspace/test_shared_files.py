"""Files that people share: what the app is told, what it may fetch, and what the workspace refuses."""

from collections.abc import AsyncIterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from bot.workspace.server import Workspace
from tests.fakes.member import Member

from .conftest import BOT_TOKEN, MANIFEST, Make, RawApp, ack

Json = dict[str, Any]
TOKEN = {"Authorization": f"Bearer {BOT_TOKEN}"}


def manifest(*events: str, scopes: tuple[str, ...] = ()) -> Json:
    made = deepcopy(MANIFEST)
    made["settings"]["event_subscriptions"]["bot_events"] = list(events)
    made["oauth_config"]["scopes"]["bot"] = ["chat:write", "channels:history", "im:history", "app_mentions:read"]
    made["oauth_config"]["scopes"]["bot"] += scopes
    return made


@pytest.fixture
async def workspace(make: Make) -> Workspace:
    told = ("message.channels", "message.im", "file_shared", "app_mention")
    return await make(manifest=manifest(*told, scopes=("files:read", "files:write")))


@pytest.fixture
async def olivia(workspace: Workspace) -> AsyncIterator[Member]:
    async with Member(workspace, "U00OLIVIA") as olivia:
        yield olivia


def file_in(folder: Path, name: str = "March export.csv", content: bytes = b"Day,Cost\n") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


async def heard(raw: RawApp, count: int) -> list[Json]:
    """The next inner events."""
    socket = raw.sockets[0] if raw.sockets else await raw.connect()
    events = []
    for _ in range(count):
        envelope = await socket.receive_json(timeout=5)
        await ack(socket, envelope)
        events.append(envelope["payload"]["event"])
    return events


async def test_a_shared_file_is_told_as_slack_tells_it(raw: RawApp, olivia: Member, tmp_path: Path) -> None:
    await raw.connect()
    ts = await olivia.drop(file_in(tmp_path), text="last month")

    message, shared = sorted(await heard(raw, 2), key=lambda event: str(event["type"]), reverse=True)

    assert (message["subtype"], message["text"], message["ts"]) == ("file_share", "last month", ts)
    assert (message["user"], message["channel"], message["upload"]) == ("U00OLIVIA", "C00MARKETING", False)
    (file,) = message["files"]
    assert (file["name"], file["title"], file["size"]) == ("March export.csv", "March export.csv", 9)
    assert (file["mimetype"], file["filetype"], file["mode"]) == ("text/csv", "csv", "hosted")
    assert "shares" not in file
    assert shared == {
        "type": "file_shared",
        "channel_id": "C00MARKETING",
        "file_id": file["id"],
        "user_id": "U00OLIVIA",
        "file": {"id": file["id"]},
        "event_ts": shared["event_ts"],
    }


async def test_files_info_says_where_a_file_is_shared(raw: RawApp, olivia: Member, tmp_path: Path) -> None:
    parent = (await olivia.send("hello"))["ts"]
    first, second = file_in(tmp_path, "a.csv"), file_in(tmp_path, "b.xlsx")
    ts = await olivia.drop(first, second, thread_ts=parent)
    sent = olivia.messages(thread_ts=parent)[-1]["files"]

    info = [(await raw.call("files.info", file=one["id"]))["file"] for one in sent]

    assert [one["channels"] for one in info] == [["C00MARKETING"], ["C00MARKETING"]]
    (place,) = info[0]["shares"]["public"]["C00MARKETING"]
    assert (place["ts"], place["thread_ts"], place["share_user_id"]) == (ts, parent, "U00OLIVIA")
    assert info[1]["filetype"] == "xlsx"


async def test_the_bytes_are_given_to_the_token_alone(raw: RawApp, olivia: Member, tmp_path: Path) -> None:
    await olivia.drop(file_in(tmp_path, content=b"Day,Cost\n1,2\n"))
    (file,) = olivia.messages()[-1]["files"]
    for url in (file["url_private"], file["url_private_download"]):
        async with raw.session.get(url, headers=TOKEN) as answer:
            assert (answer.status, await answer.read()) == (200, b"Day,Cost\n1,2\n")
        for headers in ({}, {"Authorization": "Bearer xoxb-other"}, {"Authorization": f"Basic {BOT_TOKEN}"}):
            async with raw.session.get(url, headers=headers, allow_redirects=False) as answer:
                assert answer.status == 302
                assert b"Day" not in await answer.read()


async def test_without_the_scope_nothing_of_files_is_told_or_given(make: Make, tmp_path: Path) -> None:
    workspace = await make(manifest=manifest("file_shared", "message.channels"))
    async with Member(workspace, "U00OLIVIA") as olivia:
        await olivia.drop(file_in(tmp_path))
        (file,) = olivia.messages()[-1]["files"]
        assert olivia._session is not None
        async with olivia._session.get(file["url_private"], headers=TOKEN, allow_redirects=False) as answer:
            assert answer.status == 302
    assert [one["event"]["type"] for one in workspace.pending_events] == ["message"]


async def test_a_file_of_a_place_without_the_bot_is_not_its_to_see(
    workspace: Workspace, raw: RawApp, olivia: Member, tmp_path: Path
) -> None:
    await olivia.drop(file_in(tmp_path), channel="C00GENERAL")
    (file,) = olivia.messages("C00GENERAL")[-1]["files"]

    assert (await raw.call("files.info", file=file["id"]))["error"] == "file_not_found"
    async with raw.session.get(file["url_private"], headers=TOKEN) as answer:
        assert answer.status == 404
    assert workspace.pending_events == []


async def test_a_mention_beside_a_file_carries_the_file(raw: RawApp, olivia: Member, tmp_path: Path) -> None:
    await raw.connect()
    await olivia.drop(file_in(tmp_path), text="@Countersign read this")

    events = {event["type"]: event for event in await heard(raw, 3)}

    assert [file["name"] for file in events["app_mention"]["files"]] == ["March export.csv"]


@pytest.mark.parametrize("kept", [True, False])
async def test_a_file_on_disk_or_in_memory_is_the_same_file(make: Make, tmp_path: Path, kept: bool) -> None:
    workspace = await make(
        manifest=manifest("file_shared", scopes=("files:read",)), folder=tmp_path / "kept" if kept else None
    )
    content = bytes(range(256)) * 20_000
    async with Member(workspace, "U00OLIVIA") as olivia:
        await olivia.drop(file_in(tmp_path, "big.bin", content))
        (file,) = olivia.messages()[-1]["files"]
        assert olivia._session is not None
        async with olivia._session.get(file["url_private"], headers=TOKEN) as answer:
            assert await answer.read() == content


async def test_files_are_found_after_a_restart_on_another_port(make: Make, tmp_path: Path) -> None:
    told: Json = {"manifest": manifest("file_shared", scopes=("files:read",)), "folder": tmp_path / "kept"}
    first = await make(**told)
    async with Member(first, "U00OLIVIA") as olivia:
        await olivia.drop(file_in(tmp_path, content=b"kept"))
        (file,) = olivia.messages()[-1]["files"]
    await first.stop()

    second = await make(**told)
    app = RawApp(second)
    info = (await app.call("files.info", file=file["id"]))["file"]
    assert info["url_private"].startswith(second.base_url)
    assert info["shares"]["public"]["C00MARKETING"]
    async with app.session.get(info["url_private"], headers=TOKEN) as answer:
        assert await answer.read() == b"kept"
    await app.close()


async def test_what_cannot_be_shared_is_refused(olivia: Member, tmp_path: Path) -> None:
    mine = await olivia.upload("a.csv", "a")
    async with Member(olivia.workspace, "U00AARON") as aaron:
        theirs = await aaron.upload("b.csv", "b")
    many = [await olivia.upload(f"{n}.csv", "a") for n in range(11)]

    refusals = [
        (await olivia.send("", files=files))["error"]
        for files in (["F0NONE"], [theirs], [mine, mine], [mine, theirs], many)
    ]

    assert refusals == ["file_not_found", "file_not_found", "file_not_found", "file_not_found", "too_many_files"]
    assert (await olivia.send("", files=[mine]))["ok"]
    assert (await olivia.send("again", files=[mine]))["error"] == "file_not_found"
    assert (await olivia.send("", thread_ts="1.2", files=many[:1]))["error"] == "thread_not_found"
    assert (await olivia.send("here", files=many[:1]))["ok"], "a refused message has shared nothing"


async def test_an_empty_or_a_torn_upload_is_refused(workspace: Workspace, olivia: Member) -> None:
    assert olivia._session is not None
    where: Json = {"params": {"user": "U00OLIVIA", "name": "a.csv"}}
    async with olivia._session.post("/client/upload", **where, data=b"") as answer:
        assert (await answer.json())["error"] == "invalid_arguments"
    async with olivia._session.post("/client/upload", **where, headers={"Content-Length": "300000000"}) as answer:
        assert (await answer.json())["error"] == "file_upload_size_restricted"
    assert workspace.messages("C00MARKETING") == []

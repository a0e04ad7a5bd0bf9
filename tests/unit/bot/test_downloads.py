"""Files of people are fetched whole, with the token, from Slack alone; and their names are nobody's path."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.downloads import UploadUnreadable, fetch_file, fetch_text, safe_name

CLIENT = AsyncWebClient(token="xoxb-secret")
CONTENT = b"Day,Cost\n" * 300_000


class Server:
    """Where files are kept; notes what it was asked with."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.headers.get("Authorization", ""))
        if request.path == "/elsewhere":
            raise web.HTTPFound("http://127.0.0.1:9/")
        status = 503 if request.path == "/broken" else 200
        return web.Response(body=memoryview(CONTENT)[: 9 * 50_000].tobytes(), status=status)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    app = web.Application()
    runner = web.AppRunner(app)
    made = Server("")
    app.router.add_get("/{name}", made.answer)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.base = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield made
    await runner.cleanup()


def a_file(server: Server, path: str = "x.csv", **changes: Any) -> dict[str, Any]:
    return {"id": "F1", "name": "x.csv", "size": 450_000, "url_private_download": f"{server.base}{path}", **changes}


async def fetched(server: Server, folder: Path, file: dict[str, Any], most: int = 10_000_000) -> Path:
    return await fetch_file(CLIENT, file, folder, files_from=server.base, most_bytes=most)


async def test_a_file_is_saved_under_its_name_and_asked_for_with_the_token(server: Server, tmp_path: Path) -> None:
    path = await fetched(server, tmp_path, a_file(server))
    assert (path.name, path.stat().st_size) == ("x.csv", 450_000)
    assert server.asked == ["Bearer xoxb-secret"]


async def test_the_token_goes_nowhere_else(server: Server, tmp_path: Path) -> None:
    for url in ("http://evil.example/x.csv", f"{server.base.replace('127.0.0.1', '127.0.0.1.evil.example')}x.csv", ""):
        with pytest.raises(UploadUnreadable):
            await fetched(server, tmp_path, a_file(server, url_private_download=url))
    with pytest.raises(UploadUnreadable, match="302"):
        await fetched(server, tmp_path, a_file(server, "elsewhere"))
    assert server.asked == ["Bearer xoxb-secret"]


@pytest.mark.parametrize(
    ("changes", "most", "words"),
    [
        ({"size": 11_000_000}, 10_000_000, "larger than 10 MB"),
        ({"size": 9}, 100, "larger than 100 bytes"),
        ({"size": 450_001}, 10_000_000, "did not arrive whole"),
        ({"is_external": True}, 10_000_000, "only linked from elsewhere"),
    ],
)
async def test_too_large_torn_and_linked_files_are_refused(
    server: Server, tmp_path: Path, changes: dict[str, Any], most: int, words: str
) -> None:
    with pytest.raises(UploadUnreadable, match=words):
        await fetched(server, tmp_path, a_file(server, **changes), most)


async def test_what_slack_does_not_give_is_said(server: Server, tmp_path: Path) -> None:
    with pytest.raises(UploadUnreadable, match="503"):
        await fetched(server, tmp_path, a_file(server, "broken"))
    with pytest.raises(UploadUnreadable, match="try again"):
        await fetch_file(
            CLIENT, a_file(server, url_private_download="http://127.0.0.1:9/x"), tmp_path,
            files_from="http://127.0.0.1:9/", most_bytes=10_000_000,
        )  # fmt: skip


async def test_a_small_text_is_fetched_into_memory(server: Server) -> None:
    url = f"{server.base}t.yml"
    assert len(await fetch_text(CLIENT, name="t", url=url, files_from=server.base, most_bytes=10**6)) == 450_000
    with pytest.raises(UploadUnreadable, match="larger"):
        await fetch_text(CLIENT, name="t", url=url, files_from=server.base, most_bytes=1000)


@given(st.text(max_size=400))
def test_whatever_a_file_is_called_its_name_is_one_plain_part_of_a_path(name: str) -> None:
    safe = safe_name(name)
    assert Path(safe).name == safe
    assert not safe.startswith(".")
    assert len(safe.encode()) <= 220
    assert safe.isprintable()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Search_keywords(2026.02.05).csv", "Search_keywords(2026.02.05).csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\März.csv", "März.csv"),
        (".hidden.csv", "hidden.csv"),
        ("", "file"),
    ],
)
def test_names_stay_what_they_say(name: str, expected: str) -> None:
    assert safe_name(name) == expected

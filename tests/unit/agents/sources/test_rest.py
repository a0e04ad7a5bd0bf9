"""Pages of JSON become rows of text, however they are chained, and a busy service is asked again."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agents.sources.connections import RestConnection
from agents.sources.pulled import Page, Position
from agents.sources.rest import RestSource
from agents.sources.source import SourceUnavailable

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
PEOPLE = [{"id": number, "at": f"2025-05-0{number}", "who": {"mail": f"{number}@x.org"}} for number in range(1, 8)]


async def pulled(
    answer: Answer, position: Position | None = None, *, columns: tuple[str, ...] = (), **declared: Any
) -> tuple[list[Page], list[float]]:
    """All pages, and the seconds that were waited between attempts."""
    waits: list[float] = []

    async def pause(seconds: float) -> None:
        waits.append(seconds)

    app = web.Application()
    app.router.add_get("/people", answer)
    async with TestServer(app) as server:
        said = {"kind": "rest", "url": str(server.make_url("/people")), "rows": "data", "cursor": "at", **declared}
        source = RestSource("crm", RestConnection.model_validate(said), pause=pause, columns=columns)
        return [page async for page in source.pull(position)], waits


def ids(pages: list[Page]) -> list[str]:
    return [dict(zip(page.header, row, strict=True))["id"] for page in pages for row in page.rows]


async def by_offset(request: web.Request) -> web.Response:
    start = int(request.query.get("skip", "0"))
    return web.json_response({"data": PEOPLE[start : start + 3]})


async def by_cursor(request: web.Request) -> web.Response:
    start = int(request.query.get("after", "0"))
    following = {"next": {"after": str(start + 3)}} if start + 3 < len(PEOPLE) else {}
    return web.json_response({"data": PEOPLE[start : start + 3], "paging": following})


async def by_number(request: web.Request) -> web.Response:
    page = int(request.query["page"])
    return web.json_response({"data": PEOPLE[(page - 1) * 3 : page * 3]})


async def by_link(request: web.Request) -> web.Response:
    start = int(request.query.get("from", "0"))
    headers = {"Link": f'</people?from={start + 3}>; rel="next"'} if start + 3 < len(PEOPLE) else {}
    return web.json_response({"data": PEOPLE[start : start + 3]}, headers=headers)


@pytest.mark.parametrize(
    ("answer", "paging"),
    [
        (by_offset, {"kind": "offset", "parameter": "skip", "size": 3}),
        (by_cursor, {"kind": "cursor", "parameter": "after", "next": "paging.next.after"}),
        (by_number, {"kind": "page"}),
        (by_link, {"kind": "link"}),
    ],
)
async def test_every_page_is_read_once(answer: Answer, paging: dict[str, Any]):
    pages, _ = await pulled(answer, paging=paging)
    assert ids(pages) == ["1", "2", "3", "4", "5", "6", "7"]
    assert pages[0].header == ("id", "at", "who.mail")
    assert [page.position for page in pages[:-1]] == [None, None]
    assert pages[-1].position == {"kind": "text", "value": "2025-05-07"}


async def test_ordered_records_are_kept_page_by_page():
    pages, _ = await pulled(by_link, paging={"kind": "link"}, ordered=True)
    assert [page.position for page in pages] == [{"kind": "text", "value": f"2025-05-0{day}"} for day in (3, 6, 7)]


async def test_the_position_is_what_is_asked_with_next_time():
    async def since(request: web.Request) -> web.Response:
        return web.json_response({"data": [one for one in PEOPLE if one["at"] >= request.query["since"]]})

    said = {"params": {"since": "{cursor}"}}
    pages, _ = await pulled(since, {"kind": "text", "value": "2025-05-06"}, **said)
    assert ids(pages) == ["6", "7"]


async def test_records_that_lack_a_field_still_have_its_column():
    async def sparse(_: web.Request) -> web.Response:
        return web.Response(
            text='{"data": [{"id": 1}, {"id": 2, "at": "2025-05-01", "cost": 12.10, "tags": ["b", "a"]}]}'
        )

    pages, _ = await pulled(sparse, columns=("id", "cost", "tags"))
    assert pages[0].rows == (("1", "", ""), ("2", "12.10", '["b", "a"]'))


async def test_a_busy_service_is_asked_again_as_late_as_it_says():
    left = [
        web.Response(status=429, headers={"Retry-After": "7"}),
        web.Response(status=503),
        web.json_response({"data": PEOPLE[:1]}),
    ]

    async def busy(_: web.Request) -> web.Response:
        return left.pop(0)

    pages, waits = await pulled(busy)
    assert ids(pages) == ["1"]
    assert waits[0] == 7
    assert 0.5 <= waits[1] <= 2


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (web.Response(status=401), "it answered 401"),
        (web.Response(text="<html>"), "the answer is no JSON"),
        (web.json_response({"items": []}), "data is no list of records"),
    ],
)
async def test_what_cannot_be_read_is_said_at_once(answer: web.Response, problem: str):
    async def one(_: web.Request) -> web.Response:
        return answer

    with pytest.raises(SourceUnavailable, match=problem):
        await pulled(one)


async def test_the_token_is_sent_to_no_other_host(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CRM_TOKEN", "secret")
    sent: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        sent.append(request.headers["Authorization"])
        return web.json_response({"data": PEOPLE[:1]}, headers={"Link": '<https://evil.example/people>; rel="next"'})

    with pytest.raises(SourceUnavailable, match="another host"):
        await pulled(elsewhere, paging={"kind": "link"}, headers={"Authorization": "Bearer ${CRM_TOKEN}"})
    assert sent == ["Bearer secret"]


async def test_a_service_that_chains_a_page_to_itself_is_left():
    async def loop(_: web.Request) -> web.Response:
        return web.json_response({"data": PEOPLE[:1]}, headers={"Link": '</people>; rel="next"'})

    with pytest.raises(SourceUnavailable, match="its own next page"):
        await pulled(loop, paging={"kind": "link"})

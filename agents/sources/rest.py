"""Any web service that answers with pages of JSON records as a source: links, cursors, page numbers or offsets.

Nested fields become columns with dots (`properties.email`), lists their JSON text. A service that is busy (429, 5xx)
or slow is asked again, later each time; a token is sent to no other host than the one it was given for.
"""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from yarl import URL

from agents.sources.connections import (
    CursorPaging,
    LinkPaging,
    NumberPaging,
    OffsetPaging,
    RestConnection,
    with_secrets,
)
from agents.sources.pulled import Page, Position, later, position_of, value_of
from agents.sources.source import SourceUnavailable
from storage.foreign import text_of

_ATTEMPTS = 6
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 60.0
_BUSY = frozenset((408, 425, 429, 500, 502, 503, 504))
_LARGEST_ANSWER = 64 << 20
_MOST_PAGES = 100_000


@dataclass(frozen=True)
class _Answer:
    body: Any
    next_link: str | None


class RestSource:
    """Reads one resource of one service."""

    def __init__(
        self,
        name: str,
        declared: RestConnection,
        *,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
        columns: Sequence[str] = (),
    ) -> None:
        """`columns`: those that are wanted, in this order; without any, all that the first page has."""
        self.name = name
        self._declared = declared
        self._pause = pause
        self._columns = tuple(columns)

    async def pull(self, position: Position | None) -> AsyncIterator[Page]:
        """All pages; the position is told with each where records are ordered, else with the last."""
        declared = self._declared
        since = value_of(position) if position else declared.start
        newest, header, waiting = since, self._columns, None
        async with contextlib.aclosing(self._pages(since)) as pages:
            async for records in pages:
                flat = [_flat(record) for record in records]
                header = header or tuple(dict.fromkeys(name for record in flat for name in record))
                newest = self._newest(newest, flat)
                page = Page(header, tuple(tuple(record.get(name, "") for name in header) for record in flat))
                if waiting is not None:
                    yield waiting
                waiting = self._placed(page, newest) if declared.ordered else page
        if waiting is not None:
            yield self._placed(waiting, newest)

    def _placed(self, page: Page, newest: Any) -> Page:
        known = self._declared.cursor is not None and newest is not None
        return Page(page.header, page.rows, position_of(newest) if known else None)

    def _newest(self, newest: Any, records: Sequence[Mapping[str, str]]) -> Any:
        if self._declared.cursor is None:
            return None
        for record in records:
            if value := record.get(self._declared.cursor):
                whole = isinstance(newest, int) or (newest is None and value.isdecimal())
                newest = later(int(value) if whole and value.isdecimal() else value, newest)
        return newest

    async def _pages(self, since: Any) -> AsyncGenerator[list[Any]]:
        declared = self._declared
        headers = {name: with_secrets(value) for name, value in declared.headers.items()}
        start = URL(with_secrets(declared.url)).update_query(_params(declared, since))
        timeout = aiohttp.ClientTimeout(total=declared.timeout_s)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
            url: URL | None = start
            asked: set[URL] = set()
            number = 0
            while url is not None:
                if url in asked or number >= _MOST_PAGES:
                    raise SourceUnavailable(
                        f"{self.name}: the service names {url.with_query(None)} as its own next page"
                    )
                asked.add(url)
                answer = await self._ask(session, url)
                records = _found(answer.body, declared.rows)
                if not isinstance(records, list):
                    where = declared.rows or "the answer"
                    raise SourceUnavailable(f"{self.name}: {where} is no list of records; see `rows` in sources.yml")
                if records:
                    yield records
                number += 1
                url = self._next(start, url, answer, len(records), number)

    def _next(self, start: URL, url: URL, answer: _Answer, count: int, number: int) -> URL | None:
        match self._declared.paging:
            case LinkPaging():
                if answer.next_link is None:
                    return None
                found = url.join(URL(answer.next_link))
                if found.origin() != start.origin():
                    raise SourceUnavailable(
                        f"{self.name}: the next page is on another host ({found.host}): not followed"
                    )
                return found
            case CursorPaging(parameter=parameter, next=place):
                token = _found(answer.body, place)
                return start.update_query({parameter: str(token)}) if token not in (None, "", False) else None
            case NumberPaging(parameter=parameter, first=first):
                return start.update_query({parameter: str(first + number)}) if count else None
            case OffsetPaging(parameter=parameter, size=size):
                return start.update_query({parameter: str(number * size)}) if count >= size else None
            case _:
                return None

    async def _ask(self, session: aiohttp.ClientSession, url: URL) -> _Answer:
        """One page, asked again while the service is busy. Raises SourceUnavailable."""
        problem = ""
        for attempt in range(_ATTEMPTS):
            wait = min(_FIRST_WAIT_S * 2**attempt, _LONGEST_WAIT_S) * (0.75 + random.random() / 2)  # noqa: S311
            try:
                async with session.get(url, allow_redirects=False) as response:
                    if response.status == 200:
                        return await self._read(response)
                    problem = f"it answered {response.status} {response.reason or ''}".strip()
                    if response.status not in _BUSY:
                        break
                    wait = _asked_to_wait(response) or wait
            except (aiohttp.ClientError, TimeoutError) as error:
                problem = f"no answer ({type(error).__name__})"
            if attempt + 1 < _ATTEMPTS:
                await self._pause(min(wait, _LONGEST_WAIT_S))
        raise SourceUnavailable(f"{self.name}: {url.with_query(None)}: {problem}")

    async def _read(self, response: aiohttp.ClientResponse) -> _Answer:
        body = bytearray()
        async for piece in response.content.iter_chunked(1 << 16):
            body += piece
            if len(body) > _LARGEST_ANSWER:
                raise SourceUnavailable(
                    f"{self.name}: one page is larger than {_LARGEST_ANSWER >> 20} MB: ask for less"
                )
        try:
            # Amounts are read as the text they were written as: a float would lose cents.
            parsed = json.loads(body, parse_float=str)
        except (ValueError, RecursionError):
            raise SourceUnavailable(f"{self.name}: the answer is no JSON") from None
        link = response.links.get("next")
        return _Answer(parsed, str(link["url"]) if link else None)


def _params(declared: RestConnection, since: Any) -> dict[str, str]:
    """What is asked with; a parameter that wants the cursor is left out while there is none."""
    params = {}
    for name, value in declared.params.items():
        text = with_secrets(str(value))
        if "{cursor}" in text and since is None:
            continue
        params[name] = text.replace("{cursor}", text_of(since))
    paging = declared.paging
    if isinstance(paging, NumberPaging):
        params[paging.parameter] = str(paging.first)
    return params


def _found(body: Any, place: str) -> Any:
    for part in place.split(".") if place else ():
        if not isinstance(body, dict):
            return None
        body = body.get(part)
    return body


def _flat(record: Any, prefix: str = "") -> dict[str, str]:
    if not isinstance(record, dict):
        return {prefix.rstrip(".") or "value": _cell(record)}
    flat: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, dict) and value:
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = _cell(value)
    return flat


def _cell(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, list | dict) else text_of(value)


def _asked_to_wait(response: aiohttp.ClientResponse) -> float | None:
    """Seconds of Retry-After, which may also be a date."""
    said = response.headers.get("Retry-After", "").strip()
    if said.isdecimal():
        return float(said)
    try:
        until, now = parsedate_to_datetime(said), parsedate_to_datetime(response.headers["Date"])
    except (ValueError, TypeError, KeyError):
        return None
    return max((until - now).total_seconds(), 0.0)

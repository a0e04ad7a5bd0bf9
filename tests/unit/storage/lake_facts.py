"""Facts and loads for the tests of the lake."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from storage.lake.facts import REPORTED
from storage.records.facts import Load

FIRST = date(2025, 7, 1)
LAST = date(2025, 7, 31)
NOON = datetime(2025, 8, 1, 12, tzinfo=UTC)


def fact(**changes: Any) -> dict[str, Any]:
    """One fact: a pound spent on campaign A on the first day; `last_day` follows `day`, `campaign_id` the name."""
    base: dict[str, Any] = {
        "source": "google_ads",
        "simulated": False,
        "account": "",
        "channel": "paid_search",
        "campaign": "A",
        "grain": "campaign",
        "breakdown": "",
        "day": FIRST,
        "currency": "GBP",
        "spend_micros": 1_000_000,
        "flags": "",
        "line": 0,
    } | changes
    return {"last_day": base["day"], "campaign_id": base["campaign"]} | base


def frame(*facts: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(facts, schema=dict(REPORTED))


def load(number: int) -> Load:
    """The record of a load; later numbers are known later."""
    return Load(
        id=f"load-{number}",
        source="google_ads",
        path="x.csv",
        content_sha256="",
        layout="",
        simulated=False,
        known_at=NOON + timedelta(days=number),
        first_day=FIRST,
        last_day=LAST,
        campaigns=1,
        days=1,
        rows_read=1,
        spend={},
    )


async def all_at_once(write: Callable[[int, threading.Barrier], None], *, writers: int) -> list[Exception]:
    """What so many writers raise, each in a thread of its own with its number and where they wait for each other."""
    ready, broken = threading.Barrier(writers), list[Exception]()

    def writing(number: int) -> None:
        try:
            write(number, ready)
        except Exception as error:  # noqa: BLE001 - said by the test
            broken.append(error)

    threads = [threading.Thread(target=writing, args=(number,)) for number in range(writers)]
    for one in threads:
        one.start()
    for one in threads:
        await asyncio.to_thread(one.join)
    return broken

"""Datasets of business objects: newest word per key, as of any moment or version, and half a load is never seen."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from storage.contracts.columns import schema_of
from storage.contracts.entities import BY_DATASET
from storage.lake.dataset import Dataset
from storage.lake.facts import ContractBroken
from storage.lake.store import DATASETS, Lake
from storage.lake.table import VersionUnknown
from tests.unit.storage.lake_facts import NOON, load

ORDERED = datetime(2025, 7, 1, 9, tzinfo=UTC)


@pytest.fixture
def orders(tmp_path: Path) -> Dataset:
    return Lake(str(tmp_path / "lake")).dataset("order")


def rows(dataset: str, *given: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(given, schema=dict(schema_of(BY_DATASET[dataset])), orient="row").with_columns(
        pl.col("simulated").fill_null(False), pl.col("account").fill_null(""), pl.col("line").fill_null(0)
    )


def order(number: str, **changes: Any) -> dict[str, Any]:
    base = {"source": "shop", "id": number, "ordered_at": ORDERED, "status": "paid", "currency": "GBP"}
    return {**base, "gross_micros": 10_000_000, **changes}


async def add(orders: Dataset, number: int, *given: dict[str, Any]) -> int:
    return await orders.append([rows("order", *given)], f"load-{number}", load(number).known_at)


async def told(orders: Dataset, loads: list, column: str = "gross_micros", **asked: Any) -> dict[str, Any]:
    read = await orders.read(loads, simulated=False, **asked)
    return dict(read.select("id", column).sort("id").rows())


async def test_every_dataset_of_the_contracts_is_there_and_no_other(tmp_path: Path):
    lake = Lake(str(tmp_path))
    assert ("facts", *BY_DATASET) == DATASETS
    for name in BY_DATASET:
        empty = await lake.dataset(name).read([load(1)], simulated=False)
        assert empty.is_empty()
        assert empty.columns[-2:] == ["load_id", "known_at"]
        assert await lake.dataset(name).version() is None
    with pytest.raises(KeyError, match="no dataset nonsense"):
        lake.dataset("nonsense")


async def test_the_newest_load_wins_and_earlier_moments_keep_their_answer(orders: Dataset):
    first = await add(orders, 1, order("1"), order("2"))
    await add(orders, 2, order("1", status="refunded", refunded_micros=10_000_000), order("3"))
    loads = [load(1), load(2)]
    assert await told(orders, loads, "status") == {"1": "refunded", "2": "paid", "3": "paid"}
    assert await told(orders, loads[:1], "status") == {"1": "paid", "2": "paid"}
    assert await told(orders, loads, "status", as_of=load(1).known_at) == {"1": "paid", "2": "paid"}
    assert await told(orders, loads, "status", version=first) == {"1": "paid", "2": "paid"}
    every = await orders.read(loads, simulated=False, every_version=True)
    assert every.height == 4


async def test_of_one_load_the_row_changed_last_counts_else_the_last(orders: Dataset):
    later = ORDERED + timedelta(days=1)
    await add(
        orders,
        1,
        order("1", gross_micros=2, updated_at=later, line=2),
        order("1", gross_micros=1, updated_at=ORDERED, line=3),
        order("2", gross_micros=3, line=4),
        order("2", gross_micros=4, line=5),
    )
    assert await told(orders, [load(1)]) == {"1": 2, "2": 4}


async def test_sources_and_accounts_have_their_own_numbers_and_worlds_do_not_mix(orders: Dataset):
    await add(orders, 1, order("1"), order("1", source="other"), order("1", account="b"), order("1", simulated=True))
    assert (await orders.read([load(1)], simulated=False)).height == 3
    assert (await orders.read([load(1)], simulated=True)).height == 1


async def test_a_load_that_nobody_names_is_not_readable_and_one_twice_is_there_once(orders: Dataset):
    version = await add(orders, 1, order("1"))
    assert await add(orders, 1, order("1"), order("2")) == version
    assert (await orders.read([], simulated=False)).is_empty()
    assert await told(orders, [load(1)]) == {"1": 10_000_000}
    assert await orders.holds("load-1")
    assert not await orders.holds("load-2")


async def test_windows_and_conditions_hold_for_the_newest_word_not_for_one_taken_back(orders: Dataset):
    moved = ORDERED + timedelta(days=40)
    await add(orders, 1, order("1"), order("2", country="GB"))
    await add(orders, 2, order("1", ordered_at=moved, country="FR"))
    loads = [load(1), load(2)]
    until = ORDERED + timedelta(days=1)
    assert await told(orders, loads, since=ORDERED, until=until) == {"2": 10_000_000}
    assert await told(orders, loads, until=ORDERED) == {}
    assert await told(orders, loads, where={"country": ("FR", "DE")}) == {"1": 10_000_000}
    assert (await orders.read(loads, simulated=False, columns=["country"], where={"id": "1"})).to_dicts() == [
        {"country": "FR"}
    ]


async def test_what_merely_is_cannot_be_asked_between_two_moments(tmp_path: Path):
    products = Lake(str(tmp_path)).dataset("product")
    await products.append([rows("product", {"source": "shop", "id": "1", "title": "Cup"})], "load-1", NOON)
    with pytest.raises(KeyError, match="does not happen"):
        await products.read([load(1)], simulated=False, since=NOON)
    with pytest.raises(KeyError, match="no column nonsense"):
        await products.read([load(1)], simulated=False, columns=["nonsense"])
    assert (await products.read([load(1)], simulated=False))["title"].to_list() == ["Cup"]


async def test_rows_that_break_the_contract_land_nothing_of_their_load(orders: Dataset):
    good, bad = rows("order", order("1")), rows("order", order("2", status="lost"), order("3", status="lost"))
    with pytest.raises(ContractBroken, match=r"order table: status is lost.* in 2 rows"):
        await orders.append([good, bad], "load-1", NOON)
    with pytest.raises(ContractBroken, match="column colour is unknown"):
        await orders.append([good.with_columns(colour=pl.lit("red"))], "load-1", NOON)
    assert not await orders.holds("load-1")


async def test_frames_may_come_from_the_loop_one_at_a_time(orders: Dataset):
    async def frames() -> AsyncIterator[pl.DataFrame]:
        for number in range(3):
            await asyncio.sleep(0)
            yield rows("order", order(str(number)))

    async def broken() -> AsyncIterator[pl.DataFrame]:
        yield rows("order", order("9"))
        raise LookupError("the vault went away")

    await orders.append(frames(), "load-1", NOON)
    with pytest.raises(LookupError, match="went away"):
        await orders.append(broken(), "load-2", NOON)
    assert list(await told(orders, [load(1), load(2)])) == ["0", "1", "2"]


async def test_a_version_that_never_was_is_named(orders: Dataset):
    with pytest.raises(VersionUnknown, match="order cannot be read as of version 3: it is empty"):
        await orders.read([load(1)], simulated=False, version=3)
    await add(orders, 1, order("1"))
    with pytest.raises(VersionUnknown, match="versions 0 to 1"):
        await orders.read([load(1)], simulated=False, version=7)


async def test_moments_of_any_zone_are_the_same_moment(orders: Dataset):
    from zoneinfo import ZoneInfo

    there = NOON.astimezone(ZoneInfo("Asia/Tokyo"))
    await orders.append([rows("order", order("1"))], "load-1", there)
    assert (await orders.read([load(1)], simulated=False))["known_at"].to_list() == [NOON]

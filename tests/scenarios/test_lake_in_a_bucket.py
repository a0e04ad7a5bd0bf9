"""The lake in an object store, over S3 as it is spoken: what holds in a folder holds there, and trouble is one line."""

import asyncio
import hashlib
import json
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.commands import data, ingest, inspect
from bot.commands.bench_ingest import write_report
from bot.commands.shell import BAD_INPUT, DONE, NEGATIVE, run
from storage.lake.reach import LakeUnreachable
from storage.lake.store import Lake
from storage.lake.table import VersionUnknown
from tests.architecture.command_line import ROOT
from tests.scenarios.bucket_server import BUCKET, REGION
from tests.unit.storage.lake_facts import FIRST, LAST, NOON, all_at_once, fact, frame, load

ROWS = 2_000
AT_ONCE = 6


@dataclass(frozen=True)
class Store:
    """Where it is, and who may do what there."""

    port: int
    keys: dict[str, tuple[str, str]]

    def options(self, who: str = "writer", **changes: str) -> dict[str, str]:
        key, secret = self.keys[who]
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "max_retries": "1",
            **changes,
        }

    def tell(self, what: str, *, method: str = "POST") -> None:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/-/{what}", method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 200


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with serving() as opened:
        yield opened


class serving:  # noqa: N801 - a context manager
    """A store of its own."""

    def __enter__(self) -> Store:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.scenarios.bucket_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        return Store(port=told["port"], keys={who: (key, secret) for who, (key, secret) in told["keys"].items()})

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture
def lake(store: Store, tmp_path: Path) -> Lake:
    """A lake of this test's own in the bucket."""
    return a_lake(store, tmp_path)


def a_lake(store: Store, tmp_path: Path, *, compact_above: int = 64, who: str = "writer") -> Lake:
    uri = f"s3://{BUCKET}/{tmp_path.name}"
    return Lake(uri, storage_options=store.options(who), local=tmp_path / "local", compact_above=compact_above)


async def spent(lake: Lake, count: int, **how: Any) -> dict[str, int]:
    rows = await lake.read([load(number) for number in range(count)], FIRST, LAST, simulated=False, **how)
    assert rows["campaign"].is_unique().all()
    return {row["campaign"]: row["spend_micros"] for row in rows.iter_rows(named=True)}


async def test_what_landed_is_restated_asked_for_as_it_was_and_merged_without_a_change(lake: Lake):
    first = await lake.append([frame(fact(), fact(campaign="B"))], "load-0", load(0).known_at)
    await lake.append([frame(fact(spend_micros=2))], "load-1", load(1).known_at)
    before, after = {"A": 1_000_000, "B": 1_000_000}, {"A": 2, "B": 1_000_000}
    assert await spent(lake, 2) == after
    assert await spent(lake, 2, as_of=load(0).known_at) == before
    assert await spent(lake, 2, version=first) == before
    assert (await lake.compact("facts")).files_after == 1
    assert await spent(lake, 2) == after
    assert await spent(lake, 2, version=first) == before
    assert len((await lake.retain("facts", [], older_than=timedelta(0), delete=True)).files) == 2
    assert await spent(lake, 2) == after
    with pytest.raises(VersionUnknown, match="without those that retention removed"):
        await spent(lake, 2, version=first)


async def test_a_file_comes_back_byte_by_byte(lake: Lake, tmp_path: Path):
    file = tmp_path / "report.csv"
    write_report(file, ROWS)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    address = await lake.landed.keep(file, sha256, now=NOON)
    again = await lake.landed.restore(address, tmp_path / "again")
    assert again.read_bytes() == file.read_bytes()
    assert [one.sha256 for one in await lake.landed.all()] == [sha256]


async def test_of_several_who_begin_and_merge_a_table_at_once_nobody_is_lost_or_there_twice(
    store: Store, tmp_path: Path
):
    def write(number: int, ready: threading.Barrier) -> None:
        lake = a_lake(store, tmp_path, compact_above=2)
        file = tmp_path / f"{number}.csv"
        file.write_text(str(number), encoding="utf-8")
        ready.wait(timeout=60)
        asyncio.run(lake.append([frame(fact(campaign=f"{number}"))], f"load-{number}", NOON))
        asyncio.run(lake.landed.keep(file, hashlib.sha256(file.read_bytes()).hexdigest(), now=NOON))

    assert await all_at_once(write, writers=AT_ONCE) == []
    lake = a_lake(store, tmp_path)
    assert sorted(await spent(lake, AT_ONCE)) == [f"{number}" for number in range(AT_ONCE)]
    assert len(await lake.landed.all()) == AT_ONCE


_KILLED = """
import asyncio, sys, json
from pathlib import Path
from storage.lake.store import Lake
from tests.unit.storage.lake_facts import NOON, fact, frame
uri, options, local = json.loads(sys.argv[1])
asyncio.run(Lake(uri, storage_options=options, local=Path(local)).append([frame(fact(campaign="B"))], "load-1", NOON))
"""


async def test_a_load_that_is_killed_before_its_commit_is_not_there_and_its_files_are_cleared(tmp_path: Path):
    with serving() as store:
        lake = a_lake(store, tmp_path)
        await lake.append([frame(fact())], "load-0", NOON)
        store.tell("hold")
        told = json.dumps([lake.uri, store.options(), str(lake.local)])
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", _KILLED, told, cwd=ROOT)
        await asyncio.to_thread(store.tell, "held", method="GET")
        child.kill()
        assert await child.wait() == -signal.SIGKILL
        store.tell("drop")
        assert await spent(lake, 2) == {"A": 1_000_000}
        assert not await lake.holds("load-1")
        assert await lake.tidy(datetime.now(UTC) - timedelta(days=1)) == 0
        assert await lake.tidy(datetime.now(UTC) + timedelta(hours=1)) == 1
        assert await lake.tidy(datetime.now(UTC) + timedelta(hours=1)) == 0
        await lake.append([frame(fact(campaign="B"))], "load-1", NOON)
        assert sorted(await spent(lake, 2)) == ["A", "B"]


async def test_what_never_was_a_version_is_cleared_and_what_an_old_one_needs_is_not(store: Store, tmp_path: Path):
    lake = a_lake(store, tmp_path, compact_above=2)
    for number in range(5):
        await lake.append([frame(fact(campaign=f"{number}"))], f"load-{number}", NOON)
    stray = frame(fact(campaign="stray"))
    stray.write_parquet(f"{lake.uri}/facts/part-stray.parquet", storage_options=_for_polars(store))
    assert await lake.tidy(datetime.now(UTC) + timedelta(hours=1)) == 1
    merges = [one.version for one in await lake.versions("facts") if one.operation == "OPTIMIZE"]
    assert merges
    for version in merges:
        assert await spent(lake, 5, version=version) == await spent(lake, 5, version=version - 1)


def _for_polars(store: Store) -> dict[str, Any]:
    return {name: value for name, value in store.options().items() if name.startswith("AWS_")}


async def test_a_key_that_may_only_read_reads(store: Store, lake: Lake, tmp_path: Path):
    await lake.append([frame(fact())], "load-0", NOON)
    reader = a_lake(store, tmp_path, who="reader")
    assert await spent(reader, 1) == {"A": 1_000_000}
    with pytest.raises(LakeUnreachable, match="AccessDenied"):
        await reader.append([frame(fact(campaign="B"))], "load-1", NOON)
    assert await spent(lake, 2) == {"A": 1_000_000}


Trouble = Callable[[Store], dict[str, str]]


def options_of(store: Store, **changes: str) -> dict[str, str]:
    return {"COUNTERSIGN_LAKE_OPTIONS": json.dumps(store.options(**changes))}


TROUBLES: dict[str, tuple[Trouble, str]] = {
    "a key that nobody has": (lambda store: options_of(store, AWS_ACCESS_KEY_ID="AKIANOBODY"), "InvalidAccessKeyId"),
    "a wrong secret": (lambda store: options_of(store, AWS_SECRET_ACCESS_KEY="WRONG"), "SignatureDoesNotMatch"),
    "no such bucket": (lambda _: {"COUNTERSIGN_LAKE_URL": "s3://nowhere/lake"}, "NoSuchBucket"),
    "a server that is down": (
        lambda store: options_of(store, AWS_ENDPOINT_URL="http://127.0.0.1:1"),
        "Connection refused",
    ),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_store_that_cannot_be_used_is_one_line_and_nothing_is_half_loaded(
    trouble: str,
    store: Store,
    migrated: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
):
    file, home = _file_and_home(tmp_path, migrated)
    right = {"COUNTERSIGN_LAKE_URL": f"s3://{BUCKET}/{tmp_path.name}", **options_of(store)}
    changes, reason = TROUBLES[trouble]
    for name, value in {**right, **changes(store)}.items():
        monkeypatch.setenv(name, value)
    assert _ingest(file, home) == BAD_INPUT
    said = capfd.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert reason in line
    assert "COUNTERSIGN_LAKE_OPTIONS" in line
    assert run(inspect.check, {"home": home, "json": True}) == NEGATIVE
    checked = capfd.readouterr()
    (lake,) = [one for one in json.loads(checked.out)["checks"] if one["what"] == "lake"]
    assert (lake["ok"], reason in lake["words"]) == (False, True)
    for secret in (store.keys["writer"][1], "WRONG", "Signature="):
        assert secret not in said.err + checked.out + checked.err
    assert list((home / "lake_local" / "staging").iterdir()) == []
    for name, value in right.items():
        monkeypatch.setenv(name, value)
    assert _rows(home, capfd) == 0
    assert _ingest(file, home) == DONE
    assert _rows(home, capfd) == ROWS


def test_a_home_that_looks_at_another_lake_is_told_so(
    store: Store, migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    file, home = _file_and_home(tmp_path, migrated)
    monkeypatch.setenv("COUNTERSIGN_LAKE_OPTIONS", json.dumps(store.options()))
    monkeypatch.setenv("COUNTERSIGN_LAKE_URL", f"s3://{BUCKET}/{tmp_path.name}")
    assert _ingest(file, home) == DONE
    assert "facts" in _lake_checked(home, capfd)
    monkeypatch.setenv("COUNTERSIGN_LAKE_URL", f"s3://{BUCKET}/{tmp_path.name}-mistyped")
    assert "lacks loads of facts that this home knows of" in _lake_checked(home, capfd)


def _file_and_home(folder: Path, migrated: Path) -> tuple[Path, Path]:
    file, home = folder / "report.csv", folder / "home"
    write_report(file, ROWS)
    home.mkdir()
    shutil.copy(migrated, home / "countersign.db")
    return file, home


def _ingest(file: Path, home: Path) -> int:
    said = {"mapping": None, "dates": None, "currency": None, "account": "", "accept_schema": False}
    return run(ingest.ingest, {"paths": [file], "home": home, "json": False, **said})


def _lake_checked(home: Path, capfd: pytest.CaptureFixture[str]) -> str:
    capfd.readouterr()
    run(inspect.check, {"home": home, "json": True})
    (words,) = [one["words"] for one in json.loads(capfd.readouterr().out)["checks"] if one["what"] == "lake"]
    return str(words)


def _rows(home: Path, capfd: pytest.CaptureFixture[str]) -> int:
    """Facts that anybody can read."""
    capfd.readouterr()
    assert run(data.data, {"home": home, "json": True}) == DONE
    told = json.loads(capfd.readouterr().out)
    return sum(one["rows"] for source in told["sources"] for one in source["datasets"])

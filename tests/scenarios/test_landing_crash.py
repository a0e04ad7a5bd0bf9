"""Whoever pulls the plug while a large file lands finds it there once, whole, after starting again: `kill -9`, 20 times.

COUNTERSIGN_CRASH_ROWS=1000000 runs it over the million rows that the promise speaks of.
"""

import contextlib
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import IO

import polars as pl
import pytest

from bot.commands.bench_ingest import write_report
from bot.opening import open_office
from bot.settings import Settings
from tests.architecture.command_line import ROOT

ROWS = int(os.environ.get("COUNTERSIGN_CRASH_ROWS", "100000"))
KILLS = 20
_PATIENCE_S = 120.0


class Nursery:
    """A warm process that lands the file in a fork each time it is told to."""

    def __init__(self, file: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.scenarios.landing_child", str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )

    def land(self, home: Settings, *, kill_after_s: float = _PATIENCE_S) -> tuple[int, float]:
        """Exit code of one landing, and the seconds it took; it is killed if it takes longer than that."""
        self._in.write(f"{home.home}\n")
        self._in.flush()
        child, started = int(self._out.readline()), time.monotonic()
        ended, _, _ = select.select([self._out], [], [], kill_after_s)
        if not ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return int(self._out.readline()), time.monotonic() - started

    def close(self) -> None:
        self._in.close()
        self._process.wait(timeout=30)
        self._out.close()

    @property
    def _in(self) -> IO[str]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _out(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout


@contextlib.contextmanager
def nursery(file: Path) -> Iterator[Nursery]:
    opened = Nursery(file)
    try:
        yield opened
    finally:
        opened.close()


@pytest.mark.timeout(900)
async def test_a_large_file_is_there_once_and_whole_whenever_it_was_killed(tmp_path: Path):
    file, empty = tmp_path / "report.csv", tmp_path / "empty"
    write_report(file, ROWS)
    async with open_office(Settings(home=empty), make=True):
        pass
    dice, killed, homes = random.Random(4), 0, 0
    with nursery(file) as landing:
        undisturbed = _copy(empty, tmp_path / "undisturbed")
        code, whole_s = landing.land(undisturbed)
        assert code == 0
        right = await _told(undisturbed)
        assert right["rows"] == ROWS
        while killed < KILLS:
            # A home is killed in until a landing is quicker than its killer; then another one is begun.
            homes += 1
            home, code = _copy(empty, tmp_path / f"home-{homes}"), -1
            while code and killed < KILLS:
                code, _ = landing.land(home, kill_after_s=dice.uniform(0.0, whole_s))
                assert code in (0, -signal.SIGKILL)
                killed += code != 0
            assert code == 0 or landing.land(home)[0] == 0
            assert await _told(home) == right


def _copy(empty: Path, home: Path) -> Settings:
    return Settings(home=Path(shutil.copytree(empty, home)))


async def _told(home: Settings) -> dict[str, object]:
    """What anybody can read of it: rows, sums, days, and how often it landed."""
    async with open_office(home) as office:
        async with office.ledger.read() as tx:
            loads = await tx.loads.known(simulated=False)
            assert (await tx.audit.verify()).ok
            landed = [entry async for entry in tx.audit.entries() if entry.action == "data.loaded"]
        facts = await office.facts.facts(first=date(2020, 1, 1), last=date(2030, 1, 1), as_of=None, simulated=False)
    numbers = ("spend_micros", "impressions", "clicks", "conversions_milli", "revenue_micros")
    sums = facts.frame.select(pl.col(numbers).cast(pl.Int128).sum()).row(0)
    return {
        "loads": [(load.id, load.rows) for load in loads],
        "entries": len(landed),
        "rows": facts.frame.height,
        "different": facts.frame.select("campaign_id", "day").n_unique(),
        "sums": [str(value) for value in sums],
    }

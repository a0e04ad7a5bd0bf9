"""`bench monitor`: thousands of daily KPI series with one new point each, beside the same detector without its memory.

Measured is what a look does: read the kept state from the database, judge and learn one point a series, write it back.
The other side judges the same point from the history of every series. Each runs in a process of its own, so that its
time and peak memory are its own; making the series is not timed.
"""

import asyncio
import json as jsonlib
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.commands.bench_ingest import peak_mb

_FIRST = date(2026, 1, 5)
_SEED = 7
_SOURCE = "bench"
_DISTURBED = 100
"""One series in so many departs on the newest day."""


def bench_monitor(*, series: int, history: int, json: bool) -> int | None:
    """The command: measure and print; exit code 1 where the two sides disagree."""
    from bot.commands.shell import NEGATIVE, say

    found = run(series, history)
    words = (
        f"{series:,} series, one new point each: {found['cpu_s']} s ({found['us_per_point']} µs a point), "
        f"peak {found['peak_mb']} MB, {found['state_mb']} MB kept; {found['departed']} departed\n"
        f"from {history} days of history: {found['baseline_cpu_s']} s, peak {found['baseline_peak_mb']} MB; "
        f"{found['ratio']} times as fast, {found['disagreements']} series judged otherwise"
    )
    say(found, as_json=json, text=words)
    return NEGATIVE if found["disagreements"] else None


def run(series: int, history: int) -> dict[str, Any]:
    """Measure both sides on the same series, `history` days long before the new point.

    Gives cpu_s, us_per_point, peak_mb and state_mb (in the database), departed (series), the same of the other side
    with `baseline_` in front, ratio of processor times, and disagreements (series that only one side says departed).
    """
    with TemporaryDirectory() as folder:
        ours = _measure("kept", series, history, folder)
        baseline = _measure("history", series, history, folder)
    return {
        "series": series,
        "history_days": history,
        "cpu_s": round(ours["cpu_s"], 3),
        "us_per_point": round(ours["cpu_s"] / series * 1e6, 1),
        "peak_mb": ours["peak_mb"],
        "state_mb": ours["state_mb"],
        "departed": len(ours["departed"]),
        "baseline": "the same detector over the whole history",
        "baseline_cpu_s": round(baseline["cpu_s"], 3),
        "baseline_peak_mb": baseline["peak_mb"],
        "ratio": round(baseline["cpu_s"] / ours["cpu_s"], 1),
        "disagreements": len(set(ours["departed"]) ^ set(baseline["departed"])),
        "targets": {"cpu_s": 3.0},
    }


def _measure(side: str, series: int, history: int, folder: str) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "bot.commands.bench_monitor", side, str(series), str(history), folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"measuring {side} failed: {done.stderr.strip().splitlines()[-1:]}")
    found: dict[str, Any] = jsonlib.loads(done.stdout.splitlines()[-1])
    return found


def _made(series: int, days: int) -> Any:
    """Values by day and series: level, weekdays and noise; some depart on the newest day."""
    import numpy as np

    random = np.random.default_rng(_SEED)
    weekday = 1 + 0.15 * np.sin(2 * np.pi * (np.arange(days + 1) % 7) / 7)
    level = np.exp(random.normal(4, 1, series))
    noise = np.exp(random.normal(0, 0.08, (days + 1, series)))
    values = level * weekday[:, None] * noise
    values[-1, ::_DISTURBED] *= 4
    return values


async def _kept(series: int, history: int, folder: Path) -> dict[str, Any]:
    from agents.drift.watchlist import Watchlist
    from bot.opening import open_office
    from bot.settings import Settings

    values, names = _made(series, history), [f"cpc|channel/{number}" for number in range(series)]
    watchlist = Watchlist()
    for at in range(history):
        watchlist.see(_FIRST + timedelta(days=at), dict(zip(names, values[at].tolist(), strict=True)))
    async with open_office(Settings(home=folder / "home"), make=True) as office:
        async with office.ledger.write() as tx:
            await tx.watching.keep(_SOURCE, watchlist.changed())
        del watchlist
        points = dict(zip(names, values[history].tolist(), strict=True))
        began = time.process_time()
        async with office.ledger.read() as tx:
            kept = await tx.watching.of(_SOURCE)
        watchlist = Watchlist(kept)
        departed = watchlist.see(_FIRST + timedelta(days=history), points)
        async with office.ledger.write() as tx:
            await tx.watching.keep(_SOURCE, watchlist.changed())
        seconds = time.process_time() - began
    state = sum(len(one.numbers) for one in kept)
    return {
        "cpu_s": seconds,
        "peak_mb": peak_mb(),
        "state_mb": round(state / 1e6, 1),
        "departed": sorted(departed),
    }


def _from_history(series: int, history: int) -> dict[str, Any]:
    import numpy as np

    from agents.drift.series.detection import detect_many

    values = _made(series, history)
    day_s = 86_400.0
    seconds_of = (_FIRST - date(1970, 1, 1)).days * day_s + np.arange(history + 1, dtype=np.float64) * day_s
    rows = [(seconds_of, np.ascontiguousarray(values[:, at])) for at in range(series)]
    began = time.process_time()
    scored = detect_many(rows)
    seconds = time.process_time() - began
    departed = [f"cpc|channel/{at}" for at, one in enumerate(scored) if one.alert[-1]]
    return {"cpu_s": seconds, "peak_mb": peak_mb(), "departed": sorted(departed)}


def _main(side: str, series: str, history: str, folder: str) -> None:
    if side == "kept":
        found = asyncio.run(_kept(int(series), int(history), Path(folder)))
    else:
        found = _from_history(int(series), int(history))
    sys.stdout.write(jsonlib.dumps(found))


if __name__ == "__main__":
    _main(*sys.argv[1:])

"""`bench ingest`: a report of many rows from file to lake, beside dlt and the standard library doing the same.

Each loader runs in a process of its own, so that its time and peak memory are its own, and they take turns: medians of
the rounds count. Before each one what the others wrote goes to disk, so that nobody waits for it but who wrote it.
Writing the report is not timed.
"""

import asyncio
import json as jsonlib
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_HEADER = (
    "Campaign status,Campaign,Campaign ID,Budget,Budget type,Campaign type,Day,Currency code,"
    "Impr.,Clicks,CTR,Cost,Conversions,Conv. value"
)
_HEADER_LINE = 3
_CAMPAIGNS = 1_000
_DLT = {"dlt_parquet": "dlt, Arrow in, Parquet out", "dlt_delta": "dlt, Arrow in, Delta out"}
_FIRST_DAY = date(2024, 1, 1)
_WORDS = ("Brand", "Generic", "Competitor", "Solar, panels", "Ηλιακά", "Retargeting")
_TYPES = ("Search", "Performance Max", "Display", "Video")


def bench_ingest(*, rows: int, rounds: int, json: bool) -> None:
    """The command: measure in a temporary folder and print."""
    from bot.commands.shell import say

    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as folder:
        found = run(rows, Path(folder), rounds=rounds)
    text = (
        f"{found['rows']:,} rows, {found['megabytes']} MB, medians of {found['rounds']}: "
        f"{found['rows_per_s']:,} rows/s, peak {found['peak_mb']} MB\n"
        f"csv + executemany: {found['baseline_rows_per_s']:,} rows/s, peak {found['baseline_peak_mb']} MB; "
        f"{found['ratio']} times as fast\n{_beside_dlt(found)}"
    )
    say(found, as_json=json, text=text)


def run(rows: int, folder: Path, *, rounds: int) -> dict[str, Any]:
    """Measure every loader on one report of so many rows, written into `folder` (which stays the caller's).

    Gives rows, rounds, rows_per_s and peak_mb of the lake, the same with `baseline_` in front, and ratio: how many
    times faster the lake is; and the same for dlt with Arrow input, into Parquet files and into a Delta table, or
    null where dlt (the extra `bench`) is not installed. Time runs from the opened file to the committed load; starting
    Python is not in it.
    """
    from bot.commands.shell import progress

    folder.mkdir(parents=True, exist_ok=True)
    report = folder / "report.csv"
    write_report(report, rows)
    loaders = ("lake", "baseline", *(_DLT if _has_dlt() else ()))
    measured: dict[str, list[dict[str, Any]]] = {name: [] for name in loaders}
    for turn in range(rounds):
        for name in loaders:
            progress(f"round {turn + 1} of {rounds}: {name}")
            measured[name].append(_measure(name, report, folder / f"{name}-{turn}"))
    if wrong := [one["rows"] for found in measured.values() for one in found if one["rows"] != rows]:
        raise RuntimeError(f"{wrong[0]} of {rows} rows were loaded")
    told = {name: _median(found) for name, found in measured.items()}
    lake, baseline = told["lake"], told["baseline"]
    return {
        "rows": rows,
        "rounds": rounds,
        "megabytes": round(report.stat().st_size / 1e6, 1),
        "rows_per_s": round(rows / lake["seconds"]),
        "peak_mb": lake["peak_mb"],
        "cpu_s": lake["cpu_s"],
        "baseline_rows_per_s": round(rows / baseline["seconds"]),
        "baseline_peak_mb": baseline["peak_mb"],
        "baseline_cpu_s": baseline["cpu_s"],
        "ratio": round(baseline["seconds"] / lake["seconds"], 2),
        **{name: _compared(told[name], lake, rows) if name in told else None for name in _DLT},
    }


def _median(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "seconds": statistics.median(one["seconds"] for one in rounds),
        "cpu_s": round(statistics.median(one["cpu_s"] for one in rounds), 2),
        "peak_mb": max(one["peak_mb"] for one in rounds),
    }


def _compared(found: dict[str, Any], lake: dict[str, Any], rows: int) -> dict[str, Any]:
    return {
        "rows_per_s": round(rows / found["seconds"]),
        "peak_mb": found["peak_mb"],
        "cpu_s": found["cpu_s"],
        "ratio": round(found["seconds"] / lake["seconds"], 2),
    }


def _has_dlt() -> bool:
    return find_spec("dlt") is not None


def _beside_dlt(found: dict[str, Any]) -> str:
    lines = []
    for name, words in _DLT.items():
        told = found[name]
        if told is None:
            return "dlt is not installed, so it was not measured: pip install 'countersign[bench]'"
        lines.append(
            f"{words}: {told['rows_per_s']:,} rows/s, peak {told['peak_mb']} MB; {told['ratio']} times as fast"
        )
    return "\n".join(lines)


def write_report(path: Path, rows: int) -> None:
    """A Google Ads campaign report by day, with quoted thousands, missing marks and total rows; always the same."""
    with path.open("w", encoding="utf-8", newline="") as file:
        last = _FIRST_DAY + timedelta(days=(rows - 1) // _CAMPAIGNS)
        span = " - ".join(f"{day:%B} {day.day}, {day.year}" for day in (_FIRST_DAY, last))
        file.write(f'Campaign report\n"{span}"\n{_HEADER}\n')
        file.writelines(_lines(rows))
        file.write("Total: Account" + ", --" * (_HEADER.count(",")) + "\n")


def _lines(rows: int) -> Iterator[str]:
    for row in range(rows):
        day = _FIRST_DAY + timedelta(days=row // _CAMPAIGNS)
        campaign = row % _CAMPAIGNS
        # A fixed scramble stands for noise: the same file on every machine.
        noise = (row * 2654435761) % 1_000_003
        impressions = 200 + noise % 30_000
        clicks = noise % 900
        name = f"{_WORDS[campaign % len(_WORDS)]} | {campaign:04d}"
        yield (
            f'Enabled,"{name}",{9_000_000_000 + campaign},{20 + campaign % 80}.00,Daily,'
            f'{_TYPES[campaign % len(_TYPES)]},{day},EUR,"{impressions:,}",{clicks},'
            f"{clicks / impressions:.2%},{noise % 70_000 / 100:.2f},"
            + (f'{noise % 4_000 / 100:.2f},"{noise % 900_000 / 100:,.2f}"\n' if noise % 7 else " --, --\n")
        )


def _measure(loader: str, report: Path, target: Path) -> dict[str, Any]:
    paths = os.pathsep.join(path for path in sys.path if path)
    os.sync()
    done = subprocess.run(  # noqa: S603 - our own module, by the running interpreter
        [sys.executable, "-m", __spec__.name if __spec__ else __name__, loader, str(report), str(target)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the {loader} loader failed: {done.stderr.strip()[-2000:]}")
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink()
    return jsonlib.loads(done.stdout)  # type: ignore[no-any-return]


def _load_lake(report: Path, target: Path) -> int:
    from agents.sources.exports.export import stage
    from storage.lake.store import Lake

    lake = Lake(str(target))
    with stage(report, lake.staging, known_at=datetime(2026, 1, 1, tzinfo=UTC)) as staged:
        assert staged.parts is not None, "ad metrics are ready to land"
        asyncio.run(lake.adopt(staged.parts))
        return staged.report.rows_read - len(staged.report.rows_dropped)


def _load_baseline(report: Path, target: Path) -> int:
    from storage.lake_baseline import load

    return load(report, target, header_line=_HEADER_LINE)


def _load_dlt(report: Path, target: Path) -> int:
    from bot.commands.bench_ingest_dlt import load

    return load(report, target, header_line=_HEADER_LINE)


def _load_dlt_delta(report: Path, target: Path) -> int:
    from bot.commands.bench_ingest_dlt import load

    return load(report, target, header_line=_HEADER_LINE, table_format="delta")


def peak_mb() -> float:
    """The most memory this process has had, in MB of a million bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # The kernel's getrusage would count the parent's memory from before this program was started.
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) * 1024 / 1e6, 1)
    unit = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6, 1)


_LOADERS = {
    "lake": _load_lake,
    "baseline": _load_baseline,
    "dlt_parquet": _load_dlt,
    "dlt_delta": _load_dlt_delta,
}


_NEEDS = {
    "lake": ("agents.sources.exports.export", "storage.lake.store", "deltalake", "arro3.core"),
    "baseline": ("storage.lake_baseline",),
    "dlt_parquet": ("bot.commands.bench_ingest_dlt", "dlt", "dlt.destinations.impl.filesystem.filesystem"),
    "dlt_delta": ("bot.commands.bench_ingest_dlt", "dlt", "dlt.destinations.impl.filesystem.filesystem", "deltalake"),
}


def _child(loader: str, report: str, target: str) -> None:
    for module in _NEEDS[loader]:
        import_module(module)  # starting up is not measured, of any of them
    started, used = time.perf_counter(), time.process_time()
    rows = _LOADERS[loader](Path(report), Path(target))
    seconds, cpu_s = time.perf_counter() - started, round(time.process_time() - used, 2)
    sys.stdout.write(jsonlib.dumps({"rows": rows, "seconds": seconds, "cpu_s": cpu_s, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    _child(*sys.argv[1:])

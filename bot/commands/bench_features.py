"""`bench features`: a point-in-time join of many feature events on many labels, beside pandas doing the same.

Each side runs in a process of its own, so that its time and peak memory are its own. Making the data is not timed.
"""

import json as jsonlib
import subprocess
import sys
import time
from importlib.util import find_spec
from typing import Any

from bot.commands.bench_ingest import peak_mb

_FEATURES = 10
_ENTITIES = 20_000
_HOURS = 24 * 365
_SEED = 7


def bench_features(*, events: int, labels: int, json: bool) -> int | None:
    """The command: measure and print; exit code 1 where the two sides disagree."""
    from bot.commands.shell import NEGATIVE, say

    found = run(events, labels)
    words = (
        f"{events:,} events of {_FEATURES} features on {labels:,} labels: {found['seconds']} s, {found['peak_mb']} MB"
    )
    if found["baseline"] is None:
        words += "\npandas is not installed, so there is no baseline: pip install 'countersign[bench]'"
    else:
        words += (
            f"\npandas: {found['baseline_seconds']} s, {found['baseline_peak_mb']} MB; "
            f"{found['ratio']} times as fast, {found['disagreements']} values differ"
        )
    say(found, as_json=json, text=words)
    return NEGATIVE if found["disagreements"] else None


def run(events: int, labels: int) -> dict[str, Any]:
    """Measure both sides on the same generated data.

    Gives seconds and peak_mb, the same of pandas with `baseline_` in front, ratio (how many times as fast) and
    disagreements (cells that differ); baseline is None where pandas is not installed.
    """
    ours = _measure("ours", events, labels)
    baseline = _measure("pandas", events, labels) if find_spec("pandas") else None
    return {
        "events": events,
        "features": _FEATURES,
        "labels": labels,
        "seconds": round(ours["seconds"], 3),
        "peak_mb": ours["peak_mb"],
        "baseline": None if baseline is None else "pandas",
        "baseline_seconds": None if baseline is None else round(baseline["seconds"], 3),
        "baseline_peak_mb": None if baseline is None else baseline["peak_mb"],
        "ratio": None if baseline is None else round(baseline["seconds"] / ours["seconds"], 2),
        "disagreements": None if baseline is None else _differing(ours["sums"], baseline["sums"]),
        "targets": {"seconds": 1.0},
    }


def _differing(ours: list[int], theirs: list[int]) -> int:
    return sum(a != b for a, b in zip(ours, theirs, strict=True))


def _measure(side: str, events: int, labels: int) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "bot.commands.bench_features", side, str(events), str(labels)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"measuring {side} failed: {done.stderr.strip().splitlines()[-1:]}")
    found: dict[str, Any] = jsonlib.loads(done.stdout)
    return found


def _generated(events: int, labels: int) -> tuple[Any, Any]:
    """Labels and values; one event in ten is told again later in other words, as restatements are."""
    import numpy as np
    import polars as pl

    rng = np.random.default_rng(_SEED)
    moment = pl.Datetime("us", "UTC")
    event_at = rng.integers(0, _HOURS, events)
    late = np.where(rng.random(events) < 0.1, rng.integers(1, 24 * 14, events), 0)
    values = pl.DataFrame(
        {
            "entity": rng.integers(0, _ENTITIES, events),
            "event_at": event_at * 3_600_000_000,
            "known_at": (event_at + late) * 3_600_000_000,
            **{f"f{n}": rng.integers(0, 10**9, events) for n in range(_FEATURES)},
        }
    ).unique(["entity", "event_at", "known_at"], keep="first", maintain_order=True)
    wanted = pl.DataFrame(
        {"entity": rng.integers(0, _ENTITIES, labels), "at": rng.integers(0, _HOURS, labels) * 3_600_000_000}
    )
    stamps = [pl.col("event_at", "known_at").cast(moment)]
    return wanted.with_columns(pl.col("at").cast(moment)), values.with_columns(stamps)


def _ours(labels: Any, values: Any) -> tuple[float, list[int]]:
    from storage.features import point_in_time

    began = time.perf_counter()
    joined = point_in_time(labels, values)
    seconds = time.perf_counter() - began
    return seconds, [int(joined[f"f{n}"].sum() or 0) for n in range(_FEATURES)]


def _pandas(labels: Any, values: Any) -> tuple[float, list[int]]:
    """The same join as a careful pandas user writes it."""
    import pandas as pd

    left, right = (pd.DataFrame(frame.to_dict(as_series=False)) for frame in (labels, values))
    began = time.perf_counter()
    right["usable"] = right[["event_at", "known_at"]].max(axis=1)
    right = right.sort_values(["usable", "event_at", "known_at"], kind="stable")
    right = right[right["event_at"] >= right.groupby("entity")["event_at"].cummax()]
    left["label"] = range(len(left))
    joined = pd.merge_asof(
        left.sort_values("at", kind="stable"), right, left_on="at", right_on="usable", by="entity"
    ).sort_values("label")
    seconds = time.perf_counter() - began
    return seconds, [int(joined[f"f{n}"].sum()) for n in range(_FEATURES)]


def _main(side: str, events: str, labels: str) -> None:
    made = _generated(int(events), int(labels))
    seconds, sums = (_ours if side == "ours" else _pandas)(*made)
    sys.stdout.write(jsonlib.dumps({"seconds": seconds, "peak_mb": peak_mb(), "sums": sums}))


if __name__ == "__main__":
    _main(*sys.argv[1:])

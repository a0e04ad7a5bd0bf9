"""`bench drift`: the monitor's detectors in the simulated market, trouble by trouble, beside two classical ones.

Ours keeps its settings. Rolling z-score and PageHinkley see the same points on the same days, conversions at equal
maturity as well, and are given the one threshold that is best for them on these very runs.
"""

import asyncio
import statistics
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from bot.commands.bench_drift_market import HEALTHY, TROUBLES, WITHIN_DAYS, Episode, Lived, live
from bot.commands.bench_drift_others import OTHERS, alarms_of, thresholds_of
from bot.commands.shell import say

_QUARTER_DAYS = 91
_TOGETHER_DAYS = 7
"""Alarms of a classical detector that follow each other so soon are counted as one, whatever KPI they are of."""


def bench_drift(*, seeds: int, first_seed: int, days: int, processes: int, json: bool) -> None:
    """The command: measure and print; progress on stderr."""
    found = run(seeds, first_seed=first_seed, healthy_days=days, processes=processes)
    lines = [
        f"{found['seeds']} seeds a trouble, {found['healthy_days']} healthy days in all; simulated market",
        "                found   delay  right cause  false alarms a quarter",
    ]
    for name, told in found["detectors"].items():
        lines.append(
            f"{name:14}  {_share(told['found'])}  {_days(told['median_delay_days'])}  {_share(told['right_cause']):>11}"
            f"  {told['false_alarms_per_quarter']:22.2f}"
        )
        lines += [
            f"  {trouble:20} {_share(one['found'])}  {_days(one['median_delay_days'])}  {_share(one['right_cause'])}"
            for trouble, one in told["by_trouble"].items()
        ]
    say(found, as_json=json, text="\n".join(lines))


def run(seeds: int, *, first_seed: int, healthy_days: int, processes: int) -> dict[str, Any]:
    """Live every trouble with so many seeds, and as many healthy stretches; score all three detectors.

    By detector: found (share of troubles with an alarm within ten days), median_delay_days (0 is the day itself),
    right_cause (share of those found whose first alarm names the cause), false_alarms_per_quarter (91 days without
    trouble), alarms_per_trouble (ours: cases opened for one trouble), and the same by trouble.
    """
    wanted = [(trouble, first_seed + at, healthy_days) for trouble in (*TROUBLES, HEALTHY) for at in range(seeds)]
    lived: list[Lived] = []
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for done in pool.map(_live, wanted):
            lived.append(done)
            sys.stderr.write(f"\r{len(lived)} of {len(wanted)} runs")
    sys.stderr.write("\n")
    detectors = {"countersign": _scored(lived, [one.ours for one in lived])}
    thresholds: dict[str, float] = {}
    for name in OTHERS:
        by_level = {level: [_merged(alarms_of(name, one, level)) for one in lived] for level in thresholds_of(name)}
        best = max(by_level, key=lambda level: _merit(_scored(lived, by_level[level])))
        thresholds[name] = best
        detectors[name] = {"threshold": best, **_scored(lived, by_level[best])}
    return {
        "seeds": seeds,
        "first_seed": first_seed,
        "scenarios": list(TROUBLES),
        "healthy_days": sum(one.quiet_days for one in lived),
        "detectors": detectors,
        "simulated": True,
    }


def _live(wanted: tuple[str, int, int]) -> Lived:
    trouble, seed, healthy_days = wanted
    return asyncio.run(live(trouble, seed, healthy_days=healthy_days))


def _scored(lived: Sequence[Lived], alarms: Sequence[Sequence[Episode]]) -> dict[str, Any]:
    pairs = list(zip(lived, alarms, strict=True))
    false = sum(1 for one, told in pairs for alarm in told if one.onset is None or alarm.day < one.onset)
    quiet = sum(one.quiet_days for one in lived)
    by_trouble = {trouble: _of_trouble([pair for pair in pairs if pair[0].trouble == trouble]) for trouble in TROUBLES}
    every = _of_trouble([pair for pair in pairs if pair[0].trouble != HEALTHY])
    return {**every, "false_alarms_per_quarter": round(false / quiet * _QUARTER_DAYS, 3), "by_trouble": by_trouble}


def _of_trouble(pairs: Sequence[tuple[Lived, Sequence[Episode]]]) -> dict[str, Any]:
    delays, right, alarms = [], 0, 0
    for one, told in pairs:
        assert one.onset is not None, "a trouble begins some day"
        hits = sorted(
            (alarm for alarm in told if one.onset <= alarm.day <= one.onset + WITHIN_DAYS), key=lambda alarm: alarm.day
        )
        alarms += len(hits)
        if hits:
            delays.append(hits[0].day - one.onset)
            right += any(alarm.cause == TROUBLES[one.trouble] for alarm in hits if alarm.day == hits[0].day)
    return {
        "found": round(len(delays) / len(pairs), 3) if pairs else None,
        "median_delay_days": statistics.median(delays) if delays else None,
        "mean_delay_days": round(statistics.mean(delays), 2) if delays else None,
        "right_cause": round(right / len(delays), 3) if delays else None,
        "alarms_per_trouble": round(alarms / len(delays), 2) if delays else None,
    }


def _merged(alarms: Sequence[Episode]) -> list[Episode]:
    """Alarms of any KPI within a week are one; it is named after the first."""
    kept: list[Episode] = []
    newest = -_TOGETHER_DAYS - 1
    for alarm in sorted(alarms, key=lambda one: one.day):
        if alarm.day - newest > _TOGETHER_DAYS:
            kept.append(alarm)
        newest = alarm.day
    return kept


def _merit(told: dict[str, Any]) -> float:
    """F1 of troubles found, with the false alarms of a quarter beside each."""
    found, wrong = float(told["found"] or 0.0), float(told["false_alarms_per_quarter"])
    return 2 * found / (1 + found + wrong)


def _share(share: float | None) -> str:
    return f"{share * 100:4.0f} %" if share is not None else "     –"


def _days(days: float | None) -> str:
    return f"{days:4.1f} d" if days is not None else "     –"

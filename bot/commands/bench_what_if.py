"""`bench what-if`: stored decisions judged again under changed limits, beside cedarpy judging them one after another.

The whole of what `policy what-if` does is timed: reading the stored text, both judgements, and Cedar's confirmation.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any

from agents.governance.comparing import Comparison, Side, word_of
from agents.governance.limits import Limits
from agents.governance.loading import read_files
from agents.governance.lookback import compiled_or_cedar
from agents.governance.rules import Rules
from agents.governance.situation import Situation
from agents.governance.what_if import Row, count
from bot.commands import bench_what_if_rows as workload
from bot.commands.shell import DONE, NEGATIVE, progress, say
from storage.records.money import Money

_SEED = 7
_ROUNDS = 3
_SAMPLE = 400
"""Decisions that cedarpy judges for the baseline, spread over all; its time for all is worked out from these."""
_TARGETS = {"seconds": 5}


@dataclass(frozen=True)
class _Change:
    what: str
    pounds: int
    """The amount that is set instead."""

    def of(self, limits: Limits, name: str) -> Limits:
        amount = {name: Money.of(self.pounds, "GBP")}
        return limits.model_copy(update={"currencies": {"GBP": limits.currencies["GBP"].model_copy(update=amount)}})


_CHANGES = {
    "daily_cap": _Change("a lower cap on all daily budgets: one question a plan is asked otherwise", 1_050),
    "step_cap": _Change("a lower cap on a budget's step: every change of a budget is asked about otherwise", 20),
}


def bench_what_if(*, decisions: int, json: bool) -> int:
    """The command; 1 if the paths disagree."""
    found = run(decisions)
    agreed = found["agreement"]
    checked = f"{agreed['disagreements']} disagreements in {agreed['checked']:,} decisions checked"
    say(found, as_json=json, text="\n".join([*(_words(name, found[name]) for name in _CHANGES), checked]))
    return NEGATIVE if agreed["disagreements"] else DONE


def _words(name: str, found: dict[str, Any]) -> str:
    cedar = found["cedarpy"]
    return (
        f"{name.replace('_', ' ')}: {found['seconds']} s (target {_TARGETS['seconds']} s for 20,000), "
        f"{found['per_s']:,} decisions a second, {found['changed']:,} come out differently; cedarpy one by one: "
        f"{cedar['seconds']:,} s (worked out from {cedar['sample']:,}), {found['ratio']} times as long"
    )


def run(decisions: int) -> dict[str, Any]:
    """Measure the shipped policies over so many seeded decisions; medians of three rounds, of one core's wall clock."""
    files, limits = read_files(), workload.limits()
    now = Rules(files, limits=limits)
    progress(f"making {decisions:,} decisions")
    rows, changes = workload.rows(decisions, version=now.version, seed=_SEED)
    measured, checked, disagreements = {}, 0, 0
    for name, change in _CHANGES.items():
        then = Rules(files, limits=change.of(limits, name))
        measured[name], wrong = _measured(name, change.what, rows, now, then)
        checked += measured[name]["cedarpy"]["sample"]
        disagreements += wrong
    return {
        "decisions": len(rows),
        "changes": changes,
        **measured,
        "targets": _TARGETS,
        "agreement": {"checked": checked, "disagreements": disagreements},
    }


def _measured(name: str, what: str, rows: Sequence[Row], now: Rules, then: Rules) -> tuple[dict[str, Any], int]:
    """One change of the limits on both paths, and in how many decisions they disagree."""
    progress(f"{name}: {_ROUNDS} rounds")
    rounds = [_timed(lambda: count(rows, now=now, then=then)) for _ in range(_ROUNDS)]
    seconds = statistics.median(one.wall for one in rounds)
    sample = rows[:: max(1, len(rows) // _SAMPLE)]
    progress(f"{name}: {len(sample):,} of them by cedarpy")
    cedar = _timed(lambda: [_by_cedar(row, now, then) for row in sample])
    by_cedar = cedar.wall * len(rows) / len(sample)
    here = Side(now, compiled_or_cedar(now))
    comparison = Comparison(here, Side(then, here.lookback))
    wrong = sum(not _agree(comparison, row, words) for row, words in zip(sample, cedar.result, strict=True))
    return {
        "what": what,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(statistics.median(one.cpu for one in rounds), 2),
        "per_s": round(len(rows) / seconds),
        "changed": rounds[0].result.changed,
        "cedarpy": {
            "what": f"both rules asked one decision after another, {len(sample)} of them, scaled to all",
            "sample": len(sample),
            "seconds": round(by_cedar, 1),
            "per_s": round(len(rows) / by_cedar),
        },
        "ratio": round(by_cedar / seconds, 1),
    }, wrong


def _by_cedar(row: Row, now: Rules, then: Rules) -> tuple[str, str]:
    situation, at = _read(row)
    return word_of(now.judge_situation(situation, now=at)), word_of(then.judge_situation(situation, now=at))


def _agree(comparison: Comparison, row: Row, words: tuple[str, str]) -> bool:
    """Where the comparison is sure that both say the same, it does not say what."""
    found = comparison.came_out(*_read(row))
    return found == words if found else words[0] == words[1]


def _read(row: Row) -> tuple[Situation, datetime]:
    _, verdict, situation = row
    return Situation.model_validate_json(situation or ""), datetime.fromisoformat(loads(verdict)["judged_at"])


@dataclass(frozen=True)
class _Round:
    wall: float
    cpu: float
    result: Any


def _timed(work: Callable[[], Any]) -> _Round:
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return _Round(time.perf_counter() - wall, time.process_time() - cpu, result)

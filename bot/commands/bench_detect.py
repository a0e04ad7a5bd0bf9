"""`bench detect`: events found and false alarms of our detection, rolling z-score and PageHinkley on generated series.

Ours keeps its one default threshold. The two others are given the threshold at which they do best on these very series.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from agents.drift.series.detection import Online, detect_many
from agents.drift.series.watching import THRESHOLD
from bot.commands.bench_detect_series import DAILY, EVENTS, HOURLY, Floats, Made, healthy, with_events
from bot.commands.shell import say

_ROLLING_ROWS = 300
_ONLINE_ROWS = 3_000
_PAGE_THRESHOLDS = (5.0, 10.0, 20.0, 35.0, 50.0, 75.0, 100.0, 150.0, 250.0)
_PAGE_SLACK = 0.1
"""Standard deviations of drift that are let pass."""
_PAGE_WARM_UP = 30
Scores = list[Floats]
Scorer = Callable[[Sequence[Made]], Scores]


def bench_detect(*, seed: int, each: int, json: bool) -> None:
    """The command: measure and print."""
    found = run(seed, each)
    lines = [
        f"{found['series']} series, {found['points']:,} points, seed {seed}; own threshold {THRESHOLD} for all of them",
        "                 found  right   F1    delay  false alarms per series-month: hourly  daily   µs a point",
    ]
    lines += [
        f"{name:15}  {told['found']:5.2f}  {told['precision']:5.2f}  {told['f1']:4.2f}  "
        f"{_delay(told['median_delay_rows'])}  {told['false_alarms_hourly']:36.3f}  {told['false_alarms_daily']:5.3f}"
        f"  {told['us_per_point']:11.2f}"
        for name, told in found["detectors"].items()
    ]
    lines.append(f"online, one point at a time: {found['online_us_per_point']} µs")
    say(found, as_json=json, text="\n".join(lines))


def run(seed: int, each: int) -> dict[str, Any]:
    """Score generated series with every detector. Times are processor time, generating not counted."""
    random = np.random.default_rng(seed)
    events = with_events(random, each=each)
    hourly, daily = (healthy(random, step=step, each=each) for step in (HOURLY, DAILY))
    sets = (events, hourly, daily)
    points = sum(len(one.values) for made in sets for one in made)
    detectors = {
        "countersign": _measured(sets, points, _ours, threshold=THRESHOLD),
        "rolling_z": _measured(sets, points, _rolling_z),
        "page_hinkley": _measured(sets, points, _page_hinkley),
    }
    return {
        "seed": seed,
        "series": sum(map(len, sets)),
        "points": points,
        "detectors": detectors,
        "online_us_per_point": _online(hourly[0]),
        "targets": {
            "f1": 0.6,
            "false_alarms_hourly": 0.1,
            "false_alarms_daily": 0.02,
            "us_per_point": 20.0,
            "online_us_per_point": 100.0,
        },
    }


def _measured(
    sets: Sequence[Sequence[Made]], points: int, scorer: Scorer, *, threshold: float | None = None
) -> dict[str, Any]:
    began = time.process_time()
    events, hourly, daily = (scorer(made) for made in sets)
    took = time.process_time() - began
    if threshold is None:
        every = np.concatenate([score[one.head :] for one, score in zip(sets[0], events, strict=True)])
        candidates = np.unique(np.r_[np.quantile(every, 1 - np.geomspace(1e-4, 0.1, 40)), every.max()])
        candidates = candidates[candidates > 0]
        threshold = max(candidates.tolist(), key=lambda level: _found(sets[0], events, level)["f1"])
    return {
        "threshold": round(threshold, 4),
        **_found(sets[0], events, threshold),
        "false_alarms_hourly": _false_alarms(sets[1], hourly, threshold),
        "false_alarms_daily": _false_alarms(sets[2], daily, threshold),
        "us_per_point": round(1e6 * took / points, 2),
    }


def _found(made: Sequence[Made], scores: Scores, threshold: float) -> dict[str, Any]:
    """Share of events found, of alerts right by their first row, F1, median delay in rows, found by kind of event."""
    alerts = right = 0
    delays: dict[str, list[int]] = {event: [] for event in EVENTS}
    for one, score in zip(made, scores, strict=True):
        rows = _alert_rows(one, score, threshold)
        hits = [row for row in rows if one.first <= row <= one.last]
        alerts, right = alerts + len(rows), right + len(hits)
        if hits:
            delays[one.event].append(hits[0] - one.first)
    every = [delay for found in delays.values() for delay in found]
    recall, precision = len(every) / len(made), right / alerts if alerts else 0.0
    total = {event: sum(one.event == event for one in made) for event in EVENTS}
    return {
        "found": round(recall, 3),
        "precision": round(precision, 3),
        "f1": round(2 * precision * recall / (precision + recall), 3) if right else 0.0,
        "median_delay_rows": float(np.median(every)) if every else None,
        "found_by_event": {event: round(len(delays[event]) / max(total[event], 1), 3) for event in EVENTS},
    }


def _false_alarms(made: Sequence[Made], scores: Scores, threshold: float) -> float:
    """Alerts per series and 30 days."""
    alerts = sum(len(_alert_rows(one, score, threshold)) for one, score in zip(made, scores, strict=True))
    return round(alerts / sum(one.months for one in made), 4)


def _alert_rows(one: Made, score: Floats, threshold: float) -> list[int]:
    """First rows of alerts; what fires within the next 2 % of the series belongs to the same one."""
    rows: list[int] = []
    together = max(5, int(0.02 * len(score)))
    for row in (np.flatnonzero(score[one.head :] >= threshold) + one.head).tolist():
        if not rows or row - rows[-1] > together:
            rows.append(row)
    return rows


def _ours(made: Sequence[Made]) -> Scores:
    return [scored.score for scored in detect_many([(one.seconds, one.values) for one in made])]


def _rolling_z(made: Sequence[Made]) -> Scores:
    """Distance from the mean of the 300 rows before, in their standard deviations."""
    values = np.stack([one.values for one in made])
    sums, squares = (np.pad(np.cumsum(power, axis=1), ((0, 0), (1, 0))) for power in (values, values**2))
    ends = np.arange(values.shape[1])
    begins = np.maximum(ends - _ROLLING_ROWS, 0)
    count = np.maximum(ends - begins, 1)
    mean = (sums[:, ends] - sums[:, begins]) / count
    deviation = np.sqrt(np.maximum((squares[:, ends] - squares[:, begins]) / count - mean**2, 0))
    scores = np.abs(values - mean) / (deviation + 1e-9)
    scores[:, :20] = 0
    return list(scores)


def _page_hinkley(made: Sequence[Made]) -> Scores:
    """The largest of `_PAGE_THRESHOLDS` at which Page's test (1954) would have alerted, row by row."""
    scores = [np.zeros(len(one.values)) for one in made]
    for threshold in _PAGE_THRESHOLDS:
        for score, rows in zip(scores, _page_hinkley_alerts(made, threshold), strict=True):
            score[rows] = threshold
    return scores


def _page_hinkley_alerts(made: Sequence[Made], threshold: float) -> list[Any]:
    """Both directions, on values standardised by their past, begun anew after each alert as is usual."""
    values = np.stack([one.values for one in made])
    mean, square, up, down = values[:, 0].copy(), np.zeros(len(made)), np.zeros(len(made)), np.zeros(len(made))
    count = np.ones(len(made))
    alerts = np.zeros(values.shape, dtype=np.bool_)
    for row in range(1, values.shape[1]):
        departure = values[:, row] - mean
        deviation = np.sqrt(square / count)
        standard = np.where(count > _PAGE_WARM_UP, departure / np.maximum(deviation, 1e-9), 0)
        up = np.maximum(up + standard - _PAGE_SLACK, 0)
        down = np.maximum(down - standard - _PAGE_SLACK, 0)
        count += 1
        mean += departure / count
        square += departure * (values[:, row] - mean)
        found = np.maximum(up, down) > threshold
        alerts[:, row] = found
        mean = np.where(found, values[:, row], mean)
        for state in (square, up, down):
            state[found] = 0
        count[found] = 1
    return [np.flatnonzero(one) for one in alerts]


def _online(one: Made) -> float:
    watch = Online()
    rows = list(zip(one.seconds.tolist(), one.values.tolist(), strict=True))[:_ONLINE_ROWS]
    began = time.process_time()
    for second, value in rows:
        watch.update(second, value)
    return round(1e6 * (time.process_time() - began) / len(rows), 1)


def _delay(rows: float | None) -> str:
    return f"{rows:4.0f} h" if rows is not None else "     –"

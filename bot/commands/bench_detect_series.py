"""Series for `bench detect`: seven kinds of healthy KPI, hourly and daily, and the same with one known event each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

KINDS = ("white", "wandering", "seasonal", "growing", "counts", "ratio", "heavy_tailed")
EVENTS = ("spike", "level_shift", "trend_break", "variance_change", "outage")
HOURLY, DAILY = (3600.0, 24 * 60, 24), (86_400.0, 540, 7)
"""Seconds from row to row, rows, rows of a season."""
_MONDAY = 1_735_516_800.0
_WINDOW_ROWS = 72
"""Within so many rows of its begin an event counts as found; a spike within three."""


@dataclass(frozen=True)
class Made:
    """One generated series; `event` is empty for a healthy one, else it lies in rows `first` to `last`."""

    kind: str
    seconds: Floats
    values: Floats
    event: str = ""
    first: int = -1
    last: int = -1

    @property
    def months(self) -> float:
        return (len(self.values) - self.head) * float(self.seconds[1] - self.seconds[0]) / (30 * 86_400)

    @property
    def head(self) -> int:
        """Rows at the begin on which nothing is counted: detectors get to know the series."""
        return int(0.15 * len(self.values))


def healthy(random: np.random.Generator, *, step: tuple[float, int, int], each: int) -> list[Made]:
    """So many series of each kind, without any event."""
    seconds, rows, _ = step
    moments: Floats = _MONDAY + seconds * np.arange(rows, dtype=np.float64)
    return [Made(kind, moments, _values(kind, random, step)) for kind in KINDS for _ in range(each)]


def with_events(random: np.random.Generator, *, each: int) -> list[Made]:
    """So many hourly series of each kind and event."""
    made: list[Made] = []
    for plain in healthy(random, step=HOURLY, each=each * len(EVENTS)):
        event = EVENTS[len(made) % len(EVENTS)]
        first = int(random.integers(700, 1300))
        last = min(first + (3 if event == "spike" else _WINDOW_ROWS), len(plain.values) - 1)
        values = _happens(plain.values.copy(), event, first, random)
        made.append(Made(plain.kind, plain.seconds, values, event, first, last))
    return made


def _values(kind: str, random: np.random.Generator, step: tuple[float, int, int]) -> Floats:
    _, rows, season = step
    row = np.arange(rows)
    week = 168 if season == 24 else 7
    wave = 1 + 0.4 * np.sin(2 * np.pi * row / season)
    if week != season:
        wave *= 1 + 0.2 * np.sin(2 * np.pi * row / week)
    steps = random.normal(size=rows)
    if kind == "wandering":
        wandering = np.zeros(rows)
        for index in range(1, rows):
            wandering[index] = 0.7 * wandering[index - 1] + steps[index]
        return 100 + 5 * wandering
    values: dict[str, Floats] = {
        "white": 100 + 5 * steps,
        "seasonal": 100 * wave * np.exp(0.05 * steps),
        "growing": 100 * wave * np.exp(0.0008 * row + 0.08 * steps),
        "counts": random.poisson(8 * wave).astype(float),
        "ratio": random.poisson(30 * wave) / np.maximum(random.poisson(12 * wave), 1),
        "heavy_tailed": 100 * wave * np.exp(0.25 * random.standard_t(4, size=rows)),
    }
    return values[kind]


def _happens(values: Floats, event: str, first: int, random: np.random.Generator) -> Floats:
    """The event, sized by the spread of the series around its season."""
    before = values[first - 480 : first]
    spread = float((before[168:] - before[:-168]).std() / np.sqrt(2))
    sign = 1 if random.random() < 0.5 else -1
    if event == "spike":
        values[first] += sign * 8 * spread
    elif event == "level_shift":
        values[first:] += sign * 4 * spread
    elif event == "trend_break":
        values[first:] += sign * 0.1 * spread * np.arange(len(values) - first)
    elif event == "variance_change":
        values[first:] += 4 * spread * random.normal(size=len(values) - first)
    else:
        values[first : first + 24] = 0
    return values

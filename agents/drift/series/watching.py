"""The state of watching one series, or thousands in step: value in, score out, and nothing ever looks ahead.

An alert wants several departures that agree and one that passes the records of late. It then rests for a while. A shift
that stays is confirmed after a day's worth of rows and becomes the new normal, so that one change is one alert.
"""

import math
from typing import Any, NamedTuple

from agents.drift.series.arithmetic import Arithmetic, Quantity, Truth
from agents.drift.series.extremes import Extremes
from agents.drift.series.levels import CHANNELS, POINT, SPREAD, STRETCH, Departures, Levels

THRESHOLD = 0.5
"""Scores from here on are alerts: one threshold for every series."""
CONFIRM_ROWS = 24
"""A departure that lasts so many rows is a shift; then it is the new normal."""
_ALERT_SURPRISE = 1.65
"""Mean standard deviations above the usual maxima that make a score of `THRESHOLD`."""
_BEYOND_RECORD = 0.1
"""Logarithm by which the largest departure must pass its record."""
_REST_ROWS, _REST_SHARE = 50, 0.03
"""An alert rests for so many rows and this share of the rows seen so far."""
_STILL_ROWS, _STILL_TIMES, _STILL_AFTER = 12, 3, 100
"""The same value for so many rows more than so many times the longest such run, after so many rows: it stands still."""
_STILL_SCORE = 0.7
STILL = len(CHANNELS)
"""In place of a channel's index: the strongest departure is that nothing moves."""
_HUSHED = 0.3
"""Factor on scores that are no alerts of their own."""


class Verdict(NamedTuple):
    """What is said of one row."""

    score: Quantity
    """0 to 1."""
    alert: Truth
    channel: Quantity
    """Index in `CHANNELS` of the strongest departure."""
    expected: Quantity
    step: Quantity
    usual_step: Quantity
    confirmed: Truth
    """A shift has lasted and is the new normal from the next row on."""


class Watch:
    """Everything remembered of the series; its size does not grow."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        self._a, self._row = arithmetic, 0
        self._levels: Levels | None = None
        self._extremes = Extremes(arithmetic, len(CHANNELS), spread_channel=SPREAD)
        self._rest_until = arithmetic.same(-1.0)
        self._since_alert = arithmetic.same(1e9)
        self._first_departure = self._mean_departure = arithmetic.same(0.0)
        self._last = arithmetic.same(math.nan)
        self._still = self._longest_still = arithmetic.same(0.0)

    def step(self, value: Quantity, day_slot: Any, week_slot: Any) -> Verdict:
        if self._levels is None:
            self._levels = Levels(self._a, value)
        seen = self._levels.step(value, day_slot, week_slot)
        score, alert, channel = self._score(seen, self._stands_still(value))
        confirmed = self._follow(value - seen.expected, alert)
        self._row += 1
        return Verdict(score, alert, channel, seen.expected, seen.step, seen.usual_step, confirmed)

    def _stands_still(self, value: Quantity) -> Truth:
        """Has the same value come for much longer than ever?"""
        a, same = self._a, value == self._last
        self._longest_still = a.where(same, self._longest_still, a.larger(self._longest_still, self._still))
        self._still = a.where(same, self._still + 1, 0.0)
        self._last = value
        due = self._still == _STILL_ROWS + _STILL_TIMES * self._longest_still
        return due & (self._row > _STILL_AFTER)

    def _score(self, seen: Departures, still: Truth) -> tuple[Quantity, Truth, Quantity]:
        a = self._a
        judged = self._extremes.judge(seen.channels, seen.range)
        if judged is None:
            return a.same(0.0), a.same(0.0) > 0, a.same(0.0)
        surprises, beyond = judged
        surprise, channel = self._agreement(surprises)
        surprise = a.larger(surprise, 0.0)
        score = surprise / (surprise + _ALERT_SURPRISE)
        awake = self._rest_until < self._row
        loud = awake & ((beyond > _BEYOND_RECORD) | still)
        score = a.where(still, a.larger(score, _STILL_SCORE), score)
        channel = a.where(still, float(STILL), channel)
        alert = loud & (score >= THRESHOLD)
        self._rest_until = a.where(alert, self._row + _REST_ROWS + _REST_SHARE * self._row, self._rest_until)
        return a.where(loud, score, _HUSHED * score), alert, channel

    def _agreement(self, surprises: list[Quantity]) -> tuple[Quantity, Quantity]:
        """Mean of the strongest, the second, the strongest of a point and of a stretch; which one is the strongest."""
        a = self._a
        first, second, channel = surprises[0], a.same(-1e9), a.same(0.0)
        for index, surprise in enumerate(surprises[1:], start=1):
            second = a.larger(second, a.smaller(surprise, first))
            channel = a.where(surprise > first, float(index), channel)
            first = a.larger(first, surprise)
        point, stretch = self._largest(surprises, POINT), self._largest(surprises, STRETCH)
        return (first + second + point + stretch) / 4, channel

    def _largest(self, surprises: list[Quantity], group: tuple[int, ...]) -> Quantity:
        most = surprises[group[0]]
        for index in group[1:]:
            most = self._a.larger(most, surprises[index])
        return most

    def _follow(self, departure: Quantity, alert: Truth) -> Truth:
        """After an alert: has the departure stayed? Then it is the new normal."""
        a = self._a
        self._since_alert = a.where(alert, 0.0, self._since_alert + 1)
        self._mean_departure = a.where(
            alert, departure, self._mean_departure + (departure - self._mean_departure) / (self._since_alert + 1)
        )
        self._first_departure = a.where(alert, departure, self._first_departure)
        due = self._since_alert == CONFIRM_ROWS - 1
        if not a.any(due):
            return due
        half = 0.5 * self._first_departure
        stayed = (self._mean_departure * half >= half * half) & (departure * half >= half * half)
        confirmed = due & stayed & (self._first_departure != 0)
        if self._levels is not None:
            self._levels.accept(confirmed, self._mean_departure)
        return confirmed

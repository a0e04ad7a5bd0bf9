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
_ALERT_SURPRISE = 1.6
"""Mean standard deviations above the usual maxima that make a score of `THRESHOLD`."""
_BEYOND_RECORD = 0.1
"""Logarithm by which the largest departure must pass its record."""
_REST_ROWS, _REST_SHARE = 50, 0.03
"""An alert rests for so many rows and this share of the rows seen so far."""
_GOES_ON_ROWS = 100
"""What departs further in the direction of a confirmed shift so soon after the rest is no news, but the same change."""
_LOUDER = math.log(1.5)
"""Log ratio of spreads from which the larger one is the new normal once it has lasted."""
_STILL_ROWS, _STILL_TIMES, _STILL_AFTER = 12, 3, 100
"""The same value for so many rows more than so many times the longest such run, after so many rows: it stands still."""
_STILL_SCORE = 0.65
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
        self._since_followed = arithmetic.same(1e9)
        self._first_departure = self._mean_departure = arithmetic.same(0.0)
        self._first_spread = self._moving = arithmetic.same(0.0)
        self._last = arithmetic.same(math.nan)
        self._still = self._longest_still = arithmetic.same(0.0)

    def step(self, value: Quantity, day_slot: Any, week_slot: Any) -> Verdict:
        if self._levels is None:
            self._levels = Levels(self._a, value)
        seen = self._levels.step(value, day_slot, week_slot)
        score, alert, channel = self._score(seen, value - seen.expected, self._stands_still(value))
        confirmed = self._follow(value - seen.expected, seen.channels[SPREAD], alert)
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

    def _score(self, seen: Departures, departure: Quantity, still: Truth) -> tuple[Quantity, Truth, Quantity]:
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
        wanted = loud & (score >= THRESHOLD)
        goes_on = wanted & (departure * self._moving > 0) & (self._row - self._rest_until <= _GOES_ON_ROWS)
        self._rest_until = a.where(wanted, self._row + _REST_ROWS + _REST_SHARE * self._row, self._rest_until)
        self._since_followed = a.where(goes_on, -1.0, self._since_followed)
        alert = wanted & a.negate(goes_on)
        loud = loud & a.negate(goes_on)
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

    def _follow(self, departure: Quantity, spread: Quantity, alert: Truth) -> Truth:
        """After an alert: has the departure stayed, or the larger spread? Then it is the new normal."""
        a = self._a
        self._since_followed = a.where(alert, 0.0, self._since_followed + 1)
        began = self._since_followed == 0
        self._moving = a.where(alert, 0.0, self._moving)
        self._mean_departure = a.where(
            began, departure, self._mean_departure + (departure - self._mean_departure) / (self._since_followed + 1)
        )
        self._first_departure = a.where(began, departure, self._first_departure)
        due = self._since_followed == CONFIRM_ROWS - 1
        if not a.any(due):
            return due
        half = 0.5 * self._first_departure
        stayed = (self._mean_departure * half >= half * half) & (departure * half >= half * half)
        confirmed = due & stayed & (self._first_departure != 0)
        louder = due & (spread > _LOUDER)
        self._moving = a.where(confirmed, self._mean_departure, self._moving)
        if self._levels is not None:
            self._levels.accept(confirmed, self._mean_departure)
            self._levels.accept_spread(louder)
            self._extremes.accept_spread(a.where(louder, spread, 0.0))
        return confirmed

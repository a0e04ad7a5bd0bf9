"""What a series was expected to be, by several simple forecasters at once, and how its newest value departs from that.

The forecasters: the last few values, a slow level, the same quarter of an hour on other days, the same hour of other
weeks, and the last two corrected by their latest errors. Each counts by how well it did on this series lately, so a
series without a season is not given one. Single wild values are clipped before anything learns from them.
"""

from typing import Any, NamedTuple

from agents.drift.series.arithmetic import Arithmetic, Quantity, Truth

DAY_SLOTS = 96
WEEK_SLOTS = 168
CHANNELS = ("level", "jump", "forecast", "season", "shift", "season shift", "spread")
"""The departures told of each value, in this order; the first four of a point, the other three of a stretch."""
POINT, STRETCH = (0, 1, 2, 3), (4, 5, 6)
SPREAD = 6

_SHORT, _FAST, _CALM, _SLOW, _SEASONS = 4, 12, 24, 1000, 10
"""Rows (visits, of a season's slot) that the averages reach back."""
_ERROR_ROWS = 200
_RANGE_ROWS = 4000
_TINY = 1e-300


class Departures(NamedTuple):
    """How one value departs: by channel, in units of the value (the last one: logarithm of a ratio)."""

    channels: list[Quantity]
    range: Quantity
    """Largest less smallest value of the past, older ones counting less."""
    expected: Quantity
    """By season and level, without the newest values' say."""
    step: Quantity
    usual_step: Quantity
    """How far one value lies from the one before, lately and usually."""


class Levels:
    """All that is remembered of the values themselves."""

    def __init__(self, arithmetic: Arithmetic, first: Quantity) -> None:
        self._a, self._row = arithmetic, 0
        zero = arithmetic.same(0.0)
        self._short = self._fast = self._slow = self._last = self._top = self._bottom = first
        self._scale = self._step = self._usual_step = self._season_shift = zero
        self._offset = self._day_error = self._week_error = zero
        self._day, self._day_seen = arithmetic.table(DAY_SLOTS), arithmetic.table(DAY_SLOTS)
        self._week, self._week_seen = arithmetic.table(WEEK_SLOTS), arithmetic.table(WEEK_SLOTS)
        self._errors = [zero] * 6
        self._tries = [zero] * 6

    def step(self, value: Quantity, day_slot: Any, week_slot: Any) -> Departures:
        """Judge the value by what was known before it, then learn from it."""
        a = self._a
        day, day_seen = a.read(self._day, day_slot) + self._offset, a.read(self._day_seen, day_slot)
        week, week_seen = a.read(self._week, week_slot) + self._offset, a.read(self._week_seen, week_slot)
        day_known, week_known = day_seen >= 2, week_seen >= 2
        forecasts = [
            self._short,
            self._slow,
            a.where(day_known, day, self._slow),
            a.where(week_known, week, self._slow),
            a.where(day_known, day + self._day_error, self._short),
            a.where(week_known, week + self._week_error, self._short),
        ]
        known = [True, True, day_known, week_known, day_known, week_known]
        expected, forecast = self._expected(forecasts, known)
        departures = self._departures(value, expected, forecast)
        self._learn_errors(value, forecasts, known)
        self._learn_levels(value)
        self._learn_seasons(value, (day_slot, day, day_seen, day_known), (week_slot, week, week_seen, week_known))
        self._last = value
        self._row += 1
        return departures

    def accept(self, confirmed: Truth, change: Quantity) -> None:
        """Take a confirmed shift as the new normal: the slow level and both seasons move by it at once."""
        change = self._a.where(confirmed, change, 0.0)
        self._slow = self._slow + change
        self._offset = self._offset + change
        self._season_shift = self._a.where(confirmed, 0.0, self._season_shift)

    def accept_spread(self, confirmed: Truth) -> None:
        """Take confirmed steps from value to value as the usual ones."""
        self._usual_step = self._a.where(confirmed, self._step, self._usual_step)

    def _expected(self, forecasts: list[Quantity], known: list[Truth]) -> tuple[Quantity, Quantity]:
        """The mean by season and level, and of all forecasters; weights are error to the power of −4."""
        a = self._a
        floor = 1e-9 * (self._top - self._bottom) + _TINY
        errors = [error + floor for error in self._errors]
        best = a.smaller(errors[0], errors[1])
        for error, usable in zip(errors[2:], known[2:], strict=True):
            best = a.where(usable, a.smaller(best, error), best)
        weights = []
        for error, usable in zip(errors, known, strict=True):
            square = (best / error) * (best / error)
            weights.append(a.where(usable, square * square, 0.0) + 1e-30)
        slow = sum(weight * forecast for weight, forecast in zip(weights[1:4], forecasts[1:4], strict=True))
        every = sum(weight * forecast for weight, forecast in zip(weights, forecasts, strict=True))
        return slow / sum(weights[1:4]), every / sum(weights)

    def _departures(self, value: Quantity, expected: Quantity, forecast: Quantity) -> Departures:
        a, early = self._a, self._row <= 10
        count = self._row + 1
        self._top = a.larger(value, self._top - (self._top - self._bottom) / _RANGE_ROWS)
        self._bottom = a.smaller(value, self._bottom + (self._top - self._bottom) / _RANGE_ROWS)
        reach = self._top - self._bottom
        self._fast = self._fast + (value - self._fast) / min(count, _FAST)
        from_season = value - expected
        self._season_shift = self._season_shift + (self._clip(from_season, 8) - self._season_shift) / min(count, _FAST)
        step = abs(value - self._last)
        if not early:
            step = a.where(self._usual_step > 0, a.smaller(step, 8 * self._usual_step), step)
        self._step = self._step + (step - self._step) / min(count, _CALM)
        spread = a.same(0.0)
        if self._row > 2 * _CALM:
            least = 0.01 * reach + _TINY
            spread = a.log((self._step + least) / (self._usual_step + least))
        departures = Departures(
            channels=[
                value - self._slow,
                value - self._short,
                value - forecast,
                from_season,
                self._fast - self._slow,
                self._season_shift,
                spread,
            ],
            range=reach,
            expected=expected,
            step=self._step,
            usual_step=self._usual_step,
        )
        self._usual_step = self._usual_step + (step - self._usual_step) / min(count, _SLOW)
        return departures

    def _clip(self, error: Quantity, times: float) -> Quantity:
        """The error, at most so many times the usual departure from the level."""
        if self._row < 10:
            return error
        most = times * self._scale
        return self._a.smaller(self._a.larger(error, -most), most)

    def _learn_errors(self, value: Quantity, forecasts: list[Quantity], known: list[Truth]) -> None:
        a = self._a
        for index, (forecast, usable) in enumerate(zip(forecasts, known, strict=True)):
            error = abs(value - forecast)
            if self._row >= 10:
                error = a.smaller(error, 5 * self._scale)
            tries = self._tries[index] + a.where(usable, 1.0, 0.0)
            self._tries[index] = tries
            moved = (error - self._errors[index]) / a.smaller(a.larger(tries, 1.0), float(_ERROR_ROWS))
            self._errors[index] = self._errors[index] + a.where(usable, moved, 0.0)

    def _learn_levels(self, value: Quantity) -> None:
        a, count = self._a, self._row + 1
        from_level = value - self._slow
        departure, clipped = abs(from_level), self._clip(from_level, 4)
        if self._row >= 10:
            departure = a.smaller(departure, 6 * self._scale)
        self._short = self._short + self._clip(value - self._short, 4) / min(count, _SHORT)
        self._scale = self._scale + (departure - self._scale) / min(count, _SLOW)
        self._slow = self._slow + clipped / min(count, _SLOW)

    def _learn_seasons(self, value: Quantity, day: tuple[Any, ...], week: tuple[Any, ...]) -> None:
        for table, seen_table, (slot, expected, seen, known), name in (
            (self._day, self._day_seen, day, "_day_error"),
            (self._week, self._week_seen, week, "_week_error"),
        ):
            a, error = self._a, value - expected
            latest = getattr(self, name)
            latest = latest + (self._clip(error, 8) - latest) / min(self._row + 1, _SHORT)
            setattr(self, name, a.where(known, latest, 0.0))
            learnt = a.where(seen < 1, error, self._clip(error, 4) / a.smaller(seen + 1, float(_SEASONS)))
            a.write(table, slot, expected - self._offset + learnt)
            a.write(seen_table, slot, seen + 1)

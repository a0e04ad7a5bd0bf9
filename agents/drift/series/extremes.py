"""How extreme a departure is by the series' own standards: the same scale for every series and every kind of departure.

For each kind, the logarithm of the largest departure in a stretch of rows is remembered. Such maxima follow an extreme
value distribution (Fisher and Tippett 1928; Gumbel 1958), for heavy tails a Gumbel one on the logarithmic scale. Its
spread is estimated from the maxima themselves and from the gap between largest and second largest, whose mean is the
tail's exponent (Rényi 1953, as in Hill's estimator of 1975). A departure is told in such standard deviations above the
usual maximum. So a wild series has to do more to be called strange, and one threshold serves all.
"""

import math

from agents.drift.series.arithmetic import Arithmetic, Quantity

_FLOOR = 0.02
"""Departures below this share of the range hardly count."""
_PRIOR_SPREAD, _PRIOR_COUNT = 0.5, 3
"""Spread of log maxima believed before any was seen, and how many stretches that belief is worth."""
_PRIOR_GAP = 0.2
_LEAST_SPREAD = 0.12
_SKEW = 0.8
"""Maxima above the usual one weigh 1 + this, those below 1 − this: the upper tail is what matters."""
_GAP_WEIGHT = 2.5
_GUMBEL = math.pi / math.sqrt(6)
"""Standard deviation of a Gumbel distribution of scale 1."""
_UNSURE = 6.0
"""The spread is widened by √(1 + this ÷ stretches seen)."""
_LEAST_STRETCHES = 3
_NEVER = -1e4


class Stretches:
    """Maxima of stretches of `rows` rows; the memory reaches `memory` stretches back."""

    def __init__(self, arithmetic: Arithmetic, channels: int, *, rows: int, memory: int) -> None:
        self._a, self._rows, self._memory = arithmetic, rows, memory
        self._seen = self._row = 0
        self._largest, self._second = self._fresh(channels, _NEVER), self._fresh(channels, _NEVER)
        self._usual, self._variance = self._fresh(channels, 0.0), self._fresh(channels, 0.0)
        self._gap, self._spread = self._fresh(channels, _PRIOR_GAP), self._fresh(channels, 1.0)

    @property
    def ready(self) -> bool:
        return self._seen >= _LEAST_STRETCHES

    def surprise(self, channel: int, size: Quantity) -> Quantity:
        """Standard deviations by which the log size passes the usual maximum."""
        return (size - self._usual[channel]) / self._spread[channel]

    def learn(self, sizes: list[Quantity]) -> None:
        larger, smaller, largest, second = self._a.larger, self._a.smaller, self._largest, self._second
        for channel, size in enumerate(sizes):
            top = largest[channel]
            second[channel] = larger(second[channel], smaller(size, top))
            largest[channel] = larger(top, size)
        self._row += 1
        if self._row == self._rows:
            self._close()

    def scale(self, change: Quantity, except_for: set[int]) -> None:
        """What is usual grows by the log ratio."""
        for table in (self._usual, self._largest, self._second):
            for channel in range(len(table)):
                if channel not in except_for:
                    table[channel] = table[channel] + change

    def _close(self) -> None:
        self._row = 0
        self._seen += 1
        count = min(self._seen, self._memory)
        for channel in range(len(self._largest)):
            self._learn_maximum(channel, count)
        self._largest, self._second = self._fresh(len(self._largest), _NEVER), self._fresh(len(self._second), _NEVER)

    def _learn_maximum(self, channel: int, count: int) -> None:
        a, variance = self._a, self._variance[channel]
        above = self._largest[channel] - self._usual[channel]
        if self._seen > _LEAST_STRETCHES:
            most = 4 * self._pooled(variance, count)
            above = a.smaller(a.larger(above, -most), most)
        self._usual[channel] = self._usual[channel] + above / count
        if self._seen > 1:
            weight = a.where(above > 0, 1 + _SKEW, 1 - _SKEW)
            variance = variance + (weight * above * above * (1 - 1 / count) - variance) / count
            self._variance[channel] = variance
        gap = self._gap[channel]
        gap = gap + (a.smaller(self._largest[channel] - self._second[channel], 4 * gap) - gap) / (count + 2)
        self._gap[channel] = gap
        spread = a.larger(a.larger(self._pooled(variance, count), _LEAST_SPREAD), _GAP_WEIGHT * _GUMBEL * gap)
        self._spread[channel] = spread * math.sqrt(1 + _UNSURE / count)

    def _pooled(self, variance: Quantity, count: int) -> Quantity:
        return self._a.root((variance * count + _PRIOR_SPREAD**2 * _PRIOR_COUNT) / (count + _PRIOR_COUNT))

    def _fresh(self, channels: int, value: float) -> list[Quantity]:
        return [self._a.same(value) for _ in range(channels)]


class Extremes:
    """Surprise of all departures, in both directions, by stretches of several lengths."""

    _RECORD_ROWS = 500.0
    """A record loses a factor of e in so many rows."""

    def __init__(self, arithmetic: Arithmetic, channels: int, *, spread_channel: int) -> None:
        self._a, self._channels, self._spread_channel = arithmetic, channels, spread_channel
        # The short one serves until the others have seen enough.
        self._early = Stretches(arithmetic, 2 * channels, rows=16, memory=24)
        self._stretches = [
            Stretches(arithmetic, 2 * channels, rows=48, memory=24),
            Stretches(arithmetic, 2 * channels, rows=192, memory=16),
        ]
        self._records = [arithmetic.same(_NEVER) for _ in range(2 * channels)]
        self._row = 0

    def judge(self, departures: list[Quantity], reach: Quantity) -> tuple[list[Quantity], Quantity] | None:
        """Surprise by channel and the largest log ratio to a record; None while too little was seen. Then learn."""
        sizes = self._sizes(departures, reach)
        ready = [one for one in self._stretches if one.ready] or ([self._early] if self._early.ready else [])
        verdict = None
        if ready:
            surprises = [self._surprise(ready, channel, sizes) for channel in range(self._channels)]
            verdict = surprises, self._beyond_records(sizes)
        if not self._stretches[0].ready:
            self._early.learn(sizes)
        for one in self._stretches:
            one.learn(sizes)
        self._learn_records(sizes)
        return verdict

    def accept_spread(self, change: Quantity) -> None:
        """After a confirmed change of spread all departures are measured by the new one; `change` is its log ratio."""
        spreads = {self._spread_channel, self._spread_channel + self._channels}
        for one in (self._early, *self._stretches):
            one.scale(change, spreads)

    def _sizes(self, departures: list[Quantity], reach: Quantity) -> list[Quantity]:
        """Log sizes, all rises and then all falls."""
        larger, log = self._a.larger, self._a.log
        least = _FLOOR * reach + 1e-300
        floors = [0.1 if index == self._spread_channel else least for index in range(self._channels)]
        rises = [log(larger(one, 0.0) + floor) for one, floor in zip(departures, floors, strict=True)]
        falls = [log(larger(-one, 0.0) + floor) for one, floor in zip(departures, floors, strict=True)]
        return rises + falls

    def _surprise(self, ready: list[Stretches], channel: int, sizes: list[Quantity]) -> Quantity:
        opposite = channel + self._channels
        rise = sum(one.surprise(channel, sizes[channel]) for one in ready)
        fall = sum(one.surprise(opposite, sizes[opposite]) for one in ready)
        return self._a.larger(rise, fall) / len(ready)

    def _beyond_records(self, sizes: list[Quantity]) -> Quantity:
        most = sizes[0] - self._records[0]
        for size, record in zip(sizes[1:], self._records[1:], strict=True):
            most = self._a.larger(most, size - record)
        return most

    def _learn_records(self, sizes: list[Quantity]) -> None:
        fade = 1 / self._RECORD_ROWS if self._row > 10 else 0.0
        larger, records = self._a.larger, self._records
        for channel, size in enumerate(sizes):
            records[channel] = larger(records[channel] - fade, size)
        self._row += 1

"""Business time between two moments, for whole columns at once."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

Hours = Callable[[datetime, datetime], Sequence[tuple[datetime, datetime]]]
"""Two moments → the spans between opening and closing that touch the time between them, oldest first."""
_DAY = timedelta(days=1)


def open_time(first: pl.Series, last: pl.Series, hours: Hours) -> pl.Series:
    """Microseconds of business time from one moment to the other; 0 where the second is not after the first."""
    begin, end = first.min(), last.max()
    if not isinstance(begin, datetime) or not isinstance(end, datetime) or end <= begin:
        return pl.select(
            pl.when(first.is_null() | last.is_null()).then(None).otherwise(pl.lit(0, pl.Int64))
        ).to_series()
    spans = [(_micros(opens), _micros(closes)) for opens, closes in hours(begin - _DAY, end + _DAY)]
    opens = np.array([span[0] for span in spans] or [0], dtype=np.int64)
    lengths = np.array([span[1] - span[0] for span in spans] or [0], dtype=np.int64)
    before = np.concatenate([[0], np.cumsum(lengths)[:-1]])

    def passed(moments: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        at = moments.cast(pl.Int64).fill_null(0).to_numpy()
        index = np.clip(np.searchsorted(opens, at, side="right") - 1, 0, None)
        within: np.ndarray[tuple[int], np.dtype[np.int64]] = np.clip(at - opens[index], 0, lengths[index])
        return before[index] + within

    taken = pl.Series(np.maximum(passed(last) - passed(first), 0), dtype=pl.Int64)
    return pl.select(pl.when(first.is_null() | last.is_null()).then(None).otherwise(taken)).to_series()


def round_the_clock(first: datetime, last: datetime) -> Sequence[tuple[datetime, datetime]]:
    """Always open, for a team without a calendar."""
    return ((first, last),)


def _micros(moment: datetime) -> int:
    return (moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)

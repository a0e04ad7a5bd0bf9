"""Percentiles out of buckets are never less than the truth."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.dashboard.waits import runs, summed
from bot.meters import BOUNDS_MS, Meters
from storage.records.dashboards import ABOVE_ALL_MS

NOW = datetime(2026, 3, 30, 9, tzinfo=UTC)


@given(st.lists(st.integers(min_value=0, max_value=400_000), min_size=1, max_size=60))
def test_a_percentile_is_the_end_of_the_bucket_that_holds_it(waited_ms: list[int]) -> None:
    meters = Meters(clock=lambda: NOW)
    for one in waited_ms:
        meters.observe("ack", one / 1000)
    (line,) = summed(meters.pending())
    ordered = sorted(waited_ms)

    assert line.count == len(waited_ms)
    for percent, told in ((50, line.p50_ms), (95, line.p95_ms), (99, line.p99_ms)):
        true = ordered[-(-len(ordered) * percent // 100) - 1]
        assert told == next(bound for bound in BOUNDS_MS if true <= bound or bound == ABOVE_ALL_MS)
    assert line.within_target == sum(one <= 300 for one in waited_ms)


def test_days_and_kinds_are_kept_apart_and_failures_are_counted() -> None:
    meters = Meters(clock=lambda: NOW)
    meters.observe("job:look", 1.0)
    meters.observe("job:look", 1.0, failed=True)
    meters.observe("card", 0.1)
    assert {one.day for one in meters.pending()} == {date(2026, 3, 30)}
    told = {one.what: (one.well, one.all) for one in runs(summed(meters.pending()))}
    assert list(told.values()) == [(1, 2), (1, 1)]

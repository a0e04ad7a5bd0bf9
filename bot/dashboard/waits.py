"""Percentiles of how long people wait, out of the histograms that are kept."""

from collections.abc import Iterable, Sequence
from datetime import date

from bot.meters import TARGETS_MS
from storage.ledger import Transaction
from storage.records.dashboards import LatencyBucket, LatencyLine, Tally


async def lines(
    tx: Transaction, pending: Sequence[LatencyBucket], *, first: date, last: date
) -> tuple[LatencyLine, ...]:
    """One line a kind of wait over these days (UTC), by name; `pending` was not written to the database yet."""
    kept = await tx.latencies.between(first, last)
    return summed((*kept, *(one for one in pending if first <= one.day <= last)))


def summed(buckets: Iterable[LatencyBucket]) -> tuple[LatencyLine, ...]:
    """One line a kind of wait, by name."""
    by_what: dict[str, list[LatencyBucket]] = {}
    for one in buckets:
        by_what.setdefault(one.what, []).append(one)
    return tuple(_line(what, found) for what, found in sorted(by_what.items()))


def runs(waited: Iterable[LatencyLine]) -> tuple[Tally, ...]:
    """How many jobs of the timetable and answers to people went well."""
    jobs = [one for one in waited if one.what.startswith("job:")]
    asked = [one for one in waited if not one.what.startswith("job:")]
    named = (("jobs of the timetable that ran through", jobs), ("cards, answers and clicks that went through", asked))
    return tuple(
        Tally(what=what, well=sum(one.count - one.failed for one in some), all=sum(one.count for one in some))
        for what, some in named
        if some
    )


def _line(what: str, buckets: Sequence[LatencyBucket]) -> LatencyLine:
    count = sum(one.count for one in buckets)
    target = TARGETS_MS.get(what)
    return LatencyLine(
        what=what,
        count=count,
        failed=sum(one.failed for one in buckets),
        p50_ms=_percentile(buckets, 50, count),
        p95_ms=_percentile(buckets, 95, count),
        p99_ms=_percentile(buckets, 99, count),
        target_ms=target,
        within_target=None if target is None else sum(one.count for one in buckets if one.bound_ms <= target),
    )


def _percentile(buckets: Sequence[LatencyBucket], percent: int, count: int) -> int:
    """The upper end of the bucket that holds it: never less than the true value."""
    seen = 0
    for one in sorted(buckets, key=lambda bucket: bucket.bound_ms):
        seen += one.count
        if seen * 100 >= percent * count:
            return one.bound_ms
    raise AssertionError("the buckets hold all that was counted")

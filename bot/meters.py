"""How long people wait, measured where they wait and counted in the database, so that it outlives the process."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from storage.ledger import Ledger
from storage.records.dashboards import ABOVE_ALL_MS, LatencyBucket

BOUNDS_MS = (10, 25, 50, 100, 200, 300, 500, 1000, 2000, 3000, 5000, 10_000, 30_000, 60_000, 300_000, ABOVE_ALL_MS)
"""Upper ends of the buckets; the promises that are made to people (300 ms, 2 s, 3 s) are among them."""
ACK, CARD, ASK, DASHBOARD = "ack", "card", "ask", "dashboard"
TARGETS_MS = {ACK: 300, CARD: 2000, ASK: 2000, "job:look": 10_000, DASHBOARD: 5000}
"""What is promised, where something is."""


@dataclass
class _Counted:
    count: int = 0
    failed: int = 0
    total_us: int = 0


class Meters:
    """Counts waits in memory until the next `flush`; all on one event loop."""

    def __init__(self, *, clock: Callable[[], datetime], timer: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._timer = timer
        self._pending: defaultdict[tuple[date, str, int], _Counted] = defaultdict(_Counted)

    def now(self) -> float:
        """Seconds of a clock that only runs forward, for a wait that ends elsewhere; see `since`."""
        return self._timer()

    def since(self, started: float, what: str, *, failed: bool = False) -> None:
        """A wait that began at `started`, a reading of `now`, is over."""
        self.observe(what, self._timer() - started, failed=failed)

    def observe(self, what: str, seconds: float, *, failed: bool = False) -> None:
        """Count one wait."""
        micros = max(round(seconds * 1_000_000), 0)
        bound = next(one for one in BOUNDS_MS if micros <= one * 1000 or one == ABOVE_ALL_MS)
        counted = self._pending[self._clock().astimezone(UTC).date(), what, bound]
        counted.count += 1
        counted.failed += failed
        counted.total_us += micros

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Count how long the block takes, and whether it breaks."""
        started = self._timer()
        failed = True
        try:
            yield
            failed = False
        finally:
            self.since(started, what, failed=failed)

    def pending(self) -> tuple[LatencyBucket, ...]:
        """What no flush has written yet."""
        return tuple(
            LatencyBucket(day=day, what=what, bound_ms=bound, count=one.count, failed=one.failed, total_us=one.total_us)
            for (day, what, bound), one in sorted(self._pending.items())
        )

    async def flush(self, ledger: Ledger) -> None:
        """Write what was counted; what could not be written is kept for the next time."""
        if not self._pending:
            return
        taken, self._pending = self.pending(), defaultdict(_Counted)
        try:
            async with ledger.write() as tx:
                await tx.latencies.add(taken)
        except BaseException:
            for one in taken:
                kept = self._pending[one.day, one.what, one.bound_ms]
                kept.count, kept.failed = kept.count + one.count, kept.failed + one.failed
                kept.total_us += one.total_us
            raise

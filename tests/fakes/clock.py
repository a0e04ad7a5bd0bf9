"""A wall clock that moves only when told."""

from datetime import datetime, timedelta

from tests.builders import NOW


class HandClock:
    """Call it for the time; `pass_` lets time go by."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **by: float) -> None:
        """Let so much time go by: `pass_(hours=3)`."""
        self.now += timedelta(**by)

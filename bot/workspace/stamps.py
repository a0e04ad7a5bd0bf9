"""Message time stamps: unique and increasing, also after a restart."""

from collections.abc import Callable


class Stamps:
    """Mints Slack's `ts` strings ("seconds.microseconds") from a clock in epoch seconds.

    Two stamps are never equal and never go back, even when the clock stands still or is set back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last_us = 0

    def next(self) -> str:
        """A new stamp, later than every stamp before it."""
        self._last_us = max(int(self._clock() * 1_000_000), self._last_us + 1)
        return _text(self._last_us)

    def last(self) -> str:
        """The latest stamp handed out or noted."""
        return _text(self._last_us)

    def note(self, ts: str) -> None:
        """Take notice of a stamp of an earlier run, so that it is not handed out again."""
        seconds, _, micros = ts.partition(".")
        self._last_us = max(self._last_us, int(seconds) * 1_000_000 + int(micros or 0))


def _text(micros: int) -> str:
    return f"{micros // 1_000_000:010d}.{micros % 1_000_000:06d}"

"""Slack's rate limits, per method and minute, plus one message a second and channel.

Source: docs.slack.dev/apis/web-api/rate-limits (tiers 1 to 4: 1, 20, 50 and 100 calls a minute and more).
"""

from collections import defaultdict, deque
from collections.abc import Callable

TIER_2 = frozenset({"chat.startStream", "chat.stopStream", "conversations.list", "users.list"})
TIER_3 = frozenset(
    {
        "apps.connections.open", "chat.delete", "chat.update", "conversations.history", "conversations.info",
        "conversations.join", "conversations.open", "conversations.replies", "reactions.add", "team.info",
        "users.lookupByEmail", "bots.info",
    }
)  # fmt: skip
POSTS_PER_CHANNEL_BURST = 5


class RateLimits:
    """Counts calls in a sliding minute; off unless `enabled`."""

    def __init__(self, clock: Callable[[], float], *, enabled: bool = False) -> None:
        self.enabled = enabled
        self._clock = clock
        self._calls: dict[str, deque[float]] = defaultdict(deque)

    def wait_seconds(self, method: str, channel: str) -> int:
        """Whole seconds the caller has to wait, 0 when the call may pass (and is counted)."""
        if not self.enabled:
            return 0
        if method == "chat.postMessage":
            return self._take(f"post/{channel}", POSTS_PER_CHANNEL_BURST, float(POSTS_PER_CHANNEL_BURST))
        limit = 20 if method in TIER_2 else 50 if method in TIER_3 else 100
        return self._take(method, limit, 60.0)

    def _take(self, key: str, limit: int, window_seconds: float) -> int:
        now, calls = self._clock(), self._calls[key]
        while calls and calls[0] <= now - window_seconds:
            calls.popleft()
        if len(calls) >= limit:
            return max(1, int(calls[0] + window_seconds - now + 0.999))
        calls.append(now)
        return 0

"""Trouble on demand: what a workspace can be told to do wrong, so that an app's recovery can be tried."""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["serve", "rate_limit", "error", "lose_reply"]


@dataclass
class Faults:
    """Each number counts down: the next n calls (of `methods`, or of all but connecting) go wrong.

    `lost_replies`: the call is carried out but answered with a 500. `duplicates`: the next n deliveries are sent
    twice. `latency_ms` delays every call until it is set to 0 again. `unknown_blocks` are kinds of blocks that are
    refused until it is empty again, as by a Slack that has not heard of them.
    """

    rate_limit: int = 0
    errors: int = 0
    lost_replies: int = 0
    duplicates: int = 0
    latency_ms: int = 0
    retry_after_seconds: int = 1
    methods: tuple[str, ...] = ()
    unknown_blocks: tuple[str, ...] = ()

    def next_outcome(self, method: str) -> Outcome:
        """What shall happen to this call; counts down."""
        concerned = method in self.methods if self.methods else method != "apps.connections.open"
        if not concerned:
            return "serve"
        if self.rate_limit > 0:
            self.rate_limit -= 1
            return "rate_limit"
        if self.errors > 0:
            self.errors -= 1
            return "error"
        if self.lost_replies > 0:
            self.lost_replies -= 1
            return "lose_reply"
        return "serve"

    def take_duplicate(self) -> bool:
        """Whether this delivery shall be sent twice; counts down."""
        if self.duplicates <= 0:
            return False
        self.duplicates -= 1
        return True

"""What a way to the app (Socket Mode or signed HTTP) must offer, and what became of one sending."""

from dataclasses import dataclass
from typing import Literal, Protocol

from bot.workspace.seeds import Json

Kind = Literal["events_api", "interactive", "slash_commands"]


@dataclass(frozen=True)
class Envelope:
    """One payload on its way; `attempt` counts the earlier sendings of the same event."""

    kind: Kind
    payload: Json
    accepts_response: bool = False
    attempt: int = 0
    retry_reason: str = ""


@dataclass(frozen=True)
class Receipt:
    """What became of a sending: `reason` is empty when the app acknowledged it.

    `response` is what the app gave with its acknowledgement; `final` forbids another try.
    """

    reason: str = ""
    response: Json | None = None
    final: bool = False

    @property
    def acked(self) -> bool:
        """Whether the app acknowledged in time."""
        return not self.reason


class Outlet(Protocol):
    """A way to the app."""

    async def ready(self) -> None:
        """Return as soon as something can be sent."""

    async def send(self, envelope: Envelope) -> Receipt:
        """Send once and wait for the acknowledgement, no longer than Slack would."""

    async def close(self) -> None:
        """Let go of connections."""

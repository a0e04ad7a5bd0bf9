"""The contract of everything that writes to the outside: an ad account, a mailing tool, a site."""

from enum import StrEnum
from typing import Protocol

from storage.records.executions import FieldState, Receipt
from storage.records.plans import Change, Resource, Value
from storage.records.record import Record


class Reversibility(StrEnum):
    FULL = "full"
    PARTLY = "partly"
    NONE = "none"


class Capability(Record):
    """What a channel can do with one field."""

    field: str
    reversible: Reversibility
    max_per_hour: int | None
    resets_learning: bool
    irreversible_note: str
    """What taking the change back does not bring back, for people: "money already spent"."""


class ChannelError(Exception):
    """Base of all that a channel call can fail with; `message` is for people."""


class VersionConflict(ChannelError):
    """Raised when the resource has moved on since the version the caller expected; a person must look."""

    def __init__(self, resource: Resource, expected: str, found: FieldState) -> None:
        super().__init__(
            f"{resource.key} changed since it was read: expected version {expected}, found {found.version}"
        )
        self.resource = resource
        self.expected = expected
        self.found = found


class ChangeRefused(ChannelError):
    """Raised when the channel will never accept the change as it is; the plan must change."""


class ChannelUnavailable(ChannelError):
    """Raised on 5xx, rate limits and refused connections: surely not applied, retry later."""

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class OutcomeUnknown(ChannelError):
    """Raised on a time-out: the change may or may not be applied; ask `find` before anything else."""


class Channel(Protocol):
    """Write access to one channel; every call is one network operation and may raise ChannelError."""

    name: str
    simulated: bool

    def capabilities(self) -> tuple[Capability, ...]: ...

    async def read(self, resource: Resource, field: str) -> FieldState:
        """The field as the channel holds it now; raises ChangeRefused for an unknown resource or field."""

    async def preview(self, change: Change) -> tuple[FieldState, Value]:
        """The state now and the value that `apply` would leave, without writing; raises as `apply` would."""

    async def apply(self, change: Change, *, key: str, expected_version: str) -> Receipt:
        """Write the change once: a repeated key returns the first receipt and writes nothing.

        Raises VersionConflict, ChangeRefused, ChannelUnavailable (not applied) or OutcomeUnknown.
        """

    async def find(self, key: str) -> Receipt | None:
        """The receipt of an applied change, or None if the channel never applied that key."""

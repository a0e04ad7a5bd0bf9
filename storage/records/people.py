"""Who acts: people with roles, and the one name the machine signs with."""

from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import field_validator

from storage.records.record import Record


class Role(StrEnum):
    """What a person may do, weakest first; admin configures and does not thereby approve."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    CMO = "cmo"
    ADMIN = "admin"


class Person(Record):
    """A person known to the product; `id` is ours and stable, `slack_id` may be absent (command line only)."""

    id: str
    name: str
    roles: frozenset[Role]
    slack_id: str | None = None
    zone: str = "Europe/London"
    active: bool = True

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        ZoneInfo(zone)
        return zone

    def has(self, *roles: Role) -> bool:
        """Whether the person is active and holds at least one of the roles."""
        return self.active and not self.roles.isdisjoint(roles)

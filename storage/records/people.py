"""Who acts: people with roles, and the one name the machine signs with."""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from storage.records.record import Record, UtcDatetime, ZoneName


class Role(StrEnum):
    """What a person may do, weakest first; admin configures and does not thereby approve.

    Brand, finance and legal approve what a policy asks of them by name.
    """

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    BRAND = "brand"
    FINANCE = "finance"
    LEGAL = "legal"
    CMO = "cmo"
    ADMIN = "admin"


class Person(Record):
    """A person known to the product; `id` is ours and stable, `slack_id` may be absent (command line only)."""

    id: str
    name: str
    roles: frozenset[Role]
    slack_id: str | None = None
    zone: ZoneName = "Europe/London"
    active: bool = True
    owns: frozenset[str] = frozenset()
    """Names of the agents this person answers for; they cannot approve what these propose."""

    duties: frozenset[str] = frozenset()
    """Roles that artefacts name as their owner, in small letters: "data engineer", "sales"."""

    def on_clock(self, at: datetime) -> str:
        """The moment as their own clock and calendar show it: "03 Jun 10:30 BST"."""
        return f"{at.astimezone(ZoneInfo(self.zone)):%d %b %H:%M %Z}"

    def has(self, *roles: Role) -> bool:
        """Whether the person is active and holds at least one of the roles."""
        return self.active and not self.roles.isdisjoint(roles)


class Account(Record):
    """What Slack last said of a user; whoever left, is a guest, a bot or of another workspace never counts."""

    slack_id: str
    team_id: str
    deleted: bool = False
    guest: bool = False
    bot: bool = False
    foreign: bool = False
    """Of another workspace, in a shared channel."""
    seen_at: UtcDatetime

    @property
    def counts(self) -> bool:
        return not (self.deleted or self.guest or self.bot or self.foreign)


class Delegation(Record):
    """One person's approvals in another's hands from a moment to a moment, as during a holiday."""

    id: str
    from_person: str
    to_person: str
    starts_at: UtcDatetime
    ends_at: UtcDatetime
    made_by: str
    made_at: UtcDatetime
    ended_at: UtcDatetime | None = None
    """When it was called off before its end."""

    def holds(self, now: datetime) -> bool:
        """Whether it is in force: from its start, up to but not at its end."""
        return self.ended_at is None and self.starts_at <= now < self.ends_at

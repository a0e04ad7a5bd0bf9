"""Everybody of the matrix test: one person of each role, and those whose account counts for nothing."""

from bot.workspace.server import Workspace
from storage.records.people import Person, Role

KNOWN = ("viewer", "operator", "approver", "brand", "finance", "legal", "cmo", "admin", "delegate")
"""Who may do something at all. The delegate is an operator who stands in for an approver on leave."""
NOBODIES = ("stranger", "removed", "deactivated", "guest", "robot", "partner")
"""Nobody knows the stranger; all others have every right by people.yml, and an account that does not count.

Removed is who was set inactive in people.yml; the partner belongs to another workspace in a shared channel.
"""
UNREACHABLE = ("deactivated", "robot")
"""Nobody reads what these are told."""
EVERYBODY = KNOWN + NOBODIES
RITA, ANTON, CLAUDE = "rita", "anton", "claude"
"""Bystanders: who asks for the plans, who is on leave, and a CMO who breaks the glass."""

_EVERY_RIGHT = frozenset(Role)


def _person(name: str, *roles: Role, active: bool = True) -> Person:
    held = frozenset(roles)
    return Person(id=name, name=name.capitalize(), roles=held, slack_id=slack(name), active=active)


def slack(name: str) -> str:
    """The Slack id of somebody of the matrix."""
    return f"U00{name.upper()}"


STAFF = (
    *(_person(role.value, role) for role in Role),
    _person("delegate", Role.OPERATOR),
    _person("removed", *_EVERY_RIGHT, active=False),
    *(_person(name, *_EVERY_RIGHT) for name in ("deactivated", "guest", "robot", "partner")),
    _person(RITA, Role.OPERATOR),
    _person(ANTON, Role.APPROVER),
    _person(CLAUDE, Role.CMO),
)


def take_places(workspace: Workspace) -> None:
    """Make the accounts what they are: gone, of a guest, of a program, of another workspace."""
    directory = workspace.directory
    directory.deactivate(slack("deactivated"))
    directory.make_guest(slack("guest"))
    directory.add("bot", "Robot", user=slack("robot"))
    directory.add("stranger", "Partner", user=slack("partner"))

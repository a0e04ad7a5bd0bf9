"""Who belongs to the workspace while it runs: people leave and come back, and guests, bots and strangers turn up.

The app is told as Slack tells it: `user_change` and `team_join`, each with the whole user object.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from bot.workspace.changes import Changes
from bot.workspace.events import Events
from bot.workspace.seeds import Member
from bot.workspace.state import State

Kind = Literal["member", "guest", "bot", "stranger"]
KINDS: tuple[Kind, ...] = ("member", "guest", "bot", "stranger")
OTHER_TEAM = "T00PARTNER"
"""The workspace of those who are only in a shared channel."""
_TITLES: dict[Kind, str] = {
    "member": "Member",
    "guest": "Guest",
    "bot": "Bot",
    "stranger": "Of another workspace",
}


class Directory:
    """Changes who is in the workspace, and tells the app and every open page."""

    def __init__(self, *, state: State, changes: Changes, events: Events, mint: Callable[[], str]) -> None:
        self._state = state
        self._changes = changes
        self._events = events
        self._mint = mint

    def deactivate(self, user: str) -> Member:
        """Take someone's account away, as an admin of the workspace does; KeyError for nobody."""
        return self._change(replace(self._state.people[user], deleted=True))

    def reactivate(self, user: str) -> Member:
        """Give it back; KeyError for nobody."""
        return self._change(replace(self._state.people[user], deleted=False))

    def make_guest(self, user: str, *, guest: bool = True) -> Member:
        """Turn a member into a guest or, with `guest` False, back; KeyError for nobody."""
        return self._change(replace(self._state.people[user], is_restricted=guest, is_ultra_restricted=False))

    def add(self, kind: Kind, name: str, *, user: str = "") -> Member:
        """Somebody new, in every public channel; `user` is their id, else a new one."""
        handle = "".join(char for char in name.casefold() if char.isalnum()) or kind
        person = Member(
            id=user or f"U{self._mint().upper()}",
            name=handle,
            real_name=name,
            title=_TITLES[kind],
            is_bot=kind == "bot",
            is_restricted=kind == "guest",
            team_id=OTHER_TEAM if kind == "stranger" else "",
        )
        self._state.set_person(person)
        self._events.user_changed(person, joined=True)
        self._changes.tell({"type": "people"})
        return person

    def _change(self, person: Member) -> Member:
        self._state.set_person(person)
        self._events.user_changed(person)
        self._changes.tell({"type": "people"})
        return person

"""Modals and Home tabs: a stack of at most three modals a person, hashes against lost updates."""

from collections.abc import Callable
from typing import Any

from bot.workspace.blocks.check import Surface
from bot.workspace.blocks.validate import check_view
from bot.workspace.blocks.walk import with_ids
from bot.workspace.changes import Changes
from bot.workspace.errors import ApiError
from bot.workspace.seeds import Json
from bot.workspace.state import State

STACK_LIMIT = 3


class Views:
    """Every open modal and published Home, and the answers to views.*."""

    def __init__(self, *, state: State, changes: Changes, mint: Callable[[], str], clock: Callable[[], float]) -> None:
        self._state = state
        self._changes = changes
        self._mint = mint
        self._clock = clock
        self._open: dict[str, Json] = {}
        self._stacks: dict[str, list[str]] = {}

    def restore(self, kind: str, key: str, value: Any) -> None:
        """Take back the open modals of an earlier run."""
        if kind == "view":
            self._open[key] = value
        elif kind == "stack":
            self._stacks[key] = list(value)

    def prune(self) -> None:
        """After restoring: leave out modals of which a killed run wrote only half."""
        for user, stack in self._stacks.items():
            self._stacks[user] = [view_id for view_id in stack if view_id in self._open]
        listed = {view_id for stack in self._stacks.values() for view_id in stack}
        self._open = {view_id: view for view_id, view in self._open.items() if view_id in listed}

    def top(self, user: str) -> Json | None:
        """The modal a person looks at."""
        stack = self._stacks.get(user)
        return self._open[stack[-1]] if stack else None

    def stack(self, user: str) -> list[Json]:
        """All of a person's modals, the lowest first."""
        return [self._open[view_id] for view_id in self._stacks.get(user, [])]

    def of_user(self, user: str, view_id: str) -> Json | None:
        """A modal or Home tab by id, when it is this person's."""
        home = self._state.homes.get(user)
        if home is not None and home["id"] == view_id:
            return home
        return self._open.get(view_id) if view_id in self._stacks.get(user, []) else None

    def open(self, user: str, definition: Any) -> Json:
        """Open a modal; what the person had open before is gone."""
        view = self._made(definition, "modal")
        self._refuse_known_external_id(view)
        for old in self._stacks.get(user, []):
            self._forget(old)
        self._set_stack(user, [])
        return self._add(user, view, "view_opened")

    def push(self, user: str, definition: Any) -> Json:
        """Put a modal on top of the one that is open."""
        stack = self._stacks.get(user, [])
        if not stack:
            raise ApiError("not_found")
        if len(stack) >= STACK_LIMIT:
            raise ApiError("push_limit_reached")
        view = self._made(definition, "modal")
        self._refuse_known_external_id(view)
        view.update(previous_view_id=stack[-1], root_view_id=stack[0])
        return self._add(user, view, "view_pushed")

    def update(self, definition: Any, *, view_id: str, external_id: str = "", known_hash: str = "") -> Json:
        """Replace a modal's or a Home tab's content, unless it changed since the caller saw it."""
        owner, old = self._find(view_id, external_id)
        if known_hash and known_hash != old["hash"]:
            raise ApiError("hash_conflict")
        view = self._made(definition, old["type"])
        for key in ("id", "root_view_id", "previous_view_id"):
            view[key] = old[key]
        if old["external_id"] != view["external_id"]:
            self._refuse_known_external_id(view)
        if view["type"] == "home":
            return self._show_home(owner, view)
        self._open[view["id"]] = view
        self._state.journal.put("view", view["id"], view)
        self._changes.tell_user(owner, {"type": "view_updated", "view": view})
        return view

    def publish(self, user: str, definition: Any, *, known_hash: str = "") -> Json:
        """Set a person's Home tab."""
        old = self._state.homes.get(user)
        if known_hash and old is not None and known_hash != old["hash"]:
            raise ApiError("hash_conflict")
        view = self._made(definition, "home")
        if old is not None:
            view.update(id=old["id"], root_view_id=old["id"])
        return self._show_home(user, view)

    def close_top(self, user: str) -> Json | None:
        """Close the modal a person looks at; the one below shows again."""
        stack = self._stacks.get(user, [])
        if not stack:
            return None
        view = self._open[stack[-1]]
        self._set_stack(user, stack[:-1])
        self._forget(view["id"])
        self._changes.tell_user(user, {"type": "view_closed", "view_id": view["id"]})
        return view

    def close_all(self, user: str) -> list[Json]:
        """Close all of a person's modals, the top one first."""
        closed = []
        while (view := self.close_top(user)) is not None:
            closed.append(view)
        return closed

    def _show_home(self, user: str, view: Json) -> Json:
        self._state.set_home(user, view)
        self._changes.tell_user(user, {"type": "home", "view": view})
        return view

    def _add(self, user: str, view: Json, change: str) -> Json:
        self._open[view["id"]] = view
        self._state.journal.put("view", view["id"], view)
        self._set_stack(user, [*self._stacks.get(user, []), view["id"]])
        self._changes.tell_user(user, {"type": change, "view": view})
        return view

    def _forget(self, view_id: str) -> None:
        self._open.pop(view_id, None)
        self._state.journal.put("view", view_id, None)

    def _set_stack(self, user: str, stack: list[str]) -> None:
        self._stacks[user] = stack
        self._state.journal.put("stack", user, stack or None)

    def _find(self, view_id: str, external_id: str) -> tuple[str, Json]:
        for user, home in self._state.homes.items():
            if home["id"] == view_id or (external_id and home["external_id"] == external_id):
                return user, home
        for user, stack in self._stacks.items():
            for name in stack:
                if name == view_id or (external_id and self._open[name]["external_id"] == external_id):
                    return user, self._open[name]
        raise ApiError("not_found")

    def _refuse_known_external_id(self, view: Json) -> None:
        name = view["external_id"]
        if name and any(other["external_id"] == name for other in self._open.values()):
            raise ApiError("duplicate_external_id")

    def _made(self, definition: Any, surface: Surface) -> Json:
        check_view(definition, wanted=surface, files=self._state.file_names)
        team, name = self._state.team, f"V{self._mint().upper()}"
        view: Json = {
            "id": name,
            "team_id": team.id,
            "type": surface,
            "blocks": with_ids(definition["blocks"], self._mint),
            "private_metadata": definition.get("private_metadata") or "",
            "callback_id": definition.get("callback_id") or "",
            "external_id": definition.get("external_id") or "",
            "state": {"values": {}},
            "hash": f"{int(self._clock())}.{self._mint()}",
            "root_view_id": name,
            "previous_view_id": None,
            "app_id": team.app_id,
            "app_installed_team_id": team.id,
            "bot_id": team.bot_id,
        }
        for key in ("title", "submit", "close"):
            view[key] = definition.get(key)
        for key in ("clear_on_close", "notify_on_close"):
            view[key] = bool(definition.get(key))
        return view

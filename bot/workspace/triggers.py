"""Trigger ids: the short-lived, single-use permission to open a modal for the person who just acted."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from bot.workspace.errors import ApiError

KEPT = 5_000


@dataclass
class Trigger:
    """Who acted, when (epoch seconds) and, in a modal, in which view."""

    user: str
    made_at: float
    view_id: str | None = None
    used: bool = False


class Triggers:
    """Hands out trigger ids and exchanges each at most once, within its life in seconds."""

    def __init__(self, clock: Callable[[], float], mint: Callable[[], str], seconds: float) -> None:
        self._clock = clock
        self._mint = mint
        self._seconds = seconds
        self._made: OrderedDict[str, Trigger] = OrderedDict()

    def make(self, user: str, *, view_id: str | None = None) -> str:
        """A new trigger id for someone who acted just now."""
        moment = self._clock()
        name = f"{int(moment * 1000)}.{len(self._made)}.{self._mint()}"
        self._made[name] = Trigger(user=user, made_at=moment, view_id=view_id)
        while len(self._made) > KEPT:
            self._made.popitem(last=False)
        return name

    def exchange(self, trigger_id: str) -> Trigger:
        """The trigger behind an id, used up by this call.

        Raises ApiError with Slack's `invalid_trigger_id`, `exchanged_trigger_id` or `expired_trigger_id`.
        """
        trigger = self._made.get(trigger_id)
        if trigger is None:
            raise ApiError("invalid_trigger_id")
        if trigger.used:
            raise ApiError("exchanged_trigger_id")
        if self._clock() - trigger.made_at > self._seconds:
            raise ApiError("expired_trigger_id")
        trigger.used = True
        return trigger

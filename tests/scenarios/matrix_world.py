"""One team of the matrix: the payload as Slack would send it, and what it did."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from bot.slack.buttons import PlanRef
from bot.workspace import payloads
from bot.workspace.inputs import values_of
from tests.fakes.member import Json, _state, words
from tests.scenarios.matrix_people import ANTON, EVERYBODY, STAFF, slack, take_places
from tests.scenarios.matrix_standing import PATIENCE_S, Standing
from tests.scenarios.matrix_state import State, changed
from tests.scenarios.team import CHANNEL, SLACK_TEAM, START, at_work

BROKEN = "Something broke"
_HANDLED_BY = "run_ack_function_asynchronously"
"""The name of Bolt's task that runs a listener."""


@dataclass(frozen=True)
class Came:
    """What came of one payload: the difference it made, and what the person was told."""

    effect: frozenset[str]
    told: str = ""
    """Everything new that this person alone can read, and the dialog before them if it changed."""
    form: str = ""
    """The form that opened, by callback id; empty where the dialog has nothing to submit."""
    faults: tuple[str, ...] = ()
    """What must never be: listeners that broke, words to somebody else."""


@dataclass
class World(Standing):
    """A team and what was put before it, with everything that can be sent to it."""

    seen: State = field(default_factory=dict)
    _stamps: "count[int]" = field(default_factory=lambda: count(1_900_000_000))

    # Payloads, as Slack would send them.

    def click(self, name: str, action_id: str, value: str, *, chosen: bool = False, **changes: Any) -> Json:
        """A click of somebody's on a message in the channel; `chosen` for a menu."""
        action = {"type": "overflow", "selected_option": {"value": value}} if chosen else {"type": "button"}
        if not chosen:
            action["value"] = value
        body = payloads.message_action(
            SLACK_TEAM,
            self._seed(name),
            channel={"id": CHANNEL, "name": "marketing"},
            message={"ts": "1774861200.000100", "text": "a card"},
            action={**action, "action_id": action_id, "block_id": "b", "action_ts": self._stamp()},
            values={},
            trigger_id=self.team.workspace.make_trigger(slack(name)),
            response_url=self._answer_url(name),
            ephemeral=False,
        )
        return body | changes

    def home_click(self, name: str, action_id: str, value: str, *, ticked: tuple[PlanRef, ...] = ()) -> Json:
        """A click of somebody's on their App Home, with these plans ticked."""
        boxes = {
            f"pick.{one.plan_id}": {"home.pick": {"selected_options": [{"value": one.encode()}]}} for one in ticked
        }
        return payloads.view_action(
            SLACK_TEAM,
            self._seed(name),
            view={"id": "V0HOME", "type": "home", "callback_id": "home", "state": {"values": boxes}},
            action={
                "type": "button",
                "value": value,
                "action_id": action_id,
                "block_id": "b",
                "action_ts": self._stamp(),
            },
            trigger_id=self.team.workspace.make_trigger(slack(name)),
        )

    def command(self, name: str, command: str, text: str = "") -> Json:
        return payloads.command(
            SLACK_TEAM,
            self._seed(name),
            name=command,
            text=text,
            channel={"id": CHANNEL, "name": "marketing"},
            trigger_id=self.team.workspace.make_trigger(slack(name)),
            response_url=self._answer_url(name),
        )

    async def submission(self, name: str, view: Json, /, **entered: Any) -> Json:
        """Somebody submits a form that is open before them, however they came by it."""
        opened = await self.team.desk.client.views_open(
            trigger_id=self.team.workspace.make_trigger(slack(name)), view=view
        )
        values = values_of(view["blocks"], _state(view["blocks"], entered), slack(name))
        return payloads.view_submission(
            SLACK_TEAM,
            self._seed(name),
            view={**opened["view"], "state": {"values": values}},
            trigger_id=self.team.workspace.make_trigger(slack(name)),
        )

    def _seed(self, name: str) -> Any:
        return self.team.workspace._core.state.people[slack(name)]

    def _stamp(self) -> str:
        return f"{next(self._stamps)}.000100"

    def _answer_url(self, name: str) -> str:
        core = self.team.workspace._core
        return core.base_url + core.response_urls.make(slack(name), core.state.channels[CHANNEL])

    # What comes of them.

    def ready(self) -> None:
        """Look at how all is before a payload is delivered."""
        self.seen = self.look()

    async def deliver(
        self,
        name: str,
        payload: Json,
        *,
        wanted: frozenset[str] = frozenset(),
        acked: bool = True,
        leave_open: bool = False,
    ) -> Came:
        """Deliver it, wait until its listener is through and what is wanted has happened, and say what came of it.

        The person closes their dialogs after it, unless told.
        """
        before, dialog = self._private(name), self.team.workspace.view_of(slack(name))
        others = self._told_others(name)
        with capture_logs() as logs:
            answer = await self._sent(payload, acked=acked)
            await self._until_handled()
            await self.until(lambda: wanted <= self._effect(name), patient=False)
        effect, self.seen = self._effect(name), self.look()
        told = self._private(name)
        new, form = ["\n".join(words(told[place])) for place in told if place not in before], ""
        now = self.team.workspace.view_of(slack(name))
        if now is not None and now != dialog:
            new.append("\n".join(words(now)))
            form = str(now["callback_id"]) if now.get("submit") else ""
        if errors := (answer or {}).get("errors"):
            new.append("\n".join(map(str, errors.values())))
        if view := (answer or {}).get("view"):
            new.append("\n".join(words(view)))
        faults = [one["event"] for one in logs if one["event"] == "listener.failed"]
        faults += ["somebody else was told"] if self._told_others(name) != others else []
        if not leave_open:
            self.team.workspace._core.views.close_all(slack(name))
        return Came(effect, "\n".join(new), form, tuple(faults))

    def _effect(self, name: str) -> frozenset[str]:
        return changed(self.seen, self.look(), name)

    async def _sent(self, payload: Json, *, acked: bool) -> Json | None:
        if acked:
            return (await self.team.workspace.deliver_raw(payload)).response
        try:  # nobody listens, so nobody acknowledges it
            async with asyncio.timeout(0.1):
                await self.team.workspace.deliver_raw(payload)
        except TimeoutError:
            pass
        return None

    async def _until_handled(self) -> None:
        running = [one for one in asyncio.all_tasks() if _HANDLED_BY in getattr(one.get_coro(), "__qualname__", "")]
        if running:
            await asyncio.wait(running, timeout=PATIENCE_S)

    def _private(self, name: str) -> Json:
        """The messages that only this person can read, by place: whispers in the channel, and direct ones."""
        held = self.team.workspace._core.state.ephemerals
        told = {
            f"{where} {one['ts']}": one for (where, user), own in held.items() if user == slack(name) for one in own
        }
        with suppress(KeyError):  # programs have no direct messages
            told |= {
                f"direct {one['ts']}": one for one in self.team.workspace.messages(slack(name)) if not _is_nudge(one)
            }
        return told

    def _told_others(self, name: str) -> int:
        held = self.team.workspace._core.state.ephemerals
        return sum(len(one) for (_, user), one in held.items() if user != slack(name))


def _is_nudge(message: Json) -> bool:
    """Whether a plan or a case asks somebody there, which is no answer to what they did."""
    return any(str(block.get("block_id", "")).startswith(("ask.", "call.")) for block in message.get("blocks", ()))


@asynccontextmanager
async def a_world(home: Path, **changes: Any) -> AsyncIterator[World]:
    """Everybody at work in a home made before, looked up once, the delegate standing in for Anton; see `at_work`."""
    async with at_work(home, more_people=STAFF, **changes) as team:
        world = World(team)
        take_places(team.workspace)
        world.stir()
        for name in EVERYBODY:
            await team.desk.accounts.person(slack(name))
        await world.delegation(ANTON, "delegate")
        assert team.wall() == START
        try:
            yield world
        finally:
            world.close()

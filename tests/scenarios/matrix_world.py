"""One team of the matrix: what stands before a payload arrives, the payload as Slack would send it, and what it did."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from agents.lifecycle.decide import Accepted, Declined, Seen
from bot.slack.buttons import FreezeRef, GlassRef, PlanRef
from bot.workspace import payloads
from bot.workspace.inputs import values_of
from storage.records.people import Person
from storage.records.plans import Plan, PlanState, PlanStatus
from storage.records.stops import FreezeScope
from tests.builders import a_finding
from tests.fakes.member import Json, _state, words
from tests.scenarios.matrix_people import ANTON, CLAUDE, EVERYBODY, RITA, STAFF, slack, take_places
from tests.scenarios.matrix_state import State, changed, look
from tests.scenarios.team import CHANNEL, SLACK_TEAM, START, Team, at_work

PATIENCE_S = 20.0
"""How long an effect may take on a busy machine; only a failure waits so long."""
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
class World:
    """A team and what was put before it."""

    team: Team
    seen: State = field(default_factory=dict)
    _stamps: "count[int]" = field(default_factory=lambda: count(1_900_000_000))
    _names: "count[int]" = field(default_factory=lambda: count(1))
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)

    # What stands before a payload arrives.

    async def person(self, name: str) -> Person:
        async with self.team.office.ledger.read() as tx:
            found = await tx.people.get(name)
        assert found is not None, name
        return found

    async def asked(self, campaign: str = "em-102") -> Plan:
        """A fresh plan of Rita's that moves a campaign by a pound, and waits for an approver, as nothing else does."""
        for state in (PlanState.WAITING, PlanState.HELD, PlanState.APPROVED):
            for status in await self._in(state):
                if campaign in {one.resource.id for one in status.plan.changes}:
                    await self.says("reject", status.plan, CLAUDE)
        budgets = {one.id: one.daily_budget for one in await self.team.office.readers.campaigns()}
        amount = budgets[campaign].amount
        status = await self.team.office.proposer.request(
            {campaign: amount + (1 if int(amount) % 2 == 0 else -1)}, await self.person(RITA)
        )
        assert isinstance(status, PlanStatus), status
        assert status.state is PlanState.WAITING, status
        return status.plan

    async def waiting(self) -> Plan:
        """A plan that waits as it was asked for."""
        for status in await self._in(PlanState.WAITING):
            if status.plan.requested_by == RITA and status.plan.restores is None and status.plan.revision == 1:
                async with self.team.office.ledger.read() as tx:
                    touched = await tx.approvals.decisions(status.plan.id, 1) or await tx.nudges.of(status.plan.id, 1)
                if not touched:
                    return status.plan
        return await self.asked()

    async def done(self) -> Plan:
        """A plan of Rita's that was carried out and not taken back."""
        for status in await self._in(PlanState.DONE):
            async with self.team.office.ledger.read() as tx:
                taken = await tx.plans.rolled_back_by([status.plan.id])
            if status.plan.restores is None and not taken:
                return status.plan
        plan = await self.asked("em-103")
        await self.says("approve", plan, ANTON)
        await self.until(lambda: look(self.team.home)[f"plan {plan.id}"] == "done")
        return plan

    async def stopped(self, *approved_by: str) -> Plan:
        """A plan that these people approved and that a freeze of everything keeps from being carried out."""
        await self.frozen()
        plan = await self.asked("so-3001")
        for name in approved_by:
            await self.says("approve", plan, name)
        return plan

    async def frozen(self) -> str:
        """The id of a freeze of everything."""
        for one in await self.team.office.freezer.in_force():
            return one.id
        made = await self.team.office.freezer.freeze(
            FreezeScope.ALL, "", await self.person(CLAUDE), reason="because", via="test"
        )
        assert not isinstance(made, Declined), made.words
        return made.freezes[0].id

    async def thawed(self) -> None:
        """Nothing frozen, and nothing left that a thaw would have carried out."""
        for status in await self._in(PlanState.APPROVED):
            await self.says("reject", status.plan, CLAUDE)
        if await self.team.office.freezer.in_force():
            await self.team.office.freezer.thaw(None, await self.person(CLAUDE), via="test")

    async def glass(self) -> str:
        """The id of glass that Claude broke and nobody has reviewed."""
        for one in await self.team.office.emergency.open():
            return one.id
        made = await self.team.office.emergency.break_glass(await self.person(CLAUDE), reason="because", via="test")
        assert not isinstance(made, Declined), made.words
        return made.glass.id

    async def delegation(self, giver: str, taker: str) -> str:
        """The id of a delegation between these two, in force or to come."""
        for one in await self.team.office.delegator.list():
            if (one.from_person, one.to_person) == (giver, taker):
                return one.id
        now, by = self.team.wall(), await self.person(giver)
        first = now + timedelta(days=30 if giver != ANTON else 0)
        made = await self.team.office.delegator.delegate(
            giver, taker, first, first + timedelta(days=20), by=by, via="test"
        )
        assert not isinstance(made, Declined), made.words
        return made.delegation.id

    async def alert(self) -> str:
        async with self.team.office.ledger.write() as tx:
            opened = await tx.alerts.open(a_finding(key=f"drift/{next(self._names)}"), now=self.team.wall())
        return opened.id

    async def says(self, word: str, plan: Plan, name: str) -> None:
        """Have somebody approve or reject, not over Slack."""
        seen, decider = Seen(plan_id=plan.id, revision=plan.revision, digest=plan.digest), self.team.office.decider
        if word == "approve":
            said = await decider.approve(seen, await self.person(name), via="test")
        else:
            said = await decider.reject(seen, await self.person(name), reason="because", via="test")
        assert isinstance(said, Accepted), said.words

    async def refused_by_claude(self, plan_id: str) -> None:
        """A plan is out of the way."""
        status = await self.team.status(plan_id)
        if status.state is PlanState.WAITING:
            await self.says("reject", status.plan, CLAUDE)

    async def reference(self, plan: Plan) -> PlanRef:
        """What a button of the plan's card carries now."""
        from bot.slack.cards.plan_card import reference

        dossier = await self.team.office.router.dossier(plan.id)
        return reference(plan, dossier.verdict)

    async def _in(self, state: PlanState) -> list[PlanStatus]:
        async with self.team.office.ledger.read() as tx:
            return list(await tx.plans.in_states(state))

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
        boxes = {f"pick.{one.plan_id}": {"home.pick": {"selected_options": [{"value": one.encode()}]}} for one in ticked}
        return payloads.view_action(
            SLACK_TEAM,
            self._seed(name),
            view={"id": "V0HOME", "type": "home", "callback_id": "home", "state": {"values": boxes}},
            action={"type": "button", "value": value, "action_id": action_id, "block_id": "b", "action_ts": self._stamp()},
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

    def stir(self) -> None:
        """Listen to the commits of this office, which is another one after every start."""
        self.team.office.ledger.on_commit(self._stirred.set)

    def ready(self) -> None:
        """Look at how all is before a payload is delivered."""
        self.seen = look(self.team.home)

    async def deliver(self, name: str, payload: Json, *, wanted: frozenset[str] = frozenset(), acked: bool = True) -> Came:
        """Deliver it, wait until its listener is through and what is wanted has happened, and say what came of it."""
        before, dialog = self._private(name), self.team.workspace.view_of(slack(name))
        others = self._told_others(name)
        with capture_logs() as logs:
            answer = await self._sent(payload, acked=acked)
            await self._until_handled()
            await self.until(lambda: wanted <= self._effect(name), patient=False)
        effect, self.seen = self._effect(name), look(self.team.home)
        new, form = [text for ts, text in self._private(name).items() if ts not in before], ""
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
        self.team.workspace._core.views.close_all(slack(name))
        return Came(effect, "\n".join(new), form, tuple(faults))

    async def until(self, happened: Callable[[], bool], *, patient: bool = True) -> None:
        """Wait for something in the home's files, looking again after every commit."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not happened():
                    self._stirred.clear()
                    await asyncio.wait_for(self._stirred.wait(), None)
        except TimeoutError:
            if patient:
                raise

    def _effect(self, name: str) -> frozenset[str]:
        return changed(self.seen, look(self.team.home), name)

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
        """What only this person can read, by its place: whispers in the channel, and direct messages."""
        told = {f"{CHANNEL} {one['ts']}": one for one in self.team.workspace.ephemerals(slack(name), CHANNEL)}
        with suppress(KeyError):  # programs have no direct messages
            told |= {f"direct {one['ts']}": one for one in self.team.workspace.messages(slack(name)) if not _is_nudge(one)}
        return {place: "\n".join(words(one)) for place, one in told.items()}

    def _told_others(self, name: str) -> int:
        held = self.team.workspace._core.state.ephemerals
        return sum(len(one) for (_, user), one in held.items() if user != slack(name))


def _is_nudge(message: Json) -> bool:
    """Whether a plan asks somebody there, which is no answer to what they did."""
    return any(str(block.get("block_id", "")).startswith("ask.") for block in message.get("blocks", ()))


@asynccontextmanager
async def a_world(home: Path) -> AsyncIterator[World]:
    """Everybody at work in a home that was made before, looked up once, the delegate standing in for Anton."""
    async with at_work(home, more_people=STAFF) as team:
        world = World(team)
        take_places(team.workspace)
        world.stir()
        for name in EVERYBODY:
            await team.desk.accounts.person(slack(name))
        await world.delegation(ANTON, "delegate")
        assert team.wall() == START
        yield world

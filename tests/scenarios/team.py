"""A team at work: one home with its worker, its bot in a local workspace, and people with browsers.

Every part is the product's own; only the clocks are given. The bot and the whole office can be stopped and started
again while the workspace goes on, as Slack would.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, Self

import yaml

from agents.market.requests import LoggedChange
from bot.commands.up import AUDIT_CHANNEL, MANIFEST, connected
from bot.jobs import JOBS
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from bot.slack.desk import Desk
from bot.staff import DEMO, dump_people
from bot.tracing import Tracing
from bot.worker import working
from bot.workspace import payloads
from bot.workspace.blocks.walk import each_block, elements_of
from bot.workspace.seeds import ChannelSeed
from bot.workspace.seeds import Member as Seed
from bot.workspace.seeds import Team as SlackTeam
from bot.workspace.server import Workspace
from storage.records.executions import Execution
from storage.records.money import Money
from storage.records.people import Person
from storage.records.plans import Plan, PlanState, PlanStatus, Value
from tests.fakes.clock import HandClock
from tests.fakes.market_home import opened_market
from tests.fakes.member import Json, Member, words

START = datetime(2026, 3, 30, 9, 0, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
CHANNEL = "C00MARKETING"
SLACK_TEAM = SlackTeam()
BOT_TOKEN, APP_TOKEN = "xoxb-of-the-scenarios", "xapp-of-the-scenarios"
DECIDING = {"plan.approve", "plan.edit", "plan.reject"}
"""The buttons that must be gone once a plan is decided."""
PATIENCE_S = 30.0
"""How long a scenario waits for what must come: only a failure ever waits so long."""


class PatientMember(Member):
    """Looks as long as a slow machine may need."""

    async def _wait(self, look: Callable[[], Json | None], wanted: object, within: float) -> Json:
        return await super()._wait(look, wanted, max(within, PATIENCE_S))


class SlowPlatforms:
    """Platforms that take a write and let us wait for the answer."""

    def __init__(self, after: int) -> None:
        self._after = after
        self._writes = 0
        self._answered = threading.Event()  # the work is done by another thread's loop

    def answer(self) -> None:
        self._answered.set()

    def kept(self, real: Any) -> Any:
        async def apply(*args: Any, **kwargs: Any) -> Any:
            receipt = await real(*args, **kwargs)
            self._writes += 1
            if self._writes == self._after:
                await asyncio.to_thread(self._answered.wait, PATIENCE_S)
            return receipt

        return apply


class Team:
    """One home and its workspace; `olivia`, `aaron`, `carla`, `victor` and `ada` act, `people` are all by Slack id."""

    def __init__(self, home: Path, wall: HandClock, workspace: Workspace, *, tracing: Tracing | None = None) -> None:
        self.home = home
        self.wall = wall
        self.workspace = workspace
        self.tracing = tracing
        self.people: dict[str, Member] = {}
        self._office: Office | None = None
        self._desk: Desk | None = None
        self._stamps = count(1_800_000_000)
        self._office_open = AsyncExitStack()
        self._bot_open = AsyncExitStack()

    @property
    def office(self) -> Office:
        assert self._office is not None, "the office is closed"
        return self._office

    @property
    def desk(self) -> Desk:
        assert self._desk is not None, "the bot is not connected"
        return self._desk

    def __getattr__(self, name: str) -> Member:
        try:
            return self.people[f"U00{name.upper()}"]
        except KeyError:
            raise AttributeError(name) from None

    async def start(self) -> Self:
        """Open the office, do its work, connect the bot."""
        settings = Settings(home=self.home)
        self._office = await self._office_open.enter_async_context(
            open_office(settings, clock=self.wall, tracing=self.tracing)
        )
        await self._office_open.enter_async_context(working(self._office, settings.worker_lock))
        await self.start_bot()
        return self

    async def start_bot(self) -> None:
        self._desk = await self._bot_open.enter_async_context(
            connected(
                self.office,
                bot_token=BOT_TOKEN,
                app_token=APP_TOKEN,
                api_url=self.workspace.api_url,
                channel=CHANNEL,
                audit_channel=AUDIT_CHANNEL,
            )
        )
        await self.workspace.wait_for(lambda: self.workspace.connections > 0, PATIENCE_S)

    async def stop_bot(self) -> None:
        await self._bot_open.aclose()
        self._desk = None

    async def stop(self) -> None:
        await self.stop_bot()
        await self._office_open.aclose()
        self._office = None
        # The work queue's library leaves its own, now closed, pool of threads behind as the loop's.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())

    async def restart(self) -> None:
        """Stop the bot and its office and start them again; the workspace goes on."""
        await self.stop()
        await self.start()

    async def tick(self, *jobs: str) -> None:
        """Run jobs of the timetable as their fires would; alone, the one of every minute."""
        for name in jobs or ("tend",):
            await JOBS[name].run(self.office)

    async def pass_time(self, **by: float) -> None:
        """Let time go by on the wall and the timetable notice it: `pass_time(hours=4)`."""
        self.wall.pass_(**by)
        await self.tick()

    async def asked_for(self, by: str = "olivia", **more_a_day: int) -> PlanStatus:
        """A plan that a person asks for on the command line: campaign → so many pounds more a day."""
        async with self.office.ledger.read() as tx:
            asker = await tx.people.get(by)
        assert asker is not None
        wanted = {name.replace("_", "-"): pounds for name, pounds in more_a_day.items()}
        budgets = {
            one.id: one.daily_budget.amount + Decimal(wanted[one.id])
            for one in await self.office.readers.campaigns()
            if one.id in wanted
        }
        made = await self.office.proposer.request(budgets, asker)
        assert isinstance(made, PlanStatus), made
        return made

    async def employ(self, *newcomers: Person) -> None:
        """List more people, as a start with an edited people.yml does."""
        staff = (*DEMO, *newcomers)
        (self.home / "people.yml").write_text(dump_people(staff), encoding="utf-8")
        async with self.office.ledger.write() as tx:
            await tx.people.replace(staff)

    async def status(self, plan_id: str = "PLAN-1") -> PlanStatus:
        async with self.office.ledger.read() as tx:
            found = await tx.plans.get(plan_id)
        assert found is not None, f"there is no {plan_id}"
        return found

    async def state(self, plan_id: str = "PLAN-1") -> PlanState:
        return (await self.status(plan_id)).state

    async def executions(self, plan: Plan) -> tuple[Execution, ...]:
        async with self.office.ledger.read() as tx:
            return await tx.executions.of(plan.id, plan.revision)

    async def actions_on(self, subject: str) -> list[str]:
        """What the audit trail says was done about a plan or alert, oldest first."""
        async with self.office.ledger.read() as tx:
            return [entry.action for entry in await tx.audit.of(subject)]

    async def trail_is_whole(self) -> bool:
        async with self.office.ledger.read() as tx:
            return (await tx.audit.verify()).ok

    async def edits(self) -> list[LoggedChange]:
        """What the bot changed at the platforms, by the platforms' own logs."""
        async with opened_market(self.home) as market:
            return [one for one in await market.platform.changes_since(LONG_AGO) if one.actor == "countersign"]

    async def budgets(self) -> dict[str, Value]:
        """Campaign id → daily budget as the platforms hold it."""
        async with opened_market(self.home) as market:
            return {one.id: one.daily_budget for one in await market.platform.campaigns()}

    async def edit_by_hand(self, campaign_id: str, value: Value) -> None:
        async with opened_market(self.home) as market:
            await market.platform.edit_by_hand(campaign_id, value, actor="Sam at the agency")

    async def make_stale(self) -> None:
        """Edit by hand what PLAN-1 would change, so that the planner's next plan is another one."""
        change = (await self.status()).plan.changes[0]
        assert isinstance(change.before, Money)
        await self.edit_by_hand(change.resource.id, change.before + Money(minor=100, currency=change.before.currency))

    async def supersede(self) -> None:
        """Have the planner make PLAN-2, which takes the place of PLAN-1."""
        await self.make_stale()
        await self.office.proposer.propose()

    def cards(self, subject: str) -> list[Json]:
        """Every message of the channel that is a card of a plan or alert."""
        kind = "alert" if subject.startswith("ALERT-") else "plan"
        prefix = f"{kind}.{subject}."
        return [
            message
            for message in self.workspace.messages(CHANNEL)
            # Once an alert is over its card has no buttons, and its head alone names it.
            if any(f"{block.get('block_id', '')}.".startswith(prefix) for block in message.get("blocks", ()))
        ]

    async def card(self, *texts: str, subject: str = "PLAN-1") -> Json:
        """Wait until the one card of a plan or alert shows these texts."""

        def shown() -> Json | None:
            found = [one for one in self.cards(subject) if all(text in all_words(one) for text in texts)]
            return found[-1] if found else None

        found = await self.workspace.wait_for(shown, PATIENCE_S)
        assert found is not None
        assert len(self.cards(subject)) == 1, f"more than one card of {subject}"
        return {**found, "channel": CHANNEL}

    async def in_thread(self, wanted: str, subject: str = "PLAN-1") -> str:
        """Wait until the thread under a card says this; returns all its lines, oldest first."""
        card = await self.card(subject=subject)

        def told() -> str | None:
            lines = "\n".join(all_words(one) for one in self.workspace.messages(CHANNEL, thread_ts=card["ts"])[1:])
            return lines if wanted in lines else None

        found = await self.workspace.wait_for(told, PATIENCE_S)
        assert found is not None
        return found

    def asks(self, member: Member, subject: str = "PLAN-1") -> list[Json]:
        """The messages to one person about a plan, oldest first."""
        name = f".{subject}"
        return [
            message
            for message in member.messages("im")
            if any(
                block["block_id"].startswith("ask.") and block["block_id"].endswith(name)
                for block in message["blocks"]
                if block.get("block_id")
            )
        ]

    async def press(self, member: Member, name: str, *texts: str, subject: str = "PLAN-1") -> Json:
        """Use a button of a card once it shows these texts; returns the card as it was then."""
        card = await self.card(*texts, subject=subject)
        answer = await member.click(card, name)
        assert answer["ok"], answer
        return card

    @contextmanager
    def slow_platforms(self, *, after: int) -> Iterator["SlowPlatforms"]:
        """Until the block ends, the platforms keep the answer to so-manieth write back until they are told to."""
        slow = SlowPlatforms(after)
        channels = self.office.executor._channels.values()
        for channel in channels:
            channel.apply = slow.kept(channel.apply)  # type: ignore[method-assign]
        try:
            yield slow
        finally:
            slow.answer()

    async def advance(self, days: int) -> None:
        """Move the market's clock, looking after each day as the schedule would."""
        await self.office.advance(days)

    def late_click(self, card: Json, action_id: str, user: str) -> Json:
        """The click Slack would send for a card as its reader still sees it, whatever has become of it since."""
        block = next(one for one in card["blocks"] if one["type"] == "actions")
        element = next(one for one in block["elements"] if one["action_id"] == action_id)
        used = {key: element[key] for key in ("type", "action_id", "value", "text") if key in element}
        return payloads.message_action(
            SLACK_TEAM,
            Seed(user, user.lower(), user),
            channel={"id": CHANNEL, "name": "marketing"},
            message=card,
            action={**used, "block_id": block["block_id"], "action_ts": f"{next(self._stamps)}.000100"},
            values={},
            trigger_id=self.workspace.make_trigger(user),
            response_url=f"{self.workspace.base_url}/response/unused",
            ephemeral=False,
        )

    def notices(self, user: str, channel: str = CHANNEL) -> list[str]:
        """What only this person was told in a channel, oldest first."""
        return [all_words(message) for message in self.workspace.ephemerals(user, channel)]


@asynccontextmanager
async def at_work(
    home: Path,
    *,
    more_people: tuple[Person, ...] = (),
    now: datetime = START,
    tracing: Tracing | None = None,
    **changes: Any,
) -> AsyncIterator[Team]:
    """A team at work in a home that was made before; `changes` go to the workspace."""
    wall = HandClock(now)
    staff = (*DEMO, *more_people)
    (home / "people.yml").write_text(dump_people(staff), encoding="utf-8")
    members = [Seed(one.slack_id or "", one.id, one.name) for one in staff]
    members.append(Seed("U00STRANGER", "stranger", "Someone Else"))
    workspace = Workspace(
        manifest=yaml.safe_load(MANIFEST.read_text(encoding="utf-8")),
        bot_token=BOT_TOKEN,
        app_token=APP_TOKEN,
        people=tuple(members),
        channels=(
            ChannelSeed(CHANNEL, "marketing"),
            ChannelSeed("C00GENERAL", "general"),
            ChannelSeed("C00LUNCH", "lunch", bot_is_member=False),
            ChannelSeed(AUDIT_CHANNEL, "audit"),
        ),
        **{"clock": lambda: wall().timestamp(), "ack_seconds": PATIENCE_S, **changes},
    )
    await workspace.start()
    team = Team(home, wall, workspace, tracing=tracing)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(workspace.stop)
        stack.push_async_callback(team.stop)
        for one in members:
            team.people[one.id] = await stack.enter_async_context(PatientMember(workspace, one.id))
        yield await team.start()


def controls(shown: Json) -> set[str]:
    """The action ids of everything that can be used in a message or view, by anyone."""
    return {element["action_id"] for block in each_block(shown["blocks"]) for element in elements_of(block)}


def all_words(shown: Json) -> str:
    return "\n".join(words(shown))

"""Lists and help: /plan list, /fleet, and what can be typed where."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.slack.cards.blocks import Message, context, header, section
from bot.slack.cards.markup import count, data, moment, money, spelled, within, words
from bot.slack.cards.plan_card import SIMULATED
from bot.slack.cards.plan_states import MARKS, WORDS
from storage.records.plans import PlanStatus

SHOWN_PLANS = 20
SHOWN_AGENTS = 20
_MOST = 2900


@dataclass(frozen=True)
class FleetLine:
    """One agent of the fleet as /fleet shows it."""

    name: str
    does: str
    version: str
    healthy: bool = True
    last_ran: datetime | None = None
    last_result: str = ""
    waiting: int = 0
    """Plans of it that wait for people."""


def plan_list(plans: Sequence[PlanStatus], *, zone: ZoneInfo) -> Message:
    """Newest first as given; the cards hold the rest."""
    if not plans:
        text = "No plans yet. `/plan` asks the planner for one."
        return Message(text=text, blocks=(section(text),))
    waiting = count(sum(one.state == "waiting" for one in plans), "waits", "wait")
    lines = [plan_line(one, zone) for one in plans[:SHOWN_PLANS]]
    hidden = len(plans) - len(lines)
    text = within(lines, _MOST)
    closing = [context(f"…and {hidden:,} older")] if hidden else []
    simulated = [context(SIMULATED)] if any(one.plan.simulated for one in plans) else []
    blocks = (header(f"Plans: {waiting} for approval"), section(text), *closing, *simulated)
    return Message(text=f"{count(len(plans), 'plan')}, {waiting} for approval.", blocks=blocks)


def plan_line(status: PlanStatus, zone: ZoneInfo) -> str:
    """As in "🟡 PLAN-12 waits for approval · Shift £210/day to paid search · £1,470 at risk"."""
    plan = status.plan
    risk = f" · {money(plan.money_at_risk)} at risk" if status.state == "waiting" else ""
    return (
        f"{MARKS[status.state]} *{data(plan.id, 30)}* {WORDS[status.state]} · {data(spelled(plan.title), 80)}{risk}"
        f" · {moment(status.since, zone)}"
    )


def fleet_list(agents: Sequence[FleetLine], *, zone: ZoneInfo) -> Message:
    """Each agent: what it does, when it last ran and what came of it."""
    if not agents:
        text = "No agents are registered."
        return Message(text=text, blocks=(section(text),))
    ailing = sum(not one.healthy for one in agents)
    ordered = sorted(agents, key=lambda one: one.healthy)
    lines = [_agent_line(one, zone) for one in ordered[:SHOWN_AGENTS]]
    hidden = len(agents) - len(lines)
    health = f"{count(ailing, 'needs', 'need')} attention" if ailing else "all healthy"
    closing = [context(f"…and {hidden:,} more, all of the kinds above")] if hidden else []
    title = f"{count(len(agents), 'agent')}, {health}"
    return Message(text=f"{title}.", blocks=(header(title), section(within(lines, _MOST)), *closing))


def help_card(*, simulated: bool) -> Message:
    """What can be asked and typed; the market's clock only where there is one."""
    ask = (
        "*Ask* (mention me, or write to me directly)\n"
        "• how is ROAS this week?\n• spend by channel last month\n• what is waiting for me?"
    )
    commands = [
        "`/plan`  ask the planner for a plan now",
        "`/plan list`  all plans and where they stand",
        "`/plan PLAN-12`  show one plan",
        "`/kpi roas by channel last week`  one number with its source",
        "`/rollback`  pick a plan to take back; `/rollback PLAN-12` goes straight to its preview",
        "`/data`  the picture of your data; files dropped into the channel are read and join it",
        "`/fleet`  the agents, what they do and how they are",
    ]
    if simulated:
        commands.append("`/market tick 7`  let a week pass in the sandbox market")
    rule = "Agents propose, people countersign. Nothing is changed without an approval that a rule asks for."
    text = "*Type*\n" + "\n".join(f"• {line}" for line in commands)
    closing = [context(SIMULATED)] if simulated else []
    return Message(
        text="What Countersign can do: ask for numbers, decide on plans, roll back.",
        blocks=(header("What I can do"), section(rule), section(ask), section(text), *closing),
    )


def _agent_line(agent: FleetLine, zone: ZoneInfo) -> str:
    ran = f"ran {moment(agent.last_ran, zone)}" if agent.last_ran else "has not run yet"
    result = f": {data(agent.last_result, 100)}" if agent.last_result else ""
    waiting = f" · {count(agent.waiting, 'plan waits', 'plans wait')}" if agent.waiting else ""
    return (
        f"{'🟢' if agent.healthy else '🔴'} *{data(words(agent.name), 40)}* v{data(agent.version, 20)} · "
        f"{data(agent.does, 100)}\n\u2003{ran}{result}{waiting}"
    )

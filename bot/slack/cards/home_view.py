"""App Home: what waits for this person first, then what is wrong, what happened, and how the machine is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.slack.buttons import CallbackId
from bot.slack.cards import plan_parts as parts
from bot.slack.cards.alert_card import alert_line
from bot.slack.cards.blocks import Block, View, actions, context, divider, header, section
from bot.slack.cards.list_cards import plan_line
from bot.slack.cards.markup import count, data, moment, money, within
from bot.slack.cards.plan_card import SIMULATED, decision_buttons, title_of, why_button
from storage.records.alerts import Alert
from storage.records.dossiers import Dossier
from storage.records.people import Person
from storage.records.plans import PlanStatus

SHOWN_WAITING = 10
SHOWN_RECENT = 8
SHOWN_ALERTS = 8
_MOST = 2900
_MOST_CHANGES_TO_DECIDE_HERE = parts.SHOWN_CHANGES


@dataclass(frozen=True)
class HealthLine:
    """One monitor, source or connection, and how it is."""

    name: str
    ok: bool
    text: str
    checked_at: datetime | None = None


def home_view(
    person: Person,
    *,
    zone: ZoneInfo,
    now: datetime,
    waiting: Sequence[Dossier] = (),
    recent: Sequence[PlanStatus] = (),
    alerts: Sequence[Alert] = (),
    health: Sequence[HealthLine] = (),
    simulated: bool = False,
) -> View:
    """The person's page. `waiting`: plans they may approve now, most urgent first; `recent`: decided ones."""
    blocks = [
        header(f"{count(len(waiting), 'plan waits', 'plans wait')} for you" if waiting else "Nothing waits for you"),
        context(f"{data(person.name, 60)} · {_roles(person)} · updated {moment(now, zone)}"),
        *([context(SIMULATED)] if simulated else []),
    ]
    for dossier in waiting[:SHOWN_WAITING]:
        blocks += [divider(), *_to_decide(dossier, zone)]
    if len(waiting) > SHOWN_WAITING:
        blocks.append(context(f"…and {len(waiting) - SHOWN_WAITING:,} more; `/plan list` shows them all."))
    blocks += _list("Open alerts", [alert_line(one) for one in alerts], SHOWN_ALERTS, "All quiet.")
    blocks += _list("Recent plans", [plan_line(one, zone) for one in recent], SHOWN_RECENT, "Nothing yet.")
    blocks += _list("Health", [_health(one, zone) for one in health], 20, "Not checked yet.")
    return {"type": "home", "callback_id": CallbackId.HOME, "blocks": blocks}


def _to_decide(dossier: Dossier, zone: ZoneInfo) -> list[Block]:
    plan = dossier.status.plan
    facts = (
        f"*{data(title_of(plan), 140)}*\n"
        f"*{money(plan.money_at_risk)}* at risk · expires {moment(plan.expires_at, zone)}"
    )
    expected = [f"{name}: {text}".replace("\n", "; ") for name, text in map(parts.expected_of, plan.forecasts[:2])]
    blocks = [section("\n".join([facts, *expected])), parts.changes(plan)]
    # Nobody approves here what is not shown here.
    whole = len(plan.changes) <= _MOST_CHANGES_TO_DECIDE_HERE
    controls = [*(decision_buttons(dossier) if whole else []), why_button(plan)]
    if not whole:
        blocks.append(context("Too large to decide here: please decide on its card in the channel."))
    return [*blocks, actions(f"home.{plan.id}.{plan.revision}", controls)]


def _list(title: str, lines: Sequence[str], most: int, otherwise: str) -> list[Block]:
    hidden = len(lines) - most
    shown = [*lines[:most], *([f"…and {hidden:,} more"] if hidden > 0 else [])]
    return [divider(), section(f"*{title}*\n{within(shown, _MOST) or otherwise}")]


def _health(line: HealthLine, zone: ZoneInfo) -> str:
    at = f" · {moment(line.checked_at, zone)}" if line.checked_at else ""
    return f"{'🟢' if line.ok else '🔴'} *{data(line.name, 60)}* {data(line.text, 160, empty='')}{at}"


def _roles(person: Person) -> str:
    return ", ".join(sorted(person.roles)) or "no role"

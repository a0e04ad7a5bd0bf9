"""App Home, the inbox: what waits for this person first, then what stands still or is wrong, and how it has gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from agents.governance.wording import ROLES
from bot.slack.buttons import ActionId, CallbackId, DelegationRef, PageRef, PlanRef
from bot.slack.cards import plan_parts as parts
from bot.slack.cards.alert_card import alert_line
from bot.slack.cards.approvals_part import escalation, gates, if_nothing, name_of
from bot.slack.cards.blocks import (
    Block,
    View,
    actions,
    button,
    checkboxes,
    context,
    divider,
    header,
    option,
    section,
)
from bot.slack.cards.changes_part import SHOWN_CHANGES, changes
from bot.slack.cards.home_parts import GovernanceLine, HealthLine, due_text, governance_text, health_text
from bot.slack.cards.list_cards import plan_line
from bot.slack.cards.markup import count, data, moment, money, within
from bot.slack.cards.plan_card import SIMULATED, decision_buttons, reference, title_of, why_button
from bot.slack.cards.policy_part import changes_rules, impact_text
from bot.slack.cards.stops_part import freeze_line
from bot.slack.cards.tiles_part import KpiTile, tiles_part
from bot.slack.values import MalformedButton
from storage.records.alerts import Alert
from storage.records.dossiers import Dossier
from storage.records.money import Money
from storage.records.people import Delegation, Person
from storage.records.plans import PlanStatus
from storage.records.reviews import Review
from storage.records.stops import Freeze, Glass

SHOWN_WAITING = 10
"""On one page: a view holds 100 blocks, and all that is decided here is shown here."""
SHOWN_RECENT = 8
SHOWN_ALERTS = 8
_SHOWN_STOPS = 5
_MOST = 2900


@dataclass(frozen=True)
class Standing:
    """What holds beyond single plans: stops, stand-ins, and rules that are written but not in force."""

    freezes: Sequence[Freeze] = ()
    glasses: Sequence[Glass] = ()
    """Open ones: in force, or over and not reviewed yet."""
    delegations: Sequence[Delegation] = ()
    """Of this person, to them or from them, in force or to come."""
    drafts: Sequence[str] = ()
    """Names of files in the home folder that differ from the rules in force."""
    governance: GovernanceLine | None = None
    people: Mapping[str, Person] = field(default_factory=dict)


def home_view(
    person: Person,
    *,
    zone: ZoneInfo,
    now: datetime,
    waiting: Sequence[Dossier] = (),
    recent: Sequence[PlanStatus] = (),
    alerts: Sequence[Alert] = (),
    reviews: Sequence[Review] = (),
    health: Sequence[HealthLine] = (),
    simulated: bool = False,
    standing: Standing | None = None,
    known: str = "",
    tiles: Sequence[KpiTile] = (),
    picture: Block | None = None,
    page: int = 1,
) -> View:
    """The person's page. `waiting`: plans they may approve now, most urgent first; `recent`: decided ones.

    `reviews`: those whose next step is this person's. `known` is what `picture_card.home_lines` says of the data,
    `picture` an image block of the tiles.
    """
    stands = standing or Standing()
    pages = max(1, -(-len(waiting) // SHOWN_WAITING))
    page = min(max(page, 1), pages)
    shown = waiting[(page - 1) * SHOWN_WAITING : page * SHOWN_WAITING]
    blocks = [
        header(f"{count(len(waiting), 'plan waits', 'plans wait')} for you" if waiting else "Nothing waits for you"),
        context(f"{data(person.name, 60)} · {_roles(person)} · updated {moment(now, zone)}"),
        *([context(SIMULATED)] if simulated else []),
        *_stops(stands, zone, now),
        *_due(reviews, zone, now),
        *_inbox(shown, zone, page),
        *_pages(page, pages),
        *_kpis(tiles, picture),
        *_cases(person, alerts),
        *_known(known, page),
        *_list("Recent plans", [plan_line(one, zone) for one in recent], SHOWN_RECENT, "Nothing yet."),
        *_delegations(person, stands, zone, page),
        *([divider(), section(governance_text(stands.governance))] if stands.governance else []),
        *_list("Health", [*_drafts(stands), *(health_text(one, zone) for one in health)], 20, "Not checked yet."),
    ]
    return {"type": "home", "callback_id": CallbackId.HOME, "blocks": blocks}


def read_ticked(values: Mapping[str, Any]) -> tuple[PlanRef, ...]:
    """The plans ticked on the page, from `body["view"]["state"]["values"]`; a value that is not ours is left out."""
    ticked = []
    for held in values.values():
        chosen = held.get(ActionId.HOME_PICK, {}).get("selected_options") if isinstance(held, Mapping) else None
        for one in chosen or ():
            try:
                ticked.append(PlanRef.decode(str(one.get("value", ""))))
            except MalformedButton:
                continue
    return tuple(dict.fromkeys(ticked))


def _due(reviews: Sequence[Review], zone: ZoneInfo, now: datetime) -> list[Block]:
    """The next steps of cases that this person answers for, the most urgent first; none, nothing."""
    if not reviews:
        return []
    ordered = sorted(reviews, key=lambda one: one.due_at or now)
    lines = [due_text(one, zone, now) for one in ordered[:SHOWN_ALERTS]]
    hidden = len(reviews) - len(lines)
    more = [f"…and {hidden:,} more"] if hidden > 0 else []
    return [divider(), section(within(["*Cases that wait for your next step*", *lines, *more], _MOST))]


def _kpis(tiles: Sequence[KpiTile], picture: Block | None) -> list[Block]:
    if not tiles:
        return []
    return [divider(), section("*KPIs of the last 7 days*"), *tiles_part(tiles), *([picture] if picture else [])]


def _cases(person: Person, alerts: Sequence[Alert]) -> list[Block]:
    """Open cases, the person's own first, the worst of the others next; what another case explains is told there."""
    keys = {one.finding.key for one in alerts}
    told = [one for one in alerts if one.finding.part_of not in keys]
    ordered = sorted(told, key=lambda one: (person.id not in _at_it(one), -one.finding.severity.rank))
    lines = [f"{alert_line(one)}{' · 👤 *yours*' if person.id in _at_it(one) else ''}" for one in ordered]
    hidden = len(alerts) - len(told)
    more = [context(f"{count(hidden, 'more case')} with the same cause as one above")] if hidden else []
    return [*_list("Open alerts", lines, SHOWN_ALERTS, "All quiet."), *more]


def _at_it(alert: Alert) -> set[str]:
    """Who takes care of a case: whom it was given to, else whoever said that they look at it."""
    return {alert.assigned_to or alert.acknowledged_by or ""}


def _known(text: str, page: int) -> list[Block]:
    if not text:
        return []
    show = button("See the whole picture", ActionId.DATA_PICTURE, PageRef(page).encode())
    return [divider(), section(text), actions(f"home.data.{page}", [show])]


def _stops(stands: Standing, zone: ZoneInfo, now: datetime) -> list[Block]:
    lines = [freeze_line(one, stands.people, zone) for one in stands.freezes]
    lines += [_glass(one, stands, zone, now) for one in stands.glasses]
    hidden = len(lines) - _SHOWN_STOPS
    lines = [*lines[:_SHOWN_STOPS], *([f"…and {hidden:,} more"] if hidden > 0 else [])]
    return [section(within(lines, _MOST))] if lines else []


def _glass(glass: Glass, stands: Standing, zone: ZoneInfo, now: datetime) -> str:
    who = name_of(stands.people, glass.person_id)
    name, reason = data(glass.id, 30), data(glass.reason, 200, empty="no reason given")
    if glass.holds(now):
        return f"🚨 *BROKEN GLASS*: {who} decides alone until {moment(glass.until, zone)} ({name}): “{reason}”"
    return f"🚨 *To be reviewed*: {who} decided alone under {name}: “{reason}”"


def _inbox(shown: Sequence[Dossier], zone: ZoneInfo, page: int) -> list[Block]:
    several = sum(_whole(one) for one in shown) > 1
    blocks: list[Block] = []
    for dossier in shown:
        blocks += [divider(), *_to_decide(dossier, zone, several=several)]
    if not several:
        return blocks
    value = PageRef(page).encode()
    bulk = [
        button("Approve selected…", ActionId.HOME_APPROVE, value),
        button("Reject selected…", ActionId.HOME_REJECT, value),
    ]
    return [*blocks, divider(), actions(f"home.bulk.{page}", bulk)]


def _to_decide(dossier: Dossier, zone: ZoneInfo, *, several: bool) -> list[Block]:
    plan, whole = dossier.status.plan, _whole(dossier)
    lines = [f"*{data(title_of(plan), 140)}*", _risk(plan.money_at_risk)]
    lines += [f"{name}: {text}".replace("\n", "; ") for name, text in map(parts.expected_of, plan.forecasts[:2])]
    lines += [if_nothing(dossier, zone), gates(dossier), *escalation(dossier, zone)]
    facts = section("\n".join(line for line in lines if line))
    controls = [*(decision_buttons(dossier) if whole else []), why_button(plan)]
    buttons = actions(f"home.{plan.id}.{plan.revision}", controls)
    what = _what(dossier, zone)
    # Nobody approves here what is not shown here.
    if not whole:
        return [facts, *what, context("Too large to decide here: please decide on its card in the channel."), buttons]
    select = option(f"Select {plan.id}", reference(plan, dossier.verdict).encode())
    pick = actions(f"pick.{plan.id}.{plan.revision}", [checkboxes(ActionId.HOME_PICK, [select])])
    return [facts, *what, *([pick] if several else []), buttons]


def _risk(at_risk: Money) -> str:
    return f"*{money(at_risk)}* at risk at most" if at_risk.minor else "No money at risk"


def _what(dossier: Dossier, zone: ZoneInfo) -> list[Block]:
    if changes_rules(dossier.status.plan):
        return [section(impact_text(dossier.impact, zone))] if dossier.impact else []
    return [changes(dossier.status.plan)]


def _whole(dossier: Dossier) -> bool:
    """Whether the page shows all that is decided; the text of rules never fits."""
    plan = dossier.status.plan
    return len(plan.changes) <= SHOWN_CHANGES and not changes_rules(plan)


def _pages(page: int, pages: int) -> list[Block]:
    if pages == 1:
        return []
    turns = []
    if page > 1:
        turns.append(button("← More urgent ones", f"{ActionId.HOME_PAGE}.back", PageRef(page - 1).encode()))
    if page < pages:
        turns.append(button("Later ones →", f"{ActionId.HOME_PAGE}.on", PageRef(page + 1).encode()))
    return [context(f"Page {page} of {pages}"), actions(f"home.pages.{page}", turns)]


def _delegations(person: Person, stands: Standing, zone: ZoneInfo, page: int) -> list[Block]:
    blocks = [divider(), section("*While you are away*\nSomeone can decide in your place, and you in theirs.")]
    for one in stands.delegations[:_SHOWN_STOPS]:
        until = f"{moment(one.starts_at, zone)} to {moment(one.ends_at, zone)}"
        if one.from_person == person.id:
            text = f"🌴 {name_of(stands.people, one.to_person)} decides for *you*, {until}"
        else:
            text = f"🌴 You decide for *{name_of(stands.people, one.from_person)}*, {until}"
        end = button("End it", ActionId.DELEGATION_END, DelegationRef(one.id).encode(), spoken=f"End {one.id}")
        mine = one.from_person == person.id
        blocks.append({**section(text, accessory=end if mine else None), "block_id": f"home.{one.id}"})
    hidden = len(stands.delegations) - _SHOWN_STOPS
    more = [context(f"…and {count(hidden, 'more stand-in')}")] if hidden > 0 else []
    value = PageRef(page).encode()
    controls = [
        button("Delegate…", ActionId.HOME_DELEGATE, value),
        button("Freeze…", ActionId.HOME_FREEZE, value, style="danger", spoken="Freeze: stop all writing"),
    ]
    return [*blocks, *more, actions(f"home.controls.{page}", controls)]


def _drafts(stands: Standing) -> list[str]:
    if not stands.drafts:
        return []
    named = ", ".join(data(one, 60) for one in stands.drafts[:5])
    more = f" and {len(stands.drafts) - 5:,} more" if len(stands.drafts) > 5 else ""
    return [f"🟡 *Drafts, not in force*: {named}{more}. `countersign policy propose` asks people to approve them"]


def _list(title: str, lines: Sequence[str], most: int, otherwise: str) -> list[Block]:
    hidden = len(lines) - most
    shown = [*lines[:most], *([f"…and {hidden:,} more"] if hidden > 0 else [])]
    return [divider(), section(f"*{title}*\n{within(shown, _MOST) or otherwise}")]


def _roles(person: Person) -> str:
    return ", ".join(ROLES[role] for role in sorted(person.roles)) or "no role"

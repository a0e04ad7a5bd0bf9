"""The message to one person whom a plan waits for: what is asked, what it costs, until when, and the buttons.

It is redrawn as the plan moves on, so that nobody is left with a button for something that is over.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.slack.buttons import ActionId, PlanChoice, PlanName
from bot.slack.cards import plan_parts as parts
from bot.slack.cards.approvals_part import approved_by, gates, if_nothing, name_of, names, standing, still_needed
from bot.slack.cards.blocks import Block, Message, actions, button, context, section
from bot.slack.cards.changes_part import changes
from bot.slack.cards.markup import clean, data, escaped, moment, money, spelled
from bot.slack.cards.plan_card import (
    SIMULATED,
    alarms,
    decision_buttons,
    menu,
    title_of,
    why_button,
    withdraw_button,
)
from bot.slack.cards.plan_states import MARKS, WORDS, overdue
from bot.slack.cards.policy_part import changes_rules, impact_text
from storage.records.dossiers import Dossier
from storage.records.nudges import Nudge, NudgeKind
from storage.records.people import Person
from storage.records.plans import Plan, PlanState
from storage.records.verdicts import Answer

ON_MESSAGES = (
    PlanChoice.QUIET_1_HOUR, PlanChoice.QUIET_4_HOURS, PlanChoice.QUIET_TOMORROW, PlanChoice.HAND_OVER, PlanChoice.ASK
)  # fmt: skip
_SHOWN_CHANGES = 3
_MORNING = time(9)
_FIND = "somebody is needed who may decide this"
_HEADS = {
    NudgeKind.ASKED: "your approval is asked",
    NudgeKind.ASSIGNED: "this was handed to you",
    NudgeKind.REMINDER: "this still waits for you",
    NudgeKind.ESCALATION: "this was escalated to you: nobody has decided",
}


def block_prefix(nudge: Nudge) -> str:
    """What the ids of the message's blocks begin with; it is found again by them."""
    return f"ask.{nudge.id}."


def ask_card(
    nudge: Nudge, dossier: Dossier, person: Person, *, zone: ZoneInfo, now: datetime, link: str | None = None
) -> Message:
    """The message in the plan's present state; `link` leads to the card in the channel, where there is one."""
    plan = dossier.status.plan
    open_still = dossier.status.state is PlanState.WAITING and not overdue(dossier, now)
    mine = any(one.person_id == person.id for one in standing(dossier))
    outdated = nudge.revision != plan.revision
    # Whoever approved under other rules is asked again; so who may approve now counts first.
    if open_still and not outdated and _may(dossier, person):
        blocks = [*_question(nudge, dossier, person, zone), _controls(nudge, dossier, link, decide=True)]
        risk = f" Money at risk {money(plan.money_at_risk)}."
        text = f"{escaped(_head(nudge, person))}: {escaped(title_of(plan))}.{risk}"
    elif open_still and not outdated and not mine and nudge.kind is NudgeKind.ESCALATION:
        blocks = [*_search(nudge, dossier, person, zone), _controls(nudge, dossier, link, decide=False)]
        text = f"{escaped(clean(person.name, 40))}, {_FIND}: {escaped(title_of(plan))}."
    else:
        said = _over(dossier, person, zone, open_still=open_still, mine=mine, outdated=outdated)
        after = withdraw_button(dossier) if open_still and mine and not outdated else []
        head = section(f"{_title(plan)}\n{said}")
        blocks = [head, actions(f"{block_prefix(nudge)}{plan.id}", [*after, why_button(plan), *_open(plan, link)])]
        text = f"{escaped(title_of(plan))}: {WORDS[_shown_state(dossier, now)]}."
    return Message(text=text + (" Simulated." if plan.simulated else ""), blocks=tuple(blocks))


def quiet_until(choice: PlanChoice, *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Until when the person wants to hear nothing; `zone` is theirs. None for choices that do not ask for quiet."""
    if choice is PlanChoice.QUIET_1_HOUR:
        return now + timedelta(hours=1)
    if choice is PlanChoice.QUIET_4_HOURS:
        return now + timedelta(hours=4)
    if choice is PlanChoice.QUIET_TOMORROW:
        morning = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), _MORNING, tzinfo=zone)
        return morning.astimezone(now.tzinfo)
    return None


def _question(nudge: Nudge, dossier: Dossier, person: Person, zone: ZoneInfo) -> list[Block]:
    plan = dossier.status.plan
    head = f"{MARKS[PlanState.WAITING]} *{data(_head(nudge, person), 160)}*"
    lines = [head, *_words(nudge), _title(plan), if_nothing(dossier, zone)]
    if changes_rules(plan):
        what = [section(impact_text(dossier.impact, zone))] if dossier.impact else []
    else:
        what = [parts.effect(plan), changes(plan, most=_SHOWN_CHANGES), *parts.gone_for_good(plan.irreversible)]
    small = [text for text in (gates(dossier), SIMULATED if plan.simulated else "") if text]
    notes = [context(*small)] if small else []
    return [*alarms(dossier, thaw=False), section("\n".join(lines)), *what, *notes]


def _search(nudge: Nudge, dossier: Dossier, person: Person, zone: ZoneInfo) -> list[Block]:
    """For somebody who may not approve it, but can see to it that somebody may: an admin, on the last rung."""
    plan = dossier.status.plan
    lines = [f"⚠️ *{data(person.name, 40)}, {_FIND}*", *_words(nudge), _title(plan), if_nothing(dossier, zone)]
    way_out = "You cannot approve it yourself: give somebody the role, or hand it over to somebody who has it."
    return [*alarms(dossier, thaw=False), section("\n".join(lines)), parts.effect(plan), context(way_out)]


def _words(nudge: Nudge) -> list[str]:
    """What comes with the message: a person's own words in quotes, ours as they are."""
    if not nudge.text.strip():
        return []
    text = data(spelled(nudge.text), 400)
    return [f"“{text}”" if nudge.kind is NudgeKind.ASSIGNED else text]


def _controls(nudge: Nudge, dossier: Dossier, link: str | None, *, decide: bool) -> Block:
    plan = dossier.status.plan
    first = [one for one in decision_buttons(dossier) if decide and one["action_id"] in _DECIDE]
    controls = [*first, why_button(plan), *_open(plan, link), menu(plan, ON_MESSAGES)]
    return actions(f"{block_prefix(nudge)}{plan.id}", controls)


_DECIDE = {ActionId.PLAN_APPROVE, ActionId.PLAN_REJECT}


def _open(plan: Plan, link: str | None) -> list[Block]:
    if not link:
        return []
    opens = button("Open the card", ActionId.PLAN_OPEN, PlanName(plan.id).encode(), spoken=f"Open {plan.id}")
    return [opens | {"url": link}]


def _over(dossier: Dossier, person: Person, zone: ZoneInfo, *, open_still: bool, mine: bool, outdated: bool) -> str:
    """Why there is nothing left to do here, and who did it."""
    status = dossier.status
    if outdated:
        return f"✏️ It was edited since and is now revision {status.plan.revision}; the new card asks anew."
    if open_still and mine:
        return f"✅ You approved it. It still needs {still_needed(dossier) or 'the others'}."
    if open_still:
        return f"It waits for {names(dossier.approvers) or 'somebody else'} now, not for you."
    rejected = [one for one in dossier.decisions if one.answer is Answer.REJECT]
    if status.state is PlanState.REJECTED and rejected:
        last = rejected[-1]
        who = "you" if last.person_id == person.id else name_of(dossier.people, last.person_id)
        return f"{MARKS[status.state]} Rejected by {who}, {moment(last.decided_at, zone)}. Nothing was changed."
    if status.state in _CARRIED_OUT:
        return f"{MARKS[status.state]} It {WORDS[status.state]}. Approved by {approved_by(dossier, zone)}."
    state = PlanState.EXPIRED if status.state in _UNDECIDED else status.state
    when = status.plan.expires_at if state is PlanState.EXPIRED else status.since
    return f"{MARKS[state]} It {WORDS[state]}, {moment(when, zone)}. Nothing was changed."


_CARRIED_OUT = {
    PlanState.APPROVED, PlanState.EXECUTING, PlanState.DONE, PlanState.FAILED, PlanState.ROLLED_BACK
}  # fmt: skip
_UNDECIDED = {PlanState.WAITING, PlanState.EXPIRED}


def _shown_state(dossier: Dossier, now: datetime) -> PlanState:
    return PlanState.EXPIRED if overdue(dossier, now) else dossier.status.state


def _title(plan: Plan) -> str:
    revision = f" (revision {plan.revision})" if plan.revision > 1 else ""
    return f"*{data(plan.id, 30)}*{revision} · {data(spelled(plan.title), 120)}"


def _head(nudge: Nudge, person: Person) -> str:
    first: Sequence[str] = clean(person.name, 40).split()
    return f"{first[0]}, {_HEADS[nudge.kind]}"


def _may(dossier: Dossier, person: Person) -> bool:
    return any(one.id == person.id for one in dossier.approvers)

"""The card of a plan: what a person needs to decide in seconds; nothing to press once it is decided."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from agents.governance.approvals import binding_of
from bot.slack.buttons import ActionId, FreezeRef, MenuRef, PlanChoice, PlanName, PlanRef
from bot.slack.cards import plan_parts as parts
from bot.slack.cards.approvals_part import glass_of, standing
from bot.slack.cards.blocks import (
    Block,
    Message,
    actions,
    button,
    confirmation,
    context,
    header,
    option,
    overflow,
    section,
)
from bot.slack.cards.changes_part import changes
from bot.slack.cards.markup import bullets, clean, cut, data, escaped, money, spelled, words
from bot.slack.cards.plan_states import cooling_off, overdue, spoken_state, state_text, stopped
from bot.slack.cards.policy_part import about_rules, changes_rules
from bot.slack.cards.stops_part import banner
from storage.records.alerts import Outcome
from storage.records.dossiers import Dossier
from storage.records.executions import ExecutionState
from storage.records.money import Money
from storage.records.people import Person
from storage.records.plans import Plan, PlanKind, PlanState
from storage.records.verdicts import Verdict

SIMULATED = "🧪 Simulated market: no real money moves"
CONFIRM_FROM_UNITS = Decimal(5000)
"""Money at risk, in units of its currency, from which Approve asks once more. Owner: product, June 2025."""

CHOICES = {
    PlanChoice.HAND_OVER: "Hand over to someone…",
    PlanChoice.ASK: "Ask a question…",
    PlanChoice.REMIND: "Remind whom it waits for",
    PlanChoice.QUIET_1_HOUR: "Quiet for me: 1 hour",
    PlanChoice.QUIET_4_HOURS: "Quiet for me: 4 hours",
    PlanChoice.QUIET_TOMORROW: "Quiet for me: until tomorrow 9:00",
}
ON_CARDS = (
    PlanChoice.HAND_OVER, PlanChoice.ASK, PlanChoice.REMIND, PlanChoice.QUIET_1_HOUR, PlanChoice.QUIET_TOMORROW
)  # fmt: skip
"""In the channel, where reminding is the likelier wish; a message to one person offers four hours instead."""
_ONLY_MONEY_LASTS = {PlanKind.BUDGET, PlanKind.ROLLBACK}
"""All that these cannot undo is money spent meanwhile, which the amount at risk already measures."""
_MOST_NAMED_VIEWERS = 50
_UNDECIDED = {PlanState.PROPOSED, PlanState.HELD, PlanState.WAITING}
_WITH_RECEIPTS = {PlanState.EXECUTING, PlanState.DONE, PlanState.FAILED, PlanState.ROLLED_BACK}


def plan_card(
    dossier: Dossier, *, zone: ZoneInfo, now: datetime, confirm_from_units: Decimal = CONFIRM_FROM_UNITS
) -> Message:
    """The card in the plan's present state.

    `zone` is for clients that cannot show a reader's own time; `now` is the wall clock, by which an overdue
    plan loses its buttons before it is closed.
    """
    plan = dossier.status.plan
    blocks = [
        header(title_of(plan)),
        *([context(SIMULATED)] if plan.simulated else []),
        *alarms(dossier),
        section(state_text(dossier, zone, now)),
        *_body(dossier, zone),
        actions(f"plan.{plan.id}.{plan.revision}", _controls(dossier, now, confirm_from_units)),
        parts.small_print(dossier, zone),
    ]
    return Message(text=_spoken(dossier, now), blocks=tuple(blocks))


def title_of(plan: Plan) -> str:
    """As in "PLAN-12 · Shift £210/day to paid search", with the revision from the second on."""
    revision = f" (revision {plan.revision})" if plan.revision > 1 else ""
    return f"{cut(plan.id, 24)}{revision} · {clean(spelled(plan.title), 100)}"


def outcome_words(one: Outcome) -> str:
    """How a forecast came out, plain; its text mostly says KPI and score itself."""
    if one.text.startswith(f"{one.kpi} "):
        return spelled(f"{words(one.kpi)}{one.text.removeprefix(one.kpi)}")
    return spelled(f"{words(one.kpi)}: {one.score}. {one.text}")


def decision_buttons(dossier: Dossier, *, confirm_from_units: Decimal = CONFIRM_FROM_UNITS) -> list[Block]:
    """Approve, shown only to those who may, then Edit and Reject."""
    plan = dossier.status.plan
    value = reference(plan, dossier.verdict).encode()
    approve = button(
        "Approve",
        ActionId.PLAN_APPROVE,
        value,
        style="primary",
        confirm=_confirmation(plan, confirm_from_units),
        visible_to=_slack_ids(dossier.approvers),
        spoken=f"Approve {plan.id}",
    )
    in_slack = any(person.slack_id for person in dossier.approvers)
    # The rules are rewritten as files, not in a form.
    edit = [] if changes_rules(plan) else [edit_button(plan)]
    return [*([approve] if in_slack else []), *edit, reject_button(plan), *withdraw_button(dossier)]


def withdraw_button(dossier: Dossier) -> list[Block]:
    """For those alone whose approval stands; nothing where nobody in Slack has approved."""
    plan = dossier.status.plan
    mine = _slack_ids([dossier.people[one.person_id] for one in standing(dossier) if one.person_id in dossier.people])
    value = reference(plan).encode()
    withdraw = button(
        "Withdraw my approval", ActionId.PLAN_WITHDRAW, value, visible_to=mine, spoken=f"Withdraw {plan.id}"
    )
    return [withdraw] if mine else []


def menu(plan: Plan, choices: Sequence[PlanChoice]) -> Block:
    """What else one can do about a waiting plan; five choices at most."""
    shown = reference(plan)
    return overflow(ActionId.PLAN_MORE, [option(CHOICES[one], MenuRef(one, shown).encode()) for one in choices])


def alarms(dossier: Dossier, *, thaw: bool = True) -> list[Block]:
    """What must not be missed on any card: decided alone under broken glass, or stopped by a freeze."""
    blocks = []
    if alone := glass_of(dossier):
        blocks.append(section(alone))
    if stopped(dossier):
        first = dossier.freezes[0]
        lift = button("Thaw…", ActionId.FREEZE_THAW, FreezeRef(first.id).encode(), spoken=f"Thaw {first.id}")
        blocks.append(section(banner(dossier), accessory=lift if thaw else None))
    return blocks


def edit_button(plan: Plan) -> Block:
    return button("Edit", ActionId.PLAN_EDIT, reference(plan).encode(), spoken=f"Edit {plan.id}")


def reject_button(plan: Plan) -> Block:
    value = reference(plan).encode()
    return button("Reject", ActionId.PLAN_REJECT, value, style="danger", spoken=f"Reject {plan.id}")


def why_button(plan: Plan) -> Block:
    return button("Why?", ActionId.PLAN_WHY, reference(plan).encode(), spoken=f"Why {plan.id}?")


def rollback_button(plan_id: str) -> Block:
    """Opens the preview; nothing is taken back by pressing it."""
    return button(f"Roll back {plan_id}", ActionId.PLAN_ROLLBACK, PlanName(plan_id).encode(), style="danger")


def reference(plan: Plan, verdict: Verdict | None = None) -> PlanRef:
    """The plan as it is shown; with the verdict whatever approves is bound to the gates that stand on the card."""
    return PlanRef(plan.id, plan.revision, plan.digest, binding_of(verdict) if verdict else "")


def _body(dossier: Dossier, zone: ZoneInfo) -> list[Block]:
    plan, state = dossier.status.plan, dossier.status.state
    if changes_rules(plan):
        # After who asked, the reasons tell the impact, which stands above in a better form.
        reasons = plan.model_copy(update={"why": plan.why[:1]}) if dossier.impact else plan
        asked = [*parts.why(reasons), *parts.approvals(dossier)] if state in _UNDECIDED else []
        return [*_restores(plan), *about_rules(dossier, zone), *asked]
    receipts = dossier.executions if state in _WITH_RECEIPTS else ()
    what = [*_restores(plan), changes(plan, receipts)]
    if state in _UNDECIDED:
        # What is won and what is risked first: the title has already said what moves.
        lasting = parts.gone_for_good(plan.irreversible)
        return [parts.effect(plan), *what, *parts.why(plan), *lasting, *parts.approvals(dossier)]
    if state is PlanState.APPROVED:
        return [parts.effect(plan), *what, *parts.gone_for_good(plan.irreversible)]
    if state in _WITH_RECEIPTS:
        return [*what, *parts.expected(plan), *_outcomes(dossier)]
    return what


def _controls(dossier: Dossier, now: datetime, confirm_from_units: Decimal) -> list[Block]:
    plan, state = dossier.status.plan, dossier.status.state
    controls = []
    if state is PlanState.WAITING and not overdue(dossier, now):
        controls = decision_buttons(dossier, confirm_from_units=confirm_from_units)
    elif state is PlanState.HELD and not overdue(dossier, now):
        controls = [edit_button(plan), reject_button(plan)]
    elif state is PlanState.APPROVED and (cooling_off(dossier, now) or stopped(dossier)):
        controls = [*withdraw_button(dossier), reject_button(plan)]
    elif _can_be_taken_back(dossier):
        controls = [rollback_button(plan.id)]
    waits = state is PlanState.WAITING and not overdue(dossier, now)
    return [*controls, why_button(plan), *([menu(plan, ON_CARDS)] if waits else [])]


def _can_be_taken_back(dossier: Dossier) -> bool:
    if dossier.rolled_back_by or dossier.status.plan.kind is PlanKind.ROLLBACK:
        return False
    applied = any(one.state is ExecutionState.APPLIED for one in dossier.executions)
    return dossier.status.state is PlanState.DONE or (dossier.status.state is PlanState.FAILED and applied)


def _restores(plan: Plan) -> list[Block]:
    if plan.restores is None:
        return []
    return [section(f"↩️ *Takes {data(plan.restores, 30)} back*: each value below as it was before that plan")]


def _outcomes(dossier: Dossier) -> list[Block]:
    lines = [outcome_words(one) for one in dossier.outcomes]
    return [section(f"*How it came out*\n{bullets(lines[:5], most=1400, each=240)}")] if lines else []


def _confirmation(plan: Plan, from_units: Decimal) -> Block | None:
    lasting = bool(plan.irreversible) and plan.kind not in _ONLY_MONEY_LASTS
    if not lasting and plan.money_at_risk.amount < from_units:
        return None
    undone = f" Cannot be undone: {clean(plan.irreversible[0], 120)}" if plan.irreversible else ""
    return confirmation(
        f"Approve {plan.id}?",
        f"{_at_most(plan.money_at_risk)}{undone}",
        "Approve",
        "Not yet",
    )


def _at_most(at_risk: Money) -> str:
    return f"Up to {money(at_risk)} is at risk." if at_risk.minor else "No money is at risk."


def _slack_ids(people: Sequence[Person]) -> list[str]:
    """Who sees Approve; with too many to name everyone does, and the click is judged anyway."""
    ids = [person.slack_id for person in people if person.slack_id]
    return ids if len(ids) <= _MOST_NAMED_VIEWERS else []


def _spoken(dossier: Dossier, now: datetime) -> str:
    risk = f" Money at risk {money(dossier.status.plan.money_at_risk)}."
    mark = " Simulated." if dossier.status.plan.simulated else ""
    waiting = dossier.status.state is PlanState.WAITING
    alarm = " Broken glass." if glass_of(dossier) else ""
    alarm += f" Stopped by {data(dossier.freezes[0].id, 30)}." if stopped(dossier) else ""
    return escaped(f"{spoken_state(dossier, now)}.{alarm}") + (risk if waiting else "") + mark

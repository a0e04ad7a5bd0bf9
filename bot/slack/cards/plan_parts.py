"""The parts that plan cards are put together from: what changes, what it is expected to do, who is asked."""

import re
from collections.abc import Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from agents.governance.approvals import approvals_given
from agents.kpis.figures import format_days, format_value
from bot.slack.cards.blocks import Block, context, fields, section
from bot.slack.cards.markup import (
    bullets,
    count,
    data,
    day,
    moment,
    money,
    percent_change,
    signed,
    spelled,
    value,
    within,
    words,
)
from storage.records.dossiers import Dossier
from storage.records.executions import Execution, ExecutionState
from storage.records.money import Money
from storage.records.people import Person, Role
from storage.records.plans import Change, ExitCriterion, Forecast, Plan, PlanKind, PlanState
from storage.records.verdicts import Gate

SHOWN_CHANGES = 10
"""More are named by their number on the card, and all of them behind "Why?"."""
SHOWN_REASONS = 3
"""The weightiest; an agent gives them in order."""
_CURRENCY = re.compile(r"[A-Z]{3}")
_DECIMAL_ZEROS = re.compile(r"(?<=\d)\.0+(?!\d)")
_CAME_TO_NOTHING = {PlanState.REFUSED, PlanState.REJECTED, PlanState.EXPIRED, PlanState.SUPERSEDED}
_INDENT = "\u2003"  # Kept where plain spaces at the start of a line are dropped.
_A_ROLE = {
    Role.VIEWER: "a viewer",
    Role.OPERATOR: "an operator",
    Role.APPROVER: "an approver",
    Role.CMO: "the CMO",
    Role.ADMIN: "an admin",
}
_MOST_CHANGES = 2500
_MOST_WHY = 1300
_MOST_GATES = 900
_MOST_NOTES = 1500


def changes(plan: Plan, executions: Sequence[Execution] = ()) -> Block:
    """From → to of the largest changes, each with what was read back once there is a receipt."""
    ordered = by_size(plan.changes)
    by_change = {execution.change.id: execution for execution in executions}
    lines = [change_lines(change, by_change.get(change.id)) for change in ordered[:SHOWN_CHANGES]]
    hidden = len(ordered) - len(lines)
    text = within(lines, _MOST_CHANGES, rest="…and {n} more")
    closing = [f"_…and {hidden:,} smaller changes: all of them under Why?_"] if hidden else []
    return section("\n".join([_changes_heading(plan), text, *closing, *_total(plan)]))


def change_lines(change: Change, execution: Execution | None = None) -> str:
    """Two lines, or three with a receipt: name and channel, from → to, what the channel showed afterwards."""
    arrow = "•"
    amounts = f"{value(change.before)} → *{value(change.after)}*{_per(change.unit)}"
    if isinstance(change.before, Money) and isinstance(change.after, Money):
        arrow = "▲" if change.before.minor < change.after.minor else "▼"
        amounts += f"  ·  {_difference(change.before, change.after)}"
    name = f"{arrow} *{data(change.resource.name, 60)}*  ·  {data(words(change.resource.channel), 24)}"
    receipt = [_receipt(execution)] if execution else []
    return "\n".join([name, f"{_INDENT}{amounts}", *(f"{_INDENT}{line}" for line in receipt)])


def by_size(all_changes: Sequence[Change]) -> list[Change]:
    """Largest movement of money first; whatever is not money keeps its place behind."""
    return sorted(all_changes, key=lambda change: -_size(change))


def effect(plan: Plan) -> Block:
    """Money at risk beside the expected results, each a range with what happens if nothing is done."""
    pairs = [("Money at risk", f"{money(plan.money_at_risk)} at most")]
    pairs += [expected_of(forecast) for forecast in _money_first(plan.forecasts)[:3]]
    return fields(pairs)


def expected(plan: Plan) -> list[Block]:
    """The forecasts alone, for plans that are under way: what the outcome is measured against."""
    pairs = [expected_of(forecast) for forecast in _money_first(plan.forecasts)[:3]]
    return [fields([(f"Expected {name}", text) for name, text in pairs])] if pairs else []


def why(plan: Plan) -> list[Block]:
    if not plan.why:
        return []
    return [section(f"*Why*\n{bullets(plan.why[:SHOWN_REASONS], most=_MOST_WHY, each=220)}")]


def gone_for_good(texts: Sequence[str]) -> list[Block]:
    """What cannot be undone, in words that are not missed."""
    if not texts:
        return []
    return [section(f"⚠️ *Cannot be undone*\n{bullets(texts[:5], most=_MOST_GATES, each=200)}")]


def gates(dossier: Dossier) -> str:
    """Each gate with its progress, "0 of 1"; empty without gates."""
    demanded = dossier.verdict.gates if dossier.verdict else ()
    return within((f"• {_gate(gate, dossier)}" for gate in demanded), _MOST_GATES)


def names(people: Sequence[Person], last: str = "or") -> str:
    """As in "Aaron Blake or Carla Mendes"; the first five by name, the others counted."""
    shown = [data(person.name, 40) for person in people[:5]]
    if len(people) > len(shown):
        shown.append(count(len(people) - len(shown), "other"))
    return f" {last} ".join(shown) if len(shown) < 3 else f"{', '.join(shown[:-1])} {last} {shown[-1]}"


def small_print(dossier: Dossier, zone: ZoneInfo) -> Block:
    """When it counts as failed, what it rests on, who made it: what is asked second."""
    plan = dossier.status.plan
    if dossier.status.state in _CAME_TO_NOTHING:
        return context(_origin(dossier, zone))
    lines = []
    if plan.exit_criteria:
        lines.append("*Counts as failed if* " + "; ".join(exit_criterion(one) for one in plan.exit_criteria[:3]))
    if plan.evidence:
        lines.append("*Evidence* " + "; ".join(data(one.label, 80) for one in plan.evidence[:3]))
    lines.append(_origin(dossier, zone))
    return context(within(lines, _MOST_NOTES))


def exit_criterion(criterion: ExitCriterion) -> str:
    limit = data(format_value(criterion.threshold, criterion.unit), 40)
    kpi = data(words(criterion.kpi), 40)
    return f"{kpi} is {criterion.side} {limit} after {count(criterion.after_days, 'day')}"


def forecast_range(forecast: Forecast) -> str:
    """As in "£38,204–£42,911 (80% range); £36,912 if nothing changes"."""
    numbers = (forecast.low, forecast.high, forecast.baseline)
    low, high, baseline = (data(about(number, forecast.unit), 40) for number in numbers)
    share = (forecast.coverage * 100).normalize()
    return f"{low}–{high} ({share:f}% range)\n{baseline} if nothing changes"


def about(number: Decimal, unit: str) -> str:
    """An expected number in its unit; whole from 100 upwards, since no forecast is known to the penny."""
    if abs(number) < 100:
        return format_value(number, unit)
    return _DECIMAL_ZEROS.sub("", format_value(number.quantize(Decimal(1)), unit))


def expected_of(forecast: Forecast) -> tuple[str, str]:
    """What is expected when, and how much of it: "Revenue, 3–9 June 2025" and the range."""
    kpi = data(words(forecast.kpi), 40)
    return f"{kpi}, {format_days(forecast.first, forecast.last)}", forecast_range(forecast)


def _changes_heading(plan: Plan) -> str:
    what = {change.field for change in plan.changes}
    field = data(words(what.pop()), 40) if len(what) == 1 else "Settings"
    where = count(len({change.resource.key for change in plan.changes}), "campaign")
    return f"*{field} of {where}*{' goes back' if plan.kind is PlanKind.ROLLBACK else ''}"


def _total(plan: Plan) -> list[str]:
    """The sum before and after, where all changes are money of one kind and there is something to add."""
    pairs = [(one.before, one.after) for one in plan.changes]
    amounts = [(old, new) for old, new in pairs if isinstance(old, Money) and isinstance(new, Money)]
    kinds = {(old.currency, new.currency) for old, new in amounts} | {(one.field, one.unit) for one in plan.changes}
    if len(amounts) < len(pairs) or len(pairs) < 2 or len(kinds) != 2:
        return []
    before = sum((old for old, _ in amounts[1:]), amounts[0][0])
    after = sum((new for _, new in amounts[1:]), amounts[0][1])
    per = _per(plan.changes[0].unit)
    if before == after:
        return [f"*Total stays {money(before)}*{per}"]
    return [f"*Total {money(before)} → {money(after)}*{per}  ·  {_difference(before, after)}"]


def _difference(before: Money, after: Money) -> str:
    if before.currency != after.currency:
        return "other currency"
    share = percent_change(before.amount, after.amount)
    return f"{signed(after - before)}{f' ({share})' if share else ''}"


def _size(change: Change) -> Decimal:
    if not (isinstance(change.before, Money) and isinstance(change.after, Money)):
        return Decimal(-1)
    return abs(change.after.amount - change.before.amount)


def _per(unit: str) -> str:
    tail = unit.partition("/")[2]
    return f" a {data(tail, 20)}" if tail else ""


def _receipt(execution: Execution) -> str:
    if execution.state is ExecutionState.FAILED:
        return f"❌ Not applied: {data(execution.error, 200, empty='no reason given')}"
    if execution.state is ExecutionState.INTENDED or execution.receipt is None:
        return "⏳ Sent, not confirmed yet"
    held = execution.read_back.value if execution.read_back else None
    if held is None:
        seen = "applied, not read back yet"
    elif held == execution.change.after:
        seen = f"reads back {value(held)}"
    else:
        seen = f"⚠️ reads back {value(held)}, not {value(execution.change.after)}"
    return f"✓ {seen}  ·  ref `{data(execution.receipt.reference, 40)}`"


def _gate(gate: Gate, dossier: Dossier) -> str:
    given = approvals_given(dossier.status.plan, dossier.decisions, dossier.people.values())
    missing = sorted(gate.roles - given.roles)
    needs = f", needs {' and '.join(_A_ROLE[role] for role in missing)}" if missing else ""
    done = min(given.distinct, gate.approvers)
    text = data(_capital(spelled(gate.text)), 160, empty=data(gate.policy, 80))
    return f"{text} · *{done} of {count(gate.approvers, 'approval')}*{needs}"


def _money_first(forecasts: Sequence[Forecast]) -> list[Forecast]:
    return sorted(forecasts, key=lambda forecast: not _CURRENCY.fullmatch(forecast.unit))


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _origin(dossier: Dossier, zone: ZoneInfo) -> str:
    plan = dossier.status.plan
    asked = dossier.people.get(plan.requested_by or "")
    for_whom = f" for {data(asked.name, 40)}" if asked else ""
    known = f", read {moment(plan.data_known_at, zone)}" if plan.data_known_at else ""
    return f"*By* {data(words(plan.agent), 40)}{for_whom}  ·  *data to* {day(plan.data_day)}{known}"

"""What a plan changes, line by line: from → to in the form of the field, and what was read back afterwards."""

from collections.abc import Sequence
from decimal import Decimal

from bot.slack.cards.blocks import Block, section
from bot.slack.cards.markup import count, data, money, percent_change, signed, value, within, words
from storage.records.executions import Execution, ExecutionState
from storage.records.money import Money
from storage.records.plans import Change, Plan, PlanKind, Value

SHOWN_CHANGES = 10
"""More are named by their number on the card, and all of them behind "Why?"."""
_INDENT = "\u2003"  # Kept where plain spaces at the start of a line are dropped.
_MOST_CHANGES = 2500
_STATUS_MARKS = {"active": "▶", "enabled": "▶", "paused": "⏸"}
_WRITTEN = {"creative", "text", "headline", "subject", "body"}
"""Fields that hold what people will read: shown in quotes, old and new on lines of their own."""


def changes(plan: Plan, executions: Sequence[Execution] = (), *, most: int = SHOWN_CHANGES) -> Block:
    """From → to of the largest changes, each with what was read back once there is a receipt."""
    ordered = by_size(plan.changes)
    by_change = {execution.change.id: execution for execution in executions}
    lines = [change_lines(change, by_change.get(change.id)) for change in ordered[:most]]
    hidden = len(ordered) - len(lines)
    text = within(lines, _MOST_CHANGES, rest="…and {n} more")
    closing = [f"_…and {count(hidden, 'smaller change')}: all of them under Why?_"] if hidden else []
    return section("\n".join([_heading(plan), text, *closing, *_total(plan)]))


def change_lines(change: Change, execution: Execution | None = None) -> str:
    """Name and channel, from → to, and with a receipt what the channel showed afterwards."""
    arrow = "•"
    if isinstance(change.before, Money) and isinstance(change.after, Money):
        arrow = "▲" if change.before.minor < change.after.minor else "▼"
    name = f"{arrow} *{data(change.resource.name, 60)}*  ·  {data(words(change.resource.channel), 24)}"
    receipt = [_receipt(execution)] if execution else []
    return "\n".join([name, *(f"{_INDENT}{line}" for line in (*_from_to(change), *receipt))])


def by_size(all_changes: Sequence[Change]) -> list[Change]:
    """Largest movement of money first; whatever is not money keeps its place behind."""
    return sorted(all_changes, key=lambda change: -_size(change))


def held(change: Change, content: Value, most: int = 60) -> str:
    """The content of the change's field for mrkdwn, in the field's own form: "15%", "⏸ paused", "“Spring sale”"."""
    if isinstance(content, Money):
        return money(content)
    if change.field == "discount" and content.isascii() and content.isdecimal():
        return f"{(Decimal(content[:12]) / 100).normalize():f}%"
    if change.field == "status":
        mark = _STATUS_MARKS.get(content.casefold())
        return f"{mark} {content.casefold()}" if mark else value(content, most)
    if change.field in _WRITTEN:
        return f"“{data(content, most)}”" if content.strip() else "(empty)"
    return value(content, most)


def _from_to(change: Change) -> list[str]:
    if change.field in _WRITTEN:
        return [f"from {held(change, change.before, 160)}", f"to *{held(change, change.after, 160)}*"]
    line = f"{held(change, change.before)} → *{held(change, change.after)}*{_per(change.unit)}"
    if isinstance(change.before, Money) and isinstance(change.after, Money):
        line += f"  ·  {_difference(change.before, change.after)}"
    return [line]


def _heading(plan: Plan) -> str:
    what = {change.field for change in plan.changes}
    field = data(words(what.pop()), 40) if len(what) == 1 else "Settings"
    kinds = {change.resource.kind for change in plan.changes}
    thing = data(kinds.pop().replace("_", " "), 24) if len(kinds) == 1 else "thing"
    where = count(len({change.resource.key for change in plan.changes}), thing)
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
    # The reasons may tell the total of more than what is changed.
    total = f"Total of these {len(pairs)}"
    if before == after:
        return [f"*{total} stays {money(before)}*{per}"]
    return [f"*{total}: {money(before)} → {money(after)}*{per}  ·  {_difference(before, after)}"]


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
    seen_now = execution.read_back.value if execution.read_back else None
    change = execution.change
    if seen_now is None:
        seen = "applied, not read back yet"
    elif seen_now == change.after:
        seen = f"reads back {held(change, seen_now)}"
    else:
        seen = f"⚠️ reads back {held(change, seen_now)}, not {held(change, change.after)}"
    return f"✓ {seen}  ·  ref `{data(execution.receipt.reference, 40)}`"

"""The dialog that edits a plan: one input a change, faults said beside the input, unchanged values kept.

What comes out is a new revision, reviewed and approved anew; `read_edit` says what counts as a fault.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.slack.buttons import CallbackId
from bot.slack.cards.blocks import Block, View, context, entered, input_block, modal, plain, section
from bot.slack.cards.changes_part import by_size
from bot.slack.cards.markup import clean, count, data, money, plain_value, spelled, words
from bot.slack.cards.plan_card import reference
from storage.records.money import Money, exponent_of
from storage.records.plans import Change, Plan, Value

MOST_INPUTS = 60
"""Of the largest changes; a view holds 100 blocks, and nobody edits more by hand."""

_INPUT = "after"
_MOST_TEXT = 200
_MOST_UNITS = Decimal(10) ** 12


@dataclass(frozen=True)
class EditForm:
    """What was entered: change id → new value, only where it differs from the plan's.

    With `errors` (by block id) the dialog stays open and shows them.
    """

    after: dict[str, Value] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def edit_view(plan: Plan) -> View:
    shown = _shown(plan)
    intro = (
        f"*{data(plan.id, 30)}* · {data(spelled(plan.title), 120)}\n"
        "Your edit becomes a new revision: it is checked and approved again, and earlier approvals lapse."
    )
    blocks = [section(intro), *(_input(plan.changes[index], index) for index in shown)]
    hidden = len(plan.changes) - len(shown)
    if hidden:
        blocks.append(context(f"{count(hidden, 'smaller change')} stay as planned."))
    return modal(
        "Edit plan",
        CallbackId.PLAN_EDIT,
        blocks,
        metadata=reference(plan).encode(),
        submit="Save as new revision",
        close="Back",
    )


def read_edit(plan: Plan, values: Mapping[str, Any]) -> EditForm:
    """The edit from `view["state"]["values"]` of a view made for this very plan.

    Faults: not a number, negative, more decimals than the currency has, and nothing changed at all.
    """
    after: dict[str, Value] = {}
    errors: dict[str, str] = {}
    for index in _shown(plan):
        change = plan.changes[index]
        text = str(entered(values, _block_id(index), _INPUT).get("value") or "").strip()
        wanted = _amount(text, change.after.currency) if isinstance(change.after, Money) else _text(text)
        if isinstance(wanted, _Fault):
            errors[_block_id(index)] = wanted.text
        elif wanted != change.after:
            after[change.id] = wanted
    if not after and not errors:
        errors[_block_id(_shown(plan)[0])] = "Nothing is different yet. Change a value, or go back."
    return EditForm(after, errors)


def edit_errors(plan: Plan, refusals: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Faults found later, as (change id, text), at the inputs they belong to; others at the first."""
    shown = _shown(plan)
    blocks = {plan.changes[index].id: _block_id(index) for index in shown}
    errors: dict[str, str] = {}
    for change_id, text in refusals:
        block_id = blocks.get(change_id, _block_id(shown[0]))
        errors[block_id] = clean(" ".join(filter(None, (errors.get(block_id), text))), 500)
    return errors


@dataclass(frozen=True)
class _Fault:
    text: str


def _shown(plan: Plan) -> list[int]:
    """Positions of the changes with an input, largest first."""
    positions = {change.id: index for index, change in enumerate(plan.changes)}
    return [positions[change.id] for change in by_size(plan.changes)[:MOST_INPUTS]]


def _block_id(index: int) -> str:
    return f"change.{index}"


def _input(change: Change, index: int) -> Block:
    label = f"{clean(change.resource.name, 80)} · {clean(words(change.resource.channel), 30)}"
    if isinstance(change.after, Money):
        currency = change.after.currency
        element: Block = {
            "type": "number_input",
            "action_id": _INPUT,
            "is_decimal_allowed": exponent_of(currency) > 0,
            "initial_value": _digits(change.after),
            "min_value": "0",
        }
        before = plain_value(change.before)
        unit = f"{currency}/{tail}" if (tail := clean(change.unit.partition("/")[2], 20, empty="")) else currency
        hint = f"{words(clean(change.field, 40))} in {unit}. Now {before}, the plan says {money(change.after)}."
        return input_block(_block_id(index), label, element, hint=hint)
    element = {
        "type": "plain_text_input",
        "action_id": _INPUT,
        "initial_value": clean(change.after, _MOST_TEXT, empty=""),
        "max_length": _MOST_TEXT,
        "placeholder": plain("New value", 150),
    }
    hint = f"{words(clean(change.field, 40))}. Now {plain_value(change.before)}."
    return input_block(_block_id(index), label, element, hint=hint)


def _digits(amount: Money) -> str:
    number = amount.amount
    return f"{number:f}" if number != number.to_integral_value() else f"{number.to_integral_value():f}"


def _amount(text: str, currency: str) -> Money | _Fault:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return _Fault("Enter an amount in digits, such as 250 or 250.50.")
    if not number.is_finite() or number < 0 or number >= _MOST_UNITS:
        return _Fault("Enter an amount of 0 or more.")
    decimals = exponent_of(currency)
    if number != number.quantize(Decimal(1).scaleb(-decimals)):
        return _Fault(f"{currency} has {count(decimals, 'decimal') if decimals else 'no decimals'}.")
    return Money.of(number, currency)


def _text(text: str) -> str | _Fault:
    return text or _Fault("Enter a value.")

"""The dialog that asks why a plan is rejected: without a reason nobody learns from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.slack.buttons import CallbackId
from bot.slack.cards.blocks import (
    View,
    input_block,
    modal,
    plain,
    section,
    too_long,
    written,
)
from bot.slack.cards.markup import data, spelled
from bot.slack.cards.plan_card import reference
from storage.records.plans import Plan

MOST_REASON = 500
_BLOCK = "reason"
_INPUT = "text"


@dataclass(frozen=True)
class RejectForm:
    """What was written; with `errors` (by block id) the dialog stays open."""

    reason: str
    errors: dict[str, str] = field(default_factory=dict)


def reject_view(plan: Plan) -> View:
    element = {
        "type": "plain_text_input",
        "action_id": _INPUT,
        "multiline": True,
        "min_length": 1,
        "max_length": MOST_REASON,
        "focus_on_load": True,
        "placeholder": plain("Such as: the sale ends on Friday, wait until then", 150),
    }
    blocks = [
        section(f"*{data(plan.id, 30)}* · {data(spelled(plan.title), 120)}\nNothing will be changed by this plan."),
        input_block(
            _BLOCK,
            "Why not?",
            element,
            hint="The agent and the person who asked see this; it is kept with the plan.",
        ),
    ]
    return modal(
        "Reject plan",
        CallbackId.PLAN_REJECT,
        blocks,
        metadata=reference(plan).encode(),
        submit="Reject",
        close="Back",
    )


def read_reject(values: Mapping[str, Any]) -> RejectForm:
    """The reason from `view["state"]["values"]`; spaces alone are no reason."""
    reason = written(values, _BLOCK, _INPUT)
    if not reason:
        return RejectForm("", {_BLOCK: "Write a reason, so that the next plan is better."})
    return RejectForm(reason, too_long(reason, MOST_REASON, _BLOCK))

"""Taking a plan back: the picker of recent plans, and the preview of what returns and what never will."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from bot.slack.buttons import CallbackId, PlanName
from bot.slack.cards.blocks import (
    Block,
    View,
    context,
    entered,
    input_block,
    modal,
    option,
    section,
    select,
)
from bot.slack.cards.markup import clean, count, cut, data, plain_moment, plain_value, spelled, value, within, words
from bot.slack.cards.plan_card import SIMULATED, reference
from bot.slack.cards.plan_parts import gone_for_good
from bot.slack.values import MalformedButton
from storage.records.dossiers import Restoration, RollbackPreview
from storage.records.plans import PlanStatus

MOST_CONFLICTS = 40
"""Conflicts that can be decided one by one in a view; the rest are left alone."""

_PICK_BLOCK = "plan"
_PICK = "pick"
_OVERWRITE = "overwrite"
_YES = "overwrite"
_MOST_LIST = 2800


def rollback_picker(plans: Sequence[PlanStatus], *, zone: ZoneInfo) -> View:
    """Choose among plans that can be taken back, newest first; without any it says so and has no submit."""
    if not plans:
        text = "No plan has been carried out that could be taken back. `/plan list` shows all plans."
        return modal("Roll back", CallbackId.ROLLBACK_PICK, [section(text)])
    options = [
        option(
            f"{cut(one.plan.id, 14)} · {clean(one.plan.title, 34)} · {plain_moment(one.since, zone)}",
            PlanName(one.plan.id).encode(),
        )
        for one in plans[:100]
    ]
    blocks = [
        section("Pick a plan. You see what would be restored before anything happens."),
        input_block(_PICK_BLOCK, "Plan", select("Recent plans", _PICK, options)),
    ]
    return modal("Roll back", CallbackId.ROLLBACK_PICK, blocks, submit="Preview", close="Cancel")


def read_picker(values: Mapping[str, Any]) -> str | None:
    """The id of the chosen plan, None where none was chosen; the error belongs to block `plan`."""
    chosen = entered(values, _PICK_BLOCK, _PICK).get("selected_option") or {}
    try:
        return PlanName.decode(str(chosen.get("value", ""))).plan_id
    except MalformedButton:
        return None


def rollback_preview(preview: RollbackPreview) -> View:
    """What returns (now → back to), what was edited since (a box to overwrite each), what is gone for good.

    Without anything to do it says so and has no submit.
    """
    plan = preview.plan.plan
    title = section(f"*{data(plan.id, 30)}* · {data(spelled(plan.title), 120)}")
    simulated = [context(SIMULATED)] if plan.simulated else []
    if preview.nothing_to_do:
        blocks = [
            title,
            section(f"✅ *Nothing to roll back*\n{data(preview.nothing_to_do, 500)}"),
            *simulated,
        ]
        return modal("Roll back", CallbackId.ROLLBACK_CONFIRM, blocks, metadata=reference(plan).encode())
    clean_ones = [one for one in preview.items if not one.done and not one.conflict]
    conflicts = [one for one in preview.items if not one.done and one.conflict]
    blocks = [
        title,
        *simulated,
        *_restored(clean_ones),
        *_conflicts(conflicts),
        *_already(preview.items),
        *gone_for_good(preview.gone_for_good),
        context("This makes a rollback plan. It goes through the same review as any other plan."),
    ]
    return modal(
        "Roll back",
        CallbackId.ROLLBACK_CONFIRM,
        blocks,
        metadata=reference(plan).encode(),
        submit="Roll back",
        close="Cancel",
    )


def read_preview(preview: RollbackPreview, values: Mapping[str, Any]) -> frozenset[str]:
    """Ids of the changes whose later edit shall be overwritten too, from `view["state"]["values"]`."""
    conflicts = [one for one in preview.items if not one.done and one.conflict]
    return frozenset(
        one.change.id
        for index, one in enumerate(conflicts[:MOST_CONFLICTS])
        if entered(values, f"conflict.{index}", _OVERWRITE).get("selected_options")
    )


def _restored(items: Sequence[Restoration]) -> list[Block]:
    if not items:
        return [section("*Nothing returns by itself*: all that the plan changed was edited since.")]
    lines = [_line(one) for one in items]
    return [section(f"*{count(len(items), 'value')} will be restored*\n{within(lines, _MOST_LIST)}")]


def _conflicts(items: Sequence[Restoration]) -> list[Block]:
    if not items:
        return []
    blocks = [section("⚠️ *Edited since by someone else*: left alone unless you tick it")]
    for index, one in enumerate(items[:MOST_CONFLICTS]):
        choice = option(_overwrite_label(one), _YES)
        element = {"type": "checkboxes", "action_id": _OVERWRITE, "options": [choice]}
        label = f"{clean(one.change.resource.name, 80)} · {clean(words(one.change.resource.channel), 30)}"
        blocks.append(input_block(f"conflict.{index}", label, element, hint=clean(one.conflict, 300), optional=True))
    if len(items) > MOST_CONFLICTS:
        blocks.append(context(f"{count(len(items) - MOST_CONFLICTS, 'more edited value')} will be left alone."))
    return blocks


def _overwrite_label(one: Restoration) -> str:
    now, back = (plain_value(held, 24) for held in (one.now.value, one.restores_to))
    return f"Also overwrite {now} with {back}"


def _already(items: Sequence[Restoration]) -> list[Block]:
    done = sum(one.done for one in items)
    return [context(f"{count(done, 'value')} already as before the plan")] if done else []


def _line(one: Restoration) -> str:
    name = f"*{data(one.change.resource.name, 60)}*  ·  {data(words(one.change.resource.channel), 24)}"
    return f"↩️ {name}\n\u2003{value(one.now.value)} → *{value(one.restores_to)}*"

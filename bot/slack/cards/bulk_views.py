"""Several plans at once from App Home: what was ticked is named once more with its money; each is decided by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.slack.buttons import MOST_BULK, BulkRef, BulkVerb, CallbackId, PlanRef
from bot.slack.cards.blocks import (
    Block,
    Message,
    View,
    context,
    input_block,
    modal,
    section,
    text_input,
    too_long,
    written,
)
from bot.slack.cards.markup import count, data, money, spelled, within
from bot.slack.cards.plan_card import reference
from bot.slack.cards.reject_view import MOST_REASON
from storage.records.dossiers import Dossier
from storage.records.money import Money
from storage.records.plans import PlanState

_REASON = "reason"
_INPUT = "text"
_MOST_LIST = 2600
_DONE = {BulkVerb.APPROVE: "approved", BulkVerb.REJECT: "rejected"}
TITLES = {BulkVerb.APPROVE: "Approve plans", BulkVerb.REJECT: "Reject plans"}


@dataclass(frozen=True)
class BulkForm:
    """The reason, empty for approvals; with `errors` (by block id) the dialog stays open."""

    reason: str
    errors: dict[str, str] = field(default_factory=dict)


def bulk_view(verb: BulkVerb, ticked: Sequence[PlanRef], dossiers: Mapping[str, Dossier]) -> View:
    """Asks once more, with count and money. `dossiers` (by plan id) say what has changed since: that is left out.

    Without anything left it says so and has no submit.
    """
    as_ticked = [one for one in ticked if _unchanged(one, dossiers.get(one.plan_id))]
    refs, gone = as_ticked[:MOST_BULK], [one for one in ticked if one not in as_ticked]
    left_out = [context(_left_out(gone, len(as_ticked) - len(refs)))] if len(refs) < len(ticked) else []
    if not refs:
        words = "Nothing that is ticked still waits as you saw it." if ticked else "Tick the plans first."
        return modal(TITLES[verb], CallbackId.BULK, [section(words), *left_out])
    chosen = [dossiers[one.plan_id] for one in refs]
    total = _total(chosen)
    head = f"*{verb.capitalize()} {count(len(refs), 'plan')}?*  ·  *{total}* at risk together, at most"
    lines = [_line(one) for one in chosen]
    rule = "Each is decided by itself: what the rules do not let you decide stays as it is."
    blocks = [section(head), section(within(lines, _MOST_LIST)), *left_out, *_why(verb), context(rule)]
    submit = f"{verb.capitalize()} {len(refs)}"
    metadata = BulkRef(verb, tuple(refs)).encode()
    return modal(TITLES[verb], CallbackId.BULK, blocks, metadata=metadata, submit=submit, close="Back")


def read_bulk(verb: BulkVerb, values: Mapping[str, Any]) -> BulkForm:
    """From `view["state"]["values"]`; a rejection needs a reason."""
    if verb is BulkVerb.APPROVE:
        return BulkForm("")
    reason = written(values, _REASON, _INPUT)
    if not reason:
        return BulkForm("", {_REASON: "Write a reason, so that the next plans are better."})
    return BulkForm(reason, too_long(reason, MOST_REASON, _REASON))


def bulk_result(verb: BulkVerb, done: Sequence[str], failed: Sequence[tuple[str, str]]) -> Message:
    """What came of each: ids of the plans decided, and (id, why not) of the others."""
    text = f"{len(done):,} {_DONE[verb]}{f', {len(failed):,} not' if failed else ''}"
    lines = [f"✅ *{data(one, 30)}* {_DONE[verb]}" for one in done]
    lines += [f"⚠️ *{data(one, 30)}* not: {data(spelled(why), 300, empty='no reason given')}" for one, why in failed]
    listed = [section(within(lines, _MOST_LIST))] if lines else []
    return Message(text=f"{text}.", blocks=(section(f"*{text}*"), *listed))


def _unchanged(ref: PlanRef, dossier: Dossier | None) -> bool:
    if dossier is None or dossier.status.state is not PlanState.WAITING:
        return False
    return reference(dossier.status.plan, dossier.verdict) == ref


def _line(dossier: Dossier) -> str:
    plan = dossier.status.plan
    return f"• *{data(plan.id, 30)}* {data(spelled(plan.title), 90)} · {money(plan.money_at_risk)} at risk"


def _total(dossiers: Sequence[Dossier]) -> str:
    """As in "£3,400", with several currencies "£3,400 and €200"."""
    sums: dict[str, Money] = {}
    for dossier in dossiers:
        risk = dossier.status.plan.money_at_risk
        sums[risk.currency] = sums[risk.currency] + risk if risk.currency in sums else risk
    return " and ".join(money(one) for one in sums.values())


def _left_out(gone: Sequence[PlanRef], too_many: int) -> str:
    parts = []
    if gone:
        named = ", ".join(data(one.plan_id, 30) for one in gone[:5])
        more = f" and {len(gone) - 5:,} more" if len(gone) > 5 else ""
        parts.append(f"Left out, changed or decided since you saw it: {named}{more}")
    if too_many:
        parts.append(f"Left out, {too_many:,} beyond {MOST_BULK} at once")
    return "; ".join(parts)


def _why(verb: BulkVerb) -> list[Block]:
    if verb is BulkVerb.APPROVE:
        return []
    element = text_input(_INPUT, "Such as: the sale ends on Friday, wait until then", most=MOST_REASON)
    return [input_block(_REASON, "Why not?", element, hint="Kept with each of the plans; the agents learn from it.")]

"""The forms of the matrix, by hand from what the product promises and from policies/people.cedar.

Each is open before everybody, as if it had been opened when they still might, or by somebody else.
"""

from collections.abc import Callable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from bot.slack.buttons import BulkVerb, FreezeRef, PlanName
from bot.slack.cards import notices
from bot.slack.cards.alert_views import assign_view, escalate_view, expect_view, rebaseline_view, snooze_view
from bot.slack.cards.blocks import Message, View, section
from bot.slack.cards.bulk_views import bulk_view
from bot.slack.cards.edit_view import edit_view
from bot.slack.cards.people_views import delegate_view, hand_over_view, question_view
from bot.slack.cards.propose_view import propose_view
from bot.slack.cards.reject_view import reject_view
from bot.slack.cards.rollback_views import rollback_picker, rollback_preview
from bot.slack.cards.stop_views import break_glass_view, concern_view, freeze_view, thaw_view
from storage.records.alerts import Alert
from tests.fakes.member import Json
from tests.scenarios.matrix_buttons import COUNTING, DECIDING, OTHERS_DECIDING, REMINDING, REVIEWED, REVIEWING, WRITTEN
from tests.scenarios.matrix_commands import ALL, STARTING, STOPPING, WORKING
from tests.scenarios.matrix_people import slack
from tests.scenarios.matrix_reviews import REVIEW_FORMS
from tests.scenarios.matrix_row import Row, effect, opens
from tests.scenarios.matrix_world import World

LONDON = ZoneInfo("Europe/London")


async def _edit(world: World, name: str) -> Json:
    plan = await world.waiting()
    return await world.submission(name, edit_view(plan), **{"change.0": plan.changes[0].before.amount + 2})


async def _reject(world: World, name: str) -> Json:
    return await world.submission(name, reject_view(await world.waiting()), reason="not this week")


async def _pick(world: World, name: str) -> Json:
    plan = await world.done()
    view = rollback_picker([await world.team.status(plan.id)], zone=LONDON)
    return await world.submission(name, view, plan=PlanName(plan.id).encode())


async def _confirm(world: World, name: str) -> Json:
    await world.thawed()
    preview = await world.team.office.rollback.preview((await world.done()).id)
    return await world.submission(name, rollback_preview(preview))


async def _hand_over(world: World, name: str) -> Json:
    return await world.submission(name, hand_over_view(await world.waiting()), person="U00CARLA", words="please")


async def _ask(world: World, name: str) -> Json:
    return await world.submission(name, question_view(await world.waiting()), words="why <!channel> not social?")


def _bulk(verb: BulkVerb):
    async def send(world: World, name: str) -> Json:
        await world.thawed()
        plan = await world.waiting()
        ref, dossier = await world.reference(plan), await world.team.office.router.dossier(plan.id)
        view = bulk_view(verb, (ref,), {plan.id: dossier})
        return await world.submission(name, view, **({"reason": "no"} if verb is BulkVerb.REJECT else {}))

    return send


async def _freeze(world: World, name: str) -> Json:
    await world.thawed()
    view = freeze_view(channels=["email"])
    return await world.submission(name, view, scope="channel:email", reason="wrong prices")


async def _thaw(world: World, name: str) -> Json:
    await world.frozen()
    view = thaw_view(await world.team.office.freezer.in_force(), people={}, zone=LONDON)
    return await world.submission(name, view, freeze=FreezeRef(await world.frozen()).encode())


async def _break_glass(world: World, name: str) -> Json:
    return await world.submission(name, break_glass_view(), reason="a wrong price is live")


async def _concern(world: World, name: str) -> Json:
    await world.glass()
    (glass, *_) = await world.team.office.emergency.open()
    return await world.submission(name, concern_view(glass, people={}, zone=LONDON), reason="nobody was asked")


async def _delegate(world: World, name: str) -> Json:
    today = world.team.wall().date()
    view = delegate_view(today=today)
    entered = {"person": slack("operator" if name != "operator" else "rita"), "from": "2026-06-01", "to": "2026-06-05"}
    return await world.submission(name, view, **entered)


async def _propose(world: World, name: str) -> Json:
    text = (world.team.home / "limits.yml").read_text(encoding="utf-8")
    assert "step_share_cap: 50%" in text
    return await world.submission(
        name, propose_view(), name="limits.yml", text=text.replace("step_share_cap: 50%", "step_share_cap: 45%")
    )


def _of_alert(draw: Callable[[Alert], View], **entered: Any):
    """A form about an open alert, submitted with these entries."""

    async def send(world: World, name: str) -> Json:
        async with world.team.office.ledger.read() as tx:
            alert = await tx.alerts.get(await world.alert())
        assert alert is not None
        return await world.submission(name, draw(alert), **entered)

    return send


def _never(callback_id: str):
    """Something that has nothing to submit, submitted all the same."""

    async def send(world: World, name: str) -> Json:
        view = notices.message_view("Why?", Message(text="", blocks=(section("words"),)))
        body = await world.submission(name, view)
        body["view"] |= {"callback_id": callback_id, "private_metadata": "PLAN-1"}
        return body

    return send


_APPROVED = effect("approve by me", "trail: plan.approve", "plan: waiting → done", *WRITTEN, told="1 approved")
FORMS = (
    Row(
        "modal plan.edit", "another amount", _edit,
        {WORKING: effect("new revision", "trail: plan.edited")}, refused="You cannot edit",
    ),
    Row(
        "modal plan.reject", "with a reason", _reject,
        {DECIDING: effect("reject by me", "trail: plan.reject", "plan: waiting → rejected")}, refused="You cannot reject",
    ),
    Row("modal rollback.pick", "a plan that is done", _pick, {WORKING: opens("rollback.confirm")}, refused="may rollback"),
    Row(
        "modal rollback.confirm", "a plan that is done", _confirm,
        {
            "operator delegate": effect(
                "new plan: waiting", "new revision", "trail: plan.rollback_requested", told="waits for an approver"
            ),
            "approver cmo": effect(
                "new plan: done", "plan: done → rolled_back", "new revision", "trail: plan.rollback_requested", *WRITTEN,
                told="is taking back",
            ),
        },
        refused="may rollback",
    ),
    Row(
        "modal plan.hand_over", "to Carla", _hand_over,
        {REMINDING: effect("asked carla", "quiet", "trail: plan.handed_over", told="Carla Mendes")}, refused="may remind",
    ),
    Row("modal plan.ask", "a question", _ask, {ALL: effect("trail: plan.question", told="Your question stands")}),
    Row(
        "modal bulk", "approve one", _bulk(BulkVerb.APPROVE),
        {COUNTING: _APPROVED, OTHERS_DECIDING: effect("approve by me", "trail: plan.approve", told="1 approved")},
        refused="may approve",
    ),
    Row(
        "modal bulk", "reject one", _bulk(BulkVerb.REJECT),
        {DECIDING: effect("reject by me", "trail: plan.reject", "plan: waiting → rejected", told="1 rejected")},
        refused="may reject",
    ),
    Row(
        "modal freeze", "a channel", _freeze,
        {STOPPING: effect("frozen", "trail: freeze.set", told="is frozen")}, refused="may freeze",
    ),
    Row("modal thaw", "one", _thaw, {STARTING: effect("thawed", "trail: freeze.lifted", told="Thawed")}, refused="may thaw"),
    Row(
        "modal glass.concern", "of another's", _concern,
        {REVIEWING: REVIEWED}, refused="may review glass",
    ),
    Row(
        "modal delegate", "to an operator", _delegate,
        {
            "approver brand finance legal cmo": effect("delegated", "trail: delegation.made", told="DELEGATION-"),
            "admin": effect(told="no approvals to hand on"),
        },
        refused="may delegate",
    ),
    Row(
        "modal policy.propose", "other limits", _propose,
        {"cmo admin": effect("new plan: waiting", "new revision", "trail: plan.proposed", "trail: policy.proposed", told="PLAN-")},
        refused="may amend",
    ),
    Row(
        "modal alert.assign", "to Carla", _of_alert(assign_view, person="U00CARLA", words="please"),
        {WORKING: effect("trail: alert.assigned", told="waits for Carla Mendes")}, refused="may assign",
    ),
    Row(
        "modal alert.snooze", "a week", _of_alert(lambda one: snooze_view(one, today=date(2026, 3, 30)), day="2026-04-06"),
        {WORKING: effect("alert: open → snoozed", "trail: alert.snoozed", told="is quiet until")}, refused="may snooze",
    ),
    Row(
        "modal alert.expect", "with a reason", _of_alert(expect_view, words="the sale <!channel>"),
        {WORKING: effect("alert: open → recovered", "trail: alert.expected", told="is closed")}, refused="may say what is normal",
    ),
    Row(
        "modal alert.rebaseline", "a day",
        _of_alert(lambda one: rebaseline_view(one, first=one.opened_on), day="2025-06-01", words="new shop"),
        {WORKING: effect("alert: open → recovered", "trail: alert.rebaselined", told="is closed")}, refused="may say what is normal",
    ),
    Row(
        "modal alert.escalate", "with a word", _of_alert(escalate_view, words="help"),
        {REMINDING: effect("trail: alert.escalated", told="have a message")}, refused="may escalate",
    ),
    *(
        Row(f"modal {one}", "never submitted", _never(one), {}, silent=True, heard=False)
        for one in ("home", "loading", "plan.why", "alert.suspects")
    ),
    *REVIEW_FORMS,
    Row(
        "modal glass.break", "with a reason", _break_glass,
        {"cmo": effect("glass broken", "trail: glass.broken", told="You have broken the glass")}, refused="may break glass",
    ),
)  # fmt: skip

"""Submitted forms: faults stay in the form beside their input, everything else is one use case."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from agents.lifecycle.decide import Declined
from agents.lifecycle.rollback import ChannelSilent
from bot.slack import clicks, dialogs
from bot.slack.buttons import CallbackId, PlanRef
from bot.slack.cards import notices
from bot.slack.cards.blocks import Message
from bot.slack.cards.edit_view import EditForm, edit_errors, read_edit
from bot.slack.cards.reject_view import read_reject
from bot.slack.cards.rollback_views import read_picker, read_preview
from bot.slack.desk import Desk
from bot.slack.home import refresh
from storage.records.people import Person
from storage.records.plans import Plan


def register(app: AsyncApp, desk: Desk) -> None:  # noqa: C901 - one short listener each
    """Attach a listener to every form."""

    @app.view(CallbackId.PLAN_REJECT)
    async def reject(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        form = read_reject(view["state"]["values"])
        if form.errors:
            await ack(response_action="errors", errors=form.errors)
            return
        await ack()
        if (person := await desk.first_actor(body)) is None:
            return
        if (ref := clicks.metadata(view, PlanRef)) is None:
            await desk.tell(body, notices.old_button())
            return
        result = await desk.office.decider.reject(clicks.seen(ref), person, reason=form.reason, via="slack")
        if isinstance(result, Declined):
            await desk.tell(body, await desk.declined(result, verb="reject", seen_revision=ref.revision))
        await refresh(desk, person)

    @app.view(CallbackId.PLAN_EDIT)
    async def edit(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        ref = clicks.metadata(view, PlanRef)
        async with desk.office.ledger.read() as tx:
            plan = await tx.plans.revision(ref.plan_id, ref.revision) if ref else None
        if ref is None or plan is None:
            await ack(response_action="update", view=notices.message_view("Edit plan", notices.old_button()))
            return
        form = read_edit(plan, view["state"]["values"])
        errors = form.errors or await _objections(desk, body, plan, form)
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        await ack()
        if (person := await desk.first_actor(body)) is None:
            return
        result = await desk.office.decider.edit(clicks.seen(ref), person, wanted=form.after, via="slack")
        if isinstance(result, Declined):
            await desk.tell(body, await desk.declined(result, verb="edit", seen_revision=ref.revision))
        await refresh(desk, person)

    @app.view(CallbackId.ROLLBACK_PICK)
    async def pick(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        plan_id = read_picker(view["state"]["values"])
        if plan_id is None:
            await ack(response_action="errors", errors={"plan": "Choose a plan to take back."})
            return
        await dialogs.answer_loading(ack, "Roll back")
        if (person := await desk.person(body)) is None:
            await dialogs.say(desk, view["id"], "Roll back", notices.unknown_person())
            return
        await dialogs.show_rollback(desk, view["id"], plan_id, person)

    @app.view(CallbackId.ROLLBACK_CONFIRM)
    async def confirm(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        await dialogs.answer_loading(ack, "Roll back")
        if not await desk.deliveries.first_time(body):
            return
        person, ref = await desk.person(body), clicks.metadata(view, PlanRef)
        if person is None:
            message = notices.unknown_person()
        elif ref is None:
            message = notices.old_button()
        else:
            message = await _roll_back(desk, view, ref, person=person)
        await dialogs.say(desk, view["id"], "Roll back", message)


async def _objections(desk: Desk, body: dict[str, Any], plan: Plan, form: EditForm) -> dict[str, str]:
    """What the rules hold against the values, beside the inputs: a slip must not end the plan."""
    person = await desk.person(body)
    if person is None:
        return {}
    said = await desk.office.decider.objections(plan, form.after, person)
    return edit_errors(plan, [("", "; ".join(said))]) if said else {}


async def _roll_back(desk: Desk, view: dict[str, Any], ref: PlanRef, *, person: Person) -> Message:
    rollback = desk.office.rollback
    try:
        preview = await rollback.preview(ref.plan_id)
        overwrite = read_preview(preview, view["state"]["values"])
        result = await rollback.request(ref.plan_id, person, via="slack", overwrite=overwrite)
    except (LookupError, ChannelSilent) as error:
        return notices.refused(str(error))
    return notices.refused(result.words)

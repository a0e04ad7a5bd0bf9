"""Clicks on cards: acknowledge at once, decide in one use case, answer in private if it had no effect."""

import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from agents.lifecycle.decide import Declined, Seen
from bot.slack import dialogs
from bot.slack.buttons import ActionId, AlertRef, MalformedButton, PlanName, PlanRef, Question, SnoozeRef
from bot.slack.cards import notices
from bot.slack.cards.blocks import Message
from bot.slack.cards.edit_view import edit_view
from bot.slack.cards.reject_view import reject_view
from bot.slack.cards.why_view import why_view
from bot.slack.conversation import answer_question
from bot.slack.desk import Desk
from bot.slack.home import republish
from storage.records.people import Person


def register(app: AsyncApp, desk: Desk) -> None:  # noqa: C901 - one short listener a button
    """Attach a listener to every button."""

    @app.action(ActionId.PLAN_APPROVE)
    async def approve(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await _read(desk, body, PlanRef)) is None:
            return
        person, ref = click
        result = await desk.office.decider.approve(_seen(ref), person, via="slack")
        if isinstance(result, Declined):
            await desk.tell(body, await desk.declined(result, verb="approve", seen_revision=ref.revision))
        await republish(desk, body, person)

    @app.action(ActionId.PLAN_REJECT)
    async def reject(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await _open_form(desk, body, verb="reject")

    @app.action(ActionId.PLAN_EDIT)
    async def edit(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await _open_form(desk, body, verb="edit")

    @app.action(ActionId.PLAN_WHY)
    async def why(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await _in_dialog(desk, body, PlanRef, title="Why?")) is None:
            return
        view_id, _, ref = click
        dossier = await desk.office.router.dossier(ref.plan_id)
        async with desk.office.ledger.read() as tx:
            entries = await tx.audit.of(ref.plan_id)
        await dialogs.show(desk, view_id, why_view(dossier, zone=desk.zone, entries=entries))

    @app.action(ActionId.PLAN_ROLLBACK)
    async def rollback(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await _in_dialog(desk, body, PlanName, title="Roll back")) is not None:
            view_id, person, name = click
            await dialogs.show_rollback(desk, view_id, name.plan_id, person)

    @app.action(ActionId.ALERT_ACKNOWLEDGE)
    async def acknowledge(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await _read(desk, body, AlertRef)) is None:
            return
        result = await desk.office.monitor.acknowledge(click[1].alert_id, click[0])
        if isinstance(result, Declined):
            await desk.tell(body, notices.refused(result.words))

    @app.action(ActionId.ALERT_SNOOZE)
    async def snooze(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await _read(desk, body, SnoozeRef)) is None:
            return
        result = await desk.office.monitor.snooze(click[1].alert_id, click[0], days=click[1].days)
        if isinstance(result, Declined):
            await desk.tell(body, notices.refused(result.words))

    @app.action(re.compile(rf"^{re.escape(ActionId.KPI_ASK)}\."))
    async def ask(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await _read(desk, body, Question)) is not None:
            await answer_question(desk, click[1].text, person=click[0], body=body)


async def _read(desk: Desk, body: dict[str, Any], kind: Any) -> tuple[Person, Any] | None:
    """Who clicked and what on; None for a repeated delivery and, told why in private, for a click without effect."""
    read = await _who_and_what(desk, body, kind)
    if isinstance(read, Message):
        await desk.tell(body, read)
        return None
    return read


async def _in_dialog(desk: Desk, body: dict[str, Any], kind: Any, *, title: str) -> tuple[str, Person, Any] | None:
    """The same for a click that opens a dialog, which says why where the click has no effect."""
    view_id = await dialogs.open_loading(desk, body, title)
    if view_id is None:
        return None
    read = await _who_and_what(desk, body, kind)
    if isinstance(read, Message):
        await dialogs.say(desk, view_id, title, read)
        return None
    return None if read is None else (view_id, *read)


async def _who_and_what(desk: Desk, body: dict[str, Any], kind: Any) -> tuple[Person, Any] | Message | None:
    if not await desk.deliveries.first_time(body):
        return None
    action = body["actions"][0]
    value = action.get("value") or action.get("selected_option", {}).get("value") or ""
    try:
        named = kind.decode(value)
    except MalformedButton:
        return notices.old_button()
    person = await desk.person(body)
    return notices.unknown_person() if person is None else (person, named)


async def _open_form(desk: Desk, body: dict[str, Any], *, verb: str) -> None:
    """The form to edit or reject with; whoever may not, or is late, gets words instead of a form."""
    title = f"{verb.capitalize()} plan"
    if (click := await _in_dialog(desk, body, PlanRef, title=title)) is None:
        return
    view_id, person, ref = click
    status = await desk.office.decider.allowed(_seen(ref), person, action=verb)
    if isinstance(status, Declined):
        message = await desk.declined(status, verb=verb, seen_revision=ref.revision)
        await dialogs.say(desk, view_id, title, message)
        return
    await dialogs.show(desk, view_id, edit_view(status.plan) if verb == "edit" else reject_view(status.plan))


def _seen(ref: PlanRef) -> Seen:
    return Seen(plan_id=ref.plan_id, revision=ref.revision, digest=ref.digest)

"""Clicks on cards: acknowledge at once, decide in one use case, answer in private if it had no effect."""

import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from agents.lifecycle.decide import Declined, Seen
from bot.slack import dialogs
from bot.slack.buttons import ActionId, AlertRef, MalformedButton, PlanName, PlanRef, Question, SnoozeRef
from bot.slack.cards import notices
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
        view_id = await dialogs.open_loading(desk, body, "Why?")
        if (click := await _read(desk, body, PlanRef)) is None:
            return
        dossier = await desk.office.router.dossier(click[1].plan_id)
        async with desk.office.ledger.read() as tx:
            entries = await tx.audit.of(click[1].plan_id)
        await dialogs.show(desk, view_id, why_view(dossier, zone=desk.zone, entries=entries))

    @app.action(ActionId.PLAN_ROLLBACK)
    async def rollback(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        view_id = await dialogs.open_loading(desk, body, "Roll back")
        if (click := await _read(desk, body, PlanName)) is not None:
            await dialogs.show_rollback(desk, view_id, click[1].plan_id, click[0])

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
    """Who clicked and what on; None for a repeated delivery, a stranger, or a value that is not ours."""
    if not await desk.deliveries.first_time(body):
        return None
    action = body["actions"][0]
    value = action.get("value") or action.get("selected_option", {}).get("value") or ""
    try:
        named = kind.decode(value)
    except MalformedButton:
        await desk.tell(body, notices.old_button())
        return None
    person = await desk.actor(body)
    return None if person is None else (person, named)


async def _open_form(desk: Desk, body: dict[str, Any], *, verb: str) -> None:
    """The form to edit or reject with; whoever may not, or is late, gets words instead of a form."""
    view_id = await dialogs.open_loading(desk, body, f"{verb.capitalize()} plan")
    if (click := await _read(desk, body, PlanRef)) is None:
        return
    person, ref = click
    status = await desk.office.decider.allowed(_seen(ref), person, action=verb)
    if isinstance(status, Declined):
        message = await desk.declined(status, verb=verb, seen_revision=ref.revision)
        await dialogs.show(desk, view_id, notices.message_view(f"{verb.capitalize()} plan", message))
        return
    await dialogs.show(desk, view_id, edit_view(status.plan) if verb == "edit" else reject_view(status.plan))


def _seen(ref: PlanRef) -> Seen:
    return Seen(plan_id=ref.plan_id, revision=ref.revision, digest=ref.digest)

"""Dialogs: opened at once, because a trigger lives three seconds, and filled when the content is there."""

import asyncio
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck
from slack_sdk.errors import SlackApiError

from agents.lifecycle.rollback import ChannelSilent
from bot.slack.cards import notices
from bot.slack.cards.blocks import Message
from bot.slack.cards.rollback_views import rollback_preview
from bot.slack.desk import Desk
from storage.records.people import Person

log = structlog.get_logger()

_HEAD_START_S = 0.25
"""An acknowledgement leaves within 10 ms, on another connection than calls do: without a start it may come last."""
_SPENT = {"exchanged_trigger_id", "expired_trigger_id"}


async def open_loading(desk: Desk, body: dict[str, Any], title: str) -> str | None:
    """Open an empty dialog and give its view id; None where the trigger is spent, as in a repeated delivery."""
    try:
        answer = await desk.client.views_open(trigger_id=body["trigger_id"], view=notices.loading_view(title))
    except SlackApiError as error:
        if error.response.get("error") not in _SPENT:
            raise
        log.info("dialog.trigger_spent", error=error.response["error"])
        return None
    return str(answer["view"]["id"])


async def answer_loading(ack: AsyncAck, title: str) -> None:
    """Answer a submission with an empty dialog, which has to be there before what replaces it."""
    await ack(response_action="update", view=notices.loading_view(title))
    await asyncio.sleep(_HEAD_START_S)


async def show(desk: Desk, view_id: str, view: dict[str, Any]) -> None:
    """Replace what the dialog shows; nothing, once the person has closed it."""
    try:
        await desk.client.views_update(view_id=view_id, view=view)
    except SlackApiError as error:
        if error.response.get("error") != "not_found":
            raise
        log.info("dialog.closed")


async def say(desk: Desk, view_id: str, title: str, message: Message) -> None:
    """Show words in the dialog instead of what was asked for."""
    await show(desk, view_id, notices.message_view(title, message))


async def show_rollback(desk: Desk, view_id: str, plan_id: str, person: Person) -> None:
    """What a rollback of the plan would do, or why there is nothing to do."""
    async with desk.office.ledger.read() as tx:
        status = await tx.plans.get(plan_id)
    # Who may take rules back is not who may take money back.
    permission = await desk.office.may(person, "rollback", status.plan if status else None)
    if not permission.allowed:
        await say(desk, view_id, "Roll back", notices.refused(permission.reason))
        return
    try:
        view = rollback_preview(await desk.office.rollback.preview(plan_id))
    except LookupError:
        view = notices.message_view("Roll back", notices.not_found(plan_id))
    except ChannelSilent as error:
        view = notices.message_view("Roll back", notices.refused(str(error)))
    await show(desk, view_id, view)

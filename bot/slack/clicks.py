"""Reading what people do: who it was, what it names, and whether it was handled before."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncRespond

from agents.lifecycle.decide import Seen
from bot.slack import dialogs
from bot.slack.buttons import PlanRef
from bot.slack.cards import notices
from bot.slack.cards.blocks import Message
from bot.slack.desk import Desk
from bot.slack.values import MalformedButton
from storage.records.people import Person


async def read(desk: Desk, body: dict[str, Any], kind: Any) -> tuple[Person, Any] | None:
    """Who clicked and what on; None for a repeated delivery and, told why in private, for a click without effect."""
    click = await _who_and_what(desk, body, kind)
    if isinstance(click, Message):
        await desk.tell(body, click)
        return None
    return click


async def read_in_dialog(desk: Desk, body: dict[str, Any], kind: Any, *, title: str) -> tuple[str, Person, Any] | None:
    """The same for a click that opens a dialog, which says why where the click has no effect."""
    view_id = await dialogs.open_loading(desk, body, title)
    if view_id is None:
        return None
    click = await _who_and_what(desk, body, kind)
    if isinstance(click, Message):
        await dialogs.say(desk, view_id, title, click)
        return None
    return None if click is None else (view_id, *click)


def metadata(view: dict[str, Any], kind: Any) -> Any:
    """What a submitted form is about, as it was drawn; None if this version did not draw it."""
    try:
        return kind.decode(view.get("private_metadata", ""))
    except MalformedButton:
        return None


def seen(ref: PlanRef) -> Seen:
    return Seen(plan_id=ref.plan_id, revision=ref.revision, digest=ref.digest, binding=ref.binding)


async def submitted(
    desk: Desk, ack: AsyncAck, body: dict[str, Any], errors: dict[str, str], title: str
) -> Person | None:
    """Who submitted the form; None where it goes back for its errors, was handled before, or is a stranger's."""
    if errors:
        await ack(response_action="errors", errors=errors)
        return None
    await dialogs.answer_loading(ack, title)
    if not await desk.deliveries.first_time(body):
        return None
    person = await desk.person(body)
    if person is None:
        await dialogs.say(desk, body["view"]["id"], title, notices.unknown_person())
    return person


async def answer(respond: AsyncRespond, words: str) -> None:
    """Words to the person alone, in reply to their command."""
    message = notices.refused(words)
    await respond(text=message.text, blocks=list(message.blocks), response_type="ephemeral")


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

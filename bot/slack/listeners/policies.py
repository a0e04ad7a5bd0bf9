"""The rules in Slack: read the texts in force, and propose others, by upload or pasted."""

import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from agents.lifecycle.rules.amend import Unamendable
from bot.slack import clicks, dialogs
from bot.slack.buttons import CallbackId
from bot.slack.cards import notices
from bot.slack.cards.blocks import Message
from bot.slack.cards.policy_texts import refused_texts, text_of_file, texts_in_force
from bot.slack.cards.propose_view import MOST_BYTES, ProposeForm, Upload, propose_view, read_propose
from bot.slack.desk import Desk
from bot.slack.downloads import UploadUnreadable, fetch_text
from storage.records.people import Person

_SHOW = re.compile(r"show\s+(\S+)", re.IGNORECASE)


def register(app: AsyncApp, desk: Desk) -> None:
    """Attach a listener to the command and its form."""

    @app.command("/policy")
    async def policy(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        text = body.get("text", "").strip()
        if text.casefold() == "propose":
            await _open(desk, body)
        elif await desk.first_actor(body) is not None:
            message = await _shown(desk, text)
            await respond(text=message.text, blocks=list(message.blocks), response_type="ephemeral")

    @app.view(CallbackId.POLICY_PROPOSE)
    async def proposed(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        form = read_propose(view["state"]["values"])
        if (person := await clicks.submitted(desk, ack, body, form.errors, "Propose rules")) is not None:
            await dialogs.say(desk, view["id"], "Propose rules", await _propose(desk, form, person))


async def _open(desk: Desk, body: dict[str, Any]) -> None:
    if (view_id := await dialogs.open_loading(desk, body, "Propose rules")) is None:
        return
    person = await desk.person(body)
    permission = await desk.office.may(person, "amend") if person else None
    if permission is None:
        await dialogs.say(desk, view_id, "Propose rules", notices.unknown_person())
    elif not permission.allowed:
        await dialogs.say(desk, view_id, "Propose rules", notices.refused(permission.reason))
    else:
        await dialogs.show(desk, view_id, propose_view())


async def _shown(desk: Desk, text: str) -> Message:
    async with desk.office.ledger.read() as tx:
        edition = await desk.office.rulebook.edition(tx)
    if named := _SHOW.fullmatch(text):
        file = edition.file(named[1])
        return (
            text_of_file(file) if file else notices.refused(f"The rules have no file {named[1]}: /policy lists them.")
        )
    if text:
        return notices.refused("Write /policy, /policy show limits.yml or /policy propose.")
    return texts_in_force(edition, zone=desk.zone)


async def _propose(desk: Desk, form: ProposeForm, person: Person) -> Message:
    try:
        texts = form.files | {one.name: await _fetched(desk, one) for one in form.uploads}
    except UploadUnreadable as error:
        return notices.refused(str(error))
    made = await desk.office.amender.propose(texts, person, via="slack")
    if isinstance(made, Unamendable):
        return refused_texts(made.problems)
    return notices.refused(f"{made.plan.id} is {made.state.value}: its card in the channel shows what would change.")


async def _fetched(desk: Desk, upload: Upload) -> str:
    """The text of an uploaded file."""
    content = await fetch_text(
        desk.client, name=upload.name, url=upload.url, files_from=desk.files_from, most_bytes=MOST_BYTES
    )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise UploadUnreadable(f"{upload.name} is no UTF-8 text.") from None

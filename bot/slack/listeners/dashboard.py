"""/dashboard: a link that opens the web dashboard, for the person who asked alone."""

import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.slack.cards import notices
from bot.slack.cards.blocks import Message, context, section
from bot.slack.cards.markup import data, moment
from bot.slack.desk import Desk
from storage.records.people import Person

_VIEW = re.compile(r"(?:view-)?([1-9]\d{0,8})", re.IGNORECASE)


def register(app: AsyncApp, desk: Desk) -> None:
    """Attach the listener."""

    @app.command("/dashboard")
    async def dashboard(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        if (person := await desk.first_actor(body)) is not None:
            message = await _link(desk, body.get("text", "").strip(), person)
            await respond(text=message.text, blocks=list(message.blocks), response_type="ephemeral", unfurl_links=False)


async def _link(desk: Desk, text: str, person: Person) -> Message:
    """The link, or why there is none."""
    office = desk.office
    permission = await office.may(person, "view")
    if not permission.allowed:
        return notices.refused(permission.reason)
    opens = "what is known now"
    view_id = ""
    if text:
        named = _VIEW.fullmatch(text)
        async with office.ledger.read() as tx:
            view = await tx.dashboards.get(int(named[1])) if named else None
        if view is None:
            return notices.refused(
                f"There is no view “{text}”. Write /dashboard, or /dashboard VIEW-3 for an earlier one."
            )
        view_id, opens = view.id, f"{view.id}, the numbers of {moment(view.as_of, desk.zone)}"
    link = office.links.link(desk.address, person.id, view=view_id)
    async with office.ledger.write() as tx:
        await tx.audit.append(
            at=office.clock(),
            actor=f"person:{person.id}",
            action="dashboard.link_given",
            subject=view_id or "dashboard",
            facts={},
        )
    words = f"*<{link}|Open the dashboard>*: {opens}."
    return Message(
        text="Your link to the dashboard",
        blocks=(section(words), context(f"For you alone, {data(person.name, 60)}, and for the next 15 minutes.")),
    )

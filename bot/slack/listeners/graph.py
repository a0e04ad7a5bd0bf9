"""/graph: what hangs together with a campaign, an audience, a product or a plan, in words and as a picture."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackApiError

from agents.knowledge.answers import Ambiguous, NotFound
from bot.slack import graph_picture
from bot.slack.cards import graph_card
from bot.slack.cards.blocks import Message
from bot.slack.desk import Desk
from storage.records.graph import Neighbourhood, NodeView

_TYPES = {"campaign", "audience", "product", "channel", "brand", "plan", "kpi", "account", "event"}
_UNACCEPTABLE = {"invalid_blocks", "invalid_blocks_format", "invalid_arguments"}


def register(app: AsyncApp, desk: Desk) -> None:
    """Attach the listener."""

    @app.command("/graph")
    async def graph(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if await desk.first_actor(body) is not None:
            await _tell(desk, body, body.get("text", "").strip())


async def _tell(desk: Desk, body: dict[str, Any], text: str) -> None:
    found = await _found(desk, text)
    if isinstance(found, Message):
        await desk.tell(body, found)
        return
    at = desk.office.charter.now()
    drawing = None
    if graph_picture.can_draw(found):
        drawing = await desk.pictures.block(found, lambda: graph_picture.draw(found), filename="graph.png")
    try:
        await desk.tell(body, graph_card.graph_card(found, at=at, zone=desk.zone, picture=drawing))
    except SlackApiError as error:
        if drawing is None or error.response.get("error") not in _UNACCEPTABLE:
            raise
        await desk.tell(body, graph_card.graph_card(found, at=at, zone=desk.zone))


async def _found(desk: Desk, text: str) -> Neighbourhood | Message:
    """What is around the thing that was named, or words where that means nothing."""
    first, _, rest = text.partition(" ")
    kind, name = (first.casefold(), rest.strip()) if first.casefold() in _TYPES and rest.strip() else (None, text)
    if not name:
        return graph_card.how_to()
    match await desk.office.answers.find(name, kind=kind):
        case NotFound() as missing:
            return graph_card.not_found(missing)
        case Ambiguous() as several:
            return graph_card.ambiguous(several)
        case NodeView() as view:
            around = await desk.office.answers.around(view.ref)
            return around or graph_card.not_found(NotFound(name=name))
    raise AssertionError("find gives one of three")

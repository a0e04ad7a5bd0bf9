"""What is suspected of a case, to be opened: links to the cards of plans, and a picture of what hangs together."""

from contextlib import suppress
from functools import partial

from slack_sdk.errors import SlackApiError

from bot.slack import graph_picture
from bot.slack.cards.alert_card import suspects
from bot.slack.cards.blocks import Block
from bot.slack.desk import Desk
from storage.records.alerts import Alert
from storage.records.graph import NodeView

_MOST_LINKS = 5


async def links_to(desk: Desk, alert: Alert) -> dict[str, str]:
    """Suspect plan → address of its card; plans without a card are left out."""
    found: dict[str, str] = {}
    for plan_id in suspects(alert.finding)[:_MOST_LINKS]:
        async with desk.office.ledger.read() as tx:
            card = await tx.cards.get(plan_id)
        if card.channel is not None and card.ts is not None:
            with suppress(SlackApiError):
                answer = await desk.client.chat_getPermalink(channel=card.channel, message_ts=card.ts)
                found[plan_id] = str(answer["permalink"])
    return found


async def picture_of(desk: Desk, alert: Alert) -> Block | None:
    """What the graph knows around the likeliest suspect; None where it knows none, or nothing around it."""
    refs = [one.ref for one in alert.finding.candidates if one.ref] + suspects(alert.finding)
    for ref in dict.fromkeys(refs[:_MOST_LINKS]):
        view = await desk.office.answers.find(ref)
        around = await desk.office.answers.around(view.ref) if isinstance(view, NodeView) else None
        if around is not None and graph_picture.can_draw(around):
            draw = partial(graph_picture.draw, around)
            return await desk.pictures.block(around, draw, filename=f"{alert.id}.png")
    return None

"""Posting an answer: its words at once, then its picture, in the same place; each falls back where Slack refuses it."""

import asyncio
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack import charts
from bot.slack.cards.blocks import Block, Message
from bot.slack.cards.markup import escaped
from bot.slack.cards.native_chart import native_chart
from bot.slack.chart_marks import marks_of
from bot.slack.desk import Desk
from bot.slack.posting import UNACCEPTABLE, Send, sent, with_picture
from storage.records.kpis import KpiAnswer

log = structlog.get_logger()


async def post_answer(
    desk: Desk, message: Message, answer: KpiAnswer | None, *, channel: str, thread: str | None
) -> None:
    """The words, with Slack's own chart where that serves, else followed by a picture where there is one to draw.

    Raises SlackApiError where not even the words could be posted.
    """

    async def post(blocks: list[Block]) -> AsyncSlackResponse:
        return await desk.client.chat_postMessage(
            channel=channel, thread_ts=thread, text=message.text, blocks=blocks, unfurl_links=False
        )

    native = native_chart(answer) if answer is not None else None
    if native is not None and await _taken(post, _with_chart(message, native)):
        return
    # Drawn while the words are on their way.
    picture = asyncio.create_task(_picture(desk, answer)) if answer is not None else None
    try:
        await sent(message, post, pictures=desk.pictures)
    except BaseException:
        if picture is not None:
            picture.cancel()
        raise
    if picture is not None and (block := await picture) is not None:
        await _post_picture(desk, block, channel=channel, thread=thread)


async def whisper_picture(desk: Desk, body: dict[str, Any], answer: KpiAnswer | None) -> None:
    """The picture of an answer for the acting person alone, after its words."""
    picture = await _picture(desk, answer) if answer is not None else None
    if picture is None:
        return
    try:
        await desk.tell(body, Message(text=escaped(str(picture["alt_text"])), blocks=(picture,)))
    except (SlackApiError, OSError, TimeoutError) as error:
        await _lost(desk, picture, error)


async def answer_picture(desk: Desk, answer: KpiAnswer) -> Block | None:
    """The picture of an answer with what happened on its days; None where there is none or it could not be sent."""
    if not charts.can_draw(answer):
        return None
    async with desk.office.ledger.read() as tx:
        marks = await marks_of(tx, answer)
    return await desk.pictures.of(charts.sketch_of(answer, marks), filename=f"{answer.kpi}.png")


async def _picture(desk: Desk, answer: KpiAnswer) -> Block | None:
    """What can go wrong with a picture is logged: the words have been said."""
    try:
        return await answer_picture(desk, answer)
    except Exception as error:  # noqa: BLE001 - as above
        log.warning("chart.not_drawn", kpi=answer.kpi, error=type(error).__name__)
        return None


async def _post_picture(desk: Desk, picture: Block, *, channel: str, thread: str | None) -> None:
    """A message of its own, so that the words need not wait."""
    try:
        await desk.client.chat_postMessage(
            channel=channel, thread_ts=thread, text=escaped(str(picture["alt_text"])), blocks=[picture]
        )
    except (SlackApiError, OSError, TimeoutError) as error:
        await _lost(desk, picture, error)


async def _lost(desk: Desk, picture: Block, error: Exception) -> None:
    log.warning("chart.not_sent", error=type(error).__name__)
    await desk.pictures.forget([picture])


async def _taken(post: Send, message: Message) -> bool:
    """Whether Slack took the message with a chart of its own in it; raises for every other trouble."""
    try:
        await post(list(message.blocks))
    except SlackApiError as error:
        if error.response.get("error") not in UNACCEPTABLE:
            raise
        log.warning("chart.refused", error=str(error.response.get("error")))
        return False
    return True


def _with_chart(message: Message, chart: Block) -> Message:
    """The chart stands before the table that says the same exactly, else before the buttons."""
    blocks = list(message.blocks)
    at = next((n for n, one in enumerate(blocks) if one["type"] == "table"), None)
    if at is None:
        return with_picture(message, chart)
    return Message(text=message.text, blocks=(*blocks[:at], chart, *blocks[at:]))

"""Data in Slack: the picture of the business, rows that were set aside, and answers to what only people know."""

import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.errors import SlackApiError

from agents.lifecycle.decide import Declined
from bot.slack import clicks, dialogs
from bot.slack.buttons import ActionId, PageRef
from bot.slack.cards import notices
from bot.slack.cards.blocks import Message
from bot.slack.cards.picture_card import picture_card, set_aside_card
from bot.slack.data_buttons import AnswerRef, LoadRef
from bot.slack.desk import Desk
from bot.slack.home import republish
from bot.slack.picture import survey_picture
from storage.records.people import Person

_PICTURE, _ASIDE = "Your data", "Rows set aside"
_UNACCEPTABLE = {"invalid_blocks", "invalid_blocks_format", "invalid_arguments"}


def register(app: AsyncApp, desk: Desk) -> None:
    """Attach a listener to the command and to every button about data."""

    @app.command("/data")
    async def data(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if await desk.first_actor(body) is not None:
            await _tell_picture(desk, body)

    @app.action(ActionId.DATA_PICTURE)
    async def picture(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read_in_dialog(desk, body, PageRef, title=_PICTURE)) is not None:
            await _show_picture(desk, click[0])

    @app.action(ActionId.DATA_SET_ASIDE)
    async def set_aside(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read_in_dialog(desk, body, LoadRef, title=_ASIDE)) is None:
            return
        named = click[2].load_id
        async with desk.office.ledger.read() as tx:
            rows = await tx.quarantine.open(load_id=None if named == "all" else named)
        await dialogs.say(desk, click[0], _ASIDE, set_aside_card(rows))

    @app.action(re.compile(rf"^{re.escape(ActionId.QUESTION_ANSWER)}\."))
    async def answer(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read(desk, body, AnswerRef)) is None:
            return
        if (refusal := await _answered(desk, *click)) is not None:
            await desk.tell(body, refusal)
        await republish(desk, body, click[0])


async def _answered(desk: Desk, person: Person, ref: AnswerRef) -> Message | None:
    """Take the answer; words where it has no effect, the card tells everything else."""
    result = await desk.office.asker.answer(ref.question_id, ref.option, person, via="slack", seen_version=ref.version)
    return notices.refused(result.words) if isinstance(result, Declined) else None


async def _tell_picture(desk: Desk, body: dict[str, Any]) -> None:
    """The picture to whoever asks; in words alone where Slack does not take the drawing."""
    survey = await desk.office.survey()
    drawing = await survey_picture(desk.pictures, survey)
    today = desk.office.clock().astimezone(desk.zone).date()
    try:
        await desk.tell(body, picture_card(survey, zone=desk.zone, today=today, picture=drawing))
    except SlackApiError as error:
        if drawing is None or error.response.get("error") not in _UNACCEPTABLE:
            raise
        await desk.tell(body, picture_card(survey, zone=desk.zone, today=today))


async def _show_picture(desk: Desk, view_id: str) -> None:
    survey = await desk.office.survey()
    today = desk.office.clock().astimezone(desk.zone).date()
    await dialogs.say(desk, view_id, _PICTURE, picture_card(survey, zone=desk.zone, today=today))
    # The words are there at once; the picture takes a moment to be drawn and uploaded.
    if (drawing := await survey_picture(desk.pictures, survey)) is None:
        return
    try:
        await dialogs.say(desk, view_id, _PICTURE, picture_card(survey, zone=desk.zone, today=today, picture=drawing))
    except SlackApiError as error:
        if error.response.get("error") not in _UNACCEPTABLE:
            raise

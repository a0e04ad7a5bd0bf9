"""Chat: a question in plain words gets numbers with their source and a picture, or a question back."""

from typing import Any
from zoneinfo import ZoneInfo

from agents.kpis.question import HelpQuestion, WaitingQuestion
from agents.kpis.reply import Reply
from agents.lifecycle.answers.respond import CAN
from bot.slack.answers import post_answer
from bot.slack.cards import list_cards, notices
from bot.slack.cards.blocks import Message, context
from bot.slack.cards.kpi_card import kpi_card
from bot.slack.cards.markup import escaped
from bot.slack.cards.reply_card import reply_card
from bot.slack.desk import Desk
from storage.records.kpis import KpiAnswer
from storage.records.people import Person


async def answer_question(desk: Desk, text: str, *, person: Person, body: dict[str, Any]) -> None:
    """Answer where the question was asked: in its thread in a channel, in line in a direct message."""
    channel, thread = _place(body)
    message, answer = await answered(desk, text, person=person, place=channel, thread=thread or "")
    await post_answer(desk, message, answer, channel=channel, thread=thread)


async def answered(
    desk: Desk, text: str, *, person: Person, place: str = "", thread: str = ""
) -> tuple[Message, KpiAnswer | None]:
    """The words for any question, and the number behind them if there is one.

    A follow-up goes on from what was asked before in the thread; without a place, from what the person asked alone.
    """
    responder = desk.office.responder
    question = await responder.understood(text, place=place or f"person:{person.id}", thread=thread)
    if isinstance(question, WaitingQuestion):
        waiting = await desk.office.router.waiting_for(person)
        lines = [list_cards.plan_line(one.status, ZoneInfo(person.zone)) for one in waiting]
        return notices.waiting_for(lines), None
    if isinstance(question, HelpQuestion) and question.kpi is None:
        return list_cards.help_card(simulated=desk.office.sandbox is not None), None
    reply = await responder.answer(question, person=person)
    return shown(desk, text, reply), reply.answer


def shown(desk: Desk, text: str, reply: Reply) -> Message:
    """The card of a reply to a text."""
    if reply.kind in ("clarify", "not_understood"):
        message = notices.not_understood(text, reply.clarify)
        return Message(text=message.text, blocks=(*message.blocks, context(escaped(CAN))))
    if reply.kind != "kpi" or reply.answer is None:
        return reply_card(reply)
    formula = desk.office.kpis.definition(reply.answer.kpi).formula
    return kpi_card(reply.answer, zone=desk.zone, formula=formula, follow_ups=reply.follow_ups)


def _place(body: dict[str, Any]) -> tuple[str, str | None]:
    event = body.get("event")
    if event is not None:
        direct = event.get("channel_type") == "im"
        return event["channel"], event.get("thread_ts") or (None if direct else event["ts"])
    container = body.get("container", {})
    return body["channel"]["id"], container.get("thread_ts")

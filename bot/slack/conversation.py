"""Chat: a question in plain words gets the KPI engine's number with its source, or a question back."""

from typing import Any
from zoneinfo import ZoneInfo

import structlog
from slack_sdk.errors import SlackApiError

from agents.kpis.query import BadKpiQuery, KpiQuery
from agents.kpis.question import Clarify, HelpQuestion, KpiQuestion, NotUnderstood, WaitingQuestion
from bot.slack import charts
from bot.slack.cards import list_cards, notices
from bot.slack.cards.blocks import Message
from bot.slack.cards.kpi_card import kpi_card
from bot.slack.desk import Desk
from storage.records.kpis import KpiAnswer
from storage.records.people import Person

log = structlog.get_logger()


async def answer_question(desk: Desk, text: str, *, person: Person, body: dict[str, Any]) -> None:
    """Answer where the question was asked: in its thread in a channel, in line in a direct message."""
    channel, thread = _place(body)
    message, answer = await answered(desk, text, person=person)
    await desk.client.chat_postMessage(
        channel=channel, thread_ts=thread, text=message.text, blocks=list(message.blocks), unfurl_links=False
    )
    if answer is not None and charts.can_draw(answer):
        await _send_chart(desk, answer, channel=channel, thread=thread)


async def answered(desk: Desk, text: str, *, person: Person) -> tuple[Message, KpiAnswer | None]:
    """The words for any question, and the number behind them if there is one."""
    kpis = desk.office.kpis
    match await kpis.understood(text):  # every kind of question is a case, so nothing falls through
        case KpiQuestion(query=query, ignored=ignored):
            return await _number(desk, query, ignored)
        case WaitingQuestion():
            waiting = await desk.office.router.waiting_for(person)
            lines = [list_cards.plan_line(one.status, ZoneInfo(person.zone)) for one in waiting]
            return notices.waiting_for(lines), None
        case HelpQuestion(kpi=name):
            return _help(desk, name), None
        case Clarify(options=suggestions) | NotUnderstood(did_you_mean=suggestions):
            return notices.not_understood(text, suggestions), None


def _help(desk: Desk, kpi_name: str | None) -> Message:
    """What can be asked, or what one KPI means."""
    if kpi_name is None:
        return list_cards.help_card(simulated=desk.office.sandbox is not None)
    kpi = desk.office.kpis.definition(kpi_name)
    return notices.refused(f"{kpi.label}: {kpi.description} Computed as {kpi.formula}. Owner: {kpi.owner}.")


async def _number(desk: Desk, query: KpiQuery, ignored: tuple[str, ...]) -> tuple[Message, KpiAnswer | None]:
    try:
        answer = await desk.office.kpis.ask(query)
    except BadKpiQuery as error:
        return notices.refused(str(error)), None
    if ignored:
        note = f"Not used from your question: {', '.join(ignored)}."
        answer = answer.model_copy(update={"notes": (*answer.notes, note)})
    kpi = desk.office.kpis.definition(answer.kpi)
    formula, ways = kpi.formula, [name for name in ("channel", "owner", "type", "source") if name in kpi.dimensions]
    follow_ups = () if query.by else tuple(f"{answer.label} by {name} {query.window.words}" for name in ways[:1])
    return kpi_card(answer, zone=desk.zone, formula=formula, follow_ups=follow_ups), answer


async def _send_chart(desk: Desk, answer: KpiAnswer, *, channel: str, thread: str | None) -> None:
    """The picture follows the number; a failed upload must not take the answer with it."""
    chart = await charts.draw(answer)
    try:
        await desk.client.files_upload_v2(
            channel=channel,
            thread_ts=thread,
            content=chart.png,
            filename=f"{answer.kpi}.png",
            title=chart.title,
            alt_txt=chart.alt_text,
        )
    except SlackApiError as error:
        log.warning("chart.not_sent", kpi=answer.kpi, error=str(error.response.get("error")))


def _place(body: dict[str, Any]) -> tuple[str, str | None]:
    event = body.get("event")
    if event is not None:
        direct = event.get("channel_type") == "im"
        return event["channel"], event.get("thread_ts") or (None if direct else event["ts"])
    container = body.get("container", {})
    return body["channel"]["id"], container.get("thread_ts")

"""Slash commands: acknowledge at once, then one use case and a private answer."""

import asyncio
import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from agents.team.agent import KeepThePlan, NotEnoughData
from bot.office import MarketRefused
from bot.slack import dialogs
from bot.slack.answers import whisper_picture
from bot.slack.cards import list_cards, notices
from bot.slack.cards.blocks import Message
from bot.slack.cards.list_cards import FleetLine
from bot.slack.cards.plan_card import plan_card
from bot.slack.cards.rollback_views import rollback_picker
from bot.slack.conversation import answered
from bot.slack.desk import Desk
from storage.records.people import Person, Role
from storage.records.plans import PlanState

_PLAN_ID = re.compile(r"(?:plan-)?([1-9]\d{0,8})", re.IGNORECASE)
_TICK = re.compile(r"tick(?:\s+(\d{1,3})\s*d?(?:ays?)?)?", re.IGNORECASE)
_SCENARIO = re.compile(r"scenario\s+([a-z-]+)", re.IGNORECASE)


def register(app: AsyncApp, desk: Desk) -> None:  # noqa: C901 - one short listener each
    """Attach a listener to every command of the manifest."""
    moving = asyncio.Lock()

    @app.command("/plan")
    async def plan(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        if (person := await desk.first_actor(body)) is not None:
            await _say(respond, await _plan(desk, body.get("text", "").strip(), person, respond))

    @app.command("/kpi")
    async def kpi(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        if (person := await desk.first_actor(body)) is None:
            return
        message, answer = await answered(desk, body.get("text", "") or "help", person=person)
        await _say(respond, message)
        await whisper_picture(desk, body, answer)

    @app.command("/rollback")
    async def rollback(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        view_id = await dialogs.open_loading(desk, body, "Roll back")
        if view_id is None:
            return
        if (person := await desk.person(body)) is None:
            await dialogs.say(desk, view_id, "Roll back", notices.unknown_person())
            return
        text = body.get("text", "").strip()
        named = _PLAN_ID.fullmatch(text)
        if named:
            await dialogs.show_rollback(desk, view_id, f"PLAN-{named[1]}", person)
        elif text:
            wrong = notices.refused(f"“{text}” is no plan: write /rollback PLAN-12, or /rollback alone to choose.")
            await dialogs.say(desk, view_id, "Roll back", wrong)
        elif not (permission := await desk.office.may(person, "rollback")).allowed and Role.ADMIN not in person.roles:
            await dialogs.say(desk, view_id, "Roll back", notices.refused(permission.reason))
        else:
            await dialogs.show(desk, view_id, rollback_picker(await _carried_out(desk), zone=desk.zone))

    @app.command("/fleet")
    async def fleet(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        if await desk.first_actor(body) is not None:
            await _say(respond, list_cards.fleet_list(await _fleet(desk), zone=desk.zone))

    @app.command("/market")
    async def market(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        if (person := await desk.first_actor(body)) is not None:
            # Whoever presses while it moves gets the days asked for after it, and is told of those alone.
            async with moving:
                message = await _market(desk, body.get("text", "").strip(), person)
            await _say(respond, message)


async def _say(respond: AsyncRespond, message: Message) -> None:
    await respond(text=message.text, blocks=list(message.blocks), response_type="ephemeral")


async def _plan(desk: Desk, text: str, person: Person, respond: AsyncRespond) -> Message:
    office = desk.office
    if text.casefold() == "help":
        return list_cards.help_card(simulated=office.sandbox is not None)
    if text.casefold() == "list":
        async with office.ledger.read() as tx:
            return list_cards.plan_list(await tx.plans.recent(50), zone=desk.zone)
    if named := _PLAN_ID.fullmatch(text):
        try:
            dossier = await office.router.dossier(f"PLAN-{named[1]}")
        except LookupError:
            return notices.not_found(f"PLAN-{named[1]}")
        return plan_card(dossier, zone=desk.zone, now=office.clock())
    if text:
        return notices.refused(f"I do not know “/plan {text}”. Try /plan, /plan list, /plan PLAN-12 or /plan help.")
    permission = await office.may(person, "propose")
    if not permission.allowed:
        return notices.refused(permission.reason)
    await _say(respond, notices.planning())
    made = await office.plan()
    if isinstance(made, KeepThePlan | NotEnoughData):
        return notices.no_plan((made.reason,), keep=isinstance(made, KeepThePlan))
    return notices.refused(f"{made.plan.id} is {made.state.value}: its card is in the channel.")


async def _carried_out(desk: Desk) -> list[Any]:
    async with desk.office.ledger.read() as tx:
        done = await tx.plans.in_states(PlanState.DONE, PlanState.FAILED)
    return [status for status in reversed(done) if status.plan.restores is None]


async def _fleet(desk: Desk) -> list[FleetLine]:
    async with desk.office.ledger.read() as tx:
        recent = await tx.plans.recent(200)
    return [
        FleetLine(
            name=agent.name,
            does=agent.does,
            version=agent.version,
            last_ran=next((one.plan.created_at for one in recent if one.plan.agent == agent.name), None),
            last_result=next((one.plan.title for one in recent if one.plan.agent == agent.name), ""),
            waiting=sum(one.plan.agent == agent.name and one.state is PlanState.WAITING for one in recent),
        )
        for agent in desk.office.team
    ]


async def _market(desk: Desk, text: str, person: Person) -> Message:
    office = desk.office
    if office.sandbox is None:
        return notices.market_refused("this home is connected to real channels; there is no simulated market.")
    permission = await office.may(person, "tick")
    if not permission.allowed:
        return notices.market_refused(permission.reason)
    try:
        if ticked := _TICK.fullmatch(text):
            days = int(ticked[1] or 1)
            moved = await office.advance(days)
            return notices.market_moved(f"{moved.today:%A %-d %B %Y}", days, moved.events)
        if wanted := _SCENARIO.fullmatch(text):
            return notices.refused(await office.sandbox.set_scenario(wanted[1].casefold()))
    except MarketRefused as error:
        return notices.market_refused(str(error))
    return notices.market_refused("write /market tick 1d, /market tick 7d or /market scenario NAME.")

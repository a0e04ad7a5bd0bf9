"""Handing a plan on, asking about it, and standing in for each other; what Slack says of accounts."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from agents.lifecycle.decide import Declined
from bot.slack import clicks, dialogs
from bot.slack.buttons import ActionId, CallbackId, DelegationRef, PageRef, PlanRef
from bot.slack.cards import notices
from bot.slack.cards.markup import plain_moment
from bot.slack.cards.people_views import delegate_view, read_delegate, read_hand_over, read_question
from bot.slack.desk import Desk
from bot.slack.home import refresh, republish
from storage.records.people import Person

_END = re.compile(r"end\s+(delegation-[1-9]\d{0,8})", re.IGNORECASE)


def register(app: AsyncApp, desk: Desk) -> None:
    """Attach a listener to everything between people."""
    _accounts(app, desk)
    _plans(app, desk)
    _delegations(app, desk)


def _accounts(app: AsyncApp, desk: Desk) -> None:
    @app.event("user_change")
    async def changed(event: dict[str, Any]) -> None:
        await desk.accounts.remember(event["user"])

    @app.event("team_join")
    async def joined(event: dict[str, Any]) -> None:
        await desk.accounts.remember(event["user"])


def _plans(app: AsyncApp, desk: Desk) -> None:
    @app.view(CallbackId.PLAN_HAND_OVER)
    async def hand_over(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        form, ref = read_hand_over(view["state"]["values"]), clicks.metadata(view, PlanRef)
        if (person := await clicks.submitted(desk, ack, body, form.errors, "Hand over")) is None:
            return
        async with desk.office.ledger.read() as tx:
            to = await tx.people.by_slack_id(form.slack_id)
        if ref is None or to is None:
            message = notices.old_button() if ref is None else notices.refused("I do not know that person here.")
            await dialogs.say(desk, view["id"], "Hand over", message)
            return
        result = await desk.office.reminder.hand_over(ref.plan_id, person, to.id, form.words)
        message = notices.refused(result.words)
        if not isinstance(result, Declined):
            message = notices.asked_of(ref.plan_id, [to])
        await dialogs.say(desk, view["id"], "Hand over", message)

    @app.view(CallbackId.PLAN_ASK)
    async def question(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        form, ref = read_question(view["state"]["values"]), clicks.metadata(view, PlanRef)
        if (person := await clicks.submitted(desk, ack, body, form.errors, "Ask")) is None:
            return
        if ref is None:
            await dialogs.say(desk, view["id"], "Ask", notices.old_button())
            return
        result = await desk.office.reminder.ask(ref.plan_id, person, form.text)
        declined = isinstance(result, Declined)
        message = notices.refused(result.words) if declined else notices.question_passed_on(ref.plan_id)
        await dialogs.say(desk, view["id"], "Ask", message)


def _delegations(app: AsyncApp, desk: Desk) -> None:  # noqa: C901 - one short listener each
    @app.command("/delegate")
    async def delegate(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        text = body.get("text", "").strip()
        if not text:
            if (view_id := await dialogs.open_loading(desk, body, "Delegate")) is not None:
                await _show(desk, view_id, await desk.person(body))
        elif (person := await desk.first_actor(body)) is not None:
            await clicks.answer(respond, await _said(desk, text, person))

    @app.action(ActionId.HOME_DELEGATE)
    async def delegate_from_home(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read_in_dialog(desk, body, PageRef, title="Delegate")) is not None:
            await _show(desk, click[0], click[1])

    @app.view(CallbackId.DELEGATE)
    async def delegated(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        maker = await desk.person(body)
        zone = ZoneInfo(maker.zone) if maker else desk.zone
        form = read_delegate(view["state"]["values"], now=desk.office.clock(), zone=zone)
        if (person := await clicks.submitted(desk, ack, body, form.errors, "Delegate")) is None:
            return
        async with desk.office.ledger.read() as tx:
            to = await tx.people.by_slack_id(form.slack_id)
        if to is None:
            await dialogs.say(desk, view["id"], "Delegate", notices.refused("I do not know that person here."))
            return
        result = await desk.office.delegator.delegate(
            person.id, to.id, form.starts_at, form.ends_at, by=person, via="slack"
        )
        await dialogs.say(desk, view["id"], "Delegate", notices.refused(result.words))
        await refresh(desk, person)

    @app.action(ActionId.DELEGATION_END)
    async def ended(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read(desk, body, DelegationRef)) is not None:
            person, ref = click
            result = await desk.office.delegator.end(ref.delegation_id, by=person, via="slack")
            await desk.tell(body, notices.refused(result.words))
            await republish(desk, body, person)


async def _show(desk: Desk, view_id: str, person: Person | None) -> None:
    if person is None:
        await dialogs.say(desk, view_id, "Delegate", notices.unknown_person())
        return
    permission = await desk.office.may(person, "delegate")
    if not permission.allowed:
        await dialogs.say(desk, view_id, "Delegate", notices.refused(permission.reason))
        return
    today = desk.office.clock().astimezone(ZoneInfo(person.zone)).date()
    await dialogs.show(desk, view_id, delegate_view(today=today))


async def _said(desk: Desk, text: str, person: Person) -> str:
    if named := _END.fullmatch(text):
        return (await desk.office.delegator.end(named[1].upper(), by=person, via="slack")).words
    if text.casefold() != "list":
        return "Write /delegate alone to choose somebody, /delegate list, or /delegate end DELEGATION-1."
    held = await desk.office.delegator.list()
    async with desk.office.ledger.read() as tx:
        names = await tx.people.names()
    zone = ZoneInfo(person.zone)
    lines = [
        f"{one.id}: {names.get(one.to_person, one.to_person)} for {names.get(one.from_person, one.from_person)}, "
        f"{plain_moment(one.starts_at, zone)} to {plain_moment(one.ends_at, zone)}"
        for one in held
    ]
    return "; ".join(lines) or "Nobody stands in for anybody."

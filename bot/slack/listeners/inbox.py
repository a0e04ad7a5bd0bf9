"""App Home as the inbox: turning pages, and deciding on several plans at once, each through the same guard."""

import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from agents.lifecycle.decide import Accepted, Declined
from bot.slack import clicks, dialogs
from bot.slack.buttons import ActionId, BulkRef, BulkVerb, CallbackId, PageRef, PlanRef
from bot.slack.cards import notices
from bot.slack.cards.bulk_views import TITLES, bulk_result, bulk_view, read_bulk
from bot.slack.cards.home_view import read_ticked
from bot.slack.desk import Desk
from bot.slack.home import publish, refresh
from storage.records.people import Person

_VERBS = {ActionId.HOME_APPROVE: BulkVerb.APPROVE, ActionId.HOME_REJECT: BulkVerb.REJECT}


def register(app: AsyncApp, desk: Desk) -> None:
    """Attach a listener to every control of the page that is not on a card, too."""

    @app.action(ActionId.HOME_PICK)
    async def pick(ack: AsyncAck) -> None:
        await ack()  # what is ticked rides in the view's state until a button below is pressed

    @app.action(re.compile(rf"^{re.escape(ActionId.HOME_PAGE)}\.(?:back|on)$"))
    async def turn(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read(desk, body, PageRef)) is not None:
            await publish(desk, click[0], page=click[1].page)

    @app.action(re.compile(rf"^(?:{re.escape(ActionId.HOME_APPROVE)}|{re.escape(ActionId.HOME_REJECT)})$"))
    async def several(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        verb = _VERBS[ActionId(body["actions"][0]["action_id"])]
        if (click := await clicks.read_in_dialog(desk, body, PageRef, title=TITLES[verb])) is None:
            return
        ticked = read_ticked(body["view"]["state"]["values"])
        dossiers = {one.status.plan.id: one for one in await desk.office.router.waiting_for(click[1])}
        await dialogs.show(desk, click[0], bulk_view(verb, ticked, dossiers))

    @app.view(CallbackId.BULK)
    async def decide(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        ref: BulkRef | None = clicks.metadata(view, BulkRef)
        form = read_bulk(ref.verb, view["state"]["values"]) if ref else None
        if form is not None and form.errors:
            await ack(response_action="errors", errors=form.errors)
            return
        title = TITLES[ref.verb] if ref else "Plans"
        await dialogs.answer_loading(ack, title)
        if not await desk.deliveries.first_time(body):
            return
        person = await desk.person(body)
        if person is None or ref is None or form is None:
            message = notices.unknown_person() if person is None else notices.old_button()
            await dialogs.say(desk, view["id"], title, message)
            return
        results = [(one, await _decide(desk, ref.verb, one, person, form.reason)) for one in ref.plans]
        done = [one.plan_id for one, result in results if isinstance(result, Accepted)]
        failed = [(one.plan_id, result.words) for one, result in results if isinstance(result, Declined)]
        await dialogs.say(desk, view["id"], title, bulk_result(ref.verb, done, failed))
        await refresh(desk, person)


async def _decide(desk: Desk, verb: BulkVerb, ref: PlanRef, person: Person, reason: str) -> Accepted | Declined:
    """One of several: what stands in the way of one says nothing about the others."""
    decider = desk.office.decider
    if verb is BulkVerb.APPROVE:
        return await decider.approve(clicks.seen(ref), person, via="slack")
    return await decider.reject(clicks.seen(ref), person, reason=reason, via="slack")

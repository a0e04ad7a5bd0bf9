"""Clicks on cards: acknowledge at once, decide in one use case, answer in private if it had no effect."""

import re
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from slack_bolt.async_app import AsyncAck, AsyncApp

from agents.lifecycle.answers.why import why as why_of
from agents.lifecycle.decide import Declined
from bot.slack import clicks, dialogs, why_picture
from bot.slack.buttons import ActionId, MenuRef, PlanChoice, PlanName, PlanRef, Question
from bot.slack.cards import notices
from bot.slack.cards.ask_card import quiet_until
from bot.slack.cards.edit_view import edit_view
from bot.slack.cards.people_views import hand_over_view, question_view
from bot.slack.cards.reject_view import reject_view
from bot.slack.cards.why_view import why_view
from bot.slack.conversation import answer_question
from bot.slack.desk import Desk
from bot.slack.home import republish
from storage.records.people import Person
from storage.records.verdicts import Answer


def register(app: AsyncApp, desk: Desk) -> None:
    """Attach a listener to every button of a card."""
    _deciding(app, desk)
    _looking(app, desk)
    _asking(app, desk)


def _deciding(app: AsyncApp, desk: Desk) -> None:
    @app.action(ActionId.PLAN_APPROVE)
    async def approve(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read(desk, body, PlanRef)) is None:
            return
        person, ref = click
        result = await desk.office.decider.approve(clicks.seen(ref), person, via="slack")
        if isinstance(result, Declined):
            await desk.tell(body, await desk.declined(result, verb="approve", seen_revision=ref.revision))
        await republish(desk, body, person)

    @app.action(ActionId.PLAN_WITHDRAW)
    async def withdraw(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read(desk, body, PlanRef)) is None:
            return
        person, ref = click
        result = await desk.office.decider.withdraw(clicks.seen(ref), person, via="slack")
        if isinstance(result, Declined):
            await desk.tell(body, await desk.declined(result, verb="withdraw", seen_revision=ref.revision))
        else:
            await desk.tell(body, notices.decided(await desk.office.router.dossier(ref.plan_id), Answer.WITHDRAW))
        await republish(desk, body, person)

    @app.action(ActionId.PLAN_REJECT)
    async def reject(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await _open_form(desk, body, verb="reject")

    @app.action(ActionId.PLAN_EDIT)
    async def edit(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await _open_form(desk, body, verb="edit")


def _looking(app: AsyncApp, desk: Desk) -> None:
    @app.action(ActionId.PLAN_OPEN)
    async def opened(ack: AsyncAck) -> None:
        await ack()  # a link: Slack has opened it already

    @app.action(ActionId.PLAN_MORE)
    async def more(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        await _chosen(desk, body)

    @app.action(ActionId.PLAN_WHY)
    async def why(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read_in_dialog(desk, body, PlanRef, title="Why?")) is None:
            return
        view_id, _, ref = click
        try:
            dossier = await desk.office.router.dossier(ref.plan_id)
        except LookupError:
            await dialogs.say(desk, view_id, "Why?", notices.not_found(ref.plan_id))
            return
        async with desk.office.ledger.read() as tx:
            entries, found = await tx.audit.of(ref.plan_id), await why_of(tx, ref.plan_id)
        view = partial(why_view, dossier, zone=desk.zone, entries=entries, found=found)
        await dialogs.show(desk, view_id, view())
        if found is None:
            return
        # The words are there at once; the picture takes a moment to be drawn and uploaded.
        picture = await desk.pictures.block(
            why_picture.shown(found, dossier),
            lambda: why_picture.draw(found, dossier),
            filename=f"{ref.plan_id}.png",
        )
        if picture is not None:
            await dialogs.show(desk, view_id, view(picture=picture))

    @app.action(ActionId.PLAN_ROLLBACK)
    async def rollback(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read_in_dialog(desk, body, PlanName, title="Roll back")) is not None:
            view_id, person, name = click
            await dialogs.show_rollback(desk, view_id, name.plan_id, person)


def _asking(app: AsyncApp, desk: Desk) -> None:
    @app.action(re.compile(rf"^{re.escape(ActionId.KPI_ASK)}\."))
    async def ask(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read(desk, body, Question)) is not None:
            await answer_question(desk, click[1].text, person=click[0], body=body)


async def _chosen(desk: Desk, body: dict[str, Any]) -> None:
    """One choice of a plan's menu; two of them open a form, which has to be opened before anything is looked up."""
    choice = str(body["actions"][0].get("selected_option", {}).get("value", "")).split(":")[1:2]
    title = _FORMS.get(choice[0]) if choice else None
    if title is not None:
        if (click := await clicks.read_in_dialog(desk, body, MenuRef, title=title)) is not None:
            await _show_form(desk, *click, title=title)
        return
    if (told := await clicks.read(desk, body, MenuRef)) is None:
        return
    person, ref = told
    until = quiet_until(ref.choice, now=desk.office.clock(), zone=ZoneInfo(person.zone))
    plan_id = ref.plan.plan_id
    if until is None:
        result = await desk.office.reminder.remind_now(plan_id, person)
    else:
        result = await desk.office.reminder.hush(plan_id, person, until)
    if isinstance(result, Declined) or until is None:
        await desk.tell(body, notices.refused(result.words))
    else:
        await desk.tell(body, notices.hushed(plan_id, until, zone=ZoneInfo(person.zone)))


_FORMS = {PlanChoice.HAND_OVER.value: "Hand over", PlanChoice.ASK.value: "Ask"}


async def _show_form(desk: Desk, view_id: str, person: Person, ref: MenuRef, *, title: str) -> None:
    async with desk.office.ledger.read() as tx:
        plan = await tx.plans.revision(ref.plan.plan_id, ref.plan.revision)
    if plan is None:
        await dialogs.say(desk, view_id, title, notices.not_found(ref.plan.plan_id))
        return
    act = "remind" if ref.choice is PlanChoice.HAND_OVER else "view"
    permission = await desk.office.may(person, act, plan)
    if not permission.allowed:
        await dialogs.say(desk, view_id, title, notices.refused(permission.reason))
        return
    await dialogs.show(
        desk, view_id, hand_over_view(plan) if ref.choice is PlanChoice.HAND_OVER else question_view(plan)
    )


async def _open_form(desk: Desk, body: dict[str, Any], *, verb: str) -> None:
    """The form to edit or reject with; whoever may not, or is late, gets words instead of a form."""
    title = f"{verb.capitalize()} plan"
    if (click := await clicks.read_in_dialog(desk, body, PlanRef, title=title)) is None:
        return
    view_id, person, ref = click
    status = await desk.office.decider.allowed(clicks.seen(ref), person, action=verb)
    if isinstance(status, Declined):
        message = await desk.declined(status, verb=verb, seen_revision=ref.revision)
        await dialogs.say(desk, view_id, title, message)
        return
    await dialogs.show(desk, view_id, edit_view(status.plan) if verb == "edit" else reject_view(status.plan))

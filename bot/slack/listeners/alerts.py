"""Alerts: buttons and forms, one use case each."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from slack_bolt.async_app import AsyncAck, AsyncApp

from agents.governance.rules import Act
from agents.lifecycle.decide import Declined
from bot.slack import clicks, dialogs
from bot.slack.alert_buttons import AlertChoice, AlertMenuRef, MuteChoice, MuteRef
from bot.slack.alert_suspects import links_to, picture_of
from bot.slack.buttons import ActionId, AlertRef, CallbackId, SnoozeRef
from bot.slack.cards import notices
from bot.slack.cards.alert_views import (
    assign_view,
    escalate_view,
    expect_view,
    read_assign,
    read_reason,
    read_rebaseline,
    read_snooze,
    read_words,
    rebaseline_view,
    snooze_view,
    suspects_view,
)
from bot.slack.cards.blocks import View
from bot.slack.desk import Desk
from storage.records.alerts import Alert, AlertState
from storage.records.people import Person

_TITLES = {
    AlertChoice.ASSIGN: "Assign",
    AlertChoice.SNOOZE_UNTIL: "Snooze",
    AlertChoice.EXPECT: "Expected",
    AlertChoice.REBASELINE: "Learn afresh",
    AlertChoice.ESCALATE: "Escalate",
}
_ACTS = {
    AlertChoice.ASSIGN: Act.ASSIGN,
    AlertChoice.SNOOZE_UNTIL: Act.SNOOZE,
    AlertChoice.EXPECT: Act.LEARN,
    AlertChoice.REBASELINE: Act.LEARN,
    AlertChoice.ESCALATE: Act.ESCALATE,
}
_QUIET_DAYS = {MuteChoice.CASE_1_WEEK: 7, MuteChoice.ALL_1_DAY: 1, MuteChoice.ALL_1_WEEK: 7}
_MORNING = time(9)


def register(app: AsyncApp, desk: Desk) -> None:
    """Attach a listener to everything that people do about an alert."""
    _buttons(app, desk)
    _menu(app, desk)
    _handing_on(app, desk)
    _learning(app, desk)


def _buttons(app: AsyncApp, desk: Desk) -> None:
    @app.action(ActionId.ALERT_ACKNOWLEDGE)
    async def acknowledge(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read(desk, body, AlertRef)) is None:
            return
        result = await desk.office.attendant.acknowledge(click[1].alert_id, click[0])
        if isinstance(result, Declined):
            await desk.tell(body, notices.refused(result.words))

    @app.action(ActionId.ALERT_SNOOZE)
    async def snooze(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read(desk, body, SnoozeRef)) is None:
            return
        result = await desk.office.attendant.snooze(click[1].alert_id, click[0], days=click[1].days)
        if isinstance(result, Declined):
            await desk.tell(body, notices.refused(result.words))

    @app.action(ActionId.ALERT_MUTE)
    async def mute(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read(desk, body, MuteRef)) is not None:
            await desk.tell(body, notices.refused(await _muted(desk, *click)))

    @app.action(ActionId.ALERT_OPEN)
    async def opened(ack: AsyncAck) -> None:
        """A link: Slack opens it by itself."""
        await ack()


def _menu(app: AsyncApp, desk: Desk) -> None:
    @app.action(ActionId.ALERT_SUSPECTS)
    async def suspects(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read_in_dialog(desk, body, AlertRef, title="Suspects")) is None:
            return
        view_id, person, ref = click
        permission, alert = await desk.office.may(person, Act.VIEW), await _alert(desk, ref.alert_id)
        if not permission.allowed or alert is None:
            message = notices.not_found(ref.alert_id) if permission.allowed else notices.refused(permission.reason)
            await dialogs.say(desk, view_id, "Suspects", message)
            return
        links = await links_to(desk, alert)
        await dialogs.show(desk, view_id, suspects_view(alert, links=links))
        # The words are there before the picture is drawn.
        if (picture := await picture_of(desk, alert)) is not None:
            await dialogs.show(desk, view_id, suspects_view(alert, links=links, picture=picture))

    @app.action(ActionId.ALERT_MORE)
    async def more(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        # A form has to be opened before anything is looked up.
        choice = str(body["actions"][0].get("selected_option", {}).get("value", "")).split(":")[1:2]
        title = next((title for one, title in _TITLES.items() if [one.value] == choice), "Alert")
        if (click := await clicks.read_in_dialog(desk, body, AlertMenuRef, title=title)) is not None:
            await _show_form(desk, *click)


def _handing_on(app: AsyncApp, desk: Desk) -> None:
    @app.view(CallbackId.ALERT_ASSIGN)
    async def assigned(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        form = read_assign(view["state"]["values"])
        if (sent := await _submitted(desk, ack, body, form.errors, "Assign")) is None:
            return
        person, alert_id = sent
        async with desk.office.ledger.read() as tx:
            to = await tx.people.by_slack_id(form.slack_id)
        if to is None:
            await _done(desk, view, "Assign", "I do not know that person here.")
            return
        result = await desk.office.attendant.assign(alert_id, person, to.id, form.words)
        words = f"{alert_id} waits for {to.name} now" + ("." if to.id == person.id else ", who has a message.")
        await _done(desk, view, "Assign", result.words if isinstance(result, Declined) else words)

    @app.view(CallbackId.ALERT_SNOOZE)
    async def snoozed(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        form = read_snooze(view["state"]["values"], today=desk.office.clock().astimezone(desk.zone).date())
        if (sent := await _submitted(desk, ack, body, form.errors, "Snooze")) is None:
            return
        result = await desk.office.attendant.snooze_until(sent[1], sent[0], form.day)
        if not isinstance(result, Declined):
            assert result.snoozed_until is not None, "it sleeps"
            words = f"{result.id} is quiet until {sent[0].on_clock(result.snoozed_until)}, unless it gets worse."
        await _done(desk, view, "Snooze", result.words if isinstance(result, Declined) else words)

    @app.view(CallbackId.ALERT_ESCALATE)
    async def escalated(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        form = read_words(view["state"]["values"])
        if (sent := await _submitted(desk, ack, body, form.errors, "Escalate")) is None:
            return
        result = await desk.office.attendant.escalate(sent[1], sent[0], words=form.words)
        words = f"Those on the next rung of the ladder have a message about {sent[1]}; its card says who."
        await _done(desk, view, "Escalate", result.words if isinstance(result, Declined) else words)


def _learning(app: AsyncApp, desk: Desk) -> None:
    @app.view(CallbackId.ALERT_EXPECT)
    async def expected(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        form = read_reason(view["state"]["values"])
        if (sent := await _submitted(desk, ack, body, form.errors, "Expected")) is None:
            return
        result = await desk.office.attendant.expect(sent[1], sent[0], reason=form.words)
        words = f"{sent[1]} is closed: what was found is the normal level from now on."
        await _done(desk, view, "Expected", result.words if isinstance(result, Declined) else words)

    @app.view(CallbackId.ALERT_REBASELINE)
    async def rebaselined(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        form = read_rebaseline(view["state"]["values"])
        if (sent := await _submitted(desk, ack, body, form.errors, "Learn afresh")) is None:
            return
        result = await desk.office.attendant.rebaseline(sent[1], sent[0], reason=form.words, since=form.day)
        words = f"{sent[1]} is closed: what is normal is learnt from {form.day:%-d %B %Y} on."
        await _done(desk, view, "Learn afresh", result.words if isinstance(result, Declined) else words)


async def _show_form(desk: Desk, view_id: str, person: Person, ref: AlertMenuRef) -> None:
    """The form, or why this person does not get it."""
    title = _TITLES[ref.choice]
    permission = await desk.office.may(person, _ACTS[ref.choice])
    alert = await _alert(desk, ref.alert_id)
    if not permission.allowed:
        await dialogs.say(desk, view_id, title, notices.refused(permission.reason))
    elif alert is None:
        await dialogs.say(desk, view_id, title, notices.not_found(ref.alert_id))
    elif alert.state is AlertState.RECOVERED:
        words = f"{alert.id} is over; there is nothing left to do."
        await dialogs.say(desk, view_id, title, notices.refused(words))
    else:
        await dialogs.show(desk, view_id, await _form(desk, ref.choice, alert))


async def _form(desk: Desk, choice: AlertChoice, alert: Alert) -> View:
    match choice:
        case AlertChoice.ASSIGN:
            return assign_view(alert, takers=await desk.office.attendant.takers())
        case AlertChoice.SNOOZE_UNTIL:
            return snooze_view(alert, today=desk.office.clock().astimezone(desk.zone).date())
        case AlertChoice.EXPECT:
            async with desk.office.ledger.read() as tx:
                parts = [one for one in await tx.alerts.unrecovered() if one.finding.part_of == alert.finding.key]
            return expect_view(alert, parts=len(parts))
        case AlertChoice.REBASELINE:
            reading = alert.finding.reading
            return rebaseline_view(
                alert, first=alert.finding.since or (reading.first if reading else None) or alert.opened_on
            )
        case AlertChoice.ESCALATE:
            return escalate_view(alert)


async def _submitted(
    desk: Desk, ack: AsyncAck, body: dict[str, Any], errors: dict[str, str], title: str
) -> tuple[Person, str] | None:
    """Who submitted the form and about which alert; None where there is nothing to do, or it was said why."""
    if (person := await clicks.submitted(desk, ack, body, errors, title)) is None:
        return None
    ref = clicks.metadata(body["view"], AlertRef)
    if ref is None:
        await dialogs.say(desk, body["view"]["id"], title, notices.old_button())
        return None
    return person, ref.alert_id


async def _done(desk: Desk, view: dict[str, Any], title: str, words: str) -> None:
    await dialogs.say(desk, view["id"], title, notices.refused(words))


async def _muted(desk: Desk, person: Person, ref: MuteRef) -> str:
    until = None
    if (days := _QUIET_DAYS.get(ref.choice)) is not None:
        zone = ZoneInfo(person.zone)
        morning = desk.office.clock().astimezone(zone).date() + timedelta(days=days)
        until = datetime.combine(morning, _MORNING, tzinfo=zone)
    alert_id = ref.alert_id if ref.choice is MuteChoice.CASE_1_WEEK else ""
    return (await desk.office.notifications.mute(person, until=until, alert_id=alert_id)).words


async def _alert(desk: Desk, alert_id: str) -> Alert | None:
    async with desk.office.ledger.read() as tx:
        return await tx.alerts.get(alert_id)

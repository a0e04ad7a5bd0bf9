"""Freezing, thawing and breaking glass: commands, buttons and forms, one use case each."""

import re
from html import unescape
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.slack import clicks, dialogs
from bot.slack.buttons import ActionId, CallbackId, FreezeRef, GlassRef, PageRef
from bot.slack.cards import notices
from bot.slack.cards.stop_views import (
    break_glass_view,
    concern_view,
    freeze_view,
    read_freeze,
    read_reason,
    read_thaw,
    thaw_view,
)
from bot.slack.desk import Desk
from bot.slack.home import refresh
from storage.records.people import Person
from storage.records.stops import FreezeScope

_ALL = re.compile(r"(?P<scope>all)\s+(?P<why>\S.*)", re.IGNORECASE | re.DOTALL)
# Phones write curly quotes by themselves.
_ONE = re.compile(
    r"(?P<scope>brand|channel|agent)\s+(?:[\"“”](?P<quoted>[^\"“”]+)[\"“”]|(?P<name>[^\s\"“”]+))\s+(?P<why>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_FREEZE_ID = re.compile(r"all|FREEZE-[1-9]\d{0,8}", re.IGNORECASE)


def register(app: AsyncApp, desk: Desk) -> None:
    """Attach a listener to every way of stopping the machine and letting it go on."""
    _freezing(app, desk)
    _breaking_glass(app, desk)


def _freezing(app: AsyncApp, desk: Desk) -> None:  # noqa: C901 - one short listener each
    @app.command("/freeze")
    async def freeze(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        text = unescape(body.get("text", "")).strip()
        if not text:
            await _open(desk, body, "Freeze", "freeze")
        elif (person := await desk.first_actor(body)) is not None:
            await clicks.answer(respond, await _freeze(desk, text, person))

    @app.command("/thaw")
    async def thaw(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        text = body.get("text", "").strip()
        if not text:
            await _open(desk, body, "Thaw", "thaw")
        elif (person := await desk.first_actor(body)) is not None:
            await clicks.answer(respond, await _thaw(desk, text, person))

    @app.action(ActionId.HOME_FREEZE)
    async def freeze_from_home(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read_in_dialog(desk, body, PageRef, title="Freeze")) is not None:
            await _show(desk, click[0], "Freeze", "freeze", click[1])

    @app.action(ActionId.FREEZE_THAW)
    async def thaw_this(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read_in_dialog(desk, body, FreezeRef, title="Thaw")) is not None:
            await _show(desk, click[0], "Thaw", "thaw", click[1], first=click[2].freeze_id)

    @app.view(CallbackId.FREEZE)
    async def frozen(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        form = read_freeze(view["state"]["values"])
        if (person := await clicks.submitted(desk, ack, body, form.errors, "Freeze")) is None:
            return
        result = await desk.office.freezer.freeze(form.scope, form.value, person, reason=form.reason, via="slack")
        await _done(desk, view, "Freeze", result.words, person)

    @app.view(CallbackId.THAW)
    async def thawed(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        form = read_thaw(view["state"]["values"])
        if (person := await clicks.submitted(desk, ack, body, form.errors, "Thaw")) is None:
            return
        result = await desk.office.freezer.thaw(form.freeze_id, person, via="slack")
        await _done(desk, view, "Thaw", result.words, person)


def _breaking_glass(app: AsyncApp, desk: Desk) -> None:  # noqa: C901 - one short listener each
    @app.command("/breakglass")
    async def break_glass(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        # What is written with the command is not lost; the consequences are read before it takes effect.
        await _open(desk, body, "Break the glass", "break_glass", written=unescape(body.get("text", "")).strip())

    @app.action(ActionId.GLASS_FINE)
    async def fine(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read(desk, body, GlassRef)) is not None:
            person, ref = click
            result = await desk.office.emergency.review(ref.glass_id, person, words="", fine=True, via="slack")
            await desk.tell(body, notices.refused(result.words))

    @app.action(ActionId.GLASS_CONCERN)
    async def concern(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read_in_dialog(desk, body, GlassRef, title="Raise a concern")) is None:
            return
        permission = await desk.office.may(click[1], "review_glass")
        if not permission.allowed:
            await dialogs.say(desk, click[0], "Raise a concern", notices.refused(permission.reason))
            return
        async with desk.office.ledger.read() as tx:
            glass, people = await tx.stops.glass(click[2].glass_id), await tx.people.all()
        if glass is None:
            await dialogs.say(desk, click[0], "Raise a concern", notices.not_found(click[2].glass_id))
            return
        known = {one.id: one for one in people}
        await dialogs.show(desk, click[0], concern_view(glass, people=known, zone=desk.zone))

    @app.view(CallbackId.BREAK_GLASS)
    async def broken(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        form = read_reason(view["state"]["values"])
        if (person := await clicks.submitted(desk, ack, body, form.errors, "Break the glass")) is None:
            return
        result = await desk.office.emergency.break_glass(person, reason=form.reason, via="slack")
        await _done(desk, view, "Break the glass", result.words, person)

    @app.view(CallbackId.GLASS_CONCERN)
    async def raised(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        form, ref = read_reason(view["state"]["values"]), clicks.metadata(view, GlassRef)
        if (person := await clicks.submitted(desk, ack, body, form.errors, "Raise a concern")) is None:
            return
        if ref is None:
            await dialogs.say(desk, view["id"], "Raise a concern", notices.old_button())
            return
        review = desk.office.emergency.review
        result = await review(ref.glass_id, person, words=form.reason, fine=False, via="slack")
        await _done(desk, view, "Raise a concern", result.words, person)


async def _open(desk: Desk, body: dict[str, Any], title: str, act: str, *, written: str = "") -> None:
    if (view_id := await dialogs.open_loading(desk, body, title)) is None:
        return
    if (person := await desk.person(body)) is None:
        await dialogs.say(desk, view_id, title, notices.unknown_person())
        return
    await _show(desk, view_id, title, act, person, written=written)


async def _show(
    desk: Desk, view_id: str, title: str, act: str, person: Person, *, first: str = "", written: str = ""
) -> None:
    """The form, or why this person does not get it."""
    permission = await desk.office.may(person, act)
    if not permission.allowed:
        await dialogs.say(desk, view_id, title, notices.refused(permission.reason))
    elif act == "freeze":
        names = await desk.office.freezer.names()
        view = freeze_view(
            brands=names[FreezeScope.BRAND], channels=names[FreezeScope.CHANNEL], agents=names[FreezeScope.AGENT]
        )
        await dialogs.show(desk, view_id, view)
    elif act == "thaw":
        async with desk.office.ledger.read() as tx:
            held, people = await tx.stops.in_force(), await tx.people.all()
        known = {one.id: one for one in people}
        await dialogs.show(desk, view_id, thaw_view(held, people=known, zone=desk.zone, first=first))
    else:
        await dialogs.show(desk, view_id, break_glass_view(written))


async def _done(desk: Desk, view: dict[str, Any], title: str, words: str, person: Person) -> None:
    await dialogs.say(desk, view["id"], title, notices.refused(words))
    await refresh(desk, person)


async def _freeze(desk: Desk, text: str, person: Person) -> str:
    said = _ALL.fullmatch(text) or _ONE.fullmatch(text)
    if said is None:
        return "Write what and why: /freeze all Black Friday, or /freeze channel paid_social wrong prices are live."
    found = said.groupdict()
    value = found.get("quoted") or found.get("name") or ""
    result = await desk.office.freezer.freeze(
        FreezeScope(found["scope"].casefold()), value, person, reason=found["why"], via="slack"
    )
    return result.words


async def _thaw(desk: Desk, text: str, person: Person) -> str:
    if not _FREEZE_ID.fullmatch(text):
        return "Write /thaw FREEZE-1, /thaw all, or /thaw alone to choose."
    freeze_id = None if text.casefold() == "all" else text.upper()
    result = await desk.office.freezer.thaw(freeze_id, person, via="slack")
    return result.words

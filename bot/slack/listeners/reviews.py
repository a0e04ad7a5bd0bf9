"""Reviews of cases: the button on the alert's card, and one form a step."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from agents.governance.rules import Act
from agents.lifecycle.cases.examine import Examined
from agents.lifecycle.decide import Declined
from bot.slack import clicks, dialogs
from bot.slack.buttons import ActionId, AlertRef, CallbackId
from bot.slack.cards import notices
from bot.slack.cards.review_view import ReviewForm, read_diagnosis, read_remedy, read_verification, review_view
from bot.slack.desk import Desk
from storage.records.people import Person
from storage.records.reviews import Review, ReviewState

_TITLE = "Review"
_ACTS = {ReviewState.DIAGNOSED: Act.RESOLVE, ReviewState.ACTED: Act.VERIFY}
"""What the form that is next asks of a person; before that it is a diagnosis."""


def register(app: AsyncApp, desk: Desk) -> None:
    """Attach the button and the forms."""

    @app.action(ActionId.ALERT_REVIEW)
    async def opened(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (click := await clicks.read_in_dialog(desk, body, AlertRef, title=_TITLE)) is not None:
            await _show(desk, *click)

    @app.view(CallbackId.REVIEW_DIAGNOSE)
    async def diagnosed(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        async def act(person: Person, alert_id: str, form: ReviewForm) -> Examined | Declined:
            return await desk.office.examiner.diagnose(
                alert_id, person, cause=form.chosen, words=form.words, via="slack"
            )

        await _submitted(desk, ack, body, read_diagnosis(view["state"]["values"]), act)

    @app.view(CallbackId.REVIEW_ACT)
    async def acted(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        async def act(person: Person, alert_id: str, form: ReviewForm) -> Examined | Declined:
            return await desk.office.examiner.act(alert_id, person, form.chosen, why=form.words, via="slack")

        await _submitted(desk, ack, body, read_remedy(view["state"]["values"]), act)

    @app.view(CallbackId.REVIEW_VERIFY)
    async def verified(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        async def act(person: Person, alert_id: str, form: ReviewForm) -> Examined | Declined:
            return await desk.office.examiner.verify(alert_id, person, words=form.words, via="slack")

        await _submitted(desk, ack, body, read_verification(view["state"]["values"]), act)


async def _show(desk: Desk, view_id: str, person: Person, ref: AlertRef) -> None:
    """The walk with the next form, or why this person does not get it."""
    async with desk.office.ledger.read() as tx:
        review, alert = await tx.reviews.get(ref.alert_id), await tx.alerts.get(ref.alert_id)
        people = {one.id: one for one in await tx.people.all()}
    if review is None or alert is None:
        await dialogs.say(desk, view_id, _TITLE, notices.not_found(ref.alert_id))
        return
    permission = await desk.office.may(person, _wanted(review))
    if not permission.allowed:
        await dialogs.say(desk, view_id, _TITLE, notices.refused(permission.reason))
        return
    await dialogs.show(
        desk, view_id, review_view(review, alert, people=people, zone=desk.zone, now=desk.office.clock())
    )


async def _submitted(
    desk: Desk,
    ack: AsyncAck,
    body: dict[str, Any],
    form: ReviewForm,
    act: Callable[[Person, str, ReviewForm], Awaitable[Examined | Declined]],
) -> None:
    if (person := await clicks.submitted(desk, ack, body, form.errors, _TITLE)) is None:
        return
    ref = clicks.metadata(body["view"], AlertRef)
    message = notices.old_button() if ref is None else notices.refused((await act(person, ref.alert_id, form)).words)
    await dialogs.say(desk, body["view"]["id"], _TITLE, message)


def _wanted(review: Review) -> Act:
    return Act.VIEW if review.is_over else _ACTS.get(review.state, Act.DIAGNOSE)

"""The card desk: exactly one live message for every plan, alert and question, always as the database says.

The outbox towards Slack is a question, not a queue: which cards show less than is known? It is asked after every
commit and once a second, so a crash or an outage of Slack loses nothing and posts nothing twice.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from agents.lifecycle.people.break_glass import Emergency
from agents.lifecycle.people.owners import Owners
from agents.lifecycle.route import Router
from bot.slack.alert_drawn import drawn_alert
from bot.slack.alert_picture import AlertPictures
from bot.slack.cards.blocks import Message
from bot.slack.cards.digest_card import digest_card
from bot.slack.cards.glass_card import glass_card
from bot.slack.cards.plan_card import plan_card
from bot.slack.cards.question_card import question_card
from bot.slack.direct import problem
from bot.slack.pictures import Pictures
from bot.slack.posting import sent, with_picture
from storage.ledger import Ledger
from storage.repositories.cards import Card

log = structlog.get_logger()

_AT_ONCE = 8
_KINDS = {"ALERT": "alert", "DIGEST": "digest", "GLASS": "glass", "Q": "question"}
_GONE = {"message_not_found", "cant_update_message", "edit_window_closed"}


class CardDesk:
    """Keeps the cards of one channel; `sweep` it in one process."""

    def __init__(
        self,
        ledger: Ledger,
        router: Router,
        emergency: Emergency,
        client: AsyncWebClient,
        *,
        channel: str,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
        pictures: Pictures | None = None,
        alert_pictures: AlertPictures | None = None,
        owners: Owners | None = None,
        watched: Callable[[str], AbstractAsyncContextManager[None]] = lambda _: nullcontext(),
    ) -> None:
        """Without `alert_pictures` alerts are told in words alone; `watched` is around each attempt to show a card."""
        self._ledger = ledger
        self._router = router
        self._emergency = emergency
        self._client = client
        self._channel = channel
        self._zone = zone
        self._clock = clock
        self._pictures = pictures
        self._alert_pictures = alert_pictures
        self._owners = owners
        self._watched = watched
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def sweep(self) -> int:
        """Bring every card that is behind up to date; returns how many were behind."""
        async with self._ledger.read() as tx:
            subjects = await tx.cards.behind(at=self._clock())
            if any(subject.startswith("PLAN-") for subject in subjects):
                # What is done under broken glass stands on its card.
                subjects = tuple(dict.fromkeys((*subjects, *(one.id for one in await tx.stops.glasses()))))
        await asyncio.gather(*(self._show_patiently(subject) for subject in subjects))
        return len(subjects)

    async def _show_patiently(self, subject: str) -> None:
        async with self._places:
            try:
                async with self._watched(subject):
                    await self._show(subject)
            except (SlackApiError, OSError, TimeoutError) as error:
                log.warning("card.not_shown", subject=subject, error=problem(error))

    async def _show(self, subject: str) -> None:
        version, message = await self._drawn(subject)
        message = await self._illustrated(subject, message)
        async with self._ledger.read() as tx:
            card = await tx.cards.get(subject)
        if card.ts is None and card.channel is not None:
            # A crash or a lost reply came between posting and knowing the place: look before posting again.
            card = card.model_copy(update={"ts": await self._posted_ts(card)})
        if card.ts is None:
            await self._save(Card(subject=subject, channel=self._channel))
            card = await self._post(subject, message)
        else:
            card = await self._rewrite(card, message)
        await self._save(card.model_copy(update={"shown_version": version}))

    async def _drawn(self, subject: str) -> tuple[int, Message]:
        if subject.startswith("ALERT-"):
            return await drawn_alert(self._ledger, subject, zone=self._zone, now=self._clock(), owners=self._owners)
        if subject.startswith("DIGEST-"):
            async with self._ledger.read() as tx:
                digest = await tx.attention.digest(subject)
            assert digest is not None, "cards are of digests that were made"
            return digest.version, digest_card(digest, zone=self._zone)
        if subject.startswith("GLASS-"):
            return await self._glass(subject)
        if subject.startswith("Q-"):
            async with self._ledger.read() as tx:
                asked, people = await tx.questions.get(subject), await tx.people.all()
            assert asked is not None, "cards are of questions that were asked"
            return asked.version, question_card(asked, zone=self._zone, people={one.id: one for one in people})
        dossier = await self._router.dossier(subject)
        return dossier.status.version, plan_card(dossier, zone=self._zone, now=self._clock())

    async def _glass(self, subject: str) -> tuple[int, Message]:
        async with self._ledger.read() as tx:
            glass, people = await tx.stops.glass(subject), await tx.people.all()
        assert glass is not None, "cards are of glass that was broken"
        done, reviewers = await self._emergency.done_under(glass), await self._emergency.reviewers(glass)
        known = {one.id: one for one in people}
        now = self._clock()
        card = glass_card(glass, done, people=known, zone=self._zone, now=now, reviewers=reviewers)
        return glass.version, card

    async def _post(self, subject: str, message: Message) -> Card:
        answer = await sent(
            message,
            lambda blocks: self._client.chat_postMessage(
                channel=self._channel, text=message.text, blocks=blocks, unfurl_links=False
            ),
            pictures=self._pictures,
        )
        log.info("card.posted", subject=subject, ts=answer["ts"])
        return Card(subject=subject, channel=self._channel, ts=answer["ts"])

    async def _rewrite(self, card: Card, message: Message) -> Card:
        try:
            await sent(
                message,
                lambda blocks: self._client.chat_update(
                    channel=card.channel or self._channel, ts=card.ts or "", text=message.text, blocks=blocks
                ),
                pictures=self._pictures,
            )
        except SlackApiError as error:
            if error.response.get("error") not in _GONE:
                raise
            return await self._post(card.subject, message)
        return card

    async def _illustrated(self, subject: str, message: Message) -> Message:
        """With the picture of an alert before its buttons, where there is one."""
        if self._alert_pictures is None or not subject.startswith("ALERT-"):
            return message
        async with self._ledger.read() as tx:
            alert = await tx.alerts.get(subject)
        try:
            picture = await self._alert_pictures.of(alert) if alert is not None else None
        except Exception as error:  # noqa: BLE001 - an alert about broken data is told even where its days cannot be read
            log.warning("alert.not_drawn", subject=subject, error=type(error).__name__)
            return message
        return message if picture is None else with_picture(message, picture)

    async def _posted_ts(self, card: Card) -> str | None:
        answer = await self._client.conversations_history(channel=card.channel or self._channel, limit=100)
        return next((found["ts"] for found in answer["messages"] if _is_about(found, card.subject)), None)

    async def _save(self, card: Card) -> None:
        async with self._ledger.write() as tx:
            await tx.cards.save(card)


def _is_about(message: dict[str, Any], subject: str) -> bool:
    prefix = f"{_KINDS.get(subject.partition('-')[0], 'plan')}.{subject}"
    return any(
        block.get("block_id", "") == prefix or block.get("block_id", "").startswith(f"{prefix}.")
        for block in message.get("blocks", ())
    )

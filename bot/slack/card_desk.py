"""The card desk: exactly one live message for every plan, alert and question, always as the database says.

The outbox towards Slack is a question, not a queue: which cards show less than is known? It is asked after every
commit and once a second, so a crash or an outage of Slack loses nothing and posts nothing twice.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from agents.lifecycle.break_glass import Emergency
from agents.lifecycle.route import Router
from bot.slack.cards.alert_card import alert_card
from bot.slack.cards.blocks import Block, Message, section
from bot.slack.cards.glass_card import glass_card
from bot.slack.cards.plan_card import plan_card
from bot.slack.cards.question_card import question_card
from storage.ledger import Ledger
from storage.repositories.cards import Card

log = structlog.get_logger()

_AT_ONCE = 8
_UNACCEPTABLE = {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_blocks_too_many"}
_KINDS = {"ALERT": "alert", "GLASS": "glass", "Q": "question"}
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
    ) -> None:
        self._ledger = ledger
        self._router = router
        self._emergency = emergency
        self._client = client
        self._channel = channel
        self._zone = zone
        self._clock = clock
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def sweep(self) -> int:
        """Bring every card that is behind up to date; returns how many were behind."""
        async with self._ledger.read() as tx:
            subjects = await tx.cards.behind()
            if any(subject.startswith("PLAN-") for subject in subjects):
                # What is done under broken glass stands on its card.
                subjects = tuple(dict.fromkeys((*subjects, *(one.id for one in await tx.stops.glasses()))))
        await asyncio.gather(*(self._show_patiently(subject) for subject in subjects))
        return len(subjects)

    async def _show_patiently(self, subject: str) -> None:
        async with self._places:
            try:
                await self._show(subject)
            except (SlackApiError, OSError, TimeoutError) as error:
                log.warning("card.not_shown", subject=subject, error=_problem(error))

    async def _show(self, subject: str) -> None:
        version, message = await self._drawn(subject)
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
            async with self._ledger.read() as tx:
                alert, people = await tx.alerts.get(subject), await tx.people.all()
                assert alert is not None, "cards are of alerts that exist"
                suspect = alert.finding.suspect_plan or ""
                taken = (await tx.plans.rolled_back_by([suspect])).get(suspect)
            known = {one.id: one for one in people}
            return alert.version, alert_card(alert, zone=self._zone, people=known, rolled_back_by=taken)
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
        answer = await self._accepted(
            message,
            lambda blocks: self._client.chat_postMessage(
                channel=self._channel, text=message.text, blocks=blocks, unfurl_links=False
            ),
        )
        log.info("card.posted", subject=subject, ts=answer["ts"])
        return Card(subject=subject, channel=self._channel, ts=answer["ts"])

    async def _rewrite(self, card: Card, message: Message) -> Card:
        try:
            await self._accepted(
                message,
                lambda blocks: self._client.chat_update(
                    channel=card.channel or self._channel, ts=card.ts or "", text=message.text, blocks=blocks
                ),
            )
        except SlackApiError as error:
            if error.response.get("error") not in _GONE:
                raise
            return await self._post(card.subject, message)
        return card

    async def _accepted(
        self, message: Message, send: Callable[[list[Block]], Awaitable[AsyncSlackResponse]]
    ) -> AsyncSlackResponse:
        """Send the card; if Slack refuses its blocks, send the words and the buttons alone."""
        try:
            return await send(list(message.blocks))
        except SlackApiError as error:
            if error.response.get("error") not in _UNACCEPTABLE:
                raise
            log.warning("card.refused", error=str(error.response.get("error")))
            kept = [block for block in message.blocks if block["type"] in {"header", "actions"}]
            return await send([section(message.text), *kept])

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


def _problem(error: Exception) -> str:
    return str(error.response.get("error")) if isinstance(error, SlackApiError) else type(error).__name__

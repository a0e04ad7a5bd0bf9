"""The inbox: messages to single people about plans that wait for them, kept as true as the cards.

Like the card desk it asks the database what is due, so a crash or an outage of Slack loses nothing.
"""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from agents.lifecycle.route import Router
from bot.slack.cards.ask_card import ask_card, block_prefix
from bot.slack.cards.blocks import Message
from bot.slack.direct import UNREACHABLE, Place, link_to, problem, put
from storage.ledger import Ledger
from storage.records.nudges import Nudge

log = structlog.get_logger()


class Inbox:
    """Sends what is due to people and redraws it when the plan has moved on; `sweep` it in one process."""

    def __init__(
        self,
        ledger: Ledger,
        router: Router,
        client: AsyncWebClient,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._router = router
        self._client = client
        self._clock = clock

    async def sweep(self) -> int:
        """Send what is due, then redraw what shows a plan as it no longer is; returns how many messages."""
        async with self._ledger.read() as tx:
            due, behind = await tx.nudges.unsent(self._clock()), await tx.nudges.behind()
        for nudge in (*due, *behind):
            try:
                await self._tell(nudge)
            except (SlackApiError, OSError, TimeoutError) as error:
                log.warning("nudge.not_sent", nudge=nudge.id, error=problem(error))
        return len(due) + len(behind)

    async def _tell(self, nudge: Nudge) -> None:
        dossier = await self._router.dossier(nudge.plan_id)
        async with self._ledger.read() as tx:
            person, card = await tx.people.get(nudge.person_id), await tx.cards.get(nudge.plan_id)
        shown = nudge.model_copy(update={"shown_version": dossier.status.version})
        if person is None or not person.active or person.slack_id is None:
            await self._save(shown.model_copy(update={"sent_at": nudge.sent_at or self._clock()}))
            return
        link = await link_to(self._client, card.channel, card.ts)
        message = ask_card(nudge, dossier, person, zone=ZoneInfo(person.zone), now=self._clock(), link=link)
        try:
            placed = await self._placed(shown, person.slack_id, message)
        except SlackApiError as error:
            if error.response.get("error") not in UNREACHABLE:
                raise
            placed = shown  # nobody reads there; the card and the ladder remain
        await self._save(placed.model_copy(update={"sent_at": nudge.sent_at or self._clock()}))

    async def _placed(self, nudge: Nudge, slack_id: str, message: Message) -> Nudge:
        async def opened(channel: str) -> None:
            await self._save(nudge.model_copy(update={"channel": channel}))

        place = Place(nudge.channel, nudge.ts)
        found = await put(self._client, place, slack_id, message, prefix=block_prefix(nudge), opened=opened)
        return nudge.model_copy(update={"channel": found.channel, "ts": found.ts})

    async def _save(self, nudge: Nudge) -> None:
        async with self._ledger.write() as tx:
            await tx.nudges.save(nudge)

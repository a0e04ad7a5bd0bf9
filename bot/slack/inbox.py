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
from storage.ledger import Ledger
from storage.records.nudges import Nudge

log = structlog.get_logger()

_GONE = {"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"}
_UNREACHABLE = {"user_not_found", "user_disabled", "cannot_dm_bot", "users_not_found"}


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
                log.warning("nudge.not_sent", nudge=nudge.id, error=_problem(error))
        return len(due) + len(behind)

    async def _tell(self, nudge: Nudge) -> None:
        dossier = await self._router.dossier(nudge.plan_id)
        async with self._ledger.read() as tx:
            person, card = await tx.people.get(nudge.person_id), await tx.cards.get(nudge.plan_id)
        shown = nudge.model_copy(update={"shown_version": dossier.status.version})
        if person is None or not person.active or person.slack_id is None:
            await self._save(shown.model_copy(update={"sent_at": nudge.sent_at or self._clock()}))
            return
        link = await self._link(card.channel, card.ts)
        message = ask_card(nudge, dossier, person, zone=ZoneInfo(person.zone), now=self._clock(), link=link)
        try:
            placed = await self._place(shown, person.slack_id, message)
        except SlackApiError as error:
            if error.response.get("error") not in _UNREACHABLE:
                raise
            placed = shown  # nobody reads there; the card and the ladder remain
        await self._save(placed.model_copy(update={"sent_at": nudge.sent_at or self._clock()}))

    async def _place(self, nudge: Nudge, slack_id: str, message: Message) -> Nudge:
        """Post, or rewrite what was posted; a crash between posting and saving is found again by its block ids."""
        if nudge.channel is None:
            opened = await self._client.conversations_open(users=slack_id)
            nudge = nudge.model_copy(update={"channel": str(opened["channel"]["id"])})
            await self._save(nudge)
        elif nudge.ts is None:
            nudge = nudge.model_copy(update={"ts": await self._posted_ts(nudge)})
        if nudge.ts is not None:
            return await self._rewrite(nudge, message)
        answer = await self._client.chat_postMessage(
            channel=nudge.channel or "", text=message.text, blocks=list(message.blocks), unfurl_links=False
        )
        return nudge.model_copy(update={"ts": str(answer["ts"])})

    async def _rewrite(self, nudge: Nudge, message: Message) -> Nudge:
        try:
            await self._client.chat_update(
                channel=nudge.channel or "", ts=nudge.ts or "", text=message.text, blocks=list(message.blocks)
            )
        except SlackApiError as error:
            if error.response.get("error") not in _GONE:
                raise  # someone who deleted the message does not want it again
        return nudge

    async def _posted_ts(self, nudge: Nudge) -> str | None:
        answer = await self._client.conversations_history(channel=nudge.channel or "", limit=50)
        prefix = block_prefix(nudge)
        return next(
            (
                found["ts"]
                for found in answer["messages"]
                if any(block.get("block_id", "").startswith(prefix) for block in found.get("blocks", ()))
            ),
            None,
        )

    async def _link(self, channel: str | None, ts: str | None) -> str | None:
        """Where the card is, for a button; None until it is posted."""
        if channel is None or ts is None:
            return None
        return str((await self._client.chat_getPermalink(channel=channel, message_ts=ts))["permalink"])

    async def _save(self, nudge: Nudge) -> None:
        async with self._ledger.write() as tx:
            await tx.nudges.save(nudge)


def _problem(error: Exception) -> str:
    return str(error.response.get("error")) if isinstance(error, SlackApiError) else type(error).__name__

"""Messages to single people about cases that are theirs, kept as true as the cards.

Like the card desk it asks the database what is due, so a crash or an outage of Slack loses nothing and tells nobody
twice.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.cards.alert_call_card import alert_call_card, block_prefix
from bot.slack.cards.blocks import Message
from bot.slack.direct import UNREACHABLE, Place, link_to, problem, put
from storage.ledger import Ledger
from storage.records.alerts import AlertState
from storage.records.attention import Call

log = structlog.get_logger()


class AlertInbox:
    """Sends what is due to people and redraws it when the case has moved on; `sweep` it in one process."""

    def __init__(self, ledger: Ledger, client: AsyncWebClient, *, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._client = client
        self._clock = clock

    async def sweep(self) -> int:
        """Send what is due, redraw what shows a case as it no longer is; returns how many messages."""
        async with self._ledger.read() as tx:
            behind = await tx.attention.behind()
        for call in behind:
            try:
                await self._tell(call)
            except Exception as error:  # noqa: BLE001 - what is wrong with one message keeps no other from its person
                log.warning("alert_call.not_sent", call=call.id, error=problem(error))
        return len(behind)

    async def _tell(self, call: Call) -> None:
        async with self._ledger.read() as tx:
            alert, people = await tx.alerts.get(call.alert_id), {one.id: one for one in await tx.people.all()}
            card = await tx.cards.get(call.alert_id)
        assert alert is not None, "people are told of alerts that exist"
        sent = {"sent_at": call.sent_at or self._clock(), "shown_version": alert.version}
        over = alert.state is AlertState.RECOVERED
        person = people.get(call.person_id)
        if person is None or not person.active or person.slack_id is None:
            await self._save(call.model_copy(update=sent), over=over)
            return
        link = await link_to(self._client, card.channel, card.ts)
        message = alert_call_card(call, alert, person, people=people, link=link)
        try:
            place = await self._placed(call, person.slack_id, message)
        except SlackApiError as error:
            if error.response.get("error") not in UNREACHABLE:
                raise
            place = Place(call.channel, call.ts)  # nobody reads there; the card and the ladder remain
        await self._save(call.model_copy(update={**sent, "channel": place.channel, "ts": place.ts}), over=over)

    async def _placed(self, call: Call, slack_id: str, message: Message) -> Place:
        async def opened(channel: str) -> None:
            await self._save(call.model_copy(update={"channel": channel}))

        place = Place(call.channel, call.ts)
        return await put(self._client, place, slack_id, message, prefix=block_prefix(call), opened=opened)

    async def _save(self, call: Call, *, over: bool = False) -> None:
        async with self._ledger.write() as tx:
            await tx.attention.save(call, over=over)

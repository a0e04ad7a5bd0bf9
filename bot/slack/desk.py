"""What every listener is given: the use cases, who acts, and how to answer one person alone."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from agents.lifecycle.decide import Cause, Declined
from bot.office import Office
from bot.slack.accounts import Accounts, slack_id_of, team_of
from bot.slack.cards import notices
from bot.slack.cards.blocks import Message
from bot.slack.deliveries import Deliveries
from bot.slack.drops import Drops
from bot.slack.pictures import Pictures
from bot.slack.tiles import KpiTiles
from storage.records.people import Person

_CANNOT_WHISPER = {"not_in_channel", "channel_not_found", "user_not_in_channel", "is_archived"}


@dataclass(frozen=True)
class Desk:
    """One bot at work in one workspace."""

    office: Office
    client: AsyncWebClient
    deliveries: Deliveries
    accounts: Accounts
    channel: str
    """Where cards are posted."""
    zone: ZoneInfo
    """The team's zone, for clients that cannot show the reader's own."""
    files_from: str
    """Where Slack keeps uploads: the start of every address that the bot's token is sent to."""
    drops: Drops
    """Files that people drop where the bot is."""
    pictures: Pictures
    """Each drawn and uploaded once."""
    address: str
    """Where people's browsers reach this bot, for links to the dashboard."""
    tiles: KpiTiles
    """The numbers that App Home begins with."""

    async def person(self, body: dict[str, Any]) -> Person | None:
        """Who acts; None for strangers, guests, bots, and whoever left or is of another workspace."""
        return await self.accounts.person(slack_id_of(body), team=team_of(body))

    async def actor(self, body: dict[str, Any]) -> Person | None:
        """Who acts; a stranger is told so in private and None is returned."""
        person = await self.person(body)
        if person is None:
            await self.tell(body, notices.unknown_person())
        return person

    async def first_actor(self, body: dict[str, Any]) -> Person | None:
        """Who acts, as `actor`; None for a delivery that was handled before, too."""
        return await self.actor(body) if await self.deliveries.first_time(body) else None

    async def tell(self, body: dict[str, Any], message: Message) -> None:
        """Answer the acting person alone: where they acted, or directly where the bot cannot whisper."""
        user, channel = slack_id_of(body), _channel_of(body)
        blocks = list(message.blocks)
        if channel:
            try:
                await self.client.chat_postEphemeral(channel=channel, user=user, text=message.text, blocks=blocks)
            except SlackApiError as error:
                if error.response.get("error") not in _CANNOT_WHISPER:
                    raise
            else:
                return
        await self.client.chat_postMessage(channel=user, text=message.text, blocks=blocks)

    async def declined(self, declined: Declined, *, verb: str, seen_revision: int = 0) -> Message:
        """The kind words for a click that had no effect."""
        if declined.status is None:
            return notices.refused(declined.words)
        dossier = await self.office.router.dossier(declined.status.plan.id)
        match declined.cause:
            case Cause.NOT_ALLOWED:
                return notices.not_allowed(dossier, verb=verb, why=(declined.words,))
            case Cause.STALE if seen_revision != dossier.status.plan.revision:
                return notices.stale_revision(dossier, seen=seen_revision)
            case Cause.LATE:
                return notices.too_late(dossier, zone=self.zone)
            case Cause.EXPIRED:
                return notices.expired(dossier, zone=self.zone)
            case Cause.REPEATED if verb == "approve":
                return notices.already_yours(dossier)
            case _:
                return notices.refused(declined.words)


def _channel_of(body: dict[str, Any]) -> str:
    """Where the person was: payloads of clicks, commands and events say it in different places."""
    channel = body.get("channel")
    if isinstance(channel, dict):
        return str(channel.get("id", ""))
    container, event = body.get("container", {}), body.get("event", {})
    places = (body.get("channel_id"), container.get("channel_id"), event.get("channel"), event.get("channel_id"))
    return next((str(one) for one in places if one), "")

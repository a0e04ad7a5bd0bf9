"""The chronicle: what the trail says of a plan, told in its card's thread, and what concerns all, in the channel.

One cursor over the trail says how far it has been told. After a crash or a failure it looks in Slack for the line
that it may have told already, so that none is told twice and none is left out.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.cards.blocks import Block, Message, section
from bot.slack.cards.history import announcement, history_line
from storage.ledger import Ledger
from storage.records.audit import AuditEntry
from storage.records.people import Person
from storage.repositories.cards import Card

log = structlog.get_logger()

_CURSOR = "chronicle"
_AT_ONCE = 200
_LOOKS_FOR_A_CARD = 10
"""So many looks long a line waits for the card that it belongs under; a card that Slack never takes holds up none."""
_WITH_CARDS = ("PLAN-", "GLASS-", "ALERT-")
_ALOUD = frozenset({"alert.worse", "alert.escalated"})
"""What is told in the channel, too: whoever put the case aside has to hear of it."""
_SECTION = 2900
_NO_THREAD = {"message_not_found", "thread_not_found", "cannot_reply_to_message"}


class Chronicle:
    """Tells the trail in Slack; `look` in one process."""

    def __init__(
        self,
        ledger: Ledger,
        client: AsyncWebClient,
        *,
        channel: str,
        audit_channel: str | None,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._client = client
        self._channel = channel
        self._audit_channel = audit_channel
        self._zone = zone
        self._clock = clock
        self._in_doubt = True
        """Whether the next line may have been told already, by a process or a call that did not come back."""
        self._looked_for_card: Counter[str] = Counter()

    async def look(self) -> None:
        """Tell all that is untold, and show outside what is signed."""
        while await self.tell():
            pass
        await self.witness()

    async def tell(self) -> int:
        """Tell the next entries and move the cursor; returns how many entries there were, none while a card is due."""
        async with self._ledger.read() as tx:
            cursor = int(await tx.home.get(_CURSOR) or 0)
            entries = await tx.audit.after(cursor, limit=_AT_ONCE)
            people = {one.id: one for one in await tx.people.all()}
        for subject, about in groupby(entries, key=lambda entry: entry.subject):
            together = list(about)
            if not await self._tell_about(subject, together, people):
                return 0
        if entries:
            await self._move_on(entries[-1].seq)
        return len(entries)

    async def witness(self) -> int:
        """Post the checkpoints that the team's channel has not seen yet; returns how many."""
        if self._audit_channel is None:
            return 0
        async with self._ledger.read() as tx:
            waiting = await tx.audit.unpublished("slack")
        for checkpoint in waiting:
            text = f"Audit checkpoint of {checkpoint.size:,} entries\n```{checkpoint.note}```"
            await self._client.chat_postMessage(channel=self._audit_channel, text=text, unfurl_links=False)
            async with self._ledger.write() as tx:
                await tx.audit.published(checkpoint.size, "slack", self._clock())
        return len(waiting)

    async def _tell_about(self, subject: str, entries: Sequence[AuditEntry], people: Mapping[str, Person]) -> bool:
        """To all, and in the thread of the subject's card; False while that card is still to be posted."""
        for entry in entries:
            if (message := announcement(entry, people, zone=self._zone)) is not None:
                await self._post_once(message, first=entry.seq, last=entry.seq)
        said = [(entry, line) for entry in entries if (line := history_line(entry, people, zone=self._zone))]
        if not said:
            return True
        async with self._ledger.read() as tx:
            card = await tx.cards.get(subject)
        if card.channel is None or card.ts is None:
            return not await self._card_is_due(subject)
        while said:
            first, last = said[0][0].seq, said[-1][0].seq
            lines = _lines([line for _, line in said])
            aloud = any(entry.action in _ALOUD for entry, _ in said)
            told = await self._post_once(lines, first=first, last=last, under=card, aloud=aloud)
            await self._move_on(told)
            said = [(entry, line) for entry, line in said if entry.seq > told]
        return True

    async def _card_is_due(self, subject: str) -> bool:
        """Whether its lines have to wait; a small alert has no card, and one in quiet hours none before morning."""
        self._looked_for_card[subject] += 1
        if subject.startswith("ALERT-"):
            async with self._ledger.read() as tx:
                alert = await tx.alerts.get(subject)
            if alert is None or alert.shown_from is None or alert.shown_from > self._clock():
                return False
        return subject.startswith(_WITH_CARDS) and self._looked_for_card[subject] < _LOOKS_FOR_A_CARD

    async def _post_once(
        self, message: Message, *, first: int, last: int, under: Card | None = None, aloud: bool = False
    ) -> int:
        """Post what entries `first` to `last` say, unless it is there already; returns the last entry that is told.

        `aloud` in a thread is told in the channel, too.
        """
        channel, thread = (under.channel or self._channel, under.ts) if under else (self._channel, None)
        try:
            if self._in_doubt and (told := await self._told(first, channel, thread)) is not None:
                return told
            # What is found was told before; after the first that is not, nothing can have been.
            self._in_doubt = True
            head, *rest = message.blocks
            marked = [head | {"block_id": f"told.{first}.{last}"}, *rest]
            await self._client.chat_postMessage(
                channel=channel,
                thread_ts=thread,
                reply_broadcast=aloud and thread is not None,
                text=message.text,
                blocks=marked,
                unfurl_links=False,
            )
        except SlackApiError as error:
            if thread is None or error.response.get("error") not in _NO_THREAD:
                raise
            log.info("chronicle.no_thread")  # someone deleted the card in Slack
        self._in_doubt = False
        return last

    async def _told(self, first: int, channel: str, thread: str | None) -> int | None:
        """Up to which entry a message that begins with this one tells; None if there is none."""
        if thread is None:
            answer = await self._client.conversations_history(channel=channel, limit=100)
        else:
            answer = await self._client.conversations_replies(channel=channel, ts=thread, limit=1000)
        prefix = f"told.{first}."
        ids = (block.get("block_id", "") for found in answer["messages"] for block in found.get("blocks", ()))
        return next((int(one.removeprefix(prefix)) for one in ids if one.startswith(prefix)), None)

    async def _move_on(self, seq: int) -> None:
        async with self._ledger.write() as tx:
            await tx.home.put(_CURSOR, str(seq))


def _lines(lines: Sequence[str]) -> Message:
    """One message of as many sections as it takes."""
    blocks: list[Block] = []
    held = ""
    for line in lines:
        if held and len(held) + len(line) >= _SECTION:
            blocks.append(section(held))
            held = ""
        held = f"{held}\n{line}" if held else line
    return Message(text="\n".join(lines), blocks=(*blocks, section(held)))

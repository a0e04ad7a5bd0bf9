"""Files dropped where the bot is: fetched, landed, and told about, in the thread of the message that brought them.

What was taken is remembered before it is worked on, so that a crash loses no file, and what lands twice changes
nothing. Files that come within a moment of each other are one drop: one message that follows the reading, one card.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from agents.lifecycle.answers.survey import Survey
from agents.lifecycle.intake.land import Landed
from agents.lifecycle.questions.ask import ACT
from bot.office import Office
from bot.slack.accounts import Accounts
from bot.slack.cards import notices
from bot.slack.cards.blocks import Block, Message
from bot.slack.cards.found_card import SHOWN_ROWS, Found, found_card
from bot.slack.downloads import UploadUnreadable, fetch_file, safe_name
from bot.slack.picture import survey_picture
from bot.slack.pictures import Pictures
from bot.slack.reading import Reading
from storage.records.people import Person

log = structlog.get_logger()

MOST_BYTES = 200_000_000
QUIET_S = 0.8
"""So long after one file, the next one is another drop."""
_LONGEST_DROP_S = 10.0
AGAIN_AFTER_S = 2.0
_MOST_TRIES = 8
_PATIENCE_S = (0.5, 1, 2, 4, 8)
"""Waits before looking again where Slack does not know yet in which message a file stands, or does not answer."""
_NOT_READ = ("image/", "audio/", "video/")
"""Pictures in a conversation are for people."""
_BEGUN, _DONE = "drop", "read"
_GONE = {"file_not_found", "file_deleted"}
_UNACCEPTABLE = {"invalid_blocks", "invalid_blocks_format"}


@dataclass(frozen=True)
class Drop:
    """One file in one place."""

    channel: str
    file_id: str
    user: str

    @property
    def key(self) -> str:
        return f"{self.channel}:{self.file_id}:{self.user}"


@dataclass(frozen=True)
class Placed:
    """A dropped file as Slack describes it, and the message it came with."""

    drop: Drop
    file: dict[str, Any]
    thread: str | None

    def place(self) -> tuple[str, str]:
        """Sorts files by message and name: their events come in any order."""
        return self.thread or "", self.name.casefold()

    @property
    def name(self) -> str:
        return safe_name(str(self.file.get("name") or "file"))


class Drops:
    """Takes files at once and reads them one drop after the other; `run` it in one process."""

    def __init__(
        self,
        office: Office,
        client: AsyncWebClient,
        accounts: Accounts,
        *,
        channel: str,
        files_from: str,
        zone: ZoneInfo,
        pictures: Pictures,
    ) -> None:
        self._office = office
        self.client = client
        self._accounts = accounts
        self._channel = channel
        self._files_from = files_from
        self._zone = zone
        self._pictures = pictures
        self._queue: asyncio.Queue[Drop | None] = asyncio.Queue()
        self._tries: dict[Drop, int] = {}
        """Of what is taken and not through."""
        self._stopped = False

    def wanted(self, channel: str) -> bool:
        """Whether files of this place are meant for the bot: its channel, and what is written to it alone."""
        return channel == self._channel or channel.startswith("D")

    async def take(self, drop: Drop) -> None:
        """Remember a file, once, and read it soon."""
        async with self._office.ledger.write() as tx:
            new = await tx.deliveries.first_time(f"{_BEGUN}:{drop.key}", now=self._office.clock())
        if new:
            self._line_up(drop)

    def stop(self) -> None:
        """Let the file that is being read be the last one; the others are taken up at the next start."""
        self._stopped = True
        self._queue.put_nowait(None)

    async def run(self) -> None:
        """Read what comes, and first what an earlier run left, until stopped."""
        async with self._office.ledger.read() as tx:
            left = await tx.deliveries.unfinished(_BEGUN, _DONE)
        for key in left:
            self._line_up(Drop(*key.split(":", 2)))
        while not self._stopped:
            for together in _together(await self._gathered()):
                try:
                    await self._handle(together)
                except Exception as error:  # noqa: BLE001 - one drop must not end the reading of all later ones
                    log.warning("drop.failed", files=len(together), error=type(error).__name__)
                    self._try_again(together)

    def _line_up(self, drop: Drop) -> None:
        """Once, though what is left of an earlier run may be told of again by Slack."""
        if drop not in self._tries:
            self._tries[drop] = 0
            self._queue.put_nowait(drop)

    def _try_again(self, drops: Sequence[Drop]) -> None:
        """Later, as nothing but Slack or a disk that is full stands in the way; at last with the next start."""
        for drop in drops:
            self._tries[drop] += 1
            if self._tries[drop] < _MOST_TRIES and not self._stopped:
                wait = AGAIN_AFTER_S * self._tries[drop]
                asyncio.get_running_loop().call_later(wait, self._queue.put_nowait, drop)

    async def _gathered(self) -> list[Drop]:
        """Wait for a file, then for those that come with it."""
        first = await self._queue.get()
        gathered = [first] if first is not None else []
        deadline = asyncio.get_running_loop().time() + _LONGEST_DROP_S
        while gathered and not self._stopped:
            left = min(QUIET_S, deadline - asyncio.get_running_loop().time())
            try:
                async with asyncio.timeout(left):
                    following = await self._queue.get()
            except TimeoutError:
                break
            if following is not None:
                gathered.append(following)
        return [] if self._stopped else gathered

    async def _handle(self, drops: Sequence[Drop]) -> None:
        """All files that one person dropped together in one place."""
        found = [await self._placed(drop) for drop in drops]
        placed = sorted((one for one in found if one is not None), key=Placed.place)
        if not placed:
            await self._finish(drops)
            return
        person = await self._accounts.person(drops[0].user)
        permission = await self._office.may(person, ACT) if person is not None else None
        if person is None or permission is None or not permission.allowed:
            refusal = notices.unknown_person() if permission is None else notices.not_read(permission.reason)
            await self._whisper(placed[0], refusal)
        else:
            await self._read(placed, person)
            if self._stopped:
                return
        await self._finish(drops)

    async def _read(self, placed: Sequence[Placed], person: Person) -> None:
        where = placed[0]
        found: list[Found] = []
        names = [one.name for one in placed]
        async with Reading(self.client, where.drop.channel, where.thread, names) as reading:
            with tempfile.TemporaryDirectory(prefix="countersign-") as folder:
                for index, one in enumerate(placed):
                    if self._stopped:
                        return
                    here = Path(folder, str(index))
                    found.append(await self._landed(one, here, person, reading))
                    reading.done(found[-1])
            survey = await self._office.survey()
            picture = await survey_picture(self._pictures, survey) if any(one.landed.new for one in found) else None
            await self._say(where, found, survey, picture)

    async def _landed(self, one: Placed, folder: Path, person: Person, reading: Reading) -> Found:
        reading.begin(one.name)
        await asyncio.to_thread(folder.mkdir)
        try:
            path = await fetch_file(self.client, one.file, folder, files_from=self._files_from, most_bytes=MOST_BYTES)
        except UploadUnreadable as error:
            return Found(Landed(name=one.name, refused=str(error)))
        (landed,) = await self._office.landing.land(
            [path], person, via="slack", progress=lambda _path, done, total: reading.at(done, total)
        )
        if not landed.quarantined or landed.load_id is None:
            return Found(landed)
        async with self._office.ledger.read() as tx:
            return Found(landed, await tx.quarantine.open(load_id=landed.load_id, limit=SHOWN_ROWS))

    async def _say(self, where: Placed, found: Sequence[Found], survey: Survey, picture: Block | None) -> None:
        """The card, in the thread and for the whole channel to see."""
        today = self._office.clock().astimezone(self._zone).date()
        message = found_card(found, today=today, survey=survey, picture=picture)
        for wait in (*_PATIENCE_S, None):
            try:
                await self._post(where, message)
            except (SlackApiError, OSError, TimeoutError) as error:
                refused = isinstance(error, SlackApiError) and error.response.get("error") in _UNACCEPTABLE
                if refused and picture is not None:
                    # Slack may not have looked at the picture yet.
                    picture = None
                    message = found_card(found, today=today, survey=survey)
                elif wait is None or refused:
                    raise
                await asyncio.sleep(wait or 0)
            else:
                return

    async def _post(self, where: Placed, message: Message) -> None:
        await self.client.chat_postMessage(
            channel=where.drop.channel,
            thread_ts=where.thread,
            text=message.text,
            blocks=list(message.blocks),
            unfurl_links=False,
            reply_broadcast=True if where.thread and not where.drop.channel.startswith("D") else None,
        )

    async def _placed(self, drop: Drop) -> Placed | None:
        """The file and its message; None for what is gone, is no longer there or is not for reading."""
        for wait in (*_PATIENCE_S[:3], None):
            try:
                file = (await self.client.files_info(file=drop.file_id))["file"]
            except SlackApiError as error:
                if error.response.get("error") in _GONE:
                    return None
                raise
            if str(file.get("mimetype", "")).startswith(_NOT_READ):
                return None
            shown = _message_of(file, drop.channel)
            if shown is not None or wait is None:
                return Placed(drop, file, _thread_of(shown, drop.channel))
            await asyncio.sleep(wait)
        return None

    async def _whisper(self, where: Placed, message: Message) -> None:
        try:
            await self.client.chat_postEphemeral(
                channel=where.drop.channel, user=where.drop.user, text=message.text, blocks=list(message.blocks)
            )
        except SlackApiError as error:
            log.warning("drop.not_told", error=str(error.response.get("error")))

    async def _finish(self, drops: Sequence[Drop]) -> None:
        async with self._office.ledger.write() as tx:
            for drop in drops:
                await tx.deliveries.first_time(f"{_DONE}:{drop.key}", now=self._office.clock())
        for drop in drops:
            self._tries.pop(drop, None)


def _together(drops: Sequence[Drop]) -> list[list[Drop]]:
    """By place and person, each in the order of arrival."""
    groups: dict[tuple[str, str], list[Drop]] = {}
    for drop in drops:
        groups.setdefault((drop.channel, drop.user), []).append(drop)
    return list(groups.values())


def _message_of(file: dict[str, Any], channel: str) -> dict[str, Any] | None:
    """The newest message of the channel that shows the file; None while Slack does not know it yet."""
    for kind in ("public", "private"):
        places = file.get("shares", {}).get(kind, {}).get(channel)
        if places:
            return dict(places[-1])
    return None


def _thread_of(shown: dict[str, Any] | None, channel: str) -> str | None:
    """The thread to answer in; a conversation of two needs none of its own."""
    if shown is None:
        return None
    thread = shown.get("thread_ts")
    if channel.startswith("D"):
        return str(thread) if thread else None
    return str(thread or shown.get("ts"))

"""Pictures in Slack: drawn and uploaded once for what they show, and found again by it.

Which file shows what is kept in the database, so a restart draws nothing anew. The cache is small and direct-mapped:
a picture takes the slot that its digest begins with, from whatever was there, so nothing ever has to be cleaned up.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.cards.blocks import Block
from bot.slack.cards.markup import clean
from bot.slack.charts import drawn_chart
from bot.slack.sketch import Chart, Sketch, digest_of
from storage.ledger import Ledger

log = structlog.get_logger()

_SLOT_LETTERS = 3
"""Of the digest: 4,096 slots."""
_BLOCK_LETTERS = 20
_LOOKS, _LOOK_EVERY_S = 12, 0.25
"""Slack looks through an upload before it may be shown; until then it refuses blocks that name the file."""
PREFIX = "picture."
"""Block ids of pictures begin with it, and go on with the digest."""


class Pictures:
    """Gives image blocks for what is to be shown; None where no picture can be had, and the words stand alone."""

    def __init__(
        self,
        ledger: Ledger,
        client: AsyncWebClient,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ledger = ledger
        self._client = client
        self._pause = pause
        self._under_way: dict[str, asyncio.Task[Block | None]] = {}

    async def of(self, sketch: Sketch, *, filename: str) -> Block | None:
        """The block of a sketch, drawn in a thread where it was not drawn before."""
        return await self.block(sketch, lambda: asyncio.to_thread(drawn_chart, sketch), filename=filename)

    async def block(self, shown: object, draw: Callable[[], Awaitable[Chart]], *, filename: str) -> Block | None:
        """The block of what `draw` makes of `shown`, a value whose repr says everything that is drawn.

        Whoever asks for a picture that is being made waits for that one.
        """
        digest = digest_of(shown)
        task = self._under_way.get(digest)
        if task is None:
            task = asyncio.create_task(self._found_or_made(digest, draw, filename))
            self._under_way[digest] = task
            task.add_done_callback(lambda _: self._under_way.pop(digest, None))
        # Shielded: one of those who wait may be cancelled without taking the picture from the others.
        return await asyncio.shield(task)

    async def forget(self, blocks: Iterable[Block]) -> None:
        """Slack does not know these pictures any more: draw them anew when they are wanted again."""
        for block in blocks:
            block_id = str(block.get("block_id", ""))
            if block_id.startswith(PREFIX):
                async with self._ledger.write() as tx:
                    await tx.home.put(_slot(block_id.removeprefix(PREFIX)), "{}")

    async def _found_or_made(self, digest: str, draw: Callable[[], Awaitable[Chart]], filename: str) -> Block | None:
        async with self._ledger.read() as tx:
            held = json.loads(await tx.home.get(_slot(digest)) or "{}")
        if held.get("digest") == digest:
            return _block(digest, held["file"], alt_text=held["alt"])
        try:
            chart = await draw()
        except Exception as error:  # noqa: BLE001 - what cannot be drawn must not take the words with it
            log.warning("picture.not_drawn", file=filename, error=type(error).__name__)
            return None
        file_id = await self._uploaded(chart, filename)
        if file_id is None:
            return None
        kept = {"digest": digest, "file": file_id, "alt": chart.alt_text}
        async with self._ledger.write() as tx:
            await tx.home.put(_slot(digest), json.dumps(kept, ensure_ascii=False))
        return _block(digest, file_id, alt_text=chart.alt_text)

    async def _uploaded(self, chart: Chart, filename: str) -> str | None:
        try:
            answer = await self._client.files_upload_v2(
                content=chart.png, filename=filename, title=chart.title, alt_txt=chart.alt_text
            )
            file = answer["file"]
            for _ in range(_LOOKS):
                if file.get("mimetype"):
                    break
                await self._pause(_LOOK_EVERY_S)
                file = (await self._client.files_info(file=str(file["id"])))["file"]
        except (SlackApiError, OSError, TimeoutError) as error:
            log.warning("picture.not_sent", file=filename, error=type(error).__name__)
            return None
        return str(file["id"])


def _slot(digest: str) -> str:
    return f"{PREFIX}{digest[:_SLOT_LETTERS]}"


def _block(digest: str, file_id: str, *, alt_text: str) -> Block:
    """Without a title: every picture has its own drawn into it."""
    return {
        "type": "image",
        "block_id": f"{PREFIX}{digest[:_BLOCK_LETTERS]}",
        "slack_file": {"id": file_id},
        "alt_text": clean(alt_text, 1900),
    }

"""Sending what Slack may find fault with: charts and tables are young kinds of blocks, and pictures can be gone.

What is refused is sent again in a plainer form; the words and the buttons arrive in any case.
"""

from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.cards.blocks import Block, Message, code, section
from bot.slack.cards.markup import code_line
from bot.slack.pictures import Pictures

log = structlog.get_logger()

UNACCEPTABLE = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_blocks_too_many"})
UNACCEPTABLE_VIEW = frozenset({"invalid_arguments", "invalid_blocks", "view_too_large"})
"""What Slack says of a view that it does not take."""
_SHOWN = frozenset({"image", "data_visualization"})
"""Blocks that show again what the words beside them say."""
_LINE, _LINES = 90, 30
Send = Callable[[list[Block]], Awaitable[AsyncSlackResponse]]


async def sent(message: Message, send: Send, *, pictures: Pictures | None = None) -> AsyncSlackResponse:
    """The message as it is; else without pictures and charts and with its tables as text; else words and buttons.

    Raises SlackApiError for every other trouble.
    """
    ways = [list(message.blocks), plainer(message.blocks), _bare(message)]
    if ways[1] == ways[0]:
        del ways[1]  # nothing in it that could be said more plainly
    for way, then in pairwise(ways):
        try:
            return await send(way)
        except SlackApiError as error:
            if error.response.get("error") not in UNACCEPTABLE:
                raise
            log.warning("blocks.refused", error=str(error.response.get("error")), kinds=_kinds(way, then))
            if pictures is not None and way is ways[0]:
                await pictures.forget(way)
    return await send(ways[-1])


def with_picture(message: Message, picture: Block) -> Message:
    """The message with the picture before its first buttons, at the end where it has none."""
    blocks = list(message.blocks)
    at = next((n for n, one in enumerate(blocks) if one["type"] == "actions"), len(blocks))
    return Message(text=message.text, blocks=(*blocks[:at], picture, *blocks[at:]))


def plainer(blocks: Sequence[Block]) -> list[Block]:
    """The same without pictures and charts, its tables as lines of text."""
    return [as_text(one) if one["type"] == "table" else one for one in blocks if one["type"] not in _SHOWN]


def as_text(table: Block) -> Block:
    """A table in letters of equal width, a line a row."""
    rows = [[str(cell.get("text", cell.get("value", ""))) for cell in row] for row in table["rows"]]
    widths = [min(max(len(row[n]) for row in rows if n < len(row)), 40) for n in range(len(rows[0]))]
    lines = [
        "  ".join(code_line(cell, 40).ljust(wide) for cell, wide in zip(row, widths, strict=False))[:_LINE].rstrip()
        for row in rows[:_LINES]
    ]
    return code("\n".join(lines) or "–")


def _bare(message: Message) -> list[Block]:
    kept = [block for block in message.blocks if block["type"] in {"header", "actions"}]
    return [section(message.text), *kept]


def _kinds(refused: Sequence[Block], instead: Sequence[Block]) -> list[str]:
    """Kinds of blocks that the plainer form is without."""
    return sorted({one["type"] for one in refused} - {one["type"] for one in instead})

"""Uploading pictures for cards and dialogs: without a picture the words stand alone."""

from typing import Protocol

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.cards.blocks import Block, plain
from bot.slack.cards.markup import clean
from bot.slack.charts import Chart

log = structlog.get_logger()


class HasClient(Protocol):
    """Whoever may call Slack."""

    @property
    def client(self) -> AsyncWebClient: ...


async def picture_block(holder: HasClient, chart: Chart, *, filename: str) -> Block | None:
    """An image block that shows the chart in a message or a view; None where the upload failed."""
    try:
        answer = await holder.client.files_upload_v2(
            content=chart.png, filename=filename, title=chart.title, alt_txt=chart.alt_text
        )
    except (SlackApiError, OSError, TimeoutError) as error:
        log.warning("picture.not_sent", file=filename, error=type(error).__name__)
        return None
    return {
        "type": "image",
        "slack_file": {"id": str(answer["file"]["id"])},
        "alt_text": clean(chart.alt_text, 1900),
        "title": plain(chart.title, 1900),
    }

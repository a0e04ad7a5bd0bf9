"""The picture of the business for a card: drawn where there is something to draw."""

from agents.lifecycle.survey import Survey
from bot.slack import data_chart
from bot.slack.cards.blocks import Block
from bot.slack.uploads import HasClient, picture_block


async def survey_picture(holder: HasClient, survey: Survey) -> Block | None:
    """An image block of the survey's chart; None where there is nothing to draw or the upload failed."""
    if not data_chart.can_draw(survey):
        return None
    return await picture_block(holder, await data_chart.draw(survey), filename="your-data.png")

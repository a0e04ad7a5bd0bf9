"""The picture of the business for a card: drawn where there is something to draw."""

from datetime import UTC, datetime

from agents.lifecycle.answers.survey import Survey
from bot.slack import data_chart
from bot.slack.cards.blocks import Block
from bot.slack.pictures import Pictures


async def survey_picture(pictures: Pictures, survey: Survey) -> Block | None:
    """An image block of the survey's chart; None where there is nothing to draw or the upload failed."""
    if not data_chart.can_draw(survey):
        return None
    # Looked at later, the same data are the same picture.
    shown = survey.model_copy(update={"as_of": datetime.min.replace(tzinfo=UTC)})
    return await pictures.block(shown, lambda: data_chart.draw(survey), filename="your-data.png")

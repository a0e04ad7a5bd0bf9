"""Answers that are more than one number: why it moved, what changed, what is off target, what is to be expected."""

from agents.kpis.reply import Reply
from bot.slack.cards.blocks import Message, context, header, section
from bot.slack.cards.data_words import told_by
from bot.slack.cards.kpi_card import prompts
from bot.slack.cards.markup import bullets, clean, data, escaped, spelled

_MOST_POINTS = 14


def reply_card(reply: Reply) -> Message:
    """The answer first, then its reasons one a line, then where it is from; follow-ups as buttons."""
    said = [data(spelled(one), 600) for one in reply.said]
    lead = "\n".join([f"*{said[0]}*" if reply.kind in ("why", "forecast", "target") else said[0], *said[1:]])
    points = bullets(reply.points[:_MOST_POINTS], most=2800, each=400)
    marks = ["🧪 Simulated: numbers of the sandbox market."] if reply.simulated else []
    sources = "; ".join(data(told_by(one), 100) for one in reply.sources[:3])
    small = [*marks, *([f"*Source* {sources}"] if sources else [])]
    blocks = (
        header(clean(spelled(reply.title), 100)),
        section(lead),
        *([section(points)] if points else []),
        *([context("\n".join(small))] if small else []),
        *prompts(reply.clarify or reply.follow_ups),
    )
    return Message(text=escaped(clean(spelled(reply.said[0]), 300)), blocks=blocks)

"""One line or two about the review of a case, for its card and its dialog."""

from datetime import datetime
from zoneinfo import ZoneInfo

from agents.lifecycle.walk import NEXT
from bot.slack.cards.markup import data, moment, spelled, words
from storage.records.reviews import Review


def review_line(review: Review, *, zone: ZoneInfo, now: datetime) -> str:
    """Where the review of a case is and what it waits for, as mrkdwn; empty once it is over."""
    lines = []
    if review.automatic is not None and review.automatic.ended_at is None:
        lines.append(f"✋ {data(spelled(review.automatic.words), 300)}")
    if not review.is_over:
        late = " ⏰ *late*" if review.due_at and review.due_at < now else ""
        until = f", due {moment(review.due_at, zone)}{late}" if review.due_at else ""
        lines.append(f"🩺 *Review*: {data(words(review.state), 30)} · next: {NEXT[review.state]}{until}")
    return "\n".join(lines)

"""Parts of App Home that tell how the bot itself does: its monitors, its sources, its governance."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.slack.cards.markup import count, data, member, moment, words
from storage.records.reviews import Review, ReviewState


@dataclass(frozen=True)
class HealthLine:
    """One monitor, source or connection, and how it is."""

    name: str
    ok: bool
    text: str
    checked_at: datetime | None = None


@dataclass(frozen=True)
class GovernanceLine:
    """How governance did this month."""

    changes: int = 0
    """Changes applied to a channel."""
    valid: int = 0
    """Those of them with all the approvals that the rules demanded."""
    median_minutes: Decimal | None = None
    """From the moment a plan waits to the last word on it."""
    expired: int = 0
    escalated: int = 0
    overridden: int = 0
    """Done under broken glass alone."""


def governance_text(line: GovernanceLine) -> str:
    """As in "*Governance this month*: 100% of 42 changes validly approved · median 35 min to decide · …"."""
    if line.changes:
        share = Decimal(line.valid * 1000 // line.changes) / 10  # rounded down: short of all is never 100
        mark = "🟢" if line.valid == line.changes else "🔴"
        valid = f"{mark} *{share.normalize():f}%* of {count(line.changes, 'change')} validly approved"
    else:
        valid = "no change yet"
    parts_ = [valid, *([f"median {_span(line.median_minutes)} to decide"] if line.median_minutes is not None else [])]
    parts_ += [f"{line.expired:,} expired", f"{line.escalated:,} escalated", f"{line.overridden:,} under broken glass"]
    return f"*Governance this month*\n{' · '.join(parts_)}"


def _span(minutes: Decimal) -> str:
    whole = int(minutes)
    if whole < 90:
        return f"{whole} min"
    return f"{Decimal(whole) / 60:.1f} h" if whole < 48 * 60 else f"{Decimal(whole) / 1440:.1f} days"


_NEXT = {
    ReviewState.OPEN: "say that you look at it",
    ReviewState.ACKNOWLEDGED: "say what caused it",
    ReviewState.DIAGNOSED: "recalibrate, roll back or accept it",
    ReviewState.ACTED: "see whether it helped",
}


def due_text(review: Review, zone: ZoneInfo, now: datetime) -> str:
    """As in "🔎 *ALERT-3* · CPC of Paid search · say what caused it, due 3 Jun at 14:00"."""
    about = f"{words(review.kpi)} of {member(review.entity)}" if review.entity else words(review.kpi)
    late = review.due_at is not None and review.due_at <= now
    due = f", {'*late since*' if late else 'due'} {moment(review.due_at, zone)}" if review.due_at else ""
    head = f"{'⏰' if late else '🔎'} *{data(review.alert_id, 30)}* · {data(about, 80)}"
    return f"{head} · {_NEXT.get(review.state, 'nothing')}{due}"


def health_text(line: HealthLine, zone: ZoneInfo) -> str:
    at = f" · {moment(line.checked_at, zone)}" if line.checked_at else ""
    return f"{'🟢' if line.ok else '🔴'} *{data(line.name, 60)}* {data(line.text, 160, empty='')}{at}"

"""The daily digest of alerts: one message, three lists, no buttons."""

from zoneinfo import ZoneInfo

from bot.slack.cards.alert_card import MARKS
from bot.slack.cards.blocks import Block, Message, context, header, section
from bot.slack.cards.markup import count, data, day, spelled, within
from bot.slack.cards.plan_card import SIMULATED
from storage.records.attention import Digest, DigestLine

_MOST_SECTION = 2800


def digest_card(digest: Digest, *, zone: ZoneInfo) -> Message:
    """What waits first, then what was too small for a card, then what is over."""
    local = digest.made_at.astimezone(zone)
    parts = [
        *_part("Waits for somebody", digest.waiting),
        *_part("Small, without a card of its own", digest.small),
        *_part("Over", digest.recovered, mark="🟢"),
    ]
    notes = [f"{digest.more:,} more: `countersign alerts list`"] if digest.more else []
    if any(one.simulated for one in (*digest.waiting, *digest.small, *digest.recovered)):
        notes.append(SIMULATED)
    text = f"Alerts on {local:%A %-d %B}: {_in_short(digest)}."
    head = header(f"🗞️ Alerts · {local:%A %-d %B}") | {"block_id": f"digest.{digest.id}"}
    return Message(text=text, blocks=(head, *parts, *([context(*notes)] if notes else [])))


def _part(title: str, lines: tuple[DigestLine, ...], *, mark: str = "") -> list[Block]:
    if not lines:
        return []
    shown = [_line(one, mark or MARKS[one.severity]) for one in lines]
    return [section(f"*{title}*\n{within(shown, _MOST_SECTION)}")]


def _line(one: DigestLine, mark: str) -> str:
    # What is late says since when by itself.
    since = "" if " since " in one.title else f" · since {day(one.since)}"
    told = f" · {data(one.words, 80)}" if one.words else ""
    return f"{mark} *{data(one.alert_id, 30)}* · {data(spelled(one.title), 120)}{since}{told}"


def _in_short(digest: Digest) -> str:
    said = [
        count(len(digest.waiting), "waits", "wait") if digest.waiting else "",
        f"{len(digest.small):,} small" if digest.small else "",
        f"{len(digest.recovered):,} over" if digest.recovered else "",
    ]
    return ", ".join(one for one in said if one)

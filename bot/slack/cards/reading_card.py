"""The words while dropped files are being read."""

from collections.abc import Sequence

from bot.slack.cards.found_card import Found, result_line
from bot.slack.cards.markup import count, data, within

_MOST = 3500


def reading_text(
    names: Sequence[str], found: Sequence[Found], *, current: str | None, share: float | None, seconds: float
) -> str:
    """One line a file: done, under way with `share` of it read (0 to 1), or still to come."""
    if len(found) == len(names):
        took = f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"
        head = f"Through with {count(len(names), 'file')} after {took}."
    else:
        head = f"Reading {count(len(names), 'file')}…"
    lines = [result_line(one) for one in found]
    if current is not None:
        far = f" {share:.0%} read" if share is not None and share < 1 else " …"
        lines.append(f"⏳ *{data(current, 80)}*{far}")
    waiting = names[len(found) + (current is not None) :]
    lines += [f"◦ {data(name, 80)}" for name in waiting]
    return within([head, *lines], _MOST)

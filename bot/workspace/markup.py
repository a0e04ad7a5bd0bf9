"""A person's words in Slack's mark-up: &, < and > escaped, names of people and channels linked."""

import html
import re

from bot.workspace.state import State


def marked_up(state: State, text: str) -> str:
    """The text as Slack would store what was typed; names count whole and in any case."""
    names = _names(state)
    longest_first = sorted(names, key=len, reverse=True)
    alternatives = "|".join(re.escape(html.escape(name, quote=False)) for name in longest_first)
    escaped = html.escape(text, quote=False)
    return re.sub(
        rf"(?<![\w@#])(?:{alternatives})(?!\w)",
        lambda found: names[html.unescape(found[0]).casefold()],
        escaped,
        flags=re.IGNORECASE,
    )


def _names(state: State) -> dict[str, str]:
    names = {f"@{state.team.bot_name}".casefold(): f"<@{state.team.bot_user_id}>"}
    for person in state.people.values():
        for name in (person.name, person.real_name):
            names.setdefault(f"@{name}".casefold(), f"<@{person.id}>")
    for channel in state.channels.values():
        if not channel.is_im:
            names.setdefault(f"#{channel.name}".casefold(), f"<#{channel.id}|{channel.name}>")
    return names

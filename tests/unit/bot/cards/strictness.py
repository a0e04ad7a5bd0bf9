"""Whether Slack would take what the cards make: the workspace's validator, and rules of ours that it does not know."""

import json
import re
from typing import Any

from bot.slack.cards.blocks import Message, View
from bot.workspace.blocks.validate import check_message_blocks, check_view

_DATE = re.compile(r"<!date\^\d+\^\{date_short_pretty\} at \{time\}\|[^<>|]*>")
MOST_MESSAGE = 12_000
"""Characters of all blocks of a message; Slack has refused some from 13,000 on."""


def as_sent(value: Any) -> Any:
    """What arrives at Slack: through JSON and UTF-8, which refuse what cannot be sent."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8"))


def assert_postable(message: Message) -> None:
    blocks = as_sent(message.blocks)
    check_message_blocks(blocks)
    assert len(json.dumps(blocks, ensure_ascii=False)) <= MOST_MESSAGE
    assert message.text.strip()
    assert len(message.text) <= 4000
    assert_harmless(message.text)
    _assert_all_harmless(blocks)


def assert_openable(view: View) -> None:
    sent = as_sent(view)
    check_view(sent, wanted="home" if view["type"] == "home" else "modal")
    _assert_all_harmless(sent["blocks"])


def assert_harmless(text: str) -> None:
    """No control sequence but our own dates, and nothing that reverses a line."""
    without_dates = _DATE.sub("", text)
    assert "<" not in without_dates, text
    assert ">" not in without_dates, text
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u200e\u200f") & set(text)


def texts_of(value: Any, kind: str = "mrkdwn") -> list[str]:
    """Every text of one kind, in order."""
    if isinstance(value, dict):
        own = [value["text"]] if value.get("type") == kind else []
        return own + [text for part in value.values() for text in texts_of(part, kind)]
    if isinstance(value, (list, tuple)):
        return [text for part in value for text in texts_of(part, kind)]
    return []


def all_text(value: Any) -> str:
    return "\n".join([*texts_of(value), *texts_of(value, "plain_text"), *texts_of(value, "raw_text")])


def elements_of(value: Any) -> dict[str, dict[str, Any]]:
    """Every interactive element by its action_id."""
    if isinstance(value, dict):
        own = {value["action_id"]: value} if "action_id" in value else {}
        return own | {name: found for part in value.values() for name, found in elements_of(part).items()}
    if isinstance(value, (list, tuple)):
        return {name: found for part in value for name, found in elements_of(part).items()}
    return {}


def _assert_all_harmless(blocks: Any) -> None:
    for text in texts_of(blocks):
        assert_harmless(text)

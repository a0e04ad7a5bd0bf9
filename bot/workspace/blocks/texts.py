"""Rules of Block Kit's composition objects: texts, options, confirmations, pictures."""

from typing import Any

from bot.workspace.blocks.check import (
    Check,
    Rule,
    anything,
    boolean,
    by_type,
    enum,
    items,
    link,
    shape,
    string,
)


def plain(most: int, *, least: int = 1) -> Rule:
    """A plain_text object; mrkdwn is refused."""
    keys = {"type": anything, "text": string(most, least=least)}
    return by_type({"plain_text": shape(keys, {"emoji": boolean})})


def text(most: int, *, least: int = 1) -> Rule:
    """A plain_text or mrkdwn object."""
    keys = {"type": anything, "text": string(most, least=least)}
    return by_type({"plain_text": shape(keys, {"emoji": boolean}), "mrkdwn": shape(keys, {"verbatim": boolean})})


# Slack fills in title and buttons of a confirmation that lacks them; the text it needs.
CONFIRM_LENIENT = shape(
    {"text": text(300)},
    {"title": plain(100), "confirm": plain(30), "deny": plain(30), "style": enum("primary", "danger")},
)


def option(words: Rule) -> Rule:
    """An option of a menu or of radio buttons."""
    return shape({"text": words, "value": string(150)}, {"description": text(75)})


PLAIN_OPTION = option(plain(75))
RICH_OPTION = option(text(75))
OVERFLOW_OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": link()})
OPTION_GROUP = shape({"label": plain(75), "options": items(PLAIN_OPTION, most=100)})
ACTION_ID = string(255)
USER_IDS = items(string(64), most=100)


def _one_source(value: dict[str, Any], at: str, check: Check) -> None:
    if ("image_url" in value) == ("slack_file" in value):
        check.note(at, "must define either `image_url` or `slack_file`")
    file = value.get("slack_file")
    if isinstance(file, dict):
        if ("id" in file) == ("url" in file):
            check.note(f"{at}/slack_file", "must define either `id` or `url`")
        elif check.known_files is not None and str(file.get("id", file.get("url"))) not in check.known_files:
            check.note(f"{at}/slack_file", "invalid slack file")


_HTTP = string(3000, pattern=r"https?://\S+", wanted="a valid image url")
IMAGE_SOURCE = {
    "image_url": _HTTP,
    "slack_file": shape(optional={"id": string(64), "url": string(3000)}),
}
IMAGE_ELEMENT = shape({"type": anything, "alt_text": string(2000)}, IMAGE_SOURCE, _one_source)
IMAGE_BLOCK = shape(
    {"type": anything, "alt_text": string(2000)},
    {**IMAGE_SOURCE, "block_id": anything, "title": plain(2000)},
    _one_source,
)

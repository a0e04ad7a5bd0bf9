"""The dialog that proposes a change of the rules: files to upload, or one text to paste."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.slack.buttons import CallbackId
from bot.slack.cards.blocks import View, entered, input_block, modal, section, text_input, written

MOST_FILES = 10
MOST_BYTES = 200_000
"""Of one uploaded file; rules are short texts."""
MOST_PASTED = 3000
_FILES = "files"
_NAME = "name"
_TEXT = "text"
_INPUT = "held"
_NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}\.(?:cedar|cedarschema|yml)")
_WRONG_NAME = "A name such as caps.cedar, caps.test.yml, limits.yml or calendar.yml."


@dataclass(frozen=True)
class Upload:
    """One file as Slack keeps it; to be fetched from `url` with the bot's token."""

    id: str
    name: str
    url: str


@dataclass(frozen=True)
class ProposeForm:
    """Uploaded files, and a pasted text by its file name; with `errors` (by block id) the dialog stays open."""

    uploads: tuple[Upload, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def propose_view() -> View:
    told = (
        "📜 *A change of the rules is a plan*: everybody sees the difference and what it would have meant for past "
        "decisions, and two people have to approve it. Until then the rules stay as they are.\n"
        "Each rule needs tests beside it (`caps.cedar`, `caps.test.yml`)."
    )
    files = {
        "type": "file_input",
        "action_id": _INPUT,
        "filetypes": ["cedar", "cedarschema", "yml", "yaml"],
        "max_files": MOST_FILES,
    }
    name = text_input(_INPUT, "limits.yml", most=100, multiline=False)
    blocks = [
        section(told),
        input_block(_FILES, "Files", files, optional=True, hint="A file replaces the one of the same name."),
        input_block(_NAME, "Or paste one: its name", name, optional=True),
        input_block(_TEXT, "Its text", text_input(_INPUT, "The whole file", most=MOST_PASTED), optional=True),
    ]
    return modal("Propose rules", CallbackId.POLICY_PROPOSE, blocks, submit="Propose", close="Cancel")


def read_propose(values: Mapping[str, Any]) -> ProposeForm:
    """From `view["state"]["values"]`; whether the texts are good rules is for the use case to say."""
    held = entered(values, _FILES, _INPUT).get("files") or ()
    uploads = tuple(_upload(one) for one in held if isinstance(one, Mapping))
    name, text = written(values, _NAME, _INPUT), str(entered(values, _TEXT, _INPUT).get("value") or "")
    errors: dict[str, str] = {}
    if wrong := [one.name for one in uploads if not _NAMED.fullmatch(one.name)]:
        errors[_FILES] = f"“{wrong[0][:60]}” cannot be a file of rules. {_WRONG_NAME}"
    elif len({one.name for one in uploads}) < len(uploads):
        errors[_FILES] = "Two files have the same name."
    if text.strip() and not _NAMED.fullmatch(name):
        errors[_NAME] = _WRONG_NAME
    elif name and not text.strip():
        errors[_TEXT] = "Paste the whole text of the file."
    elif name and name in {one.name for one in uploads}:
        errors[_NAME] = "A file of this name is uploaded already."
    if not uploads and not name and not text.strip():
        errors[_FILES] = "Upload a file, or paste one below."
    return ProposeForm(uploads, {name: text} if text.strip() else {}, errors)


def _upload(file: Mapping[str, Any]) -> Upload:
    url = str(file.get("url_private_download") or file.get("url_private") or "")
    return Upload(str(file.get("id") or ""), str(file.get("name") or ""), url)

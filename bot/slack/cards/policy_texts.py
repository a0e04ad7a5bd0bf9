"""The rules as texts, for whoever asks what is in force, and why other texts cannot be."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from bot.slack.cards.blocks import Message, code, context, header, section
from bot.slack.cards.markup import bullets, code_line, count, data, moment, within
from storage.records.policies import Edition, PolicyFile

_MOST_SECTIONS = 3
"""A message of about 13,000 characters is too long for Slack."""
_MOST_SECTION = 1900
_MOST_LINE = 200
_MOST_LIST = 2600


def texts_in_force(edition: Edition, *, zone: ZoneInfo) -> Message:
    """The names of the files in force, the team's own marked, and how to read or change one."""
    lines = [
        f"• `{data(one.name, 60)}`{' · *your own*' if one.own else ''} · {count(len(one.text.splitlines()), 'line')}"
        for one in edition.files
    ]
    title = f"Rules in force: edition {edition.number}"
    facts = f"Since {moment(edition.at, zone)}, {data(edition.because, 80)} · version `{edition.version[:8]}`"
    hint = "`/policy show limits.yml` reads one; `/policy propose` asks people to approve another text."
    blocks = (header(title), context(facts), section(within(lines, _MOST_LIST)), context(hint))
    return Message(text=f"{title}, {count(len(edition.files), 'file')}.", blocks=blocks)


def text_of_file(file: PolicyFile) -> Message:
    """One text, cut to what a message holds; its markup is shown, never obeyed."""
    lines = [code_line(line, _MOST_LINE) for line in file.text.splitlines()]
    blocks, at = [section(f"*{data(file.name, 80)}*")], 0
    for _ in range(_MOST_SECTIONS):
        if at == len(lines):
            break
        part, at = _part(lines, at)
        blocks += [code(part)] if part.strip() else []
    if at < len(lines):
        blocks.append(
            context(f"…and {count(len(lines) - at, 'more line')}: `countersign policy show` prints them all.")
        )
    return Message(text=f"{data(file.name, 80)}, {count(len(lines), 'line')}.", blocks=tuple(blocks))


def _part(lines: Sequence[str], at: int) -> tuple[str, int]:
    """As many lines from there as a section holds, and where the rest begins."""
    size, end = len(lines[at]), at + 1
    while end < len(lines) and size + len(lines[end]) + 1 <= _MOST_SECTION:
        size += len(lines[end]) + 1
        end += 1
    return "\n".join(lines[at:end]), end


def refused_texts(problems: Sequence[str]) -> Message:
    """Why texts cannot become the rules, each problem by itself."""
    head = "These texts cannot become the rules. Nothing was changed."
    listed = bullets(problems[:20], most=_MOST_LIST, each=400)
    return Message(text=head, blocks=(section(f"⛔ *{head}*"), section(listed or "No reason was given.")))

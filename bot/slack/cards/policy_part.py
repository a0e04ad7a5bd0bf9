"""A plan that changes the rules: what it would have meant for past decisions, then the text before and after."""

import json
import re
from collections.abc import Iterator
from difflib import unified_diff
from zoneinfo import ZoneInfo

from bot.slack.cards.blocks import Block, code, section
from bot.slack.cards.markup import code_line, count, data, day_range, money, width, within
from storage.records.dossiers import Dossier
from storage.records.plans import Change, Plan
from storage.records.policies import Impact, Shift

RULES = "policies"
"""The channel through which rules are changed."""
_MOST_ON_A_CARD = 1400
_MOST_IN_A_FILE = 500
_MOST_WHOLE = 60_000
_MOST_LINE = 200
_SHOWN_FILES = 4
_MOST_FILES = 40
_MOST_IMPACT = 1500
_SHOWN_SHIFTS = 6
_WAITS_FOR = "waits for "
_ROLE = re.compile(r"\bcmo\b")
_SAID = {
    "allowed": "allowed",
    "needs_approval": "asked",
    "waits": "asked",
    "refused": "refused",
}


def changes_rules(plan: Plan) -> bool:
    """Whether the plan changes the rules themselves, also by taking such a plan back."""
    return all(change.resource.channel == RULES for change in plan.changes)


def about_rules(dossier: Dossier, zone: ZoneInfo) -> list[Block]:
    """For the card: the impact in words and numbers, then the text difference of each file, cut to the card."""
    impact = [section(impact_text(dossier.impact, zone))] if dossier.impact else []
    return [*impact, *_differences(dossier.status.plan, _MOST_ON_A_CARD, _MOST_IN_A_FILE, _SHOWN_FILES)]


def whole_difference(plan: Plan) -> list[Block]:
    """For "Why?", where there is room for all of it."""
    return _differences(plan, _MOST_WHOLE, _MOST_WHOLE, _MOST_FILES)


def impact_text(impact: Impact, zone: ZoneInfo) -> str:
    """As in "Of the last 412 decisions 18 would come out differently: …", with money where it is known."""
    span = day_range(impact.first, impact.last, zone)
    judged = f"the last {count(impact.judged, 'decision')}{f' ({span})' if span else ''}"
    if not impact.judged:
        lines = ["*Nobody knows what it would have meant*: no past decision can be judged again yet."]
    elif not impact.changed:
        lines = [f"*Changes nothing so far*: of {judged} none would come out differently."]
    else:
        lines = [f"*Of {judged} {impact.changed:,} would come out differently*"]
        lines += [_shift(one) for one in impact.shifts[:_SHOWN_SHIFTS]]
        hidden = len(impact.shifts) - _SHOWN_SHIFTS
        lines += [f"• …and {count(hidden, 'other kind')} of difference"] if hidden > 0 else []
    if impact.unjudgeable:
        lines.append(f"_{count(impact.unjudgeable, 'older decision')} could not be judged again._")
    versions = f"Version `{data(impact.version_now[:8], 8)}` → `{data(impact.version_then[:8], 8)}`"
    return within([*lines, versions], _MOST_IMPACT)


def texts_of(change: Change) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """File name → text before and after, None for a file that is not there; empty where it cannot be read."""
    return _files(str(change.before)), _files(str(change.after))


def difference(before: str | None, after: str | None) -> tuple[int, int, list[str]]:
    """Lines added, lines removed, and the unified difference without its file names."""
    old, new = (before or "").splitlines(), (after or "").splitlines()
    raw = list(unified_diff(old, new, n=2, lineterm=""))[2:]
    # Where a stretch begins says nothing to people: only that lines are left out between two stretches.
    lines = ["…" if line.startswith("@@") else code_line(line, _MOST_LINE) for line in raw]
    lines = lines[1:] if lines[:1] == ["…"] else lines
    return sum(line[:1] == "+" for line in lines), sum(line[:1] == "-" for line in lines), lines


def _shift(one: Shift) -> str:
    before, after = _said(one.before), _said(one.after)
    at_risk = f" ({money(one.at_risk)} at risk)" if one.at_risk is not None else ""
    such_as = f", such as {', '.join(data(name, 20) for name in one.examples[:3])}" if one.examples else ""
    return f"• *{one.count:,}* {after} instead of {before}{at_risk}{such_as}"


def _said(word: str) -> str:
    """How a decision came out, in the words of people: "waits for 2 people: …" as "asked of 2 people: …"."""
    if whom := word.removeprefix(_WAITS_FOR) if word.startswith(_WAITS_FOR) else "":
        return f"asked of {data(_ROLE.sub('CMO', whom), 60)}"
    return _SAID.get(word, data(word, 60))


def _differences(plan: Plan, most: int, most_in_a_file: int, most_files: int) -> list[Block]:
    blocks: list[Block] = []
    files = list(_changed_files(plan))
    for name, before, after in files[:most_files]:
        added, removed, lines = difference(before, after)
        state = "*new*" if before is None else "*removed*" if after is None else "changed"
        shown = _fitting(lines, min(most, most_in_a_file))
        most -= sum(width(line) + 1 for line in shown)
        blocks.append(section(f"📄 *{data(name, 80)}* {state}  ·  +{added:,} −{removed:,} lines"))
        blocks += [code("\n".join(shown))] if any(line.strip() for line in shown) else []
        hidden = len(lines) - len(shown)
        if hidden:
            blocks.append(section(f"_…{count(hidden, 'more line')}: the rest under Why?_"))
    hidden_files = len(files) - most_files
    if hidden_files > 0:
        blocks.append(section(f"_…and {count(hidden_files, 'more file')}: all of them under Why?_"))
    return blocks


def _fitting(lines: list[str], most: int) -> list[str]:
    shown = []
    for line in lines:
        most -= width(line) + 1
        if most < 0:
            break
        shown.append(line)
    return shown


def _changed_files(plan: Plan) -> Iterator[tuple[str, str | None, str | None]]:
    for change in plan.changes:
        before, after = texts_of(change)
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                yield name, before.get(name), after.get(name)


def _files(text: str) -> dict[str, str | None]:
    try:
        held = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(held, dict):
        return {}
    return {str(name): content for name, content in held.items() if content is None or isinstance(content, str)}

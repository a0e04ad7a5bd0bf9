"""One policy: what its annotations say, and the lint that refuses what they must not say."""

import re
from typing import Any, Literal

from agents.governance.approvals import COUNTS_AS
from agents.governance.wording import PERSON_WORDS, WORDS, placeholders
from storage.records.people import Role
from storage.records.record import Record

_ANNOTATIONS = ("id", "deny", "break_glass", "requires", "approvers", "because", "escalate_after", "cooling_off")
_OF_GATES = ("because", "approvers", "escalate_after", "cooling_off")
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LARGEST_QUORUM = 5
_DURATION = re.compile(r"([1-9]\d{0,4})([mhd])", re.ASCII)
_BUSINESS_MINUTES = {"m": 1, "h": 60, "d": 8 * 60}
"""A day of business time is eight hours, whatever the calendar's are."""
_CLOCK_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}
_LONGEST_MINUTES = 31 * 24 * 60


class Policy(Record):
    """A policy as people wrote it; the condition itself stays with Cedar."""

    id: str
    file: str
    effect: Literal["permit", "forbid"]
    actions: tuple[str, ...]
    """Empty: every action."""
    text: str = ""
    """Of a forbid: what people are told when it fires, with placeholders in braces."""
    requires: frozenset[Role] = frozenset()
    """Of a gate: the roles that must have approved, all of them; empty for a plain denial."""
    approvers: int = 1
    """Of a gate: how many distinct people."""
    escalate_after_minutes: int | None = None
    """Of a gate: business minutes after which the next rung of people is asked, too."""
    cooling_off_minutes: int = 0
    """Of a gate: minutes of the clock from the last approval until the plan may be carried out."""
    passes_glass: bool = False
    """Whether broken glass passes it: every gate, and a denial that says so."""


def lint(rule: dict[str, Any], *, file: str) -> tuple[Policy | None, list[str]]:
    """Read one policy of Cedar's JSON form; the policy is None where it has no usable id."""
    annotations: dict[str, str | None] = rule.get("annotations", {})
    name = annotations.get("id") or ""
    if not _ID.fullmatch(name):
        wanted = '@id("words-like-this")'
        return None, [f"{file}: a {rule['effect']} has no id, or “{name}” is none: give it {wanted}"]
    problems = [
        f"@{key} is not known; use {', '.join(f'@{item}' for item in _ANNOTATIONS)}"
        for key in annotations
        if key not in _ANNOTATIONS
    ]
    actions = _actions(rule["action"])
    text = annotations.get("deny") or annotations.get("because") or ""
    if rule["effect"] == "permit":
        extra = [key for key in _ANNOTATIONS[1:] if key in annotations]
        problems += [f"@{key} belongs to a forbid; remove it" for key in extra]
    else:
        problems += _lint_forbid(annotations, rule) + _lint_text(text, actions)
    gate = {} if problems else _gate(annotations)
    policy = Policy(id=name, file=file, effect=rule["effect"], actions=actions, text=text, **gate)
    return policy, [f"{file}: {name}: {problem}" for problem in problems]


def clauses(policy: Policy) -> list[dict[str, Any]]:
    """What the annotations mean, in Cedar's JSON form: unless there are the approvals, unless glass is broken."""
    meant = []
    if policy.requires:
        meant.append({"kind": "unless", "body": _approvals_clause(policy)})
    if policy.passes_glass:
        meant.append({"kind": "unless", "body": {".": {"left": {"Var": "context"}, "attr": "glass"}}})
    return meant


def _gate(annotations: dict[str, str | None]) -> dict[str, Any]:
    if "requires" not in annotations:
        return {"passes_glass": "break_glass" in annotations}
    return {
        "requires": frozenset(Role(role) for role in _listed(annotations["requires"])),
        "approvers": int(annotations.get("approvers") or 1),
        "escalate_after_minutes": _minutes(annotations.get("escalate_after"), _BUSINESS_MINUTES),
        "cooling_off_minutes": _minutes(annotations.get("cooling_off"), _CLOCK_MINUTES) or 0,
        "passes_glass": True,
    }


def _approvals_clause(policy: Policy) -> dict[str, Any]:
    """approvals.roles contains every role, and approvals.distinct >= approvers."""
    given = {".": {"left": {"Var": "context"}, "attr": "approvals"}}
    roles = {".": {"left": given, "attr": "roles"}}
    distinct = {".": {"left": given, "attr": "distinct"}}
    clause: dict[str, Any] = {">=": {"left": distinct, "right": {"Value": policy.approvers}}}
    for role in sorted(policy.requires):
        has_role = {"contains": {"left": roles, "right": {"Value": role.value}}}
        clause = {"&&": {"left": has_role, "right": clause}}
    return clause


def _actions(scope: dict[str, Any]) -> tuple[str, ...]:
    entities = scope.get("entities") or ([scope["entity"]] if "entity" in scope else [])
    return tuple(entity["id"] for entity in entities)


def _lint_forbid(annotations: dict[str, str | None], rule: dict[str, Any]) -> list[str]:
    problems = []
    if ("deny" in annotations) == ("requires" in annotations):
        problems.append("a forbid needs exactly one of @deny (refuse) and @requires (ask)")
    if "deny" in annotations:
        if not annotations["deny"]:
            problems.append("@deny is empty; say why, for people")
        problems += [f"@{key} belongs to @requires" for key in _OF_GATES if key in annotations]
        problems += _lint_glass(annotations, rule)
    if "requires" in annotations:
        if not annotations.get("because"):
            problems.append("@requires needs @because: say why, for people")
        if "break_glass" in annotations:
            problems.append("@break_glass belongs to @deny: what people are asked for, broken glass always passes")
        problems += _lint_quorum(annotations) + _lint_clocks(annotations)
    return problems


def _lint_glass(annotations: dict[str, str | None], rule: dict[str, Any]) -> list[str]:
    problems = []
    if annotations.get("break_glass", "passes") != "passes":
        problems.append('@break_glass says “passes” or is left out: @break_glass("passes")')
    if "break_glass" in annotations and _reads_limits(rule["conditions"]):
        problems.append("@break_glass on a rule about limits: nobody passes a hard cap, whatever is broken")
    return problems


def _reads_limits(part: Any) -> bool:
    """Whether a condition, or any part of one, looks at what limits.yml sets."""
    if isinstance(part, dict):
        return part.get("attr") == "limits" or any(_reads_limits(each) for each in part.values())
    return isinstance(part, list) and any(_reads_limits(each) for each in part)


def _lint_clocks(annotations: dict[str, str | None]) -> list[str]:
    units = {"escalate_after": _BUSINESS_MINUTES, "cooling_off": _CLOCK_MINUTES}
    return [
        f"@{key} of “{annotations[key]}” is no time such as 30m, 4h or 2d, at most 31 days"
        for key, minutes in units.items()
        if key in annotations and _minutes(annotations[key], minutes) is None
    ]


def _minutes(text: str | None, units: dict[str, int]) -> int | None:
    match = _DURATION.fullmatch(text or "")
    minutes = int(match.group(1)) * units[match.group(2)] if match else None
    return minutes if minutes is not None and minutes <= _LONGEST_MINUTES else None


def _lint_quorum(annotations: dict[str, str | None]) -> list[str]:
    problems = []
    counting = ", ".join(sorted(COUNTS_AS))
    roles = _listed(annotations["requires"])
    uncounted = [role for role in roles or ("",) if role not in COUNTS_AS]
    problems += [f"@requires: approvals by “{role}” do not count; use {counting}" for role in uncounted]
    number = annotations.get("approvers", "1") or ""
    if not (number.isascii() and number.isdigit() and 1 <= int(number) <= _LARGEST_QUORUM):
        problems.append(f"@approvers of “{number}” must be a whole number from 1 to {_LARGEST_QUORUM}")
    return problems


def _lint_text(text: str, actions: tuple[str, ...]) -> list[str]:
    words = [WORDS.get(action, PERSON_WORDS) for action in actions] or [*WORDS.values(), PERSON_WORDS]
    known = frozenset.intersection(*words)
    unknown = sorted(placeholders(text) - known)
    return [f"{{{word}}} is not known here; use {', '.join(sorted(known))}" for word in unknown]


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())

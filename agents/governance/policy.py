"""One policy: what its annotations say, and the lint that refuses what they must not say."""

import re
from typing import Any, Literal

from agents.governance.approvals import COUNTS_AS
from agents.governance.wording import CHANGE_WORDS, PERSON_WORDS, PLAN_WORDS, placeholders
from storage.records.people import Role
from storage.records.record import Record

PLAN_ACTIONS = ("plan_budget", "plan_rollback")
CHANGE_ACTIONS = ("set_budget", "restore_budget")
_ANNOTATIONS = ("id", "deny", "requires", "approvers", "because")
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LARGEST_QUORUM = 5


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
        problems += _lint_forbid(annotations) + _lint_text(text, actions)
    gate: dict[str, Any] = {}
    if not problems and "requires" in annotations:
        gate["requires"] = frozenset(Role(role) for role in _listed(annotations["requires"]))
        gate["approvers"] = int(annotations.get("approvers") or 1)
    policy = Policy(id=name, file=file, effect=rule["effect"], actions=actions, text=text, **gate)
    return policy, [f"{file}: {name}: {problem}" for problem in problems]


def approvals_clause(policy: Policy) -> dict[str, Any]:
    """In Cedar's JSON form: approvals.roles contains every role, and approvals.distinct >= approvers."""
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


def _lint_forbid(annotations: dict[str, str | None]) -> list[str]:
    problems = []
    if ("deny" in annotations) == ("requires" in annotations):
        problems.append("a forbid needs exactly one of @deny (refuse) and @requires (ask)")
    if "deny" in annotations:
        if not annotations["deny"]:
            problems.append("@deny is empty; say why, for people")
        problems += [f"@{key} belongs to @requires" for key in ("because", "approvers") if key in annotations]
    if "requires" in annotations:
        if not annotations.get("because"):
            problems.append("@requires needs @because: say why, for people")
        problems += _lint_quorum(annotations)
    return problems


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
    words = [
        PLAN_WORDS if action in PLAN_ACTIONS else CHANGE_WORDS if action in CHANGE_ACTIONS else PERSON_WORDS
        for action in actions
    ] or [PLAN_WORDS, CHANGE_WORDS, PERSON_WORDS]
    known = frozenset.intersection(*words)
    unknown = sorted(placeholders(text) - known)
    return [f"{{{word}}} is not known here; use {', '.join(sorted(known))}" for word in unknown]


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())

"""The pieces that Block Kit rules are made of: each rule looks at one JSON value and notes what is wrong where.

Wording and JSON pointers follow Slack's `response_metadata.messages`.
"""

import math
import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Literal

Surface = Literal["message", "modal", "home"]


@dataclass
class Check:
    """One validation under way: the surface, the problems so far and what must be unique in it."""

    surface: Surface
    problems: list[str] = field(default_factory=list)
    block_ids: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    known_files: AbstractSet[str] | None = None

    def note(self, at: str, problem: str) -> None:
        """Note a problem at a JSON pointer."""
        self.problems.append(f"{problem} [json-pointer:{at}]")

    def count(self, what: str) -> int:
        """How many of these were met, this one included."""
        self.counts[what] = self.counts.get(what, 0) + 1
        return self.counts[what]


Rule = Callable[[Any, str, Check], None]


def string(most: int, *, least: int = 1, pattern: str = "", wanted: str = "") -> Rule:
    """A string of `least` to `most` characters, matching a pattern described by `wanted`."""

    def rule(value: Any, at: str, check: Check) -> None:
        if not isinstance(value, str):
            check.note(at, "must be a string")
        elif len(value) > most:
            check.note(at, f"must be less than {most + 1} characters")
        elif len(value) < least or (least and not value.strip()):
            check.note(at, f"must be more than {least - 1} characters")
        elif pattern and not re.fullmatch(pattern, value, re.DOTALL):
            check.note(at, f"must be {wanted}")

    return rule


def link(most: int = 3000) -> Rule:
    """A URL with a scheme."""
    return string(most, pattern=r"[A-Za-z][A-Za-z0-9+.-]*:\S+", wanted="a valid url")


def boolean(value: Any, at: str, check: Check) -> None:
    """True or false."""
    if not isinstance(value, bool):
        check.note(at, "must be a boolean")


def integer(least: int, most: int) -> Rule:
    """A whole number within limits."""

    def rule(value: Any, at: str, check: Check) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            check.note(at, "must be an integer")
        elif not least <= value <= most:
            check.note(at, f"must be between {least} and {most}")

    return rule


def number(value: Any, at: str, check: Check) -> None:
    """Any finite number."""
    countable = isinstance(value, int | float) and not isinstance(value, bool)
    if not countable or (isinstance(value, float) and not math.isfinite(value)):
        check.note(at, "must be a number")


def enum(*allowed: str) -> Rule:
    """One of these words."""

    def rule(value: Any, at: str, check: Check) -> None:
        if value not in allowed:
            check.note(at, f"must be one of: {', '.join(allowed)}")

    return rule


def items(rule: Rule, *, least: int = 1, most: int) -> Rule:
    """An array of `least` to `most` items that all satisfy a rule."""

    def check_items(value: Any, at: str, check: Check) -> None:
        if not isinstance(value, list):
            check.note(at, "must be an array")
            return
        if len(value) > most:
            check.note(at, f"no more than {most} items allowed")
            return
        if len(value) < least:
            check.note(at, f"no fewer than {least} items allowed")
        for index, item in enumerate(value):
            rule(item, f"{at}/{index}", check)

    return check_items


def shape(
    required: Mapping[str, Rule] | None = None,
    optional: Mapping[str, Rule] | None = None,
    *extra: Rule,
    closed: bool = True,
) -> Rule:
    """An object with these keys and, when `closed`, no others; `extra` rules then see the whole object."""
    needed, allowed = dict(required or {}), dict(optional or {})

    def rule(value: Any, at: str, check: Check) -> None:
        if not isinstance(value, dict):
            check.note(at, "must provide an object")
            return
        for key in needed:
            if value.get(key) is None:
                check.note(at, f"missing required field: {key}")
        for key, part in value.items():
            part_rule = needed.get(key) or allowed.get(key)
            if part_rule is None:
                if closed:
                    check.note(at, f"invalid additional property: {key}")
            elif part is not None:
                part_rule(part, f"{at}/{key}", check)
        for judge in extra:
            judge(value, at, check)

    return rule


def by_type(rules: Mapping[str, Rule], *, among: str = "type") -> Rule:
    """An object whose `type` selects its rule."""

    def rule(value: Any, at: str, check: Check) -> None:
        if not isinstance(value, dict):
            check.note(at, "must provide an object")
            return
        kind = value.get(among)
        if kind is None:
            check.note(at, f"missing required field: {among}")
        elif not isinstance(kind, str) or kind not in rules:
            check.note(f"{at}/{among}", f"unsupported type: {kind}")
        else:
            rules[kind](value, at, check)

    return rule


def anything(_value: Any, _at: str, _check: Check) -> None:
    """No demand; for keys whose content another rule judges."""

"""How a case of a policy test is written down: texts, and lists and mappings of them, each read as one thing only."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

from storage.records.money import Money

Written = Mapping[str, Any]
"""A case as it was written."""


class CaseInvalid(ValueError):
    """Raised for a case that cannot be read as it stands; the message says what is wrong with it."""


def read_written(document: str) -> Written:
    """The mapping that a YAML text holds; every value stays a text. Raises CaseInvalid."""
    try:
        node = yaml.compose(document, Loader=yaml.SafeLoader)
        return as_map({} if node is None else _plain(node))
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise CaseInvalid(f"cannot be read as YAML{f' at line {mark.line + 1}' if mark else ''}") from error


def _plain(node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_plain(each) for each in node.value]
    if not isinstance(node, yaml.MappingNode):
        return str(node.value)
    found: dict[str, Any] = {}
    for key, value in node.value:
        if str(key.value) in found:
            raise CaseInvalid(f"“{key.value}” is there twice; keep one")
        found[str(key.value)] = _plain(value)
    return found


def only(case: Written, known: tuple[str, ...]) -> None:
    """Raises CaseInvalid for a key that nothing would read."""
    for key in case:
        if key not in known:
            raise CaseInvalid(f"{key} is not known here; use {', '.join(known)}")


def as_map(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise CaseInvalid(f"“{value}” must be “name: value”")
    return value


def mapping(case: Written, key: str) -> Mapping[str, Any]:
    return as_map(case.get(key, {}))


def text(case: Written, key: str, default: str) -> str:
    value = case.get(key, default)
    if not isinstance(value, str):
        raise CaseInvalid(f"{key} must be one value")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """A list, or one value in which commas part them."""
    parts = value if isinstance(value, list) else str(value).split(",")
    return tuple(part for each in parts if (part := str(each).strip()))


def yes(case: Written, key: str, *, default: bool = False) -> bool:
    value = text(case, key, "yes" if default else "no")
    if value not in ("yes", "no"):
        raise CaseInvalid(f"{key} is “{value}”; write yes or no")
    return value == "yes"


def amount(written: Any) -> Money:
    """In pounds, unless a currency stands before it."""
    currency, _, number = str(written).rpartition(" ")
    try:
        return Money.of(Decimal(number), currency or "GBP")
    except (InvalidOperation, ValueError) as error:
        raise CaseInvalid(f"“{written}” is no amount; write 100 or EUR 100") from error


def bp(written: str) -> int:
    try:
        return int(Decimal(written.removesuffix("%")) * 100)
    except InvalidOperation as error:
        raise CaseInvalid(f"“{written}” is no share; write 15%") from error


def whole(written: str) -> int:
    try:
        return int(written)
    except ValueError as error:
        raise CaseInvalid(f"“{written}” is no whole number") from error


def moment(written: str) -> datetime:
    try:
        return datetime.strptime(written, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except ValueError as error:
        raise CaseInvalid(f"now is “{written}”; write 2026-03-02 09:00, in UTC") from error

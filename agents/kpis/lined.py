"""YAML that people write, read with the lines on which things stand, so that a fault can be found."""

from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

SAFE_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""As safe, and ten times as fast where libyaml is installed."""


class LinesUnreadable(ValueError):
    """Raised for a text that is no YAML, or that says one thing twice."""

    def __init__(self, words: str, line: int) -> None:
        super().__init__(words)
        self.line = line


@dataclass(frozen=True)
class Lined:
    """A value with the line on which it begins, from 1."""

    value: Any
    begins: int
    keys: dict[str, "Lined"] = field(default_factory=dict)
    items: tuple["Lined", ...] = ()

    def at(self, key: str) -> "Lined | None":
        return self.keys.get(key)

    def line(self, *path: str) -> int:
        """Of the innermost place on a path of keys that is written down."""
        found = self
        for key in path:
            below = found.keys.get(key)
            if below is None and key.isdigit() and int(key) < len(found.items):
                below = found.items[int(key)]
            if below is None:
                break
            found = below
        return found.begins


def lined(text: str) -> Lined:
    """The document of a text. Raises LinesUnreadable."""
    try:
        node = yaml.compose(text, Loader=SAFE_LOADER)
        return Lined(None, 1) if node is None else _read(node, node.start_mark.line + 1)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it is nested too deeply"
        raise LinesUnreadable(f"cannot be read: {problem}", mark.line + 1 if mark else 0) from error


def _read(node: yaml.Node, line: int) -> Lined:
    if isinstance(node, yaml.SequenceNode):
        items = tuple(_read(each, each.start_mark.line + 1) for each in node.value)
        return Lined([one.value for one in items], line, items=items)
    if isinstance(node, yaml.MappingNode):
        keys: dict[str, Lined] = {}
        for key, value in node.value:
            name, at = str(key.value), key.start_mark.line + 1
            if name in keys:
                raise LinesUnreadable(f"{name!r} is there twice; keep one", at)
            keys[name] = _read(value, at)
        return Lined({name: one.value for name, one in keys.items()}, line, keys=keys)
    return Lined(_scalar(node), line)


def _scalar(node: yaml.Node) -> Any:
    return SafeConstructor().construct_object(node, deep=True)

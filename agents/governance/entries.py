"""Reading a home's YAML strictly: every scalar is kept as its text, so that no amount passes through a float."""

import re
from collections.abc import Iterator

import yaml

_WHOLE = re.compile(r"\d{1,9}")
_NULLS = ("~", "null")
"""Missing, unless in quotes: then it is somebody's name."""


class EntryInvalid(ValueError):
    """Raised when a file of the home cannot be read as it stands; its owner must correct the named key."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        super().__init__(f"{file}: {key or 'the file'} {problem}")
        self.file = file
        self.key = key


class Entry:
    """One mapping of a file, with the path of keys that leads to it."""

    def __init__(self, node: yaml.Node, *, file: str, path: str, error: type[EntryInvalid]) -> None:
        self._file = file
        self._path = path
        self._error = error
        if not isinstance(node, yaml.MappingNode):
            raise error(file, path, "must hold “key: value” lines")
        self._nodes: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in self._nodes:
                raise self.invalid(name, "is there twice; keep one")
            self._nodes[name] = value

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self._nodes)

    def invalid(self, key: str, problem: str) -> EntryInvalid:
        """What to raise about a key of this mapping, or about the mapping itself if the key is empty."""
        path = f"{self._path}.{key}" if self._path and key else self._path or key
        return self._error(self._file, path, problem)

    def line(self, key: str) -> int:
        """Of the file, from 1, on which the key's value begins."""
        return int(self._nodes[key].start_mark.line) + 1

    def has(self, key: str) -> bool:
        """Whether the key is there with a value: `key:` alone is missing."""
        node = self._nodes.get(key)
        if isinstance(node, yaml.ScalarNode):
            return node.value != "" and (node.style is not None or node.value not in _NULLS)
        return node is not None

    def only(self, known: tuple[str, ...]) -> None:
        for key in self._nodes:
            if key not in known:
                raise self.invalid(key, f"is not known here; remove it, or use one of {', '.join(known)}")

    def entry(self, key: str) -> "Entry":
        path = f"{self._path}.{key}" if self._path else key
        return Entry(self._nodes[key], file=self._file, path=path, error=self._error)

    def inner(self, key: str) -> Iterator[tuple[str, "Entry"]]:
        """The mappings inside the mapping `key`; none if the key is missing."""
        if self.has(key):
            outer = self.entry(key)
            yield from ((name, outer.entry(name)) for name in outer.keys)

    def text(self, key: str, remedy: str) -> str:
        """The one value of the key, without blanks around it."""
        if not self.has(key):
            raise self.invalid(key, f"is missing; {remedy}")
        node = self._nodes[key]
        if not isinstance(node, yaml.ScalarNode):
            raise self.invalid(key, f"must be one value; {remedy}")
        return str(node.value).strip()

    def texts(self, key: str, remedy: str) -> tuple[str, ...]:
        """The values of the key: a list, or one value in which commas part them; none if the key is missing."""
        node = self._nodes.get(key)
        if not isinstance(node, yaml.SequenceNode):
            return tuple(each.strip() for each in self.text(key, remedy).split(",")) if self.has(key) else ()
        if not all(isinstance(each, yaml.ScalarNode) for each in node.value):
            raise self.invalid(key, f"must be a list of values; {remedy}")
        return tuple(str(each.value).strip() for each in node.value)

    def number(self, key: str, *, least: int, most: int, example: str) -> int:
        """A whole number within the bounds."""
        text = self.text(key, f"write {example}")
        if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
            raise self.invalid(key, f"must be a whole number from {least} to {most}, such as {example}")
        return int(text)


def read_entries(text: str, *, file: str, error: type[EntryInvalid]) -> Entry:
    """The top of the file; an empty file has no keys. Raises `error` where it is not YAML."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise error(file, "", f"cannot be read as YAML{where}; correct it there") from problem
    return Entry(node or yaml.MappingNode("tag:yaml.org,2002:map", []), file=file, path="", error=error)


def quoted(text: str) -> str:
    """YAML's single-quoted form, in which only the quote itself is special."""
    return "'" + text.replace("'", "''") + "'"

"""Reading a Cedar schema, as far as ours use the language: all else is refused, never guessed.

cedarpy checks the text and writes it out again in its own layout, which is what is read here: one declaration
each, without comments, names resolved to what Cedar takes them for.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import cedarpy

from agents.governance.compiled.kinds import (
    BOOL,
    LONG,
    STRING,
    Action,
    Attribute,
    EntityOf,
    EntityType,
    Kind,
    NotCompilable,
    Primitive,
    RecordOf,
    Schema,
    SetOf,
)

_PRIMITIVES: dict[str, Primitive] = {"Long": LONG, "String": STRING, "Bool": BOOL}
_TOKEN = re.compile(r'\s*([A-Za-z_][A-Za-z0-9_]*|"(?:[^"\\]|\\.)*"|::|[{}\[\]<>(),:;=?@])')
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def parse_schema(text: str) -> Schema:
    """Read a schema. Raises NotCompilable for what Cedar refuses and for what is not known here."""
    try:
        rendered = str(cedarpy.Schema.from_str(text))
    except ValueError as error:
        raise NotCompilable("schema", f"what Cedar refuses ({error})") from error
    declared = _Declared()
    reader = _Reader(rendered)
    while not reader.done:
        reader.declaration(declared)
    return declared.schema()


@dataclass
class _Declared:
    """The declarations as written: kinds are still names, and members know only their own groups."""

    commons: dict[str, Any] = field(default_factory=dict)
    entities: dict[str, tuple[list[str], Any, frozenset[str] | None]] = field(default_factory=dict)
    actions: dict[str, tuple[list[str], dict[str, Any]]] = field(default_factory=dict)

    def schema(self) -> Schema:
        for name in self.entities:
            if name in _PRIMITIVES or name in self.commons or name == "Action":
                _refuse(f"the entity type {name}, named like another type,")
        parents = _above({name: groups for name, (groups, _, _) in self.entities.items()})
        groups = _above({name: groups for name, (groups, _) in self.actions.items()})
        entities = {
            name: EntityType(attributes=self.record(shape), parents=parents[name], ids=ids)
            for name, (_, shape, ids) in self.entities.items()
        }
        actions = {
            name: Action(
                groups=groups[name],
                principals=tuple(applies.get("principal", ())),
                resources=tuple(applies.get("resource", ())),
                context=self.record(applies.get("context", {})),
            )
            for name, (_, applies) in self.actions.items()
        }
        return Schema(entities=entities, actions=actions)

    def record(self, shape: Any) -> RecordOf:
        kind = self.kind(shape)
        assert isinstance(kind, RecordOf), "Cedar takes only records for shapes and contexts"
        return kind

    def kind(self, raw: Any) -> Kind:
        if isinstance(raw, dict):
            return RecordOf({name: Attribute(self.kind(of), required) for name, (of, required) in raw.items()})
        if isinstance(raw, tuple):
            return SetOf(self.kind(raw[0]))
        if raw in self.commons:
            return self.kind(self.commons[raw])
        if raw in self.entities:
            return EntityOf(raw)
        return _PRIMITIVES[raw] if raw in _PRIMITIVES else _refuse(f"the type {raw}")


class _Reader:
    """Cedar's own layout of a schema, one token after the other."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    @property
    def done(self) -> bool:
        return self._at == len(self._tokens)

    def declaration(self, declared: _Declared) -> None:
        self._annotations()
        word = self._take()
        if word == "type":
            name = self._name()
            self._expect("=")
            declared.commons[name] = self._kind()
        elif word == "entity":
            name = self._name()
            declared.entities[name] = (self._groups(), *self._shape())
        elif word == "action":
            name = self._string()
            declared.actions[name] = (self._groups(), self._applies())
        else:
            _refuse(f"“{word}”")
        self._expect(";")

    def _groups(self) -> list[str]:
        return self._list(self._group) if self._accept("in") else []

    def _group(self) -> str:
        name = self._name()
        if name == "Action" and self._accept("::"):
            return self._string()
        return name

    def _shape(self) -> tuple[Any, frozenset[str] | None]:
        if self._accept("enum"):
            return {}, frozenset(self._list(self._string))
        return (self._kind() if self._accept("=") else {}), None

    def _applies(self) -> dict[str, Any]:
        applies: dict[str, Any] = {}
        if self._accept("appliesTo"):
            self._expect("{")
            while not self._accept("}"):
                what = self._name()
                self._expect(":")
                applies[what] = self._kind() if what == "context" else self._list(self._name)
                self._accept(",")
        return applies

    def _kind(self) -> Any:
        """A name, a tuple of the kind of a set's elements, or a record: attribute to kind and whether required."""
        if self._accept("{"):
            return self._record()
        name = self._name()
        if name == "Set" and self._accept("<"):
            element = self._kind()
            self._expect(">")
            return (element,)
        return name

    def _record(self) -> dict[str, tuple[Any, bool]]:
        attributes: dict[str, tuple[Any, bool]] = {}
        while not self._accept("}"):
            self._annotations()
            name = self._string() if self._next().startswith('"') else self._name()
            if name.startswith("__"):
                _refuse(f"the attribute {name}, which Cedar's JSON may take for an escape,")
            required = not self._accept("?")
            self._expect(":")
            attributes[name] = (self._kind(), required)
            self._accept(",")
        return attributes

    def _annotations(self) -> None:
        while self._accept("@"):
            self._name()
            self._expect("(")
            self._take()
            self._expect(")")

    def _list(self, item: Any) -> list[str]:
        self._expect("[")
        items = []
        while not self._accept("]"):
            items.append(item())
            self._accept(",")
        return items

    def _name(self) -> str:
        token = self._take()
        return token if _NAME.fullmatch(token) else _refuse(f"“{token}” where a name belongs")

    def _string(self) -> str:
        token = self._take()
        if not token.startswith('"') or "\\" in token:
            _refuse(f"{token} where plain text in quotes belongs")
        return token[1:-1]

    def _expect(self, token: str) -> None:
        found = self._take()
        if found != token:
            _refuse(f"“{found}” where “{token}” belongs")

    def _accept(self, token: str) -> bool:
        if self._next() != token:
            return False
        self._at += 1
        return True

    def _next(self) -> str:
        return "" if self.done else self._tokens[self._at]

    def _take(self) -> str:
        token = self._next()
        self._at += 1
        return token


def _tokens(text: str) -> Iterator[str]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            _refuse(f"“{text[at : at + 20].strip()}”")
        yield found[1]
        at = found.end()


def _above(direct: dict[str, list[str]]) -> dict[str, frozenset[str]]:
    """For each name everything above it. A type may be above itself, as a folder holds folders."""
    above: dict[str, frozenset[str]] = {}
    for name, groups in direct.items():
        found: set[str] = set()
        waiting = [*groups]
        while waiting:
            group = waiting.pop()
            if group not in found:
                found.add(group)
                waiting += direct[group]
        above[name] = frozenset(found)
    return above


def _refuse(construct: str) -> NoReturn:
    raise NotCompilable("schema", construct)

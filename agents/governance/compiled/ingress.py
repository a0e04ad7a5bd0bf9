"""The typed door of the compiled path: JSON values become Cedar's, or do not fit the schema and are refused.

For each record of the schema one function is written out. Cedar refuses the same values when it is given the
schema with a request; here a bool is no integer, nothing may be missing, and nothing may be there unasked.
"""

from typing import Any

from agents.governance.compiled.kinds import BOOL, LONG, STRING, EntityOf, Kind, Primitive, RecordOf, Schema, SetOf
from agents.governance.compiled.values import LARGEST, SMALLEST, Uid, key


class Misfit(Exception):
    """Raised for a value that does not fit the schema."""


def text(value: Any) -> str:
    """A string; what is only a kind of string (an enum's member) becomes a plain one."""
    if not isinstance(value, str):
        raise Misfit
    try:
        value.encode()
    except UnicodeEncodeError:  # half a surrogate pair: no text, and no JSON
        raise Misfit from None
    return str.__str__(value)


def integer(value: Any) -> int:
    if type(value) is not int or not SMALLEST <= value <= LARGEST:
        raise Misfit
    return value


def boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise Misfit
    return value


def listed(value: Any) -> Any:
    if type(value) is not list and type(value) is not tuple:
        raise Misfit
    return value


def named(value: Any) -> Uid:
    """The type and id of `{"type": …, "id": …}`, with nothing beside them (cedarpy would ignore it)."""
    if type(value) is not dict or len(value) != 2:
        raise Misfit
    kind, name = value["type"], value["id"]
    if type(kind) is not str or type(name) is not str or not (kind.isascii() and name.isascii()):
        return text(kind), text(name)
    return kind, name


def reference(value: Any) -> Uid:
    """An entity as a value: `named`, or the same under `__entity`."""
    if type(value) is dict and len(value) == 1:
        value = value["__entity"]
    return named(value)


def entity(value: Any, kind: str, ids: frozenset[str] | None) -> Uid:
    """A reference to an entity of this type and, if they are listed, of these ids."""
    found = reference(value)
    if found[0] != kind or (ids is not None and found[1] not in ids):
        raise Misfit
    return found


NEEDED = {
    "Misfit": Misfit,
    "text": text,
    "integer": integer,
    "boolean": boolean,
    "listed": listed,
    "entity": entity,
    "key": key,
}
"""What the written functions call."""


class Readers:
    """Writes the functions that take one record each; a misfit raises Misfit or KeyError."""

    def __init__(self, schema: Schema, constants: dict[str, Any]) -> None:
        self._schema = schema
        self._constants = constants
        self._names: list[tuple[RecordOf, str]] = []
        self.source: list[str] = []

    def reader(self, record: RecordOf) -> str:
        """The name of the function for this record."""
        for known, name in self._names:
            if known == record:
                return name
        lines = self._lines(record)  # the records inside it come first
        name = f"read{len(self._names)}"
        self._names.append((record, name))
        self.source += [f"def {name}(v):", *(f"    {line}" for line in lines)]
        return name

    def _lines(self, record: RecordOf) -> list[str]:
        required = [(name, of.kind) for name, of in record.attributes.items() if of.required]
        optional = [(name, of.kind) for name, of in record.attributes.items() if not of.required]
        lines = ["if type(v) is not dict: raise Misfit", "o = {}", f"n = {len(required)}"]
        for name, kind in required:
            lines += self._take(name, kind)
        for name, kind in optional:
            lines += [f"if {name!r} in v:", "    n += 1", *(f"    {line}" for line in self._take(name, kind))]
        return [*lines, "if len(v) != n: raise Misfit", "return o"]

    def _take(self, name: str, kind: Kind | None) -> list[str]:
        # The commonest kinds are checked in place: a call costs as much as the check.
        checks = {
            LONG: f"if type(x) is not int or not {SMALLEST} <= x <= {LARGEST}: raise Misfit",
            BOOL: "if x is not True and x is not False: raise Misfit",
            STRING: "if type(x) is not str or not x.isascii(): x = text(x)",
        }
        check = checks[kind] if isinstance(kind, Primitive) else f"x = {self._taken('x', kind)}"
        return [f"x = v[{name!r}]", check, f"o[{name!r}] = x"]

    def _taken(self, source: str, kind: Kind | None) -> str:
        if isinstance(kind, Primitive):
            return f"{ {LONG: 'integer', BOOL: 'boolean', STRING: 'text'}[kind] }({source})"
        if isinstance(kind, EntityOf):
            ids = f"k{len(self._constants)}"
            self._constants[ids] = self._schema.entities[kind.name].ids
            return f"entity({source}, {kind.name!r}, {ids})"
        if isinstance(kind, SetOf):
            element = self._taken("y", kind.element)
            if kind.element == STRING:
                element = f"y if type(y) is str and y.isascii() else {element}"
            if kind.element == BOOL or isinstance(kind.element, RecordOf):
                element = f"key({element})"
            return f"frozenset([{element} for y in listed({source})])"
        assert isinstance(kind, RecordOf), "a schema leaves no kind open"
        return f"{self.reader(kind)}({source})"

"""Cedar's values while a compiled policy runs, and what Python would do differently with them.

Long, String and Bool are int, str and bool, never mixed up; an entity is the tuple of its type and id; a record
is a dict; a set is a frozenset of the keys of its elements (see `key`), for it is only ever compared.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

Uid = tuple[str, str]
"""Type and id of an entity."""
Groups = Mapping[Uid, AbstractSet[Uid]]
"""For each entity everything above it."""
Entities = Mapping[Uid, Mapping[str, Any]]
"""The attributes of each entity that is known."""

SMALLEST, LARGEST = -(2**63), 2**63 - 1
"""Cedar's integers end here."""
NOTHING: frozenset[Any] = frozenset()


class Stop(Exception):
    """Raised where Cedar would report an error of the policy: a wrong type, an overflow, an absent attribute."""


def key(value: Any) -> Any:
    """The value for comparison and sets: hashable, and equal only to what Cedar calls equal (1 is not true)."""
    if type(value) is bool:
        return (bool, value)
    if type(value) is dict:
        return (dict, frozenset((name, key(of)) for name, of in value.items()))
    return value


def same(left: Any, right: Any) -> bool:
    return bool(key(left) == key(right))


def truth(value: Any) -> bool:
    if type(value) is not bool:
        raise Stop
    return value


def long(value: Any) -> int:
    if type(value) is not int:
        raise Stop
    return value


def string(value: Any) -> str:
    if type(value) is not str:
        raise Stop
    return value


def members(value: Any) -> frozenset[Any]:
    if type(value) is not frozenset:
        raise Stop
    return value


def uid(value: Any) -> Uid:
    # The keys of bools and records are tuples too, headed by a Python type.
    if type(value) is not tuple or type(value[0]) is not str:
        raise Stop
    return value


def over() -> int:
    raise Stop


def attribute(entities: Entities, value: Any, name: str) -> Any:
    """Raises Stop, or KeyError for an unknown entity or an absent attribute; both are errors of the policy."""
    return (value if type(value) is dict else entities[uid(value)])[name]


def has(entities: Entities, value: Any, name: str) -> bool:
    """An unknown entity has nothing."""
    return name in (value if type(value) is dict else entities.get(uid(value), NOTHING))


def within(groups: Groups, member: Uid, group: Uid) -> bool:
    return member == group or group in groups.get(member, NOTHING)


def among(groups: Groups, member: Uid, wanted: frozenset[Uid]) -> bool:
    return member in wanted or not wanted.isdisjoint(groups.get(member, NOTHING))


def inside(groups: Groups, member: Uid, right: Any) -> bool:
    """`in` where the right side is known only now: one entity, or a set of nothing but entities."""
    if type(right) is frozenset:
        return among(groups, member, frozenset([uid(one) for one in right]))
    return within(groups, member, uid(right))


def like(text: str, parts: tuple[str, ...]) -> bool:
    """Whether the parts follow each other in the text, with anything between them; the ends are anchored."""
    if len(parts) == 1:
        return text == parts[0]
    first, *middle, last = parts
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True

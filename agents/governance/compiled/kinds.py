"""What a Cedar schema declares, as plain facts: the kinds of values, the types of entities, the actions."""

from dataclasses import dataclass, field
from typing import Literal


class NotCompilable(ValueError):
    """Raised for what the compiled path does not know: a construct of a policy, of the schema or of the document.

    The policies themselves may be sound; cedarpy goes on judging them.
    """

    def __init__(self, policy: str, construct: str) -> None:
        super().__init__(f"{policy}: {construct} cannot be compiled; leave these policies to cedarpy")
        self.policy = policy
        """The id of the policy, or `schema` or `document`."""
        self.construct = construct


@dataclass(frozen=True)
class Primitive:
    name: Literal["Long", "String", "Bool"]


LONG, STRING, BOOL = Primitive("Long"), Primitive("String"), Primitive("Bool")


@dataclass(frozen=True)
class EntityOf:
    """A reference to an entity of this type."""

    name: str


@dataclass(frozen=True)
class SetOf:
    element: "Kind | None"
    """None: not known before the policies are asked."""


@dataclass(frozen=True)
class RecordOf:
    attributes: "dict[str, Attribute]"


Kind = Primitive | EntityOf | SetOf | RecordOf


@dataclass(frozen=True)
class Attribute:
    kind: Kind | None
    required: bool = True


@dataclass(frozen=True)
class EntityType:
    attributes: RecordOf
    parents: frozenset[str] = frozenset()
    """The types that its parents may have, with the parents' own."""
    ids: frozenset[str] | None = None
    """All ids there are; None: any."""


@dataclass(frozen=True)
class Action:
    groups: frozenset[str] = frozenset()
    """The actions that it is in, with those that they are in."""
    principals: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    context: RecordOf = field(default_factory=lambda: RecordOf({}))


@dataclass(frozen=True)
class Schema:
    entities: dict[str, EntityType]
    actions: dict[str, Action]

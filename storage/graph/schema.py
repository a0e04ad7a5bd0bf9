"""What a schema of the graph is: types of nodes, relations with their rules, and the check of every statement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from storage.records.graph import EdgeUpdate, NodeUpdate, Props

Kind = Literal["text", "number", "flag", "day", "moment"]
Effect = Literal["none", "forward", "back", "both"]
End = Literal["src", "dst"]

_MOST_PROPS = 4_000  # characters; a graph is no store of documents


@dataclass(frozen=True)
class NodeType:
    """A kind of thing."""

    name: str
    means: str
    props: Mapping[str, Kind] = field(default_factory=dict)


@dataclass(frozen=True)
class Relation:
    """A kind of edge and what must be true of all edges of the kind."""

    name: str
    means: str
    ends: tuple[tuple[str, str], ...]
    """Which type may point to which."""
    props: Mapping[str, Kind] = field(default_factory=dict)
    by: tuple[str, ...] = ()
    """Properties that must be given and that tell edges between the same two nodes apart: the scope of `one`."""
    one: tuple[End, ...] = ()
    """`src`: a source has at most one target at a time (per value of `by`); `dst`: the reverse. Both: one to one."""
    effect: Effect = "none"
    """Which way a change is felt: forward is from src to dst."""


@dataclass(frozen=True)
class Step:
    """How rows of the version before become rows of this one: new names for old; None drops what has no place."""

    types: Mapping[str, str] = field(default_factory=dict)
    relations: Mapping[str, str | None] = field(default_factory=dict)
    props: Mapping[tuple[str, str], str | None] = field(default_factory=dict)
    """(type or relation as it was called before, property) → its new name."""
    turned: tuple[str, ...] = ()
    """Relations, by their old names, whose ends change places."""


@dataclass(frozen=True)
class Schema:
    """One version of the vocabulary, with the steps that lead to it from version 1."""

    version: int
    types: Mapping[str, NodeType]
    relations: Mapping[str, Relation]
    steps: Mapping[int, Step] = field(default_factory=dict)
    """Version → how to get there from the one before."""

    def problem_of(self, update: NodeUpdate | EdgeUpdate) -> str | None:
        """Why the statement cannot be one of this schema, for people; None if it can."""
        if update.valid_from is not None and update.valid_to is not None and update.valid_to <= update.valid_from:
            return "it would end before it begins"
        if isinstance(update, NodeUpdate):
            known = self.types.get(update.ref.type)
            if known is None:
                return f"there is no type of node called {update.ref.type}"
            return _problem_of_props(update.props, known.props, of=known.name)
        relation = self.relations.get(update.relation)
        if relation is None:
            return f"there is no relation called {update.relation}"
        return _problem_of_ends(update, relation) or _problem_of_props(
            update.props, relation.props, of=relation.name, needed=relation.by
        )


def slot_of(relation: Relation, props: Props) -> str:
    """The values that tell edges between the same two nodes apart, as one text."""
    return "\x1f".join(str(props.get(name, "")) for name in relation.by)


def _problem_of_ends(update: EdgeUpdate, relation: Relation) -> str | None:
    if (update.src.type, update.dst.type) not in relation.ends:
        allowed = ", ".join(f"{src} → {dst}" for src, dst in relation.ends)
        return f"{relation.name} cannot go from {update.src.type} to {update.dst.type}; it goes {allowed}"
    if update.src == update.dst:
        return f"{relation.name} cannot point from a node to itself"
    return None


def _problem_of_props(props: Props, known: Mapping[str, Kind], *, of: str, needed: tuple[str, ...] = ()) -> str | None:
    for name in needed:
        if props.get(name, "") == "":
            return f"{of} needs {name}"
    for name, value in props.items():
        kind = known.get(name)
        if kind is None:
            return f"{of} has no property {name}"
        if not _fits(value, kind):
            return f"{name} of {of} must be a {kind}, not {value!r:.60}"
    if sum(len(value) for value in props.values() if isinstance(value, str)) > _MOST_PROPS:
        return f"the properties of {of} are longer than {_MOST_PROPS} characters"
    return None


def _fits(value: str | int | bool, kind: Kind) -> bool:
    if kind == "flag":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
    if not isinstance(value, str):
        return False
    if kind == "text":
        return True
    try:
        if kind == "day":
            date.fromisoformat(value)
            return True
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False

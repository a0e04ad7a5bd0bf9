"""Asking compiled policies: entities read once, then one answer a question.

For bulk evaluation only (what-if, fleets). cedarpy is the authority wherever something is carried out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

from agents.governance.compiled.ingress import Misfit, entity, listed, named, reference
from agents.governance.compiled.kinds import Schema
from agents.governance.compiled.values import NOTHING, Entities, Groups, Uid

Read = Callable[[Any], dict[str, Any]]
"""Takes a record that fits the schema; raises Misfit or KeyError for another."""


class Answer(NamedTuple):
    """One decision. Cedar skips a policy that errs; here nothing is allowed beside an error."""

    allowed: bool
    reasons: tuple[str, ...]
    """Ids in order: every forbid that fired, or on an allow every permit; as in Cedar's diagnostics."""
    errors: bool
    """A policy erred, or the question or its entities do not fit the schema: to be refused, whatever the reasons."""


class Fired(NamedTuple):
    """Every policy that fired, in order; here a forbid does not hide what permits there are."""

    forbids: list[str]
    permits: list[str]
    errors: bool
    """As in an answer."""

    def answer(self) -> Answer:
        """What they come to."""
        if self.forbids or not self.permits:
            return Answer(False, tuple(self.forbids), self.errors)
        return Answer(not self.errors, tuple(self.permits), self.errors)


MISFIT = Fired([], [], errors=True)
Ask = Callable[[Uid, Uid, dict[str, Any], Entities, Groups], Fired]


@dataclass(frozen=True, slots=True)
class Slice:
    """What is compiled for one action, one type of principal and one of resource."""

    read_context: Read
    ask: Ask
    principal_ids: frozenset[str] | None
    resource_ids: frozenset[str] | None


@dataclass(frozen=True)
class CompiledPolicies:
    """A set of policies as Python functions; made by `compile_policies`."""

    schema: Schema
    source: str
    """The Python that was written, for people to read."""
    slices: Mapping[tuple[Uid, str, str], Slice]
    """By action, type of principal and type of resource."""
    readers: Mapping[str, Read]
    """Of the attributes, by type of entity."""
    actions: Groups
    """For each action the groups that it is in; actions are entities too, but only the schema declares them."""
    action_attributes: Entities
    """That they have none."""

    def ask(self, principal: Any, action: Any, resource: Any, context: Any, entities: Any) -> Answer:
        """One question, with its parts as cedarpy takes them."""
        return Store(self, entities).ask(principal, action, resource, context)

    def store(self, entities: Any) -> "Store":
        """Entities for several questions; they are read here, and later changes to them are not seen."""
        return Store(self, entities)


class Store:
    """Entities that were read, and the policies that may be asked about them."""

    __slots__ = ("_entities", "_fits", "_groups", "_slices")

    def __init__(self, policies: CompiledPolicies, entities: Any) -> None:
        self._slices = policies.slices
        try:
            self._entities, self._groups = _read(policies, entities)
            self._fits = True
        except (Misfit, KeyError):
            self._fits = False

    def ask(self, principal: Any, action: Any, resource: Any, context: Any) -> Answer:
        """One question about these entities; a context of None is an empty one."""
        try:
            asked = named(principal), named(action), named(resource)
        except (Misfit, KeyError):
            return MISFIT.answer()
        return self.fired(*asked, {} if context is None else context).answer()

    def fired(self, principal: Uid, action: Uid, resource: Uid, context: Any) -> Fired:
        """As `ask`, with all there is to say, for whoever knows that the names are sound text."""
        if not self._fits:
            return MISFIT
        try:
            part = self._slices[action, principal[0], resource[0]]
            known = part.read_context(context)
        except (Misfit, KeyError):
            return MISFIT
        if part.principal_ids is not None and principal[1] not in part.principal_ids:
            return MISFIT
        if part.resource_ids is not None and resource[1] not in part.resource_ids:
            return MISFIT
        return part.ask(principal, resource, known, self._entities, self._groups)


def _read(policies: CompiledPolicies, entities: Any) -> tuple[Entities, Groups]:
    if type(entities) is not list:
        raise Misfit
    types, readers = policies.schema.entities, policies.readers
    attributes: dict[Uid, Mapping[str, Any]] = {}
    parents: dict[Uid, frozenset[Uid]] = {}
    for one in entities:
        if type(one) is not dict or len(one) != 3:
            raise Misfit
        uid = reference(one["uid"])
        kind = types[uid[0]]
        if kind.ids is not None and uid[1] not in kind.ids:
            raise Misfit
        raw = listed(one["parents"])
        above = frozenset([_parent(policies, parent, kind.parents) for parent in raw]) if raw else NOTHING
        found = readers[uid[0]](one["attrs"])
        # The same entity twice is one entity, as long as both say the same.
        if uid in attributes and (attributes[uid] != found or parents[uid] != above):
            raise Misfit
        attributes[uid], parents[uid] = found, above
    attributes.update(policies.action_attributes)
    return attributes, {**_all_above(parents), **policies.actions}


def _parent(policies: CompiledPolicies, raw: Any, allowed: frozenset[str]) -> Uid:
    uid = reference(raw)
    if uid[0] not in allowed:
        raise Misfit
    return entity(raw, uid[0], policies.schema.entities[uid[0]].ids)


def _all_above(parents: dict[Uid, frozenset[Uid]]) -> Groups:
    if parents.keys().isdisjoint([group for above in parents.values() for group in above]):
        return parents
    above: dict[Uid, frozenset[Uid]] = {}
    try:
        for uid in TopologicalSorter(parents).static_order():
            direct = parents.get(uid, NOTHING)
            above[uid] = direct.union(*(above[group] for group in direct))
    except CycleError:
        raise Misfit from None
    return above

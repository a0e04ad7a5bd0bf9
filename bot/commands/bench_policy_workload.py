"""Questions for `bench policy`: plans that the shipped policies allow, send to people and refuse, always the same.

Nothing here knows an action or an attribute by name: the schema says what a question holds, and a seeded search finds
values that the policies allow, so that a longer schema or another rule needs no change.
"""

import copy
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from agents.governance.compiled.asking import Answer, CompiledPolicies
from agents.governance.compiled.kinds import BOOL, LONG, STRING, EntityOf, Kind, RecordOf, SetOf

OUTCOMES = ("allowed", "gated", "refused")
_QUESTIONS_A_PLAN = 4
_WITHDRAWN = 0.35
"""Share of the neighbours that nobody approved."""
_STEPS = 4_000
"""How long the search for a first allowed question may take, for one action and pair of types."""
_AMOUNTS = (0, 1, 2, 3, 5, 10, 24, 60, 100, 1_000, 2_000, 10_000, 50_000, 1_000_000)


@dataclass
class Asked:
    """One question and what it speaks of, as JSON."""

    request: dict[str, Any]
    entities: list[dict[str, Any]]
    answer: Answer | None = None


@dataclass
class AskedPlan:
    """Questions that are asked together, about the same entities."""

    requests: list[dict[str, Any]]
    entities: list[dict[str, Any]] = field(default_factory=list)


class Workload:
    """Finds questions; equal policies and seeds give equal ones."""

    def __init__(self, compiled: CompiledPolicies, gates: frozenset[str], document: str, seed: int) -> None:
        self._compiled = compiled
        self._gates = gates
        self._words = sorted(_strings(json.loads(document)))
        self._random = random.Random(seed)  # noqa: S311 - a workload, no secret

    def plans(self, count: int) -> list[AskedPlan]:
        """So many plans: each by one kind of asker, a third of its questions of each outcome where there are such."""
        pools: dict[str, list[dict[str, list[Asked]]]] = {}
        for at in self._compiled.slices:
            (_, action), asker, _ = at
            if self._compiled.schema.actions[action].context.attributes:
                pool = self._pool(action, asker, at[2], size=max(8, count // 8))
                pools.setdefault(asker, []).append(pool)
        return [self._plan(pools[self._random.choice(sorted(pools))], number) for number in range(count)]

    def outcome(self, answer: Answer) -> str:
        if answer.allowed:
            return "allowed"
        return "gated" if answer.reasons and self._gates.issuperset(answer.reasons) else "refused"

    def _plan(self, pools: list[dict[str, list[Asked]]], number: int) -> AskedPlan:
        plan = AskedPlan(requests=[])
        for place in range(_QUESTIONS_A_PLAN):
            pool = self._random.choice(pools)
            wanted = [outcome for outcome in OUTCOMES if pool[outcome]]
            asked = copy.deepcopy(self._random.choice(pool[self._random.choice(wanted)]))
            # Their own names, for one plan may ask twice about what has the same name in the pool.
            names = {uid["id"]: f"{uid['id']}-{number}-{place}" for uid in _sides(asked) if self._is_named_freely(uid)}
            asked = _renamed(asked, names)
            plan.requests.append(asked.request)
            plan.entities += asked.entities
        return plan

    def _pool(self, action: str, asker: str, about: str, size: int) -> dict[str, list[Asked]]:
        """Questions of each outcome: a walk to one that is allowed, then its neighbours."""
        found: dict[str, list[Asked]] = {outcome: [] for outcome in OUTCOMES}
        start = best = self._answered(self._first(action, asker, about))
        for _ in range(_STEPS):
            if best.answer and best.answer.allowed:
                break
            changed = self._changed(best)
            if _distance(changed) <= _distance(best):
                best = changed
        for asked in (start, best):
            found[self._outcome(asked)].append(asked)
        for _ in range(size * 12):
            if all(len(some) >= size for some in found.values()):
                break
            changed = self._withdrawn(best) if self._random.random() < _WITHDRAWN else best
            for _ in range(self._random.randint(1, 3)):
                changed = self._changed(changed)
            some = found[self._outcome(changed)]
            if len(some) < size:
                some.append(changed)
            if changed.answer and changed.answer.allowed:
                best = changed
        return found

    def _withdrawn(self, asked: Asked) -> Asked:
        """The same without anybody's approval, which is what a gate asks for."""
        changed = Asked(copy.deepcopy(asked.request), copy.deepcopy(asked.entities))
        context = changed.request["context"]
        nobody = {"protective": False, "glass": False, "approvals": {"roles": [], "distinct": 0}}
        context.update({name: value for name, value in nobody.items() if name in context})
        return self._answered(changed)

    def _outcome(self, asked: Asked) -> str:
        assert asked.answer is not None
        return self.outcome(asked.answer)

    def _first(self, action: str, asker: str, about: str) -> Asked:
        uids = [{"type": kind, "id": self._name(kind, word)} for kind, word in ((asker, "asker"), (about, "thing"))]
        return Asked(
            request={
                "principal": uids[0],
                "action": {"type": "Action", "id": action},
                "resource": uids[1],
                "context": self._value(self._compiled.schema.actions[action].context),
            },
            entities=[self._entity(uid) for uid in uids],
        )

    def _answered(self, asked: Asked) -> Asked:
        asked.answer = self._compiled.ask(**asked.request, entities=asked.entities)
        return asked

    def _changed(self, asked: Asked) -> Asked:
        """The same with one value drawn again."""
        changed = Asked(copy.deepcopy(asked.request), copy.deepcopy(asked.entities))
        schema = self._compiled.schema
        places = [(changed.request["context"], schema.actions[changed.request["action"]["id"]].context)]
        places += [(one["attrs"], schema.entities[one["uid"]["type"]].attributes) for one in changed.entities]
        spots = [spot for value, record in places for spot in _spots(value, record)]
        spots += [(one, "parents", None) for one in changed.entities if schema.entities[one["uid"]["type"]].parents]
        holder, name, kind = self._random.choice(spots)
        if name == "parents" and kind is None:
            holder["parents"] = self._parents(holder["uid"]["type"])
        elif not isinstance(kind, tuple):
            holder[name] = self._value(kind, holder, holder.get(name))
        elif name in holder:
            del holder[name]
        else:
            holder[name] = self._value(kind[0], holder)
        return self._answered(changed)

    def _entity(self, uid: dict[str, str]) -> dict[str, Any]:
        declared = self._compiled.schema.entities[uid["type"]]
        return {"uid": uid, "attrs": self._value(declared.attributes), "parents": self._parents(uid["type"])}

    def _parents(self, kind: str) -> list[dict[str, str]]:
        types = self._compiled.schema.entities
        # Only listed ids: what is above others by a free name would have to be told apart from itself.
        listed = [
            {"type": name, "id": one} for name in sorted(types[kind].parents) for one in sorted(types[name].ids or ())
        ]
        return self._random.sample(listed, k=min(len(listed), self._random.randint(0, 2)))

    def _value(self, kind: Kind | None, beside: dict[str, Any] | None = None, before: Any = None) -> Any:
        if kind == LONG:
            others = [value for value in (beside or {}).values() if type(value) is int]
            steps = [before + self._random.choice((-1, 1)) * max(1, before // 20)] if type(before) is int else []
            return self._random.choice([*_AMOUNTS, *others, *steps * 4])
        if kind == BOOL:
            return self._random.random() < 0.5
        if kind == STRING:
            return self._random.choice(self._words)
        if isinstance(kind, EntityOf):
            return {
                "__entity": {"type": kind.name, "id": self._name(kind.name, self._random.choice(("asker", "other")))}
            }
        if isinstance(kind, SetOf):
            some = list(before or ())
            if some and self._random.random() < 0.4:
                some.pop(self._random.randrange(len(some)))
            else:
                some.append(self._value(kind.element))
            return some
        assert isinstance(kind, RecordOf), "a schema leaves no kind open"
        return {
            name: self._value(of.kind)
            for name, of in kind.attributes.items()
            if of.required or self._random.random() < 0.7
        }

    def _name(self, kind: str, otherwise: str) -> str:
        ids = self._compiled.schema.entities[kind].ids
        return self._random.choice(sorted(ids)) if ids else otherwise

    def _is_named_freely(self, uid: dict[str, str]) -> bool:
        return self._compiled.schema.entities[uid["type"]].ids is None


def _distance(asked: Asked) -> int:
    """How far from allowed: the forbids that fired, or one for the missing permit."""
    assert asked.answer is not None
    if asked.answer.allowed:
        return 0
    return 1_000 if asked.answer.errors else 1 + len(asked.answer.reasons)


def _spots(value: dict[str, Any], record: RecordOf) -> Iterator[tuple[Any, str, Any]]:
    """Every value that can be drawn again: its holder, name and kind; in a tuple, it may also come or go."""
    for name, of in record.attributes.items():
        if not of.required:
            yield value, name, (of.kind,)
        if name in value and isinstance(of.kind, RecordOf):
            yield from _spots(value[name], of.kind)
        elif name in value:
            yield value, name, of.kind


def _sides(asked: Asked) -> tuple[dict[str, str], dict[str, str]]:
    return asked.request["principal"], asked.request["resource"]


def _renamed(asked: Asked, names: dict[str, str]) -> Asked:
    def named(value: Any) -> Any:
        if isinstance(value, dict) and set(value) == {"type", "id"}:
            return {"type": value["type"], "id": names.get(value["id"], value["id"])}
        if isinstance(value, dict):
            return {name: named(one) for name, one in value.items()}
        return [named(one) for one in value] if isinstance(value, list) else value

    return Asked({**named({**asked.request, "action": None}), "action": asked.request["action"]}, named(asked.entities))


def _strings(value: Any) -> set[str]:
    """The literals of the policies: what else would a condition compare with?"""
    if isinstance(value, dict):
        literal = {value["Value"]} if isinstance(value.get("Value"), str) else set()
        return literal.union(*(_strings(one) for one in value.values()))
    return set().union(*(_strings(one) for one in value)) if isinstance(value, list) else set()

"""cedarpy as the oracle of the compiled path, and questions that fit a schema or miss it by a little."""

import copy
import json
from typing import Any

import cedarpy
from hypothesis import strategies as st

from agents.governance.compiled.asking import Answer
from agents.governance.compiled.compiling import compile_policies
from agents.governance.compiled.kinds import BOOL, LONG, STRING, Attribute, EntityOf, Kind, RecordOf, Schema, SetOf

IDS = ("a", "b", "ünï ✓", "")
_TEXTS = ("a", "b", "budget", "approver", "cmo", "*", "a*b", "", "ünï", "e\u0301", "\0", "'); import os #", "😀")
_EDGES = (0, 1, -1, 2, 10, 10_000, 2**53, 2**63 - 1, -(2**63), 2**62, 3037000500)
_JUNK: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.0, 0.5, "1", "", "true", 2**63, -(2**63) - 1, 2**64, 10**400, float("nan"),
    [], [1, True], ["a", 1], {}, {"a": 1}, "\ud800", ["\ud800"], [[]], {"type": "User", "id": "a"},
    {"__entity": {"type": "Role", "id": "nobody"}}, {"__entity": {"type": "Zed", "id": "a"}}, {"__entity": 1},
    {"type": "User", "id": 1}, {"__extn": {"fn": "decimal", "arg": "1.0"}}, {"__expr": 'User::"a"'}, 'User::"a"',
)  # fmt: skip


class Both:
    """One set of policies, compiled and as cedarpy has it."""

    def __init__(self, document: str, schema: str) -> None:
        self.compiled = compile_policies(document, schema)
        self.schema: Schema = self.compiled.schema
        self._policies = cedarpy.PolicySet.from_json_str(document)
        self._schema = cedarpy.Schema.from_str(schema)

    @classmethod
    def of_text(cls, policies: str, schema: str) -> "Both":
        return cls(cedarpy.policies_to_json_str(policies), schema)

    def oracle(self, question: dict[str, Any], entities: Any) -> Answer:
        """cedarpy's answer in our form: an exception or NoDecision is a misfit, nothing is allowed beside an error."""
        try:
            (found,) = cedarpy.is_authorized_batch([question], self._policies, entities, self._schema)
        except (ValueError, TypeError, KeyError):
            return Answer(allowed=False, reasons=(), errors=True)
        errors = bool(found.diagnostics.errors)
        assert errors or found.decision is not cedarpy.Decision.NoDecision
        return Answer(found.allowed and not errors, tuple(sorted(found.diagnostics.reasons)), errors)

    def agreed(self, question: dict[str, Any], entities: Any) -> Answer:
        """The compiled answer, after checking that it is cedarpy's."""
        before = copy.deepcopy((question, entities))
        found = self.compiled.ask(**question, entities=entities)
        expected = self.oracle(question, entities)
        assert found == expected, f"compiled {found}, cedarpy {expected}"
        assert repr(before) == repr((question, entities)), "asking changed its arguments"
        return found


def question(principal: str, action: str, resource: str, context: Any = None) -> dict[str, Any]:
    """Of `Type::id` texts."""
    return {
        "principal": reference(principal),
        "action": {"type": "Action", "id": action},
        "resource": reference(resource),
        "context": {} if context is None else context,
    }


def reference(text: str) -> dict[str, str]:
    kind, _, name = text.partition("::")
    return {"type": kind, "id": name}


def entity(text: str, attrs: dict[str, Any] | None = None, *parents: str) -> dict[str, Any]:
    return {"uid": reference(text), "attrs": attrs or {}, "parents": [reference(parent) for parent in parents]}


def values(kind: Kind | None, schema: Schema) -> st.SearchStrategy[Any]:
    """JSON of this kind; whatever the schema says, so that a longer schema needs no other strategies."""
    if kind == LONG:
        return st.integers(-3, 60) | st.sampled_from(_EDGES) | st.integers(-(2**63), 2**63 - 1)
    if kind == STRING:
        return st.sampled_from(_TEXTS) | st.text(max_size=4)
    if kind == BOOL:
        return st.booleans()
    if isinstance(kind, EntityOf):
        plain = uids(kind.name, schema)
        return plain | plain.map(lambda uid: {"__entity": uid})
    if isinstance(kind, SetOf):
        return st.lists(values(kind.element, schema), max_size=4)
    assert isinstance(kind, RecordOf)
    return _records(kind.attributes, schema)


def _records(attributes: dict[str, Attribute], schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    made = {name: (of.required, values(of.kind, schema)) for name, of in attributes.items()}
    return st.fixed_dictionaries(
        {name: value for name, (required, value) in made.items() if required},
        optional={name: value for name, (required, value) in made.items() if not required},
    )


def uids(kind: str, schema: Schema) -> st.SearchStrategy[dict[str, str]]:
    declared = schema.entities.get(kind)
    ids = sorted(declared.ids) if declared and declared.ids else IDS
    return st.sampled_from(ids).map(lambda name: {"type": kind, "id": name})


def entities_of(schema: Schema) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.sampled_from(sorted(schema.entities)).flatmap(lambda kind: _entity(kind, schema)), max_size=6)


def _entity(kind: str, schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    declared = schema.entities[kind]
    parents: st.SearchStrategy[Any] = st.just([])
    if declared.parents:
        above = st.sampled_from(sorted(declared.parents)).flatmap(lambda parent: uids(parent, schema))
        parents = st.lists(above, max_size=3)
    return st.fixed_dictionaries(
        {"uid": uids(kind, schema), "attrs": values(declared.attributes, schema), "parents": parents}
    )


@st.composite
def questions(draw: st.DrawFn, schema: Schema) -> dict[str, Any]:
    """One that fits the schema."""
    action = draw(st.sampled_from(sorted(name for name, one in schema.actions.items() if one.principals)))
    applies = schema.actions[action]
    return {
        "principal": draw(st.sampled_from(applies.principals).flatmap(lambda kind: uids(kind, schema))),
        "action": {"type": "Action", "id": action},
        "resource": draw(st.sampled_from(applies.resources).flatmap(lambda kind: uids(kind, schema))),
        "context": draw(values(applies.context, schema)),
    }


@st.composite
def situations(draw: st.DrawFn, schema: Schema) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A question that fits, with entities: mostly those it names."""
    asked = draw(questions(schema))
    entities = draw(entities_of(schema))
    for uid in (asked["principal"], asked["resource"]):
        if draw(st.integers(0, 3)):
            made = draw(_entity(uid["type"], schema))
            entities = [one for one in entities if one["uid"] != uid]
            entities.append({**made, "uid": uid})
    return asked, entities


@st.composite
def hostile(draw: st.DrawFn, schema: Schema) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A question and entities with one to three places spoilt."""
    spoilt = json.loads(json.dumps(draw(situations(schema))))
    for _ in range(draw(st.integers(1, 3))):
        places = [place for place in _places(spoilt) if place[0] is not spoilt]
        holder, at = draw(st.sampled_from(places))
        match draw(st.sampled_from(("replace", "remove", "add", "repeat"))):
            case "remove":
                del holder[at]
            case "add" if _open(holder) and holder is not spoilt[0]:
                name = draw(st.sampled_from(("extra", "", "limits", "a", "__entity")))
                # A copy: what is spoilt next may be inside it.
                holder[name] = copy.deepcopy(draw(st.sampled_from(_JUNK)))
            case "repeat" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[at]))
            case _:
                holder[at] = copy.deepcopy(draw(st.sampled_from(_JUNK)))
    asked, entities = spoilt
    return {"principal": None, "action": None, "resource": None, "context": None, **asked}, entities


def _open(holder: Any) -> bool:
    """In entities and references cedarpy ignores what it does not know; the compiled path refuses that too."""
    return isinstance(holder, dict) and not {"uid", "attrs", "parents", "type", "id", "__entity"} & set(holder)


def _places(value: Any) -> list[tuple[Any, Any]]:
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    return [(value, at) for at, _ in pairs] + [place for _, inner in pairs for place in _places(inner)]

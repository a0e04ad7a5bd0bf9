"""Questions and entities that do not fit the schema are errors, where cedarpy with the schema refuses them too."""

from enum import IntEnum, StrEnum
from typing import Any

import pytest

from tests.unit.agents.governance.compiled_expressions import SCHEMA
from tests.unit.agents.governance.compiled_oracle import Both, entity, question
from tests.unit.agents.governance.test_compiled import CONTEXT, ENTITIES, READ, USER

BOTH = Both.of_text("permit (principal, action, resource);", SCHEMA)


class _Role(StrEnum):
    FIRST = "r1"


class _Number(IntEnum):
    ONE = 1


def test_what_fits_is_allowed():
    assert BOTH.agreed(READ, ENTITIES) == (True, ("policy0",), False)


@pytest.mark.parametrize(
    "change",
    [
        {"principal": None}, {"principal": 1}, {"principal": {"type": "User"}}, {"principal": {"id": "a"}},
        {"principal": {"type": "User", "id": 1}}, {"principal": {"type": "User", "id": None}}, {"principal": {"type": 1, "id": "a"}},
        {"principal": {"__entity": {"type": "User", "id": "a"}}}, {"principal": {"type": "User", "id": "\ud800"}},
        {"principal": {"type": "Doc", "id": "a"}}, {"principal": {"type": "Zed", "id": "a"}}, {"principal": {"type": "", "id": "a"}},
        {"principal": {"type": "Role", "id": "nobody"}}, {"resource": {"type": "User", "id": "a"}}, {"resource": {"type": "Döc", "id": "a"}},
        {"action": {"type": "Action", "id": "nothing"}}, {"action": {"type": "Action", "id": "group"}}, {"action": {"type": "User", "id": "read"}},
        {"context": None}, {"context": {}}, {"context": []}, {"context": 1},
    ],
)  # fmt: skip
def test_a_request_that_does_not_fit_is_an_error(change: dict[str, Any]):
    assert BOTH.agreed({**READ, **change}, ENTITIES) == (False, (), True)


@pytest.mark.parametrize(
    "change",
    [
        {"a": True}, {"a": 1.0}, {"a": float("inf")}, {"a": "1"}, {"a": None}, {"a": 2**63}, {"a": -(2**63) - 1}, {"a": 10**5000}, {"a": []},
        {"b": 1}, {"b": 0}, {"b": None}, {"b": "true"}, {"s": 1}, {"s": None}, {"s": "\ud800"}, {"s": b"x"}, {"s": ["x"]},
        {"o": True}, {"o": None}, {"extra": 1}, {"": 1}, {2: 1}, {"u": 'User::"c"'}, {"u": {"type": "Doc", "id": "c"}}, {"u": {}},
        {"u": {"__entity": {"type": "User"}}}, {"u": {"__entity": 1}}, {"u": {"__expr": 'User::"c"'}}, {"u": {"type": "User", "id": 1}},
        {"r": {"type": "Role", "id": "nobody"}}, {"part": {}}, {"part": {"k": True}}, {"part": {"k": 1, "q": 1}}, {"part": [1]},
        {"parts": {"k": 1}}, {"parts": [{"k": 1}, {"k": None}]}, {"parts": "k"}, {"parts": None}, {"deep": [1]}, {"deep": [[True]]},
        {"deep": [[1, 2**63]]}, {"us": [{"type": "Role", "id": "r1"}]}, {"us": [1]}, {"__entity": {"type": "User", "id": "a"}},
        {"a": {"__extn": {"fn": "decimal", "arg": "1.0"}}}, {"a": object()},
    ],
)  # fmt: skip
def test_a_context_that_does_not_fit_is_an_error(change: dict[Any, Any]):
    asked = {**READ, "context": {**CONTEXT, **change}}
    found = BOTH.compiled.ask(**asked, entities=ENTITIES)
    assert found == BOTH.oracle(asked, ENTITIES) == (False, (), True)


@pytest.mark.parametrize("name", sorted(set(CONTEXT)))
def test_every_part_of_the_context_is_needed(name: str):
    context = {key: value for key, value in CONTEXT.items() if key != name}
    assert BOTH.agreed({**READ, "context": context}, ENTITIES).errors


@pytest.mark.parametrize(
    "change",
    [
        {"a": 2**63 - 1}, {"a": -(2**63)}, {"o": 0}, {"s": "é" * 100}, {"s": "\0"}, {"s": _Role.FIRST}, {"parts": []}, {"parts": ({"k": 1},)},
        {"us": []}, {"us": [{"type": "User", "id": "q"}, {"__entity": {"type": "User", "id": "q"}}]}, {"deep": [[], []]},
        {"r": {"type": "Role", "id": _Role.FIRST}}, {"u": {"type": "User", "id": ""}},
    ],
)  # fmt: skip
def test_the_edges_of_what_fits_are_let_in(change: dict[str, Any]):
    assert BOTH.agreed({**READ, "context": {**CONTEXT, **change}}, ENTITIES).allowed


@pytest.mark.parametrize(
    "bad",
    [
        1, None, {}, {"uid": {"type": "User", "id": "z"}}, {**entity("Bare::z"), "uid": 'Bare::"z"'}, {**entity("Bare::z"), "uid": {"type": "Bare"}},
        {**entity("Bare::z"), "attrs": None}, {**entity("Bare::z"), "parents": None}, {**entity("Bare::z"), "parents": {}},
        {**entity("Bare::z"), "tags": {"a": 1}}, entity("Zed::z"), entity("Bare::z", {"a": 1}), entity("Bare::z", None, "Bare::y"),
        entity("User::z", {}), entity("User::z", {**USER, "n": True}), entity("User::z", {**USER, "n": 1.5}), entity("User::z", {**USER, "tags": ["a", 1]}),
        entity("User::z", {**USER, "tags": "a"}), entity("User::z", {**USER, "home": {"y": True}}), entity("User::z", {**USER, "more": 1}),
        entity("User::z", USER, "Role::nobody"), entity("User::z", USER, "Zed::x"), entity("User::z", USER, "User::y"), entity("Role::nobody"),
        entity("Role::r1", {"a": 1}), entity("User::a", {**USER, "n": 4}, "Role::r1", "Team::low"), entity("User::a", USER, "Role::r1"),
        entity("Team::self", None, "Team::self"), entity("Team::top", None, "Team::low"), entity("Action::read"), entity("Action::new"),
        entity("Team::z", None, "Team::\ud800"), entity("Doc::z", {"owner": {"type": "User", "id": "a"}, "flags": [1], "nums": []}),
        entity("Doc::z", {"owner": {"type": "User", "id": "a"}, "flags": [], "nums": [True]}),
    ],
)  # fmt: skip
def test_one_entity_that_does_not_fit_spoils_every_question(bad: Any):
    entities = [*ENTITIES, bad]
    assert BOTH.agreed(READ, entities) == (False, (), True)
    assert BOTH.compiled.store(entities).ask(**READ).errors


@pytest.mark.parametrize(
    "more",
    [
        [], [ENTITIES[0]], [{**ENTITIES[0], "parents": ENTITIES[0]["parents"][::-1] * 2}], [entity("Role::r1"), entity("Bare::ü")],
        [{**entity("Bare::z"), "uid": {"__entity": {"type": "Bare", "id": "z"}}}], [entity("Team::new", None, "Team::absent")],
        [entity("User::a", {**USER, "tags": ["y", "x"]}, "Role::r1", "Team::low")],
    ],
)  # fmt: skip
def test_repeated_and_unasked_entities_change_nothing(more: list[Any]):
    assert BOTH.agreed(READ, [*ENTITIES, *more]).allowed


def test_entities_must_be_a_list():
    for entities in ({}, None, 1, ()):
        assert BOTH.agreed(READ, entities) == (False, (), True)


def test_a_context_of_none_is_an_empty_one():
    both = Both.of_text(
        "permit (principal, action, resource);", "entity U; action a appliesTo { principal: U, resource: U };"
    )
    assert both.agreed({**question("U::x", "a", "U::x"), "context": None}, []).allowed


def test_parents_are_followed_however_deep():
    depth = 300
    both = Both.of_text(f'permit (principal in Team::"{depth}", action, resource);', SCHEMA)
    chain = [entity(f"Team::{level}", None, f"Team::{level + 1}") for level in range(depth)]
    for first, allowed in (("Team::0", True), (f"Team::{depth + 1}", False)):
        assert both.agreed(READ, [entity("User::a", USER, first), *reversed(chain)]).allowed is allowed


def test_an_unknown_enumerated_resource_is_an_error():
    schema = 'entity U enum ["x"]; action a appliesTo { principal: U, resource: U };'
    both = Both.of_text("permit (principal, action, resource);", schema)
    assert both.agreed(question("U::x", "a", "U::x"), []).allowed
    assert both.agreed(question("U::x", "a", "U::y"), []).errors
    assert both.agreed(question("U::y", "a", "U::x"), []).errors


@pytest.mark.parametrize(
    ("change", "entities"),
    [
        ({"principal": {"type": "User", "id": "a", "more": 1}}, ENTITIES),
        ({"principal": 'User::"a"'}, ENTITIES),
        ({"context": {**CONTEXT, "u": {"type": "User", "id": "c", "more": 1}}}, ENTITIES),
        ({"context": {**CONTEXT, "a": _Number.ONE}}, ENTITIES),
        ({}, [*ENTITIES, {**entity("Bare::z"), "more": 1}]),
        ({}, [*ENTITIES, entity("Action::group")]),
    ],
)
def test_what_cedarpy_overlooks_or_takes_besides_plain_json_is_refused_here(
    change: dict[str, Any], entities: list[Any]
):
    asked = {**READ, **change}
    assert BOTH.oracle(asked, entities).allowed
    assert BOTH.compiled.ask(**asked, entities=entities) == (False, (), True)

"""What the compiled path does not know, it refuses by name: in the schema, in the document, in a policy."""

import json
from typing import Any

import pytest

from agents.governance.compiled.compiling import compile_policies
from agents.governance.compiled.expressions import Expressions
from agents.governance.compiled.kinds import BOOL, LONG, STRING, Attribute, EntityOf, NotCompilable, RecordOf, SetOf
from agents.governance.compiled.scene import Scene
from agents.governance.compiled.schema import parse_schema
from agents.governance.compiled.slices import slice_source
from tests.unit.agents.governance.compiled_expressions import SCHEMA

NOTHING = json.dumps({"staticPolicies": {}, "templates": {}, "templateLinks": []})
ALL = {"op": "All"}
TRUE = {"Value": True}
RULE: dict[str, Any] = {"effect": "permit", "principal": ALL, "action": ALL, "resource": ALL, "conditions": []}


def test_a_schema_is_read_with_names_groups_and_kinds_resolved():
    schema = parse_schema("""
        @doc("people; {and} roles") entity Role enum ["x"]; // a comment
        entity Team in [Team]; entity User, Guest in [Team, Role] = { @unit("eur") n?: Long, "a b": Name, role: Role };
        type Name = Set<Words>; type Words = Set<String>;
        action look; action "read" in [look]; @mark("") action "write" in ["read"]
          appliesTo { principal: User, resource: [Team, Role], context: { on: Bool } };
    """)
    assert schema.entities["Role"].ids == {"x"}
    assert schema.entities["Team"].parents == {"Team"}
    assert schema.entities["Guest"] == schema.entities["User"]
    assert schema.entities["User"].parents == {"Team", "Role"}
    words = Attribute(SetOf(SetOf(STRING)))
    assert schema.entities["User"].attributes == RecordOf(
        {"n": Attribute(LONG, required=False), "a b": words, "role": Attribute(EntityOf("Role"))}
    )
    write = schema.actions["write"]
    assert (write.groups, write.principals, write.resources) == ({"look", "read"}, ("User",), ("Team", "Role"))
    assert write.context == RecordOf({"on": Attribute(BOOL)})
    assert schema.actions["look"].principals == ()


@pytest.mark.parametrize(
    ("schema", "construct"),
    [
        ("entity A = { d: decimal };", "the type decimal"),
        ("entity A = { d: Set<ipaddr> };", "the type ipaddr"),
        ("entity A = { d: __cedar::Long };", "“::” where a name belongs"),
        ("type T = __cedar::Long; entity A = { d: T };", "“::” where “;” belongs"),
        ("entity A tags String;", "“tags” where “;” belongs"),
        ("namespace N { entity A; }", "“namespace”"),
        ("entity A = { __entity: Long };", "the attribute __entity, which Cedar's JSON may take for an escape,"),
        ("entity Long;", "the entity type Long, named like another type,"),
        ("entity A; type A = Long;", "the entity type A, named like another type,"),
        ('entity A; action "a\\"b" appliesTo { principal: A, resource: A };', "where plain text in quotes belongs"),
        ("entity A = ;", "what Cedar refuses (error parsing schema: unexpected token `;`)"),
    ],
)
def test_a_schema_beyond_what_is_known_is_refused(schema: str, construct: str):
    with pytest.raises(NotCompilable) as refused:
        compile_policies(NOTHING, schema)
    assert refused.value.policy == "schema"
    assert construct in refused.value.construct


def test_a_schema_in_an_unknown_layout_is_refused(monkeypatch: pytest.MonkeyPatch):
    for rendered, construct in (
        ("entity A = { a: Long; };", "“;” where a name belongs"),
        ("entity # A;", "“# A;”"),
        ("entity A", "“” where “;” belongs"),
        ("action 1;", "“1;”"),
        ("entity A enum [B];", "B where plain text in quotes belongs"),
    ):
        monkeypatch.setattr("cedarpy.Schema.from_str", str)
        with pytest.raises(NotCompilable) as refused:
            parse_schema(rendered)
        assert construct in refused.value.construct


@pytest.mark.parametrize(
    ("document", "construct"),
    [
        ("", "what Cedar refuses"),
        ("[]", "what Cedar refuses"),
        (json.dumps({"staticPolicies": {"a": RULE}}), "what Cedar refuses"),
        (json.dumps({"staticPolicies": {"a": {**RULE, "effect": "maybe"}}, "templates": {}, "templateLinks": []}), "what Cedar"),
        (
            json.dumps({"staticPolicies": {}, "templateLinks": [], "templates": {"t": {**RULE, "principal": {"op": "==", "slot": "?principal"}}}}),
            "a template",
        ),
        (json.dumps({"staticPolicies": {"a": {**RULE, "more": 1}}, "templates": {}, "templateLinks": []}), "what Cedar"),
        (NOTHING[:-1] + ', "more": 1}', "what Cedar refuses"),
        (NOTHING[:-1] + ', "templates": {}}', "what Cedar refuses"),
        ('{"staticPolicies":' + "[" * 100_000, "what Cedar refuses"),
    ],
)  # fmt: skip
def test_a_document_that_cedar_refuses_or_that_holds_more_than_policies_is_refused(document: str, construct: str):
    with pytest.raises(NotCompilable) as refused:
        compile_policies(document, SCHEMA)
    assert refused.value.policy == "document"
    assert construct in str(refused.value)


def _scene() -> Scene:
    return Scene(parse_schema(SCHEMA), "read", "User", "Doc")


@pytest.mark.parametrize(
    ("body", "construct"),
    [
        ([], "an expression that is not one operator"),
        ({"Value": 1, "Var": "context"}, "an expression that is not one operator"),
        ({"Slot": "?principal"}, "“Slot”"),
        ({"Unknown": {"name": "x"}}, "“Unknown”"),
        ({"Value": 1.5}, "a value that is no bool, integer, string or entity"),
        ({"Value": 2**63}, "a value that is no bool, integer, string or entity"),
        ({"Value": None}, "a value that is no bool, integer, string or entity"),
        ({"Value": {"__entity": {"type": "User"}}}, "an entity that is not a type and an id"),
        ({"Value": {"__entity": {"type": "User", "id": 1}}}, "an entity that is not a type and an id"),
        ({"Value": {"__entity": "User"}}, "an entity that is not a type and an id"),
        ({"Var": "environment"}, "the variable environment"),
        ({"Var": []}, "the variable []"),
        ({"!": {"arg": TRUE, "more": 1}}, "an operator without exactly arg"),
        ({"<": [TRUE, TRUE]}, "an operator without exactly left, right"),
        ({".": {"left": TRUE, "attr": 1}}, "an attribute that is no name"),
        ({"like": {"left": {"Value": ""}, "pattern": "*"}}, "a pattern that is no list"),
        ({"like": {"left": {"Value": ""}, "pattern": ["Wild"]}}, "a pattern of other things than text and wildcards"),
        ({"like": {"left": {"Value": ""}, "pattern": [{"Literal": 1}]}}, "a pattern of other things than text and wildcards"),
        ({"is": {"left": TRUE, "entity_type": 1}}, "a type that is no name"),
        ({"is": []}, "an operator without exactly left, entity_type"),
        ({"Set": {}}, "a set that is no list"),
        ({"Record": []}, "a record that is no object"),
    ],
)  # fmt: skip
def test_malformed_expressions_are_refused(body: Any, construct: str):
    with pytest.raises(NotCompilable, match="p1: ") as refused:
        Expressions("p1", _scene()).code(body)
    assert refused.value.construct == construct


@pytest.mark.parametrize(
    ("change", "construct"),
    [
        ({"extra": 1}, "a policy of other parts than effect, scope and conditions"),
        ({"effect": "maybe"}, "a policy of other parts than effect, scope and conditions"),
        ({"action": {"op": "All", "x": 1}}, "a scope of the action"),
        ({"action": {"op": "==", "slot": "?action"}}, "a scope of the action"),
        ({"action": {"op": "==", "entity": {"type": "Action", "id": "a"}, "x": 1}}, "a scope of the action"),
        ({"action": {"op": "in", "entity": {"type": "Action", "id": "a"}, "x": 1}}, "a scope of the action"),
        ({"action": {"op": "in", "entities": [], "x": 1}}, "a scope of the action"),
        ({"principal": {"op": "All", "x": 1}}, "a scope of the principal or the resource"),
        ({"principal": {"op": "==", "slot": "?principal"}}, "a scope of the principal or the resource"),
        ({"principal": {"op": "==", "entity": {"type": "U", "id": ""}, "x": 1}}, "a scope of the principal or the resource"),
        ({"principal": {"op": "in", "entity": {"type": "U", "id": ""}, "x": 1}}, "a scope of the principal or the resource"),
        ({"resource": {"op": "is", "entity_type": "Doc", "x": 1}}, "a scope of the principal or the resource"),
        ({"resource": {"op": "is", "entity_type": "Doc", "in": {"slot": "?resource"}}}, "a scope of the principal or the resource"),
        (
            {"resource": {"op": "is", "entity_type": "Doc", "in": {"entity": {"type": "U", "id": ""}, "x": 1}}},
            "a scope of the principal or the resource",
        ),
        ({"conditions": [{"kind": "while", "body": TRUE}]}, "a condition that is neither when nor unless"),
        ({"conditions": [1]}, "a condition that is neither when nor unless"),
    ],
)  # fmt: skip
def test_malformed_policies_are_refused(change: dict[str, Any], construct: str):
    with pytest.raises(NotCompilable, match="p1: ") as refused:
        slice_source("ask0", {"p1": {**RULE, **change}}, _scene())
    assert refused.value.construct == construct


@pytest.mark.parametrize("depth", [300, 100_000])
def test_a_condition_nested_deeper_than_python_reads_is_refused(depth: int):
    body: dict[str, Any] = TRUE
    for _ in range(depth):
        body = {"!": {"arg": body}}
    rule = {**RULE, "conditions": [{"kind": "when", "body": body}]}
    with pytest.raises(NotCompilable, match="p1: a condition nested so deeply"):
        slice_source("ask0", {"p1": rule}, _scene())


def test_a_long_chain_is_no_deep_nesting():
    body: dict[str, Any] = TRUE
    for _ in range(300):
        body = {"&&": {"left": body, "right": TRUE}}
    lines = slice_source("ask0", {"p1": {**RULE, "conditions": [{"kind": "when", "body": body}]}}, _scene())
    assert " and ".join(["True"] * 301) in lines[3]


def test_one_entity_group_of_the_action_is_read_as_well():
    rule = {**RULE, "action": {"op": "in", "entity": {"type": "Action", "id": "group"}}}
    assert any("permits.append('p1')" in line for line in slice_source("ask0", {"p1": rule}, _scene()))

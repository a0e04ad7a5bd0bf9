"""Every construct of the compiled path, with cedarpy as the oracle; and what it refuses to compile."""

import json
from typing import Any

import cedarpy
import pytest

from agents.governance.compiled.compiling import compile_policies
from agents.governance.compiled.kinds import NotCompilable
from tests.unit.agents.governance.compiled_expressions import SCHEMA
from tests.unit.agents.governance.compiled_oracle import Both, entity, question

USER = {
    "active": True, "n": 3, "s": "ab", "tags": ["x", "y", "x"], "boss": {"type": "User", "id": "b"}, "home": {"x": 1},
}  # fmt: skip
ENTITIES = [
    entity("User::a", USER, "Role::r1", "Team::low"),
    entity("User::c", {**USER, "active": False}),
    entity("Team::low", None, "Team::mid"),
    entity("Team::mid", None, "Team::top"),
    entity("Doc::d", {"owner": {"__entity": {"type": "User", "id": "a"}}, "flags": [True], "nums": [1]}, "Team::mid"),
]
CONTEXT = {
    "a": 5, "b": True, "s": "a*b", "u": {"type": "User", "id": "c"}, "r": {"type": "Role", "id": "r2"},
    "part": {"k": 1}, "parts": [{"k": 1}, {"k": 1, "z": "q"}], "deep": [[1, 2], [2, 1, 1], []], "odd é": 9,
}  # fmt: skip
READ = question("User::a", "read", "Doc::d", CONTEXT)
OVERFLOW = "9223372036854775807"

HOLDS = (
    "true && !false", "false || true", "!(1 == 2)", "1 != 2", "1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3",
    "context.a + 1 == 6 && context.a - 6 == -1 && context.a * -2 == -10", "-context.a == -5", "-(-context.a) == 5",
    'context["odd é"] == 9', "principal.n == 3 && principal.home.x == 1", 'principal.s == "ab"',
    "principal has boss", "principal has boss && !(principal has zzz)", "principal has home.x && !(principal has home.y)",
    "!(context has o)", "context has part.k", "!(principal.boss has active)", "{a: 1} has a", "!({a: 1} has b)",
    'principal in Role::"r1"', 'principal in Team::"top"', 'principal in [Team::"other", Team::"top"]', "principal in principal",
    '!(principal in Role::"r2")', "!(principal in [])", 'resource in Team::"top"', "context.u in [principal, context.u]",
    'principal in (if context.b then Team::"top" else Team::"x")', 'principal in (if context.b then [Team::"top"] else Team::"x")',
    'action == Action::"read" && action in Action::"group" && action in [Action::"sub"]', "!(action has x)",
    "principal is User", "!(principal is Role)", 'principal is User in Team::"top"', "(if context.b then principal else 1) is User",
    '!(principal is Role in Team::"top")', 'principal.tags.contains("x")', '!principal.tags.contains("z")',
    'principal.tags == ["y", "x"]', 'principal.tags.containsAll(["x"]) && principal.tags.containsAll([])',
    'principal.tags.containsAny(["z", "y"]) && !principal.tags.containsAny([])', "[].isEmpty() && ![1].isEmpty()",
    "[1, 1].containsAll([1]) && [1, 1] == [1]", "[true] != [1]", "![true].contains(1)", "[1, true].contains(true)",
    "!resource.flags.contains(1)", "resource.flags.contains(context.b)", "resource.flags == [true]",
    "context.parts.contains({k: 1})", 'context.parts == [{z: "q", k: 1}, context.part]', "context.deep == [[], [1, 2]]",
    "context.part == {k: 1}", "context.part != {k: true}", "{} == {}", "{a: [1, {b: true}]} == {a: [{b: true}, 1]}",
    "1 != true && 0 != false", '"1" != 1', 'principal != "a"', 'User::"a" == principal && User::"b" != principal',
    'Role::"a" != User::"a"', "[] != {}", "if context.b then true else 1", "if !context.b then 1 == true else true",
    "true || 1 + true == 2", '!(false && "no bool")', "(if context.b then 1 else true) + 1 == 2",
    '(if context.b then "ab" else 1) like "a*"', "(if context.b then [1] else 1).contains(1)",
    "(if context.b then context.part else principal).k == 1", "(if context.b then principal else context.part) has boss",
    'context.s like "a\\**" && context.s like "*b" && context.s like "*" && !(context.s like "a")',
    '"abcabc" like "a*c*c" && !("abc" like "abc*c") && "" like "" && "" like "**" && !("ab" like "a*ba*b")',
    '!("aXbY" like "a*Z*Y") && "ünï✓" like "ü*✓" && "a\\nb" like "a*b"',
    "resource.owner == principal && resource.owner.active", 'context.u.boss == User::"b"',
)  # fmt: skip
ERRS = (
    f"{OVERFLOW} + context.a > 0", "-9223372036854775808 - 1 < 0", f"{OVERFLOW} * 2 > 0", "-(0 - 9223372036854775807 - 1) > 0",
    "context.o == 1", "principal.boss.active", "principal.zzz == 1", 'Zed::"z".a == 1', 'context.part.z == "a"',
    "1", "1 && true", "true && 1", "false || 1", "!1", "true < false", '"a" < "b"', '1 + "a" == 1', "-true == 1",
    "1 in principal", "principal in 1", "principal in [principal, 1]", "principal in [true]", "principal in [{a: 1}]",
    "1 is User", "context.a.contains(1)", "[1].containsAll(1)", "[1].containsAny(context.a)",
    "context.a.isEmpty()", "context.a has b", "[1] has b", "context.a.b == 1", "[1].b == 1", "context.b.c",
    '1 like "a"', "if 1 then true else true", "{a: 1}.b == 1", "(1 + true) == 2", "[1 + true] == []", "{a: 1 + true} == {}",
    "(if context.b then 1 else true) && true", "principal in (if context.b then 1 else principal)",
)  # fmt: skip


@pytest.mark.parametrize("condition", HOLDS)
def test_what_holds_for_cedar_holds_for_the_compiled_path(condition: str):
    both = Both.of_text(f"permit (principal, action, resource) when {{ {condition} }};", SCHEMA)
    answer = both.agreed(READ, ENTITIES)
    assert (answer.allowed, answer.reasons, answer.errors) == (True, ("policy0",), False)


@pytest.mark.parametrize("condition", ERRS)
def test_what_is_an_error_for_cedar_is_an_error_of_that_policy_and_nothing_is_allowed(condition: str):
    both = Both.of_text(
        f"permit (principal, action, resource); permit (principal, action, resource) when {{ {condition} }};", SCHEMA
    )
    answer = both.agreed(READ, ENTITIES)
    assert (answer.allowed, answer.reasons, answer.errors) == (False, ("policy0",), True)


@pytest.mark.parametrize(
    ("scope", "applies"),
    [
        ("principal, action, resource", True),
        ('principal == User::"a", action, resource', True),
        ('principal == User::"b", action, resource', False),
        ('principal == Role::"a", action, resource', False),
        ('principal in Team::"top", action, resource in Team::"top"', True),
        ('principal in Team::"x", action, resource', False),
        ("principal is User, action, resource is Doc", True),
        ("principal is Role, action, resource", False),
        ('principal is User in Role::"r1", action, resource is Doc in Team::"mid"', True),
        ('principal is Role in Role::"r1", action, resource', False),
        ('principal, action == Action::"read", resource', True),
        ('principal, action == Action::"group", resource', False),
        ('principal, action in Action::"group", resource', True),
        ('principal, action in [Action::"sub", Action::"write"], resource', True),
        ('principal, action in [Action::"write"], resource', False),
        ("principal, action in [], resource", False),
    ],
)
def test_scopes_are_settled_as_cedar_does(scope: str, applies: bool):
    assert Both.of_text(f"permit ({scope});", SCHEMA).agreed(READ, ENTITIES).allowed is applies


def test_conditions_are_read_in_their_order_so_that_an_early_no_hides_a_later_error():
    head = "permit (principal, action, resource)"
    for clauses, errors in (
        ("when { false } when { 1 }", False),
        ("when { 1 } when { false }", True),
        ("unless { true } when { 1 }", False),
        ("when { true } unless { 1 }", True),
    ):
        assert Both.of_text(f"{head} {clauses};", SCHEMA).agreed(READ, ENTITIES).errors is errors


def test_on_a_denial_all_forbids_that_fired_are_named_and_on_an_allow_all_permits():
    rules = {
        name: _rule(effect, {"<": {"left": _A, "right": {"Value": most}}})
        for name, effect, most in (("z", "permit", 9), ("b", "permit", 9), ("y", "forbid", 5), ("a", "forbid", 3))
    }
    both = Both(_document(rules), SCHEMA)
    for amount, expected in ((9, ()), (8, ("b", "z")), (4, ("y",)), (2, ("a", "y"))):
        answer = both.agreed(question("User::a", "write", "Doc::d", {"a": amount}), ENTITIES)
        assert (answer.reasons, answer.allowed) == (expected, amount == 8)


def test_a_store_answers_many_questions_and_does_not_see_later_changes():
    both = Both.of_text('permit (principal is User, action, resource) when { principal.tags.contains("x") };', SCHEMA)
    entities: list[Any] = [entity("User::a", {**USER, "tags": ["x"]})]
    store = both.compiled.store(entities)
    assert store.ask(**READ).allowed
    entities[0]["attrs"]["tags"].clear()
    assert store.ask(**READ).allowed
    assert not both.compiled.ask(**READ, entities=entities).allowed


@pytest.mark.parametrize(
    "text",
    [
        "'); __import__('os').system('true') #", '")\nraise SystemExit\n#', "\\", "\\'", "{0}", "%s", "'''", '"""', "\n    x = 1",
        "\u2028", "\0", "𝒑", "c['a']", "k0",
    ],
)  # fmt: skip
def test_hostile_text_stays_text(text: str):
    quoted = {"Value": text}
    body = {
        "&&": {
            "left": {"contains": {"left": {"Set": [quoted, _A]}, "right": quoted}},
            "right": {"==": {"left": {".": {"left": {"Record": {text: quoted}}, "attr": text}}, "right": quoted}},
        }
    }
    rule = {
        **_rule("permit", body),
        "annotations": {"id": text},
        "principal": {"op": "in", "entity": {"type": "User", "id": text}},
    }
    both = Both(_document({text: rule}), SCHEMA)
    asked = {**question("User::a", "write", "Doc::d", {"a": 1}), "principal": {"type": "User", "id": text}}
    assert both.agreed(asked, []).reasons == (text,)
    has = {"has": {"left": {"Var": "principal"}, "attr": text}}
    like = {"like": {"left": quoted, "pattern": [{"Literal": letter} for letter in text]}}
    for condition in (has, like):
        assert Both(_document({text: _rule("permit", condition)}), SCHEMA).agreed(asked, []).allowed is (
            condition is like
        )


def test_what_was_compiled_holds_no_builtins_but_those_it_needs():
    source = Both.of_text("permit (principal, action, resource);", SCHEMA).compiled
    ask = next(iter(source.slices.values())).ask
    assert set(ask.__globals__["__builtins__"]) == {"type", "len", "dict", "int", "str", "frozenset", "KeyError"}  # type: ignore[attr-defined]
    assert "def ask0(p, r, c, A, U):" in source.source


_A = {".": {"left": {"Var": "context"}, "attr": "a"}}
_TRUE = {"Value": True}


def _rule(effect: str, body: Any) -> dict[str, Any]:
    anything = {"op": "All"}
    conditions = [{"kind": "when", "body": body}]
    return {
        "effect": effect, "principal": anything, "action": anything, "resource": anything, "conditions": conditions,
    }  # fmt: skip


def _document(rules: dict[str, Any], **other: Any) -> str:
    return json.dumps({"staticPolicies": rules, "templates": {}, "templateLinks": [], **other})


@pytest.mark.parametrize(
    ("condition", "construct"),
    [
        ('ip("1.2.3.4").isLoopback()', "“isLoopback”"),
        ('decimal("1.0") == decimal("1.0")', "“decimal”"),
        ('principal.hasTag("a")', "“hasTag”"),
        ('principal.getTag("a") == 1', "“getTag”"),
    ],
)
def test_unknown_constructs_are_refused_by_name(condition: str, construct: str):
    text = f"permit (principal, action, resource) when {{ {condition} }};"
    with pytest.raises(NotCompilable) as refused:
        Both.of_text(text, SCHEMA)
    assert (refused.value.policy, refused.value.construct) == ("policy0", construct)


_LENIENT: tuple[tuple[Any, str], ...] = (
    ({"Value": [1]}, "a value that is no bool, integer, string or entity"),
    ({"Value": {"a": 1}}, "a value that is no bool, integer, string or entity"),
    ({"has": {"left": {"Var": "context"}, "attr": ["a"]}}, "an attribute that is no name"),
    (
        {"Set": [{"Value": {"__extn": {"fn": "ip", "arg": "::1"}}}]},
        "a value that is no bool, integer, string or entity",
    ),
)


@pytest.mark.parametrize(("body", "construct"), _LENIENT)
def test_json_that_cedar_reads_and_its_own_text_never_gives_is_refused(body: Any, construct: str):
    document = _document({"odd": _rule("permit", body)})
    cedarpy.PolicySet.from_json_str(document)
    with pytest.raises(NotCompilable, match="odd: ") as refused:
        compile_policies(document, SCHEMA)
    assert refused.value.construct == construct

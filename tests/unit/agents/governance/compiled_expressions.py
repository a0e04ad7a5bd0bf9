"""Random small policies as text over a small schema: mostly well typed, sometimes not, for Cedar runs those too."""

import json

from hypothesis import strategies as st

SCHEMA = """
entity Role enum ["r1", "r2"];
entity Team in [Team];
entity User in [Role, Team] = {
  active: Bool, n: Long, s: String, tags: Set<String>, boss?: User, home?: { x: Long, y?: Bool },
};
entity Doc in [Team] = { owner: User, flags: Set<Bool>, nums: Set<Long> };
entity Bare;
type Part = { k: Long, z?: String };
action "group";
action "sub" in ["group"];
action "read" in ["sub"] appliesTo {
  principal: [User, Role], resource: [Doc, Bare],
  context: {
    a: Long, b: Bool, s: String, o?: Long, u: User, r: Role, us?: Set<User>, part: Part, parts: Set<Part>,
    deep: Set<Set<Long>>, "odd é": Long,
  },
};
action "write" appliesTo { principal: [User], resource: [User, Doc], context: { a: Long, o?: Long } };
"""

_KINDS = ("Bool", "Long", "String", "User", "Set", "Record")
_LEAVES = {
    "Bool": ("true", "false", "context.b", "principal.active", "principal.home.y", "context.part.zz"),
    "Long": (
        "0", "1", "-1", "2", "10", "9223372036854775807", "-9223372036854775808", "context.a", "context.o",
        'context["odd é"]', "principal.n", "principal.home.x", "context.part.k", "context.u.boss.n", "resource.owner.n",
    ),
    "String": ('"a"', '"b"', '""', '"a*b"', '"ünï ✓"', "context.s", "principal.s", "context.part.z", "context.u.s"),
    "User": (
        "principal", "resource", "action", "context.u", "context.u.boss", "resource.owner", 'User::"a"', 'Role::"r1"',
        'Role::"nobody"', 'Team::"a"', 'Zed::"a"', 'Action::"group"', 'Action::"read"', "context.r",
    ),
    "Set": (
        "[]", "[1, 2]", "[true]", "[1, true]", '["a", "b"]', '["a", "a"]', "[[1], []]", '[User::"a", Role::"r1"]',
        '[Team::"a", Team::"b", Action::"sub"]', "[principal, context.u]", "[{k: 1}]", "principal.tags", "context.us",
        "context.parts", "context.deep", "resource.flags", "resource.nums", '[User::"a", 1]',
    ),
    "Record": ("context", "context.part", "principal.home", "{}", "{k: 1}", '{k: 1, z: "a"}', "{a: context.a, b: true}"),
}  # fmt: skip
_TYPES = ("User", "Role", "Team", "Doc", "Bare", "Zed", "Action")
_NAMES = ("a", "o", "k", "z", "n", "boss", "home", "active", "zz", '"odd é"', "part.z", "u.boss.n")
_PATTERNS = ('"a*"', '"*"', '"*b*"', '"a\\**"', '""', '"*a*b*"', '"a"', '"ü*✓"')


@st.composite
def policies(draw: st.DrawFn) -> str:
    """One to four policies."""
    return "\n".join(draw(_policy()) for _ in range(draw(st.integers(1, 4))))


@st.composite
def _policy(draw: st.DrawFn) -> str:
    principal = draw(
        st.sampled_from(("", "", "", " is User", ' == User::"a"', ' in Team::"a"', ' is User in Role::"r1"'))
    )
    action = draw(
        st.sampled_from(("", "", ' == Action::"read"', ' in Action::"group"', ' in [Action::"sub", Action::"write"]'))
    )
    resource = draw(st.sampled_from(("", "", " is Doc", ' == Bare::"a"', ' in Team::"a"', ' is Doc in Team::"b"')))
    clauses = "".join(
        f" {draw(st.sampled_from(('when', 'unless')))} {{ {draw(_expressions('Bool', 4))} }}"
        for _ in range(draw(st.integers(0, 2)))
    )
    effect = draw(st.sampled_from(("permit", "forbid")))
    return f"{effect} (principal{principal}, action{action}, resource{resource}){clauses};"


@st.composite
def _expressions(draw: st.DrawFn, kind: str, fuel: int) -> str:
    if draw(st.integers(0, 24)) == 0:
        kind = draw(st.sampled_from(_KINDS))
    if fuel == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(_LEAVES[kind]))

    def some(of: str) -> str:
        return draw(_expressions(of, fuel - 1))

    def pick(*choices: str) -> str:
        return draw(st.sampled_from(choices))

    if draw(st.integers(0, 7)) == 0:
        return f"(if {some('Bool')} then {some(kind)} else {some(kind)})"
    if kind == "Long":
        return pick(f"({some('Long')} {pick('+', '-', '*')} {some('Long')})", f"(-{some('Long')})")
    if kind == "Set":
        return f"[{', '.join(some(pick(*_KINDS)) for _ in range(draw(st.integers(0, 3))))}]"
    if kind == "Record":
        names = ("k", "z", "a", json.dumps("q'\n\"", ensure_ascii=False))[: draw(st.integers(0, 4))]
        return f"{{{', '.join(f'{name}: {some(pick(*_KINDS))}' for name in names)}}}"
    if kind != "Bool":
        return draw(st.sampled_from(_LEAVES[kind]))
    other = pick(*_KINDS)
    match draw(st.integers(0, 9)):
        case 0 | 1:
            return f"({some('Bool')} {pick('&&', '||')} {some('Bool')})"
        case 2:
            return f"(!{some('Bool')})"
        case 3:
            return f"({some('Long')} {pick('<', '<=', '>', '>=')} {some('Long')})"
        case 4:
            return f"({some(other)} {pick('==', '!=')} {some(pick(other, other, *_KINDS))})"
        case 5:
            return f"({some('User')} in {some(pick('User', 'Set'))})"
        case 6:
            return f"({some('User')} is {pick(*_TYPES)}{pick('', ' in ' + some(pick('User', 'Set')))})"
        case 7:
            return f"({some(pick('Record', 'User'))} has {pick(*_NAMES)})"
        case 8:
            return f"({some('String')} like {pick(*_PATTERNS)})"
        case _:
            method = pick("contains", "containsAll", "containsAny", "isEmpty")
            argument = "" if method == "isEmpty" else some("Set") if method != "contains" else some(other)
            return f"({some('Set')}.{method}({argument}))"

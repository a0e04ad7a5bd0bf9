"""One Cedar expression becomes one Python expression, with the kind of its value as far as the schema tells it.

Where the kind is known the check of it is left out; where it is not, a function of `values` checks as Cedar does.
Nothing of a policy reaches the source but `repr` of a string, a checked integer or a bool.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from agents.governance.compiled.kinds import (
    BOOL,
    LONG,
    STRING,
    Attribute,
    EntityOf,
    Kind,
    NotCompilable,
    RecordOf,
    SetOf,
)
from agents.governance.compiled.scene import Code, Scene
from agents.governance.compiled.values import LARGEST, SMALLEST, Uid, key

_UIDS = {"type", "id"}
_SIDES = {"left", "right"}


class Expressions:
    """Writes the expressions of one policy. Raises NotCompilable for what it does not know."""

    def __init__(self, policy: str, scene: Scene) -> None:
        self._policy = policy
        self._scene = scene
        self._writers: dict[str, Callable[[Any], Code]] = {
            "Value": self._value,
            "Var": self._variable,
            "Set": self._set,
            "Record": self._record,
            ".": self._attribute,
            "has": self._has,
            "like": self._like,
            "in": self._in,
            "is": self._is,
            "contains": self._contains,
            "containsAll": self._contains_all,
            "containsAny": self._contains_any,
            "isEmpty": self._is_empty,
            "if-then-else": self._choice,
            "!": self._not,
            "neg": self._negative,
            "&&": partial(self._chain, "&&", "and"),
            "||": partial(self._chain, "||", "or"),
            **{operator: partial(self._equal, operator) for operator in ("==", "!=")},
            **{operator: partial(self._compare, operator) for operator in ("<", "<=", ">", ">=")},
            **{operator: partial(self._arithmetic, operator) for operator in ("+", "-", "*")},
        }

    def truth(self, body: Any) -> str:
        """Source of a condition: a bool, or an error of the policy."""
        return _checked(self.code(body), BOOL, "truth")

    def code(self, body: Any) -> Code:
        if not isinstance(body, dict) or len(body) != 1:
            self.refuse("an expression that is not one operator")
        ((operator, arguments),) = body.items()
        if operator not in self._writers:
            self.refuse(f"“{operator}”")
        return self._writers[operator](arguments)

    def refuse(self, construct: str) -> NoReturn:
        raise NotCompilable(self._policy, construct)

    def uid(self, raw: Any) -> Uid:
        if not isinstance(raw, dict) or set(raw) != _UIDS or not all(isinstance(part, str) for part in raw.values()):
            self.refuse("an entity that is not a type and an id")
        return raw["type"], raw["id"]

    def constant(self, uid: Uid) -> Code:
        return Code(self._scene.constant(uid), EntityOf(uid[0]))

    def within(self, member: Code, group: Code) -> str:
        """Source of `in`."""
        left = self._uid_of(member)
        if isinstance(group.kind, EntityOf):
            return f"within(U, {left}, {group.text})"
        if isinstance(group.kind, SetOf) and isinstance(group.kind.element, EntityOf):
            return f"among(U, {left}, {group.text})"
        return f"inside(U, {left}, {group.text})"

    def _value(self, value: Any) -> Code:
        if type(value) is bool:
            return Code(repr(value), BOOL)
        if type(value) is int and SMALLEST <= value <= LARGEST:
            return Code(f"({value!r})", LONG)
        if type(value) is str:
            return Code(repr(value), STRING)
        if not isinstance(value, dict) or set(value) != {"__entity"}:
            self.refuse("a value that is no bool, integer, string or entity")
        return self.constant(self.uid(value["__entity"]))

    def _variable(self, name: Any) -> Code:
        scene = self._scene
        variables = {
            "principal": lambda: Code("p", EntityOf(scene.principal)),
            "resource": lambda: Code("r", EntityOf(scene.resource)),
            "action": lambda: Code(scene.constant(("Action", scene.action)), EntityOf("Action")),
            "context": lambda: Code("c", scene.schema.actions[scene.action].context),
        }
        if type(name) is not str or name not in variables:
            self.refuse(f"the variable {name}")
        return variables[name]()

    def _chain(self, operator: str, word: str, arguments: Any) -> Code:
        # A long chain leans to the left; written flat, it does not nest deeper than Python reads.
        operands: list[str] = []
        while True:
            left, right = self._fields(arguments, "left", "right")
            operands.append(self.truth(right))
            if not isinstance(left, dict) or set(left) != {operator}:
                operands.append(self.truth(left))
                return Code(f"({f' {word} '.join(reversed(operands))})", BOOL)
            arguments = left[operator]

    def _not(self, arguments: Any) -> Code:
        return Code(f"(not {self.truth(self._fields(arguments, 'arg')[0])})", BOOL)

    def _equal(self, operator: str, arguments: Any) -> Code:
        left, right = self._both(arguments)
        simple = left.kind is not None and not isinstance(left.kind, RecordOf)
        if simple and (left.kind == right.kind or _alike(left.kind, right.kind)):
            return Code(f"({left.text} {operator} {right.text})", BOOL)
        return Code(f"({'not ' if operator == '!=' else ''}same({left.text}, {right.text}))", BOOL)

    def _compare(self, operator: str, arguments: Any) -> Code:
        left, right = (_checked(side, LONG, "long") for side in self._both(arguments))
        return Code(f"({left} {operator} {right})", BOOL)

    def _arithmetic(self, operator: str, arguments: Any) -> Code:
        left, right = (_checked(side, LONG, "long") for side in self._both(arguments))
        return Code(f"(t if {SMALLEST} <= (t := {left} {operator} {right}) <= {LARGEST} else over())", LONG)

    def _negative(self, arguments: Any) -> Code:
        argument = _checked(self.code(self._fields(arguments, "arg")[0]), LONG, "long")
        return Code(f"(t if (t := -{argument}) <= {LARGEST} else over())", LONG)

    def _in(self, arguments: Any) -> Code:
        member, group = self._both(arguments)
        return Code(self.within(member, group), BOOL)

    def _contains(self, arguments: Any) -> Code:
        left, right = self._both(arguments)
        return Code(f"({_keyed(right)} in {_members(left)})", BOOL)

    def _contains_all(self, arguments: Any) -> Code:
        left, right = self._both(arguments)
        return Code(f"({_members(left)} >= {_members(right)})", BOOL)

    def _contains_any(self, arguments: Any) -> Code:
        left, right = self._both(arguments)
        return Code(f"(not {_members(left)}.isdisjoint({_members(right)}))", BOOL)

    def _is_empty(self, arguments: Any) -> Code:
        return Code(f"(not {_members(self.code(self._fields(arguments, 'arg')[0]))})", BOOL)

    def _attribute(self, arguments: Any) -> Code:
        base, name = self._named(arguments)
        record, holder = self._record_of(base)
        if record is None:
            return Code(f"attribute(A, {base.text}, {name!r})")
        known = record.attributes.get(name)
        return Code(f"{holder}[{name!r}]", known.kind if known else None)

    def _has(self, arguments: Any) -> Code:
        base, name = self._named(arguments)
        if isinstance(base.kind, RecordOf):
            return Code(f"({name!r} in {base.text})", BOOL)
        return Code(f"has(A, {base.text}, {name!r})", BOOL)

    def _like(self, arguments: Any) -> Code:
        base, pattern = self._fields(arguments, "left", "pattern")
        parts = [""]
        if not isinstance(pattern, list):
            self.refuse("a pattern that is no list")
        for piece in pattern:
            if piece == "Wildcard":
                parts.append("")
            elif isinstance(piece, dict) and set(piece) == {"Literal"} and isinstance(piece["Literal"], str):
                parts[-1] += piece["Literal"]
            else:
                self.refuse("a pattern of other things than text and wildcards")
        text = _checked(self.code(base), STRING, "string")
        return Code(f"like({text}, {self._scene.constant(tuple(parts))})", BOOL)

    def _is(self, arguments: Any) -> Code:
        if isinstance(arguments, dict) and "in" in arguments:
            base, kind, group = self._fields(arguments, "left", "entity_type", "in")
        else:
            (base, kind), group = self._fields(arguments, "left", "entity_type"), None
        if type(kind) is not str:
            self.refuse("a type that is no name")
        member = self.code(base)
        test = f"({self._uid_of(member)}[0] == {kind!r})"
        if group is None:
            return Code(test, BOOL)
        return Code(f"({test} and {self.within(member, self.code(group))})", BOOL)

    def _choice(self, arguments: Any) -> Code:
        test, first, second = self._fields(arguments, "if", "then", "else")
        yes, no = self.code(first), self.code(second)
        return Code(f"({yes.text} if {self.truth(test)} else {no.text})", yes.kind if yes.kind == no.kind else None)

    def _set(self, arguments: Any) -> Code:
        if not isinstance(arguments, list):
            self.refuse("a set that is no list")
        elements = [self.code(element) for element in arguments]
        kinds = [element.kind for element in elements]
        kind = SetOf(kinds[0] if kinds and all(one == kinds[0] for one in kinds) else None)
        if all(isinstance(element, dict) and set(element) == {"Value"} for element in arguments):
            values = [self._literal(element["Value"]) for element in arguments]
            return Code(self._scene.constant(frozenset(values)), kind)
        return Code(f"frozenset([{', '.join(map(_keyed, elements))}])", kind)

    def _literal(self, value: Any) -> Any:
        return self.uid(value["__entity"]) if isinstance(value, dict) else key(value)

    def _record(self, arguments: Any) -> Code:
        if not isinstance(arguments, dict):
            self.refuse("a record that is no object")
        values = {name: self.code(body) for name, body in arguments.items()}
        text = ", ".join(f"{name!r}: {value.text}" for name, value in values.items())
        return Code(f"{{{text}}}", RecordOf({name: Attribute(value.kind) for name, value in values.items()}))

    def _both(self, arguments: Any) -> tuple[Code, Code]:
        left, right = self._fields(arguments, "left", "right")
        return self.code(left), self.code(right)

    def _named(self, arguments: Any) -> tuple[Code, str]:
        left, name = self._fields(arguments, "left", "attr")
        if type(name) is not str:
            self.refuse("an attribute that is no name")
        return self.code(left), name

    def _fields(self, arguments: Any, *names: str) -> list[Any]:
        if not isinstance(arguments, dict) or set(arguments) != set(names):
            self.refuse(f"an operator without exactly {', '.join(names)}")
        return [arguments[name] for name in names]

    def _record_of(self, base: Code) -> tuple[RecordOf | None, str]:
        """What is known of the attributes, and source of the dict that holds them."""
        if isinstance(base.kind, RecordOf):
            return base.kind, base.text
        if isinstance(base.kind, EntityOf):
            known = self._scene.schema.entities.get(base.kind.name)
            return known.attributes if known else RecordOf({}), f"A[{base.text}]"
        return None, ""

    def _uid_of(self, code: Code) -> str:
        return code.text if isinstance(code.kind, EntityOf) else f"uid({code.text})"


def _checked(code: Code, kind: Kind, check: str) -> str:
    return code.text if code.kind == kind else f"{check}({code.text})"


def _members(code: Code) -> str:
    return code.text if isinstance(code.kind, SetOf) else f"members({code.text})"


def _keyed(code: Code) -> str:
    if code.kind in (None, BOOL) or isinstance(code.kind, RecordOf):
        return f"key({code.text})"
    return code.text


def _alike(left: Kind | None, right: Kind | None) -> bool:
    """Both entities, or both sets: Python compares them as Cedar does, whatever they hold."""
    return any(isinstance(left, kind) and isinstance(right, kind) for kind in (EntityOf, SetOf))

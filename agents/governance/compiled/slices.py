"""The policies that matter for one action and one pair of types, as one Python function.

What the scope of a policy says about the action and the types is settled while compiling: a policy that can never
apply is not in the function at all.
"""

from typing import Any

from agents.governance.compiled.expressions import Expressions
from agents.governance.compiled.kinds import EntityOf, NotCompilable
from agents.governance.compiled.scene import Code, Scene

_PARTS = {"effect", "principal", "action", "resource", "conditions"}
_NEVER = "False"


def slice_source(name: str, rules: dict[str, dict[str, Any]], scene: Scene) -> list[str]:
    """Lines of a function of principal, resource, context, known entities and groups; it gives what Fired."""
    lines = [f"def {name}(p, r, c, A, U):", "    e, forbids, permits = False, [], []"]
    for policy in sorted(rules):
        rule = rules[policy]
        condition = _condition(policy, rule, scene)
        if condition == _NEVER:
            continue
        fired = "permits" if rule["effect"] == "permit" else "forbids"
        lines += [
            "    try:",
            f"        if {condition}: {fired}.append({policy!r})",
            "    except (Stop, KeyError): e = True",
        ]
    return [*lines, "    return Fired(forbids, permits, e)"]


def _condition(policy: str, rule: dict[str, Any], scene: Scene) -> str:
    expressions = Expressions(policy, scene)
    if (
        not isinstance(rule, dict)
        or set(rule) - {"annotations"} != _PARTS
        or rule["effect"] not in ("permit", "forbid")
    ):
        expressions.refuse("a policy of other parts than effect, scope and conditions")
    terms = [
        _action(rule["action"], expressions, scene),
        _side(rule["principal"], Code("p", EntityOf(scene.principal)), scene.principal, expressions),
        _side(rule["resource"], Code("r", EntityOf(scene.resource)), scene.resource, expressions),
    ]
    try:
        terms += [_clause(clause, expressions) for clause in rule["conditions"]]
        # Written even where the policy never applies: what is not known is refused wherever it stands.
        condition = _NEVER if _NEVER in terms[:3] else " and ".join(term for term in terms if term) or "True"
        # On its own first, so that a refusal by Python's parser names the policy.
        compile(f"({condition})", "<condition>", "eval")
    except (RecursionError, SyntaxError, MemoryError) as error:
        raise NotCompilable(policy, "a condition nested so deeply") from error
    return condition


def _clause(clause: Any, expressions: Expressions) -> str:
    if not isinstance(clause, dict) or set(clause) != {"kind", "body"} or clause["kind"] not in ("when", "unless"):
        expressions.refuse("a condition that is neither when nor unless")
    truth = expressions.truth(clause["body"])
    return truth if clause["kind"] == "when" else f"not {truth}"


def _action(scope: Any, expressions: Expressions, scene: Scene) -> str:
    """Settled here: nothing left to ask, or never."""
    match scope:
        case {"op": "All", **rest} if not rest:
            return ""
        case {"op": "==", "entity": entity, **rest} if not rest:
            wanted = [expressions.uid(entity)]
            groups = frozenset[str]()
        case {"op": "in", "entity": entity, **rest} if not rest:
            wanted = [expressions.uid(entity)]
            groups = scene.schema.actions[scene.action].groups
        case {"op": "in", "entities": [*entities], **rest} if not rest:
            wanted = [expressions.uid(entity) for entity in entities]
            groups = scene.schema.actions[scene.action].groups
        case _:
            expressions.refuse("a scope of the action")
    mine = {("Action", name) for name in (scene.action, *groups)}
    return _NEVER if mine.isdisjoint(wanted) else ""


def _side(scope: Any, side: Code, kind: str, expressions: Expressions) -> str:
    """What is left to ask of the principal or the resource."""
    match scope:
        case {"op": "All", **rest} if not rest:
            return ""
        case {"op": "==", "entity": entity, **rest} if not rest:
            uid = expressions.uid(entity)
            return f"{side.text} == {expressions.constant(uid).text}" if uid[0] == kind else _NEVER
        case {"op": "in", "entity": entity, **rest} if not rest:
            return expressions.within(side, expressions.constant(expressions.uid(entity)))
        case {"op": "is", "entity_type": str(wanted), **rest} if not rest:
            return "" if wanted == kind else _NEVER
        case {"op": "is", "entity_type": str(wanted), "in": {"entity": entity, **more}, **rest} if not (rest or more):
            group = expressions.constant(expressions.uid(entity))
            return expressions.within(side, group) if wanted == kind else _NEVER
        case _:
            return expressions.refuse("a scope of the principal or the resource")

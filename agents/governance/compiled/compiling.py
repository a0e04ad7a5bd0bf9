"""From Cedar's JSON form of policies and the schema to plain Python, or a refusal that names what is not known."""

import json
from typing import Any

import cedarpy

from agents.governance.compiled import ingress, values
from agents.governance.compiled.asking import CompiledPolicies, Fired, Slice
from agents.governance.compiled.ingress import Readers
from agents.governance.compiled.kinds import NotCompilable, Schema
from agents.governance.compiled.scene import Scene
from agents.governance.compiled.schema import parse_schema
from agents.governance.compiled.slices import slice_source
from agents.governance.compiled.values import Uid

_CALLED = (
    values.over,
    values.key,
    values.same,
    values.truth,
    values.long,
    values.string,
    values.members,
    values.uid,
    values.attribute,
    values.has,
    values.within,
    values.among,
    values.inside,
    values.like,
)
_BUILTINS = {
    "type": type,
    "len": len,
    "dict": dict,
    "int": int,
    "str": str,
    "frozenset": frozenset,
    "KeyError": KeyError,
}


def compile_policies(document: str, schema: str) -> CompiledPolicies:
    """Compile `{"staticPolicies": …}`, as loading builds it, for a schema in Cedar's own language.

    Raises NotCompilable for any construct that is not known here. The policies need not have been validated, but
    only what Cedar parses is compiled.
    """
    known = parse_schema(schema)
    rules = _rules(document)
    constants: dict[str, Any] = {}
    readers = Readers(known, constants)
    entity_readers = {name: readers.reader(kind.attributes) for name, kind in known.entities.items()}
    lines: list[str] = []
    functions: dict[tuple[Uid, str, str], tuple[str, str]] = {}
    for action, applies in known.actions.items():
        read_context = readers.reader(applies.context)
        for principal in applies.principals:
            for resource in applies.resources:
                name = f"ask{len(functions)}"
                functions[("Action", action), principal, resource] = read_context, name
                scene = Scene(known, action, principal, resource, constants)
                lines += slice_source(name, rules, scene)
    source = "\n".join([*readers.source, *lines, ""])
    written = _run(source, constants)
    return CompiledPolicies(
        schema=known,
        source=source,
        slices={at: _slice(known, at, written[read], written[ask]) for at, (read, ask) in functions.items()},
        readers={name: written[read] for name, read in entity_readers.items()},
        actions={
            ("Action", name): frozenset(("Action", group) for group in action.groups)
            for name, action in known.actions.items()
        },
        action_attributes={("Action", name): {} for name in known.actions},
    )


def _slice(schema: Schema, at: tuple[Uid, str, str], read_context: Any, ask: Any) -> Slice:
    _, principal, resource = at
    return Slice(read_context, ask, schema.entities[principal].ids, schema.entities[resource].ids)


def _rules(document: str) -> dict[str, dict[str, Any]]:
    # Cedar first: it takes no other parts, no name given twice and nothing nested deeper than 128.
    try:
        cedarpy.PolicySet.from_json_str(document)
    except ValueError as error:
        raise NotCompilable("document", f"what Cedar refuses ({error})") from error
    parsed = json.loads(document)
    if parsed["templates"] or parsed["templateLinks"]:
        raise NotCompilable("document", "a template")
    rules: dict[str, dict[str, Any]] = parsed["staticPolicies"]
    return rules


def _run(source: str, constants: dict[str, Any]) -> dict[str, Any]:
    called = {function.__name__: function for function in _CALLED}
    namespace = {
        "__builtins__": _BUILTINS,
        "Stop": values.Stop,
        "Fired": Fired,
        **ingress.NEEDED,
        **called,
        **constants,
    }
    # Of the policies it holds nothing but literals written by repr; the names are all ours.
    exec(compile(source, "<compiled policies>", "exec"), namespace)  # noqa: S102
    return namespace

"""The knowledge graph on the command line: the answers that Slack gives, from the same use cases."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agents.knowledge.answers import Ambiguous, NotFound
from agents.lifecycle.questions.clash import conflict_line
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from storage.records.graph import EdgeView, GraphPath, Neighbourhood, NodeRef, NodeView, Window


async def show(*, name: str, home: Path, kind: str | None, hops: int, json: bool) -> None:
    async with _graph(home) as office:
        view = await _found(office, name, kind)
        _say_around(view, await office.answers.around(view.ref, hops=hops), as_json=json)


async def as_of(
    *, name: str, at: str, known: str | None, home: Path, kind: str | None, hops: int, json: bool
) -> int | None:
    valid_at, known_at = _moment("--at", at), None if known is None else _moment("--known", known)
    async with _graph(home) as office:
        view = await _found(office, name, kind)
        around = await office.answers.around(view.ref, hops=hops, valid_at=valid_at, known_at=known_at)
        if around is None:
            text = f"{view.name} was not known then."
            say({"answer": "unknown", "node": _node(view), "text": text}, as_json=json, text=text)
            return NEGATIVE
        _say_around(view, around, as_json=json)
        return None


async def touching(
    *,
    name: str,
    home: Path,
    kind: str | None,
    hops: int,
    first: datetime | None,
    last: datetime | None,
    json: bool,
) -> None:
    async with _graph(home) as office:
        view = await _found(office, name, kind)
        window = office.answers.this_week()
        start = first.replace(tzinfo=UTC) if first else window.start
        end = last.replace(tzinfo=UTC) + timedelta(days=1) if last else window.end
        if end <= start:
            raise BadInput(f"--from {start.date()} is after --to {end.date()}")
        found = await office.answers.touching(view.ref, Window(start=start, end=end), hops=hops)
        _say_around(view, found, as_json=json)


async def reach(*, name: str, home: Path, kind: str | None, hops: int, json: bool) -> None:
    async with _graph(home) as office:
        reach = await office.answers.reach(await _found(office, name, kind), hops=hops)
        reached: list[dict[str, Any]] = [
            {
                "type": one.ref.type,
                "key": one.ref.key,
                "name": reach.names.get(str(one.ref), one.ref.key),
                "hops": one.hops,
                "by": list(one.relations),
                "via": str(one.via),
            }
            for one in reach.reached
        ]
        lines = [f"{one['hops']}  {one['type']}: {one['name']} ({', '.join(one['by'])})" for one in reached]
        text = "\n".join(lines) or f"A change to {reach.centre.name} reaches nothing that is known."
        say({"node": _node(reach.centre), "reached": reached}, as_json=json, text=text)


async def path(*, start: str, end: str, home: Path, json: bool) -> int | None:
    async with _graph(home) as office:
        first, last = await _found(office, start, None), await _found(office, end, None)
        found, names = await office.answers.path(first.ref, last.ref)
        if found is None:
            text = f"Nothing that is known leads from {first.name} to {last.name}."
            say({"from": _node(first), "to": _node(last), "path": None}, as_json=json, text=text)
            return NEGATIVE
        document = {"from": _node(first), "to": _node(last), "path": _path(found, names)}
        say(document, as_json=json, text=path_words(found, names))
        return None


async def explain(*, name: str, home: Path, json: bool) -> int | None:
    async with _graph(home) as office:
        view = await _found(office, name, None)
        found = await office.answers.explain(view.ref)
        causes = [{"cause": _node(one.cause), "path": _path(one.path, one.names)} for one in found]
        lines = [f"{one.cause.name}\n  {path_words(one.path, one.names)}" for one in found]
        text = "\n".join(lines) or f"Nothing of the last two weeks is known to hang together with {view.name}."
        say({"moved": _node(view), "causes": causes}, as_json=json, text=text)
        return None if found else NEGATIVE


async def conflicts(*, home: Path, json: bool) -> int | None:
    async with _graph(home) as office:
        calendar = (await office.rules()).calendar
        async with office.ledger.read() as tx:
            found, names = await office.clashes.all(tx, calendar)
        rows = [
            {
                "kind": one.kind.value,
                "goes_first": one.winner,
                "held": one.loser,
                "thing": names.get(one.thing, one.thing),
                "first": one.first,
                "last": one.last,
                "text": conflict_line(one, names),
            }
            for one in found
        ]
        text = "\n".join(f"{row['held']}: {row['text']}" for row in rows) or "No plan stands in another's way."
        say({"conflicts": rows}, as_json=json, text=text)
        return NEGATIVE if rows else None


@asynccontextmanager
async def _graph(home: Path) -> AsyncIterator[Office]:
    """A home whose graph is up to date; what could not be told to it is said on stderr."""
    async with open_office(Settings(home=home)) as office:
        charted = await office.charter.catch_up()
        for words in charted.refused:
            sys.stderr.write(f"countersign: not taken into the graph: {words}\n")
        yield office


async def _found(office: Office, name: str, kind: str | None) -> NodeView:
    """Raises BadInput for a name that means nothing, or several things."""
    match await office.answers.find(name, kind=kind):
        case NotFound(candidates=near):
            like = "; ".join(f"{one.name} ({one.ref})" for one in near)
            raise BadInput(f"nothing in the graph is called {name!r}{f'; did you mean: {like}' if like else ''}")
        case Ambiguous(views=views):
            which = ", ".join(str(one.ref) for one in views[:8])
            raise BadInput(f"{len(views)} things are called {name!r}: name one of {which}")
        case NodeView() as view:
            return view
    raise AssertionError("find gives one of three")


def _say_around(view: NodeView, found: Neighbourhood | None, *, as_json: bool) -> None:
    nodes, edges = (found.nodes, found.edges) if found else ((view,), ())
    named = {str(one.ref): one for one in nodes}
    document = {
        "node": _node(view),
        "nodes": [_node(one) for one in nodes],
        "edges": [_edge(one) for one in edges],
        "cut": bool(found and found.cut),
    }
    lines = [f"{view.ref.type}: {view.name}"]
    lines += [f"  {name}: {value}" for name, value in sorted(view.props.items())]
    lines += [f"  {edge_words(one, named)}" for one in edges]
    say(document, as_json=as_json, text="\n".join(lines))


def edge_words(edge: EdgeView, named: dict[str, NodeView]) -> str:
    """As in: Brand | exact → runs on → paid_search (sandbox)."""
    props = ", ".join(f"{name} {value}" for name, value in sorted(edge.props.items()))
    said = f" [{props}]" if props else ""
    sources = ", ".join(edge.sources)
    return f"{_name(edge.src, named)} → {_words(edge.relation)} → {_name(edge.dst, named)}{said} ({sources})"


def path_words(found: GraphPath, names: dict[str, str]) -> str:
    """As in: Brand | exact → runs on → paid_search ← runs on ← Shopping."""
    words = [names.get(str(found.nodes[0]), found.nodes[0].key)]
    for before, node, step in zip(found.nodes, found.nodes[1:], found.steps, strict=False):
        relation, name = _words(step.relations[0]), names.get(str(node), node.key)
        words.append(f"→ {relation} → {name}" if step.src == before else f"← {relation} ← {name}")
    return " ".join(words)


def _node(view: NodeView) -> dict[str, Any]:
    return {
        "type": view.ref.type,
        "key": view.ref.key,
        "name": view.name,
        "also": list(view.also),
        "props": dict(view.props),
        "valid_from": view.valid_from,
        "valid_to": view.valid_to,
        "sources": list(view.sources),
    }


def _edge(edge: EdgeView) -> dict[str, Any]:
    return {
        "relation": edge.relation,
        "from": str(edge.src),
        "to": str(edge.dst),
        "props": dict(edge.props),
        "valid_from": edge.valid_from,
        "valid_to": edge.valid_to,
        "sources": list(edge.sources),
        "loads": list(edge.loads),
    }


def _path(found: GraphPath, names: dict[str, str]) -> dict[str, Any]:
    return {
        "nodes": [{"node": str(one), "name": names.get(str(one), one.key)} for one in found.nodes],
        "steps": [{"from": str(one.src), "relations": list(one.relations), "to": str(one.dst)} for one in found.steps],
    }


def _name(ref: NodeRef, named: dict[str, NodeView]) -> str:
    return named[str(ref)].name if str(ref) in named else ref.key


def _words(relation: str) -> str:
    return relation.replace("_", " ")


def _moment(option: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{option} {text!r}: write a moment such as 2026-03-02T09:00+00:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

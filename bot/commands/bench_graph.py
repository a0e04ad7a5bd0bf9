"""`bench graph`: a large graph told, loaded, walked and asked about the past, beside plain networkx on the same rows.

The graph in memory and the baseline run in processes of their own, so that time and peak memory are their own. They
answer the same questions, and must give the same answers.
"""

import asyncio
import json as jsonlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from bot.commands.bench_graph_workload import NOW, counts, edge_updates, intents, node_updates

_TARGETS = {"two_hop_p99_ms": 5, "path_p99_ms": 20, "conflicts_s": 2, "peak_mb": 400}
_AT_ONCE = 100_000
_KNOWN = NOW + timedelta(days=1)
"""When the corrections became known."""
_PLAIN_SHARE = 10
"""The baseline is asked every tenth question."""


def bench_graph(*, nodes: int, edges: int, questions: int, intents: int, json: bool) -> None:
    """The command: fill a database in a temporary folder, measure, print; exit code 1 if the answers differ."""
    import typer

    from bot.commands.shell import say

    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as folder:
        found = run(nodes, edges, questions, intents, Path(folder) / "graph.db")
    ours, plain = found["graph"], found["plain"]
    text = (
        f"{found['nodes']:,} nodes, {found['rows']:,} edges: told {found['told_per_s']:,} statements/s; "
        f"loaded in {ours['load_s']} s, peak {ours['peak_mb']} MB (plain networkx {plain['load_s']} s, "
        f"{plain['peak_mb']} MB)\n"
        + "\n".join(_line(name, ours, plain) for name in ("two_hop", "three_hop", "path", "explanation", "as_of"))
        + f"\nconflicts of {found['intents']:,} intents: {found['conflicts']:,} found in {found['conflicts_s']} s\n"
        f"{found['agreement']['checked']:,} answers compared, {found['agreement']['disagreements']} disagree"
    )
    say(found, as_json=json, text=text)
    if found["agreement"]["disagreements"]:
        raise typer.Exit(1)


def run(nodes: int, edges: int, questions: int, wanted: int, database: Path) -> dict[str, Any]:
    """Measure on a graph of that size, written to `database`, with so many questions of each kind."""
    rows, seconds = asyncio.run(_fill(nodes, edges, database))
    ours = _measure("graph", database, nodes, questions)
    plain = _measure("plain", database, nodes, questions)
    found, conflicts_s = _conflicts(wanted)
    answers, expected = ours.pop("answers"), plain.pop("answers")
    checked = {question: answer for question, answer in expected.items() if question in answers}
    return {
        "nodes": nodes,
        "rows": rows,
        "told_per_s": round((nodes + rows) / seconds),
        "graph": ours,
        "plain": plain,
        "intents": wanted,
        "conflicts": found,
        "conflicts_s": conflicts_s,
        "targets": _TARGETS,
        "agreement": {
            "checked": len(checked),
            "disagreements": sum(answers[question] != answer for question, answer in checked.items()),
        },
    }


async def _fill(nodes: int, edges: int, path: Path) -> tuple[int, float]:
    """Tell the graph everything, then the corrections; rows of edges, and seconds without making up the statements."""
    from storage.database import Database
    from storage.graph.knowledge import Knowledge
    from storage.migrations.runner import upgrade

    path.parent.mkdir(parents=True, exist_ok=True)
    upgrade(path)
    database = Database(path)
    seconds = 0.0
    told = 0

    async def tell(updates: Iterable[Any], now: datetime) -> None:
        nonlocal seconds, told
        remaining = iter(updates)
        while some := list(islice(remaining, _AT_ONCE)):
            started = time.perf_counter()
            async with database.writing.begin() as connection:
                applied = await Knowledge(connection).apply(some, now=now)
            seconds += time.perf_counter() - started
            told += applied.edges
            if applied.refused:
                raise RuntimeError(applied.refused[0].reason)

    await tell(node_updates(nodes), NOW)
    corrections = []

    def statements() -> Iterable[Any]:
        for edge, correction in edge_updates(nodes, edges):
            yield edge
            if correction is not None:
                corrections.append(correction)

    await tell(statements(), NOW)
    await tell(corrections, _KNOWN)
    await database.close()
    return told, seconds


def _conflicts(wanted: int) -> tuple[int, float]:
    from agents.knowledge.conflicts import find_conflicts

    some = intents(wanted)
    started = time.perf_counter()
    found = find_conflicts(some)
    return len(found), round(time.perf_counter() - started, 2)


class _Questions:
    """The same questions for both, by name of the measure."""

    def __init__(self, nodes: int, count: int) -> None:
        made = counts(nodes)
        dice = Random(3)  # noqa: S311 - a workload, no secret

        def some(kind: str) -> str:
            return f"{kind}:{dice.randrange(made[kind])}"

        self.walks = [some("campaign") for _ in range(count)]
        self.paths = [(some("event"), some(dice.choice(("kpi", "account", "owner")))) for _ in range(count)]
        self.explained = [(some("kpi"), tuple(some("event") for _ in range(10))) for _ in range(count)]
        self.past = [
            (some(dice.choice(("campaign", "audience", "product"))), NOW - timedelta(days=dice.randrange(500)), known)
            for known in (NOW, _KNOWN)
            for _ in range(count // 2)
        ]


class _Times:
    """Milliseconds a question, and the answers in a form that can be compared."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = {}
        self.answers: dict[str, Any] = {}

    async def ask(self, name: str, questions: Iterable[Any], answer: Callable[[Any], Awaitable[Any]]) -> None:
        """`answer` gives what was found, and a short form of it to compare."""
        taken, worked = [], []
        for question in questions:
            started, began = time.perf_counter(), time.process_time()
            found = await answer(question)
            taken.append((time.perf_counter() - started) * 1000)
            worked.append((time.process_time() - began) * 1000)
            self.answers[f"{name} {question}"] = found() if callable(found) else found
        self.document[name] = {
            "p50_ms": _share(taken, 0.50),
            "p99_ms": _share(taken, 0.99),
            "cpu_p99_ms": _share(worked, 0.99),
        }


async def _graph(database: Path, questions: _Questions) -> dict[str, Any]:
    """Ours: what holds today from memory, the past from the rows."""
    from storage.database import Database
    from storage.graph.current import CurrentGraph
    from storage.graph.knowledge import Knowledge
    from storage.records.graph import NodeRef

    opened = Database(database)
    current = CurrentGraph(opened)
    started = time.perf_counter()
    await current.refresh(_KNOWN)
    load_s = round(time.perf_counter() - started, 2)
    times = _Times()
    ref = NodeRef.parse

    def walk(hops: int) -> Callable[[str], Awaitable[Any]]:
        async def answer(start: str) -> Any:
            found = list(current.reach(ref(start), hops, limit=1_000_000))
            return lambda: sorted(f"{one.ref} {one.hops}" for one in found)

        return answer

    async def path(ends: tuple[str, str]) -> Any:
        found = current.path(ref(ends[0]), ref(ends[1]), direction="out")
        return None if found is None else len(found.steps)

    async def explanation(ends: tuple[str, tuple[str, ...]]) -> Any:
        found = current.path(ref(ends[0]), [ref(end) for end in ends[1]])
        return None if found is None else len(found.steps)

    async def past(question: tuple[str, datetime, datetime]) -> Any:
        start, at, known = question
        async with opened.reading.begin() as connection:
            found = await Knowledge(connection).as_of(ref(start), valid_at=at, known_at=known, limit=1_000_000)
        assert found is not None
        return lambda: sorted([str(one.src), one.relation, str(one.dst)] for one in found.edges)

    await times.ask("two_hop", questions.walks, walk(2))
    await times.ask("three_hop", questions.walks[:: _PLAIN_SHARE * 2], walk(3))
    await times.ask("path", questions.paths, path)
    await times.ask("explanation", questions.explained, explanation)
    await times.ask("as_of", questions.past, past)
    await opened.close()
    return {"load_s": load_s, **times.document, "answers": times.answers}


async def _plain(database: Path, questions: _Questions) -> dict[str, Any]:
    """The baseline: everything from memory."""
    from storage.graph.plain_baseline import PlainGraph
    from storage.graph.times import micros
    from storage.graph.vocabulary import SCHEMA

    started = time.perf_counter()
    plain = PlainGraph(database)
    load_s = round(time.perf_counter() - started, 2)
    times = _Times()
    now = micros(_KNOWN)
    along = {one.name for one in SCHEMA.relations.values() if one.effect in ("forward", "both")}
    against = {one.name for one in SCHEMA.relations.values() if one.effect in ("back", "both")}

    def walk(hops: int) -> Callable[[str], Awaitable[Any]]:
        async def answer(start: str) -> Any:
            found = plain.around(start, hops, at=now, along=along, against=against)
            return lambda: sorted(f"{node} {hop}" for node, hop in found.items())

        return answer

    async def path(ends: tuple[str, str]) -> Any:
        return plain.path_length(*ends, at=now)

    async def past(question: tuple[str, datetime, datetime]) -> Any:
        found = plain.as_of(
            question[0], at=micros(question[1]), seq=plain.seqs[question[2].isoformat(timespec="microseconds")]
        )
        return lambda: sorted(list(one) for one in found)

    await times.ask("two_hop", questions.walks[::_PLAIN_SHARE], walk(2))
    await times.ask("three_hop", questions.walks[:: _PLAIN_SHARE * 2], walk(3))
    await times.ask("path", questions.paths[:: _PLAIN_SHARE * 2], path)
    await times.ask("as_of", questions.past[::_PLAIN_SHARE], past)
    return {"load_s": load_s, **times.document, "answers": times.answers}


def _share(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)


def _measure(what: str, database: Path, nodes: int, questions: int) -> dict[str, Any]:
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(  # noqa: S603 - our own module, by the running interpreter
        [
            sys.executable,
            "-m",
            __spec__.name if __spec__ else __name__,
            what,
            str(database),
            str(nodes),
            str(questions),
        ],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the {what} graph failed: {done.stderr.strip()[-2000:]}")
    return jsonlib.loads(done.stdout)  # type: ignore[no-any-return]


def _line(name: str, ours: dict[str, Any], plain: dict[str, Any]) -> str:
    mine = ours[name]
    told = (
        f"{name.replace('_', ' ')}: median {mine['p50_ms']} ms, p99 {mine['p99_ms']} ms ({mine['cpu_p99_ms']} of CPU)"
    )
    return told + (f"; plain networkx {plain[name]['p50_ms']}, {plain[name]['p99_ms']}" if name in plain else "")


def _child(what: str, database: str, nodes: str, questions: str) -> None:
    from bot.commands.bench_ingest import peak_mb

    asked = _Questions(int(nodes), int(questions))
    found = asyncio.run({"graph": _graph, "plain": _plain}[what](Path(database), asked))
    sys.stdout.write(jsonlib.dumps({"peak_mb": peak_mb(), **found}))


if __name__ == "__main__":
    _child(*sys.argv[1:])

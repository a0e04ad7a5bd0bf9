"""Lineage for other tools: OpenLineage RunEvents, one a step that made something from something.

People stand in them as the commitments that the trail holds, never by name.
"""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import NAMESPACE_URL, uuid5

from storage.graph.lineage import Lineage
from storage.records.audit import AuditEntry
from storage.records.lineage import Link, sealed_in

PRODUCER = "https://countersign.invalid/lineage"
"""Nobody else's address: the domain can never exist."""
SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_JOBS = {
    "file": "receive",
    "load": "ingest",
    "feature": "materialise",
    "model": "register",
    "PLAN": "propose",
    "verdict": "review",
    "decision": "decide",
    "execution": "execute",
    "outcome": "score",
    "ALERT": "monitor",
    "Q": "ask",
    "edition": "enact",
}
"""Kind of a thing → the step that makes it; a version of a dataset is made by `append`."""


class Trail(Protocol):
    """The audit trail, as far as this reads it."""

    def entries(self) -> AsyncIterator[AuditEntry]: ...


async def event_lines(trail: Trail, lineage: Lineage, *, namespace: str, now: datetime) -> AsyncIterator[str]:
    """JSON Lines in the order of the trail; things from before links were sealed come last, as of `now`."""
    told: set[str] = set()
    async for entry in trail.entries():
        by_child: dict[str, list[str]] = {}
        for child, parent, _ in sealed_in(json.loads(entry.body)["facts"]):
            by_child.setdefault(child, []).append(parent)
        for child, parents in by_child.items():
            told.add(child)
            lines = {one.parent: one for one in await lineage.parents(child)}
            run = {"countersign_audit": _facet(seq=entry.seq, action=entry.action, hash=entry.hash)}
            yield _line(namespace, child, parents, lines, at=entry.at, run_key=f"{entry.seq}", run=run)
    older: dict[str, list[Link]] = {}
    async for link in lineage.all():
        if link.child not in told:
            older.setdefault(link.child, []).append(link)
    for child, links in older.items():
        shown = [one for one in links if not one.parent.startswith("person:")]
        by_parent = {one.parent: one for one in shown}
        yield _line(namespace, child, list(by_parent), by_parent, at=now, run_key="before", run={})


def _line(
    namespace: str,
    child: str,
    parents: Iterable[str],
    links: Mapping[str, Link],
    *,
    at: datetime,
    run_key: str,
    run: dict[str, Any],
) -> str:
    event = {
        "eventType": "COMPLETE",
        "eventTime": at.astimezone(UTC).isoformat(),
        "run": {"runId": str(uuid5(NAMESPACE_URL, f"{namespace}/{run_key}/{child}")), "facets": run},
        "job": {"namespace": namespace, "name": _job(child), "facets": {}},
        "inputs": [_input(namespace, parent, links.get(parent)) for parent in parents],
        "outputs": [{"namespace": namespace, "name": child, "facets": {}}],
        "producer": PRODUCER,
        "schemaURL": SCHEMA,
    }
    return json.dumps(event, ensure_ascii=False) + "\n"


def _input(namespace: str, parent: str, link: Link | None) -> dict[str, Any]:
    facets: dict[str, Any] = {}
    if link is not None and link.first_line is not None:
        facets["countersign_lines"] = _facet(firstLine=link.first_line, lastLine=link.last_line)
    return {"namespace": namespace, "name": parent, "inputFacets": facets}


def _facet(**said: Any) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": f"{PRODUCER}/facets", **said}


def _job(child: str) -> str:
    if ":" not in child and "@" in child:
        return "append"
    kind = child.partition(":")[0] if ":" in child else child.partition("-")[0]
    return _JOBS.get(kind, "link")

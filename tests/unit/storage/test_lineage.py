"""Lineage: what came from what, with the lines of the file; walked both ways; every link sealed in the trail."""

import json
from collections.abc import Iterable
from datetime import date

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update

from storage.audit.log import AuditLog
from storage.database import Database
from storage.graph.lineage import Lineage
from storage.graph.openlineage import event_lines
from storage.ledger import Ledger
from storage.records.audit import Tampering, Verification
from storage.records.facts import Load
from storage.records.lineage import SEALED, Link, Parent
from storage.tables.provenance import lineage
from tests.builders import NOW
from tests.fakes.work_queue import HandWorkQueue

SHA = "3f0c11aa90bd" + "0" * 52
RUN_EVENT = {
    # The parts of OpenLineage 2-0-2 that every consumer relies on.
    "type": "object",
    "required": ["eventTime", "producer", "schemaURL", "run", "job"],
    "properties": {
        "eventTime": {"type": "string", "format": "date-time"},
        "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        "producer": {"type": "string", "format": "uri"},
        "schemaURL": {"type": "string", "format": "uri"},
        "run": {
            "type": "object",
            "required": ["runId"],
            "properties": {"runId": {"type": "string", "format": "uuid"}, "facets": {"$ref": "#/$defs/facets"}},
        },
        "job": {"type": "object", "required": ["namespace", "name"]},
        "inputs": {"type": "array", "items": {"$ref": "#/$defs/dataset"}},
        "outputs": {"type": "array", "items": {"$ref": "#/$defs/dataset"}},
    },
    "$defs": {
        "facets": {
            "additionalProperties": {"type": "object", "required": ["_producer", "_schemaURL"]},
        },
        "dataset": {
            "type": "object",
            "required": ["namespace", "name"],
            "properties": {"facets": {"$ref": "#/$defs/facets"}, "inputFacets": {"$ref": "#/$defs/facets"}},
        },
    },
}


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database, HandWorkQueue(database))


def a_load(load_id: str, **changes) -> Load:
    values = {
        "id": load_id, "source": "google_ads", "path": "google.csv", "content_sha256": SHA, "layout": "google_ads",
        "simulated": False, "known_at": NOW, "first_day": date(2025, 5, 1), "last_day": date(2025, 6, 2),
        "campaigns": 1, "days": 33, "rows_read": 1202, "spend": {},
    }  # fmt: skip
    return Load(**{**values, **changes})


async def step(ledger: Ledger, child: str, *parents: Parent | tuple[str, str]) -> None:
    """Link and seal, as every step does."""
    async with ledger.write() as tx:
        sealed = await tx.lineage.link(child, parents)
        await tx.audit.append(at=NOW, actor="system", action="test.done", subject=child, facts={SEALED: sealed})


async def landed(ledger: Ledger, load: Load, version: int, **lines: tuple[int, int]) -> None:
    async with ledger.write() as tx:
        await tx.loads.add(load, fingerprint=load.id, lake_version=version)
        sealed = await tx.lineage.link_load(load, versions={"facts": version}, lines=lines or None)
        facts = {SEALED: sealed}
        await tx.audit.append(at=NOW, actor="system", action="data.loaded", subject=f"load:{load.id}", facts=facts)


async def verified(ledger: Ledger) -> Verification:
    async with ledger.read() as tx:
        return await tx.audit.verify()


async def tampered(database: Database, statement) -> None:
    async with database.writing.begin() as connection:
        await connection.execute(statement)


async def test_a_file_is_linked_with_its_lines_to_its_load_and_to_the_version_of_the_facts(ledger: Ledger):
    await landed(ledger, a_load("a"), 4, facts=(3, 1204))
    async with ledger.read() as tx:
        back = {one.id: one for one in await tx.lineage.ancestors("facts@4")}
        forth = [one.id for one in await tx.lineage.descendants("file:3f0c11aa90bd")]
    assert list(back) == ["load:a", "file:3f0c11aa90bd", "source:google_ads"]
    assert (back["load:a"].first_line, back["load:a"].last_line) == (3, 1204)
    assert (back["file:3f0c11aa90bd"].first_line, back["file:3f0c11aa90bd"].last_line) == (3, 1204)
    assert back["file:3f0c11aa90bd"].label == "google.csv, 1,202 rows"
    assert forth == ["load:a", "facts@4"]


async def test_a_pulled_load_comes_from_its_source_and_from_no_file(ledger: Ledger):
    await landed(ledger, a_load("a", path="1 to 7 May"), 1)
    async with ledger.read() as tx:
        assert [one.id for one in await tx.lineage.ancestors("facts@1")] == ["load:a", "source:google_ads"]


async def test_a_version_stands_on_the_one_before_it_in_its_own_world(ledger: Ledger):
    await landed(ledger, a_load("real-1"), 2)
    await landed(ledger, a_load("market-1", simulated=True), 9)
    await landed(ledger, a_load("real-2"), 10)
    async with ledger.read() as tx:
        real = {one.id for one in await tx.lineage.ancestors("facts@10")}
        simulated = {one.id for one in await tx.lineage.ancestors("facts@9")}
        assert await tx.lineage.newest_version("facts", simulated=False) == "facts@10"
        assert await tx.lineage.newest_version("facts", simulated=True) == "facts@9"
        assert await tx.lineage.newest_version("order", simulated=True) is None
        assert await tx.lineage.version_of("facts", "real-1") == "facts@2"
    assert {"load:real-2", "facts@2", "load:real-1"} <= real
    assert simulated == {"load:market-1", "source:google_ads"}


async def test_a_repeated_link_is_kept_and_sealed_as_it_was_said_first(ledger: Ledger):
    await step(ledger, "PLAN-1", ("load:a", "the first words"))
    await step(ledger, "PLAN-1", ("load:a", "other words"))
    async with ledger.read() as tx:
        assert [one.label for one in await tx.lineage.parents("PLAN-1")] == ["the first words"]
    assert (await verified(ledger)).ok


NODES = st.sampled_from([f"n{number}" for number in range(9)])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(links=st.lists(st.tuples(NODES, NODES), max_size=25), subject=NODES)
async def test_both_ways_reach_exactly_what_the_links_reach(
    database: Database, links: list[tuple[str, str]], subject: str
):
    async with database.writing.begin() as connection:
        await connection.execute(delete(lineage))
        book = Lineage(connection)
        for child, parent in links:
            await book.link(child, [(parent, "x")])
        back = {one.id for one in await book.ancestors(subject)}
        forth = {one.id for one in await book.descendants(subject)}
        kept = [(one.child, one.parent) async for one in book.all()]
    assert back == reached(subject, links) - {subject}
    assert forth == reached(subject, [(parent, child) for child, parent in links]) - {subject}
    assert kept == sorted(set(links))


def reached(subject: str, links: Iterable[tuple[str, str]]) -> set[str]:
    every, seen = list(links), {subject}
    while new := {far for near, far in every if near in seen} - seen:
        seen |= new
    return seen


async def test_a_whole_trail_says_how_many_links_it_seals(ledger: Ledger):
    await step(ledger, "PLAN-1", ("load:a", "a"), ("load:b", "b"))
    found = await verified(ledger)
    assert (found.ok, found.links) == (True, 2)


async def test_each_link_that_is_taken_out_is_named(ledger: Ledger, database: Database):
    await step(ledger, "PLAN-1", ("load:a", "a"), ("person:carla", "asked for it"))
    await step(ledger, "decision:PLAN-1.r1.1", ("PLAN-1", "revision 1"))
    for number, (child, parent) in enumerate(
        [("PLAN-1", "load:a"), ("PLAN-1", "person:carla"), ("decision:PLAN-1.r1.1", "PLAN-1")], 1
    ):
        await tampered(database, delete(lineage).where(lineage.c.child == child, lineage.c.parent == parent))
        found = await verified(ledger)
        assert not found.ok
        gone = [one for one in found.findings if one.kind is Tampering.LINK_GONE]
        assert len(gone) == number
        assert any(f"{child} came from {parent}" in one.words for one in gone)


@pytest.mark.parametrize(
    "changed", [{"label": "another file"}, {"first_line": 1}, {"last_line": None, "first_line": None}]
)
async def test_a_link_that_says_something_else_is_named(ledger: Ledger, database: Database, changed: dict):
    await step(ledger, "load:a", Parent(id="file:1", label="google.csv", first_line=3, last_line=9))
    await tampered(database, update(lineage).values(**changed))
    found = await verified(ledger)
    assert [one.kind for one in found.findings] == [Tampering.LINK_CHANGED]
    assert "load:a came from file:1" in found.problem


async def test_a_link_that_nothing_made_is_named(ledger: Ledger, database: Database):
    await step(ledger, "PLAN-1", ("load:a", "a"))
    await tampered(database, insert(lineage).values(child="PLAN-1", parent="load:forged", label="better data"))
    found = await verified(ledger)
    assert [one.kind for one in found.findings] == [Tampering.LINK_ADDED]
    assert "PLAN-1 came from load:forged" in found.problem


async def test_links_from_before_they_were_sealed_are_left_alone(ledger: Ledger):
    async with ledger.write() as tx:
        await tx.lineage.link("PLAN-1", [("load:old", "old")])
    await step(ledger, "PLAN-2", ("load:old", "old"))
    assert (await verified(ledger)).ok


async def test_who_is_forgotten_is_forgotten_by_lineage_too_and_the_trail_stays_whole(ledger: Ledger):
    await step(ledger, "PLAN-1", ("person:carla", "asked for it"))
    await step(ledger, "PLAN-2", ("person:aaron", "asked for it"))
    async with ledger.write() as tx:
        commitment = await tx.audit.erase("carla")
        parents = [one.parent async for one in tx.lineage.all()]
    assert parents == [f"person:{commitment}", "person:aaron"]
    assert (await verified(ledger)).ok


async def test_an_entry_with_an_odd_seal_breaks_nothing(database: Database, ledger: Ledger):
    async with database.writing.begin() as connection:
        for odd in ([["a"]], [[1, 2, 3]], "x", [["a", "b", "c"], 7]):
            await AuditLog(connection).append(
                at=NOW, actor="system", action="test.done", subject="x", facts={SEALED: odd}
            )
    found = await verified(ledger)
    assert [one.words for one in found.findings] == ["the lineage link that entry 4 sealed is gone: a came from b"]


def test_a_links_check_changes_with_all_it_says():
    link = Link(child="a", parent="b", label="x", first_line=1, last_line=2)
    others = [{"label": "y"}, {"first_line": 2}, {"last_line": 3}, {"first_line": None}]
    assert len({link.check, *(link.model_copy(update=one).check for one in others)}) == 5
    assert link.lines == "lines 1 to 2"
    assert link.words == "a came from b"


async def test_every_step_becomes_an_openlineage_event_without_anybodys_name(ledger: Ledger):
    async with ledger.write() as tx:
        await tx.lineage.link("ALERT-1", [("load:old", "old"), ("person:olivia", "said so")])
    await landed(ledger, a_load("a"), 4, facts=(3, 1204))
    await step(ledger, "decision:PLAN-1.r1.1", ("PLAN-1", "revision 1"), ("person:carla", "approved"))
    async with ledger.read() as tx:
        lines = [line async for line in event_lines(tx.audit, tx.lineage, namespace="countersign/x", now=NOW)]
    events = [json.loads(line) for line in lines]
    for event in events:
        jsonschema.validate(event, RUN_EVENT)
    assert [(event["job"]["name"], event["outputs"][0]["name"]) for event in events] == [
        ("ingest", "load:a"), ("receive", "file:3f0c11aa90bd"), ("append", "facts@4"),
        ("decide", "decision:PLAN-1.r1.1"), ("monitor", "ALERT-1"),
    ]  # fmt: skip
    lines_read = events[0]["inputs"][0]["inputFacets"]["countersign_lines"]
    assert (lines_read["firstLine"], lines_read["lastLine"]) == (3, 1204)
    assert "carla" not in "".join(lines)
    assert "olivia" not in "".join(lines)
    assert len({event["run"]["runId"] for event in events}) == len(events)

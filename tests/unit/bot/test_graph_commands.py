"""The graph on the command line: one document for programs, words for people, one line for what means nothing."""

import contextlib
import io
import json
from collections.abc import Awaitable
from typing import Any

import pytest

from bot.commands import graph
from bot.commands.shell import NEGATIVE, BadInput
from bot.settings import Settings

SAID = """
campaigns:
  em-101: {addresses: {subscribers: 2}}
  em-102: {addresses: {subscribers: 2}}
  ps-2001: {brands: [Brightwell & Vale], owner: olivia}
  ps-2005: {brands: [Brightwell & Vale]}
"""


@pytest.fixture
def said(home: Settings) -> Settings:
    (home.home / "knowledge.yml").write_text(SAID, encoding="utf-8")
    return home


async def run(command: Awaitable[int | None]) -> tuple[int | None, str]:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = await command
    return code, out.getvalue()


async def document(command: Awaitable[int | None], code: int | None = None) -> Any:
    given, text = await run(command)
    assert given == code
    return json.loads(text)


async def shown(home: Settings, name: str, **changes: Any) -> Any:
    arguments = {"kind": None, "hops": 1, "json": True} | changes
    return await document(graph.show(name=name, home=home.home, **arguments))


def edges(shown: Any) -> set[tuple[str, str, str]]:
    return {(one["from"], one["relation"], one["to"]) for one in shown["edges"]}


async def test_a_campaign_is_shown_with_its_edges_and_who_says_so(said: Settings) -> None:
    found = await shown(said, "ps-2001")
    assert (found["node"]["type"], found["node"]["props"]["status"]) == ("campaign", "active")
    ref = f"campaign:{found['node']['key']}"
    assert (ref, "runs_on", "channel:sandbox/paid search") in edges(found)
    assert (ref, "owned_by", "owner:olivia") in edges(found)
    assert {tuple(one["sources"]) for one in found["edges"] if one["relation"] == "owned_by"} == {("knowledge.yml",)}


async def test_what_touches_an_audience_this_week(said: Settings) -> None:
    command = graph.touching(
        name="subscribers", home=said.home, kind="audience", hops=1, first=None, last=None, json=True
    )
    assert {source.rpartition("/")[2] for source, _, _ in edges(await document(command))} == {"em-101", "em-102"}


async def test_what_a_change_would_reach(said: Settings) -> None:
    found = await document(graph.reach(name="ps-2001", home=said.home, kind=None, hops=3, json=True))
    reached = {one["name"]: one["hops"] for one in found["reached"]}
    assert reached["Brightwell & Vale"] == 1
    assert reached["Brand | exact"] == 2


async def test_the_way_from_one_thing_to_another(said: Settings) -> None:
    found = await document(graph.path(start="em-101", end="em-102", home=said.home, json=True))
    assert len(found["path"]["nodes"]) == 3
    none = await document(graph.path(start="em-101", end="kpi:roas", home=said.home, json=True), NEGATIVE)
    assert none["path"] is None


async def test_as_it_was_before_anything_was_known(said: Settings) -> None:
    def then(known: str | None) -> Awaitable[int | None]:
        at = "2026-03-01"
        return graph.as_of(name="ps-2001", at=at, known=known, home=said.home, kind=None, hops=1, json=True)

    assert {one[1] for one in edges(await document(then(None)))} >= {"runs_on"}
    assert (await document(then("2020-01-01"), NEGATIVE))["answer"] == "unknown"


async def test_nothing_explains_what_nothing_happened_to(said: Settings) -> None:
    found = await document(graph.explain(name="roas", home=said.home, json=True), NEGATIVE)
    assert (found["moved"]["key"], found["causes"]) == ("roas", [])


async def test_no_plan_stands_in_anothers_way(said: Settings) -> None:
    assert await document(graph.conflicts(home=said.home, json=True)) == {"conflicts": []}


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("nobody at all", None, "nothing in the graph is called 'nobody at all'"),
        ("Non brand Lightning", None, "did you mean: Non-brand | Lighting"),
        ("campaign:", None, "nothing in the graph"),
        ("subscribers", "product", "nothing in the graph is called 'subscribers'"),
    ],
)
async def test_a_name_that_means_nothing_is_bad_input(said: Settings, name: str, kind: str | None, words: str) -> None:
    with pytest.raises(BadInput, match=words.replace("|", r"\|")):
        await shown(said, name, kind=kind)


async def test_moments_and_days_that_are_none_are_bad_input(said: Settings) -> None:
    with pytest.raises(BadInput, match="--at 'soon'"):
        await graph.as_of(name="ps-2001", at="soon", known=None, home=said.home, kind=None, hops=1, json=True)


async def test_words_for_people(said: Settings) -> None:
    _, text = await run(graph.show(name="ps-2001", home=said.home, kind=None, hops=1, json=False))
    assert "→ runs on → paid search (sandbox, sandbox (live))" in text
    _, text = await run(graph.path(start="em-101", end="em-102", home=said.home, json=False))
    assert " ← " in text


async def test_an_unreadable_knowledge_file_is_named_and_the_answer_is_given(
    home: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    (home.home / "knowledge.yml").write_text("campaigns: [", encoding="utf-8")
    assert (await shown(home, "ps-2001"))["node"]["type"] == "campaign"
    assert "knowledge.yml: this is no YAML" in capsys.readouterr().err

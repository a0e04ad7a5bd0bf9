"""Names that are alike are candidates for a person; names that differ in a number never are."""

import pytest

from storage.graph.names import folded, likeness
from tests.unit.storage.graph.statements import NOW, Told, later, node, ref


@pytest.mark.parametrize(
    ("name", "plain"),
    [("Brand – UK!", "brand uk"), ("  Ça_va  ", "ca va"), ("ΗΛΙΑΚΆ", "ηλιακα"), ("Straße", "strasse"), ("!!!", "!!!")],
)
def test_case_accents_and_punctuation_make_no_difference(name: str, plain: str):
    assert folded(name) == plain


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("brand uk", "uk brand", True),
        ("brand search uk", "brand serch uk", True),
        ("black friday", "blackfriday", True),
        ("summer 2024", "summer 2025", False),
        ("sale 1", "sale 10", False),
        ("brand uk", "generic de", False),
    ],
)
def test_likeness_is_for_spelling_not_for_numbers(one: str, other: str, alike: bool):
    assert (likeness(one, other) >= 80) is alike
    assert likeness(one, other) == likeness(other, one)


async def test_candidates_are_reported_best_first_and_nothing_is_merged(told: Told):
    await told.tell(
        node("campaign:1", "Brand Search UK"),
        node("campaign:2", "UK brand search", source="meta"),
        node("campaign:3", "Brand Serch UK"),
        node("campaign:4", "Summer Sale"),
        node("audience:1", "Brand Search UK"),
    )
    found = await told.do("candidates", "brand search uk", "campaign")
    assert [(one.ref.key, one.score == 100) for one in found] == [("1", True), ("2", True), ("3", False)]
    assert [view.merged for view in await told.do("nodes", "campaign", valid_at=NOW)] == [()] * 4


async def test_many_names_are_looked_up_at_once(told: Told):
    await told.tell(node("campaign:1", "Spring"), node("campaign:2", "Autumn"))
    found = await told.do("candidates_for", ["SPRING", "Autum", "Winter"], "campaign")
    assert {name: [one.ref.key for one in some] for name, some in found.items()} == {
        "SPRING": ["1"],
        "Autum": ["2"],
        "Winter": [],
    }


async def test_what_was_merged_is_one_candidate(told: Told):
    await told.tell(node("campaign:1", "Spring"), node("campaign:2", "Spring!", source="meta"))
    await told.do("merge", ref("campaign:2"), ref("campaign:1"), by="olivia", now=later(1))
    assert [one.ref for one in await told.do("candidates", "spring", "campaign")] == [ref("campaign:1")]

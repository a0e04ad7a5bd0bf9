"""What changed in a kind of file is told in a marketer's words: new, missing, renamed, retyped."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.lifecycle.intake.feed_changes import ChangeKind, changes_since, kept_columns
from agents.sources.text.columns import Column
from storage.records.feeds import Feed, FeedColumn

NAMES = st.sampled_from(["Day", "Cost", "Clicks", "Campaign", "Impr.", "Ad group"])
KINDS = st.sampled_from(["text", "number", "money", "day", "moment", "flag", "empty"])
COLUMNS = st.lists(st.builds(Column, name=NAMES, kind=KINDS), unique_by=lambda one: one.name, max_size=6)


def feed(*columns: Column) -> Feed:
    kept = kept_columns(None, columns)
    return Feed(name="a/b", version=1, columns=kept, accepted_by="system", accepted_at=datetime(2026, 1, 1, tzinfo=UTC))


def column(name: str, kind: str = "number", *values: int) -> Column:
    return Column(name=name, kind=kind, sketch=values)


def words(before: list[Column], after: list[Column]) -> list[str]:
    return [change.words for change in changes_since(feed(*before), after)]


def test_the_same_columns_in_another_order_are_no_change():
    assert words([column("A"), column("B")], [column("B"), column("A")]) == []


def test_new_and_missing_columns_are_named():
    before, after = [column("Day", "day"), column("Cost", "money")], [column("Day", "day"), column("Status", "text")]
    assert words(before, after) == ["column Cost is missing", "new column Status (text)"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (column("Avg. CPC"), column("Avg CPC", "number")),
        (column("Kosten", "money", 1, 2, 3), column("Betrag", "money", 1, 2, 4)),
    ],
)
def test_a_close_name_or_like_values_make_a_renamed_column(old: Column, new: Column):
    assert words([old], [new]) == [f"column {old.name} seems to be called {new.name} now"]


def test_numbers_that_became_text_are_retyped():
    assert words([column("Clicks")], [column("Clicks", "text")]) == ["column Clicks held numbers and holds text now"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("text", "number"),
        ("number", "money"),
        ("money", "number"),
        ("day", "empty"),
        ("empty", "day"),
        ("flag", "text"),
    ],
)
def test_what_a_column_may_hold_in_turn_is_no_change(before: str, after: str):
    assert words([column("X", before)], [column("X", after)]) == []


def test_a_header_that_stands_twice_is_told_apart():
    assert words([column("A"), column("A")], [column("A")]) == ["column A is missing"]


def test_a_column_that_is_empty_this_time_keeps_its_kind():
    known = feed(column("Day", "day", 7))
    assert kept_columns(known, [column("Day", "empty")]) == (FeedColumn(name="Day", kind="day", sketch=(7,)),)


@given(COLUMNS)
def test_nothing_differs_from_itself(columns: list[Column]):
    assert changes_since(feed(*columns), columns) == ()


@given(COLUMNS, COLUMNS)
def test_after_acceptance_nothing_differs_any_more(before: list[Column], after: list[Column]):
    known = feed(*before)
    accepted = known.model_copy(update={"columns": kept_columns(known, after)})
    assert changes_since(accepted, after) == ()


@given(COLUMNS, COLUMNS)
def test_every_column_that_came_or_went_is_told_once(before: list[Column], after: list[Column]):
    told = changes_since(feed(*before), after)
    gone = {one.name for one in before} - {one.name for one in after}
    come = {one.name for one in after} - {one.name for one in before}
    assert sorted(one.before for one in told if one.kind in (ChangeKind.MISSING, ChangeKind.RENAMED)) == sorted(gone)
    assert sorted(one.after for one in told if one.kind in (ChangeKind.NEW, ChangeKind.RENAMED)) == sorted(come)

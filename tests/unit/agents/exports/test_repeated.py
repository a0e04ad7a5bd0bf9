"""A column whose texts come again is looked at text by text, and nobody can tell the difference."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.sources.text.cells import Style, read_column
from agents.sources.text.repeated import Repeated, Rows, repeated

TEXTS = st.lists(st.sampled_from(("", " ", "a", "ä", "Σ", "1.5", "--", "x" * 40)) | st.text(max_size=3), max_size=30)
NUMBERS = st.lists(st.sampled_from(("1", "1.50", "1,234.5", " --", "", "€3", "< 10%", "x", "-2")), min_size=1)


def both(texts: list[str]) -> tuple[Repeated, Repeated]:
    column = pl.Series(texts, dtype=pl.String)
    return repeated(column), Repeated(column, None)


@given(TEXTS)
def test_every_row_holds_the_text_that_it_held(texts: list[str]):
    column = repeated(pl.Series(texts, dtype=pl.String))
    assert column.rows().to_list() == texts
    assert column.coded().cast(pl.String).to_list() == texts
    assert [column.at(row) for row in range(len(texts))] == texts
    assert sorted(column.different) == sorted(set(texts))


@given(NUMBERS, st.sampled_from(list(Style)), st.sampled_from((0, 3, 6)))
def test_numbers_are_the_same_read_text_by_text_or_row_by_row(texts: list[str], style: Style, scale: int):
    by_text, by_row = both(texts)
    few, all_ = (read_column(column.different, style, scale) for column in (by_text, by_row))
    assert by_text.spread(few.values).equals(by_row.spread(all_.values))
    assert few.problems == all_.problems
    for one, other in ((few.flags, all_.flags), (few.symbols, all_.symbols)):
        assert (one is None) == (other is None)
        assert one is None or other is None or by_text.spread(one).equals(other)


@pytest.mark.parametrize(("different", "told"), [(50, True), (40_000, False)])
def test_what_hardly_comes_again_is_left_as_it_is(different: int, told: bool):
    column = pl.Series([f"{row % different}" for row in range(40_000)])
    found = repeated(column)
    assert (found.places is not None) == told
    assert len(found.different) == different
    assert found.rows().equals(column)


def test_texts_that_come_again_far_below_are_found_though_the_first_are_all_different():
    column = pl.Series([f"{row}" for row in range(3_000)] + ["same"] * 97_000)
    found = repeated(column)
    assert found.places is not None
    assert found.rows().equals(column)


@pytest.mark.parametrize("run", [1, 7, 8, 4_000])
def test_texts_in_runs_are_told_apart_though_a_text_comes_again_later(run: int):
    texts = [text for text in ("2026-11-01", "2026-11-02", "2026-11-01", "") for _ in range(run)]
    found = repeated(pl.Series(texts))
    assert found.rows().to_list() == texts
    assert sorted(found.different) == sorted(set(texts))


def test_rows_without_some_tell_of_the_rest_alone():
    rows = Rows(pl.DataFrame({"c0": ["a", "b", "a"], "line": [1, 2, 3]}))
    assert rows["c0"] is rows["c0"]
    assert rows.without(pl.Series([False, False, False])) is rows
    rest = rows.without(pl.Series([True, False, True]))
    assert (rest["c0"].rows().to_list(), rest.height) == (["b"], 1)

"""What one source says over time adds up: words stay apart, repeating changes nothing, other times stay as they were."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from storage.graph.words import Word, carved, restated
from storage.tables.knowledge import FOREVER

MOMENTS = range(12)


@st.composite
def said(draw) -> Word:
    start = draw(st.integers(0, 9))
    end = draw(st.one_of(st.just(FOREVER), st.integers(start + 1, 11)))
    return Word(start, end, draw(st.sampled_from("ab")), "L-1")


def told(words: list[Word]) -> list[tuple[int, int, str]]:
    return [(word.start, word.end, word.content) for word in words]


def at(words: list[Word], moment: int) -> str | None:
    return next((word.content for word in words if word.start <= moment < word.end), None)


def after(*statements: Word) -> list[Word]:
    words: list[Word] = []
    for statement in statements:
        words = restated(words, statement)
    return words


def test_what_is_said_without_an_end_holds_until_further_notice():
    assert told(after(Word(3, FOREVER, "a", ""))) == [(3, FOREVER, "a")]


def test_an_end_ends_what_was_open():
    assert told(after(Word(1, FOREVER, "a", ""), Word(4, 6, "a", ""))) == [(1, 6, "a")]


def test_an_earlier_start_reaches_back():
    assert told(after(Word(5, FOREVER, "a", ""), Word(2, FOREVER, "a", ""))) == [(2, FOREVER, "a")]


def test_other_properties_take_over_from_their_start_on():
    assert told(after(Word(1, FOREVER, "a", ""), Word(4, FOREVER, "b", ""))) == [(1, 4, "a"), (4, FOREVER, "b")]


def test_properties_with_the_same_start_are_a_correction():
    assert told(after(Word(1, FOREVER, "a", ""), Word(1, FOREVER, "b", ""))) == [(1, FOREVER, "b")]


def test_an_older_file_read_again_does_not_reopen_what_ended():
    assert told(after(Word(1, FOREVER, "a", ""), Word(1, 5, "a", ""), Word(1, FOREVER, "a", ""))) == [(1, 5, "a")]


def test_what_ended_can_begin_again():
    words = after(Word(1, 3, "a", ""), Word(6, FOREVER, "a", ""))
    assert told(words) == [(1, 3, "a"), (6, FOREVER, "a")]
    assert told(restated(words, Word(1, 3, "a", ""))) == told(words)


def test_times_that_overlap_or_meet_become_one():
    assert told(after(Word(1, 3, "a", ""), Word(3, 5, "a", ""), Word(4, 7, "a", ""))) == [(1, 7, "a")]


def test_a_rival_sets_the_limit():
    assert told(restated([], Word(1, FOREVER, "a", ""), limit=4)) == [(1, 4, "a")]


@given(st.lists(said(), max_size=8))
def test_words_are_sorted_never_overlap_and_are_never_empty(statements):
    words = after(*statements)
    assert all(word.start < word.end for word in words)
    assert all(one.end <= other.start for one, other in pairwise(words))


@given(st.lists(said(), max_size=6), said())
def test_a_statement_holds_from_its_start_on(statements, last):
    words = restated(after(*statements), last)
    assert at(words, last.start) == last.content


@given(st.lists(said(), max_size=6), said())
def test_saying_the_same_again_changes_nothing(statements, last):
    words = restated(after(*statements), last)
    again = restated(words, last)
    assert told(again) == told(words)


@given(st.lists(said(), max_size=6), said())
def test_a_statement_changes_nothing_before_it(statements, last):
    words = after(*statements)
    now = restated(words, last)
    assert all(at(now, moment) == at(words, moment) for moment in MOMENTS if moment < last.start)


@given(st.lists(said(), max_size=6), st.integers(0, 10), st.integers(1, 5))
def test_carving_takes_away_that_time_and_no_other(statements, start, length):
    words = after(*statements)
    left = carved(words, start, start + length)
    for moment in MOMENTS:
        expected = None if start <= moment < start + length else at(words, moment)
        assert at(left, moment) == expected

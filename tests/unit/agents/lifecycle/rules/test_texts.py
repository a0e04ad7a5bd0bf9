"""The team's files on disk follow what was approved, and never lose what somebody is still writing."""

from pathlib import Path

import pytest

from agents.lifecycle.rules.texts import HomeTexts, Shelf, TextUnreadable, shipped_texts, text_of
from storage.records.policies import SCHEMA

SHIPPED = {"caps.cedar": "shipped"}


@pytest.fixture
def texts(tmp_path: Path) -> HomeTexts:
    return HomeTexts(tmp_path, Shelf(product="1", shipped=SHIPPED))


def put(texts: HomeTexts, **files: str) -> None:
    for name, content in files.items():
        path = texts.path(name.replace("_", "."))
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")


def test_limits_and_calendar_are_at_the_top_of_a_home_and_policies_in_their_folder(texts: HomeTexts, tmp_path: Path):
    put(texts, limits_yml="l", calendar_yml="c", own_cedar="o", own_test_yml="t")
    assert (tmp_path / "limits.yml").read_text() == "l"
    assert (tmp_path / "policies" / "own.cedar").read_text() == "o"
    assert texts.read() == {"limits.yml": "l", "calendar.yml": "c", "own.cedar": "o", "own.test.yml": "t"}


def test_an_empty_home_has_no_texts(texts: HomeTexts):
    assert texts.read() == {}
    assert texts.shelf.texts == SHIPPED


def test_what_the_product_ships_are_policies_with_tests_and_a_schema():
    assert {SCHEMA, "caps.cedar", "caps.test.yml"} <= shipped_texts().keys()


@pytest.mark.parametrize("name", ["Caps.cedar", "copy of caps.cedar", "caps.txt", "people.yml"])
def test_a_file_without_a_name_for_rules_is_refused(tmp_path: Path, name: str):
    (tmp_path / name).write_text("x")
    with pytest.raises(TextUnreadable, match="rename it"):
        text_of(tmp_path / name)


def test_a_missing_file_is_missing(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        text_of(tmp_path / "caps.cedar")


def test_approved_texts_are_written_to_the_files(texts: HomeTexts):
    put(texts, limits_yml="one")
    texts.mirror({"limits.yml": "one", "own.cedar": None}, {"limits.yml": "two", "own.cedar": "new"})
    assert texts.read() == {"limits.yml": "two", "own.cedar": "new"}


def test_a_file_taken_out_of_force_is_removed(texts: HomeTexts):
    put(texts, own_cedar="one")
    texts.mirror({"own.cedar": "one"}, {"own.cedar": None})
    assert texts.read() == {}
    texts.mirror({"own.cedar": "one"}, {"own.cedar": None})
    assert texts.read() == {}


def test_a_shipped_text_that_is_back_in_force_needs_no_file(texts: HomeTexts):
    put(texts, caps_cedar="ours")
    texts.mirror({"caps.cedar": "ours"}, {"caps.cedar": "shipped"})
    assert texts.read() == {}


def test_a_draft_that_was_written_further_meanwhile_is_left_alone(texts: HomeTexts):
    put(texts, limits_yml="three", own_cedar="more")
    texts.mirror({"limits.yml": "one", "own.cedar": "one"}, {"limits.yml": "two", "own.cedar": None})
    assert texts.read() == {"limits.yml": "three", "own.cedar": "more"}


def test_a_file_that_cannot_be_written_holds_nothing_up(texts: HomeTexts, tmp_path: Path):
    (tmp_path / "policies").write_text("in the way")
    texts.mirror({"own.cedar": None, "limits.yml": None}, {"own.cedar": "new", "limits.yml": "two"})
    assert (tmp_path / "limits.yml").read_text() == "two"

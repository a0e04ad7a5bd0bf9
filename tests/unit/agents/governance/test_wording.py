"""Numbers never read as at the limit when they are above it, and names from data stay names."""

import pytest

from agents.governance.wording import data_age, fill, label, percent, step_share


@pytest.mark.parametrize(("share_bp", "text"), [(2500, "25 %"), (1, "0.01 %"), (90_000, "900 %"), (1250, "12.5 %")])
def test_basis_points_read_as_per_cent(share_bp, text):
    assert percent(share_bp) == text


def test_a_share_just_above_is_rounded_up():
    assert step_share(1_000_000, 1_250_001) == "25.01 %"
    assert step_share(0, 5) == "more than any share of nothing"


def test_names_cannot_hide_reorder_or_run_on():
    assert label("a\u202eb\u0000\n c", "email") == "“a b c” (email)"
    assert label("x" * 99, "email") == "“" + "x" * 59 + "…” (email)"


def test_values_that_look_like_placeholders_are_left_alone():
    assert fill("{campaign} at {after}", {"campaign": "{after}", "after": "£1"}) == "{after} at £1"


@pytest.mark.parametrize(
    ("days", "text"), [(None, "of unknown age"), (-2, "dated in the future"), (1, "1 day old"), (3, "3 days old")]
)
def test_the_age_of_data_in_words(days, text):
    assert data_age(days) == text

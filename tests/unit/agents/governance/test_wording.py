"""Numbers never read as at the limit when they are above it, and names from data stay names."""

import pytest

from agents.governance.wording import data_age, days_or_never, fill, label, listed, margin, percent, step_share


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


@pytest.mark.parametrize(
    ("net", "cost", "text"),
    [
        (10_00, 8_00, "20 %"),
        (9_99, 8_00, "19.91 %"),
        (10_00, 12_00, "−20 %"),
        (10_00, 10_00, "0 %"),
        (0, 8_00, "nothing"),
    ],
)
def test_a_margin_just_below_is_rounded_down(net, cost, text):
    assert margin(net, cost) == text


def test_many_names_are_counted():
    assert listed(("a", "b", "c")) == "a, b, c"
    assert listed(("a", "b", "c", "d\n", "e")) == "a, b, c and 2 more"


def test_when_forecasts_were_checked_in_words():
    assert days_or_never(None) == "never"
    assert days_or_never(1) == "1 day ago"

"""Pictures hold the answer's numbers, survive any text, and come with words."""

import asyncio
import struct
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.slack import charts
from bot.slack.charts import Annotation, Band, NothingToDraw, can_draw, draw, kpi_chart, sketch_of
from bot.slack.line_drawing import MOST_MARKS, placed, spread
from bot.slack.sketch import digest_of
from tests import builders as b
from tests.unit.bot.cards import hostile

PNG = b"\x89PNG\r\n\x1a\n"
FIRST = date(2025, 5, 27)


def size_of(png):
    return struct.unpack(">II", png[16:24])


def days_of(count):
    return tuple(FIRST + timedelta(days=n) for n in range(count))


def a_daily_answer(values, **changes):
    rows = tuple(
        b.a_kpi_row((FIRST + timedelta(days=n)).isoformat(), Decimal(value), None) for n, value in enumerate(values)
    )
    return b.a_kpi_answer(series=rows, denominator=None, **changes)


def test_a_line_is_three_times_as_wide_as_a_phone_shows_it():
    chart = kpi_chart(b.a_kpi_answer().model_copy(update={"restatement_days": 3}))
    assert chart.png.startswith(PNG)
    wide, high = size_of(chart.png)
    assert wide == 1200
    assert 0.5 < high / wide < 0.9


def test_its_title_says_kpi_window_zone_and_that_it_is_simulated():
    assert kpi_chart(b.a_kpi_answer()).title == "ROAS · 27 May – 2 June 2025 · Europe/London (simulated)"


def test_its_words_give_the_numbers():
    words = kpi_chart(b.a_kpi_answer(target=Decimal(4))).alt_text
    for expected in ("Line chart of ROAS", "first 3.51 on 27 May", "lowest 3.26 on 30 May", "highest 4.15 on 1 Jun"):
        assert expected in words
    assert "Target 4.00" in words
    assert "provisional" in words


def test_a_dimension_is_drawn_as_bars():
    chart = kpi_chart(b.a_kpi_answer_by_channel())
    assert chart.alt_text.startswith("Bar chart of ROAS by channel")
    assert "Paid search 4.10; Paid social 2.21" in chart.alt_text
    assert size_of(chart.png)[0] == 1200


def test_bars_of_several_currencies_say_that_they_do_not_compare():
    answer = b.a_kpi_answer_by_channel().model_copy(update={"unit": "currency", "value": None})
    found = zip(("paid_search · EUR", "paid_search · GBP", "email · ?"), (Decimal(9), Decimal(4), None), strict=True)
    rows = tuple(b.a_kpi_row(name, 0, None).model_copy(update={"value": value}) for name, value in found)
    sketch = sketch_of(answer.model_copy(update={"rows": rows, "sources": ("google_ads, May.csv",)}))
    said = " · ".join(sketch.captions)
    assert "currencies do not compare" in said
    assert "not drawn" not in said
    assert "Google Ads" in said


def test_provisional_days_look_different():
    answer = b.a_kpi_answer()
    assert kpi_chart(answer.model_copy(update={"restatement_days": 3})).png != kpi_chart(answer).png


def test_the_target_is_a_line_with_its_number_where_days_can_be_held_against_it():
    (level, before) = sketch_of(b.a_kpi_answer(target=Decimal(4))).levels
    assert (level.kind, level.words) == ("target", "target\n4.00")
    assert (before.kind, before.words) == ("previous", "before\n3.21")


@pytest.mark.parametrize("unit", ["GBP", "count"])
def test_what_holds_for_the_sum_of_the_days_is_no_line_across_them(unit):
    answer = a_daily_answer([1480, 1502], unit=unit, target=Decimal(10_000), previous=Decimal(9_000))
    assert sketch_of(answer).levels == ()
    assert "Target" not in sketch_of(answer).alt_text


def test_bars_of_a_ratio_are_held_against_the_target_and_those_of_a_sum_are_not():
    assert sketch_of(b.a_kpi_answer_by_channel(target=Decimal(4))).target.words == "target 4.00"
    rows = (b.a_kpi_row("email", 3, None), b.a_kpi_row("website", 2, None))
    spend = b.a_kpi_answer(unit="GBP", denominator=None, by="channel", rows=rows, target=Decimal(4))
    assert sketch_of(spend).target is None


def test_what_happened_on_its_days_is_marked_and_told_and_the_rest_left_out():
    marks = [Annotation(date(2025, 5, 29), "PLAN-12", "plan"), Annotation(date(2024, 1, 1), "PLAN-1", "plan")]
    chart = kpi_chart(b.a_kpi_answer(), marks)
    assert "Marked: PLAN-12 on 29 May" in chart.alt_text
    assert "PLAN-1 on" not in chart.alt_text
    assert chart.png != kpi_chart(b.a_kpi_answer()).png


def test_an_expected_range_is_drawn_and_told():
    band = Band(date(2025, 6, 1), date(2025, 6, 2), Decimal("3.1"), Decimal("3.4"), "expected\n3.10–3.40")
    chart = kpi_chart(b.a_kpi_answer(), bands=(band,))
    assert "Expected 3.10–3.40" in chart.alt_text
    assert chart.png != kpi_chart(b.a_kpi_answer()).png


def test_marks_of_one_day_and_kind_share_one_label():
    marks = [Annotation(FIRST, f"PLAN-{n}", "plan") for n in (1, 2, 3)]
    (label,) = placed(marks, days_of(7))
    assert label.words == "PLAN-1 +2"


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["plan", "rollback", "drift", "event"])), max_size=12))
def test_labels_never_lie_upon_each_other_while_there_is_room_and_the_newest_stay(marked):
    marks = [Annotation(FIRST + timedelta(days=n), f"PLAN-{n}", kind) for n, kind in marked]
    found = placed(marks, days_of(41))
    assert len(found) == min(len(set(marked)), MOST_MARKS)
    if found:
        assert max(one.place for one in found) == max(n for n, _ in marked)
    for at, one in enumerate(found[:4]):
        for other in found[at + 1 : 4]:
            if one.lane == other.lane and len(found) <= 4:
                assert one.end <= other.start or other.end <= one.start


@given(st.lists(st.floats(0, 1), max_size=5), st.lists(st.sampled_from([1, 2]), min_size=5, max_size=5))
def test_labels_at_the_end_keep_their_order_and_stand_apart(places, lines):
    ordered = sorted(places)
    moved = spread(ordered, lines)
    for n in range(1, len(moved)):
        assert moved[n] - moved[n - 1] >= 0.075 * (lines[n - 1] + lines[n]) / 2 - 0.02


def test_the_same_answer_gives_the_same_picture_and_the_same_digest():
    assert kpi_chart(b.a_kpi_answer()).png == kpi_chart(b.a_kpi_answer()).png
    assert digest_of(sketch_of(b.a_kpi_answer())) == digest_of(sketch_of(b.a_kpi_answer(as_of=b.NOW)))
    assert digest_of(sketch_of(b.a_kpi_answer())) != digest_of(sketch_of(b.a_kpi_answer(target=Decimal(4))))


def test_a_day_without_a_value_is_a_gap_and_not_zero():
    first = date(2025, 5, 1)
    rows = tuple(b.a_kpi_row((first + timedelta(days=n)).isoformat(), 10, 0 if n == 2 else 2) for n in range(5))
    chart = kpi_chart(b.a_kpi_answer(series=rows))
    assert "lowest 5.00" in chart.alt_text


@pytest.mark.parametrize(
    "answer",
    [
        b.a_kpi_answer(series=()),
        b.a_kpi_answer(series=b.a_series()[:1]),
        b.a_kpi_answer(no_data=True),
        b.a_kpi_answer(series=tuple(b.a_kpi_row(row.label, 1, 0) for row in b.a_series())),
    ],
)
def test_fewer_than_two_numbers_are_no_picture(answer):
    assert not can_draw(answer)
    with pytest.raises(NothingToDraw):
        kpi_chart(answer)


@pytest.mark.parametrize("label", [r"$\frac{1}{0}$", "$$", r"\$x$", "$x_{", "100 $ and 200 $", "日本 😀 שלום"])
def test_text_from_data_is_never_read_as_tex(label):
    rows = (b.a_kpi_row(label, 3, 1), b.a_kpi_row("other", 2, 1))
    answer = b.a_kpi_answer(label=label, by="campaign", rows=rows, sources=(label,), where={"campaign": label})
    assert kpi_chart(answer).png.startswith(PNG)
    marked = kpi_chart(b.a_kpi_answer(label=label), [Annotation(FIRST, label, "event")])
    assert marked.png.startswith(PNG)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hostile.kpi_answers())
def test_any_answer_can_be_drawn_or_says_that_it_cannot(answer):
    if can_draw(answer):
        chart = kpi_chart(answer.model_copy(update={"restatement_days": 2}))
        assert chart.png.startswith(PNG)
        assert len(chart.alt_text) <= charts.MOST_ALT


def test_extreme_numbers_have_a_picture():
    answer = a_daily_answer(("0", "-1e15", "1e15", "0.0000001"), unit="GBP")
    assert kpi_chart(answer).png.startswith(PNG)


async def test_drawing_leaves_the_event_loop_free():
    several = asyncio.gather(draw(b.a_kpi_answer()), draw(b.a_kpi_answer_by_channel()))
    turns = 0
    while not several.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
    assert all(chart.png.startswith(PNG) for chart in several.result())


def test_weeks_follow_each_other_in_time_and_what_happened_in_one_is_marked_at_it():
    rows = tuple(b.a_kpi_row(f"2025-05-{day:02}", day, 10) for day in (5, 12, 19, 26))
    answer = b.a_kpi_answer(by="week", rows=rows, newest_day=date(2025, 6, 1), restatement_days=7)
    sketch = sketch_of(answer, [Annotation(date(2025, 5, 22), "PLAN-12", "plan")])
    assert sketch.days == tuple(date(2025, 5, day) for day in (5, 12, 19, 26))
    assert sketch.firm == 3
    assert [one.at for one in sketch.annotations] == [date(2025, 5, 19)]
    assert "PLAN-12 on 22 May" in sketch.alt_text

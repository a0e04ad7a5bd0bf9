"""Pictures hold the answer's numbers, survive any text, and come with words."""

import asyncio
import struct
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings

from bot.slack import charts
from bot.slack.charts import NothingToDraw, can_draw, draw, kpi_chart
from tests import builders as b
from tests.unit.bot.cards import hostile

PNG = b"\x89PNG\r\n\x1a\n"


def size_of(png):
    return struct.unpack(">II", png[16:24])


def test_a_line_over_days_is_crisp_at_twice_its_size():
    chart = kpi_chart(b.a_kpi_answer().model_copy(update={"restatement_days": 3}))
    assert chart.png.startswith(PNG)
    assert size_of(chart.png) == (1600, 800)


def test_its_title_says_kpi_window_zone_and_that_it_is_simulated():
    assert kpi_chart(b.a_kpi_answer()).title == "ROAS · 27 May – 2 June 2025 · Europe/London (simulated)"


def test_its_words_give_the_numbers():
    words = kpi_chart(b.a_kpi_answer()).alt_text
    for expected in ("Line chart of ROAS", "first 3.51 on 27 May", "lowest 3.26 on 30 May", "highest 4.15 on 1 Jun"):
        assert expected in words
    assert "provisional" in words


def test_a_dimension_is_drawn_as_bars():
    chart = kpi_chart(b.a_kpi_answer_by_channel())
    assert chart.alt_text.startswith("Bar chart of ROAS by channel")
    assert "Paid search 4.10; Paid social 2.21" in chart.alt_text
    assert size_of(chart.png)[0] == 1600


def test_provisional_days_look_different():
    answer = b.a_kpi_answer()
    assert kpi_chart(answer.model_copy(update={"restatement_days": 3})).png != kpi_chart(answer).png


def test_the_same_answer_gives_the_same_picture():
    assert kpi_chart(b.a_kpi_answer()).png == kpi_chart(b.a_kpi_answer()).png


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


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hostile.kpi_answers())
def test_any_answer_can_be_drawn_or_says_that_it_cannot(answer):
    if can_draw(answer):
        chart = kpi_chart(answer.model_copy(update={"restatement_days": 2}))
        assert chart.png.startswith(PNG)
        assert len(chart.alt_text) <= charts.MOST_ALT


def test_extreme_numbers_have_a_picture():
    values = ("0", "-1e15", "1e15", "0.0000001")
    rows = tuple(
        b.a_kpi_row((date(2025, 5, 1) + timedelta(days=n)).isoformat(), Decimal(value), None)
        for n, value in enumerate(values)
    )
    assert kpi_chart(b.a_kpi_answer(series=rows, unit="GBP")).png.startswith(PNG)


async def test_drawing_leaves_the_event_loop_free():
    several = asyncio.gather(draw(b.a_kpi_answer()), draw(b.a_kpi_answer_by_channel()))
    turns = 0
    while not several.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
    assert all(chart.png.startswith(PNG) for chart in several.result())

"""The picture of an alert shows the days of its KPI, what was expected, and what may be behind it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from bot.slack.alert_chart import DAYS_BEFORE, alert_chart, alert_sketch, flagged_days, scope_of, series_of
from bot.slack.charts import Annotation, NothingToDraw
from storage.records.alerts import AlertKind, Reading
from tests import builders as b

READING = Reading(
    unit="GBP/click",
    currency="GBP",
    observed=Decimal("1.24"),
    expected=Decimal("0.90"),
    low=Decimal("0.82"),
    high=Decimal("0.98"),
    first=date(2025, 6, 5),
    last=date(2025, 6, 7),
)


def an_alert(**finding):
    return b.an_alert(finding=b.a_finding(**{"reading": READING, **finding}))


def a_series(days=20):
    first = date(2025, 6, 7) - timedelta(days=days - 1)
    rows = tuple(
        b.a_kpi_row((first + timedelta(days=n)).isoformat(), 9 if n < days - 3 else 12, 10) for n in range(days)
    )
    return b.a_kpi_answer(
        kpi="cpc", label="Cost per click", unit="GBP/click", series=rows, first=first, last=date(2025, 6, 7)
    )


class Engine:
    """Answers every question with one answer and keeps what was asked."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    async def ask(self, query):
        self.asked.append(query)
        return self.answer


def test_the_flagged_days_and_the_expected_range_are_in_it_and_in_its_words():
    sketch = alert_sketch(an_alert(), a_series(), [Annotation(date(2025, 6, 4), "suspect PLAN-12", "plan")])
    assert sketch.flagged == (date(2025, 6, 5), date(2025, 6, 7))
    (band,) = sketch.bands
    assert (band.low, band.high) == (Decimal("0.82"), Decimal("0.98"))
    for said in ("Expected £0.82–£0.98", "Flagged 5–7 June 2025", "suspect PLAN-12 on 4 Jun"):
        assert said in sketch.alt_text


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ({"low": None}, "expected\nup to £0.98"),
        ({"high": None}, "expected\nfrom £0.82"),
    ],
)
def test_a_range_with_one_end_says_so(ends, words):
    sketch = alert_sketch(an_alert(reading=READING.model_copy(update=ends)), a_series())
    assert [band.words for band in sketch.bands] == [words]


def test_without_a_range_the_expected_value_is_a_line():
    reading = READING.model_copy(update={"low": None, "high": None})
    sketch = alert_sketch(an_alert(reading=reading), a_series())
    assert sketch.bands == ()
    assert [level.words for level in sketch.levels] == ["expected\n£0.90"]


def test_a_finding_from_before_readings_were_kept_is_drawn_without_them():
    alert = an_alert(reading=None)
    chart = alert_chart(alert, a_series())
    assert chart.png.startswith(b"\x89PNG")
    assert flagged_days(alert) == (date(2025, 6, 5), date(2025, 6, 7))


def test_too_few_days_are_no_picture():
    with pytest.raises(NothingToDraw):
        alert_sketch(an_alert(), b.a_kpi_answer(series=()))


@pytest.mark.parametrize(
    ("finding", "where"),
    [
        ({"entity": "all"}, {}),
        ({"entity": "paid_search"}, {"channel": "paid_search"}),
        ({"entity": "paid_search/ps-1"}, {"channel": "paid_search", "campaign": "ps-1"}),
        ({"entity": "Brand search", "channel": "paid_search", "campaign_id": "ps-1"}, {"channel": "paid_search", "campaign": "ps-1"}),
    ],
)  # fmt: skip
def test_the_engine_is_asked_about_what_the_case_is_about(finding, where):
    assert scope_of(b.a_finding(**finding)) == where


async def test_the_days_before_are_asked_for_in_the_world_of_the_case():
    engine = Engine(a_series())
    assert await series_of(engine, an_alert()) is engine.answer
    (query,) = engine.asked
    assert query.window.last == date(2025, 6, 7)
    assert query.window.first == date(2025, 6, 5) - timedelta(days=DAYS_BEFORE)
    assert query.simulated is True


@pytest.mark.parametrize("kind", [AlertKind.FRESHNESS, AlertKind.GOVERNANCE, AlertKind.DIVERGENCE])
async def test_cases_that_no_days_would_show_have_no_picture(kind):
    engine = Engine(a_series())
    assert await series_of(engine, an_alert(kind=kind)) is None
    assert engine.asked == []


async def test_no_data_is_no_picture():
    assert await series_of(Engine(b.a_kpi_answer(no_data=True)), an_alert()) is None

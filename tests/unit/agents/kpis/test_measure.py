"""One KPI over one window: the rules of every number, each by example."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from agents.kpis.definitions import load_kpis
from agents.kpis.measure import measure
from agents.kpis.query import BadKpiQuery, KpiQuery
from agents.kpis.windows import Window
from tests.unit.agents.kpis.facts import MONDAY, NEWEST, NOW, facts, row

KPIS = load_kpis()
DAY = timedelta(days=1)
SUNDAY = MONDAY + 6 * DAY
WEEK = Window(first=MONDAY, last=SUNDAY, words="last week")


def ask(slice_, kpi: str, window: Window = WEEK, **query):
    return measure(slice_, KPIS[kpi], KpiQuery(kpi=kpi, window=window, **query), as_of=NOW)


def spent(units, **values):
    return row(spend_micros=int(Decimal(str(units)) * 1_000_000), **values)


def test_ratios_are_divided_once_and_never_averaged():
    answer = ask(facts(row(clicks=1, impressions=10), row(day=MONDAY + DAY, clicks=90, impressions=100)), "ctr")
    assert answer.value == Decimal("82.7272727273")
    assert (answer.numerator, answer.denominator, answer.unit) == (91, 110, "%")


def test_an_answer_carries_what_a_reader_must_know():
    answer = ask(facts(row(revenue_micros=6_000_000, spend_micros=2_000_000)), "roas")
    assert (answer.value, answer.unit, answer.currency, answer.zone) == (3, "ratio", "GBP", "Europe/London")
    assert (answer.first, answer.last, answer.newest_day, answer.as_of) == (MONDAY, SUNDAY, NEWEST, NOW)
    assert answer.sources == ("sandbox, load L1 (9 days)",)
    assert answer.owner == "performance marketing"
    assert any("platforms report" in note for note in answer.notes)


def test_a_zero_denominator_is_undefined_and_shows_the_spend():
    answer = ask(facts(spent(7, conversions_milli=0)), "cpa")
    assert (answer.value, answer.numerator, answer.denominator, answer.no_data) == (None, 7, 0, False)


def test_no_rows_are_no_data_never_zero():
    answer = ask(facts(spent(7, day=MONDAY - 20 * DAY)), "spend")
    assert (answer.value, answer.numerator, answer.no_data) == (None, None, True)
    assert answer.unit == "GBP"


def test_a_column_that_no_source_fills_is_no_data():
    answer = ask(facts(spent(7)), "leads")
    assert (answer.value, answer.no_data) == (None, True)


def test_currencies_are_never_added():
    answer = ask(facts(spent(7), spent(9, currency="EUR", campaign_id="c2")), "spend")
    assert (answer.value, answer.currency, answer.by, answer.no_data) == (None, None, "currency", False)
    assert [(line.label, line.value) for line in answer.rows] == [("EUR", 9), ("GBP", 7)]
    assert answer.series == ()
    assert any("Several currencies (EUR, GBP)" in note for note in answer.notes)


def test_currencies_stay_apart_within_a_dimension():
    rows = (spent(7), spent(9, currency="EUR"), spent(1, currency="EUR", channel="email"))
    answer = ask(facts(*rows), "spend", by="channel")
    assert answer.value is None
    assert [(line.label, line.value) for line in answer.rows] == [
        ("paid_search · EUR", 9),
        ("paid_search · GBP", 7),
        ("email · EUR", 1),
    ]


def test_a_currency_can_be_asked_for_and_counts_need_none():
    slice_ = facts(spent(7, clicks=1), spent(9, clicks=2, currency="EUR"))
    euros = ask(slice_, "spend", where={"currency": "EUR"})
    assert (euros.value, euros.unit) == (9, "EUR")
    clicks = ask(slice_, "clicks")
    assert (clicks.value, clicks.unit, clicks.currency) == (3, "count", None)


def test_simulated_and_real_rows_are_never_summed():
    slice_ = facts(spent(7), spent(100, simulated=True))
    assert ask(slice_, "spend").value == 7


def test_the_shops_books_and_the_platforms_reports_are_never_mixed():
    shop = row(channel="store", campaign_id="", grain="store", orders=4, store_revenue_micros=80_000_000, clicks=1_000)
    slice_ = facts(row(clicks=10, revenue_micros=500_000_000, conversions_milli=5_000), shop)
    assert ask(slice_, "clicks").value == 10
    assert ask(slice_, "store_revenue").value == 80
    assert ask(slice_, "store_orders").value == 4


def test_order_value_comes_from_the_shop_else_from_the_platforms_and_says_which():
    ads = row(revenue_micros=500_000_000, conversions_milli=5_000)
    shop = row(channel="store", grain="store", orders=4, store_revenue_micros=80_000_000)
    with_shop = ask(facts(ads, shop), "aov")
    assert (with_shop.value, with_shop.notes[0]) == (20, "Computed as store revenue / orders.")
    without = ask(facts(ads), "aov")
    assert (without.value, without.notes[0]) == (100, "Computed as revenue / conversions.")
    by_channel = ask(facts(ads, shop), "aov", by="channel")
    assert [line.label for line in by_channel.rows] == ["paid_search"]


def test_budget_adherence_is_spend_over_planned_spend_to_date():
    rows = [spent(8, day=MONDAY + at * DAY, budget_micros=10_000_000) for at in range(3)]
    answer = ask(facts(*rows), "budget_adherence")
    assert (answer.value, answer.numerator, answer.denominator) == (80, 24, 30)


def test_a_daily_budget_counts_once_for_a_campaign_split_by_device_and_for_each_day_of_a_period():
    split = [spent(4, breakdown=f'{{"device":"{one}"}}', budget_micros=10_000_000) for one in ("a", "b")]
    assert ask(facts(*split), "budget_adherence").denominator == 10
    period = spent(30, last_day=SUNDAY, budget_micros=10_000_000)
    assert ask(facts(period), "budget_adherence").denominator == 70


def test_spend_without_a_known_budget_is_neither_on_nor_off_plan():
    answer = ask(facts(spent(8, budget_micros=10_000_000), spent(50, campaign_id="c2")), "budget_adherence")
    assert answer.value == 80
    assert "1 row without a known budget left out." in answer.notes


def test_a_channel_that_does_not_report_a_measure_stays_out_of_its_ratio():
    email = row(channel="email", campaign_id="mail", clicks=500)
    answer = ask(facts(row(clicks=1, impressions=100), email), "ctr", by="channel")
    assert (answer.value, [line.label for line in answer.rows]) == (1, ["paid_search"])
    assert "email (sandbox) does not report impressions: left out." in answer.notes


def test_a_day_without_conversions_still_counts_its_spend():
    answer = ask(facts(spent(5, conversions_milli=1_000), spent(5, day=MONDAY + DAY)), "cpa")
    assert answer.value == 10


def test_rows_over_a_period_count_only_inside_the_window():
    inside = spent(10, campaign_id="c1", last_day=SUNDAY)
    outside = spent(99, campaign_id="c2", day=MONDAY - DAY, last_day=MONDAY + DAY)
    answer = ask(facts(inside, outside), "spend", by="day")
    assert answer.value == 10
    assert [line.label for line in answer.rows] == ["2–8 March 2026"]
    assert answer.series == ()
    assert "1 row covers a longer period that reaches outside these days: not counted." in answer.notes


def test_a_period_that_daily_rows_already_cover_is_not_counted_twice():
    daily = [spent(1, day=MONDAY + at * DAY) for at in range(3)]
    other = spent(5, campaign_id="c2", last_day=SUNDAY)
    shorter = spent(2, campaign_id="c2", last_day=MONDAY + DAY)
    answer = ask(facts(*daily, spent(3, last_day=MONDAY + 2 * DAY), other, shorter), "spend", by="campaign")
    assert answer.value == 8
    assert "2 rows cover a period that other rows of the campaign already cover: not counted twice." in answer.notes


@pytest.mark.parametrize(("restated", "provisional"), [(0, False), (2, False), (3, True), (30, True)])
def test_an_answer_is_provisional_while_its_newest_day_may_still_change(restated, provisional):
    # The window ends two days before the newest day: with three restated days it is the oldest of them.
    answer = ask(facts(spent(7), restatement_days=restated), "spend")
    assert answer.provisional is provisional


def test_only_complete_days_count_and_the_answer_says_so():
    window = Window(first=MONDAY + 7 * DAY, last=MONDAY + 13 * DAY, words="this week")
    rows = [spent(1, day=NEWEST), spent(50, day=NEWEST + DAY)]
    answer = ask(facts(*rows), "spend", window)
    assert (answer.value, answer.last) == (1, NEWEST)
    assert "Counted to 10 March 2026, the newest complete day." in answer.notes


def test_a_window_after_the_newest_day_is_no_data_even_where_part_of_the_day_is_known():
    window = Window(first=NEWEST + DAY, last=NEWEST + DAY, words="today")
    answer = ask(facts(spent(1, day=NEWEST + DAY)), "spend", window)
    assert answer.no_data
    assert "The newest complete day is 10 March 2026." in answer.notes


def test_the_window_before_has_the_same_number_of_days():
    rows = [spent(1, day=MONDAY - at * DAY) for at in range(1, 20)] + [spent(10)]
    answer = ask(facts(*rows), "spend")
    assert (answer.value, answer.previous, answer.previous_first) == (10, 7, MONDAY - 7 * DAY)


def test_a_window_cut_at_the_newest_day_is_compared_with_as_many_days():
    window = Window(first=MONDAY + 7 * DAY, last=MONDAY + 13 * DAY, words="this week")
    before = Window(first=MONDAY, last=SUNDAY, words="last week")
    rows = [spent(1, day=MONDAY + at * DAY) for at in range(9)]
    answer = ask(facts(*rows), "spend", window, compare=before)
    assert (answer.value, answer.previous, answer.previous_first) == (2, 2, MONDAY)


def test_a_comparison_that_does_not_start_earlier_is_refused():
    with pytest.raises(BadKpiQuery, match="must start before"):
        ask(facts(spent(1)), "spend", compare=WEEK)


def test_another_currency_before_is_no_comparison():
    answer = ask(facts(spent(1), spent(9, currency="EUR", day=MONDAY - DAY)), "spend")
    assert (answer.value, answer.previous) == (1, None)


def test_the_largest_come_first_and_ranking_is_by_value():
    rows = [
        spent(10, campaign_id="a", campaign="A", clicks=10),
        spent(90, campaign_id="b", campaign="B", clicks=30),
        spent(5, campaign_id="c", campaign="C", clicks=0),
    ]
    by_size = ask(facts(*rows), "cpc", by="campaign")
    assert [line.label for line in by_size.rows] == ["B", "A", "C"]
    lowest = ask(facts(*rows), "cpc", by="campaign", order="lowest")
    assert [(line.label, line.value) for line in lowest.rows] == [("A", 1), ("B", 3), ("C", None)]
    top = ask(facts(*rows), "spend", by="campaign", order="highest", limit=1)
    assert [line.label for line in top.rows] == ["B"]
    assert "1 of 3 shown." in top.notes


def test_campaigns_are_told_apart_by_identity_and_named_by_their_newest_name():
    rows = [
        spent(1, campaign_id="a", campaign="Old name"),
        spent(2, campaign_id="a", campaign="Twin", day=MONDAY + DAY),
        spent(4, campaign_id="b", campaign="Twin", channel="email"),
    ]
    answer = ask(facts(*rows), "spend", by="campaign")
    assert [(line.label, line.value) for line in answer.rows] == [("Twin (email, b)", 4), ("Twin (paid_search, a)", 3)]


def test_a_campaign_keeps_its_days_under_an_earlier_name():
    rows = [spent(1, campaign="Old name"), spent(2, campaign="New name", day=MONDAY + DAY), spent(9, campaign_id="x")]
    assert ask(facts(*rows), "spend", where={"campaign": "new NAME"}).value == 3
    assert ask(facts(*rows), "spend", where={"campaign": "c1"}).value == 3


def test_namesakes_are_counted_together_and_named():
    rows = [spent(1), spent(2, campaign_id="c2", channel="email")]
    answer = ask(facts(*rows), "spend", where={"campaign": "Brand"})
    assert answer.value == 3
    assert "2 campaigns are called 'Brand': counted together." in answer.notes


@pytest.mark.parametrize("written", ["paid_search", "Paid Search", "paid-search", "PAID_SEARCH"])
def test_filters_ignore_case_and_spacing(written):
    slice_ = facts(spent(1), spent(2, channel="email"))
    assert ask(slice_, "spend", where={"channel": written}).value == 1


def test_a_name_that_the_data_does_not_know_is_said():
    answer = ask(facts(spent(1)), "spend", where={"channel": "radio"})
    assert answer.no_data
    assert "The data knows no channel 'radio'." in answer.notes


def test_an_unknown_filter_is_refused_with_the_known_ones():
    with pytest.raises(BadKpiQuery, match="cannot filter by 'device'; filters are channel, campaign"):
        ask(facts(spent(1)), "spend", where={"device": "mobile"})


def test_days_and_weeks_stay_in_order_of_time():
    rows = [spent(9 - at, day=MONDAY + at * DAY) for at in range(9)]
    window = Window(first=MONDAY, last=NEWEST, words="")
    assert [line.label for line in ask(facts(*rows), "spend", window, by="week").rows] == ["2026-03-02", "2026-03-09"]
    days = ask(facts(*rows), "spend", window, by="day").rows
    assert [line.label for line in days] == sorted(line.label for line in days)


def test_the_series_has_every_day_and_none_in_gaps():
    answer = ask(facts(spent(1), spent(3, day=MONDAY + 2 * DAY)), "spend")
    assert [(line.label[-2:], line.value) for line in answer.series] == [
        ("02", 1), ("03", None), ("04", 3), ("05", None), ("06", None), ("07", None), ("08", None),
    ]  # fmt: skip


def test_a_source_that_ends_early_is_named():
    rows = [spent(1, day=SUNDAY), spent(1, source="meta", day=MONDAY)]
    assert "meta has data to 2 March 2026 only." in ask(facts(*rows), "spend").notes


def test_values_that_a_platform_only_bounds_are_counted():
    rows = [
        row(clicks=1, flags='{"clicks":"<10%"}'),
        row(clicks=1, flags='{"clicks":"missing"}', day=MONDAY + DAY),
        row(clicks=1, flags='{"impressions":"<10%"}', day=MONDAY + 2 * DAY),
        row(clicks=1, flags="not json", day=MONDAY + 3 * DAY),
    ]
    assert "1 row with values that the platform only bounds (like < 10%)." in ask(facts(*rows), "clicks").notes


def test_without_any_data_the_answer_says_so():
    answer = ask(facts(newest_day=None), "roas")
    assert (answer.no_data, answer.value, answer.provisional, answer.notes[0]) == (
        True,
        None,
        False,
        "There is no data yet.",
    )


def test_what_the_reader_left_out_is_passed_on():
    assert "2 loads are not complete." in ask(facts(spent(1), notes=("2 loads are not complete.",)), "spend").notes


def test_a_clock_change_neither_hides_nor_doubles_a_day():
    # Clocks went forward in London on 29 March 2026; days are dates, so nothing moves.
    days = [date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30)]
    window = Window(first=days[0], last=days[-1], words="")
    for zone in ("Europe/London", "Pacific/Kiritimati", "UTC"):
        answer = ask(
            facts(*(spent(1, day=day) for day in days), newest_day=days[-1], zone=zone), "spend", window, by="day"
        )
        assert [(line.label, line.value) for line in answer.rows] == [(day.isoformat(), 1) for day in days]


def test_the_earliest_dates_there_are_do_not_break_the_comparison():
    window = Window(first=date.min, last=NEWEST, words="")
    assert ask(facts(spent(1)), "spend", window).value == 1

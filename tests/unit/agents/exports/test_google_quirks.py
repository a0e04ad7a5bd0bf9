"""Each known quirk of Google Ads exports, with a file that has it and the figures worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest

from tests.unit.agents.exports.files import (
    SAMPLES,
    column,
    dropped,
    micros,
    no_difference,
    refusal,
    rows_of,
    sample,
)


@pytest.mark.parametrize(
    ("name", "spend", "first", "last"),
    [
        # 1 two encodings; 2 preamble: quoted range, plain range, all time; 13 the date in the name
        ("google_campaign_report.csv", {"EUR": "19178.74"}, date(2025, 7, 8), date(2025, 7, 31)),
        ("google_keywords_utf16.csv", {"USD": "1205.00"}, date(2026, 2, 10), date(2026, 2, 23)),
        ("google_device_keywords.csv", {"GBP": "31.15"}, date(2000, 10, 23), date(2026, 3, 1)),
        ("google_search_terms.csv", {"EUR": "12.70"}, date(2026, 2, 10), date(2026, 2, 23)),
        ("google_ad_group_report.csv", {"EUR": "152.04"}, date(2026, 2, 10), date(2026, 2, 23)),
        ("google_french.csv", {"EUR": "2000.00"}, date(2025, 7, 8), date(2025, 7, 31)),
        ("google_german_days.csv", {"EUR": "1235.00"}, date(2025, 7, 8), date(2025, 7, 9)),
        # 5 cards of the overview: no preamble, symbols instead of codes
        ("Search_keywords(2026.02.05-2026.02.11).csv", {"EUR": "2542.83"}, date(2026, 2, 5), date(2026, 2, 11)),
        ("Time_series(2026.02.05-2026.02.07).csv", {"EUR": "219.10"}, date(2026, 2, 5), date(2026, 2, 7)),
        ("Devices(2026.02.05-2026.02.11).csv", {"USD": "1100.25"}, date(2026, 2, 5), date(2026, 2, 11)),
        ("Campaigns(2026.02.05).csv", {"EUR": "1700.00"}, date(2026, 2, 5), date(2026, 2, 5)),
    ],
)
def test_every_kind_of_report_gives_its_days_and_its_spend(name: str, spend: dict, first: date, last: date):
    report = sample(name).report
    assert report.source == "google_ads"
    assert report.spend == {currency: Decimal(amount) for currency, amount in spend.items()}
    assert (report.first_day, report.last_day) == (first, last)
    assert report.rows_quarantined == 0


def test_3_missing_is_two_hyphens_or_nothing_and_is_no_zero():
    rows = rows_of(sample("google_search_terms.csv"))
    assert [row["conversions_milli"] for row in rows] == [1_000, 0, None]
    assert [row["flags"] for row in rows] == ["", "", '{"conversions_milli":"missing"}']
    assert column(sample("Devices(2026.02.05-2026.02.11).csv"), "clicks") == [410, 33, 0, None]


def test_4_thousands_are_quoted_in_counts_and_absent_in_costs():
    export = sample("google_keywords_utf16.csv")
    assert column(export, "impressions") == [25_881, 40, 0]
    assert column(export, "spend_micros") == micros(("1202.50", "2.50", "0.00"))


def test_5_of_two_currency_codes_the_one_of_the_cost_counts_and_zero_has_no_currency():
    assert set(column(sample("google_search_terms.csv"), "currency")) == {"EUR"}
    assert set(column(sample("google_ad_group_report.csv"), "currency")) == {"EUR"}
    assert set(column(sample("Search_keywords(2026.02.05-2026.02.11).csv"), "currency")) == {"EUR"}


def test_6_a_rate_above_one_hundred_is_no_reason_to_stop():
    assert sample("google_french.csv").report.rows_read == 3  # 133,93 %


def test_7_censored_shares_are_flags():
    assert column(sample("google_keywords_utf16.csv"), "flags") == [
        '{"search_impr_share":"<10%"}',
        '{"search_impr_share":">90%"}',
        "",
    ]


def test_8_totals_are_found_in_three_columns_and_the_right_one_is_compared():
    terms = sample("google_search_terms.csv")
    assert list(dropped(terms)) == [7, 8, 9, 10]
    assert no_difference(terms, "clicks", "conversions", "impressions", "spend")
    keywords = sample("google_keywords_utf16.csv")
    assert list(dropped(keywords)) == [7, 8]
    assert no_difference(keywords, "clicks", "impressions", "spend")
    assert no_difference(sample("google_french.csv"), "clicks", "conversions", "impressions", "revenue", "spend")
    assert "total cost of solar" in column(terms, "breakdown")[2]


def test_9_match_marks_formulas_and_foreign_letters_stay_as_they_are():
    export = sample("google_keywords_utf16.csv")
    assert column(export, "campaign") == ["Φορτηγά", "Solar, GR", "Solar, GR"]
    assert '"keyword":"\\"ELD\\""' in column(export, "breakdown")[0]
    assert '"keyword":"[solar panel price]"' in column(export, "breakdown")[1]
    assert "=cmd|' /C calc'!A0" in column(sample("google_search_terms.csv"), "breakdown")[1]


def test_10_of_two_costs_the_one_in_the_account_s_currency_counts():
    assert column(sample("google_search_terms.csv"), "spend_micros") == micros(("10.20", "0.50", "2.00"))
    # The card compares with the days before: those are not this period's.
    assert column(sample("Campaigns(2026.02.05).csv"), "spend_micros") == micros(("1622.60", "77.40"))


def test_11_several_statuses_in_a_cell_are_text():
    assert sample("google_keywords_utf16.csv").report.campaigns == 2  # "campaign ended; unknown"


def test_12_only_a_daily_budget_is_a_budget_a_day():
    export = sample("google_french.csv")
    assert column(export, "budget_micros") == [25_500_000, None]
    assert '"budget":"Total de la campagne"' in column(export, "flags")[1]


def test_13_a_card_with_its_date_in_the_name_alone():
    assert column(sample("Campaigns(2026.02.05).csv"), "day") == [date(2026, 2, 5)] * 2
    assert column(sample("Time_series(2026.02.05-2026.02.07).csv"), "day") == [date(2026, 2, day) for day in (5, 6, 7)]


def test_an_upload_of_offline_conversions_is_refused_with_words():
    error = refusal(SAMPLES / "google_offline_conversions.csv")
    assert error.line == 1
    assert "upload of offline conversions" in error.problem
    assert "campaign report" in error.remedy


def test_french_figures_with_narrow_blanks_are_exact():
    export = sample("google_french.csv")
    assert column(export, "spend_micros") == micros(("1234.56", "765.44"))
    assert column(export, "impressions") == [12_345, 5_001]
    assert column(export, "conversions_milli") == [1_352_500, None]
    assert column(export, "channel") == ["paid_search", "paid_video"]

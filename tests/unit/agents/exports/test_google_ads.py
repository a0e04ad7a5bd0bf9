from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from agents.sources.exports.export import read_export
from tests.unit.agents.exports.files import (
    SAMPLES,
    TODAY,
    column,
    dropped,
    facts_of,
    google,
    micros,
    no_difference,
    refusal,
    rows_of,
    sample,
    written,
)


def test_campaign_report_gives_the_figures_of_the_file_to_the_cent():
    export = sample("google_campaign_report.csv")
    report = export.report
    assert report.layout == "google_ads/campaign"
    assert report.source == "google_ads"
    assert report.spend == {"EUR": Decimal("19178.74")}
    assert str(report.spend["EUR"]) == "19178.74"
    assert (report.campaigns, report.days, report.rows_read) == (4, 24, 8)
    assert (report.first_day, report.last_day) == (date(2025, 7, 8), date(2025, 7, 31))
    assert column(export, "spend_micros") == [*micros(("18257.62", "921.12", "0.00")), None]
    assert column(export, "impressions") == [25_881, 203_463, 0, None]
    assert column(export, "conversions_milli") == [1_379_500, 0, None, None]
    assert column(export, "revenue_micros") == [*micros(("1030.00", "0.00")), None, None]


def test_total_rows_are_dropped_with_their_label_and_the_right_one_is_compared():
    export = sample("google_campaign_report.csv")
    assert dropped(export) == {
        8: "total row: Total: Campaigns",
        9: "total row: Total: Account",
        10: "total row: Total: Search",
        11: "total row: Total: Performance Max",
    }
    assert no_difference(export, "clicks", "conversions", "impressions", "revenue", "spend")


def test_a_campaign_whose_name_begins_with_total_is_kept():
    assert "Total Comfort Video" in column(sample("google_campaign_report.csv"), "campaign")


def test_an_account_total_is_compared_only_where_there_is_no_nearer_one(tmp_path: Path):
    text = google("A,2025-07-01,EUR,10,1,1.00", "Total: Search, --, --,10,1,1.00", "Total: Account, --, --,15,1,1.50")
    export = read_export(written(tmp_path, text))
    assert export.report.total_row_difference == {
        "clicks": Decimal(0),
        "impressions": Decimal(-5),
        "spend": Decimal("-0.50"),
    }


def test_a_total_that_disagrees_with_the_rows_is_reported_by_how_much(tmp_path: Path):
    text = google("A,2025-07-01,EUR,10,1,1.00", "Total: Campaigns, --, --,11,1,0.98")
    difference = read_export(written(tmp_path, text)).report.total_row_difference
    assert difference == {"clicks": Decimal(0), "impressions": Decimal(-1), "spend": Decimal("0.02")}


def test_a_file_without_a_total_row_has_no_difference(tmp_path: Path):
    assert read_export(written(tmp_path, google("A,2025-07-01,EUR,10,1,1.00"))).report.total_row_difference is None


def test_missing_and_censored_values_are_flagged_and_never_zero():
    flags = column(sample("google_campaign_report.csv"), "flags")
    assert flags[0] == '{"search_impr_share":"<10%"}'
    assert flags[1] == ""
    assert '"conversions_milli":"missing"' in flags[2]
    assert '"search_impr_share":">90%"' in flags[2]


def test_only_a_daily_budget_is_a_daily_budget():
    export = sample("google_campaign_report.csv")
    assert column(export, "budget_micros") == [*micros(("50.00", "20.00")), None, None]
    assert '"budget":"Campaign Total"' in column(export, "flags")[2]


def test_campaign_types_become_channels():
    channels = column(sample("google_campaign_report.csv"), "channel")
    assert channels == ["paid_search", "paid_search", "paid_search", "paid_video"]


def test_commas_pipes_and_greek_in_names_survive():
    assert column(sample("google_campaign_report.csv"), "campaign")[:2] == [
        "Solar panels, Attica | Search",
        "Ηλιακά πάνελ | PMax",
    ]


@pytest.mark.parametrize("bom", [b"\xff\xfe", b""])
def test_utf16_with_tabs_gives_the_same_facts_as_utf8_with_commas(tmp_path: Path, bom: bytes):
    text = (SAMPLES / "google_ad_group_report.csv").read_text(encoding="utf-8")
    assert '"' in text
    tabbed = text.replace('"', "").replace("2,000", "2000").replace("1,000", "1000").replace("3,000", "3000")
    path = tmp_path / "wide.csv"
    path.write_bytes(bom + tabbed.replace(",", "\t").encode("utf-16-le"))
    wide, plain = read_export(path), sample("google_ad_group_report.csv")
    assert facts_of(wide).equals(facts_of(plain))
    assert wide.report.spend == plain.report.spend == {"EUR": Decimal("152.04")}


def test_utf16_with_greek_and_the_total_label_in_the_third_column(tmp_path: Path):
    text = (
        "Search keyword report\n10 February 2026 - 23 February 2026\n"
        "Keyword status\tSearch keyword\tCampaign\tAd group\tCurrency code\tImpr.\tCost\n"
        'Enabled\t"""ELD"""\tΦορτηγά\tG\tUSD\t25,881\t1.50\n'
        "Enabled\t[solar panel price]\tA\tG\tUSD\t2\t2.50\n"
        " --\t --\tTotal: All but removed keywords\t --\tUSD\t25,883\t4.00\n"
    )
    path = tmp_path / "keywords.csv"
    path.write_bytes(b"\xff\xfe" + text.encode("utf-16-le"))
    export = read_export(path)
    assert export.report.layout == "google_ads/keyword"
    assert column(export, "campaign") == ["Φορτηγά", "A"]
    assert column(export, "breakdown") == [
        r'{"ad_group":"G","keyword":"\"ELD\""}',
        '{"ad_group":"G","keyword":"[solar panel price]"}',
    ]
    assert dropped(export) == {6: "total row: Total: All but removed keywords"}
    assert no_difference(export, "impressions", "spend")


def test_device_split_totals_in_the_second_column_add_up():
    export = sample("google_device_keywords.csv")
    assert export.report.spend == {"GBP": Decimal("31.15")}
    assert list(dropped(export)) == [7, 8, 9]
    assert no_difference(export, "clicks", "conversions", "impressions", "spend")
    assert '"device":"Mobile phones"' in column(export, "breakdown")[0]


def test_all_time_covers_everything_up_to_today_and_says_so():
    report = sample("google_device_keywords.csv").report
    assert report.last_day == TODAY
    assert report.days == 0
    assert any("all time" in note for note in report.notes)


def test_all_time_without_a_day_of_reading_is_refused():
    error = refusal(SAMPLES / "google_device_keywords.csv")
    assert "all time" in error.problem


def test_of_two_currency_columns_the_one_before_the_cost_counts():
    rows = rows_of(sample("google_ad_group_report.csv"))
    assert [row["currency"] for row in rows] == ["EUR", "EUR"]
    assert [row["spend_micros"] for row in rows] == micros(("102.04", "50.00"))
    assert rows[0]["grain"] == "ad_group"


def test_a_card_of_the_overview_reads_its_days_from_the_name_and_its_currency_from_the_symbols():
    export = sample("Search_keywords(2026.02.05-2026.02.11).csv")
    assert export.report.layout == "google_ads/overview"
    assert export.report.spend == {"EUR": Decimal("2542.83")}
    assert (export.report.first_day, export.report.last_day) == (date(2026, 2, 5), date(2026, 2, 11))
    assert set(column(export, "currency")) == {"EUR"}


def test_one_date_in_the_file_name_is_one_day(tmp_path: Path):
    path = written(tmp_path, "Search keyword,Cost,Clicks\nsolar,€1.50,2\n", "Search_keywords(2026.02.05).csv")
    assert read_export(path).report.first_day == read_export(path).report.last_day == date(2026, 2, 5)


def test_amounts_in_two_currencies_without_codes_are_refused(tmp_path: Path):
    path = written(tmp_path, "Search keyword,Cost,Clicks\na,€1.50,2\nb,£2.00,1\n", "Search_keywords(2026.02.05).csv")
    error = refusal(path)
    assert error.line in (2, 3)
    assert "EUR" in str(error)
    assert "GBP" in str(error)


def test_a_symbol_that_several_currencies_share_must_be_declared(tmp_path: Path):
    path = written(tmp_path, "Search keyword,Cost,Clicks\na,$1.50,2\n", "Search_keywords(2026.02.05).csv")
    assert "--currency" in refusal(path).remedy
    assert read_export(path, currency="CAD").report.spend == {"CAD": Decimal("1.50")}


def test_a_symbol_that_contradicts_the_currency_code_is_refused(tmp_path: Path):
    error = refusal(written(tmp_path, google("A,2025-07-01,USD,10,1,€1.00")))
    assert error.line == 4
    assert "USD" in error.problem


def test_amounts_without_any_currency_are_refused(tmp_path: Path):
    error = refusal(written(tmp_path, google("A,2025-07-01, --,10,1,1.00")))
    assert error.line == 4
    assert "currency" in error.problem


def test_several_codes_in_the_currency_column_are_kept_apart(tmp_path: Path):
    text = google("A,2025-07-01,EUR,1,1,1.10", "B,2025-07-01,GBP,1,1,2.20", "Total: Campaigns, --, --,2,2,3.30")
    report = read_export(written(tmp_path, text)).report
    assert report.spend == {"EUR": Decimal("1.10"), "GBP": Decimal("2.20")}
    assert report.total_row_difference == {"clicks": Decimal(0), "impressions": Decimal(0)}


def test_german_headers_read_decimal_commas_and_dotted_days():
    export = sample("google_german_days.csv")
    assert export.report.spend == {"EUR": Decimal("1235.00")}
    assert column(export, "day") == [date(2025, 7, 8), date(2025, 7, 9)]
    assert column(export, "impressions") == [25_881, 1_001]
    assert no_difference(export, "clicks", "conversions", "impressions", "revenue", "spend")


def test_german_headers_with_english_numbers_are_read_as_english(tmp_path: Path):
    text = 'Kampagnenbericht\n8. Juli 2025\nTag,Kampagne,Währungscode,Impr.,Kosten\n2025-07-08,A,EUR,"1,234",0.56\n'
    export = read_export(written(tmp_path, text))
    assert column(export, "impressions") == [1234]
    assert export.report.spend == {"EUR": Decimal("0.56")}


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ('"July 8, 2025 - July 31, 2025"', date(2025, 7, 8), date(2025, 7, 31)),
        ("10 February 2026 - 23 February 2026", date(2026, 2, 10), date(2026, 2, 23)),
        ("8. Juli 2025 - 31. Juli 2025", date(2025, 7, 8), date(2025, 7, 31)),
        ("8 juillet 2025 - 31 août 2025", date(2025, 7, 8), date(2025, 8, 31)),
        ("1 de julio de 2025 - 31 de diciembre de 2025", date(2025, 7, 1), date(2025, 12, 31)),
        ("2025-07-08 - 2025-07-09", date(2025, 7, 8), date(2025, 7, 9)),
        ('"Jul 8 - Jul 9, 2025"', date(2025, 7, 8), date(2025, 7, 9)),
        ('"July 8, 2025"', date(2025, 7, 8), date(2025, 7, 8)),
    ],
)
def test_rows_without_a_day_cover_the_range_above_the_header(tmp_path: Path, said: str, first: date, last: date):
    path = written(tmp_path, f"Campaign report\n{said}\nCampaign,Currency code,Impr.,Cost\nA,EUR,1,1.00\n")
    row = rows_of(read_export(path))[0]
    assert (row["day"], row["last_day"]) == (first, last)


def test_a_report_without_any_days_is_refused(tmp_path: Path):
    error = refusal(written(tmp_path, "Campaign,Currency code,Impr.,Cost\nA,EUR,1,1.00\n"))
    assert "Day" in error.remedy


def test_ratios_above_one_hundred_percent_are_no_reason_to_refuse():
    assert sample("google_campaign_report.csv").report.rows_read == 8


def test_a_campaign_id_is_the_identity_where_the_report_has_one(tmp_path: Path):
    text = google(
        "Brand,2025-07-01,EUR,1,1,1.00,123", columns="Campaign,Day,Currency code,Impr.,Clicks,Cost,Campaign ID"
    )
    row = rows_of(read_export(written(tmp_path, text)))[0]
    assert (row["campaign_id"], row["campaign"]) == ("123", "Brand")


def test_indian_grouping_is_read(tmp_path: Path):
    text = google('A,2025-07-01,INR,"1,23,456",1,"12,34,567.89"')
    row = rows_of(read_export(written(tmp_path, text)))[0]
    assert (row["impressions"], row["spend_micros"]) == (123_456, 1_234_567_890_000)


def test_search_terms_are_held_against_their_own_total(tmp_path: Path):
    text = (
        "Search terms report\n1 July 2025 - 2 July 2025\n"
        "Search term,Match type,Campaign,Ad group,Currency code,Impr.,Cost\n"
        "solar,Exact match,A,G,EUR,10,1.00\n"
        "Total: Search terms, --, --, --, --,10,1.00\n"
        "Total: Other search terms, --, --, --, --,90,9.00\n"
        "Total: AI Max expanded matches, --, --, --, --,5,0.50\n"
        "Total: Account, --, --, --, --,100,10.00\n"
    )
    export = read_export(written(tmp_path, text))
    assert export.report.layout == "google_ads/search_term"
    assert no_difference(export, "impressions", "spend")
    assert len(dropped(export)) == 4


def test_an_ad_report_with_the_label_in_the_first_column(tmp_path: Path):
    text = (
        "Ad report\n1 July 2025 - 2 July 2025\n"
        "Ad status,Final URL,Headline 1,Ad type,Campaign,Ad group,Currency code,Impr.,Clicks,Cost\n"
        'Enabled,https://example.com/a,"Save now, today",Responsive search ad,A,G,EUR,"1,000",10,5.00\n'
        "Total: Ads, --, --, --, --, --, --,1000,10,5.00\n"
    )
    export = read_export(written(tmp_path, text))
    assert column(export, "grain") == ["ad"]
    assert no_difference(export, "clicks", "impressions", "spend")


def test_days_of_either_order_are_decided_by_the_range_above_the_header(tmp_path: Path):
    export = read_export(written(tmp_path, google("A,07/08/2025,EUR,10,1,1.00")))
    assert column(export, "day") == [date(2025, 7, 8)]


def test_a_file_without_its_last_line_end_is_read_with_a_caveat(tmp_path: Path):
    report = read_export(written(tmp_path, google("A,2025-07-01,EUR,10,1,1.00").rstrip("\n"))).report
    assert report.spend == {"EUR": Decimal("1.00")}
    assert any("cut off" in note for note in report.notes)


def test_a_declared_currency_must_be_a_code(tmp_path: Path):
    error = refusal(written(tmp_path, google("A,2025-07-01, --,10,1,1.00")), currency="euro")
    assert "euro" in error.problem

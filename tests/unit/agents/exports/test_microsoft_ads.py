from datetime import date
from decimal import Decimal
from pathlib import Path

from agents.sources.exports.export import read_export
from tests.unit.agents.exports.files import column, dropped, micros, no_difference, refusal, rows_of, sample, written


def test_the_daily_report_of_the_api_is_read_from_preamble_to_footer():
    export = sample("microsoft_daily.csv")
    report = export.report
    assert (report.layout, report.source, report.zone) == ("microsoft_ads/campaign", "microsoft_ads", "Europe/Berlin")
    assert report.spend == {"EUR": Decimal("70.00")}  # 40.10 + 29.90 + 0.00
    assert column(export, "spend_micros") == [*micros(("40.10", "29.90", "0.00")), None]
    assert column(export, "impressions") == [1_204, 998, 10, None]
    assert column(export, "conversions_milli") == [2_000, 1_500, 0, None]
    assert column(export, "revenue_micros") == [*micros(("310.50", "0.00", "0.00")), None]
    assert (report.first_day, report.last_day, report.days, report.campaigns) == (
        date(2026, 2, 1),
        date(2026, 2, 3),
        3,
        2,
    )
    assert dropped(export) == {17: "remark below the table"}


def test_ids_lose_their_brackets_and_a_campaign_named_total_stays():
    export = sample("microsoft_daily.csv")
    assert column(export, "campaign_id")[0] == "82945799304067"
    assert column(export, "campaign")[2] == "Total Energy"


def test_a_day_that_may_be_incomplete_is_said():
    assert any("may be incomplete" in note for note in sample("microsoft_daily.csv").report.notes)


def test_a_report_of_the_web_page_in_utf16_covers_its_report_time():
    export = sample("microsoft_keywords_utf16.csv")
    report = export.report
    assert (report.layout, report.zone) == ("microsoft_ads/keyword", "America/Los_Angeles")
    assert (report.first_day, report.last_day) == (date(2025, 6, 10), date(2025, 6, 16))
    assert report.spend == {"USD": Decimal("418.09")}  # 318.26 + 23.30 + 76.53
    assert column(export, "clicks") == [91, 28, 13]
    assert '"keyword":"\\"bright\\"well\\""' not in column(export, "breakdown")[1]
    assert '"keyword":"bright\\"well\\""' in column(export, "breakdown")[1]
    assert dropped(export) == {11: "total row: Overall total", 12: "remark below the table"}
    assert no_difference(export, "clicks", "conversions", "impressions", "spend")


def test_hours_of_a_day_are_told_apart():
    export = sample("microsoft_hourly.csv")
    assert export.report.spend == {"GBP": Decimal("8.00")}  # 4.25 + 3.15 + 0.60
    assert [(row["day"], row["grain"]) for row in rows_of(export)] == [(date(2026, 1, 24), "ad")] * 3
    assert len(set(column(export, "breakdown"))) == 3
    assert '"headline":"Save now, today"' in column(export, "breakdown")[0]


def test_a_report_by_week_is_refused(tmp_path: Path):
    text = (
        '"Report Name: Campaigns"\n"Report Time: 2/1/2026,2/28/2026"\n"Report Aggregation: Weekly"\n\n'
        '"TimePeriod","CampaignName","CurrencyCode","Impressions","Clicks","Spend"\n"2026-02-01","A","EUR","1","1","1.00"\n'
    )
    error = refusal(written(tmp_path, text))
    assert error.line == 5
    assert "Weekly" in error.problem
    assert "Day" in error.remedy


def test_without_a_preamble_the_headers_are_enough(tmp_path: Path):
    text = "Gregorian date,Campaign name,Currency code,Impressions,Clicks,Spend\n1/24/2026,A,EUR,10,1,1.00\n"
    export = read_export(written(tmp_path, text))
    assert export.report.layout == "microsoft_ads/campaign"
    assert column(export, "day") == [date(2026, 1, 24)]


def test_a_missing_spend_column_is_named(tmp_path: Path):
    text = '"Report Name: Campaigns"\n"Report Time: 2/1/2026"\n\n"TimePeriod","CampaignName","Clicks"\n"2026-02-01","A","1"\n'
    error = refusal(written(tmp_path, text))
    assert error.line == 4
    assert "no Spend column" in error.problem


def test_a_report_without_any_days_is_refused(tmp_path: Path):
    text = "CampaignName,CurrencyCode,Impressions,Clicks,Spend\nA,EUR,10,1,1.00\n"
    assert "no date column" in refusal(written(tmp_path, text)).problem

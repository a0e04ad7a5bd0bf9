from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from agents.sources.exports.export import read_export
from tests.unit.agents.exports.files import column, dropped, micros, no_difference, refusal, sample, written


def test_a_total_row_is_dropped_and_compared_and_clicks_to_the_site_are_not_the_clicks():
    export = sample("linkedin_total.csv")
    assert export.report.spend == {"USD": Decimal("1344.75")}  # 1,234.50 + 10.25 + 100.00
    assert column(export, "clicks") == [200, 4, 40]
    assert column(export, "revenue_micros") == micros(("300.00", "0", "100.00"))
    assert dropped(export) == {8: "total row: Total"}
    assert no_difference(export, "clicks", "conversions", "impressions", "revenue", "spend")


def test_creatives_in_utf16_without_days_cover_the_range_above_the_header():
    export = sample("linkedin_creatives_utf16.csv")
    assert export.report.layout == "linkedin/ad"
    assert (export.report.first_day, export.report.last_day) == (date(2025, 7, 1), date(2025, 7, 31))
    assert export.report.spend == {"EUR": Decimal("1300.00")}
    assert column(export, "leads_milli") == [7_000, 0]
    assert column(export, "breakdown") == ['{"ad":"Video \\"A\\""}', '{"ad":"Image – Bühne"}']


@pytest.mark.parametrize(
    "preamble",
    [
        'Campaign Performance Report (in UTC)\n"Report Start: July 1, 2025, 12:00 AM"\n"Report End: July 31, 2025, 11:59 PM"\n',
        "Campaign Performance Report (in UTC)\nReport Start: 7/1/2025, Report End: 7/31/2025\n",
        'Campaign Performance Report (in UTC),,,\n"Report Start: 07/01/2025, Report End: 07/31/2025",,,\n',
    ],
)
def test_the_range_is_read_however_it_stands(tmp_path: Path, preamble: str):
    text = preamble + "\nCampaign Name,Currency,Total Spent,Impressions\nA,EUR,1.00,10\n"
    report = read_export(written(tmp_path, text)).report
    assert (report.first_day, report.last_day) == (date(2025, 7, 1), date(2025, 7, 31))


def test_a_report_without_any_days_is_refused(tmp_path: Path):
    error = refusal(written(tmp_path, "Campaign Name,Currency,Total Spent,Impressions\nA,EUR,1.00,10\n"))
    assert "Start Date" in error.problem


@pytest.mark.parametrize(("days", "months"), [(("7/3/2025", "7/4/2025"), {7}), (("25/07/2025", "03/08/2025"), {7, 8})])
def test_days_are_month_first_unless_the_file_shows_that_they_are_not(tmp_path: Path, days: tuple, months: set):
    rows = "".join(f"{day},A,EUR,1.00,10\n" for day in days)
    path = written(tmp_path, f"Start Date (in UTC),Campaign Name,Currency,Total Spent,Impressions\n{rows}")
    assert {day.month for day in column(read_export(path), "day")} == months

from datetime import date
from pathlib import Path

from agents.sources.exports.export import read_export
from tests.unit.agents.exports.files import column, dropped, no_difference, refusal, rows_of, sample, written

BLOCK = (
    "# ----------------------------------------\n# Report\n# Account: Acme\n# Property: acme.example\n"
    "# ----------------------------------------\n"
)


def test_of_several_tables_the_one_with_days_is_read_and_the_others_are_named():
    export = sample("ga4_traffic.csv")
    report = export.report
    assert (report.layout, report.source) == ("ga4/visits", "ga4")
    assert [(row["day"], row["sessions"]) for row in rows_of(export)] == [
        (date(2026, 1, 1), 300),
        (date(2026, 1, 2), 280),
        (date(2026, 1, 3), 120),
    ]
    assert column(export, "line") == [11, 12, 13]
    assert set(column(export, "account")) == {"brightwell.example"}
    assert "one more table tells of the same visits in another way: not read (line 18)" in report.notes
    assert report.spend == {}


def test_a_table_by_channel_covers_the_days_that_its_comment_names(tmp_path: Path):
    text = BLOCK + (
        "\n# All Users\n# Start date: 20260101\n# End date: 20260103\n"
        "Session primary channel group (Default Channel Group),Sessions,Engaged sessions,Key events,Total revenue\n"
        "Organic Search,410,300,12,1200.5\nPaid Search,200,120,9,900\nEmail,30,1,0,0\nGrand total,640,421,21,2100.5\n"
    )
    export = read_export(written(tmp_path, text))
    assert [(row["channel"], row["sessions"]) for row in rows_of(export)] == [
        ("website", 410),
        ("paid_search", 200),
        ("email", 30),
    ]
    assert (export.report.first_day, export.report.last_day) == (date(2026, 1, 1), date(2026, 1, 3))
    assert dropped(export) == {14: "total row: Grand total"}
    assert no_difference(export, "sessions")
    assert set(column(export, "conversions_milli")) == {None}
    assert any("count twice" in note for note in export.report.notes)


def test_an_exploration_keeps_what_is_not_set_and_drops_the_total_with_its_extra_column():
    export = sample("ga4_explore.csv")
    assert export.report.layout == "ga4/campaign"
    assert [(row["campaign"], row["day"].day, row["sessions"]) for row in rows_of(export)] == [
        ("spring_sale", 1, 1_010),
        ("(not set)", 1, 90),
        ("spring_sale", 2, 140),
        ("(organic)", 2, 10),
    ]
    assert dropped(export) == {10: "total row: Grand total"}
    assert no_difference(export, "sessions")  # 1,010 + 90 + 140 + 10 = 1,250


def test_days_are_counted_from_the_start_over_the_end_of_a_year_and_in_other_languages():
    export = sample("ga4_nth_day.csv")
    assert column(export, "day") == [date(2025, 12, 30), date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 2)]
    assert column(export, "sessions") == [10, 11, 12, 13]


def test_a_table_without_comments_is_known_by_its_headers(tmp_path: Path):
    text = "Date,Session default channel group,Sessions,Event count\n20260117,Paid Social,30,4\n20260117,Direct,16,2\n"
    export = read_export(written(tmp_path, text))
    assert column(export, "channel") == ["paid_social", "website"]
    assert column(export, "breakdown") == ['{"group":"Paid Social"}', '{"group":"Direct"}']


def test_a_report_without_visits_is_refused_with_what_it_has(tmp_path: Path):
    error = refusal(written(tmp_path, BLOCK + "\nPage path,Views\n/home,12\n"))
    assert "no table in the file has a column Sessions (tables: Page path, Views)" in error.problem


def test_a_report_without_days_is_refused(tmp_path: Path):
    error = refusal(written(tmp_path, BLOCK + "\nSession default channel group,Sessions\nDirect,12\n"))
    assert error.line == 7
    assert "which days" in error.problem


def test_comments_alone_are_no_report(tmp_path: Path):
    assert "no table" in refusal(written(tmp_path, BLOCK + "\n")).problem

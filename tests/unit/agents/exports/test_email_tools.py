from datetime import date
from decimal import Decimal
from pathlib import Path

from agents.sources.exports.export import read_export
from tests.unit.agents.exports.files import SAMPLES, column, dropped, micros, refusal, sample, written


def test_klaviyo_counts_mails_delivered_people_who_clicked_and_people_who_ordered():
    export = sample("klaviyo_campaigns.csv")
    report = export.report
    assert (report.layout, report.source) == ("klaviyo/campaigns", "klaviyo")
    assert column(export, "campaign") == ["Spring, free shipping 🌅", "Weekend text"]
    assert column(export, "campaign_id") == ["01JQYYRSHT", "01JQYP78WF"]
    assert column(export, "channel") == ["email", "sms"]
    assert column(export, "day") == [date(2026, 2, 5), date(2026, 2, 6)]
    assert column(export, "impressions") == [121_108, 1_488]  # written 121108.0
    assert column(export, "clicks") == [770, 41]
    assert column(export, "conversions_milli") == [23_000, 4_000]


def test_a_mail_that_was_not_sent_is_left_out_and_named():
    assert dropped(sample("klaviyo_campaigns.csv")) == {4: "not sent: the row has no send date"}
    assert dropped(sample("mailchimp_campaigns.csv")) == {4: "not sent: the row has no send date"}


def test_revenue_without_a_currency_is_left_out_until_it_is_said():
    export = sample("klaviyo_campaigns.csv")
    assert set(column(export, "revenue_micros")) == {None}
    assert set(column(export, "flags")) == {'{"revenue_micros":"no currency"}'}
    assert any("--currency" in note for note in export.report.notes)
    said = sample("klaviyo_campaigns.csv", currency="USD")
    assert column(said, "revenue_micros") == micros(("1222.91", "98.50"))
    assert not any("--currency" in note for note in said.report.notes)


def test_a_symbol_in_the_revenue_names_its_currency():
    export = sample("klaviyo_flows.csv")
    assert export.report.layout == "klaviyo/flows"
    assert column(export, "revenue_micros") == micros(("1050.25", "0.00", "45.00"))
    assert set(column(export, "currency")) == {"EUR"}
    assert column(export, "campaign") == ["Welcome", "Welcome", "Abandoned cart"]
    assert column(export, "breakdown")[0] == '{"message":"Welcome #1","message_id":"M1"}'


def test_a_symbol_of_several_currencies_names_none(tmp_path: Path):
    text = (SAMPLES / "klaviyo_flows.csv").read_text(encoding="utf-8").replace("€", "$")
    export = read_export(written(tmp_path, text))
    assert set(column(export, "revenue_micros")) == {None}
    assert column(read_export(written(tmp_path, text), currency="CAD"), "revenue_micros")[2] == 45_000_000


def test_mailchimp_reads_its_dates_and_its_words_for_nothing():
    export = sample("mailchimp_campaigns.csv", currency="EUR")
    report = export.report
    assert (report.layout, report.source) == ("mailchimp/campaigns", "mailchimp")
    assert column(export, "day") == [date(2026, 2, 9), date(2026, 2, 18)]  # "Feb 09, 2026 09:30 pm"
    assert column(export, "campaign") == ["[02-10] Most Popular Styles", 'Newsletter "Februar"']
    assert column(export, "impressions") == [108, 1_340]
    assert column(export, "clicks") == [7, 50]
    assert column(export, "conversions_milli") == [0, 3_000]
    assert column(export, "revenue_micros") == micros(("0", "150.25"))
    assert report.spend == {}  # the cost is n/a
    assert set(column(export, "channel")) == {"email"}


def test_what_the_figures_of_a_mail_mean_is_said():
    notes = sample("mailchimp_campaigns.csv").report.notes
    assert "impressions are mails delivered, not opened" in notes
    assert "clicks are recipients who clicked, each once a campaign" in notes


def test_recipients_stand_in_for_deliveries_with_a_caveat(tmp_path: Path):
    text = "Campaign Name,Send Time,Total Recipients,Total Clicks,Placed Order,Campaign ID\nA,2026-02-05 11:00:00,10,3,1,x\n"
    export = read_export(written(tmp_path, text))
    assert (column(export, "impressions"), column(export, "clicks")) == ([10], [3])
    assert any(note.startswith("impressions are recipients") for note in export.report.notes)
    assert not any("delivered" in note for note in export.report.notes)


def test_the_report_of_a_single_campaign_is_refused_with_the_way_out():
    error = refusal(SAMPLES / "mailchimp_single.csv")
    assert "single Mailchimp campaign" in error.problem
    assert "all campaigns" in error.remedy


def test_a_report_without_the_time_of_sending_is_refused(tmp_path: Path):
    text = "Campaign Name,Campaign ID,Total Recipients,Unique Placed Order,Revenue\nA,x,1,1,1.00\n"
    assert "time of sending" in refusal(written(tmp_path, text)).problem


def test_revenue_of_several_rows_is_exact():
    assert sum(column(sample("klaviyo_campaigns.csv", currency="USD"), "revenue_micros")) == int(
        (Decimal("1222.91") + Decimal("98.50")) * 1_000_000
    )


def test_a_klaviyo_file_that_a_german_spreadsheet_saved_gives_the_same_kind_of_figures():
    export = sample("klaviyo_excel_german.csv")
    assert column(export, "campaign") == ["Frühling | Größen", 'Sommer; "bald"']
    assert column(export, "day") == [date(2026, 2, 5), date(2026, 2, 13)]
    assert column(export, "impressions") == [1_308, 199]  # 1.308,0
    assert column(export, "clicks") == [77, 4]
    assert column(export, "conversions_milli") == [23_000, 0]
    assert column(export, "revenue_micros") == micros(("1222.91", "0.00"))
    assert set(column(export, "currency")) == {"EUR"}


def test_a_mailchimp_file_that_a_spreadsheet_saved_as_unicode_text_with_its_own_total():
    export = sample("mailchimp_excel_utf16.csv")
    report = export.report
    assert column(export, "day") == [date(2026, 2, 9), date(2026, 2, 18)]  # 2/18 decides the order of 2/9
    assert report.spend == {"GBP": Decimal("20.00")}  # 12.25 + 7.75
    assert column(export, "revenue_micros") == micros(("1080.50", "0.00"))
    assert column(export, "clicks") == [7, 1]
    assert dropped(export) == {4: "total row: Total"}
    difference = report.total_row_difference
    assert difference is not None
    assert not any(difference.values())


def test_a_mail_with_a_broken_figure_is_set_aside_alone():
    export = sample("mailchimp_half.csv")
    assert column(export, "campaign") == ["A, first", 'C "third"']
    assert column(export, "day") == [date(2025, 3, 3), date(2025, 3, 5)]
    assert [(row.line, row.reason) for row in export.quarantined] == [
        (3, "column “Successful Deliveries”: “ten” is not a number")
    ]


def test_semicolons_make_a_decimal_comma_likelier(tmp_path: Path):
    text = (
        "Campaign Name;Send Time;Successful Deliveries;Placed Order;Revenue;Campaign ID\n"
        "A;2026-02-05 11:00;10;1;1.222 €;x\n"
    )
    assert column(read_export(written(tmp_path, text)), "revenue_micros") == [1_222_000_000]

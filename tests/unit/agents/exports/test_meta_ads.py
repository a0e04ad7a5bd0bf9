from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from agents.sources.exports.export import read_export
from tests.unit.agents.exports.files import column, dropped, micros, no_difference, refusal, rows_of, sample, written

_EN = "Campaign name,Day,Amount spent (USD),Impressions,Reporting starts,Reporting ends"


def meta(*rows: str, header: str = _EN) -> str:
    return "\n".join((header, *rows, ""))


def test_a_french_file_with_semicolons_and_narrow_blanks_gives_its_figures_to_the_cent():
    export = sample("meta_french.csv")
    assert export.report.layout == "meta/ad_group"
    assert export.report.spend == {"EUR": Decimal("1235.00")}
    assert column(export, "spend_micros") == micros(("1234.56", "0.44"))
    assert column(export, "impressions") == [12_345, 5]
    assert column(export, "clicks") == [1_010, None]
    assert column(export, "campaign") == ['Été "doux"'] * 2
    assert column(export, "breakdown") == ['{"ad_group":"Lyon"}', '{"ad_group":"Paris"}']
    assert column(export, "channel") == ["paid_social"] * 2


def test_the_summary_row_is_dropped_and_compared():
    export = sample("meta_french.csv")
    assert dropped(export) == {4: "summary row of the whole report"}
    assert no_difference(export, "clicks", "impressions", "spend")


def test_a_pivot_counts_each_day_once_and_fills_in_the_names():
    export = sample("meta_pivot.csv")
    assert column(export, "campaign") == ["Prospecting", "Prospecting", "Newsletter", "Traffic"]
    assert export.report.spend == {"USD": Decimal("16.50")}
    assert dropped(export) == dict.fromkeys((2, 3, 6), "subtotal of a pivot")
    assert no_difference(export, "clicks", "impressions", "revenue", "spend")
    assert (export.report.campaigns, export.report.days) == (3, 2)


def test_results_of_different_kinds_are_never_added():
    rows = rows_of(sample("meta_pivot.csv"))
    assert [row["conversions_milli"] for row in rows] == [1000, 1000, None, None]
    assert [row["leads_milli"] for row in rows] == [None, None, 5000, None]
    assert '"results":"actions:link_click"' in rows[3]["flags"]


def test_which_clicks_are_counted_is_said():
    assert "clicks are link clicks" in sample("meta_french.csv").report.notes
    assert any("clicks (all)" in note for note in sample("meta_pivot.csv").report.notes)


@pytest.mark.parametrize(
    ("header", "currency"),
    [
        ("Campaign name,Day,Amount spent (USD),Impressions,Results", "USD"),
        ("Nombre de la campaña,Día,Importe gastado (PEN),Impresiones,Resultados", "PEN"),
        ("Name der Kampagne,Tag,Ausgegebener Betrag (EUR),Impressionen,Ergebnisse", "EUR"),
        ("Nom de la campagne,Jour,Montant dépensé (USD),Impressions,Résultats", "USD"),
        ("Nome della campagna,Giorno,Importo speso (EUR),Impressioni,Risultati", "EUR"),
        ("Nome da campanha,Dia,Valor usado (BRL),Impressões,Resultados", "BRL"),
        ("Campagnenaam,Dag,Besteed bedrag (EUR),Weergaven,Resultaten", "EUR"),
    ],
)
def test_headers_of_several_languages_mean_the_same(tmp_path: Path, header: str, currency: str):
    row = rows_of(read_export(written(tmp_path, f"\ufeff{header}\nSommer,2025-07-01,12.34,100,3\n")))[0]
    assert (row["campaign"], row["day"], row["currency"]) == ("Sommer", date(2025, 7, 1), currency)
    assert (row["spend_micros"], row["impressions"], row["conversions_milli"]) == (12_340_000, 100, 3000)


def test_the_german_ad_set_and_the_curly_french_one_are_ad_groups(tmp_path: Path):
    for header in ("Name der Anzeigengruppe,Berichtsstart,Berichtsende,Ausgegebener Betrag (EUR)",
                   "Nom de l’ensemble de publicités,Début des rapports,Fin des rapports,Montant dépensé (EUR)",
                   "Nom de l'ensemble de publicités,Début des rapports,Fin des rapports,Montant dépensé (EUR)"):  # fmt: skip
        export = read_export(written(tmp_path, f"{header}\nKern,2025-07-01,2025-07-31,1.00\n"))
        assert column(export, "grain") == ["ad_group"]
        assert column(export, "breakdown") == ['{"ad_group":"Kern"}']


def test_rows_without_a_day_column_cover_the_reporting_period(tmp_path: Path):
    header = "Campaign name,Amount spent (GBP),Impressions,Reporting starts,Reporting ends"
    text = meta("A,1.00,10,2025-07-01,2025-07-31", "B,2.00,20,2025-07-01,2025-07-31",
                ",3.00,30,2025-07-01,2025-07-31", header=header)  # fmt: skip
    export = read_export(written(tmp_path, text))
    assert column(export, "last_day") == [date(2025, 7, 31)] * 2
    assert dropped(export) == {4: "summary row of the whole report"}
    assert no_difference(export, "impressions", "spend")
    assert export.report.days == 31


def test_a_day_split_by_reporting_dates_keeps_its_days(tmp_path: Path):
    header = "Campaign name,Amount spent (GBP),Impressions,Reporting starts,Reporting ends"
    text = meta("A,1.00,10,2025-07-01,2025-07-01", "A,2.00,20,2025-07-02,2025-07-02",
                ",3.00,30,2025-07-01,2025-07-02", header=header)  # fmt: skip
    export = read_export(written(tmp_path, text))
    assert column(export, "day") == column(export, "last_day") == [date(2025, 7, 1), date(2025, 7, 2)]
    assert no_difference(export, "impressions", "spend")


def test_dates_that_could_be_either_order_are_asked_for(tmp_path: Path):
    path = written(tmp_path, meta("A,01/02/2025,2.00,20,01/02/2025,05/02/2025"))
    error = refusal(path)
    assert "--dates dmy" in error.remedy
    assert column(read_export(path, dates="dmy"), "day") == [date(2025, 2, 1)]
    assert column(read_export(path, dates="mdy"), "day") == [date(2025, 1, 2)]


@pytest.mark.parametrize(
    ("rows", "day"),
    [
        (("A,01/02/2025,2.00,20,01/02/2025,25/02/2025",), date(2025, 2, 1)),
        (("A,01/02/2025,2.00,20,01/02/2025,02/25/2025",), date(2025, 1, 2)),
        (("A,05/05/2025,2.00,20,05/05/2025,05/05/2025",), date(2025, 5, 5)),
    ],
)
def test_the_order_of_dates_is_decided_by_the_whole_file_where_it_can_be(tmp_path: Path, rows: tuple, day: date):
    assert column(read_export(written(tmp_path, meta(*rows))), "day") == [day]


def test_a_day_that_has_not_come_yet_decides_the_order(tmp_path: Path):
    path = written(tmp_path, meta("A,03/11/2025,2.00,20,03/11/2025,04/11/2025"))
    assert column(read_export(path, today=date(2025, 6, 1)), "day") == [date(2025, 3, 11)]


def test_an_age_pivot_keeps_the_ages_and_drops_their_sum(tmp_path: Path):
    header = "Campaign name,Age,Amount spent (USD),Impressions,Reporting starts,Reporting ends"
    text = meta("A,All,3.00,30,2025-07-01,2025-07-31", ",18-24,1.00,10,2025-07-01,2025-07-31",
                ",25-34,2.00,20,2025-07-01,2025-07-31", header=header)  # fmt: skip
    export = read_export(written(tmp_path, text))
    assert column(export, "breakdown") == ['{"age":"18-24"}', '{"age":"25-34"}']
    assert column(export, "campaign") == ["A", "A"]
    assert dropped(export) == {2: "subtotal of a pivot"}


def test_names_are_carried_through_two_levels(tmp_path: Path):
    header = "Campaign name,Ad set name,Day,Amount spent (USD),Impressions"
    text = meta("A,All,All,6.00,6", ",One,All,3.00,3", ",,2025-07-01,1.00,1", ",,2025-07-02,2.00,2",
                ",Two,2025-07-01,3.00,3", "B,Three,2025-07-01,4.00,4", header=header)  # fmt: skip
    export = read_export(written(tmp_path, text))
    assert [(row["campaign"], row["breakdown"]) for row in rows_of(export)] == [
        ("A", '{"ad_group":"One"}'),
        ("A", '{"ad_group":"One"}'),
        ("A", '{"ad_group":"Two"}'),
        ("B", '{"ad_group":"Three"}'),
    ]
    assert export.report.spend == {"USD": Decimal("10.00")}


def test_a_file_that_is_all_in_every_breakdown_keeps_its_rows(tmp_path: Path):
    header = "Campaign name,Age,Amount spent (USD),Impressions,Reporting starts,Reporting ends"
    export = read_export(written(tmp_path, meta("A,All,3.00,30,2025-07-01,2025-07-31", header=header)))
    assert export.report.spend == {"USD": Decimal("3.00")}


def test_results_without_an_indicator_count_with_a_caveat(tmp_path: Path):
    export = read_export(written(tmp_path, "Campaign name,Day,Amount spent (USD),Results\nA,2025-07-01,1.00,4\n"))
    assert column(export, "conversions_milli") == [4000]
    assert any("Result indicator" in note for note in export.report.notes)


def test_a_budget_that_is_words_is_no_number_to_stumble_over(tmp_path: Path):
    header = "Campaign name,Day,Amount spent (USD),Campaign budget,Campaign budget type,Results"
    text = meta("A,2025-07-01,1.00,Using ad set budget,Using ad set budget,1", "B,2025-07-01,1.00,20,Daily,1",
                "C,2025-07-01,1.00,900,Lifetime,1", header=header)  # fmt: skip
    assert column(read_export(written(tmp_path, text)), "budget_micros") == [None, 20_000_000, None]


def test_a_missing_spend_column_is_named(tmp_path: Path):
    error = refusal(written(tmp_path, "Campaign name,Day,Impressions,Results,Reach\nA,2025-07-01,1,1,1\n"))
    assert error.line == 1
    assert "Amount spent" in error.problem


def test_a_spend_header_without_a_currency_is_refused_until_declared(tmp_path: Path):
    path = written(tmp_path, "Campaign name,Day,Amount spent,Results\nA,2025-07-01,1.00,4\n")
    assert "--currency" in refusal(path).remedy
    assert read_export(path, currency="SEK").report.spend == {"SEK": Decimal("1.00")}


def test_linkedin_reads_its_preamble_its_days_and_its_thousands():
    export = sample("linkedin.csv")
    assert export.report.layout == "linkedin/campaign"
    assert export.report.zone == "UTC"
    assert export.report.spend == {"USD": Decimal("1300.00")}
    assert column(export, "day") == [date(2025, 7, 3), date(2025, 7, 13)]
    assert column(export, "impressions") == [12_000, 800]
    assert column(export, "campaign_id") == ["601", "601"]
    assert column(export, "account") == ["Acme", "Acme"]


LOCALES = {
    "en": "Campaign name,Day,Amount spent (EUR),Impressions,Link clicks,Results,Result indicator",
    "de": "Name der Kampagne,Tag,Ausgegebener Betrag (EUR),Impressionen,Link-Klicks,Ergebnisse,Ergebnisindikator",
    "fr": "Nom de la campagne,Jour,Montant dépensé (EUR),Impressions,Clics sur un lien,Résultats,Indicateur de résultats",
    "es": "Nombre de la campaña,Día,Importe gastado (EUR),Impresiones,Clics en el enlace,Resultados,Indicador de resultado",
    "it": "Nome della campagna,Giorno,Importo speso (EUR),Impression,Clic sul link,Risultati,Indicatore dei risultati",
    "pt": "Nome da campanha,Dia,Valor usado (EUR),Impressões,Cliques no link,Resultados,Indicador de resultados",
    "nl": "Campagnenaam,Dag,Besteed bedrag (EUR),Weergaven,Klikken op links,Resultaten,Resultaatindicator",
    "pl": "Nazwa kampanii,Dzień,Wydana kwota (EUR),Wyświetlenia,Kliknięcia linku,Wyniki,Wskaźnik wyników",
    "ja": "キャンペーン名,日,消化金額 (EUR),インプレッション,リンクのクリック,結果,結果インジケーター",
    "ko": "캠페인 이름,일,지출 금액 (EUR),노출,링크 클릭,결과,결과 표시 도구",
    "zh": "广告系列名称,单日,已花费金额 (EUR),展示次数,链接点击量,成效,成效指标",
}  # fmt: skip


@pytest.mark.parametrize("language", LOCALES)
def test_every_language_gives_the_same_facts(tmp_path: Path, language: str):
    row = "Sommer,2025-07-01,12.34,100,7,3,actions:offsite_conversion.fb_pixel_purchase"
    found = rows_of(read_export(written(tmp_path, f"\ufeff{LOCALES[language]}\n{row}\n")))[0]
    assert (found["campaign"], found["day"], found["currency"]) == ("Sommer", date(2025, 7, 1), "EUR")
    assert (found["spend_micros"], found["impressions"], found["clicks"]) == (12_340_000, 100, 7)
    assert (found["conversions_milli"], found["leads_milli"]) == (3000, None)


def test_a_german_file_with_semicolons_results_of_two_kinds_and_a_repeated_budget():
    export = sample("meta_german.csv")
    assert export.report.spend == {"EUR": Decimal("1235.00")}  # 1.234,56 + 0,44 + 0,00
    assert column(export, "conversions_milli") == [3000, None, None]
    assert column(export, "leads_milli") == [None, 4000, None]
    assert column(export, "budget_micros") == [None] * 3  # a campaign's budget beside its ad sets would count twice
    assert no_difference(export, "clicks", "impressions", "spend")


def test_rows_under_several_attribution_settings_are_said_to_be_so():
    notes = sample("meta_german.csv").report.notes
    assert any("7 Tage Klick, 7 Tage Klick oder 1 Tag View" in note for note in notes)
    assert not any("attribution settings" in note for note in sample("meta_pivot.csv").report.notes)


def test_a_spanish_pivot_of_two_breakdowns_keeps_only_its_leaves():
    export = sample("meta_spanish_pivot.csv")
    assert export.report.spend == {"PEN": Decimal("1350.50")}
    assert dropped(export) == {2: "subtotal of a pivot"}
    assert column(export, "breakdown") == [
        '{"ad_group":"Lima","age":"18-24","gender":"Mujer"}',
        '{"ad_group":"Lima","age":"25-34","gender":"Hombre"}',
    ]
    assert column(export, "conversions_milli") == [11_000, 1_000]

"""A row that breaks the contract is set aside with line and reason; too many of them, and the file is refused."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from agents.sources.exports.export import read_export, stage
from agents.sources.text import rows
from storage.records.quarantine import Quarantined
from tests.unit.agents.exports.files import column, google, refusal, written

GOOD = "A,2025-07-01,EUR,10,1,1.00"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("B,2025-07-33,EUR,10,1,1.00", "column “Day”: “2025-07-33” is not a date"),
        ("B,,EUR,10,1,1.00", "column “Day”: has no date"),
        ("B,2025-07-02,EUR,ten,1,1.00", "column “Impr.”: “ten” is not a number"),
        ("B,2025-07-02,EUR,10,1.5,1.00", "column “Clicks”: “1.5” is not a whole number"),
        ("B,2025-07-02,EUR,10,1,77.77%", "column “Cost”: “77.77%” is a percentage, not an amount"),
        ("B,2025-07-02,EUR,10,1,=1+1", "column “Cost”: “=1+1” is not a number"),
        ("B,2025-07-02,EUR,10,-1,1.00", "column “Clicks”: “-1” is negative"),
        ("B,2025-07-02,EUR,10,1,-1.00", "column “Cost”: “-1.00” is negative"),
        ("B,2025-07-02,Euro,10,1,1.00", "“EURO” is not a currency code"),
        ("B,2025-07-02, --,10,1,1.00", "the file does not say in which currency the amounts are"),
        ("B,2026-03-03,EUR,10,1,1.00", "the day 2026-03-03 has not come yet"),
        (" --,2025-07-02,EUR,10,1,1.00", "the row names no campaign"),
        ("B,2025-07-02,EUR,10,1,999999999999999999", "column “Cost”: “999999999999999999” is too large"),
    ],
)
def test_a_bad_row_is_set_aside_and_the_others_land(tmp_path: Path, bad: str, reason: str):
    export = read_export(written(tmp_path, google(GOOD, GOOD, bad, GOOD)), today=date(2026, 3, 1))
    assert [(row.line, row.reason) for row in export.quarantined] == [(6, reason)]
    assert column(export, "line") == [4, 5, 7]
    assert export.report.spend == {"EUR": Decimal("3.00")}
    assert (export.report.rows_read, export.report.rows_quarantined) == (4, 1)
    assert export.report.rows_by_dataset == {"facts": 3}


def test_the_cells_are_kept_under_their_headers(tmp_path: Path):
    columns = "Campaign,Day,Currency code,Impr.,Currency code,Cost"
    text = google("A,2025-07-01,EUR,1,EUR,1.00", "B,2025-07-01,EUR,1,EUR,oops", columns=columns)
    assert read_export(written(tmp_path, text)).quarantined == (
        Quarantined(
            dataset="facts",
            line=5,
            reason="column “Cost”: “oops” is not a number",
            cells={
                "Campaign": "B",
                "Day": "2025-07-01",
                "Currency code": "EUR",
                "Impr.": "1",
                "Currency code (2)": "EUR",
                "Cost": "oops",
            },
        ),
    )


def test_tomorrow_is_not_the_future_yet(tmp_path: Path):
    path = written(tmp_path, google("A,2025-07-02,EUR,10,1,1.00"))
    assert column(read_export(path, today=date(2025, 7, 1)), "day") == [date(2025, 7, 2)]


def test_a_period_may_end_after_today(tmp_path: Path):
    text = "Campaign report\n1 July 2025 - 31 July 2025\nCampaign,Currency code,Impr.,Cost\nA,EUR,1,1.00\n"
    assert read_export(written(tmp_path, text), today=date(2025, 7, 3)).report.rows_quarantined == 0


def test_a_twentieth_of_the_rows_may_be_set_aside_and_no_more(tmp_path: Path):
    bad = ["B,2025-07-02,EUR,10,1,oops"] * 5
    assert read_export(written(tmp_path, google(*bad, *[GOOD] * 95))).report.rows_quarantined == 5
    error = refusal(written(tmp_path, google(*bad, *[GOOD] * 94)))
    assert error.line == 4
    assert error.problem == (
        "5 of 99 rows cannot be read (lines 4, 5, 6 and others); most often (5 times): column “Cost”: is not a number"
    )


def test_a_refusal_names_the_commonest_reason(tmp_path: Path):
    bad = ["B,2025-07-02,EUR,x,1,1.00", *(f"B,2025-07-02,EUR,10,1,bad{n}" for n in range(9))]
    problem = refusal(written(tmp_path, google(*bad, GOOD))).problem
    assert "10 of 11 rows" in problem
    assert "(9 times): column “Cost”: is not a number" in problem


def test_a_file_of_which_nothing_would_land_is_refused(tmp_path: Path):
    error = refusal(written(tmp_path, google("B,2025-07-02,EUR,10,1,oops", "Total: Campaigns, --, --,10,1,1.00")))
    assert (error.line, error.problem) == (4, "column “Cost”: “oops” is not a number")


def test_a_number_that_only_the_other_notation_reads_casts_doubt_on_the_file(tmp_path: Path):
    assert refusal(written(tmp_path, google(*[GOOD] * 99, 'B,2025-07-02,EUR,10,1,"1,5"'))).line in (4, 103)


def test_most_rows_bad_is_seen_before_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rows, "_BYTES", 4096)
    path = written(tmp_path, google(*["B,2025-07-02,EUR,10,1,oops"] * 20_000))
    assert "of 1" in refusal(path).problem


def test_staged_rows_that_were_set_aside_wait_beside_the_others(tmp_path: Path):
    path = written(tmp_path, google(GOOD, "B,2025-07-02,EUR,10,1,oops", GOOD))
    with stage(path, tmp_path / "staging") as staged:
        assert staged.datasets == ("facts",)
        assert [frame.height for frame in staged.frames()] == [2]
        assert list(staged.frames("order")) == []
        assert list(staged.quarantined()) == list(read_export(path).quarantined)
        assert next(staged.quarantined()).line == 5
    assert list((tmp_path / "staging").iterdir()) == []


def test_a_file_total_shows_what_was_set_aside(tmp_path: Path):
    text = google(GOOD, "B,2025-07-02,EUR,10,x,2.00", "Total: Campaigns, --, --,20,3,3.00")
    difference = read_export(written(tmp_path, text)).report.total_row_difference
    assert difference == {"clicks": Decimal(-2), "impressions": Decimal(-10), "spend": Decimal("-2.00")}


def test_rows_set_aside_are_read_again_in_the_notation_of_their_whole_file(tmp_path: Path):
    text = (
        "Kampagnenbericht\n8. Juli 2025 - 9. Juli 2025\n"
        "Kampagne;Währungscode;Impr.;Klicks;Kosten\nA;EUR;1.000;1;1.234,56\nB;EUR;2.000;x;2.345\nC;EUR;3.000;y;1,00\n"
    )
    path = written(tmp_path, text)
    with stage(path, tmp_path / "staging") as first:
        assert [row.line for row in first.quarantined()] == [5, 6]
    with stage(path, tmp_path / "staging", again={5: {"Klicks": "7"}, 6: {}}) as second:
        rows = pl.concat(second.frames()).rows(named=True)
        assert [(row["line"], row["clicks"], row["spend_micros"], row["day"]) for row in rows] == [
            (5, 7, 2_345_000_000, date(2025, 7, 8))
        ]
        assert [row.line for row in second.quarantined()] == [6]
        assert (second.report.rows_read, second.report.rows_by_dataset) == (2, {"facts": 1})
        assert second.report.total_row_difference is None


def test_rows_read_again_that_still_break_the_contract_are_set_aside_once_more(tmp_path: Path):
    path = written(tmp_path, google(GOOD, "B,2025-07-02,EUR,10,1,oops", GOOD))
    with stage(path, tmp_path / "staging", again={5: {"Cost": "still"}}) as staged:
        assert list(staged.frames()) == []
        assert [row.cells["Cost"] for row in staged.quarantined()] == ["still"]


def test_a_second_header_of_the_same_name_is_corrected_by_its_number(tmp_path: Path):
    columns = "Campaign,Day,Currency code,Impr.,Currency code,Cost"
    path = written(tmp_path, google("A,2025-07-01,USD,1,EUR,1.00", "B,2025-07-01,USD,1,Euro,2.00", columns=columns))
    with stage(path, tmp_path / "staging", again={5: {"Currency code (2)": "GBP"}}) as staged:
        assert staged.report.spend == {"GBP": Decimal("2.00")}

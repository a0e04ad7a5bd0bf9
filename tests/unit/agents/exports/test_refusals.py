"""What cannot be read is refused with the file, the line and what to do; nothing of it is kept."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from agents.sources.exports.export import read_export, stage
from agents.sources.text import rows
from agents.sources.text.unreadable import UnreadableExport
from tests.unit.agents.exports.files import SAMPLES, column, dropped, google, refusal, written

GOOD = "A,2025-07-01,EUR,10,1,1.00"


def test_the_message_says_file_line_and_remedy(tmp_path: Path):
    path = written(tmp_path, google("B,2025-07-02,EUR,10,1,1.x0"))
    assert str(refusal(path)) == (
        f"{path}, line 4: column “Cost”: “1.x0” is not a number. "
        "Correct the cell (the file is read with a decimal point) or export again."
    )


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"", None, "empty"),
        (b" \n\n", None, "empty"),
        (bytes(range(256)) * 40, 1, "binary"),
        (b"Campaign report\nAll time\nCampaign,Cost\x00\x01,\n", 3, "binary"),
        (b"PK\x03\x04rest", None, "Excel"),
        (b"\x1f\x8brest", None, "gzip"),
        (b"%PDF-1.7", None, "PDF"),
        (b"<!DOCTYPE html><html></html>", 1, "web page"),
        (b"a,b,c\n1,2,3\n", 1, "no known export"),
        (b"just some words\n", 1, "no known export"),
    ],
)
def test_what_is_no_export_is_refused(tmp_path: Path, content: bytes, line: int | None, problem: str):
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    error = refusal(path)
    assert error.line == line
    assert problem in error.problem
    assert error.remedy


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path):
    assert "cannot be opened" in refusal(tmp_path / "absent.csv").problem
    assert "cannot be opened" in refusal(tmp_path).problem


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        ("B,2025-07-02,EUR,10,1", "5 cells"),
        ("B,2025-07-02,EUR,10,1,1.00,7", "7 cells"),
        ('"B,2025-07-02,EUR,10,1,1.00', "never closed"),
        ('"B"x,2025-07-02,EUR,10,1,1.00', "broken quoting"),
    ],
)
def test_a_broken_structure_is_refused_with_its_line(tmp_path: Path, bad: str, what: str):
    error = refusal(written(tmp_path, google(GOOD, GOOD, bad, GOOD)))
    assert error.line == 6
    assert what in error.problem


def test_a_broken_row_is_found_behind_quoted_line_ends_and_blank_lines(tmp_path: Path):
    text = google('"two\nlines",2025-07-01,EUR,10,1,1.00', "", GOOD, "B,2025-07-02,EUR,10,1")
    assert refusal(written(tmp_path, text)).line == 8


def test_a_broken_row_is_found_in_a_later_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rows, "_BYTES", 256)
    path = written(tmp_path, google(*[GOOD] * 200, "B,2025-07-02,EUR,10,1", *[GOOD] * 50))
    assert refusal(path).line == 204


@pytest.mark.parametrize("cut", [25, 12])
def test_a_file_cut_off_in_a_row_is_refused(tmp_path: Path, cut: int):
    whole = google(GOOD, GOOD)
    error = refusal(written(tmp_path, whole[:-cut]))
    assert error.line == 5
    assert "cut off" in error.remedy


def test_utf16_cut_off_in_a_letter_is_refused(tmp_path: Path):
    path = tmp_path / "wide.csv"
    path.write_bytes(b"\xff\xfe" + google(GOOD).replace(",", "\t").encode("utf-16-le")[:-1])
    assert "cut off" in refusal(path).problem


def test_a_header_without_rows_is_refused(tmp_path: Path):
    assert "no rows of data" in refusal(written(tmp_path, google())).problem
    assert "no rows of data" in refusal(written(tmp_path, google("Total: Campaigns, --, --,0,0,0.00"))).problem


def test_a_missing_cost_column_is_named(tmp_path: Path):
    error = refusal(written(tmp_path, google("A,2025-07-01,EUR,1", columns="Campaign,Day,Currency code,Impr.")))
    assert error.line == 3
    assert "no Cost column" in error.problem


def test_an_order_of_dates_that_does_not_exist_is_refused(tmp_path: Path):
    assert "dmy" in refusal(written(tmp_path, google(GOOD)), dates="ymd").remedy


def test_quotes_windows_line_ends_and_old_encodings_are_no_reason_to_refuse(tmp_path: Path):
    text = google('"A ""quoted"", name\nof two lines",2025-07-01,EUR,"1,000",1,1.00', GOOD).replace("\n", "\r\n")
    export = read_export(written(tmp_path, text))
    assert column(export, "campaign")[0].startswith('A "quoted", name')
    assert column(export, "line") == [4, 6]
    latin = read_export(written(tmp_path, google("Été,2025-07-01,EUR,10,1,1.00"), "old.csv", "cp1252"))
    assert column(latin, "campaign") == ["Été"]


def test_a_lone_inch_mark_is_a_letter_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rows, "_BYTES", 256)
    export = read_export(written(tmp_path, google(*[GOOD] * 20, '5" tablet,2025-07-01,EUR,10,1,1.00', *[GOOD] * 20)))
    assert len(column(export, "line")) == 41
    assert '5" tablet' in column(export, "campaign")


def test_blocks_make_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lines = [f'"{"x" * (n % 90)}, ""{n}""",2025-07-{n % 28 + 1:02d},EUR,"{n},000",1,{n}.25' for n in range(1, 300)]
    path = written(tmp_path, google(*lines, "Total: Campaigns, --, --, --,299, --"))
    whole = read_export(path)
    monkeypatch.setattr(rows, "_BYTES", 300)
    pieces = read_export(path)
    assert len(pieces.frames) > 10
    assert pieces.report == whole.report
    assert column(pieces, "spend_micros") == column(whole, "spend_micros")
    assert column(pieces, "line") == list(range(4, 303))
    assert whole.report.spend == {"EUR": Decimal(sum(range(1, 300))) + Decimal("74.75")}


def test_rows_without_anything_in_them_are_dropped_and_named(tmp_path: Path):
    assert dropped(read_export(written(tmp_path, google(GOOD, ",,,,,", GOOD)))) == {5: "empty row"}


def test_a_refused_file_leaves_no_staged_facts_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rows, "_BYTES", 256)
    path = written(tmp_path, google(*[GOOD] * 100, "B,2025-07-02,EUR,10,1"))
    with pytest.raises(UnreadableExport):
        stage(path, tmp_path / "staging")
    assert list((tmp_path / "staging").iterdir()) == []


def test_staged_facts_are_those_of_the_file_and_go_when_they_are_done_with(tmp_path: Path):
    path = SAMPLES / "google_ad_group_report.csv"
    seen: list[tuple[int, int]] = []
    with stage(path, tmp_path, progress=lambda done, total: seen.append((done, total))) as staged:
        whole = read_export(path)
        assert staged.report == whole.report
        assert [frame.rows() for frame in staged.frames()] == [frame.rows() for frame in whole.frames]
    assert list(tmp_path.iterdir()) == []
    size = path.stat().st_size
    assert seen[-1] == (size, size)
    assert seen == sorted(seen)


def test_a_second_notation_leaves_nothing_of_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rows, "_BYTES", 256)
    header = "Kampagnenbericht\n1. Juli 2025\nKampagne,Tag,Währungscode,Impr.,Kosten\n"
    lines = ["A,2025-07-01,EUR,1.000,1"] * 30 + ["B,2025-07-01,EUR,1,0.56"]
    error = refusal(written(tmp_path, header + "\n".join(lines) + "\n"))
    assert error.line in (4, 34)
    good = ["A,2025-07-01,EUR,1000,1"] * 30 + ["B,2025-07-01,EUR,1,0.56"]
    export = read_export(written(tmp_path, header + "\n".join(good) + "\n"))
    assert export.report.spend == {"EUR": Decimal("30.56")}
    assert len(column(export, "line")) == 31


def test_the_same_bytes_have_the_same_fingerprint_and_another_reading_another(tmp_path: Path):
    path = written(tmp_path, google(GOOD))
    copy = written(tmp_path, google(GOOD), "copy.csv")
    first, again = read_export(path).report, read_export(copy).report
    assert first.fingerprint == again.fingerprint
    assert first.content_sha256 == again.content_sha256
    assert read_export(path, account="other").report.fingerprint != first.fingerprint
    assert read_export(written(tmp_path, google(GOOD, GOOD))).report.fingerprint != first.fingerprint


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path: Path):
    path = written(tmp_path, google(*[GOOD] * 100))

    def cut(_done: int, _total: int) -> None:
        path.write_text(google(GOOD), encoding="utf-8")

    with pytest.raises(UnreadableExport, match="changed while it was read"):
        read_export(path, progress=cut, today=date(2026, 1, 1))

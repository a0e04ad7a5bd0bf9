from decimal import Decimal
from pathlib import Path

import pytest

from agents.sources.exports.export import read_export
from bot.commands.bench_ingest import _beside_dlt, run, write_report
from storage.lake_baseline import load


def test_the_report_that_is_measured_is_one_that_the_importer_reads_whole(tmp_path: Path):
    write_report(tmp_path / "report.csv", 2_500)
    report = read_export(tmp_path / "report.csv").report
    assert report.layout == "google_ads/campaign"
    assert (report.campaigns, report.days) == (1_000, 3)
    assert [row.reason for row in report.rows_dropped] == ["total row: Total: Account"]


def test_the_baseline_loads_the_same_amounts(tmp_path: Path):
    import sqlite3

    write_report(tmp_path / "report.csv", 1_500)
    assert load(tmp_path / "report.csv", tmp_path / "baseline.db", header_line=3) == 1_500
    connection = sqlite3.connect(tmp_path / "baseline.db")
    try:
        micros, clicks = connection.execute("SELECT SUM(spend_micros), SUM(clicks) FROM facts").fetchone()
    finally:
        connection.close()
    export = read_export(tmp_path / "report.csv")
    assert export.report.spend == {"EUR": Decimal(micros) / 1_000_000}
    assert sum(int(frame["clicks"].sum()) for frame in export.frames) == clicks


@pytest.mark.timeout(120)
def test_both_loaders_are_measured_in_processes_of_their_own(tmp_path: Path):
    found = run(5_000, tmp_path, rounds=2)
    assert (found["rows"], found["rounds"]) == (5_000, 2)
    assert [left.name for left in tmp_path.iterdir()] == ["report.csv"]
    assert found["rows_per_s"] > 0
    assert found["baseline_rows_per_s"] > 0
    assert 20 < found["baseline_peak_mb"] < found["peak_mb"] < 1_000
    assert found["ratio"] == pytest.approx(found["rows_per_s"] / found["baseline_rows_per_s"], rel=0.05, abs=0.01)


def test_without_dlt_it_is_said_that_it_was_not_measured():
    assert "not measured" in _beside_dlt({"dlt_parquet": None, "dlt_delta": None})
    told = {"rows_per_s": 1000, "peak_mb": 80.5, "cpu_s": 1.0, "ratio": 2.5}
    assert _beside_dlt({"dlt_parquet": told, "dlt_delta": told}).splitlines() == [
        "dlt, Arrow in, Parquet out: 1,000 rows/s, peak 80.5 MB; 2.5 times as fast",
        "dlt, Arrow in, Delta out: 1,000 rows/s, peak 80.5 MB; 2.5 times as fast",
    ]

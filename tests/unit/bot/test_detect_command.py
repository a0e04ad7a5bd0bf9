import csv
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.commands.bench_detect import run as run_bench
from bot.commands.detect import detect
from bot.commands.shell import BAD_INPUT, DONE, run
from tests.unit.agents.drift.series.worlds import noise


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A command sends its logs to the stderr it finds, which is closed once its test is over."""
    yield
    structlog.reset_defaults()


HEADER = "timestamp,value\n"


def hourly(rows: int = 400, *, spike_at: int = 300) -> str:
    values = noise(rows)
    values[spike_at] += 100
    return HEADER + "".join(
        f"2026-03-{1 + row // 24:02d} {row % 24:02d}:00:00,{value:.3f}\n" for row, value in enumerate(values[: 24 * 31])
    )


def ran(
    capsys: pytest.CaptureFixture[str], path: Path, scores: Path | None = None, *, as_json: bool = True
) -> tuple[int, Any, str]:
    code = run(detect, {"path": path, "scores": scores, "json": as_json})
    said = capsys.readouterr()
    return code, json.loads(said.out) if as_json and said.out else said.out, said.err


def refused(capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str) -> str:
    (tmp_path / "bad.csv").write_text(text, encoding="utf-8")
    code, _, error = ran(capsys, tmp_path / "bad.csv")
    assert code == BAD_INPUT
    assert error.count("\n") == 1
    return error.replace(str(tmp_path) + "/", "")


def test_a_file_is_told_point_by_point_and_alert_by_alert(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "clicks.csv").write_text(hourly(), encoding="utf-8")
    code, document, _ = ran(capsys, tmp_path / "clicks.csv")
    assert code == DONE
    assert list(document) == ["points", "alerts", "threshold"]
    assert len(document["points"]) == 400
    assert document["points"][0] == {"timestamp": "2026-03-01 00:00:00", "score": 0.0}
    [alert] = document["alerts"]
    assert alert["start"] == alert["end"] == "2026-03-13 12:00:00"
    assert list(alert) == ["start", "end", "kind", "severity", "expected", "observed"]
    assert alert["kind"] == "spike"
    assert document["points"][300]["score"] >= document["threshold"] == 0.5


def clicks_at_christmas(share: float) -> str:
    """A year of daily clicks in which Christmas Day and Boxing Day have so much of the usual."""
    first = date(2026, 1, 5)
    values = 10 * noise(370)
    values[354:356] *= share
    return HEADER + "".join(f"{first + timedelta(days=row)},{value:.1f}\n" for row, value in enumerate(values))


def christmas(capsys: pytest.CaptureFixture[str], path: Path, share: float, holidays: str, *, as_json: bool = True):
    (path / "clicks.csv").write_text(clicks_at_christmas(share), encoding="utf-8")
    facts = {"path": path / "clicks.csv", "scores": None, "json": as_json, "holidays": holidays}
    code = run(detect, facts)
    said = capsys.readouterr()
    return code, json.loads(said.out) if as_json and said.out else said.out, said.err


@pytest.mark.parametrize(("holidays", "alerts"), [("", 1), ("GB", 0), ("US, Black Friday", 1)])
def test_a_fall_on_christmas_day_is_an_alert_unless_the_country_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], holidays: str, alerts: int
):
    # Boxing Day is none in the United States.
    code, document, _ = christmas(capsys, tmp_path, 0.4, holidays)
    assert (code, len(document["alerts"]), len(document["points"])) == (DONE, alerts, 370)


def test_what_a_holiday_does_not_explain_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    _, document, _ = christmas(capsys, tmp_path, 0.0, "GB")
    assert [(one["start"], one["holiday"]) for one in document["alerts"]] == [("2026-12-25", "Christmas Day")]
    _, words, _ = christmas(capsys, tmp_path, 0.0, "GB", as_json=False)
    assert "the day is Christmas Day, and this is more than that explains" in words


@pytest.mark.parametrize("holidays", ["XX", "GB,England", "Red Friday"])
def test_a_country_that_nobody_knows_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], holidays: str):
    code, _, error = christmas(capsys, tmp_path, 1.0, holidays)
    assert code == BAD_INPUT
    assert error.count("\n") == 1
    assert "--holidays" in error
    assert "GB-ENG" in error


def test_scores_are_written_row_by_row_with_the_cells_as_they_were(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    text = re.sub(r"(2026-03-02 00:00:00),.*", r"\1, 7.50", hourly())
    (tmp_path / "clicks.csv").write_text(text, encoding="utf-8")
    code, document, _ = ran(capsys, tmp_path / "clicks.csv", tmp_path / "out" / "scores.csv")
    assert code == DONE
    with (tmp_path / "out" / "scores.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["timestamp", "value", "anomaly_score"]
    assert rows[24]["value"] == "7.50"
    assert [float(row["anomaly_score"]) for row in rows] == [point["score"] for point in document["points"]]


def test_a_folder_is_scored_file_by_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "in" / "shop").mkdir(parents=True)
    (tmp_path / "in" / "shop" / "clicks.csv").write_text(hourly(), encoding="utf-8")
    (tmp_path / "in" / "orders.csv").write_text(hourly(200, spike_at=150), encoding="utf-8")
    code, document, _ = ran(capsys, tmp_path / "in", tmp_path / "out")
    assert code == DONE
    assert [(one["file"], len(one["alerts"])) for one in document["series"]] == [
        ("orders.csv", 1),
        ("shop/clicks.csv", 1),
    ]
    assert (tmp_path / "out" / "shop" / "clicks.csv").exists()


def test_people_get_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "clicks.csv").write_text(hourly(), encoding="utf-8")
    _, words, _ = ran(capsys, tmp_path / "clicks.csv", as_json=False)
    assert "400 rows, 1 alert\n" in words
    assert "2026-03-13 12:00:00  spike (" in words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "bad.csv, line 1: no column timestamp in 'an empty line': the first line must name"),
        ("when,what\n1,2\n", "bad.csv, line 1: no column timestamp in 'when,what'"),
        ("timestamp,price\n", "bad.csv, line 1: no column value in 'timestamp,price'"),
        (HEADER, "bad.csv: no rows below the header"),
        (
            HEADER + "2026-03-01,1\nyesterday,2\n",
            "bad.csv, line 3: 'yesterday' is no timestamp: write it as 2026-03-01",
        ),
        (HEADER + "2026-03-01,1\n\n2026-03-02,many\n", "bad.csv, line 4: 'many' is no number"),
        (HEADER + "2026-03-01,inf\n", "bad.csv, line 2: 'inf' is no finite number"),
        (HEADER + "2026-03-01\n", "bad.csv, line 2: 1 cells, the header has 2"),
        (HEADER + "2026-03-02,1\n2026-03-01,1\n", "bad.csv, line 3: 2026-03-01 comes before 2026-03-02: sort the file"),
    ],
)
def test_a_bad_file_ends_in_one_line_with_place_and_remedy(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert refused(capsys, tmp_path, text).startswith(f"countersign: {said}")


def test_bytes_that_are_no_utf8_and_files_that_are_not_there_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "latin.csv").write_bytes(b"timestamp,value\n2026-03-01,\xff\n")
    assert "is not UTF-8" in ran(capsys, tmp_path / "latin.csv")[2]
    assert "there is no such file" in ran(capsys, tmp_path / "none.csv")[2]
    (tmp_path / "empty").mkdir()
    assert "no CSV file in this folder" in ran(capsys, tmp_path / "empty")[2]


@pytest.mark.parametrize(
    "stamps",
    [
        ("2026-03-01", "2026-03-02", "2026-03-04"),
        ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00+00:00", "2026-03-01T13:30:00+02:00"),
        ("1767225600", "1767229200", "1767232800"),
        ("1767225600000", "1767229200000", "1767232800000"),
        ("2026-10-25 02:30:00", "2026-10-25 02:00:00", "2026-10-25 03:00:00"),
    ],
    ids=["days", "zones", "seconds", "milliseconds", "an hour that comes twice"],
)
def test_timestamps_of_many_kinds_are_read(stamps: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "any.csv").write_text("time;y\n" + "".join(f"{stamp};1\n" for stamp in stamps), encoding="utf-8")
    code, document, error = ran(capsys, tmp_path / "any.csv")
    assert (code, error) == (DONE, "")
    assert [point["timestamp"] for point in document["points"]] == list(stamps)


def test_missing_values_are_read_as_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "gaps.csv").write_text(HEADER + "2026-03-01,\n2026-03-02,NaN\n2026-03-03,4\n", encoding="utf-8")
    code, document, _ = ran(capsys, tmp_path / "gaps.csv")
    assert code == DONE
    assert [point["score"] for point in document["points"]] == [0.0, 0.0, 0.0]


def test_ours_finds_more_with_fewer_false_alarms_than_the_baselines_at_their_best():
    found = run_bench(2, 2)["detectors"]
    ours = found.pop("countersign")
    assert set(found) == {"rolling_z", "page_hinkley"}
    for baseline in found.values():
        assert ours["f1"] > baseline["f1"]
        assert ours["false_alarms_hourly"] <= baseline["false_alarms_hourly"]

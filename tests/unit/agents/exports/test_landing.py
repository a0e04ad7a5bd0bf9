"""From file to lake and back: figures to the cent, restatements, the same file twice, a crash in between."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from agents.sources.exports.export import stage
from agents.sources.exports.report import ExportReport
from storage.lake.store import Lake
from storage.records.facts import Load
from tests.unit.agents.exports.files import SAMPLES, TODAY, google, written

YEAR = (date(2025, 1, 1), date(2025, 12, 31))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def load_of(report: ExportReport, number: int) -> Load:
    return Load(
        id=f"{report.source}-{report.fingerprint[:12]}",
        known_at=datetime(2026, 1, number, tzinfo=UTC),
        zone=report.zone or "UTC",
        content_sha256=report.fingerprint,
        **report.model_dump(
            include={"source", "path", "layout", "simulated", "first_day", "last_day", "campaigns", "days"}
            | {"rows_read", "rows_dropped", "spend", "total_row_difference"}
        ),
    )


async def land(lake: Lake, path: Path, number: int = 1) -> Load:
    with stage(path, lake.staging, today=TODAY) as staged:
        load = load_of(staged.report, number)
        await lake.append(staged.frames(), load.id, load.known_at)
    return load


async def spent(lake: Lake, *loads: Load) -> Decimal:
    facts = await lake.read(loads, *YEAR, simulated=False)
    return Decimal(int(facts["spend_micros"].sum())) / 1_000_000


@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("google_campaign_report.csv", "19178.74"),
        ("google_german_days.csv", "1235.00"),
        ("meta_french.csv", "1235.00"),
        ("meta_pivot.csv", "16.50"),
        ("linkedin.csv", "1300.00"),
        ("shop_ads.csv", "1235.49"),
    ],
)
async def test_what_is_read_from_the_lake_is_what_the_file_says(lake: Lake, name: str, total: str):
    load = await land(lake, SAMPLES / name)
    assert await spent(lake, load) == Decimal(total)
    assert sum(load.spend.values()) == Decimal(total)


async def test_a_restated_file_is_a_new_load_and_the_old_one_stays_askable(lake: Lake, tmp_path: Path):
    first = await land(lake, written(tmp_path, google("A,2025-07-01,EUR,10,1,1.00", "A,2025-07-02,EUR,10,1,2.00")), 1)
    second = await land(lake, written(tmp_path, google("A,2025-07-01,EUR,10,1,1.25", "A,2025-07-02,EUR,10,1,2.00")), 2)
    assert first.id != second.id
    assert await spent(lake, first) == Decimal("3.00")
    assert await spent(lake, first, second) == Decimal("3.25")


async def test_the_same_file_twice_changes_nothing(lake: Lake, tmp_path: Path):
    path = written(tmp_path, google("A,2025-07-01,EUR,10,1,1.00"))
    first = await land(lake, path)
    version = await lake.version()
    again = await land(lake, path)
    assert again.id == first.id
    assert await lake.version() == version
    assert await spent(lake, first) == Decimal("1.00")


async def test_a_crash_before_the_load_is_registered_leaves_nothing_readable(lake: Lake, tmp_path: Path):
    unregistered = await land(lake, written(tmp_path, google("A,2025-07-01,EUR,10,1,1.00")))
    assert await spent(lake) == 0
    # The next attempt finds the rows there and only registers them.
    again = await land(lake, written(tmp_path, google("A,2025-07-01,EUR,10,1,1.00"), "again.csv"))
    assert again.id == unregistered.id
    assert await spent(lake, again) == Decimal("1.00")
    assert list(lake.staging.iterdir()) == []


async def test_a_period_and_the_days_in_it_from_two_files_count_once(lake: Lake, tmp_path: Path):
    whole = "Campaign report\n1 July 2025 - 2 July 2025\nCampaign,Currency code,Impr.,Cost\nA,EUR,20,3.00\n"
    period = await land(lake, written(tmp_path, whole, "period.csv"), 1)
    days = google("A,2025-07-01,EUR,10,1,1.00", "A,2025-07-02,EUR,10,1,2.00")
    daily = await land(lake, written(tmp_path, days, "daily.csv"), 2)
    assert await spent(lake, period) == Decimal("3.00")
    assert await spent(lake, period, daily) == Decimal("3.00")

from pathlib import Path

import pytest

from agents.sources.exports.export import read_export
from agents.sources.text.columns import seen
from tests.unit.agents.exports.files import google, sample, written


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (("Solar", "Wind | Search"), "text"),
        (("1,204", "25.881", "-3", "77.77%", " --", ""), "number"),
        (("€1,622.60", "US$0.00", "12 EUR", "1 234,56 kr"), "money"),
        (("12.50", "€3.00"), "money"),
        (("2025-07-08", "08.07.2025", "7/8/25"), "day"),
        (("2025-07-08T10:00:00Z", "7/8/2025 2:30 PM"), "moment"),
        (("true", "FALSE"), "flag"),
        (("0", "1"), "number"),
        (("", " --", "n/a"), "empty"),
        ((), "empty"),
        ((*map(str, range(50)), "< 10%"), "number"),
    ],
)
def test_the_kind_of_a_column_is_seen_in_its_cells(values: tuple[str, ...], kind: str):
    assert seen("x", values).kind == kind


def test_columns_of_like_values_are_alike_whatever_they_are_called():
    campaigns = [f"Campaign {n}" for n in range(40)]
    old, new = seen("Campaign", campaigns), seen("Kampagne", campaigns[:35])
    assert old.likeness(new) > 0.5
    assert old.likeness(seen("Ad", [f"Ad {n}" for n in range(40)])) < 0.1
    assert old.likeness(seen("Nothing", ())) == 0


def test_a_sketch_gives_no_value_away():
    sketch = seen("Email", ("ada@example.com",)).sketch
    assert all(0 <= number < 2**16 for number in sketch)


def test_a_report_names_its_feed_and_every_column_of_the_file():
    report = sample("google_ad_group_report.csv").report
    assert report.feed == "google_ads/ad_group"
    assert [column.name for column in report.columns][:3] == ["Ad group status", "Ad group", "Campaign"]
    assert len(report.columns) == 13
    assert {column.name: column.kind for column in report.columns}["Impr."] == "number"
    assert sample("shop_ads.csv").report.feed == "shop_ads/plain/csv"


def test_the_columns_of_a_file_are_seen_below_its_header_alone(tmp_path: Path):
    report = read_export(written(tmp_path, google("A,2025-07-01,EUR,10,1,1.00"))).report
    assert [(column.name, column.kind) for column in report.columns] == [
        ("Campaign", "text"),
        ("Day", "day"),
        ("Currency code", "text"),
        ("Impr.", "number"),
        ("Clicks", "number"),
        ("Cost", "number"),
    ]

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from agents.sources.exports.export import read_export
from agents.sources.text.mapping import SUFFIX, read_mapping
from agents.sources.text.unreadable import UnreadableExport
from tests.unit.agents.exports.files import column, micros, no_difference, refusal, rows_of, sample, written

MAPPING = """
source: shop
channel: paid_social
currency: GBP
columns:
  day: date
  campaign: name
  spend: cost
  clicks: clicks
"""


def mapped(folder: Path, text: str, mapping: str = MAPPING, name: str = "data.csv") -> Path:
    written(folder, mapping, name + SUFFIX)
    return written(folder, text, name)


def test_a_declared_file_gives_its_figures_to_the_cent():
    export = sample("shop_ads.csv")
    assert export.report.layout == "plain/csv"
    assert (export.report.source, export.report.zone) == ("shop_ads", "Europe/Berlin")
    assert export.report.spend == {"EUR": Decimal("1235.49")}
    assert column(export, "day") == [date(2025, 4, 3), date(2025, 4, 4)]
    assert column(export, "channel") == ["paid_search", "paid_social"]
    assert column(export, "breakdown") == ['{"land":"DE"}', '{"land":"AT"}']
    assert no_difference(export, "clicks", "revenue", "spend")


def test_a_mapping_given_by_name_is_used(tmp_path: Path):
    data = written(tmp_path, "date,name,cost,clicks\n2025-07-01,A,1.50,2\n")
    export = read_export(data, mapping_file=written(tmp_path, MAPPING, "elsewhere.yml"))
    assert column(export, "spend_micros") == micros(["1.50"])


def test_the_shop_s_own_books_are_kept_apart(tmp_path: Path):
    mapping = """
source: shop
channel: store
grain: store
currency: {column: ccy}
columns: {day: date, orders: n, store_revenue: total}
"""
    row = rows_of(read_export(mapped(tmp_path, "date,n,total,ccy\n2025-07-01,3,99.90,EUR\n", mapping)))[0]
    assert (row["grain"], row["channel"], row["currency"]) == ("store", "store", "EUR")
    assert (row["orders"], row["store_revenue_micros"], row["spend_micros"]) == (3, 99_900_000, None)


def test_rows_that_cover_several_days_say_so(tmp_path: Path):
    mapping = MAPPING.replace("day: date", "day: start\n  last_day: end")
    text = "start,end,name,cost,clicks\n2025-07-01,2025-07-07,A,1,1\n"
    row = rows_of(read_export(mapped(tmp_path, text, mapping)))[0]
    assert (row["day"], row["last_day"]) == (date(2025, 7, 1), date(2025, 7, 7))
    error = refusal(mapped(tmp_path, "start,end,name,cost,clicks\n2025-07-08,2025-07-07,A,1,1\n", mapping))
    assert error.line == 2


def test_days_of_either_order_are_decided_or_asked_for(tmp_path: Path):
    head = "date,name,cost,clicks\n"
    assert "--dates" in refusal(mapped(tmp_path, head + "01/02/2025,A,1,1\n")).remedy
    decided = read_export(mapped(tmp_path, head + "01/02/2025,A,1,1\n13/02/2025,A,1,1\n"))
    assert column(decided, "day") == [date(2025, 2, 1), date(2025, 2, 13)]
    declared = read_export(mapped(tmp_path, head + "01/02/2025,A,1,1\n", MAPPING + "dates: mdy\n"))
    assert column(declared, "day") == [date(2025, 1, 2)]


def test_parquet_gives_the_same_facts_as_csv(tmp_path: Path):
    frame = pl.DataFrame(
        {
            "date": [date(2025, 7, 1), date(2025, 7, 2)],
            "name": ["A", None],
            "cost": [Decimal("1.50"), Decimal("0.10")],
            "clicks": [2, None],
        }
    )
    path = tmp_path / "data.parquet"
    frame.write_parquet(path)
    written(tmp_path, MAPPING, "data.parquet" + SUFFIX)
    frame.write_csv(tmp_path / "data.csv")
    written(tmp_path, MAPPING, "data.csv" + SUFFIX)
    parquet, text = read_export(path), read_export(tmp_path / "data.csv")
    assert parquet.report.layout == "plain/parquet"
    assert parquet.frames[0].drop("line").equals(text.frames[0].drop("line"))
    assert column(parquet, "line") == [1, 2]


def test_floats_in_parquet_are_read_as_they_are_written(tmp_path: Path):
    path = tmp_path / "data.parquet"
    moments = [datetime(2025, 7, 1, 23, 30, tzinfo=UTC), datetime(2025, 7, 2, tzinfo=UTC)]
    frame = pl.DataFrame({"date": moments, "name": ["A", "B"], "cost": [0.1, float("nan")], "clicks": [1.0, 2.0]})
    frame.write_parquet(path)
    written(tmp_path, MAPPING + "zone: Europe/Athens\n", "data.parquet" + SUFFIX)
    export = read_export(path)
    assert column(export, "spend_micros") == [100_000, None]
    assert column(export, "clicks") == [1, 2]
    assert column(export, "day") == [date(2025, 7, 2)] * 2


def test_parquet_without_a_mapping_and_broken_parquet_are_refused(tmp_path: Path):
    path = tmp_path / "data.parquet"
    pl.DataFrame({"date": [1]}).write_parquet(path)
    assert SUFFIX in refusal(path).remedy
    path.write_bytes(b"PAR1 and nothing more")
    written(tmp_path, MAPPING, "data.parquet" + SUFFIX)
    assert "Parquet" in refusal(path).problem


def test_a_declared_column_that_the_file_lacks_is_named_with_its_key(tmp_path: Path):
    error = refusal(mapped(tmp_path, "date,name,price,clicks\n2025-07-01,A,1,1\n"))
    assert error.line == 1
    assert "columns.spend" in error.problem
    assert "“cost”" in error.problem


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("spend: cost", "spent: cost"), "spent is no field"),
        (("day: date", "campaign_id: date"), "day is needed"),
        (("currency: GBP", "currency: pounds"), "pounds is no currency code"),
        (("currency: GBP\n", ""), "currency is needed"),
        (("source: shop", "source: My Shop"), "source"),
        (("channel: paid_social", "chanel: paid_social"), "chan"),
        (("source: shop", "source: shop\nzone: Mars/Olympus"), "Mars/Olympus is no time zone"),
        (("source: shop", "source: shop\ndates: ymd"), "dates"),
    ],
)
def test_a_wrong_mapping_is_refused_by_its_key(tmp_path: Path, change: tuple[str, str], named: str):
    error = refusal(mapped(tmp_path, "date,name,cost,clicks\n2025-07-01,A,1,1\n", MAPPING.replace(*change)))
    assert named in error.problem
    assert error.path.name == "data.csv" + SUFFIX


def test_a_mapping_that_is_no_yaml_is_refused_with_its_line(tmp_path: Path):
    path = written(tmp_path, "source: shop\ncolumns: [\n", "bad.yml")
    with pytest.raises(UnreadableExport, match="not valid YAML") as caught:
        read_mapping(path)
    assert caught.value.line == 3


def test_the_example_in_the_documentation_is_a_valid_mapping(tmp_path: Path):
    from agents.sources.text import mapping

    lines = (mapping.__doc__ or "").splitlines()
    example = "\n".join(line[4:] for line in lines if line.startswith("    "))
    assert read_mapping(written(tmp_path, example, "example.yml")).columns["spend"] == "Cost"


def test_a_row_without_a_channel_is_set_aside(tmp_path: Path):
    mapping = MAPPING.replace("channel: paid_social", "channel: {column: net}")
    text = "date,name,cost,clicks,net\n2025-07-01,A,1,1,Bing\n2025-07-01,A,1,1,\n"
    export = read_export(mapped(tmp_path, text, mapping))
    assert column(export, "channel") == ["Bing"]
    assert [(row.line, row.reason) for row in export.quarantined] == [(3, "column “net” is empty")]


def test_days_beside_days_with_a_time_are_read_alike(tmp_path: Path):
    mapping = MAPPING + "dates: mdy\n" if "dates:" not in MAPPING else MAPPING.replace("dates: iso", "dates: mdy")
    text = "date,name,cost,clicks\n1/24/2026,A,1.00,1\n1/25/2026 14:30,A,1.00,1\n01/26/2026 2:30:05 PM,A,1.00,1\n"
    export = read_export(mapped(tmp_path, text, mapping))
    assert column(export, "day") == [date(2026, 1, day) for day in (24, 25, 26)]

"""What loading a report takes with the standard library alone; the measure that `bench ingest` is held against."""

import csv
import sqlite3
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

_ROWS = 50_000
_TABLE = """
CREATE TABLE facts (
    day TEXT, campaign TEXT, campaign_id TEXT, currency TEXT, impressions INTEGER, clicks INTEGER,
    spend_micros INTEGER, conversions_milli INTEGER, revenue_micros INTEGER
)
"""


def load(report: Path, database: Path, *, header_line: int) -> int:
    """Read a Google Ads report with `csv` and write it with `executemany`; gives the rows written.

    It does the least that a correct loader must: drop total rows, read quoted thousands and missing marks,
    keep money as whole micros.
    """
    connection = sqlite3.connect(database)
    try:
        with report.open(newline="", encoding="utf-8") as file, connection:
            connection.execute(_TABLE)
            for _ in range(header_line - 1):
                next(file)
            rows = _rows(csv.DictReader(file))
            count = 0
            while batch := list(islice(rows, _ROWS)):
                connection.executemany(f"INSERT INTO facts VALUES ({', '.join('?' * 9)})", batch)  # noqa: S608
                count += len(batch)
            return count
    finally:
        connection.close()


def _rows(reader: Iterator[dict[str, str]]) -> Iterator[tuple[object, ...]]:
    for row in reader:
        if row["Campaign status"].startswith("Total:"):
            continue
        yield (
            row["Day"],
            row["Campaign"],
            row["Campaign ID"],
            row["Currency code"],
            _scaled(row["Impr."], 0),
            _scaled(row["Clicks"], 0),
            _scaled(row["Cost"], 6),
            _scaled(row["Conversions"], 3),
            _scaled(row["Conv. value"], 6),
        )


def _scaled(text: str, decimals: int) -> int | None:
    bare = text.strip().replace(",", "")
    if bare in ("", "--"):
        return None
    whole, _, fraction = bare.partition(".")
    return int(whole + fraction.ljust(decimals, "0")[:decimals])

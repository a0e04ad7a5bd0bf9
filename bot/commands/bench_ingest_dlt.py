"""What loading a report takes with dlt, fed with Arrow tables, its quickest input: a measure of `bench ingest`.

It does what a careful user of dlt would write, on the same file, in one lazy polars query: every one of the report's
14 columns typed (days as dates, money as whole micros, counts as integers, ratios as fractions), blanks around texts
taken off, quoted thousands and missing marks read, total rows dropped, and an unreadable cell fails the whole run.

What it does not do, and `countersign ingest` does: find out which tool wrote the file and in which notation, count
lines, hold the file's own totals against the rows, flag what was missing, set bad rows aside by line, take the file's
fingerprint, and refuse a file whole before anything of it is in the table.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

_MICROS, _MILLI = 1_000_000, 1_000
_MISSING = ("", "--")
_AT_ONCE = 100_000
"""Rows a table: the whole file at once would take more memory."""


def load(report: Path, folder: Path, *, header_line: int, table_format: str = "") -> int:
    """Load a Google Ads report into Parquet files below a folder, or a Delta table (`delta`); gives the rows."""
    # It must not phone home, nor leave anything in the user's own folder.
    os.environ |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "DLT_DATA_DIR": str(folder / "dlt"),
        "RUNTIME__LOG_LEVEL": "CRITICAL",
    }
    import dlt

    count = 0

    def tables() -> Iterator[Any]:
        nonlocal count
        for frame in _frames(report, header_line):
            count += frame.height
            yield frame.to_arrow()

    kind = {"table_format": table_format} if table_format else {}
    resource = dlt.resource(tables, name="facts", write_disposition="append", **kind)
    target = (folder / "table").resolve().as_uri()
    destination = dlt.destinations.filesystem(bucket_url=target)
    pipeline = dlt.pipeline("bench", destination=destination, dataset_name="bench", pipelines_dir=str(folder / "state"))
    pipeline.run(resource, loader_file_format="parquet").raise_on_failed_jobs()
    return count


def _frames(report: Path, header_line: int) -> Iterator[pl.DataFrame]:
    rows = pl.scan_csv(report, skip_rows=header_line - 1, infer_schema=False, truncate_ragged_lines=True)
    kept = rows.filter(~pl.col("Campaign status").str.starts_with("Total:")).select(
        _text("Campaign status").alias("campaign_status"),
        _text("Campaign").alias("campaign"),
        _text("Campaign ID").alias("campaign_id"),
        _number("Budget", _MICROS).alias("budget_micros"),
        _text("Budget type").alias("budget_type"),
        _text("Campaign type").alias("campaign_type"),
        pl.col("Day").str.to_date("%Y-%m-%d").alias("day"),
        _text("Currency code").alias("currency"),
        _number("Impr.", 1).alias("impressions"),
        _number("Clicks", 1).alias("clicks"),
        _fraction("CTR").alias("ctr"),
        _number("Cost", _MICROS).alias("spend_micros"),
        _number("Conversions", _MILLI).alias("conversions_milli"),
        _number("Conv. value", _MICROS).alias("revenue_micros"),
    )
    yield from kept.collect_batches(chunk_size=_AT_ONCE)


def _text(column: str) -> pl.Expr:
    bare = pl.col(column).str.strip_chars()
    return pl.when(~bare.is_in(_MISSING)).then(bare)


def _number(column: str, scale: int) -> pl.Expr:
    told = _text(column).str.replace_all(",", "", literal=True)
    if scale == 1:
        return told.cast(pl.Int64)
    return (told.cast(pl.Decimal(18, 6)) * scale).cast(pl.Int64)


def _fraction(column: str) -> pl.Expr:
    return _text(column).str.strip_suffix("%").cast(pl.Float64) / 100

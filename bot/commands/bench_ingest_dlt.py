"""What loading a report takes with dlt, fed with Arrow tables, its quickest input: a measure of `bench ingest`.

It does the least that a correct loader must: drop total rows, read quoted thousands and missing marks, keep money as
whole micros. Cleaning is polars' here as there; what is compared is the way from rows to a committed table.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

_MICROS, _MILLI = 1_000_000, 1_000
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
        pl.col("Day").str.to_date("%Y-%m-%d").alias("day"),
        pl.col("Campaign").alias("campaign"),
        pl.col("Campaign ID").alias("campaign_id"),
        pl.col("Currency code").alias("currency"),
        _number("Impr.", 1).alias("impressions"),
        _number("Clicks", 1).alias("clicks"),
        _number("Cost", _MICROS).alias("spend_micros"),
        _number("Conversions", _MILLI).alias("conversions_milli"),
        _number("Conv. value", _MICROS).alias("revenue_micros"),
    )
    yield from kept.collect_batches(chunk_size=_AT_ONCE)


def _number(column: str, scale: int) -> pl.Expr:
    bare = pl.col(column).str.strip_chars().str.replace_all(",", "", literal=True)
    told = pl.when(bare.is_in(["", "--"])).then(None).otherwise(bare)
    return (told.cast(pl.Decimal(18, 6)) * scale).cast(pl.Int64)

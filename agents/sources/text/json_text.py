"""Canonical JSON objects made of text columns: sorted keys, no blanks, absent where null."""

from collections.abc import Mapping

import polars as pl

_ESCAPES = (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\f", "\\f"))


def json_object(columns: Mapping[str, pl.Series], height: int) -> pl.Series:
    """One JSON text a row, "" for a row where all columns are null."""
    if not columns:
        return pl.repeat("", height, dtype=pl.String, eager=True)
    frame = pl.DataFrame({name: columns[name] for name in sorted(columns)})
    pairs = [pl.lit(f'"{name}":"') + _escaped(frame[name]) + pl.lit('"') for name in frame.columns]
    inner = pl.concat_str(pairs, separator=",", ignore_nulls=True)
    text = frame.select(pl.when(inner == "").then(pl.lit("")).otherwise("{" + inner + "}").alias("json"))
    return text["json"]


def _escaped(column: pl.Series) -> pl.Expr:
    text = pl.col(column.name)
    # Nearly no column needs it, and looking is cheaper than replacing.
    if column.str.contains(r'[\\"\x00-\x1f]').any():
        for plain, escaped in _ESCAPES:
            text = text.str.replace_all(plain, escaped, literal=True)
    return text

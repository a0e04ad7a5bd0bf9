"""Canonical JSON objects made of text columns: sorted keys, no blanks, absent where null."""

from collections.abc import Mapping

import polars as pl

from agents.sources.text.repeated import Repeated

_ESCAPES = (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\f", "\\f"))


def json_object(columns: Mapping[str, pl.Series], height: int) -> pl.Series:
    """One JSON text a row, "" for a row where all columns are null."""
    return json_objects(columns, height).rows()


def json_objects(columns: Mapping[str, pl.Series], height: int) -> Repeated:
    """The same for columns that are null nearly everywhere."""
    filled = {name: columns[name] for name in sorted(columns) if columns[name].null_count() < height}
    if not filled:
        return Repeated(pl.Series([""]), pl.Series([0], dtype=pl.UInt32).new_from_index(0, height))
    whole = pl.DataFrame(filled)
    told = whole.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    # Flags are few: text is made only for the rows that have any.
    texts = pl.concat([pl.Series([""]), _texts(whole.filter(told))])
    return Repeated(texts, pl.select(pl.when(told).then(told.cum_sum()).otherwise(0)).to_series())


def _texts(frame: pl.DataFrame) -> pl.Series:
    pairs = [pl.lit(f'"{name}":"') + _escaped(frame[name]) + pl.lit('"') for name in frame.columns]
    inner = pl.concat_str(pairs, separator=",", ignore_nulls=True)
    return frame.select(("{" + inner + "}").alias("json"))["json"]


def _escaped(column: pl.Series) -> pl.Expr:
    text = pl.col(column.name)
    # Nearly no column needs it, and looking is cheaper than replacing.
    if column.str.contains(r'[\\"\x00-\x1f]').any():
        for plain, escaped in _ESCAPES:
            text = text.str.replace_all(plain, escaped, literal=True)
    return text

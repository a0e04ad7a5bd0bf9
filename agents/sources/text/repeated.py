"""Texts that come again and again, looked at once."""

import polars as pl

_A_FEW = 4_000


def different(texts: pl.Series) -> pl.Series:
    """Every text once where they seem to come again and again, else all as they are: to be searched, not counted."""
    return texts.unique() if texts.head(_A_FEW).n_unique() < _A_FEW // 2 else texts

"""Rows that were set aside, read again as corrected: with those that belong to them, and with no other."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import polars as pl

from agents.sources.text.rows import LINE, column
from agents.sources.text.sniff import Progress

Corrections = Mapping[int, Mapping[str, str]]
"""Line of the file → header → what stands there instead."""
Blocks = Callable[[Progress | None], Iterator[pl.DataFrame]]
"""Passes over a file: blocks of text columns c0, c1, … and `line`."""


def corrected(source: Blocks, header: Sequence[str], again: Corrections) -> Blocks:
    """Passes over the whole file with other texts in some cells."""
    places = {text: column(place) for place, text in reversed(list(enumerate(header)))}

    def passes(progress: Progress | None) -> Iterator[pl.DataFrame]:
        for block in source(progress):
            yield _with(block, places, again)

    return passes


def only(source: Blocks, again: Corrections, group: str | None) -> Blocks:
    """Passes over these lines alone and, where rows belong together by the text in column `group`, their siblings."""
    lines = list(again)
    keys = set[str]()
    if group is not None:
        for block in source(None):
            keys.update(block.filter(pl.col(LINE).is_in(lines))[group].to_list())

    def passes(progress: Progress | None) -> Iterator[pl.DataFrame]:
        for block in source(progress):
            wanted = pl.col(LINE).is_in(lines)
            if group is not None:
                wanted |= pl.col(group).is_in(list(keys - {""}))
            rows = block.filter(wanted)
            if rows.height:
                yield rows

    return passes


def _with(block: pl.DataFrame, places: Mapping[str, str], again: Corrections) -> pl.DataFrame:
    for line in sorted(set(block[LINE].to_list()) & set(again)):
        here = pl.col(LINE) == line
        block = block.with_columns(
            pl.when(here).then(pl.lit(text)).otherwise(places[name]).alias(places[name])
            for name, text in again[line].items()
            if name in places
        )
    return block

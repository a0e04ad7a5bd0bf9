"""Texts that come again and again, looked at once."""

from typing import NamedTuple

import numpy as np
import polars as pl

_A_FEW = 4_000
_DIFFERENT = 2_000
"""Of a few from all over the column; with more, to find out which are the same costs more than to look at each."""
_RUN = 8
"""Rows that a text has to stay the same for, on average, to be looked at run by run."""


class Repeated(NamedTuple):
    """A column of texts: the different ones, and which of them each row holds."""

    different: pl.Series
    places: pl.Series | None
    """Positions in `different`; None where the texts do not come again, and `different` is the column as it is."""

    def spread(self, found: pl.Series) -> pl.Series:
        """What was found for each different text, for every row."""
        return found if self.places is None else found[self.places]

    def rows(self) -> pl.Series:
        """The column as texts."""
        return self.spread(self.different)

    def at(self, row: int) -> str:
        """The text of one row."""
        return str(self.different[row if self.places is None else int(self.places[row])])

    def coded(self) -> pl.Series:
        """The column, as categories where texts come again."""
        return self.different if self.places is None else self.spread(self.different.cast(pl.Categorical))


def repeated(texts: pl.Series) -> Repeated:
    """Any column of texts, none of them null."""
    if texts.gather_every(texts.len() // _A_FEW + 1).n_unique() > _DIFFERENT:
        return Repeated(texts, None)
    # Reports are sorted, mostly by day, and some columns hold the same text all along.
    first = texts.head(_A_FEW)
    if first.len() and first.rle().len() * _RUN <= first.len():
        runs = texts.rle().struct.unnest()
        different, places = _numbered(runs["value"])
        return Repeated(different, pl.Series(np.repeat(places, runs["len"])))
    return Repeated(*_numbered(texts))


def _numbered(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The different texts, and the position of each text among them."""
    # Categories of its own are numbered from 0.
    coded = texts.cast(pl.Categorical(pl.Categories.random()))
    places = coded.to_physical()
    last = places.max()
    numbers = pl.Series(range(0 if last is None else int(str(last)) + 1), dtype=places.dtype)
    return numbers.cat.to(coded.dtype).cast(pl.String), places


class Rows:
    """The rows of a block; which texts a column holds is found out once, however many ask."""

    def __init__(self, frame: pl.DataFrame) -> None:
        """`frame`: columns of text, none of them null, and `line`."""
        self.frame = frame
        self.height = frame.height
        self._known: dict[str, Repeated] = {}

    def __getitem__(self, place: str) -> Repeated:
        if place not in self._known:
            self._known[place] = repeated(self.frame[place])
        return self._known[place]

    def without(self, these: pl.Series) -> "Rows":
        """Nearly always nothing is to go, and copying a block is dear."""
        return Rows(self.frame.filter(~these)) if these.any() else self

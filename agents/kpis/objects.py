"""What the engine reads besides daily facts: the tables of business objects and of our own work, as of one moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

import polars as pl

from agents.kpis.exchange import NO_RATES
from agents.kpis.lacking import Lacking
from agents.kpis.opening import Hours, round_the_clock
from agents.kpis.query import FactSlice


@dataclass(frozen=True)
class Objects:
    """Tables of one world; one that is not there has never been brought."""

    tables: Mapping[str, pl.DataFrame]
    """Columns of `tables.TABLES`."""
    observed: Mapping[str, datetime] = field(default_factory=dict)
    """Table → until when it is known what has not ended."""
    newest: Mapping[str, date] = field(default_factory=dict)
    """Table → newest day, in `zone`, that it tells of; that day may not be over."""
    sources: tuple[str, ...] = ()
    """Words for people: where the tables come from."""
    zone: str = "UTC"
    """The team's: business objects happen at moments, and a day is a day there."""
    hours: Hours = round_the_clock
    simulated: bool = False
    as_of: datetime | None = None
    notes: tuple[str, ...] = ()
    facts: FactSlice | None = None
    """Daily facts over the same days, for formulas that name them as well."""
    lacking: tuple[Lacking, ...] = ()
    """Columns that some of the rows do not tell, though their source told them before."""
    rates: pl.DataFrame = field(default_factory=lambda: NO_RATES)


class ObjectReader(Protocol):
    """Where the tables come from: the lake for business objects, the ledger for our own work."""

    async def objects(self, tables: Iterable[str], *, as_of: datetime | None, simulated: bool) -> Objects:
        """The named tables as known at `as_of`; None is everything known. Facts and rates are not filled in."""


class NoObjects:
    """Where nothing but daily facts is read."""

    async def objects(self, tables: Iterable[str], *, as_of: datetime | None, simulated: bool) -> Objects:  # noqa: ARG002
        """Nothing."""
        return Objects(tables={}, simulated=simulated, as_of=as_of)

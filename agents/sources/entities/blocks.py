"""A block of text cells read into the fields of a layout, with the lines that cannot be."""

from dataclasses import dataclass

import polars as pl

from agents.sources.entities.kinds import TYPES, Kind, Notation, Read, codes_of, read_kind
from agents.sources.entities.layout import Field, Places
from agents.sources.text.currencies import could_be
from agents.sources.text.rows import LINE, column
from storage.contracts.columns import columns_of
from storage.contracts.entities import BY_DATASET

REASON = "reason"


@dataclass
class BlockReader:
    """Reads blocks of one file in one notation."""

    places: Places
    notation: Notation
    currency: str | None
    """Said by the person, for amounts of which the file says none."""
    priceless: bool = False
    """Whether some amount had no currency and was left out."""
    empty_cells: int = 0
    """Cells that merely add to their rows and were not read."""

    def read(self, block: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Typed rows: one column a field, `line` and, for money, `currency`; and the rows that cannot be read.

        A field that the file lacks is null. The second frame has columns line, reason; no row is in both.
        """
        columns: dict[str, pl.Series] = {LINE: block[LINE]}
        problems: list[pl.Series] = []
        symbols: dict[str, pl.Series] = {}
        for one in self.places.layout.fields:
            if one.name not in self.places.at:
                columns[one.name] = pl.repeat(None, block.height, dtype=TYPES[one.kind], eager=True)
                continue
            found = self._field(one, block)
            columns[one.name] = found.values
            if found.problems is not None and found.problems.null_count() < block.height:
                problems.append(found.problems)
            if found.symbols is not None and found.symbols.null_count() < block.height:
                symbols[one.name] = found.symbols
        money = [one.name for one in self.places.layout.fields if one.kind is Kind.MONEY]
        if money or self.places.layout.currency:
            columns["currency"] = self._currency(columns, symbols, money, problems)
        rows = self._priced(pl.DataFrame(columns), money)
        if not problems:
            return rows, pl.DataFrame(schema={LINE: pl.Int64, REASON: pl.String})
        reason = pl.DataFrame([series.alias(f"p{n}") for n, series in enumerate(problems)]).select(
            pl.concat_str(pl.all(), separator="; ", ignore_nulls=True).alias(REASON)
        )[REASON]
        bad = reason != ""
        return rows.filter(~bad), pl.DataFrame({LINE: rows[LINE], REASON: reason}).filter(bad)

    def _priced(self, rows: pl.DataFrame, money: list[str]) -> pl.DataFrame:
        """Rows without those amounts that have no currency, unless their dataset cannot do without."""
        if not money or any(needs_currency(name) for name in self.places.layout.datasets):
            return rows
        some = pl.any_horizontal(pl.col(name).is_not_null() for name in money)
        lost = rows.select((some & pl.col("currency").is_null()).alias("lost"))["lost"]
        if not lost.any():
            return rows
        self.priceless = True
        return rows.with_columns(pl.when(~lost).then(pl.col(name)).alias(name) for name in money)

    def _field(self, one: Field, block: pl.DataFrame) -> Read:
        found = read_kind(block[column(self.places.at[one.name])], one.kind, self.notation)
        if found.problems is None:
            return found
        if one.lenient:
            self.empty_cells += len(found.problems) - found.problems.null_count()
            return found._replace(problems=None)
        return found._replace(problems=f"column “{self.places.header_of(one.name)}”: " + found.problems)

    def _currency(
        self,
        columns: dict[str, pl.Series],
        symbols: dict[str, pl.Series],
        money: list[str],
        problems: list[pl.Series],
    ) -> pl.Series:
        """The currency of every row: its own column, else what stands beside an amount, in a header, or was said."""
        height = len(columns[LINE])
        named = columns.get(self.places.layout.currency, pl.repeat(None, height, dtype=pl.String, eager=True))
        found = named.str.to_uppercase()
        for name, written in symbols.items():
            codes = codes_of(written)
            found = _first(
                found, written.replace_strict(list(codes), list(codes.values()), default=None, return_dtype=pl.String)
            )
            problems.append(_contradictions(written, found, self.places.header_of(name)))
        for name in money:
            if name in self.places.currencies:
                found = _first(found, pl.repeat(self.places.currencies[name], height, dtype=pl.String, eager=True))
        if self.currency:
            found = found.fill_null(self.currency)
        return found


def needs_currency(dataset: str) -> bool:
    """Whether a row of the dataset is worth nothing without a currency."""
    return any(one.name == "currency" and not one.optional for one in columns_of(BY_DATASET[dataset]))


def _first(texts: pl.Series, other: pl.Series) -> pl.Series:
    return texts.zip_with(texts.is_not_null(), other)


def _contradictions(symbols: pl.Series, currency: pl.Series, header: str) -> pl.Series:
    """A problem for each row whose amount is written in another currency than the row's."""
    pairs = pl.DataFrame({"symbol": symbols, "currency": currency})
    wrong = {
        pair: f"column “{header}”: the amount is written in {pair[0]}, the row says {pair[1]}"
        for pair in pairs.drop_nulls().unique().rows()
        if (codes := could_be(pair[0])) and pair[1] not in codes
    }
    if not wrong:
        return pl.repeat(None, len(symbols), dtype=pl.String, eager=True)
    return pl.Series([wrong.get(pair) for pair in pairs.rows()], dtype=pl.String)

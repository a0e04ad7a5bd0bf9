"""The currency of every row: said by a column, by the header, by the person, or by the symbol in the amount."""

import polars as pl

from agents.sources.exports.currencies import could_be
from agents.sources.exports.layout import Layout
from agents.sources.exports.texts import first_filled, refuse, text_of
from agents.sources.exports.unreadable import shown


class RowCurrency:
    """Finds currencies block by block; what symbols say must agree over the whole file."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._symbol_currency: str | None = None

    def read(self, rows: pl.DataFrame, numbers: pl.DataFrame, symbols: pl.Series | None) -> pl.Series:
        """The ISO code of every row, "" where the file does not say."""
        said = text_of(rows, self._layout.currency_column).str.to_uppercase()
        if (odd := said.filter((said != "") & ~said.str.contains(r"^[A-Z]{3}$"))).len():
            row = int((said == odd[0]).arg_max() or 0)
            refuse(
                self._layout,
                rows,
                row,
                f"{shown(odd[0])} is not a currency code",
                "use a three-letter code such as EUR",
            )
        known = first_filled(said, self._layout.currency or "")
        return known if symbols is None else self._by_symbol(rows, known, symbols, numbers["spend"])

    def _by_symbol(self, rows: pl.DataFrame, known: pl.Series, symbols: pl.Series, spend: pl.Series) -> pl.Series:
        """Codes read from the amounts themselves, which must agree with each other and with what is said."""
        found = pl.DataFrame({"known": known, "symbol": symbols, "some": spend != 0}).fill_null(value=False)
        pairs = found.filter(pl.col("symbol").is_not_null() & pl.col("some")).select("known", "symbol").unique()
        codes = {pair: self._agreed(rows, found, *pair) for pair in pairs.sort("symbol").rows()}
        # Nothing is nothing in any currency: a zero with another symbol is in the currency of the others.
        other = self._symbol_currency
        for pair in found.drop_nulls("symbol").select("known", "symbol").unique().rows():
            codes.setdefault(pair, pair[0] or other or self._agreed(rows, found, *pair, some=False))
        table = pl.DataFrame(
            [(*pair, code) for pair, code in codes.items()],
            orient="row",
            schema={"known": pl.String, "symbol": pl.String, "code": pl.String},
        )
        joined = found.join(table, on=["known", "symbol"], how="left", maintain_order="left")
        # A row without spend has no symbol: it is in the currency of the others too.
        fallback = pl.when(pl.col("known") != "").then("known").otherwise(pl.lit(self._symbol_currency or ""))
        return joined.select(pl.coalesce("code", fallback).alias("code"))["code"]

    def _agreed(self, rows: pl.DataFrame, found: pl.DataFrame, known: str, symbol: str, *, some: bool = True) -> str:
        here = (pl.col("known") == known) & (pl.col("symbol") == symbol) & (pl.col("some") == some)
        row = int(found.select(here.fill_null(value=False).arg_max()).item() or 0)
        possible = could_be(symbol)
        if known and known not in possible:
            refuse(
                self._layout, rows, row, f"the amount is in {symbol}, the currency said is {known}", "export it again"
            )
        if known:
            return known
        if len(possible) != 1:
            names = ", ".join(sorted(possible))
            what = f"“{symbol}” stands for several currencies ({names})" if names else f"“{symbol}” is no currency"
            refuse(self._layout, rows, row, what, "say which with --currency, or export with the column Currency code")
        code = next(iter(possible))
        if self._symbol_currency not in (None, code):
            problem = f"an amount is in {code}, others are in {self._symbol_currency}, and no column says which"
            refuse(self._layout, rows, row, problem, "export with the column Currency code")
        self._symbol_currency = code
        return code

    def need(self, rows: pl.DataFrame, numbers: pl.DataFrame, currency: pl.Series) -> None:
        money = [field for field in ("spend", "budget", "revenue", "store_revenue") if field in numbers.columns]
        if not money:
            return
        any_money = numbers.select(pl.any_horizontal(pl.col(field).is_not_null() for field in money).alias("any"))[
            "any"
        ]
        lacking = any_money & (currency == "")
        if lacking.any():
            remedy = (
                "export with the column Currency code, or say it with --currency, "
                "or declare the file's columns in a mapping file"
            )
            refuse(
                self._layout,
                rows,
                int(lacking.arg_max() or 0),
                "the file does not say in which currency the amounts are",
                remedy,
            )

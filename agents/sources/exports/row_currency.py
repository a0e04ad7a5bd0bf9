"""The currency of every row: said by a column, by the header, by the person, or by the symbol in the amount."""

import polars as pl

from agents.sources.exports.aside import Aside
from agents.sources.exports.layout import Layout
from agents.sources.exports.texts import first_filled, refuse, text_of
from agents.sources.text.currencies import could_be
from agents.sources.text.repeated import Repeated, Rows
from agents.sources.text.unreadable import shown

NO_CURRENCY = "no currency"
"""Flag of an amount that was left out."""
_CODE = r"^[A-Z]{3}$"
_MONEY = ("spend", "budget", "revenue", "store_revenue")


class RowCurrency:
    """Finds currencies block by block; what symbols say must agree over the whole file."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._symbol_currency: str | None = None

    def read(self, rows: Rows, numbers: pl.DataFrame, symbols: pl.Series | None, aside: Aside) -> Repeated:
        """The ISO code of every row, "" where the file does not say. Raises UnreadableExport where symbols disagree."""
        said = text_of(rows, self._layout.currency_column)
        codes = said.different.str.to_uppercase()
        if (odd := (codes != "") & ~codes.str.contains(_CODE)).any():
            written = said._replace(different=codes)
            remedy = "use a three-letter code such as EUR"
            aside.mark(said.spread(odd), lambda row: (f"{shown(written.at(row))} is not a currency code", remedy))
            codes = codes.zip_with(~odd, pl.repeat("", codes.len(), eager=True))
        known = first_filled(said._replace(different=codes), self._layout.currency or "")
        if symbols is None:
            return known
        spend = numbers["spend" if "spend" in numbers else "revenue"]
        return Repeated(self._by_symbol(rows, known.rows(), symbols, spend), None)

    def _by_symbol(self, rows: Rows, known: pl.Series, symbols: pl.Series, spend: pl.Series) -> pl.Series:
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

    def _agreed(self, rows: Rows, found: pl.DataFrame, known: str, symbol: str, *, some: bool = True) -> str:
        here = (pl.col("known") == known) & (pl.col("symbol") == symbol) & (pl.col("some") == some)
        row = int(found.select(here.fill_null(value=False).arg_max()).item() or 0)
        possible = could_be(symbol)
        if known and known not in possible:
            refuse(
                self._layout, rows, row, f"the amount is in {symbol}, the currency said is {known}", "export it again"
            )
        if known:
            return known
        if len(possible) != 1 and self._layout.free_of_currency:
            return ""
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

    def need(self, numbers: pl.DataFrame, currency: Repeated, aside: Aside) -> pl.DataFrame:
        """The numbers, without amounts whose currency nobody says; or their rows are set aside."""
        unsaid = currency.different == ""
        money = [field for field in _MONEY if field in numbers.columns]
        if not unsaid.any():
            return numbers
        some = numbers.select(
            pl.any_horizontal([pl.col(field).is_not_null() for field in money] or [pl.lit(value=False)])
        )
        lacking = some.to_series() & currency.spread(unsaid)
        if not lacking.any():
            return numbers
        if self._layout.free_of_currency:
            open_ = pl.lit(lacking)
            return numbers.with_columns(
                *(pl.when(~open_).then(field).alias(field) for field in money),
                *(
                    pl.when(open_).then(pl.lit(NO_CURRENCY)).otherwise(f"{field}?").alias(f"{field}?")
                    for field in money
                ),
            )
        remedy = (
            "export with the column Currency code, or say it with --currency, "
            "or declare the file's columns in a mapping file"
        )
        aside.mark(lacking, lambda _: ("the file does not say in which currency the amounts are", remedy))
        return numbers

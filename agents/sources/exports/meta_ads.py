"""Meta Ads Manager reports: translated headers, pivots, summary rows, results of several kinds in one column."""

import re
from collections.abc import Collection, Iterator

import polars as pl

from agents.sources.exports.layout import Headers, Layout
from agents.sources.exports.meanings import notes as meanings
from agents.sources.exports.meta_names import META
from agents.sources.exports.meta_pivot import survey
from agents.sources.text.aliases import index_of, plain_header, styles
from agents.sources.text.days import Order, OrderEvidence
from agents.sources.text.declared import Declared
from agents.sources.text.sniff import Table
from agents.sources.text.unreadable import UnreadableExport

NAMES = index_of(META)

_MARKS = (
    *("starts", "ends", "results", "indicator", "link_clicks", "attribution"),
    *("delivery", "ad_group", "reach", "frequency"),
)
"""Columns that hardly anybody but Meta names so; two of them make a Meta report."""
_DIMENSIONS = ("ad_group_id", "ad_group", "ad_id", "ad", "age", "gender", "country", "region", "placement", "platform")
_PURCHASE = re.compile(r"purchase|kauf|käufe|achat|compra|acquist|aankop|zakup|購入|구매|购", re.IGNORECASE)
_LEAD = re.compile(r"lead|prospect|clientes? potencial|contatt|cadastro|リード|잠재|潜在", re.IGNORECASE)


def layout(table: Table, declared: Declared, blocks: Iterator[pl.DataFrame]) -> Layout | None:
    """How to read the table, None if it does not look like Meta; `blocks` are its rows, for a first look.

    Raises UnreadableExport for what lacks, and where dates may be day first or month first.
    """
    headers = Headers(table.header, NAMES)
    if not _is_meta(headers) or not ({"campaign", "ad_group", "ad"} & _present(headers)):
        return None
    _require(table, headers, declared)
    dimensions = headers.pick((*_DIMENSIONS, "device"))
    dates = [place for field in ("day", "starts", "ends") if (place := headers.first(field))]
    evidence = OrderEvidence(declared.today)
    pivot = survey(
        blocks, _names(headers), headers.first("day"), dates, _detail(headers), evidence, headers.first("attribution")
    )
    pivot.order = declared.dates or _decided(table, evidence)
    grain = "ad" if {"ad", "ad_id"} & _present(headers) else "ad_group" if "ad_group" in headers else "campaign"
    daily = headers.first("day") if pivot.dated else None
    return Layout(
        path=table.path,
        name=f"meta/{grain}",
        source="meta",
        grain=grain,
        header=table.header,
        styles=styles(headers.languages, table.delimiter),
        channel="paid_social",
        account=declared.account,
        account_column=headers.first("account"),
        campaign=headers.first("campaign"),
        campaign_id=headers.first("campaign_id"),
        day=daily or headers.first("starts"),
        last_day=None if daily else headers.first("ends"),
        period=declared.period,
        order=pivot.order,
        currency=headers.currency("spend") or declared.currency,
        currency_column=headers.first("currency"),
        numbers=_numbers(headers, with_budget=grain == "campaign" and not _detail(headers)),
        dimensions=dimensions,
        states=dates,
        others=headers.others(),
        prepare=pivot.begin,
        finish=_Results(headers.first("results"), headers.first("indicator")).split,
        budget_type=headers.first("budget_type"),
        notes=_notes(headers, pivot.attributions),
    )


def _is_meta(headers: Headers) -> bool:
    amount_spent = any(plain_header(headers.texts[place]) != "spend" for place in headers.positions("spend"))
    return amount_spent or sum(mark in headers for mark in _MARKS) > 1


def _present(headers: Headers) -> set[str]:
    return {field for field in META if field in headers}


def _names(headers: Headers) -> list[str]:
    return [place for field in ("campaign", "ad_group", "ad") if (place := headers.first(field))]


def _detail(headers: Headers) -> list[str]:
    return list(headers.pick(("age", "gender", "country", "region", "placement", "platform", "device")).values())


def _numbers(headers: Headers, *, with_budget: bool) -> dict[str, str]:
    numbers = headers.pick(("spend", "impressions", "results", "conversions", "leads", "revenue"))
    # A finer row repeats the budget of its campaign: summed, it would count many times.
    if with_budget and (budget := headers.first("budget")):
        numbers["budget"] = budget
    if clicks := headers.first("link_clicks", "all_clicks"):
        numbers["clicks"] = clicks
    return numbers


def _require(table: Table, headers: Headers, declared: Declared) -> None:
    if "spend" not in headers:
        problem = f"the header has no “Amount spent” column (it has {', '.join(filter(None, table.header))})"
        raise UnreadableExport(
            table.path, table.header_line, problem, "add Amount spent to the columns and export again"
        )
    if not ({"day", "starts"} & _present(headers) or declared.period):
        problem = "the header has neither a Day nor a Reporting starts column"
        raise UnreadableExport(table.path, table.header_line, problem, "break the report down by day and export again")


def _decided(table: Table, evidence: OrderEvidence) -> Order:
    if evidence.matters and not evidence.decided:
        raise UnreadableExport(
            table.path,
            table.header_line + 1,
            "every date in the file could be day/month or month/day",
            "say which it is with --dates dmy or --dates mdy",
        )
    # Where no order fits, any will do: reading the rows names the line at fault.
    return next(iter(sorted(evidence.possible)), Order.DMY)


def _notes(headers: Headers, attributions: Collection[str]) -> tuple[str, ...]:
    notes = []
    if headers.first("link_clicks", "all_clicks"):
        which = "link clicks" if "link_clicks" in headers else "clicks (all), which hold more than link clicks"
        notes.append(f"clicks are {which}")
    if "results" in headers and "indicator" not in headers and "conversions" not in headers:
        notes.append("the file has no Result indicator: its results count as conversions, whatever they are")
    if len(attributions) > 1:
        said = ", ".join(sorted(attributions))
        notes.append(f"rows are counted under several attribution settings, which cannot be compared: {said}")
    fields = [field for field in ("conversions", "leads") if field in headers or "results" in headers]
    return (*notes, *meanings("meta", fields))


class _Results:
    """One column of results holds purchases, leads, clicks and more: only like is counted with like."""

    def __init__(self, results: str | None, indicator: str | None) -> None:
        self._results = results
        self._indicator = indicator

    def split(self, numbers: pl.DataFrame, block: pl.DataFrame) -> pl.DataFrame:
        if self._results is None:
            return numbers
        if self._indicator is None:
            return numbers if "conversions" in numbers else _renamed(numbers)
        said = block[self._indicator]
        kinds = {text: _kind(text) for text in said.unique()}
        kind = said.replace_strict(list(kinds), list(kinds.values()), return_dtype=pl.String)
        found = numbers.with_columns(kind.alias("_kind"), said.alias("_said"))
        for field in ("conversions", "leads"):
            if field not in numbers:
                mine = pl.col("_kind") == field
                found = found.with_columns(
                    pl.when(mine).then("results").alias(field), pl.when(mine).then("results?").alias(f"{field}?")
                )
        # A result of another kind, such as a link click, is neither: the flag says what it was.
        other = pl.col("results").is_not_null() & (pl.col("_kind") == "other")
        found = found.with_columns(pl.when(other).then("_said").alias("flag:results"))
        return found.drop("results", "results?", "_kind", "_said")


def _renamed(numbers: pl.DataFrame) -> pl.DataFrame:
    return numbers.rename({"results": "conversions", "results?": "conversions?"})


def _kind(indicator: str) -> str:
    if _PURCHASE.search(indicator):
        return "conversions"
    return "leads" if _LEAD.search(indicator) else "other"

"""LinkedIn Campaign Manager reports: days in UTC, month first."""

from agents.sources.exports.aliases import index_of
from agents.sources.exports.cells import Style
from agents.sources.exports.days import Order
from agents.sources.exports.layout import Declared, Headers, Layout
from agents.sources.exports.meta_names import LINKEDIN
from agents.sources.exports.sniff import Table
from agents.sources.exports.unreadable import UnreadableExport

NAMES = index_of(LINKEDIN)


def layout(table: Table, declared: Declared) -> Layout | None:
    """How to read the table, None if it does not look like LinkedIn."""
    headers = Headers(table.header, NAMES)
    if "spend" not in headers or not ("campaign" in headers or "day" in headers):
        return None
    if "day" not in headers and declared.period is None:
        problem = "the header has no Start Date column"
        raise UnreadableExport(table.path, table.header_line, problem, "export the report with a daily breakdown")
    grain = "ad" if "ad" in headers else "campaign"
    utc = any("utc" in text.casefold() for text in (*table.preamble, *table.header))
    return Layout(
        path=table.path,
        name=f"linkedin/{grain}",
        source="linkedin",
        grain=grain,
        header=table.header,
        styles=(Style.POINT, Style.COMMA),
        channel="paid_social",
        account=declared.account,
        account_column=headers.first("account"),
        campaign=headers.first("campaign"),
        campaign_id=headers.first("campaign_id"),
        day=headers.first("day"),
        period=declared.period,
        order=declared.dates or Order.MDY,
        zone="UTC" if utc else None,
        currency=declared.currency,
        currency_column=headers.first("currency"),
        numbers=headers.pick(("spend", "impressions", "clicks", "conversions", "leads", "revenue")),
        dimensions=headers.pick(("ad",)),
        states=[place for place in (headers.first("day"),) if place],
        others=headers.others(("ctr",)),
    )

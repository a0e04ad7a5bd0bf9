"""LinkedIn Campaign Manager reports: days in UTC, month first."""

import re

from agents.sources.exports.layout import Headers, Layout
from agents.sources.exports.meanings import notes as meanings
from agents.sources.text.aliases import Names, index_of, styles
from agents.sources.text.days import Order, Period, read_day
from agents.sources.text.declared import Declared
from agents.sources.text.sniff import Table
from agents.sources.text.unreadable import UnreadableExport

_NAMES: Names = {
    "campaign": {"en": "campaign name"},
    "campaign_id": {"en": "campaign id"},
    "campaign_group": {"en": "campaign group name | campaign group id"},
    "ad": {"en": "creative name | ad headline | creative id | ad id | ad introduction text"},
    "account": {"en": "account name | account id"},
    "currency": {"en": "currency"},
    "day": {"en": "start date (in utc) | start date"},
    "spend": {"en": "total spent | total spent (local currency)"},
    "impressions": {"en": "impressions"},
    "clicks": {"en": "clicks"},
    "landing_clicks": {"en": "clicks to landing page"},
    "engagements": {"en": "total engagements | total social actions | reactions | follows"},
    "conversions": {"en": "conversions"},
    "view_conversions": {"en": "view-through conversions | post-view conversions"},
    "leads": {"en": "leads"},
    "lead_forms": {"en": "lead forms opened | lead form opens"},
    "revenue": {"en": "total conversion value"},
    "ctr": {"en": "click through rate"},
    "cpm": {"en": "average cpm"},
    "cpc": {"en": "average cpc"},
}
NAMES = index_of(_NAMES)


_ENDS = re.compile(r"Report (?:Start|End): ([^:]*?)(?:, \d{1,2}:\d{2}[^,]*)?(?=$|\"|, Report|,*$)")


def layout(table: Table, declared: Declared) -> Layout | None:
    """How to read the table, None if it does not look like LinkedIn. Raises UnreadableExport for what lacks."""
    headers = Headers(table.header, NAMES)
    if "spend" not in headers or not ("campaign" in headers or "day" in headers):
        return None
    period = _period(table) or declared.period
    if "day" not in headers and period is None:
        problem = "the header has no Start Date column"
        raise UnreadableExport(table.path, table.header_line, problem, "export the report with a daily breakdown")
    grain = "ad" if "ad" in headers else "campaign"
    utc = any("utc" in text.casefold() for text in (*table.preamble, *table.header))
    numbers = headers.pick(("spend", "impressions", "clicks", "conversions", "leads", "revenue"))
    return Layout(
        path=table.path,
        name=f"linkedin/{grain}",
        source="linkedin",
        grain=grain,
        header=table.header,
        styles=styles(headers.languages, table.delimiter),
        channel="paid_social",
        account=declared.account,
        account_column=headers.first("account"),
        campaign=headers.first("campaign"),
        campaign_id=headers.first("campaign_id"),
        day=headers.first("day"),
        period=period,
        bounds=_period(table),
        order=declared.dates,
        usual_order=Order.MDY,
        zone="UTC" if utc else None,
        currency=declared.currency,
        currency_column=headers.first("currency"),
        numbers=numbers,
        dimensions=headers.pick(("ad",)),
        states=[place for place in (headers.first("day"),) if place],
        others=headers.others(("ctr",)),
        notes=meanings("linkedin", numbers),
    )


def _period(table: Table) -> Period | None:
    """`Report Start: July 1, 2025, 12:00 AM` and the end, on one line or two."""
    texts = [text.strip(' ",') for line in table.preamble for text in _ENDS.findall(line)]
    days = [day for text in texts if (day := read_day(text, Order.MDY))]
    return Period(days[0], days[-1]) if len(days) > 1 and days[0] <= days[-1] else None

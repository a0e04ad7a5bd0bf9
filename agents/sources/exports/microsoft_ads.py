"""Microsoft Advertising reports: a preamble of `name: value` lines, two ways of writing headers, a footer."""

import re
from collections.abc import Callable

import polars as pl

from agents.sources.exports.layout import Headers, Layout, Prepared
from agents.sources.exports.meanings import notes as meanings
from agents.sources.text.aliases import Names, index_of, styles
from agents.sources.text.days import Order, Period, read_day
from agents.sources.text.declared import Declared
from agents.sources.text.rows import LINE
from agents.sources.text.sniff import Raw, Table
from agents.sources.text.unreadable import UnreadableExport

SOURCE = "microsoft_ads"

_NAMES: Names = {
    "account": {"en": "account name | accountname | account number | accountnumber | account id | accountid | account"},
    "campaign": {"en": "campaign name | campaignname | campaign"},
    "campaign_id": {"en": "campaign id | campaignid"},
    "ad_group": {"en": "ad group | ad group name | adgroupname"},
    "ad_group_id": {"en": "ad group id | adgroupid"},
    "ad": {"en": "ad id | adid"},
    "headline": {"en": "ad title | adtitle | title part 1 | titlepart1"},
    "keyword": {"en": "keyword"},
    "keyword_id": {"en": "keyword id | keywordid"},
    "match_type": {"en": "bid match type | bidmatchtype | delivered match type | deliveredmatchtype"},
    "search_term": {"en": "search term | search query | searchquery"},
    "device": {"en": "device type | devicetype | device"},
    "network": {"en": "network | ad distribution | addistribution"},
    "day": {"en": "gregorian date | gregoriandate | time period | timeperiod | date | day"},
    "hour": {"en": "hour | hour of day | hourofday"},
    "currency": {"en": "currency code | currencycode"},
    "spend": {"en": "spend"},
    "impressions": {"en": "impressions | impr."},
    "clicks": {"en": "clicks"},
    "conversions": {"en": "conversions | conv."},
    "revenue": {"en": "revenue"},
    "ctr": {"en": "ctr | ctr (%)"},
    "cpc": {"en": "average cpc | avg. cpc | averagecpc"},
    "impression_share": {"en": "impression share (%) | impression share | impressionsharepercent"},
}
NAMES = index_of(_NAMES)

_GRAINS = (
    ("search_term", ("search_term",)),
    ("keyword", ("keyword", "keyword_id")),
    ("ad", ("ad", "headline")),
    ("ad_group", ("ad_group", "ad_group_id")),
    ("campaign", ("campaign", "campaign_id")),
)
_DIMENSIONS = (
    *("ad_group_id", "ad_group", "ad", "headline", "keyword_id", "keyword", "match_type", "search_term"),
    *("device", "network", "hour"),
)
_OURS = frozenset(
    (
        *(
            "gregorian date",
            "gregoriandate",
            "timeperiod",
            "accountname",
            "campaignname",
            "currencycode",
            "adgroupname",
        ),
        *("bid match type", "bidmatchtype", "ad distribution", "addistribution", "account number", "accountnumber"),
        *("delivered match type", "deliveredmatchtype", "adgroupname"),
    )
)
"""Headers that nobody else writes so."""
_SAID = re.compile(
    r'^"?(Report Name|Report Time|Time Zone|Last Completed Available (?:Day|Hour)|Report Aggregation|Report Filter|'
    r'Potential Incomplete Data|Rows):\s*(.*?)"?,*\s*$'
)
_ZONES = (
    ("Pacific Time", "America/Los_Angeles"),
    ("Mountain Time", "America/Denver"),
    ("Central Time", "America/Chicago"),
    ("Eastern Time", "America/New_York"),
    ("London", "Europe/London"),
    ("Berlin", "Europe/Berlin"),
    ("Paris", "Europe/Paris"),
    ("Athens", "Europe/Athens"),
    ("Tokyo", "Asia/Tokyo"),
    ("Sydney", "Australia/Sydney"),
)
_WHOLE = frozenset(("summary", ""))
_DAILY = frozenset(("daily", "day", "hourly", "hour", "hourofday"))


def signed(raw: Raw) -> bool:
    """Whether the file says itself that it comes from Microsoft Advertising."""
    return any(_SAID.match(line) for line in raw.head.splitlines()[:3])


def layout(table: Table, declared: Declared) -> Layout | None:
    """How to read the table, None if it does not look like Microsoft. Raises UnreadableExport for what lacks."""
    headers = Headers(table.header, NAMES)
    said = {match[1]: match[2].strip() for line in table.preamble if (match := _SAID.match(line))}
    if not said and not any(text.strip().casefold() in _OURS for text in table.header):
        return None
    _require(table, headers)
    aggregation = said.get("Report Aggregation", "").casefold()
    if "day" in headers and aggregation not in (_DAILY | _WHOLE):
        problem = f"the report adds its days up ({said['Report Aggregation']})"
        raise UnreadableExport(table.path, table.header_line, problem, "run it again with the unit of time Day")
    period = None if "day" in headers else _period(table, said, declared)
    grain = next((name for name, marks in _GRAINS if any(mark in headers for mark in marks)), "account")
    numbers = headers.pick(("spend", "impressions", "clicks", "conversions", "revenue"))
    return Layout(
        path=table.path,
        name=f"microsoft_ads/{grain}",
        source=SOURCE,
        grain=grain,
        header=table.header,
        styles=styles(headers.languages, table.delimiter),
        channel="paid_search",
        account=declared.account,
        account_column=headers.first("account"),
        campaign=headers.first("campaign"),
        campaign_id=headers.first("campaign_id"),
        day=headers.first("day"),
        period=period,
        bounds=_bounds(said),
        order=declared.dates,
        usual_order=Order.MDY,
        zone=next((zone for name, zone in _ZONES if name in said.get("Time Zone", "")), None),
        currency=declared.currency,
        currency_column=headers.first("currency"),
        numbers=numbers,
        dimensions=headers.pick(_DIMENSIONS),
        states=[place for place in (headers.first("day"),) if place],
        others=headers.others(("ctr", "cpc", "impression_share")),
        prepare=_begin(headers),
        notes=(*_notes(said), *meanings(SOURCE, numbers)),
    )


def _require(table: Table, headers: Headers) -> None:
    if "spend" not in headers:
        problem = f"the header has no Spend column (it has {', '.join(filter(None, table.header))})"
        raise UnreadableExport(table.path, table.header_line, problem, "add Spend to the report's columns")


def _bounds(said: dict[str, str]) -> Period | None:
    ends = [read_day(text.strip(), Order.MDY) for text in said.get("Report Time", "").split(",")]
    if not ends or ends[0] is None or ends[-1] is None or ends[-1] < ends[0]:
        return None
    return Period(ends[0], ends[-1])


def _period(table: Table, said: dict[str, str], declared: Declared) -> Period:
    if period := _bounds(said) or declared.period:
        return period
    raise UnreadableExport(
        table.path,
        table.header_line,
        "there is no date column and no Report Time above the header",
        "run the report with the unit of time Day, or with its report header",
    )


def _begin(headers: Headers) -> Callable[[], Callable[[pl.DataFrame], Prepared]]:
    ids = list(headers.pick(("campaign_id", "ad_group_id", "ad", "keyword_id")).values())

    def prepare(block: pl.DataFrame) -> Prepared:
        # Ids stand in brackets, so that a spreadsheet does not round them: [82945799304067].
        bare = block.with_columns(pl.col(place).str.replace(r"^\s*\[(\d+)\]\s*$", "$1") for place in ids)
        return Prepared(bare, block.select(LINE, reason=LINE).clear())

    return lambda: prepare


def _notes(said: dict[str, str]) -> tuple[str, ...]:
    notes = []
    if said.get("Potential Incomplete Data", "").casefold() == "true":
        day = said.get("Last Completed Available Day", "an earlier day")
        notes.append(f"the file says that its newest days may be incomplete (complete to {day})")
    return tuple(notes)

"""Google Ads reports as its web pages export them, the tables with a preamble and the cards of the overview page."""

from agents.sources.exports.google_names import GOOGLE
from agents.sources.exports.layout import Headers, Layout
from agents.sources.exports.meanings import notes as meanings
from agents.sources.text.aliases import index_of, plain_header, styles
from agents.sources.text.days import Period, is_all_time, period_in_name, read_period
from agents.sources.text.declared import Declared
from agents.sources.text.rows import column
from agents.sources.text.sniff import Table
from agents.sources.text.unreadable import UnreadableExport, shown

NAMES = index_of(GOOGLE)

_MARKS = (
    "campaign_type",
    "campaign_status",
    "ad_group",
    "ad_group_status",
    "ad_type",
    "keyword",
    "search_term",
    "budget_type",
    "average_cpc",
    "conversion_rate",
    "interaction_rate",
    "optimization_score",
    "impression_share",
)
"""Columns that nobody but Google Ads names so."""
_MARK_HEADERS = frozenset(("impr.", "vert.", "wyśw.", "currency code", "währungscode", "code de devise", "conv. value"))
_GRAINS = (
    ("search_term", ("search_term",)),
    ("keyword", ("keyword",)),
    ("ad", ("ad", "ad_type", "headline")),
    ("ad_group", ("ad_group",)),
    ("campaign", ("campaign",)),
)
_DIMENSIONS = (
    "ad_group_id",
    "ad_group",
    "ad",
    "headline",
    "keyword",
    "match_type",
    "search_term",
    "device",
    "network",
    "location",
    "hour",
    "week",
)
_RATIOS = ("ctr", "conversion_rate", "interaction_rate", "optimization_score", "impression_share")
_VIDEO = (
    "video",
    "vidéo",
    "vídeo",
    "wideo",
    "demand gen",
    "discovery",
    "génération de la demande",
    "generación de demanda",
    "geração de demanda",
)
_PLAIN_CSV = "or, if Google Ads did not write this file, declare its columns in a mapping file"


def layout(table: Table, declared: Declared) -> Layout | None:
    """How to read the table, None if it does not look like Google Ads. Raises UnreadableExport for what lacks."""
    headers = Headers(table.header, NAMES)
    if not _is_google(table, headers):
        return None
    if "spend" not in headers:
        problem = f"the header has no Cost column (it has {', '.join(filter(None, table.header))})"
        raise UnreadableExport(
            table.path, table.header_line, problem, f"add Cost to the report's columns, {_PLAIN_CSV}"
        )
    grain = next((name for name, marks in _GRAINS if any(mark in headers for mark in marks)), "account")
    period = None if "day" in headers else _period(table, declared)
    card = not table.preamble and "campaign_status" not in headers and not headers.positions("currency")
    return Layout(
        path=table.path,
        name="google_ads/overview" if card else f"google_ads/{grain}",
        source="google_ads",
        grain=grain,
        header=table.header,
        styles=styles(headers.languages, table.delimiter),
        channel="paid_search",
        channel_column=headers.first("campaign_type"),
        channel_names=dict.fromkeys(_VIDEO, "paid_video"),
        account=declared.account,
        account_column=headers.first("account"),
        campaign=headers.first("campaign"),
        campaign_id=headers.first("campaign_id"),
        day=headers.first("day"),
        period=period,
        bounds=_preamble_period(table, declared),
        order=declared.dates,
        currency=declared.currency,
        currency_column=_currency_column(headers),
        numbers=_numbers(headers, grain),
        dimensions=headers.pick(_DIMENSIONS),
        states=[
            column(place) for field in ("campaign_status", "campaign_type", "day") for place in headers.positions(field)
        ],
        others=headers.others(_RATIOS),
        budget_type=headers.first("budget_type"),
        notes=(*_notes(table, grain), *meanings("google_ads", _numbers(headers, grain))),
    )


def _numbers(headers: Headers, grain: str) -> dict[str, str]:
    fields = ("spend", "impressions", "clicks", "conversions", "revenue")
    # A finer row repeats the budget of its campaign: summed, it would count many times.
    whole = grain == "campaign" and not headers.pick(_DIMENSIONS)
    return headers.pick((*fields, "budget") if whole else fields)


def _is_google(table: Table, headers: Headers) -> bool:
    if any(field in headers for field in _MARKS) or _preamble_period(table, None) or period_in_name(table.path.name):
        return True
    plain = {plain_header(text) for text in table.header}
    return bool(plain & _MARK_HEADERS) or any(is_all_time(line) for line in table.preamble)


def _currency_column(headers: Headers) -> str | None:
    """The code that stands nearest before the cost: a report may hold two, one per group of columns."""
    cost = headers.positions("spend")[0]
    places = headers.positions("currency")
    before = [place for place in places if place < cost]
    return column(before[-1] if before else places[0]) if places else None


def _period(table: Table, declared: Declared) -> Period:
    said = _preamble_period(table, declared) or period_in_name(table.path.name) or declared.period
    if said:
        return said
    if any(is_all_time(line) for line in table.preamble):
        problem = "the report covers all time, and until which day is not known"
        raise UnreadableExport(table.path, table.header_line, problem, "export it with a range of days")
    raise UnreadableExport(
        table.path,
        table.header_line,
        f"no day column, no date range above the header and none in the file name {shown(table.path.name)}",
        "add the segment Day to the report and export it again, or keep the name that Google Ads gave the file",
    )


def _preamble_period(table: Table, declared: Declared | None) -> Period | None:
    today = declared.today if declared else None
    for line in table.preamble:
        if period := read_period(line, today):
            return period
    return None


def _notes(table: Table, grain: str) -> tuple[str, ...]:
    notes = []
    if any(is_all_time(line) for line in table.preamble):
        notes.append("the report covers all time: its rows cannot be placed in a shorter window")
    if grain == "account":
        notes.append("the file names no campaigns: its rows count for the account as a whole")
    if not table.raw.ends_in_newline:
        notes.append("the file does not end with a line end, as Google Ads writes it: it may be cut off")
    return tuple(notes)

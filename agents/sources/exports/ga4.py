"""Google Analytics 4: comment blocks, several tables a file, days counted from the start, and the word Grand total.

Only visits are read. Key events and revenue count the same sales as the ad platforms and the shop do, and would count
them twice.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

import polars as pl

from agents.sources.exports.layout import Headers, Layout, Prepared
from agents.sources.exports.meanings import notes as meanings
from agents.sources.text.aliases import Names, index_of, styles
from agents.sources.text.days import Period, read_day
from agents.sources.text.declared import Declared
from agents.sources.text.rows import LINE
from agents.sources.text.sniff import Raw, Table, cells_of, lines_of
from agents.sources.text.totals import is_total_label
from agents.sources.text.unreadable import UnreadableExport

SOURCE = "ga4"

_NAMES: Names = {
    "day": {"en": "date | day", "de": "datum", "fr": "date", "es": "fecha", "it": "data", "nl": "datum"},
    "nth_day": {"en": "nth day", "de": "n-ter tag", "fr": "nième jour", "es": "día n"},
    "hour": {"en": "hour | date + hour (yyyymmddhh)"},
    "group": {
        "en": "session default channel group | session primary channel group (default channel group) | "
        "session primary channel group | default channel group | session default channel grouping",
        "de": "standardmäßige channelgruppe der sitzung | sitzung – standard-channelgruppe",
        "fr": "groupe de canaux par défaut de la session | session - groupe de canaux par défaut",
        "es": "grupo de canales predeterminado de la sesión",
    },
    "source_medium": {"en": "session source / medium | source / medium", "de": "sitzung – quelle/medium"},
    "source": {"en": "session source | source", "de": "quelle der sitzung"},
    "medium": {"en": "session medium | medium", "de": "medium der sitzung"},
    "campaign": {
        "en": "session campaign | session google ads campaign | session manual campaign name | campaign",
        "de": "kampagne der sitzung | sitzung – kampagne",
        "fr": "campagne de la session | session - campagne",
        "es": "campaña de la sesión",
    },
    "campaign_id": {"en": "session campaign id | session manual campaign id"},
    "landing_page": {"en": "landing page + query string | landing page", "de": "landingpage"},
    "device": {"en": "device category", "de": "gerätekategorie", "fr": "catégorie d'appareil"},
    "country": {"en": "country", "de": "land", "fr": "pays", "es": "país"},
    "sessions": {"en": "sessions", "de": "sitzungen", "es": "sesiones", "it": "sessioni", "nl": "sessies"},
    "engaged": {"en": "engaged sessions", "de": "interaktive sitzungen", "fr": "sessions avec engagement"},
    "users": {"en": "users | active users | total users | new users", "de": "nutzer | aktive nutzer"},
    "engagement_rate": {"en": "engagement rate | bounce rate", "de": "engagement-rate"},
    "key_events": {"en": "key events | conversions | event count", "de": "schlüsselereignisse"},
    "revenue": {"en": "total revenue | purchase revenue", "de": "gesamtumsatz"},
}
NAMES = index_of(_NAMES)

_MARKS = frozenset(("nth_day", "group", "source_medium", "landing_page", "engaged", "key_events"))
_DIMENSIONS = ("group", "source_medium", "source", "medium", "landing_page", "device", "country", "hour")
_CHANNELS = {
    "paid search": "paid_search",
    "paid shopping": "paid_search",
    "paid social": "paid_social",
    "paid video": "paid_video",
    "email": "email",
}
_RANGE = re.compile(r"^#\s*(\d{8})\s*[-–]\s*(\d{8})\s*$")
_END = re.compile(r"^#\s*([^:]+):\s*(\d{8})\s*$")
_MOST_TABLES = 50


class _Found(NamedTuple):
    """A table in the file and what the comments above it say."""

    table: Table
    period: Period | None
    account: str


def signed(raw: Raw) -> bool:
    """Whether the file begins with the comment block of Google Analytics."""
    first = raw.head.lstrip().splitlines()[:1]
    return bool(first) and first[0].startswith("# -")


def find(raw: Raw, declared: Declared) -> tuple[Table, Layout] | None:
    """The table that tells most about visits; None if the file is not from Google Analytics.

    Raises UnreadableExport if it is, but holds no visits or no days.
    """
    if not signed(raw):
        return None
    found = list(_tables(raw))
    usable = [one for one in found if "sessions" in Headers(one.table.header, NAMES)]
    if not usable:
        names = "; ".join(", ".join(one.table.header) for one in found[:3]) or "none"
        problem = f"no table in the file has a column Sessions (tables: {names})"
        raise UnreadableExport(raw.path, 1, problem, "add Sessions to the report and export it again")
    best = max(usable, key=_worth)
    others = [one.table for one in found if one is not best]
    layout = _layout(best.table, declared, best.period, best.account, others)
    return best.table, layout


def layout(table: Table, declared: Declared) -> Layout | None:
    """How to read a table without comments, None if it does not look like Google Analytics."""
    headers = Headers(table.header, NAMES)
    if "sessions" not in headers or not any(mark in headers for mark in _MARKS):
        return None
    return _layout(table, declared, None, "", [])


def _worth(one: _Found) -> tuple[bool, bool, bool, int]:
    headers = Headers(one.table.header, NAMES)
    dated = "day" in headers or ("nth_day" in headers and one.period is not None)
    rows = (one.table.last_line or 0) - one.table.header_line
    # Visits of a single week can only be told from days; where they came from is second to that.
    return (dated, "campaign" in headers, bool(headers.pick(_DIMENSIONS)), rows)


def _layout(table: Table, declared: Declared, period: Period | None, account: str, others: list[Table]) -> Layout:
    headers = Headers(table.header, NAMES)
    nth = headers.first("nth_day") if period else None
    day = headers.first("day") or nth
    covered = None if day else period or declared.period
    if day is None and covered is None:
        raise UnreadableExport(
            table.path,
            table.header_line,
            "there is no Date column, and no comment says which days the report covers",
            "add the dimension Date and export it again",
        )
    campaign = headers.first("campaign")
    group = headers.first("group")
    dimensions = headers.pick(_DIMENSIONS)
    return Layout(
        path=table.path,
        name="ga4/campaign" if campaign else "ga4/visits",
        source=SOURCE,
        grain="campaign" if campaign else "account",
        header=table.header,
        styles=styles(headers.languages, table.delimiter),
        channel="website",
        channel_column=group,
        channel_names={} if group is None else _CHANNELS,
        account=declared.account or account,
        campaign=campaign,
        campaign_id=headers.first("campaign_id"),
        nameless=campaign is None,
        day=day,
        period=covered,
        order=declared.dates,
        numbers=headers.pick(("sessions",)),
        dimensions=dimensions,
        labels=[*(place for place in (day, campaign) if place), *dimensions.values(), "c0"],
        states=[place for place in (day,) if place],
        prepare=_begin(nth, period),
        notes=(*_notes(headers, others), *meanings(SOURCE, ("sessions",))),
    )


def _tables(raw: Raw) -> Iterator[_Found]:
    """Runs of lines that are no comments; a comment block below one begins the next."""
    said: list[str] = []
    preamble: list[str] = []
    account = ""
    start: tuple[int, tuple[str, ...]] | None = None
    count, last = 0, 0
    for number, line in enumerate(lines_of(raw), start=1):
        comment, blank = line.startswith("#"), not line.strip(" ,")
        if start and (comment or blank):
            yield _Found(_table(raw, start, preamble, last), _period(said), account)
            start, said, count = None, [], count + 1
            if count >= _MOST_TABLES:
                return
        if comment:
            said.append(line)
            account = next(
                (line.split(":", 1)[1].strip() for word in ("# Property:",) if line.startswith(word)), account
            )
        elif not blank and start is None and not is_total_label(cells := cells_of(line, ",")):
            start = (number, tuple(cell.strip() for cell in cells))
        if start is None:
            preamble.append(line)
        elif not blank:
            last = number
    if start:
        yield _Found(_table(raw, start, preamble, last), _period(said), account)


def _table(raw: Raw, start: tuple[int, tuple[str, ...]], preamble: list[str], last: int) -> Table:
    return Table(raw, ",", tuple(preamble), start[1], start[0], last)


def _period(comments: list[str]) -> Period | None:
    """`# Start date: 20260101` and the end below it, in whatever language; or `# 20260101-20260131`."""
    days: list[date] = []
    for line in comments:
        match = _RANGE.match(line)
        texts = match.groups() if match else (match[2],) if (match := _END.match(line)) else ()
        days += [day for text in texts if (day := read_day(text, None))]
    if not days:
        return None
    first, last = days[-2:] if len(days) > 1 else (days[0], days[0])
    return Period(first, last) if first <= last else None


def _begin(nth: str | None, period: Period | None) -> Callable[[], Callable[[pl.DataFrame], Prepared]] | None:
    if nth is None or period is None:
        return None

    def day_of(text: str) -> str:
        bare = text.strip()
        return str(period.first + timedelta(days=int(bare))) if re.fullmatch(r"\d{1,4}", bare) else bare

    def prepare(block: pl.DataFrame) -> Prepared:
        days = {text: day_of(text) for text in block[nth].unique()}
        dated = block.with_columns(pl.col(nth).replace_strict(list(days), list(days.values()), return_dtype=pl.String))
        return Prepared(dated, block.select(LINE, reason=LINE).clear())

    return lambda: prepare


def _notes(headers: Headers, others: list[Table]) -> tuple[str, ...]:
    notes = []
    if others:
        places = ", ".join(f"line {table.header_line}" for table in others[:5])
        what = "one more table tells" if len(others) == 1 else f"{len(others)} more tables tell"
        notes.append(f"{what} of the same visits in another way: not read ({places})")
    if "key_events" in headers or "revenue" in headers:
        notes.append(
            "key events and revenue are not read: the ad platforms and the shop count the same sales, "
            "and they would count twice"
        )
    return tuple(notes)

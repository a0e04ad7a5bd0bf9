"""Words about data: names of sources and datasets, how much, which days, how fresh. Names in data are untrusted."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from agents.kpis.figures import format_days, format_value
from agents.lifecycle.intake.source_picture import Gap, SourcePicture
from bot.slack.cards.markup import clean, count, data, spelled, words

_SOURCES = {
    "ga4": "GA4",
    "google_ads": "Google Ads",
    "hubspot": "HubSpot",
    "linkedin": "LinkedIn Ads",
    "mailchimp": "Mailchimp",
    "meta": "Meta Ads",
    "microsoft_ads": "Microsoft Ads",
    "sandbox": "Sandbox market",
    "wordpress": "WordPress",
}
_DATASETS = {
    "facts": ("day of figures", "days of figures"),
    "audience": ("audience", "audiences"),
    "content": ("page or post", "pages and posts"),
    "deal": ("deal", "deals"),
    "exchange_rate": ("exchange rate", "exchange rates"),
    "handoff": ("handoff", "handoffs"),
    "lead": ("contact", "contacts"),
    "order": ("order", "orders"),
    "order_line": ("order line", "order lines"),
    "product": ("product", "products"),
    "ticket": ("support case", "support cases"),
    "usage_event": ("product event", "product events"),
}
_SHOWN_GAPS = 3
_LOAD = re.compile(r" \(load file-[0-9a-f]+\)")


def source_name(source: str) -> str:
    """A source as people call it; plain, not escaped: "google_ads" → "Google Ads"."""
    return _SOURCES.get(source) or clean(words(source), 60)


def told_by(source: str) -> str:
    """Where a figure is from; plain: "google_ads, May.csv (load file-31fe71b1ab9d)" → "Google Ads, May.csv".

    Names of loads help nobody who reads a card; the command line tells them.
    """
    name, comma, rest = source.partition(", ")
    return spelled(_LOAD.sub("", f"{_SOURCES.get(name, name)}{comma}{rest}"))


def things(dataset: str, rows: int) -> str:
    """As in "1,204 orders"; plain, not escaped."""
    one, many = _DATASETS.get(dataset, (f"row of {words(dataset).lower()}", f"rows of {words(dataset).lower()}"))
    return count(rows, one, many)


def dataset_name(dataset: str) -> str:
    """As in "Orders"; plain, not escaped."""
    if dataset == "facts":
        return "Advertising figures"
    many = _DATASETS.get(dataset, ("", words(dataset)))[1]
    return f"{many[:1].upper()}{many[1:]}"


def amounts(spend: Mapping[str, Decimal], *, most: int = 4) -> str:
    """Money by currency, each for itself: "£1,234.50 + $20.00"; empty for none; for mrkdwn."""
    shown = [data(format_value(amount, currency), 40) for currency, amount in list(spend.items())[:most]]
    more = [f"{len(spend) - most} more currencies"] if len(spend) > most else []
    return " + ".join([*shown, *more])


def span(first: date | None, last: date | None) -> str:
    """As in "1–31 October 2026"; empty where there are no days."""
    return format_days(first, last) if first is not None and last is not None else ""


def gaps_of(gaps: Sequence[Gap]) -> str:
    """As in "nothing for 4–6 October 2026 (3 days)"; empty for none.

    What has many, such as mailings, has its days and is not torn: then only their number is said.
    """
    if not gaps:
        return ""
    if len(gaps) > _SHOWN_GAPS:
        return f"nothing on {sum(gap.days for gap in gaps):,} days in between"
    named = [f"{format_days(gap.first, gap.last)} ({count(gap.days, 'day')})" for gap in gaps]
    return f"nothing for {', '.join(named)}"


def age(last: date | None, today: date) -> str:
    """How old the newest day is: "to yesterday", "to 31 October 2026, 22 days ago"; empty for none."""
    if last is None:
        return ""
    days = (today - last).days
    if days <= 0:
        return "to today"
    return "to yesterday" if days == 1 else f"to {format_days(last, last)}, {count(days, 'day')} ago"


def late_words(one: SourcePicture, zone: ZoneInfo) -> str:
    """As in "late since 2 Nov 2026, 09:00 GMT (3 working days promised)"; empty while all is in time; for mrkdwn."""
    late = [held for held in one.datasets if held.stale and held.due_at is not None]
    if not late:
        return ""
    first = min(late, key=lambda held: held.due_at or one.known_at)
    since = f"{(first.due_at or one.known_at).astimezone(zone):%-d %b %Y, %H:%M %Z}"
    return f"*not fresh*: late since {since} ({first.promised} promised)"


def zones_differ(sources: Sequence[SourcePicture]) -> str:
    """Says where sources count their days in different zones; empty where all count alike."""
    zones: dict[str, list[str]] = {}
    for one in sources:
        if one.days:
            zones.setdefault(one.zone, []).append(source_name(one.source))
    if len(zones) < 2:
        return ""
    told = "; ".join(f"{', '.join(names[:4])} in {zone}" for zone, names in sorted(zones.items()))
    return f"Days are not aligned: {told}. A day's figures over several of them mix different 24 hours."

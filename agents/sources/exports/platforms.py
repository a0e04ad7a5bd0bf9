"""The tools whose reports of daily metrics are known, and which of them a file comes from."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from agents.sources.exports import email_tools, ga4, google_ads, linkedin, meta_ads, microsoft_ads
from agents.sources.exports.layout import Layout
from agents.sources.text.aliases import Known, known_header
from agents.sources.text.declared import Declared
from agents.sources.text.rows import blocks
from agents.sources.text.sniff import Raw, Table, find_header
from agents.sources.text.unreadable import UnreadableExport


class Platform(NamedTuple):
    names: Mapping[str, Known]
    layout: Callable[[Table, Declared], Layout | None]
    """Raises UnreadableExport for a file that is the platform's own but lacks something."""
    signed: Callable[[Raw], bool] = lambda _: False
    """Whether the file says itself that it comes from the platform."""


def _meta(table: Table, declared: Declared) -> Layout | None:
    return meta_ads.layout(table, declared, blocks(table))


PLATFORMS = (
    Platform(google_ads.NAMES, google_ads.layout),
    Platform(meta_ads.NAMES, _meta),
    Platform(linkedin.NAMES, linkedin.layout),
    Platform(microsoft_ads.NAMES, microsoft_ads.layout, microsoft_ads.signed),
    Platform(ga4.NAMES, ga4.layout),
    Platform(email_tools.KLAVIYO, email_tools.klaviyo),
    Platform(email_tools.MAILCHIMP, email_tools.mailchimp),
)

_NO_METRICS = (
    (
        re.compile(r"\s*\"?Parameters:\s*TimeZone="),
        "the file is an upload of offline conversions for Google Ads: what Google was told, not what it reports",
        "export a campaign report instead, or the leads or orders themselves from the CRM or the shop",
    ),
    (
        re.compile(r"\s*\"?Email Campaign Report\b"),
        "the file is the report of a single Mailchimp campaign, which has no rows",
        "export the list of all campaigns instead (Campaigns, Export)",
    ),
)
"""How files begin that look like reports of these tools but hold none of their figures."""


def recognise(raw: Raw, declared: Declared, *, beat: int = 0) -> tuple[Table, Layout] | None:
    """The table in the file and how to read it, by the platform most of whose headers it has.

    None if no platform knows it, or fewer than `beat` of its headers. Raises UnreadableExport.
    """
    for beginning, problem, remedy in _NO_METRICS:
        if beginning.match(raw.head):
            raise UnreadableExport(raw.path, 1, problem, remedy)
    if found := ga4.find(raw, declared):
        return found
    tables = [
        (platform.signed(raw), *header, platform.layout)
        for platform in PLATFORMS
        if (header := find_header(raw, partial(_count, platform.names)))
    ]
    for signed, score, table, layout_of in sorted(tables, key=lambda entry: (not entry[0], -entry[1])):
        if score < beat and not signed:
            return None
        if layout := layout_of(table, declared):
            return table, layout
    return None


def _count(names: Mapping[str, Known], cells: list[str]) -> int:
    return sum(known_header(cell, names) is not None for cell in cells)

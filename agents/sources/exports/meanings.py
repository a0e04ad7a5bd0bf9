"""What a click, a conversion, a lead and a customer are for each source, for reports and where sources are mixed."""

from collections.abc import Iterable, Mapping

MEANINGS: Mapping[str, Mapping[str, str]] = {
    "google_ads": {
        "clicks": "every click on an ad that leads to the site or to a call",
        "conversions": "the conversion actions that the account counts as primary, modelled ones included, filed on the"
        " day of the click; fractions come from data-driven attribution",
        "leads": "conversion actions of the kind lead; not told apart from other conversions in this export",
        "customers": "not known: one person may convert several times",
    },
    "microsoft_ads": {
        "clicks": "every valid click on an ad",
        "conversions": "conversion goals, filed on the day of the click",
        "leads": "not told apart from other conversions",
        "customers": "not known: one person may convert several times",
    },
    "meta": {
        "clicks": "link clicks, or all clicks on the ad (likes and profile visits too) where the file has only those",
        "conversions": "purchases attributed within the attribution setting of the row, views without a click included",
        "leads": "lead forms and lead events within the attribution setting",
        "customers": "not known: purchases are counted, not people",
    },
    "linkedin": {
        "clicks": "chargeable clicks, which may be likes or clicks on the company page, not only visits of the site",
        "conversions": "conversions after a click and after a mere view together",
        "leads": "sent lead forms",
        "customers": "not known: one member may convert several times",
    },
    "ga4": {
        "clicks": "not counted: a session is a visit, and one click may begin several or none",
        "sessions": "visits, a new one after 30 minutes without activity",
        "conversions": "not read: key events count the same sales as the ad platforms and the shop do",
        "leads": "not read, for the same reason",
        "customers": "not known: users are browsers, not people",
    },
    "klaviyo": {
        "impressions": "mails delivered, not opened",
        "clicks": "recipients who clicked, each once a message",
        "conversions": "recipients who ordered within the attribution window of the account after opening or clicking",
        "leads": "not counted",
        "customers": "recipients who ordered, old customers included",
    },
    "mailchimp": {
        "impressions": "mails delivered, not opened",
        "clicks": "recipients who clicked, each once a campaign",
        "conversions": "orders attributed to the campaign by the connected shop",
        "leads": "not counted",
        "customers": "not known: orders are counted, not people",
    },
    "sandbox": {
        "clicks": "every simulated click",
        "conversions": "simulated conversions as the platforms of the market claim them",
    },
}
"""Source → field → one clause for people. A source that is not here says what it counts in its mapping."""


def notes(source: str, fields: Iterable[str]) -> tuple[str, ...]:
    """What the fields that a file has mean: `clicks are …`."""
    said = MEANINGS.get(source, {})
    return tuple(f"{field} are {said[field]}" for field in _ORDER if field in set(fields) and field in said)


def differences(sources: Iterable[str], field: str) -> tuple[str, ...]:
    """One sentence a source where several that are added up mean different things by a field; none where they agree."""
    said = {source: MEANINGS.get(source, {}).get(field, "") for source in sorted(set(sources))}
    if len(set(said.values())) < 2:
        return ()
    unknown = f"what {field} are is not known"
    return tuple(f"{source}: {meaning or unknown}" for source, meaning in said.items())


_ORDER = ("impressions", "sessions", "clicks", "conversions", "leads")

"""Campaign reports of Klaviyo and Mailchimp: one row a mail that was sent, its figures as they stand today.

A mail counts on the day it was sent. Deliveries are what impressions are elsewhere; clicks are people who clicked.
"""

from collections.abc import Callable

import polars as pl

from agents.sources.exports.layout import Headers, Layout, Prepared
from agents.sources.exports.meanings import notes as meanings
from agents.sources.text.aliases import Names, index_of, styles
from agents.sources.text.cells import is_missing
from agents.sources.text.declared import Declared
from agents.sources.text.rows import LINE
from agents.sources.text.sniff import Table
from agents.sources.text.totals import LABEL
from agents.sources.text.unreadable import UnreadableExport

_KLAVIYO: Names = {
    "campaign": {"en": "campaign name | flow name"},
    "campaign_id": {"en": "campaign id | flow id"},
    "message": {"en": "flow message name | variation name | message name"},
    "message_id": {"en": "flow message id | variation id | message id"},
    "subject": {"en": "subject | subject line"},
    "list": {"en": "list | lists"},
    "tags": {"en": "tags"},
    "sent": {"en": "send time | day | date | send date"},
    "weekday": {"en": "send weekday"},
    "channel": {"en": "campaign channel | flow message channel | message channel"},
    "recipients": {"en": "total recipients | recipients"},
    "impressions": {"en": "successful deliveries | delivered | deliveries"},
    "opens": {"en": "unique opens | total opens"},
    "clicks": {"en": "unique clicks"},
    "all_clicks": {"en": "total clicks"},
    "conversions": {"en": "unique placed order | placed order | unique ordered product"},
    "revenue": {"en": "revenue"},
    "rates": {"en": "open rate | click rate | placed order rate | bounce rate | spam complaints rate"},
    "lost": {"en": "unsubscribes | spam complaints | bounces"},
}
KLAVIYO = index_of(_KLAVIYO)

_MAILCHIMP: Names = {
    "campaign": {"en": "title"},
    "campaign_id": {"en": "unique id"},
    "subject": {"en": "subject"},
    "list": {"en": "list | audience"},
    "sent": {"en": "send date"},
    "weekday": {"en": "send weekday"},
    "recipients": {"en": "total recipients"},
    "impressions": {"en": "successful deliveries"},
    "bounces": {"en": "soft bounces | hard bounces | total bounces"},
    "forwards": {"en": "times forwarded | forwarded opens"},
    "opens": {"en": "unique opens | total opens"},
    "clicks": {"en": "unique clicks"},
    "all_clicks": {"en": "total clicks"},
    "lost": {"en": "unsubscribes | abuse complaints"},
    "conversions": {"en": "total orders"},
    "gross": {"en": "total gross sales"},
    "revenue": {"en": "total revenue"},
    "spend": {"en": "campaign cost"},
    "folder": {"en": "folder id | times liked on facebook"},
    "rates": {"en": "open rate | click rate"},
}
MAILCHIMP = index_of(_MAILCHIMP)

_CHANNELS = {"email": "email", "sms": "sms", "mobile push": "push", "push": "push", "whatsapp": "whatsapp"}
_NO_CURRENCY = (
    "the file does not say in which currency its revenue is: where no symbol tells, revenue is left out (load "
)
_NO_CURRENCY += "it again with --currency CODE to have it)"
_NOT_SENT = "not sent: the row has no send date"


def klaviyo(table: Table, declared: Declared) -> Layout | None:
    """How to read the table, None if it does not look like Klaviyo. Raises UnreadableExport for what lacks."""
    headers = Headers(table.header, KLAVIYO)
    if not ({"campaign", "campaign_id"} & _present(headers, _KLAVIYO)) or "conversions" not in headers:
        return None
    if not ({"impressions", "recipients"} & _present(headers, _KLAVIYO)):
        return None
    flows = any(text.strip().casefold().startswith("flow ") for text in table.header)
    return _layout(table, declared, headers, "klaviyo", "klaviyo/flows" if flows else "klaviyo/campaigns")


def mailchimp(table: Table, declared: Declared) -> Layout | None:
    """How to read the table, None if it does not look like Mailchimp."""
    headers = Headers(table.header, MAILCHIMP)
    if not all(field in headers for field in ("campaign", "sent", "impressions")):
        return None
    return _layout(table, declared, headers, "mailchimp", "mailchimp/campaigns")


def _layout(table: Table, declared: Declared, headers: Headers, source: str, name: str) -> Layout:
    sent = headers.first("sent")
    if sent is None:
        problem = "there is no column with the time of sending"
        raise UnreadableExport(table.path, table.header_line, problem, "add Send Time to the report")
    numbers, notes = _numbers(headers, declared)
    return Layout(
        path=table.path,
        name=name,
        source=source,
        grain="campaign",
        header=table.header,
        styles=styles(headers.languages, table.delimiter),
        channel="email",
        channel_column=headers.first("channel"),
        channel_names=_CHANNELS,
        account=declared.account,
        campaign=headers.first("campaign"),
        campaign_id=headers.first("campaign_id"),
        day=sent,
        order=declared.dates,
        currency=declared.currency,
        free_of_currency=True,
        numbers=numbers,
        dimensions=headers.pick(("message_id", "message")),
        states=[sent],
        prepare=_begin(sent),
        notes=(*notes, *meanings(source, set(numbers) - {note.split()[0] for note in notes})),
    )


def _numbers(headers: Headers, declared: Declared) -> tuple[dict[str, str], list[str]]:
    """Field → column, and what to say where one column stands in for another."""
    numbers = headers.pick(("impressions", "clicks", "conversions", "revenue", "spend"))
    notes = []
    if "impressions" not in numbers and (place := headers.first("recipients")):
        numbers["impressions"] = place
        notes.append("impressions are recipients: the file does not say how many mails arrived")
    if "clicks" not in numbers and (place := headers.first("all_clicks")):
        numbers["clicks"] = place
        notes.append("clicks are all clicks: the file does not say how many people clicked")
    if {"revenue", "spend"} & set(numbers) and not declared.currency:
        notes.append(_NO_CURRENCY)
    return numbers, notes


def _present(headers: Headers, names: Names) -> set[str]:
    return {field for field in names if field in headers}


def _begin(sent: str) -> Callable[[], Callable[[pl.DataFrame], Prepared]]:
    def prepare(block: pl.DataFrame) -> Prepared:
        blank = [text for text in block[sent].unique() if is_missing(text)]
        draft = pl.col(sent).is_in(blank) & _told()
        return Prepared(block.filter(~draft), block.filter(draft).select(LINE, reason=pl.lit(_NOT_SENT)))

    return lambda: prepare


def _told() -> pl.Expr:
    """The row is neither empty nor a total row."""
    return (pl.col("c0").str.strip_chars() != "") & ~pl.col("c0").str.contains(LABEL)

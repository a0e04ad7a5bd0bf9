"""Events of a product's users, and what teams keep in files of their own: exchange rates, audiences, handoffs."""

import polars as pl

from agents.sources.entities.layout import EntityLayout, Shaping, fields_of
from agents.sources.entities.shaping import digests, listed, mapped, only
from agents.sources.text.rows import LINE
from storage.contracts.checks import REASON

_TEAM_KINDS = {
    "lead": "lead",
    "leads": "lead",
    "contact": "lead",
    "content": "content",
    "article": "content",
    "post": "content",
    "campaign": "campaign",
    "campaigns": "campaign",
    "case": "case",
    "cases": "case",
    "ticket": "case",
    "conversation": "case",
}


def _events(rows: pl.DataFrame, shaping: Shaping) -> dict[str, pl.DataFrame]:
    if "id" not in shaping.has:
        shaping.note("events have no id: the same user, name, moment and properties count as one event")
    made = digests(rows["user"], rows["name"], rows["at"].dt.epoch("us"), rows["properties"])
    shaped = rows.with_columns(
        id=pl.coalesce("id", made),
        user=pl.coalesce("user", "device"),
        properties=pl.col("properties").replace("{}", None),
    )
    return {"usage_event": only(shaped, "usage_event")}


def _rates(rows: pl.DataFrame, _: Shaping) -> dict[str, pl.DataFrame]:
    pair = pl.col("pair").str.replace_all(r"[^A-Za-z]", "").str.to_uppercase()
    shaped = rows.with_columns(
        day=pl.col("at").dt.date(),
        base=pl.coalesce(pl.col("base").str.to_uppercase(), pair.str.slice(0, 3)),
        quote=pl.coalesce(pl.col("quote").str.to_uppercase(), pair.str.slice(3, 3)),
        rate_nano=pl.col("rate"),
    )
    return {"exchange_rate": only(shaped, "exchange_rate")}


def _audiences(rows: pl.DataFrame, _: Shaping) -> dict[str, pl.DataFrame]:
    shaped = rows.with_columns(id=pl.coalesce("id", "name"), campaigns=listed("campaigns"))
    return {"audience": only(shaped, "audience")}


def _handoffs(rows: pl.DataFrame, shaping: Shaping) -> dict[str, pl.DataFrame]:
    late = rows.filter(pl.col("acknowledged_at") < pl.col("handed_at"))
    shaping.refuse("handoff", late.select(LINE, pl.lit("acknowledged before it was handed over").alias(REASON)))
    shaped = rows.filter(~pl.col(LINE).is_in(late[LINE].to_list())).with_columns(kind=mapped("kind", _TEAM_KINDS))
    return {"handoff": only(shaped, "handoff")}


USAGE_EVENTS = EntityLayout(
    name="events/usage",
    source="product",
    datasets=("usage_event",),
    fields=fields_of("""
        id id: Event ID | insert_id | $insert_id | properties.$insert_id | uuid | message_id | messageId | id
        at moment: Timestamp | Event time | Occurred at | at | Time | properties.time | Client event time
            | Original timestamp | Sent at | Created at
        user id*: User ID | userId | distinct_id | properties.distinct_id | User | user.id | Customer ID
        device id*: Anonymous ID | anonymousId | Device ID | properties.$device_id
        name text: Event | Event name | Event type | name
        company text: Company | Company ID | Organization | Organization ID | Account | Account ID | Group ID
            | context.groupId
        properties text*: Properties | Event properties | props | Payload
    """),
    needs=("at", "user|device", "name"),
    signs="Event ID | insert_id | properties.$insert_id | uuid | message_id | Event | Event name | Event type",
    shape=_events,
)

EXCHANGE_RATES = EntityLayout(
    name="team/exchange-rates",
    source="finance",
    datasets=("exchange_rate",),
    fields=fields_of("""
        at moment: Date | Day | Rate date | Valid on
        base text: Base | Base currency | From | From currency | Source currency
        quote text: Quote | Quote currency | To | To currency | Target currency | Counter currency
        pair text: Pair | Currency pair
        rate rate: Rate | Exchange rate | FX rate | Mid | Value | Close
    """),
    needs=("at", "rate", "base|pair", "quote|pair"),
    shape=_rates,
)

AUDIENCES = EntityLayout(
    name="team/audiences",
    source="audiences",
    datasets=("audience",),
    fields=fields_of("""
        id id: Audience ID | Segment ID | List ID
        name text: Audience name | Audience | Segment name | Segment | List name
        channel text: Channel | Platform
        people whole: People | Size | Audience size | Members | Member count | Profiles | Approximate size
        consented flag?: Consented | Consent | All consented | Opted in
        campaigns text: Campaigns | Campaign names | Used by campaigns | Used in
    """),
    needs=("name", "people|consented|campaigns"),
    shape=_audiences,
)

HANDOFFS = EntityLayout(
    name="team/handoffs",
    source="handoffs",
    datasets=("handoff",),
    fields=fields_of("""
        id id: Handoff ID | Handover ID | ID | Reference
        subject text*: Subject | Item | Item ID | What
        kind text: Kind | Type | Item type
        from_team text: From team | From | Handed by | Giving team
        to_team text: To team | To | Handed to | Receiving team
        handed_at moment: Handed at | Handed over at | Handoff at | Handed off at | Handover time
        due_at moment: Due at | Due | Deadline | Acknowledge by
        acknowledged_at moment: Acknowledged at | Accepted at | Ack at | Picked up at
        item_owner text: Owner | Item owner | Assignee
    """),
    needs=("id", "from_team", "to_team", "handed_at"),
    shape=_handoffs,
)

LAYOUTS = (USAGE_EVENTS, EXCHANGE_RATES, AUDIENCES, HANDOFFS)

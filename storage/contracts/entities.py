"""The contracts of everything that is not a daily advertising fact: one model a dataset, one column a field.

Daily facts have theirs in `storage.lake.facts`. What a column means, its unit and who may see it stand here once;
the lake's schema, the checks of every load and the erasure of people are all derived from it.
"""

from datetime import date, datetime
from typing import Annotated

from storage.contracts.entity import Entity
from storage.contracts.marks import Allowed, AtLeast, Key, Personal, Unit

Id = Annotated[str, Key()]
Micros = Annotated[int, Unit("micros")]
Count = Annotated[int, Unit("count"), AtLeast(0)]
Customer = Annotated[str, Personal("id", ("approver", "operator"))]
Email = Annotated[str, Personal("email")]
PersonId = Annotated[str, Key(), Personal("id", ("approver", "operator"))]


class Product(Entity):
    """A product, or one variant of it, as the shop sells it now."""

    dataset = "product"
    owner = "shop"
    fresh_within_hours = 24

    id: Id
    """SKU, else handle and option values."""
    title: str
    category: str | None = None
    brand: str | None = None
    status: Annotated[str, Allowed(("active", "draft", "archived"))] = "active"
    currency: str | None = None
    price_micros: Annotated[int, Unit("micros"), AtLeast(0)] | None = None
    compare_at_micros: Annotated[int, Unit("micros"), AtLeast(0)] | None = None
    cost_micros: Annotated[int, Unit("micros"), AtLeast(0)] | None = None
    stock: Annotated[int, Unit("count")] | None = None
    """Units on hand; may be negative where the shop oversells. None where it is not counted."""
    priority: Annotated[int, Unit("count"), AtLeast(1)] | None = None
    """1 is pushed first; None where the team gave none."""
    tags: str | None = None


class Order(Entity):
    """One order of the shop."""

    dataset = "order"
    owner = "shop"
    fresh_within_hours = 24
    happened = "ordered_at"

    id: Id
    ordered_at: datetime
    updated_at: datetime | None = None
    customer: Customer | None = None
    email: Email | None = None
    status: Annotated[str, Allowed(("open", "paid", "partly_refunded", "refunded", "cancelled"))]
    currency: str
    gross_micros: Micros
    """What the customer pays: goods, shipping and taxes after discounts."""
    discount_micros: Annotated[int, Unit("micros"), AtLeast(0)] | None = None
    shipping_micros: Annotated[int, Unit("micros"), AtLeast(0)] | None = None
    tax_micros: Annotated[int, Unit("micros"), AtLeast(0)] | None = None
    refunded_micros: Annotated[int, Unit("micros"), AtLeast(0)] | None = None
    discount_codes: str | None = None
    items: Count | None = None
    channel: str | None = None
    campaign: str | None = None
    """utm_campaign or what the shop says brought the order; untrusted text."""
    country: str | None = None


class OrderLine(Entity):
    """One product of one order."""

    dataset = "order_line"
    owner = "shop"
    fresh_within_hours = 24
    happened = "ordered_at"

    order: Id
    position: Annotated[int, Key(), Unit("count")]
    """From 1 within the order."""
    ordered_at: datetime
    product: str
    title: str | None = None
    quantity: Annotated[int, Unit("count"), AtLeast(0)]
    currency: str
    price_micros: Annotated[int, Unit("micros"), AtLeast(0)]
    discount_micros: Annotated[int, Unit("micros"), AtLeast(0)] | None = None


class Lead(Entity):
    """A person or company that may buy: a CRM contact, a lead, a member of a mailing list."""

    dataset = "lead"
    owner = "sales"
    fresh_within_hours = 24
    happened = "created_at"

    id: PersonId
    email: Email | None = None
    name: Annotated[str, Personal("name")] | None = None
    phone: Annotated[str, Personal("phone")] | None = None
    company: str | None = None
    status: str | None = None
    """As the CRM names it."""
    stage: Annotated[str, Allowed(("subscriber", "lead", "qualified", "opportunity", "customer", "lost"))] | None = None
    lead_owner: str | None = None
    """Who looks after it, a colleague's name or id."""
    created_at: datetime | None = None
    first_touch_at: datetime | None = None
    """The first time a colleague reached out; automatic replies do not count."""
    converted_at: datetime | None = None
    updated_at: datetime | None = None
    origin: str | None = None
    """Original source: organic search, paid social, …"""
    campaign: str | None = None
    consented: bool | None = None
    audience: str | None = None
    """The list or segment that the file is of."""
    country: str | None = None
    aliases: Annotated[str, Personal("ids", ("approver", "operator"))] | None = None
    """Other ids of the same person in the source, separated by blanks."""


class Deal(Entity):
    """A sales opportunity."""

    dataset = "deal"
    owner = "sales"
    fresh_within_hours = 24
    happened = "created_at"

    id: Id
    name: Annotated[str, Personal("text", ("approver", "operator"))] | None = None
    """CRMs name deals after people."""
    pipeline: str | None = None
    stage: str
    state: Annotated[str, Allowed(("open", "won", "lost"))]
    currency: str | None = None
    amount_micros: Micros | None = None
    deal_owner: str | None = None
    created_at: datetime
    closed_at: datetime | None = None
    updated_at: datetime | None = None
    campaign: str | None = None
    lead: Customer | None = None
    """Id of the contact."""


class Ticket(Entity):
    """A support case with the moments that its clocks need."""

    dataset = "ticket"
    owner = "support"
    fresh_within_hours = 24
    happened = "opened_at"

    id: Id
    opened_at: datetime
    first_reply_at: datetime | None = None
    resolved_at: datetime | None = None
    updated_at: datetime | None = None
    state: Annotated[str, Allowed(("open", "waiting", "resolved", "closed"))]
    resolution: Annotated[str, Allowed(("confirmed", "assumed"))] | None = None
    """Assumed where nobody said that it helped."""
    reopened: Count = 0
    escalated: bool = False
    assignee: str | None = None
    priority: str | None = None
    requester: Customer | None = None
    subject: Annotated[str, Personal("text", ("operator",))] | None = None
    product: str | None = None
    tags: str | None = None
    rating: Annotated[int, Unit("count")] | None = None


class ContentItem(Entity):
    """A page, post or mail in the content repository."""

    dataset = "content"
    owner = "content"
    fresh_within_hours = 72
    happened = "published_at"

    id: Id
    title: str
    kind: str
    status: Annotated[str, Allowed(("draft", "scheduled", "published", "private", "trash"))]
    locale: str | None = None
    business_unit: str | None = None
    author: str | None = None
    created_at: datetime | None = None
    planned_at: datetime | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    url: str | None = None
    categories: str | None = None
    translation_of: str | None = None


class UsageEvent(Entity):
    """Something a user did in the product."""

    dataset = "usage_event"
    owner = "data engineer"
    fresh_within_hours = 24
    happened = "at"

    id: Id
    at: datetime
    user: Customer
    name: str
    company: str | None = None
    properties: str | None = None
    """Canonical JSON, without what tells of a person."""


class Audience(Entity):
    """A group of people that can be addressed."""

    dataset = "audience"
    owner = "data engineer"
    fresh_within_hours = 72

    id: Id
    name: str
    channel: str | None = None
    people: Count | None = None
    consented: bool | None = None
    """Whether everyone in it agreed to be addressed."""
    campaigns: str | None = None
    """Names of campaigns that address it, separated by "; "."""


class Handoff(Entity):
    """Something one team hands to another, with its due time and acknowledgement."""

    dataset = "handoff"
    owner = "data engineer"
    fresh_within_hours = 24
    happened = "handed_at"

    id: Id
    subject: Annotated[str, Personal("text", ("operator",))]
    """Teams name what they hand over after people."""
    kind: Annotated[str, Allowed(("lead", "content", "campaign", "case"))]
    from_team: str
    to_team: str
    handed_at: datetime
    due_at: datetime | None = None
    acknowledged_at: datetime | None = None
    item_owner: str | None = None


class ExchangeRate(Entity):
    """What one unit of a currency was worth in another on a day, as the team provides it."""

    dataset = "exchange_rate"
    owner = "finance"
    fresh_within_hours = 24 * 35

    day: Annotated[date, Key()]
    base: Annotated[str, Key()]
    quote: Annotated[str, Key()]
    rate_nano: Annotated[int, Unit("nano"), AtLeast(1)]
    """Billionths of `quote` for one `base`."""


ENTITIES: tuple[type[Entity], ...] = (
    Product,
    Order,
    OrderLine,
    Lead,
    Deal,
    Ticket,
    ContentItem,
    UsageEvent,
    Audience,
    Handoff,
    ExchangeRate,
)
BY_DATASET: dict[str, type[Entity]] = {one.dataset: one for one in ENTITIES}

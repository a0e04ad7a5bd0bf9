"""What the columns of a table rest on, down to those of exports: whoever loses one is told which figures miss it."""

from collections.abc import Iterable, Iterator, Mapping

MADE_OF: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "order": {
        "buyer": ("customer", "email"),
        "discounted": ("discount_micros",),
        "discount_share": ("discount_micros", "gross_micros", "shipping_micros"),
        "allowed": ("discount_micros", "gross_micros", "shipping_micros", "discount_codes"),
    },
    "refund": {"amount_micros": ("refunded_micros",), "refunded_at": ("updated_at", "ordered_at")},
    "buyer": {"buyer": ("customer", "email"), "first_at": ("ordered_at",)},
    "order_line": {"revenue_micros": ("price_micros", "quantity", "discount_micros"), "cost_micros": ("cost_micros",)},
    "lead": {"sales": ("audience", "stage"), "person": ("email",)},
    "deal": {"stale": ("updated_at",)},
    "ticket": {"solved_at": ("resolved_at", "state")},
    "content": {"on_plan": ("status", "published_at", "planned_at"), "published_at": ("published_at", "status")},
    "translation": {"source_final_at": ("published_at", "translation_of")},
    "handoff": {"met": ("acknowledged_at", "due_at"), "due": ("due_at",)},
}
"""Table → what `views` works out → the columns of contracts that it is worked out of."""
READ_AS: Mapping[str, tuple[str, ...]] = {
    "gross_micros": ("total",),
    "discount_micros": ("discount", "item_discount"),
    "shipping_micros": ("shipping",),
    "refunded_micros": ("refunded",),
    "price_micros": ("item_price", "price"),
    "cost_micros": ("cost",),
    "amount_micros": ("amount",),
    "status": ("payment", "cancelled_at"),
    "stage": ("lifecycle", "is_converted"),
    "state": ("is_won", "is_closed", "status", "action"),
    "product": ("sku", "item"),
    "rating": ("score",),
    "resolved_at": ("solved_at", "full_resolution_minutes", "closed_at"),
    "escalated": ("was_escalated",),
    "resolution": ("resolution_said",),
    "first_reply_at": ("first_reply_minutes", "first_reply_business"),
    "reopened": ("reopens",),
}
"""Column of a contract → what layouts call that which it is read out of, beside its own name."""


def told_by(table: str, columns: Iterable[str]) -> frozenset[str]:
    """Every name under which an export may have told these columns of a table."""
    return frozenset(_names(MADE_OF.get(table, {}), columns))


def _names(made: Mapping[str, tuple[str, ...]], columns: Iterable[str]) -> Iterator[str]:
    for column in columns:
        for name in made.get(column, (column,)):
            yield name
            yield from READ_AS.get(name, ())

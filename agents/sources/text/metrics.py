"""The number fields of daily facts, as mappings and layouts name them."""

METRICS = {
    "spend": ("spend_micros", 6),
    "budget": ("budget_micros", 6),
    "impressions": ("impressions", 0),
    "clicks": ("clicks", 0),
    "sessions": ("sessions", 0),
    "conversions": ("conversions_milli", 3),
    "leads": ("leads_milli", 3),
    "revenue": ("revenue_micros", 6),
    "orders": ("orders", 0),
    "store_revenue": ("store_revenue_micros", 6),
}
"""Field: the fact column it fills, and the decimals it keeps."""

NOT_NEGATIVE = frozenset(METRICS) - {"revenue", "store_revenue"}
"""What can only be nothing or more; refunds and corrected conversions make revenue negative."""

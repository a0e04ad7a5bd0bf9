"""What the detector calls its KPIs, and their units."""

LABELS = {
    "spend": "Spend",
    "clicks": "Clicks",
    "cpm": "Cost per thousand impressions",
    "cpc": "Cost per click",
    "ctr": "Click-through rate",
    "cvr": "Conversion rate",
    "roas": "ROAS",
    "conversions": "Reported conversions",
    "tracking": "Reported conversions per shop order",
    "orders": "Shop orders",
    "store_orders": "Shop orders",
}


def unit_of(kpi: str, currency: str) -> str:
    """Empty for a plain ratio."""
    return {
        "spend": f"{currency}/day",
        "orders": "orders/day",
        "clicks": "clicks/day",
        "cpm": f"{currency}/1000 impressions",
        "cpc": f"{currency}/click",
        "ctr": "%",
        "cvr": "%",
        "tracking": "conversions/order",
    }.get(kpi, "")


def moved(effect: float) -> str:
    """A relative change for people: up 30 %."""
    return f"{'up' if effect > 0 else 'down'} {abs(effect) * 100:.0f} %"

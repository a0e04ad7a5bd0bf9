"""What the detector calls its KPIs, their units, and how their figures are written."""

from datetime import date

from storage.records.money import Money

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


_PER = {
    "spend": " a day",
    "orders": " a day",
    "clicks": " a day",
    "cpm": " per 1,000 impressions",
    "cpc": " per click",
    "tracking": " per order",
}
_MONEY = {"spend", "cpm", "cpc"}


def figure(kpi: str, value: float, currency: str, *, per: bool = True) -> str:
    """As in "£0.95 per click", "2.35 %", "412 a day"; `per` false leaves out what a figure beside it says already."""
    digits = 0 if kpi in {"spend", "orders"} else 2
    number = f"{value:,.{digits}f}"
    written = f"{_symbol(currency)}{number}" if kpi in _MONEY else number
    percent = " %" if unit_of(kpi, currency) == "%" else ""
    return f"{written}{percent}{_PER.get(kpi, '') if per else ''}"


def _symbol(currency: str) -> str:
    """What stands before an amount: "£", "CHF "."""
    zero = str(Money(minor=0, currency=currency))
    return zero[: zero.index("0")]


def moved(effect: float) -> str:
    """A relative change for people: up 30 %."""
    return f"{'up' if effect > 0 else 'down'} {abs(effect) * 100:.0f} %"


def change_words(effect: float) -> str:
    """A relative change, as in "+91 %", "−7 %"."""
    return f"{'+' if effect >= 0 else '−'}{abs(effect) * 100:.0f} %"


def noise_words(z: float) -> str:
    """How far off, as in "18 times its usual noise"; `z` in standard errors."""
    return f"{abs(z):.0f} times its usual noise"


def day_words(day: date) -> str:
    """As in "3 Jun"."""
    return f"{day:%-d %b}"

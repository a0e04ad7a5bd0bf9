"""Signs that several features give together, read alike wherever campaigns are planned or watched."""

from decimal import Decimal

from agents.features.store import Served

EXPECTED_AT_LEAST = 10
"""Conversions of a usual week: with so many, none at all by chance is one week in twenty thousand (Poisson)."""


def silent_conversions(served: Served, entity: str) -> Decimal | None:
    """Conversions that a week should have brought while clicks went on and none was reported; None where all is well.

    The three weeks before say what is usual. Money must not follow such numbers: the tag is broken, not the campaign.
    """
    clicks, week = served.of(entity, "clicks_7d"), served.of(entity, "conversions_7d")
    month = served.of(entity, "conversions_28d")
    if not clicks or week is None or week > 0 or month is None:
        return None
    usual = (month - week) / 3
    return usual if usual >= EXPECTED_AT_LEAST else None

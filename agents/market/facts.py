"""Reports as daily facts, in the columns that the lake keeps.

What differs by channel stays as its platform reports it: search books spend in micros, the others in whole pence;
search tells the share of searches it was shown in, and a share below a tenth only as "<10%". The mailing tool
counts its days in UTC (see agents.market.reporting); a day of its calendar stands as that date.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from agents.market.roster import CURRENCY, STORE_ACCOUNT, STORE_NAME
from storage.lake.facts import FACTS
from storage.market_ledger.rows import DeliveryRow, ReportedRow, StoreDayRow
from storage.records.record import canonical_json

COLUMNS = pl.Schema({name: kind for name, kind in FACTS.items() if name not in {"load_id", "known_at"}})
SOURCE = "sandbox"
_SHARE = "search_impr_share"
"""Named as exports of the same platform name it."""


def facts_frame(campaigns: Sequence[ReportedRow], store: Sequence[StoreDayRow]) -> pl.DataFrame:
    """Campaign rows, then store rows: the platforms' claims and the shop's own orders, apart."""
    rows = [_campaign_fact(row) for row in campaigns] + [_store_fact(row) for row in store]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _campaign_fact(row: ReportedRow) -> dict[str, Any]:
    campaign, delivery = row.campaign, row.delivery
    return {
        **_fact(delivery.day, campaign.currency),
        "account": campaign.account,
        "channel": campaign.channel,
        "campaign_id": campaign.campaign_id,
        "campaign": campaign.name,
        "grain": "campaign",
        "spend_micros": delivery.spend_micros,
        "budget_micros": delivery.budget_micros,
        "impressions": delivery.impressions,
        "clicks": delivery.clicks,
        "conversions_milli": row.conversions * 1000,
        "leads_milli": delivery.leads * 1000,
        "revenue_micros": row.revenue_micros,
        "flags": _flags(delivery),
    }


def _flags(delivery: DeliveryRow) -> str:
    """Marks a share of searches that the platform only bounds; a day without impressions has no share."""
    if delivery.eligible is None or delivery.impressions == 0 or delivery.impressions * 10 >= delivery.eligible:
        return ""
    return canonical_json({_SHARE: "<10%"})


def _store_fact(row: StoreDayRow) -> dict[str, Any]:
    return {
        **_fact(row.day, CURRENCY),
        "account": STORE_ACCOUNT,
        "channel": "store",
        "campaign_id": "store",
        "campaign": STORE_NAME,
        "grain": "store",
        "orders": row.orders,
        "store_revenue_micros": row.revenue_micros,
    }


def _fact(day: date, currency: str) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(COLUMNS)
    return {
        **empty,
        "source": SOURCE,
        "simulated": True,
        "breakdown": "",
        "day": day,
        "last_day": day,
        "currency": currency,
        "flags": "",
        "line": 0,
    }

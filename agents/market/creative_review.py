"""Review of creatives: a new one is looked at for a day and may be turned down; until then the old one is shown.

The platform decides by the creative's own text, on the day it was handed in: the same text handed in on the same day
meets the same fate, and no other campaign's draws move.
"""

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

from agents.market.streams import stream
from storage.market_ledger.rows import CampaignRow

REVIEW_DAYS = 1
"""Days from handing in to the decision, which is made as the market's day begins."""
REJECTED_SHARE = 0.10
FORBIDDEN_WORDS = ("guaranteed", "miracle", "risk-free")
"""Words whose claims no reviewer lets pass."""
_FORBIDDEN = re.compile(rf"\b({'|'.join(map(re.escape, FORBIDDEN_WORDS))})\b", re.IGNORECASE)


def handed_in(campaign: CampaignRow, creative: str, *, today: date) -> CampaignRow:
    """The campaign with a creative in review; what is shown already needs none, and takes back what waited."""
    if creative == campaign.creative:
        return replace(campaign, submitted=None, submitted_on=None, rejected=False)
    return replace(campaign, submitted=creative, submitted_on=today, rejected=False)


def standing(campaign: CampaignRow) -> Literal["", "in_review", "rejected"]:
    """How it stands with a creative that was handed in and is not shown."""
    if campaign.submitted is None:
        return ""
    return "rejected" if campaign.rejected else "in_review"


def decided(campaign: CampaignRow, *, seed: int, today: date) -> CampaignRow:
    """The campaign as the day begins: a review that is over has put its creative up, or turned it down.

    A new creative starts without fatigue, even where people have seen it before. The version stays: nobody edited.
    """
    if decision_day(campaign) != today:
        return campaign
    assert campaign.submitted is not None, "a decision is about a creative"
    assert campaign.submitted_on is not None, "a creative in review was handed in on a day"
    if _is_rejected(seed, campaign.campaign_id, campaign.submitted, campaign.submitted_on):
        return replace(campaign, rejected=True)
    return replace(campaign, creative=campaign.submitted, creative_since=today, submitted=None, submitted_on=None)


def decision_day(campaign: CampaignRow) -> date | None:
    """The day on which the review of its creative is over, or None if there is no review."""
    if campaign.submitted_on is None or campaign.rejected:
        return None
    return campaign.submitted_on + timedelta(days=REVIEW_DAYS)


def _is_rejected(seed: int, campaign_id: str, creative: str, day: date) -> bool:
    if _FORBIDDEN.search(creative):
        return True
    return float(stream(seed, f"review {creative}", campaign_id, day).random()) < REJECTED_SHARE

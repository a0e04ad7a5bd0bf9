"""Who spends from which budget: most campaigns from their own, some from one that they share.

A shared budget is one sum on the platform. Each campaign shows an equal part of it, so that sums over campaigns stay
right; a day's money goes where that day's demand is, and to the others while one is paused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import exp

from agents.market.streams import stream
from storage.market_ledger.rows import CampaignRow, DeliveryRow
from storage.records.money import Money

_DEMAND_SPREAD = 0.15


@dataclass(frozen=True, slots=True)
class Purse:
    """What a campaign may spend from on one day; all is 0 while it is paused.

    `total_micros` is the whole budget, of which `share` is this campaign's today; `planned_micros` is the part of
    the budget that is reported for it. `sharing` names all that spend from it.
    """

    total_micros: int
    planned_micros: int
    share: float = 1.0
    sharing: tuple[str, ...] = ()


def purse_of_own(campaign: CampaignRow) -> Purse:
    """The purse of a campaign that has its budget for itself."""
    micros = _micros(campaign) if campaign.status == "active" else 0
    return Purse(micros, micros, sharing=(campaign.campaign_id,))


def purses(campaigns: Sequence[CampaignRow], *, seed: int, day: date) -> dict[str, Purse]:
    """Campaign → its purse on the day, shares drawn from each campaign's own stream."""
    found = {campaign.campaign_id: purse_of_own(campaign) for campaign in campaigns}
    for members in shared_budgets(campaigns).values():
        total = sum(_micros(member) for member in members)
        demand = {
            member.campaign_id: _demand(seed, member.campaign_id, day)
            for member in members
            if member.status == "active"
        }
        sharing = tuple(member.campaign_id for member in members)
        for name in sharing:
            found[name] = Purse(0, 0, sharing=sharing)
        for name, wanted in demand.items():
            found[name] = Purse(total, total // len(demand), wanted / sum(demand.values()), sharing)
    return found


def shared_budgets(campaigns: Sequence[CampaignRow]) -> dict[str, tuple[CampaignRow, ...]]:
    """Shared budget → the campaigns that spend from it, two or more."""
    members: dict[str, tuple[CampaignRow, ...]] = {}
    for campaign in campaigns:
        if campaign.shared_budget is not None:
            members[campaign.shared_budget] = (*members.get(campaign.shared_budget, ()), campaign)
    return {budget: found for budget, found in members.items() if len(found) > 1}


def sharers_of(campaign: CampaignRow, campaigns: Sequence[CampaignRow]) -> tuple[CampaignRow, ...]:
    """The other campaigns on the campaign's budget."""
    members = shared_budgets(campaigns).get(campaign.shared_budget or "", ())
    return tuple(member for member in members if member.campaign_id != campaign.campaign_id)


def pooled(sharing: Sequence[str], rows: Mapping[str, Sequence[DeliveryRow]]) -> list[DeliveryRow]:
    """The days of all that spend from one budget, each day as one row with the sums; oldest first."""
    if len(sharing) == 1:
        return list(rows[sharing[0]])
    days: dict[date, DeliveryRow] = {}
    for name in sharing:
        for row in rows[name]:
            sofar = days.get(row.day, DeliveryRow("", row.day, 0, 0, 0, 0, 0))
            spend, budget = sofar.spend_micros + row.spend_micros, sofar.budget_micros + row.budget_micros
            days[row.day] = DeliveryRow("", row.day, spend, budget, 0, 0, 0)
    return [days[day] for day in sorted(days)]


def _demand(seed: int, campaign_id: str, day: date) -> float:
    return exp(_DEMAND_SPREAD * float(stream(seed, "demand", campaign_id, day).standard_normal()))


def _micros(campaign: CampaignRow) -> int:
    return Money(minor=campaign.daily_budget_minor, currency=campaign.currency).micros

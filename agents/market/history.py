"""The weeks before anybody asked us: the shop's team moves budgets, so that response can be measured."""

from collections.abc import Sequence
from datetime import date

from agents.market.calendar import moment_of
from agents.market.roster import ROSTER, TRAITS
from agents.market.rules import BUDGET, edited, value_of
from agents.market.streams import stream
from agents.market.world import World
from storage.market_ledger.rows import CampaignRow, ChangeRow
from storage.records.money import Money

_TEAM = "team@brightwell-vale.example"
_RANGE = (0.7, 1.3)
"""The team keeps a budget within ±30 % of what it usually is."""
_STEP = 0.19
"""…and mostly moves by less than what resets learning."""
_BOLD = 0.08
"""Share of moves that are made in one go, whatever the platform learns."""


def first_campaigns(currency: str) -> tuple[CampaignRow, ...]:
    """The roster at its usual budgets."""
    return tuple(
        CampaignRow(
            campaign_id=spec.campaign_id,
            position=position,
            channel=spec.channel,
            account=spec.account,
            name=spec.name,
            status="active",
            daily_budget_minor=Money.of(spec.daily_budget_pounds, currency).minor,
            currency=currency,
            version=1,
            learning_until=None,
            shared_budget=spec.shared_budget,
            creative=f"{spec.name}: house creative" if TRAITS[spec.channel].reviews_creatives else None,
        )
        for position, spec in enumerate(ROSTER)
    )


def team_edits(
    world: World, campaigns: Sequence[CampaignRow], day: date
) -> tuple[tuple[CampaignRow, ...], tuple[ChangeRow, ...]]:
    """The campaigns after a Monday morning's edits, and the log of them; other days nothing happens."""
    if day.weekday() != 0:
        return tuple(campaigns), ()
    after: list[CampaignRow] = []
    log: list[ChangeRow] = []
    for campaign, truth in zip(campaigns, world.campaigns, strict=True):
        wanted = _wanted_pounds(world.seed, campaign, truth.usual_budget_pounds, day)
        value = Money.of(wanted, campaign.currency)
        if value == value_of(campaign, BUDGET):
            after.append(campaign)
            continue
        moved = edited(campaign, BUDGET, value, today=day)
        at = moment_of(day, len(log) + 1)
        before = value_of(campaign, BUDGET)
        log.append(ChangeRow(campaign.campaign_id, BUDGET, before, value, _TEAM, at, moved.version))
        after.append(moved)
    return tuple(after), tuple(log)


def _wanted_pounds(seed: int, campaign: CampaignRow, usual: float, day: date) -> int:
    """Whole pounds: a new target every week, approached in steps; campaigns on one budget move as one."""
    draw = stream(seed, "team", campaign.shared_budget or campaign.campaign_id, day)
    target = usual * float(draw.uniform(*_RANGE))
    now = campaign.daily_budget_minor / 100
    if float(draw.random()) < _BOLD:
        return round(target)
    return round(min(max(target, now * (1 - _STEP)), now * (1 + _STEP)))

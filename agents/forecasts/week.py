"""Forecast of the days after a change: attributed revenue and spend of all campaigns, with and without it.

Three uncertainties are kept apart and multiplied: the response curves (their draws), the level of demand (how far past
weeks were from what the weeks before them promised), and delivery (how far weekly spend was from the budget).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from agents.forecasts.history import AHEAD_DAYS, MIN_ARRIVED, CampaignDays, Floats, History
from agents.forecasts.response import Response

_LEVEL_DAYS = 21
_MIN_ERROR = 0.03
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Week:
    """Draws of revenue and spend over the forecast days, currency units; one element a draw."""

    revenue_before: Floats
    revenue_after: Floats
    spend_before: Floats
    spend_after: Floats


def forecast_week(
    history: History,
    responses: Mapping[Key, Response],
    *,
    before: Mapping[Key, float],
    after: Mapping[Key, float],
    start: int,
    days: int,
    rng: np.random.Generator,
) -> Week:
    """Forecast `days` days that begin `start` days after the newest one; budgets are currency units a day.

    The new budgets are in force from the day before the window. Campaigns without a response keep their recent
    revenue. Raises ValueError if the window reaches further than the calendar of the history.
    """
    if start < 1 or start + days - 1 > AHEAD_DAYS:
        raise ValueError(f"the forecast window must lie within {AHEAD_DAYS} days after the newest day")
    draws = next(iter(responses.values())).draws if responses else 400
    ahead = slice(history.days + start - 1, history.days + start - 1 + days)
    weekday = history.weekday[ahead]
    fitted = _fitted(history, responses)
    level, level_error = _level(history, fitted)
    shock = level * np.exp(level_error * rng.standard_t(8, draws))
    delivery = np.exp(_delivery_error(history) * rng.standard_normal(draws))
    revenue = {}
    spend = {}
    for name, budgets in (("before", before), ("after", after)):
        total, cost = np.zeros(draws), 0.0
        for key, campaign in history.campaigns.items():
            # Nothing says that a campaign without a state will be spent on: it does not count.
            if key not in budgets:
                continue
            daily = campaign.delivery * budgets[key]
            cost += daily * days
            total += _future(campaign, responses.get(key), daily, start=start, weekday=weekday)
        revenue[name], spend[name] = total * shock, cost * delivery
    return Week(revenue["before"], revenue["after"], spend["before"], spend["after"])


def _future(
    campaign: CampaignDays, response: Response | None, daily: float, *, start: int, weekday: Floats
) -> Floats | float:
    days = len(weekday)
    if response is None:
        return float(campaign.recent_revenue * weekday.sum())
    # The day before the window already runs on the new budget; days between keep the last week's spend.
    waiting = np.full(max(start - 2, 0), campaign.spend[-7:].mean())
    changed = np.full(days + min(start - 1, 1), daily)
    path = np.concatenate([campaign.spend[-28:], waiting, changed])
    summed: Floats = (response.path(path)[:, -days:] * weekday).sum(axis=1)
    return summed


def _fitted(history: History, responses: Mapping[Key, Response]) -> Floats:
    """Revenue a day that the curves give for the spend that was, at weekday demand and a level of 1."""
    fitted = np.zeros(history.days)
    for key, campaign in history.campaigns.items():
        if key in responses:
            fitted += responses[key].path(campaign.spend).mean(axis=0)
        else:
            fitted += campaign.recent_revenue * (campaign.spend > 0)
    return fitted * history.weekday[: history.days]


def _level(history: History, fitted: Floats) -> tuple[float, float]:
    """Recent revenue ÷ fitted revenue, and how far a week strays from it (standard error of the logarithm)."""
    usable = np.ones(history.days, dtype=np.bool_)
    revenue = np.zeros(history.days)
    for campaign in history.campaigns.values():
        usable &= campaign.arrived >= MIN_ARRIVED
        revenue += campaign.revenue / campaign.arrived
    size = int(usable.sum())
    made, promised = np.cumsum(np.append(0.0, revenue[:size])), np.cumsum(np.append(0.0, fitted[:size]))

    def ratio(first: int, last: int) -> float:
        gap = promised[last] - promised[first]
        return float((made[last] - made[first]) / gap) if gap > 0 else 0.0

    level = ratio(max(size - _LEVEL_DAYS, 0), size)
    if level <= 0:
        return 1.0, 0.5
    errors = [
        np.log(later / earlier)
        for day in range(_LEVEL_DAYS, size - 7)
        if (earlier := ratio(day - _LEVEL_DAYS, day)) > 0 and (later := ratio(day + 1, day + 8)) > 0
    ]
    if len(errors) < 7:
        return level, 0.25
    # Overlapping weeks: about one independent error for each seven.
    spread = float(np.sqrt(np.mean(np.square(errors)))) * float(np.sqrt(1 + 7 / len(errors)))
    return level, max(spread, _MIN_ERROR)


def _delivery_error(history: History) -> float:
    """How far a week's spend strays from budget times usual delivery (standard error of the logarithm)."""
    spend = np.sum([campaign.spend for campaign in history.campaigns.values()], axis=0)
    budget = np.sum([np.nan_to_num(campaign.budget) for campaign in history.campaigns.values()], axis=0)
    weeks = history.days // 7
    by_week = [array[history.days - 7 * weeks :].reshape(weeks, 7).sum(axis=1) for array in (spend, budget)]
    kept = (by_week[0] > 0) & (by_week[1] > 0)
    if kept.sum() < 3:
        return 0.05
    ratios = np.log(by_week[0][kept] / by_week[1][kept])
    return float(np.clip(ratios.std(), 0.005, 0.3))

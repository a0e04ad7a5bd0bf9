"""The desk: what the budget planner measured about the campaigns of a brief before it decides anything."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from agents.drift import maturity
from agents.features.signs import silent_conversions
from agents.forecasts.allocation import Option, bounds_of
from agents.forecasts.history import Floats, History, history_of
from agents.forecasts.response import MIN_DAYS, Response, fit_response
from agents.team.brief import Brief, resource_of
from storage.records.facts import CampaignState
from storage.records.money import exponent_of

DRAWS = 400
_STOPPED = frozenset({"paused", "removed", "ended", "archived", "disabled", "draft"})

Key = tuple[str, str]
"""Channel and campaign id."""


@dataclass(frozen=True, slots=True)
class Desk:
    """History, response curves and the reasons for campaigns that have none or may not move."""

    brief: Brief
    history: History
    states: dict[Key, CampaignState] = field(default_factory=dict)
    """Running campaigns in the currency of the brief, by key in order."""
    responses: dict[Key, Response] = field(default_factory=dict)
    unmeasured: dict[Key, str] = field(default_factory=dict)
    held: dict[Key, str] = field(default_factory=dict)
    """Measured campaigns that must not be moved."""

    @property
    def free(self) -> tuple[Key, ...]:
        return tuple(key for key in self.responses if key not in self.held)

    @property
    def minor_units(self) -> int:
        """Minor units in one currency unit."""
        return int(10 ** exponent_of(self.brief.currency))

    @property
    def total(self) -> int:
        """Minor units a day that may be spread: today's sum, or the cap if that is less."""
        today = sum(state.daily_budget.minor for state in self.states.values())
        cap = self.brief.limits.total_budget
        return today if cap is None else min(today, cap.minor)

    @property
    def is_forced(self) -> bool:
        """Whether the cap demands cuts: then there is something to do even without a gain."""
        return self.total < sum(state.daily_budget.minor for state in self.states.values())

    def name_of(self, key: Key) -> str:
        """What people call the campaign; untrusted text."""
        return resource_of(self.states[key]).name

    def spend_of(self, key: Key, budget_minor: Floats) -> Floats:
        """Expected spend a day, currency units, of daily budgets in minor units."""
        days = self.history.campaigns.get(key)
        spend: Floats = budget_minor / self.minor_units * (days.delivery if days else 1.0)
        return spend


def measure(brief: Brief, rng: np.random.Generator) -> Desk:
    """Fit every running campaign of the brief; deterministic for equal briefs and generators."""
    own_currency = pl.col("currency").is_null() | (pl.col("currency") == brief.currency)
    facts = brief.facts.filter(own_currency & (pl.col("day") <= brief.data_day))
    arrival = maturity.measure(facts, data_day=brief.data_day, restatement_days=brief.restatement_days)
    history = history_of(maturity.newest_rows(facts), data_day=brief.data_day, shares=arrival)
    desk = Desk(brief, history)
    for state in sorted(brief.campaigns, key=lambda state: (state.channel, state.id)):
        if state.daily_budget.currency == brief.currency and state.status.lower() not in _STOPPED:
            _add(desk, state, rng)
    return desk


def _add(desk: Desk, state: CampaignState, rng: np.random.Generator) -> None:
    key = (state.channel, state.id)
    desk.states[key] = state
    days = desk.history.campaigns.get(key)
    if days is None:
        desk.unmeasured[key] = f"needs {MIN_DAYS} complete days, has 0"
        return
    fitted = fit_response(days, desk.history.demand, draws=DRAWS, rng=rng)
    if not isinstance(fitted, Response):
        desk.unmeasured[key] = fitted.reason
        return
    desk.responses[key] = fitted
    reason = _why_held(desk.brief, state)
    if reason:
        desk.held[key] = reason


def _why_held(brief: Brief, state: CampaignState) -> str:
    if resource_of(state).key in brief.fixed:
        return "locked"
    if silent_conversions(brief.features, resource_of(state).key) is not None:
        return "no conversions for a week while clicks go on: the tag looks broken"
    if state.learning_until is not None and state.learning_until > brief.data_day:
        return f"learning until {state.learning_until}"
    if state.daily_budget < brief.limits.min_budget:
        return f"below the smallest budget of {brief.limits.min_budget}"
    return ""


def options_of(desk: Desk) -> list[Option]:
    """What the allocation may choose from: measured campaigns within their bounds, all others as they are."""
    limits, options = desk.brief.limits, []
    for key, state in desk.states.items():
        before = state.daily_budget.minor
        low, high = before + 1, before
        if key in desk.responses and key not in desk.held:
            low, high = bounds_of(
                before,
                max_step_share=limits.max_step_share,
                floor=limits.min_budget.minor,
                unit=desk.minor_units,
            )
        options.append(Option("/".join(key), before, low, high, _value_of(desk, key)))
    return options


def _value_of(desk: Desk, key: Key) -> Callable[[Floats], Floats]:
    response = desk.responses.get(key)
    # The level of demand scales all campaigns alike; the newest four weeks make amounts comparable with reports.
    demand = float(desk.history.demand[-28:].mean())

    def value(budgets: Floats) -> Floats:
        if response is None:
            days = desk.history.campaigns.get(key)
            return np.full((DRAWS, len(budgets)), days.recent_revenue if days else 0.0)
        worth: Floats = response.steady(desk.spend_of(key, budgets)) * demand
        return worth

    return value

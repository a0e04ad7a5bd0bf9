"""Rehearse: what an agent would propose today from what was known when people rejected a plan of its."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from agents.features.store import FeatureStore
from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.artefacts import planner_in
from agents.lifecycle.propose import HISTORY
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from agents.team.agent import Agent, Proposal
from agents.team.brief import Brief, resource_of
from storage.ledger import Ledger
from storage.records.facts import CampaignState
from storage.records.money import Money, exponent_of
from storage.records.plans import Change, Plan
from storage.records.record import Record

_MICRO_EXPONENT = 6


class Rehearsal(Record):
    """One rejected plan and what of it would come again."""

    plan_id: str
    changes: int
    again: int
    """Changes of the same thing in the same direction."""


class Rehearser:
    """Briefs agents on the past: facts and features as known then, budgets as they stood, settings of today."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        team: Mapping[str, Agent],
        facts: LakeReader,
        features: FeatureStore,
        readers: Readers,
    ) -> None:
        self._ledger = ledger
        self._team = team
        self._facts = facts
        self._features = features
        self._readers = readers

    async def rehearse(self, plan: Plan) -> Rehearsal | None:
        """None where the agent, or the campaigns of the plan, are no longer there."""
        agent = self._team.get(plan.agent)
        brief = await self._brief(plan) if agent is not None else None
        if agent is None or brief is None:
            return None
        answer = await asyncio.to_thread(agent.propose, brief)
        wanted = {_direction(one) for one in answer.changes} if isinstance(answer, Proposal) else set()
        again = sum(_direction(one) in wanted for one in plan.changes)
        return Rehearsal(plan_id=plan.id, changes=len(plan.changes), again=again)

    async def _brief(self, plan: Plan) -> Brief | None:
        try:
            states = await self._readers.campaigns()
            source = self._readers.source_of(plan.changes[0].resource.channel)
        except (SourceUnavailable, LookupError):
            return None
        known_at = plan.data_known_at or plan.created_at
        history = await self._facts.history(first=plan.data_day - HISTORY, last=plan.data_day, simulated=plan.simulated)
        frame = history.frame.filter(pl.col("known_at") <= known_at)
        campaigns = tuple(_as_then(one, plan, frame) for one in states if one.simulated == plan.simulated)
        if not set(plan.resource_keys) <= {resource_of(one).key for one in campaigns}:
            return None
        async with self._ledger.read() as tx:
            settings, versions = await planner_in(tx)
        currency = plan.money_at_risk.currency
        return Brief(
            campaigns=campaigns,
            facts=frame,
            data_day=plan.data_day,
            restatement_days=source.restatement_days,
            currency=currency,
            limits=settings.limits(currency),
            versions=versions,
            data_known_at=known_at,
            fixed=frozenset(resource_of(one).key for one in campaigns if one.shared_with),
            features=await self._features.serve(simulated=plan.simulated, day=plan.data_day, as_of=known_at),
        )


def _as_then(state: CampaignState, plan: Plan, frame: pl.DataFrame) -> CampaignState:
    """The campaign with the budget it had: as the plan found it, else as the newest day of the facts tells."""
    key = resource_of(state).key
    found = next((one.before for one in plan.changes if one.resource.key == key), None)
    budget = found if isinstance(found, Money) else _told(state, plan, frame)
    return state if budget is None else state.model_copy(update={"daily_budget": budget, "learning_until": None})


def _told(state: CampaignState, plan: Plan, frame: pl.DataFrame) -> Money | None:
    own = frame.filter(
        (pl.col("channel") == state.channel)
        & (pl.col("campaign_id") == state.id)
        & pl.col("budget_micros").is_not_null()
        & pl.col("day").is_between(plan.data_day - timedelta(days=7), plan.data_day)
    ).sort("day", "known_at")
    if not own.height:
        return None
    currency = state.daily_budget.currency
    return Money(
        minor=int(own["budget_micros"][-1]) // 10 ** (_MICRO_EXPONENT - exponent_of(currency)), currency=currency
    )


def _direction(change: Change) -> tuple[str, str, bool]:
    before, after = change.before, change.after
    up = isinstance(before, Money) and isinstance(after, Money) and after.minor > before.minor
    return change.resource.key, change.field, up

"""Stored decisions for `bench what-if`: plans of one to eight changes as a planner makes them, always the same."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from agents.governance.limits import Limits, sandbox_limits
from agents.governance.situation import (
    TOTAL,
    AudienceStep,
    BudgetStep,
    ContentStep,
    Situation,
    StatusStep,
    Sums,
    scope,
)
from agents.governance.what_if import Row
from storage.records.money import Money
from storage.records.plans import PlanKind
from storage.records.verdicts import Outcome, Verdict

_NEWEST = datetime(2026, 6, 1, 9, tzinfo=UTC)
_CHANNELS = ("email", "paid_search", "paid_social", "website")
_CAMPAIGNS = 24
_TOTAL_MINOR = 100_000
"""What all campaigns may spend a day."""
_AREAS = ("budget",) * 7 + ("status", "content", "audience")


def limits() -> Limits:
    """What the decisions were made under."""
    return sandbox_limits(_money(_TOTAL_MINOR))


def rows(count: int, *, version: str, seed: int) -> tuple[tuple[Row, ...], int]:
    """So many decisions as the ledger gives them, newest first, and the changes in them all together."""
    dice = random.Random(seed)  # noqa: S311 - a workload, no secret
    made, changes = [], 0
    for number in range(count):
        situation = _situation(dice, f"PLAN-{count - number}")
        at = _NEWEST - timedelta(minutes=30 * number)
        verdict = Verdict(outcome=Outcome.NEEDS_APPROVAL, policy_version=version, judged_at=at)
        made.append((situation.plan, verdict.model_dump_json(), situation.model_dump_json(exclude_defaults=True)))
        changes += len(situation.steps)
    return tuple(made), changes


def _situation(dice: random.Random, plan: str) -> Situation:
    campaigns = dice.sample(range(_CAMPAIGNS), k=dice.randint(1, 8))
    steps = tuple(_step(dice, campaign) for campaign in campaigns)
    moves = [step.after.minor - step.before.minor for step in steps if isinstance(step, BudgetStep)]
    raised = sum(move for move in moves if move > 0)
    return Situation(
        plan=plan,
        kind=PlanKind.BUDGET,
        simulated=True,
        agent="budget_planner",
        skills=("audience", "budget", "content"),
        at_risk=_money(raised * 14),
        raised=raised,
        sums={key: _sums(share, sum(moves) // share) for key, share in _scopes(steps)},
        data_age_days=1 if dice.random() < 0.95 else 4,
        data_sla_days=2,
        steps=steps,
    )


def _scopes(steps: tuple[Any, ...]) -> Iterator[tuple[str, int]]:
    """What the plan touches, and roughly what part of everything it is: one of so many."""
    yield TOTAL, 1
    for step in steps:
        yield scope("channel", step.channel), len(_CHANNELS)
        yield scope("account", step.account), len(_CHANNELS)
        yield scope("brand", step.brand), 2


def _sums(share: int, moved: int) -> Sums:
    now = _TOTAL_MINOR // share
    return Sums(now=now, after=now + moved, month_now=now * 29, month_after=now * 29 + moved * 12)


def _step(dice: random.Random, campaign: int) -> BudgetStep | StatusStep | ContentStep | AudienceStep:
    channel = _CHANNELS[campaign % len(_CHANNELS)]
    shared: dict[str, Any] = {
        "key": f"{channel}/campaign/c-{campaign}",
        "channel": channel,
        "name": f"Campaign {campaign}",
        "simulated": True,
        "known": True,
        "as_planned": dice.random() < 0.98,
        "repeated": False,
        "restores_original": False,
        "account": f"{channel}-main",
        "brand": ("north", "south")[campaign // 12],
    }
    area = dice.choice(_AREAS)
    if area == "status":
        return StatusStep(area="status", **shared, before="active", after="paused", live="active", same_currency=True)
    if area == "content":
        return ContentStep(
            area="content", **shared, before="Spring sale", after="Last days of spring", live="Spring sale"
        )
    if area == "audience":
        return AudienceStep(
            area="audience",
            **shared,
            before="everyone",
            after="regulars",
            audience_name="Regular customers",
            audience_known=True,
            consented=dice.random() < 0.95,
            people=5_000,
        )
    before = dice.randrange(2_000, 9_000)
    after = before * dice.randrange(70, 146) // 100
    return BudgetStep(
        area="budget",
        **shared,
        before=_money(before),
        after=_money(after),
        live=_money(before),
        week_before=_money(before),
        same_currency=True,
        learning=dice.random() < 0.1,
    )


def _money(minor: int) -> Money:
    return Money(minor=minor, currency="GBP")

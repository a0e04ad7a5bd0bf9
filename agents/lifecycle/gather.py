"""Gather: all that the rules are told of a plan, from sources and lake before a transaction, from the ledger in it."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from agents.governance.approvals import Panel
from agents.governance.budgets import may_spend
from agents.governance.facts import Facts, campaign_key
from agents.governance.rules import Act, Rules
from agents.governance.situation import Case, changes_rules
from agents.lifecycle.late import late_behind, sla_days
from agents.lifecycle.severity import channel_of_finding
from agents.lifecycle.spending import Spending
from agents.lifecycle.stops import glass_for
from agents.lifecycle.walk import case_behind
from agents.sources.readers import Readers
from storage.ledger import Transaction
from storage.records.alerts import AlertState, Severity
from storage.records.executions import ExecutionState
from storage.records.facts import CampaignState
from storage.records.freshness import StaleSource
from storage.records.money import Money
from storage.records.plans import Change, Plan, PlanState

WEEK = timedelta(days=7)
"""The days, today included, in which small steps on one campaign add up."""
_BUDGET = "daily_budget"
_STATUS = "status"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class World:
    """What the sources and the lake show at one moment."""

    campaigns: tuple[CampaignState, ...] = ()
    today: date | None = None
    """The unfinished day in the calendar of the plan's source; None where no source reads its channel."""
    source: str = ""
    """That shows the plan's campaigns; empty where none does."""
    zone: str = "UTC"
    """In which it counts its days."""
    spent_this_month: Mapping[str, int] | None = None
    """`Resource.key` of a campaign → minor units in its source's calendar month so far; None if unknown."""


async def look(plan: Plan, *, readers: Readers, spending: Spending, now: datetime) -> World:
    """What is shown now. Raises SourceUnavailable; rules are texts of ours, which no source has to be asked about."""
    if changes_rules(plan):
        return World(today=now.date())
    try:
        own = readers.source_of(plan.changes[0].resource.channel)
    except LookupError:
        return World()
    campaigns = await readers.campaigns()
    today = await own.today()
    spent = await asyncio.gather(
        *(
            spending.of(source, tuple(one for one in campaigns if readers.source_of(one.channel) is source))
            for source in readers.sources
        )
    )
    return World(campaigns=campaigns, today=today, source=own.name, zone=own.zone, spent_this_month=_together(spent))


async def gather(
    tx: Transaction, plan: Plan, world: World, *, rules: Rules, panel: Panel, skills: frozenset[str]
) -> Facts:
    """All that the rules are told about this plan, before anybody's approval is counted."""
    today = world.today
    return Facts(
        now=panel.now,
        campaigns=await _with_reserved(tx, plan, world.campaigns),
        data_age_days=None if today is None else (today - plan.data_day - _DAY).days,
        data_sla_days=await _sla_days(tx, plan, world),
        late=await _late(tx, plan, world, now=panel.now),
        spent_this_month=world.spent_this_month,
        days_left=31 if today is None else (_next_month(today) - today).days,
        week_before={} if today is None else await _week_before(tx, plan, today),
        evaluation_age_days=None if today is None else await _evaluation_age_days(tx, plan, today),
        agent_skills=skills,
        requester=panel.person(plan.requested_by),
        taken_back=await _taken_back(tx, plan),
        case=await _case(tx, plan),
        glass=await _has_glass(tx, plan, rules, panel),
    )


async def _sla_days(tx: Transaction, plan: Plan, world: World) -> int:
    rows = await tx.freshness.of(simulated=plan.simulated)
    return sla_days(next((row for row in rows if row.source == world.source), None))


async def _late(tx: Transaction, plan: Plan, world: World, *, now: datetime) -> tuple[StaleSource, ...]:
    """Nothing of a change of the rules, which rests on no figures."""
    if world.today is None or not world.source:
        return ()
    return await late_behind(tx, plan, source=world.source, zone=world.zone, today=world.today, now=now)


def _together(spent: Iterable[Mapping[str, int] | None]) -> Mapping[str, int] | None:
    """What all sources together say; unknown if one of them does not say."""
    found: dict[str, int] = {}
    for each in spent:
        if each is None:
            return None
        found.update(each)
    return found


async def _with_reserved(
    tx: Transaction, plan: Plan, campaigns: tuple[CampaignState, ...]
) -> tuple[CampaignState, ...]:
    """Count what other plans may write as written: two plans must not pass a cap together.

    What they would raise is reserved; what they would lower counts only when it is done. A campaign of this plan
    is left as it is: it is claimed, so another plan on it is in conflict, and that is said elsewhere.
    """
    reserved = [
        change
        for other in await tx.plans.in_states(PlanState.APPROVED, PlanState.EXECUTING)
        if other.plan.id != plan.id
        for change in other.plan.changes
        if change.resource.key not in plan.resource_keys
    ]
    if not reserved:
        return campaigns
    by_key: dict[str, list[Change]] = {}
    for change in reserved:
        by_key.setdefault(change.resource.key, []).append(change)
    return tuple(_as_reserved(one, by_key.get(campaign_key(one), [])) for one in campaigns)


def _as_reserved(state: CampaignState, changes: list[Change]) -> CampaignState:
    update: dict[str, object] = {}
    for change in changes:
        after, now = change.after, state.daily_budget
        if isinstance(after, Money) and change.field == _BUDGET:
            if after.currency == now.currency and now < after:
                update["daily_budget"] = after
        elif change.field == _STATUS and may_spend(str(after)):
            update["status"] = after
    return state.model_copy(update=update)


async def _week_before(tx: Transaction, plan: Plan, today: date) -> dict[str, Money]:
    """Daily budgets of the plan's campaigns before our first change of them in the week."""
    before: dict[str, Money] = {}
    for done in await tx.executions.applied_since(today - WEEK + _DAY, plan.resource_keys):
        value = done.change.before if done.before_image is None else done.before_image.value
        if done.plan_id != plan.id and done.change.field == _BUDGET and isinstance(value, Money):
            before.setdefault(done.change.resource.key, value)
    return before


async def _evaluation_age_days(tx: Transaction, plan: Plan, today: date) -> int | None:
    """Days since this agent in this version was held against what came; None if it never was.

    By the final outcome of a plan, or by an evaluation that could tell something and did not fail.
    """
    newest = await tx.home.newest_outcome(plan.agent, plan.agent_version)
    days = [] if newest is None else [_day(newest["scored_on"])]
    taken = await tx.evaluations.newest_of(plan.agent, plan.agent_version)
    days += [
        one.as_of
        for one in taken
        if one.value is not None and one.passed is not False and one.simulated == plan.simulated
    ]
    return max(0, (today - max(days)).days) if days else None


async def _case(tx: Transaction, plan: Plan) -> Case | None:
    """What the plan intervenes in, if a monitor made it for a case that is not over."""
    alert_id = case_behind(plan)
    alert = None if alert_id is None else await tx.alerts.get(alert_id)
    if alert is None or alert.state is AlertState.RECOVERED:
        return None
    finding = alert.finding
    return Case(kpi=finding.kpi, channel=channel_of_finding(finding), large=finding.severity is Severity.CRITICAL)


async def _has_glass(tx: Transaction, plan: Plan, rules: Rules, panel: Panel) -> bool:
    """Whether somebody who may still break the glass, and has, answers for the plan."""
    glass = await glass_for(tx, plan, now=panel.now)
    person = None if glass is None else panel.person(glass.person_id)
    return person is not None and rules.may(person, Act.BREAK_GLASS).allowed


async def _taken_back(tx: Transaction, plan: Plan) -> tuple[Change, ...]:
    original = None if plan.restores is None else await tx.plans.get(plan.restores)
    if original is None:
        return ()
    done = await tx.executions.of(original.plan.id, original.plan.revision)
    return tuple(item.change for item in done if item.state is ExecutionState.APPLIED)


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _day(stored: object) -> date:
    """A day as canonical JSON keeps it."""
    text = stored["day"] if isinstance(stored, dict) else stored
    return date.fromisoformat(str(text))

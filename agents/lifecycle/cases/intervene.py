"""Intervene: what happens by itself to a large case, where the team's policy wants it; by default nothing does.

A hold is a freeze that names its case and ends with it. A pause is a plan like any other: the rules judge it, and
only they let it run without a person.
"""

from collections.abc import Iterable
from datetime import date, datetime

from agents.governance.budgets import may_spend
from agents.lifecycle.people.freeze import GOING_ON, show
from agents.lifecycle.severity import channel_of_finding
from agents.lifecycle.states import ask_for_execution
from agents.lifecycle.walk import MONITOR, MONITOR_VERSION
from agents.team.agent import Proposal
from agents.team.brief import resource_of
from storage.ledger import Transaction
from storage.records.alerts import Alert, AlertKind, Finding, Pattern
from storage.records.facts import CampaignState
from storage.records.money import Money
from storage.records.plans import Change, Evidence, PlanKind, PlanState, PlanStatus
from storage.records.reviews import Automatic, Intervention, Review
from storage.records.stops import Freeze, FreezeScope

_BLIND = (Pattern.TRACKING_BREAK, Pattern.MISSING)
_MEASURING = ("tracking", "data")
_OF_CAMPAIGNS = (AlertKind.DRIFT, AlertKind.OUTCOME)
_PAUSED = "paused"


def fitting(wanted: Intervention, finding: Finding) -> Intervention:
    """What the team wants, and a hold instead of a pause where the measuring is what broke, not what is measured."""
    blind = finding.pattern in _BLIND or (finding.candidates and finding.candidates[0].kind in _MEASURING)
    if wanted is Intervention.PAUSE and (blind or finding.kind not in _OF_CAMPAIGNS):
        return Intervention.HOLD
    return wanted


async def hold(tx: Transaction, alert: Alert, *, now: datetime) -> Automatic:
    """Let no plan write in the scope of the case until somebody has looked; what is held already stays as it is."""
    channel = channel_of_finding(alert.finding)
    scope = FreezeScope.CHANNEL if channel else FreezeScope.ALL
    there = next((one for one in await tx.stops.in_force() if (one.scope, one.value) == (scope, channel)), None)
    where = f"channel {channel}" if channel else "everything"
    if there is not None:
        words = f"{where} is frozen already, by {there.id}"
        return Automatic(kind=Intervention.HOLD, ref=there.id, words=words, at=now)
    made = await tx.stops.freeze(
        scope, channel, reason=f"{alert.id}: {alert.finding.title}", person_id=MONITOR, now=now, case=alert.id
    )
    await tx.audit.append(
        at=now,
        actor=f"agent:{MONITOR}",
        action="freeze.set",
        subject=made.id,
        facts={"scope": scope.value, "value": channel, "reason": made.reason, "case": alert.id, "via": "policy"},
    )
    await show(tx)
    words = f"{where} is held ({made.id}): nothing is written there until {alert.id} is over or somebody thaws it"
    return Automatic(kind=Intervention.HOLD, ref=made.id, words=words, at=now)


async def release(tx: Transaction, alert_id: str, *, now: datetime) -> tuple[Freeze, ...]:
    """End what the case held by itself; what it stopped goes on, once.

    What another case under review wants held, too, holds for that one from now on.
    """
    ended = []
    for one in await tx.stops.in_force():
        if one.case != alert_id:
            continue
        heir = await _also_wants(tx, one, alert_id)
        if heir is not None:
            await _hand_over(tx, one, heir, now=now)
        else:
            thawed = one.model_copy(update={"thawed_by": MONITOR, "thawed_at": now})
            await tx.stops.thaw(thawed)
            await tx.audit.append(
                at=now, actor=f"agent:{MONITOR}", action="freeze.lifted", subject=one.id,
                facts={
                    "scope": one.scope.value, "value": one.value, "reason": one.reason, "case": alert_id,
                    "via": "policy",
                },
            )  # fmt: skip
            ended.append(thawed)
    if ended:
        await show(tx)
        for status in await tx.plans.in_states(*GOING_ON):
            await ask_for_execution(tx, status.plan, because=f":{ended[0].id}")
    return tuple(ended)


async def _also_wants(tx: Transaction, held: Freeze, alert_id: str) -> Review | None:
    """The oldest review of another case, not over, that found the freeze in force when it wanted it."""
    return next(
        (
            one
            for one in await tx.reviews.open()
            if one.alert_id != alert_id and one.automatic is not None and one.automatic.ref == held.id
        ),
        None,
    )


async def _hand_over(tx: Transaction, held: Freeze, heir: Review, *, now: datetime) -> None:
    title = heir.steps[0].words if heir.steps else heir.key
    await tx.stops.hand_over(held.model_copy(update={"case": heir.alert_id, "reason": f"{heir.alert_id}: {title}"}))
    await tx.audit.append(
        at=now,
        actor=f"agent:{MONITOR}",
        action="freeze.handed_over",
        subject=held.id,
        facts={"scope": held.scope.value, "value": held.value, "from": held.case, "case": heir.alert_id},
    )


def pause(alert: Alert, campaigns: Iterable[CampaignState], *, data_day: date) -> Proposal | None:
    """The plan that pauses what the case is about; None where nothing of it is running."""
    finding = alert.finding
    running = [one for one in campaigns if _concerns(finding, one) and may_spend(one.status)]
    if not running:
        return None
    first = running[0].daily_budget
    return Proposal(
        kind=PlanKind.BUDGET,
        title=f"Pause {_count(len(running))} for {alert.id}",
        why=(
            finding.title,
            f"Likely cause: {finding.cause}.",
            "The team's limits want a pause in a case of this size.",
        ),
        agent=MONITOR,
        agent_version=MONITOR_VERSION,
        changes=tuple(
            Change(
                id=f"c{number}",
                resource=resource_of(one),
                field="status",
                before=one.status,
                after=_PAUSED,
                unit="status",
                expected_version=one.version,
            )
            for number, one in enumerate(running, start=1)
        ),
        kpis=(finding.kpi,),
        evidence=(
            Evidence(id=alert.id, label=finding.title),
            *(Evidence(id=one, label=one) for one in finding.evidence),
        ),
        money_at_risk=Money(minor=0, currency=first.currency),
        irreversible=("What paused campaigns would have sold is not sold.",),
        data_day=data_day,
        simulated=any(one.simulated for one in running),
        versions={"agent": f"{MONITOR}/{MONITOR_VERSION}"},
    )


def paused(status: PlanStatus, *, now: datetime) -> Automatic:
    """What became of the plan that was filed."""
    words = {
        PlanState.WAITING: "it waits for a person, because the rules do not let it run by itself",
        PlanState.REFUSED: f"the rules refuse it: {status.note}",
        PlanState.HELD: f"it is held: {status.note}",
    }.get(status.state, "the rules let it run at once")
    said = f"{status.plan.id} pauses {_count(len(status.plan.changes))}; {words}"
    return Automatic(kind=Intervention.PAUSE, ref=status.plan.id, words=said, at=now)


def _concerns(finding: Finding, campaign: CampaignState) -> bool:
    channel = channel_of_finding(finding)
    name = finding.entity.partition("/")[2]
    one = finding.campaign_id in (None, campaign.id) and name in ("", campaign.id, campaign.name)
    return channel in ("", campaign.channel) and one and campaign.simulated == finding.simulated


def _count(campaigns: int) -> str:
    return "1 campaign" if campaigns == 1 else f"{campaigns} campaigns"

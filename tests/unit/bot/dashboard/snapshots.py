"""A view with something in every part, and hostile text wherever text comes from data."""

from datetime import date, timedelta
from decimal import Decimal

from storage.records.alerts import Candidate, Certainty, Reading
from storage.records.dashboards import (
    ABOVE_ALL_MS,
    CaseLine,
    EvaluationLine,
    FlawLine,
    GovernanceLine,
    Header,
    LatencyLine,
    ModelLine,
    PlanLine,
    PlanStep,
    RuleLine,
    Snapshot,
    Tally,
)
from storage.records.kpis import KpiAnswer, KpiInterval, KpiRow
from tests.builders import NOW

EVIL = "<img src=x onerror=alert(1)>\u202e\"'&"
FIRST, LAST = date(2026, 3, 2), date(2026, 3, 29)


def answer(**changes: object) -> KpiAnswer:
    days = [FIRST + timedelta(days=at) for at in range(28)]
    usual = KpiAnswer(
        kpi="roas",
        label="ROAS",
        unit="ratio",
        direction="higher",
        value=Decimal("2.5"),
        numerator=Decimal(250),
        denominator=Decimal(100),
        first=FIRST,
        last=LAST,
        zone="Europe/London",
        currency="GBP",
        as_of=NOW,
        newest_day=LAST,
        provisional=True,
        restatement_days=7,
        simulated=False,
        sources=(EVIL,),
        owner=EVIL,
        previous=Decimal(3),
        target=Decimal(3),
        interval=KpiInterval(low=Decimal("2.4"), high=None),
        series=tuple(
            KpiRow(
                label=day.isoformat(),
                value=None if day.day == 9 else Decimal(day.day % 5) + Decimal("0.5"),
                numerator=None,
                denominator=None,
            )
            for day in days
        ),
        notes=(EVIL,),
        version="1-3f9ac21b",
    )
    return usual.model_copy(update=changes)


def full() -> Snapshot:
    return Snapshot(
        header=Header(
            as_of=NOW, days=28, first=FIRST, last=LAST, zone="Europe/London", simulated=False, rules="edition 3 (ab12)"
        ),
        trends=(answer(), answer(kpi="spend", label="Spend", unit="GBP", direction="neutral", denominator=None)),
        cases=tuple(
            CaseLine(
                id=f"ALERT-{number}",
                severity=severity,
                state=state,
                kpi="roas",
                entity=EVIL,
                title=f"{EVIL} {'long ' * 60}",
                cause=EVIL,
                suspect_plan="PLAN-2",
                opened_on=FIRST + timedelta(days=3 * number),
                last_seen_on=LAST,
                times_seen=number,
                review="diagnosed",
                pattern="level_shift",
                reading=Reading(unit="GBP/click", observed=Decimal("0.9"), expected=Decimal("0.5"), first=FIRST, last=LAST),
                candidates=(Candidate(kind="price", words=EVIL, certainty=Certainty.POSSIBLE),),
                part_of="ALERT-1" if number == 2 else None,
                escalated=True,
                learnt="expected" if state == "recovered" else None,
                due_at=NOW,
            )
            for number, severity, state in (
                (1, "critical", "open"), (2, "warning", "snoozed"), (3, "note", "recovered")
            )
        ),
        plans=tuple(
            PlanLine(
                id=f"PLAN-{number}",
                kind="budget",
                title=EVIL,
                state=state,
                agent="budget_planner",
                proposed_on=FIRST + timedelta(days=at),
                done_on=None if done is None else FIRST + timedelta(days=done),
                restores=restores,
                rolled_back_by="PLAN-4" if number == 2 else None,
                steps=(PlanStep(words="proposed", at=NOW), PlanStep(words="approved", at=NOW)),
                trace_id="0af7651916cd43dd8448eb211c80319c",
            )
            for number, state, at, done, restores in (
                (1, "done", -30, 1, None), (2, "rolled_back", 4, 6, None), (3, "failed", 8, 9, None),
                (4, "done", 14, 15, "PLAN-2"), (5, "waiting", 25, None, None), (6, "rejected", 20, None, None),
            )
        ),
        latencies=(
            LatencyLine(
                what="ask", count=200, failed=3, p50_ms=500, p95_ms=2000, p99_ms=ABOVE_ALL_MS,
                target_ms=2000, within_target=199,
            ),
            LatencyLine(what="job:look", count=10, failed=0, p50_ms=10_000, p95_ms=60_000, p99_ms=60_000),
        ),
        successes=(Tally(what="plans carried out, of those begun", well=999, all=1000),),
        governance=GovernanceLine(
            changes=8, valid=7, decided=4, median_minutes=Decimal("35.5"), rejected=1, expired=1, escalated=1,
            overridden=1, freezes=1,
        ),
        rules=(RuleLine(policy="max-step", text=EVIL, refused=3, plans=("PLAN-7", "PLAN-6")),),
        flaws=(FlawLine(plan_id="PLAN-1", key="PLAN-1.r1.c1", words=EVIL, at=NOW),),
        models=(
            ModelLine(
                name="budget_planner", version=2, kind="model", owner=EVIL, since=NOW, sha256="ab" * 32,
                evaluations=(
                    EvaluationLine(measure="outcome_coverage", words="7 of 10 outcomes inside", passed=True, at=NOW),
                    EvaluationLine(measure="hold_out_error", words=EVIL, passed=False, at=NOW),
                    EvaluationLine(measure="rejected_again", words="too little to tell", passed=None, at=NOW),
                ),
            ),
            ModelLine(name="kpis", version=1, kind="definitions", owner="carla", since=NOW, sha256="cd" * 32),
        ),
    )  # fmt: skip

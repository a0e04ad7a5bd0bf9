"""Evaluate: what decisions are made with is held against what came, on schedule, and what came of it is kept.

The rules read how old the newest of these is: who was not held against results for too long loses autonomy.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from agents.forecasts.calibration import FEWEST, Hit, bias_of, coverage_of, error_of, holds
from agents.kpis.lake_reader import LakeReader
from agents.lifecycle.artefacts import DRIFT, PLANNER, planner_in
from agents.lifecycle.evaluations.recalibrate import Recalibrator, hit_of, told_forecasts
from agents.lifecycle.evaluations.rehearse import Rehearsal, Rehearser
from agents.lifecycle.propose import HISTORY
from agents.lifecycle.walk import MONITOR, MONITOR_VERSION
from agents.sources.readers import Readers
from agents.sources.source import Source, SourceUnavailable
from agents.team.agent import Agent
from agents.team.holdout import HeldOut, held_out_weeks
from storage.ledger import Ledger, Transaction
from storage.records.evaluations import Evaluation, Measure
from storage.records.plans import Plan, PlanState
from storage.records.questions import Question
from storage.records.record import Record
from storage.records.reviews import NOISE, Review

COVERAGE = Decimal("0.8")
"""What the planner's ranges promise to hold."""
LEAST_PRECISION = Decimal("0.7")
"""Share of diagnosed cases that have to be more than noise."""
_FEWEST_CASES = 5
_MOST_REHEARSED = 5
"""Newest rejected plans that are proposed anew: each costs as much as a plan."""


class Evaluated(Record):
    """What a run brought; `asked` is the question for other settings, where ranges did not hold."""

    evaluations: tuple[Evaluation, ...]
    asked: Question | None = None


class Evaluator:
    """Takes every measure of every agent, once a run."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        team: Sequence[Agent],
        facts: LakeReader,
        readers: Readers,
        rehearser: Rehearser,
        recalibrator: Recalibrator,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._team = tuple(team)
        self._facts = facts
        self._readers = readers
        self._rehearser = rehearser
        self._recalibrator = recalibrator
        self._clock = clock

    async def run(self) -> Evaluated:
        """Evaluate against all that is known now; a source that does not answer is left for the next run."""
        made: list[Evaluation] = []
        weeks: list[HeldOut] = []
        for source in self._readers.sources:
            try:
                data_day = await source.today() - timedelta(days=1)
            except SourceUnavailable:
                continue
            held_out = await self._held_out(source, data_day)
            rehearsed = await self._rehearsed(source)
            made += await self._keep(source, data_day, held_out, rehearsed)
            weeks += held_out
        asked = None
        if any(one.passed is False and one.measure in _RANGES for one in made):
            asked = await self._recalibrator.ask_by_itself([one.hit for one in weeks])
        return Evaluated(evaluations=tuple(made), asked=asked)

    async def newest(self) -> tuple[Evaluation, ...]:
        """The last one of each measure of each version, newest first."""
        async with self._ledger.read() as tx:
            return await tx.evaluations.newest()

    async def _held_out(self, source: Source, data_day: date) -> tuple[HeldOut, ...]:
        history = await self._facts.history(first=data_day - HISTORY, last=data_day, simulated=source.simulated)
        campaigns = await self._readers.campaigns()
        currencies = [one.daily_budget.currency for one in campaigns if one.simulated == source.simulated]
        if not currencies or history.frame.is_empty():
            return ()
        async with self._ledger.read() as tx:
            settings, _ = await planner_in(tx)
        newest = history.read_to(source.name) or data_day
        return await asyncio.to_thread(
            lambda: held_out_weeks(
                history.frame,
                data_day=min(newest, data_day),
                restatement_days=source.restatement_days,
                currency=max(currencies, key=currencies.count),
                range_scale=settings.range_scale,
            )
        )

    async def _rehearsed(self, source: Source) -> tuple[Rehearsal, ...]:
        async with self._ledger.read() as tx:
            rejected = await tx.plans.in_states(PlanState.REJECTED)
        theirs = [
            one.plan for one in rejected if one.plan.requested_by is None and one.plan.simulated == source.simulated
        ]
        newest = sorted(theirs, key=lambda one: one.created_at)[-_MOST_REHEARSED:]
        found = [await self._rehearser.rehearse(plan) for plan in newest]
        return tuple(one for one in found if one is not None)

    async def _keep(
        self, source: Source, data_day: date, held_out: tuple[HeldOut, ...], rehearsed: tuple[Rehearsal, ...]
    ) -> list[Evaluation]:
        now = self._clock()
        async with self._ledger.write() as tx:
            _, pinned = await planner_in(tx)
            told = [one for one in await told_forecasts(tx) if one[0].simulated == source.simulated]
            reviews = [one for one in await tx.reviews.all() if one.simulated == source.simulated]
            taken = [
                {**one, "subject": agent.name, "version": agent.version, "model": _model(PLANNER, pinned)}
                for agent in self._team
                for one in (
                    *_of_outcomes([one for one in told if _made_by(one[0], agent)]),
                    *_of_weeks(held_out),
                    *_of_rejected(rehearsed),
                )
            ]
            used = await tx.models.in_production(DRIFT)
            taken.append(
                {
                    **_of_cases(reviews),
                    "subject": MONITOR,
                    "version": MONITOR_VERSION,
                    "model": used.id if used else None,
                }
            )
            data = await tx.lineage.newest_version("facts", simulated=source.simulated)
            shared = {"simulated": source.simulated, "as_of": data_day, "at": now, "data_version": data}
            kept = [await tx.evaluations.add(**one, **shared) for one in taken]
            await _tell(tx, kept, now=now)
        return kept


async def _tell(tx: Transaction, kept: Iterable[Evaluation], *, now: datetime) -> None:
    """One entry a subject: what was measured, and whether it was good enough."""
    by_subject: dict[str, list[Evaluation]] = {}
    for one in kept:
        by_subject.setdefault(f"{one.subject}@{one.version}", []).append(one)
    for subject, taken in by_subject.items():
        facts = {one.measure.value: {"value": one.value, "passed": one.passed, "cases": one.cases} for one in taken}
        await tx.audit.append(at=now, actor="system", action="model.evaluated", subject=f"agent:{subject}", facts=facts)


def _of_outcomes(told: Sequence[tuple[Plan, Any, Any]]) -> tuple[dict[str, Any], ...]:
    pairs = [(outcome, hit) for _, forecast, outcome in told if (hit := hit_of(forecast, outcome)) is not None]
    hits = [hit for _, hit in pairs]
    days = sorted(outcome.scored_on for outcome, _ in pairs)
    span = {"first": days[0] if days else None, "last": days[-1] if days else None, "cases": len(hits)}
    inside, bias = coverage_of(hits), bias_of(hits)
    return (
        {
            **span, "measure": Measure.OUTCOME_COVERAGE, "value": _rounded(inside), "target": COVERAGE,
            "passed": holds(hits, coverage=COVERAGE), "words": _held_words(hits, "outcomes of plans"),
        },
        {
            **span, "measure": Measure.OUTCOME_BIAS, "value": _rounded(bias), "target": None, "passed": None,
            "words": "no outcome is final yet" if bias is None else
            _bias_words(bias, len(hits)),
        },
    )  # fmt: skip


def _of_weeks(weeks: Sequence[HeldOut]) -> tuple[dict[str, Any], ...]:
    hits = [one.hit for one in weeks]
    span = {
        "first": min((one.first for one in weeks), default=None),
        "last": max((one.last for one in weeks), default=None),
        "cases": len(hits),
    }
    inside, error = coverage_of(hits), error_of(hits)
    return (
        {
            **span, "measure": Measure.HOLD_OUT_COVERAGE, "value": _rounded(inside), "target": COVERAGE,
            "passed": holds(hits, coverage=COVERAGE), "words": _held_words(hits, "held-out weeks"),
        },
        {
            **span, "measure": Measure.HOLD_OUT_ERROR, "value": _rounded(error), "target": None, "passed": None,
            "words": "too little history to hold a week out" if error is None else
            f"revenue of held-out weeks was off by {error:.1%} ({_cases(len(hits))})",
        },
    )  # fmt: skip


def _of_rejected(rehearsed: Sequence[Rehearsal]) -> tuple[dict[str, Any], ...]:
    changes, again = sum(one.changes for one in rehearsed), sum(one.again for one in rehearsed)
    plans = ", ".join(one.plan_id for one in rehearsed if one.again)
    words = f"{again} of {changes} changes that people rejected would be proposed again{f': {plans}' if plans else ''}"
    value = _rounded(Decimal(again) / changes) if changes else None
    return (
        {
            "measure": Measure.REJECTED_AGAIN, "value": value, "target": None, "passed": None, "cases": len(rehearsed),
            "words": words if changes else "no plan of the agent was rejected yet",
        },
    )  # fmt: skip


def _of_cases(reviews: Sequence[Review]) -> dict[str, Any]:
    told = [one for one in reviews if one.diagnosis is not None]
    real = sum(one.diagnosis is not None and one.diagnosis.kind != NOISE for one in told)
    enough = len(told) >= _FEWEST_CASES
    value = _rounded(Decimal(real) / len(told)) if enough else None
    fewer = "" if enough else f"; {_FEWEST_CASES} are needed to tell"
    return {
        "measure": Measure.CASE_PRECISION, "value": value, "target": LEAST_PRECISION,
        "passed": None if value is None else value >= LEAST_PRECISION, "cases": len(told),
        "words": f"{real} of {len(told)} diagnosed cases were more than noise{fewer}",
    }  # fmt: skip


def _bias_words(bias: Decimal, cases: int) -> str:
    way = "more" if bias >= 0 else "less"
    return f"on average {abs(bias):.1%} {way} came than was forecast ({_cases(cases)})"


def _held_words(hits: Sequence[Hit], what: str) -> str:
    if not hits:
        return f"no {what} yet"
    inside = sum(one.inside for one in hits)
    fewer = f"; {FEWEST} are needed to tell" if len(hits) < FEWEST else ""
    return f"{inside} of {len(hits)} {what} fell into their range, which should hold {COVERAGE:.0%}{fewer}"


def _cases(number: int) -> str:
    return "1 case" if number == 1 else f"{number} cases"


def _made_by(plan: Plan, agent: Agent) -> bool:
    return (plan.agent, plan.agent_version) == (agent.name, agent.version)


def _model(name: str, pinned: dict[str, str]) -> str | None:
    version = pinned.get(f"model:{name}")
    return None if version is None else f"model:{name}@{version}"


def _rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(Decimal("0.0001"))


_RANGES = (Measure.OUTCOME_COVERAGE, Measure.HOLD_OUT_COVERAGE)

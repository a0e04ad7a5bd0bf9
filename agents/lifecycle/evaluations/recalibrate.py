"""Recalibrate: other settings for what was wrong, made from what happened; a person agrees before they are used."""

from collections.abc import Iterable
from decimal import ROUND_UP, Decimal

from agents.drift.thresholds import Thresholds
from agents.forecasts.calibration import Hit, range_scale
from agents.lifecycle.artefacts import DRIFT, PLANNER, planner_in, thresholds_in
from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.promote import Promoter
from agents.lifecycle.severity import change_bp
from agents.team.brief import PlannerSettings
from storage.ledger import Ledger, Transaction
from storage.records.alerts import Alert, AlertKind, Outcome, OutcomeScore
from storage.records.people import Person
from storage.records.plans import Forecast, Plan
from storage.records.questions import Question
from storage.records.record import Record
from storage.records.reviews import NOISE

EVALUATOR = "agent:evaluator"
"""Who asks for other settings by itself."""
_WHOLE_BP = 10_000
_MARGIN = Decimal("1.1")
"""A bound is set a tenth above the departure that should not have been a case."""


class Recalibration(Record):
    """Settings as they would be, and why."""

    name: str
    """Of the artefact."""
    settings: Thresholds | PlannerSettings
    about: str
    """What is new, with the numbers behind it, for people."""

    @property
    def content(self) -> str:
        """The settings as text, as they are registered."""
        return self.settings.model_dump_json()


class CannotRecalibrate(ValueError):
    """Raised where there is nothing to take other settings from; says what is missing."""


class Recalibrator:
    """Makes settings out of what happened, registers them, and asks a second person for their use."""

    def __init__(self, ledger: Ledger, promoter: Promoter) -> None:
        self._ledger = ledger
        self._promoter = promoter

    async def ask(self, alert: Alert, person: Person, *, via: str) -> Question | Declined:
        """Other settings for what the case is about: a forecast's ranges, or the bound of a KPI."""
        async with self._ledger.write() as tx:
            try:
                made = await (_of_forecasts(tx) if alert.finding.kind is AlertKind.OUTCOME else _of_detector(tx, alert))
            except CannotRecalibrate as error:
                return Declined(cause=Cause.INVALID, words=f"There is nothing to recalibrate: {error}.")
            return await self._promoter.suggest(
                tx, made.name, made.content, by=f"person:{person.id}", about=made.about, via=via
            )

    async def ask_by_itself(self, held_out: Iterable[Hit]) -> Question | None:
        """Ranges as evaluations say that they have to be; None where they hold, or are asked for already."""
        async with self._ledger.write() as tx:
            try:
                made = await _of_forecasts(tx, held_out=held_out)
            except CannotRecalibrate:
                return None
            asked = await self._promoter.suggest(
                tx, made.name, made.content, by=EVALUATOR, about=made.about, via="schedule"
            )
        return asked if isinstance(asked, Question) else None


async def _of_forecasts(tx: Transaction, *, held_out: Iterable[Hit] = ()) -> Recalibration:
    used, pinned = await planner_in(tx)
    told = await told_forecasts(tx, settings=pinned.get(f"model:{PLANNER}"))
    return for_forecasts(told, used, held_out=held_out, name=PLANNER)


async def told_forecasts(tx: Transaction, *, settings: str | None = None) -> tuple[tuple[Plan, Forecast, Outcome], ...]:
    """Every forecast that is told for good with what came of it; `settings` alone: of plans made with that version."""
    found = []
    for outcome in await tx.executions.scored():
        status = await tx.plans.get(outcome.plan_id) if is_told(outcome) else None
        if status is None or (settings and status.plan.versions.get(f"model:{PLANNER}", settings) != settings):
            continue
        forecast = next((one for one in status.plan.forecasts if one.kpi == outcome.kpi), None)
        if forecast is not None:
            found.append((status.plan, forecast, outcome))
    return tuple(found)


async def _of_detector(tx: Transaction, alert: Alert) -> Recalibration:
    used, _ = await thresholds_in(tx)
    reviews = [one for one in await tx.reviews.all() if one.diagnosis is not None and one.diagnosis.kind != NOISE]
    others = [found for one in reviews if (found := await tx.alerts.get(one.alert_id)) is not None]
    return for_detector(alert, used, (one for one in others if one.id != alert.id), name=DRIFT)


def for_detector(alert: Alert, used: Thresholds, others: Iterable[Alert], *, name: str) -> Recalibration:
    """Thresholds under which a departure of this size is no case; `others` are cases that people confirmed.

    Raises CannotRecalibrate where the case has no measured size, or no rule of its own.
    """
    finding = alert.finding
    rule = next((one for one in used.rules if one.kpi == finding.kpi), None)
    change = None if finding.reading is None else change_bp(finding.reading)
    if rule is None or change is None:
        raise CannotRecalibrate(f"{finding.kpi} of {alert.id} is not watched by a bound that could be moved")
    size = abs(Decimal(change)) / _WHOLE_BP
    bound = (size * _MARGIN).quantize(Decimal("0.01"), rounding=ROUND_UP)
    if float(bound) <= rule.min_effect:
        raise CannotRecalibrate(
            f"{finding.kpi} counts from {rule.min_effect:.0%} on already: size is not what was wrong"
        )
    real = [abs(Decimal(each)) / _WHOLE_BP for one in others if (each := _size(one, finding.kpi)) is not None]
    missed = sum(each < bound for each in real)
    changed = rule.model_copy(
        update={"min_effect": float(bound), "critical_effect": max(rule.critical_effect, float(bound))}
    )
    rules = tuple(changed if one.kpi == rule.kpi else one for one in used.rules)
    about = (
        f"{finding.kpi} is a case from {bound:.0%} on instead of {rule.min_effect:.0%}: {alert.id} was {size:.0%} and"
        f" nothing was wrong. Of {len(real)} confirmed cases of {finding.kpi}, {missed} would not be seen."
    )
    return Recalibration(name=name, settings=used.model_copy(update={"rules": rules}), about=about)


def for_forecasts(
    told: Iterable[tuple[Plan, Forecast, Outcome]], used: PlannerSettings, *, held_out: Iterable[Hit] = (), name: str
) -> Recalibration:
    """Ranges as wide as the outcomes so far, and the held-out weeks, say that they have to be.

    Raises CannotRecalibrate with too few of them, or where the ranges are right.
    """
    hits = [*(hit_of(forecast, outcome) for _, forecast, outcome in told), *held_out]
    scale = range_scale([one for one in hits if one is not None], coverage=Decimal("0.8"))
    if scale is None:
        raise CannotRecalibrate(
            f"{len(hits)} forecasts have been told so far: too few to say how wide a range has to be"
        )
    wanted = (used.range_scale * scale).quantize(Decimal("0.01"))
    wanted = min(max(wanted, Decimal("0.5")), Decimal(4))
    if abs(wanted - used.range_scale) < Decimal("0.05"):
        raise CannotRecalibrate("the ranges hold as much as they should: there is nothing to change")
    about = (
        f"Ranges {wanted / used.range_scale:.2f} times as wide as now: then they would have held 80 % of the"
        f" {len(hits)} forecasts that are told or were made without the newest weeks."
    )
    return Recalibration(name=name, settings=used.model_copy(update={"range_scale": wanted}), about=about)


def is_told(outcome: Outcome) -> bool:
    """Whether it says for good what came of a forecast."""
    return outcome.final and outcome.measured is not None and outcome.score is not OutcomeScore.CANNOT_TELL


def hit_of(forecast: Forecast, outcome: Outcome) -> Hit | None:
    """What came beside what was forecast; None where nothing was measured."""
    if outcome.measured is None:
        return None
    return Hit(low=forecast.low, middle=forecast.middle, high=forecast.high, measured=outcome.measured)


def _size(alert: Alert, kpi: str) -> int | None:
    reading = alert.finding.reading
    return change_bp(reading) if alert.finding.kpi == kpi and reading is not None else None

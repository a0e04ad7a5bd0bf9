"""The watch over KPIs of business objects, and over those that a team wants watched: same detectors, same cases.

Many KPIs move with one event: the plainest of those that share a table is the case, the others are told in it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import numpy as np

from agents.drift.excuses import Excuses
from agents.drift.level import Series, growing, streak
from agents.drift.occasions import Occasions
from agents.drift.plans import ExecutedPlan
from agents.drift.signals import Normals, Signal, signals_over
from agents.drift.thresholds import KpiRule, Thresholds
from agents.drift.words import LABELS
from agents.kpis.by_day import ByDay, Daily
from agents.kpis.concentration import concentrated
from agents.kpis.engine import KpiEngine
from agents.lifecycle.artefacts import thresholds_in
from agents.lifecycle.cases.business_words import Moved, finding_of
from agents.lifecycle.cases.normals import began, normals_in
from agents.lifecycle.cases.punctual import Reading
from storage.ledger import Ledger, Transaction
from storage.records.alerts import Finding

_DIRECTIONS: Mapping[str, str] = {"higher": "down", "lower": "up", "target": "both", "neutral": "both"}
_LEAST_EFFECT, _CRITICAL_EFFECT = 0.25, 0.60
_LEAST_OF_SHARE = 0.05
_CHANCE = 1e-6
"""About what five standard errors of many cases are."""
_SAME_EVENT = timedelta(days=3)
_SIGNALS = {"store_orders": "orders"}
"""What the detector of daily facts calls otherwise, so that what people said of it holds here, too."""


@dataclass(frozen=True)
class Look:
    """What one look has found, and to which day each KPI was judged."""

    findings: tuple[Finding, ...] = ()
    read_to: Mapping[str, date] = field(default_factory=dict)
    """By the name that its findings carry as their source."""


class BusinessWatch:
    """Looks at one world at a time; the same state of the data looked at again is not reckoned again."""

    def __init__(self, ledger: Ledger, kpis: KpiEngine, *, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._kpis = kpis
        self._clock = clock
        self._series: dict[bool, tuple[object, ByDay]] = {}
        self._looked: dict[bool, tuple[object, Look]] = {}

    async def look(
        self, *, simulated: bool, plans: Sequence[ExecutedPlan], beside: Sequence[Finding], occasions: Occasions
    ) -> Look:
        """What the newest days of every KPI show; `beside` are the cases that the daily facts show."""
        async with self._ledger.read() as tx:
            thresholds, version = await thresholds_in(tx)
            mark = await tx.loads.mark(simulated=simulated)
            told = {} if simulated else await _read_to_their_end(tx)
        found = await self._by_day(mark, told, simulated=simulated)
        if not found.series:
            return Look()
        newest = max(one.last for one in found.series)
        async with self._ledger.read() as tx:
            normals = await normals_in(tx, simulated=simulated, day=newest)
        near = tuple((one.key, one.title, one.since) for one in beside)
        state = (id(found), thresholds, version, normals, tuple(plans), near, occasions)
        kept = self._looked.get(simulated)
        if kept is None or kept[0] != state:
            moved = await asyncio.to_thread(judged, found, thresholds, normals, occasions)
            # Nobody can say of a special day that a case is over by it.
            told_of = {_source(one): one.last for one in found.series if not occasions.name_of(one.last)}
            findings = await self._told(moved, plans, beside, version) if moved else ()
            kept = self._looked[simulated] = state, Look(findings, told_of)
        return kept[1]

    async def _by_day(self, mark: str, told: Mapping[str, datetime], *, simulated: bool) -> ByDay:
        today = None if simulated else self._clock().date()
        hours = {source: at.replace(minute=0, second=0, microsecond=0) for source, at in told.items()}
        state = (mark, hours, today)
        kept = self._series.get(simulated)
        if kept is None or kept[0] != state:
            kept = state, await self._kpis.by_day(told=told, simulated=simulated, today=today)
            self._series[simulated] = kept
        return kept[1]

    async def _told(
        self, moved: Sequence[Moved], plans: Sequence[ExecutedPlan], beside: Sequence[Finding], version: str | None
    ) -> tuple[Finding, ...]:
        async with self._ledger.read() as tx:
            cases = {case.finding.key: case for case in await tx.alerts.unrecovered()}
            loads = await tx.loads.known(simulated=moved[0].simulated)
        told = []
        for one in moved:
            newest = {load.source: load.id for load in loads if any(load.holds(each) for each in one.daily.datasets)}
            known = cases.get(one.key)
            since = one.since if known is None else min(one.since, began(known))
            evidence = (*(f"load:{newest[source]}" for source in sorted(newest)), *([version] if version else []))
            told.append(
                finding_of(one, source=_source(one.daily), since=since, plans=plans, beside=beside, evidence=evidence)
            )
        return tuple(told)


async def _read_to_their_end(tx: Transaction) -> dict[str, datetime]:
    """Source → when it was last read to its end; of sources that are read by themselves."""
    found: dict[str, datetime] = {}
    for place in (await tx.cursors.all()).values():
        reading = Reading.of(place)
        if reading.good_at is not None:
            found |= {name: max(reading.good_at, found.get(name, reading.good_at)) for name in reading.sources}
    return found


def judged(found: ByDay, thresholds: Thresholds, normals: Normals, occasions: Occasions) -> tuple[Moved, ...]:
    """Cases of the newest days, the plainest KPI of each event with what moved beside it. Pure."""
    firing = [moved for one in found.series if (moved := _moved(found, one, thresholds, normals, occasions))]
    firing.sort(key=lambda one: (len(one.daily.formula.measures), bool(one.daily.formula.denominator)))
    cases: list[Moved] = []
    for one in firing:
        lead = next((case for case in cases if _one_event(case, one)), None)
        if lead is None:
            cases.append(replace(one, member=concentrated(found, one.daily, first=one.first, last=one.daily.last)))
        else:
            lead.others.append(one)
    return tuple(cases)


def _moved(found: ByDay, one: Daily, thresholds: Thresholds, normals: Normals, occasions: Occasions) -> Moved | None:
    if one.kpi.name in LABELS and one.formula.of_facts:
        return None  # the detector of daily facts sees it, by channel and campaign
    one = _worked(one)
    name = _SIGNALS.get(one.kpi.name, one.kpi.name)
    rule = next((rule for rule in thresholds.rules if rule.kpi == name), None) or _rule(one, name)
    series = _as_series(one)
    mine = thresholds.model_copy(update={"rules": (rule,)})
    signal = signals_over(
        {name: series}, last=one.last, thresholds=mine, normals=normals, excuses=Excuses(occasions)
    ).get(name)
    if signal is None or signal.strongest is None or _too_few(one, signal, thresholds):
        return None
    worked = one.denominator > 0
    plain = Series(one.numerator[worked], one.denominator[worked])
    sign = float(np.sign(signal.effect))
    days = streak(plain, sign=sign, at_least=max(rule.min_effect / 2, 0.4 * abs(signal.effect)))
    began_at = int(np.flatnonzero(worked)[-days])
    return Moved(
        daily=one,
        rule=rule,
        signal=signal,
        streak=days,
        since=one.last - timedelta(days=len(worked) - 1 - began_at),
        growing=growing(plain, days=min(days, 14), sign=sign),
        simulated=found.objects.simulated,
    )


def _worked(one: Daily) -> Daily:
    """To the newest day on which anything comes: a Sunday says nothing of a week that ended on Friday."""
    worked = np.flatnonzero(one.denominator > 0)
    idle = len(one.denominator) - 1 - int(worked[-1]) if len(worked) else 0
    return one.shorter(idle) if idle and one.idle else one


def _as_series(one: Daily) -> Series:
    """With how many cases are behind each day's figure, so that few of them are not taken for a departure."""
    past = one.denominator[:-3] > 0
    if not one.counts.any():
        return Series(one.numerator, one.denominator)  # amounts of which nobody says how many cases they are of
    if not one.formula.denominator:
        usual = float(np.median(one.counts[:-3][past])) if past.any() else 0.0
        return Series(one.numerator, one.denominator, counts=np.where(one.denominator > 0, max(usual, 0.5), 0.0))
    share = _share(one)
    # The error of a share of n cases is that of a count of n × share ÷ (1 − share).
    counts = one.counts if share is None else one.counts * share / (1 - share)
    return Series(one.numerator, one.denominator, counts=counts)


def _share(one: Daily) -> float | None:
    """The usual share, between 1 and 98 %; None for what is none."""
    past = float(one.denominator[:-3].sum())
    if one.kpi.interval != "share" or past <= 0:
        return None
    return min(max(float(one.numerator[:-3].sum()) / past / float(one.formula.factor), 0.01), 0.98)


def _rule(one: Daily, name: str) -> KpiRule:
    """A quarter more or less counts; of a share, a quarter of what is left of it to the whole."""
    share = _share(one)
    least = _LEAST_EFFECT if share is None else max(_LEAST_EFFECT * (1 - share), _LEAST_OF_SHARE)
    return KpiRule.model_validate(
        {
            "kpi": name,
            "unit": one.unit,
            "bad": _DIRECTIONS[one.kpi.direction],
            "min_effect": least,
            "critical_effect": _CRITICAL_EFFECT,
        }
    )


def _too_few(one: Daily, signal: Signal, thresholds: Thresholds) -> bool:
    """Fewer cases than those in the judged days are a matter of chance, whatever they say."""
    days = signal.told.days
    if not one.counts.any():
        return False
    if (share := _share(one)) is not None and _by_chance(one, share, days=days) > _CHANCE:
        return True
    if one.formula.denominator:
        return float(one.counts[-days:].sum()) < thresholds.min_conversions
    things = float(np.median(one.counts[:-3][one.denominator[:-3] > 0]))
    return things * float((one.denominator[-days:] > 0).sum()) < thresholds.min_conversions


def _by_chance(one: Daily, share: float, *, days: int) -> float:
    """How likely chance alone takes the newest days so far from a usual share; of few cases errors are no measure."""
    from scipy.stats import binom

    cases = round(float(one.denominator[-days:].sum()))
    met = round(float(one.numerator[-days:].sum()) / float(one.formula.factor))
    below = met < share * cases
    return float(binom.cdf(met, cases, share) if below else binom.sf(met - 1, cases, share))


def _one_event(case: Moved, other: Moved) -> bool:
    shared = set(case.daily.datasets) & set(other.daily.datasets)
    return bool(shared) and abs(case.since - other.since) <= _SAME_EVENT


def _source(one: Daily) -> str:
    """What its findings are quiet by: each KPI is judged to a day of its own."""
    return f"kpi/{one.name}"

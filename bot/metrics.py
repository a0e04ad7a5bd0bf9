"""What Prometheus is told: counts, waits and health; never names of campaigns or people, never amounts."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from agents.lifecycle.rules.enact import RulesUntrusted
from bot.meters import BOUNDS_MS
from bot.office import Office
from storage.ledger import Transaction
from storage.records.alerts import AlertKind, AlertState, Severity
from storage.records.dashboards import ABOVE_ALL_MS, LatencyBucket
from storage.records.executions import ExecutionState
from storage.records.plans import PlanState


class Scrape:
    """Answers scrapes; remembers which refusals it has counted, so that a scrape reads only new ones."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._counting = asyncio.Lock()
        self._refused: Counter[str] = Counter()
        self._refusals_to = 0

    async def text(self) -> bytes:
        """The whole answer in Prometheus' text format."""
        today = await self._office.kpis.data_day()
        async with self._office.ledger.read() as tx:
            families = [
                *await _states(tx, now=self._office.clock()),
                *await self._governance(tx),
                *await _models(tx, now=self._office.clock()),
                _unsourced(self._office.responder.unsourced),
                *_waits((*await tx.latencies.totals(), *self._office.meters.pending())),
            ]
        if today is not None:
            newest = today - timedelta(days=1)
            age = (self._office.clock().date() - newest).days
            families.append(_gauge("data_age_days", "Days from the newest complete day of data to today (UTC)", age))
        return bytes(generate_latest(_Ready(families).registry))

    async def _governance(self, tx: Transaction) -> list[Metric]:
        async with self._counting:  # two scrapes at once would count the same ones
            for one in await tx.tallies.refusals(after=self._refusals_to):
                self._refused.update(reason.policy for reason in one.verdict.reasons)
                self._refusals_to = one.number
        refused = CounterMetricFamily(
            "countersign_policy_refusals",
            "Verdicts that refused a plan, by the rule that stood in its way",
            None,
            ["policy"],
        )
        for policy, number in sorted(self._refused.items()):
            refused.add_metric([policy], number)
        try:
            await self._office.rulebook.edition(tx)
            trusted = 1
        except RulesUntrusted:
            trusted = 0
        return [refused, _gauge("rules_trusted", "Whether the rules in force are those that were signed", trusted)]


class _Ready:
    """A registry of families that are made already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"countersign_{name}", about, value=value)


def _unsourced(number: int) -> Metric:
    told = CounterMetricFamily(
        "countersign_answers_unsourced", "Answers that were not given: a figure of theirs is in no record"
    )
    told.add_metric([], number)
    return told


async def _states(tx: Transaction, *, now: datetime) -> list[Metric]:
    """How many plans, changes, alerts and cards are how."""
    counts = await tx.plans.counts()
    plans = GaugeMetricFamily("countersign_plans", "Plans by state", labels=["state"])
    for state in PlanState:
        plans.add_metric([state.value], counts.get(state, 0))
    done = await tx.tallies.executions()
    changes = GaugeMetricFamily("countersign_changes", "Changes of plans by what became of them", labels=["state"])
    for execution_state in ExecutionState:
        changes.add_metric([execution_state.value], done.get(execution_state, 0))
    unrecovered = await tx.alerts.unrecovered()
    by_kind = Counter((one.finding.kind, one.finding.severity) for one in unrecovered)
    open_alerts = GaugeMetricFamily(
        "countersign_alerts_open", "Cases that are not over, by kind and severity", labels=["kind", "severity"]
    )
    for kind in AlertKind:
        for severity in Severity:
            open_alerts.add_metric([kind.value, severity.value], by_kind[kind, severity])
    unseen = sum(one.state is AlertState.OPEN for one in unrecovered)
    return [
        plans,
        changes,
        open_alerts,
        _gauge("alerts_unrecovered", "Alerts that are not over", len(unrecovered)),
        _gauge("alerts_unacknowledged", "Alerts that nobody has said to be on", unseen),
        _gauge("cards_behind", "Cards that show less than is known", await tx.cards.number_behind(at=now)),
        _gauge("reviews_open", "Structured reviews that are not over", len(await tx.reviews.open())),
    ]


async def _models(tx: Transaction, *, now: datetime) -> list[Metric]:
    """What is in production, and how its newest evaluations came out."""
    used = GaugeMetricFamily(
        "countersign_model_version", "The version in production, by name in the registry", labels=["name"]
    )
    for name in sorted({one.name for one in await tx.models.versions()}):
        if (version := await tx.models.in_production(name)) is not None:
            used.add_metric([name], version.version)
    labels = ["name", "measure"]
    passed = GaugeMetricFamily(
        "countersign_model_evaluation_passed", "1 passed, 0 failed; too little to tell is left out", labels=labels
    )
    age = GaugeMetricFamily("countersign_model_evaluation_age_seconds", "Since the newest evaluation", labels=labels)
    told: set[tuple[str, str]] = set()
    for one in await tx.evaluations.newest():
        named = one.subject, one.measure.value
        if named in told:
            continue
        told.add(named)
        age.add_metric(list(named), (now - one.at).total_seconds())
        if one.passed is not None:
            passed.add_metric(list(named), int(one.passed))
    return [used, passed, age]


def _waits(buckets: Iterable[LatencyBucket]) -> list[Metric]:
    """One histogram with a label for what is waited for, and how many of the waits ended in an error."""
    counted: defaultdict[str, Counter[int]] = defaultdict(Counter)
    micros: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    for one in buckets:
        counted[one.what][one.bound_ms] += one.count
        micros[one.what] += one.total_us
        broken[one.what] += one.failed
    waits = HistogramMetricFamily(
        "countersign_latency_seconds",
        "How long people and jobs wait: ack (Slack), card, ask, dashboard, job:NAME",
        labels=["what"],
    )
    failures = CounterMetricFamily("countersign_failures", "Waits that ended in an error", labels=["what"])
    for what in sorted(counted):
        seen, rows = 0, []
        for bound in BOUNDS_MS:
            seen += counted[what][bound]
            rows.append(("+Inf" if bound == ABOVE_ALL_MS else str(bound / 1000), float(seen)))
        waits.add_metric([what], rows, sum_value=micros[what] / 1_000_000)
        failures.add_metric([what], broken[what])
    return [waits, failures]

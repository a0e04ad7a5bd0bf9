"""From signals to cases: one event moves many KPIs, and people want one finding that names its likely cause.

Each function explains some signals by one cause and takes them off the table, from the surest cause to none at all:
outage, tracking, demand, auction price, unplanned budget, and last what nothing explains.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from agents.drift.columns import BudgetJump, Columns
from agents.drift.signals import ALL, Signal, Signals
from agents.drift.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class Case:
    """One event: the signal it is named after, what it shows in, and why it probably happened."""

    kpi: str
    """Name of the KPI in `kpis.yml`."""
    entity: str
    lead: Signal | None
    shown_in: tuple[Signal, ...]
    cause: str
    ours: bool
    """Whether a plan of ours could be behind it."""
    always_critical: bool = False
    channels: tuple[str, ...] = ()
    jump: BudgetJump | None = None


@dataclass(slots=True)
class Table:
    """The signals still unexplained."""

    columns: Columns
    signals: Signals
    thresholds: Thresholds
    explained: set[tuple[str, str]] = field(default_factory=set)

    def firing(self, kpi: str, entity: str) -> Signal | None:
        signal = self.signals.get((kpi, entity))
        return signal if signal and signal.fires and (kpi, entity) not in self.explained else None

    def steady(self, kpi: str, entity: str) -> bool:
        """Whether the KPI neither fires nor moved by more than the share that counts as steady."""
        signal = self.signals.get((kpi, entity))
        return signal is None or (not signal.fires and abs(signal.effect) < self.thresholds.steady)

    def explain(self, entity: str, *kpis: str) -> tuple[Signal, ...]:
        """Take the KPIs of an entity off the table; returns those that were judged."""
        self.explained |= {(kpi, entity) for kpi in kpis}
        return tuple(self.signals[kpi, entity] for kpi in kpis if (kpi, entity) in self.signals)

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(channel.channel for channel in self.columns.channels)


_EVERY = ("spend", "cpm", "cpc", "ctr", "cvr", "roas")


def cases_of(columns: Columns, signals: Signals, thresholds: Thresholds) -> tuple[Case, ...]:
    """All cases of the judged day, surest cause first."""
    table = Table(columns, signals, thresholds)
    for channel in columns.channels:
        if channel.at_month_limit:
            table.explain(channel.channel, "spend")
    steps = (_outages, _tracking, _demand, _prices, _creatives, _budgets, _unexplained)
    return tuple(case for step in steps for case in step(table))


def _outages(table: Table) -> Iterator[Case]:
    gone = table.thresholds.outage_share - 1
    for channel in table.channels:
        spend = table.firing("spend", channel)
        if spend and spend.effect <= gone:
            shown = table.explain(channel, *_EVERY)
            table.explain(ALL, "tracking")
            yield Case("spend", channel, spend, shown, "outage, likely", ours=True, always_critical=True)


def _tracking(table: Table) -> Iterator[Case]:
    """Reported conversions collapse while clicks and the shop's orders go on."""
    orders = table.signals.get(("orders", ALL))
    if orders is not None and orders.fires and orders.effect < 0:
        return
    lost = [
        signal
        for channel in table.channels
        if (signal := table.firing("cvr", channel)) and signal.effect <= -0.5 and _goes_on(table, "clicks", channel)
    ]
    ratio = table.firing("tracking", ALL)
    if not lost:
        return
    # A weaker fall elsewhere on the same day is the same event.
    lost += [
        signal
        for channel in table.channels
        if channel not in {one.entity for one in lost}
        and (signal := table.firing("cvr", channel) or table.firing("roas", channel))
        and _goes_on(table, "clicks", channel)
    ]
    names = tuple(sorted(signal.entity for signal in lost))
    for name in names:
        table.explain(name, "cvr", "roas")
    shop = table.explain(ALL, "tracking")
    # Without a shop to compare with, buyers may just as well have stayed away.
    sure = "tracking, likely" if orders is not None else "tracking, possible: no shop orders to compare with"
    entity = ALL if len(names) > 1 or ratio else names[0]
    shown = (*lost, *shop, *((orders,) if orders else ()))
    lead = ratio if ratio and entity == ALL else min(lost, key=lambda signal: signal.effect)
    critical = orders is not None
    yield Case("conversions", entity, lead, shown, sure, ours=False, always_critical=critical, channels=names)


def _goes_on(table: Table, kpi: str, entity: str) -> bool:
    signal = table.signals.get((kpi, entity))
    return signal is None or signal.effect > -0.4


def _demand(table: Table) -> Iterator[Case]:
    """The shop's own orders fall: no channel is to blame for what all of them show."""
    orders = table.firing("orders", ALL)
    if not orders:
        return
    falling = [
        signal
        for channel in table.channels
        if (signal := table.signals.get(("cvr", channel))) and signal.effect < -table.thresholds.steady
    ]
    for channel in table.channels:
        table.explain(channel, "cvr", "roas")
    shown = (*table.explain(ALL, "orders", "tracking"), *falling)
    cause = "demand, likely external" if len(falling) * 2 >= len(table.channels) else "demand, possible"
    yield Case("store_orders", ALL, orders, shown, cause, ours=False)


def _prices(table: Table) -> Iterator[Case]:
    """Impressions or clicks cost more while people click as before."""
    for channel in table.channels:
        cpm, cpc = table.firing("cpm", channel), table.firing("cpc", channel)
        lead = cpc or cpm
        if lead and table.steady("ctr", channel):
            shown = table.explain(channel, "cpc", "cpm", "ctr", "roas")
            yield Case("cpc", channel, lead, shown, "auction price, likely", ours=True)


def _creatives(table: Table) -> Iterator[Case]:
    """Fewer people click on what is shown as often as before."""
    for channel in table.channels:
        ctr = table.firing("ctr", channel)
        if ctr and table.steady("cpm", channel):
            shown = table.explain(channel, "ctr", "cpc", "roas")
            yield Case("ctr", channel, ctr, shown, "creative or audience, possible", ours=True)


def _budgets(table: Table) -> Iterator[Case]:
    """A budget that somebody else changed on the platform, in the newest three days."""
    since = table.columns.last - timedelta(days=2)
    for jump in table.columns.jumps:
        share = abs(jump.after_micros / jump.before_micros - 1)
        if jump.day >= since and share >= table.thresholds.rule("spend").min_effect:
            shown = table.explain(jump.channel, "spend")
            entity = f"{jump.channel}/{jump.campaign_id}"
            yield Case("spend", entity, None, shown, "budget changed outside Countersign", ours=False, jump=jump)


def _unexplained(table: Table) -> Iterator[Case]:
    for channel in table.channels:
        spend = table.firing("spend", channel)
        if spend:
            yield Case("spend", channel, spend, table.explain(channel, "spend"), "delivery, unknown", ours=True)
        # Conversion rate and return move together: the rate is nearer to the cause.
        for kpi in ("cvr", "cpc", "cpm", "ctr", "roas"):
            lead = table.firing(kpi, channel)
            if lead:
                shown = table.explain(channel, "cvr", "cpc", "cpm", "ctr", "roas")
                yield Case(kpi, channel, lead, shown, "unknown", ours=True)
    ratio = table.firing("tracking", ALL)
    if ratio:
        yield Case("conversions", ALL, ratio, table.explain(ALL, "tracking"), "tracking, possible", ours=False)

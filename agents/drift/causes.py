"""From signals to cases: one event moves many KPIs, and people want one finding that names its likely cause.

Each function explains some signals by one cause and takes them off the table, from the surest cause to none at all:
missing data, outage, tracking, demand, auction price, a proxy that misleads, creative, unplanned budget, and last what
nothing explains.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from agents.drift.case import Case, Table, Why
from agents.drift.columns import Columns
from agents.drift.level import Reading
from agents.drift.signals import ALL, Signals
from agents.drift.thresholds import Thresholds
from storage.records.alerts import Pattern

_PROXY_Z, _PROXY_ROOM = 3.0, 1.05
"""The outcome must be surely less, and all in all no more than so many times what it was."""
_EVERY = ("spend", "cpm", "cpc", "ctr", "cvr", "roas")


def cases_of(columns: Columns, signals: Signals, thresholds: Thresholds) -> tuple[Case, ...]:
    """All cases of the judged day, surest cause first."""
    table = Table(columns, signals, thresholds)
    for channel in columns.channels:
        if channel.at_month_limit:
            table.explain(channel.channel, "spend")
    steps = (_missing, _outages, _tracking, _demand, _prices, _proxies, _creatives, _budgets, _unexplained, _restless)
    return tuple(case for step in steps for case in step(table))


def cases_of_campaign(columns: Columns, signals: Signals, thresholds: Thresholds) -> tuple[Case, ...]:
    """The same of one campaign arranged as a channel: nothing there tells its tracking from its landing page."""
    table = Table(columns, signals, thresholds)
    for channel in columns.channels:
        if channel.at_month_limit:
            table.explain(channel.channel, "spend")
    return tuple(case for step in (_outages, _prices, _proxies, _creatives, _unexplained) for case in step(table))


def _missing(table: Table) -> Iterator[Case]:
    """The source was read, and says nothing of what it told of every day."""
    for channel in table.columns.silent:
        if channel == "store":
            table.explain(ALL, "tracking", "orders")
        yield Case(
            "spend" if channel != "store" else "store_orders",
            channel if channel != "store" else ALL,
            None,
            (),
            "data missing: the source was read, but tells nothing of it",
            ours=False,
            why=Why.DATA,
            pattern=Pattern.MISSING,
            missing=True,
        )


def _outages(table: Table) -> Iterator[Case]:
    gone = table.thresholds.outage_share - 1
    for channel in table.channels:
        spend = table.firing("spend", channel)
        if spend and spend.effect <= gone:
            shown = table.explain(channel, *_EVERY)
            table.explain(ALL, "tracking")
            yield Case(
                "spend", channel, spend, shown, "outage, likely", ours=True, always_critical=True, why=Why.CHANNEL
            )


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
    yield Case(
        "conversions",
        entity,
        lead,
        shown,
        sure,
        ours=False,
        always_critical=critical,
        channels=names,
        why=Why.TRACKING,
        pattern=Pattern.TRACKING_BREAK,
    )


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
    yield Case("store_orders", ALL, orders, shown, cause, ours=False, why=Why.OUTSIDE)


def _prices(table: Table) -> Iterator[Case]:
    """Impressions or clicks cost more while people click as before."""
    for channel in table.channels:
        cpm, cpc = table.firing("cpm", channel), table.firing("cpc", channel)
        lead = cpc or cpm
        if lead and table.steady("ctr", channel):
            shown = table.explain(channel, "cpc", "cpm", "ctr", "roas")
            yield Case("cpc", channel, lead, shown, "auction price, likely", ours=True, why=Why.PRICE)


def _proxies(table: Table) -> Iterator[Case]:
    """More or cheaper clicks that bring no more conversions: what stands for the outcome misleads."""
    for channel in table.channels:
        outcome = table.signals.get(("cvr", channel))
        if outcome is None or not outcome.readings or ("cvr", channel) in table.explained:
            continue
        for kpi in ("ctr", "cpc"):
            signal = table.signals.get((kpi, channel))
            if signal is None or signal.lifted is None or (kpi, channel) in table.explained:
                continue
            gain = 1 + signal.lifted.effect if kpi == "ctr" else 1 / max(1 + signal.lifted.effect, 0.05)
            same_days = _nearest(outcome.readings, signal.lifted.days)
            if same_days.z <= -_PROXY_Z and gain * (1 + same_days.effect) <= _PROXY_ROOM:
                shown = table.explain(channel, "cvr", "ctr", "cpc", "roas")
                cause = "clicks of another kind, likely: more of them, and no more conversions"
                yield Case(
                    "cvr",
                    channel,
                    outcome,
                    shown,
                    cause,
                    ours=True,
                    why=Why.CREATIVE,
                    pattern=Pattern.PROXY_TRAP,
                    proxy=signal,
                )
                break


def _nearest(readings: Sequence[Reading], days: int) -> Reading:
    return min(readings, key=lambda reading: abs(reading.days - days))


def _creatives(table: Table) -> Iterator[Case]:
    """Fewer people click on what is shown as often as before."""
    for channel in table.channels:
        ctr = table.firing("ctr", channel)
        if ctr and table.steady("cpm", channel):
            shown = table.explain(channel, "ctr", "cpc", "roas")
            yield Case("ctr", channel, ctr, shown, "creative or audience, possible", ours=True, why=Why.CREATIVE)


def _budgets(table: Table) -> Iterator[Case]:
    """A budget that somebody else changed on the platform, in the newest three days."""
    since = table.columns.last - timedelta(days=2)
    for jump in table.columns.jumps:
        share = abs(jump.after_micros / jump.before_micros - 1)
        if jump.day >= since and share >= table.thresholds.rule("spend").min_effect:
            shown = table.explain(jump.channel, "spend")
            entity = f"{jump.channel}/{jump.campaign_id}"
            yield Case(
                "spend",
                entity,
                None,
                shown,
                "budget changed outside Countersign",
                ours=False,
                jump=jump,
                why=Why.CHANGE,
            )


def _unexplained(table: Table) -> Iterator[Case]:
    for channel in table.channels:
        spend = table.firing("spend", channel)
        if spend:
            yield Case(
                "spend",
                channel,
                spend,
                table.explain(channel, "spend"),
                "delivery, unknown",
                ours=True,
                why=Why.CHANNEL,
            )
        # Conversion rate and return move together: the rate is nearer to the cause.
        for kpi in ("cvr", "cpc", "cpm", "ctr", "roas"):
            lead = table.firing(kpi, channel)
            if lead:
                shown = table.explain(channel, "cvr", "cpc", "cpm", "ctr", "roas")
                yield Case(kpi, channel, lead, shown, "unknown", ours=True)
    ratio = table.firing("tracking", ALL)
    if ratio:
        shown = table.explain(ALL, "tracking")
        yield Case("conversions", ALL, ratio, shown, "tracking, possible", ours=False, why=Why.TRACKING)


def _restless(table: Table) -> Iterator[Case]:
    """Channels, or the shop, in which nothing has shifted and yet something moves unlike before; one case each."""
    for entity in (*table.channels, ALL):
        of_entity = [signal for (_, name), signal in table.signals.items() if name == entity]
        if any(signal.fires or (signal.kpi, entity) in table.explained for signal in of_entity):
            continue
        wild = [signal for signal in of_entity if signal.unrest is not None]
        if not wild:
            continue
        lead = max(wild, key=lambda signal: signal.unrest.now / signal.unrest.before if signal.unrest else 0.0)
        stuck = lead.unrest is not None and lead.unrest.now == 0
        cause = (
            "the same value every day: the data may be stuck" if stuck else "unknown: it swings more than ever before"
        )
        kpi = "store_orders" if lead.kpi == "orders" else lead.kpi
        yield Case(
            kpi,
            entity,
            lead,
            (),
            cause,
            ours=not stuck,
            why=Why.DATA if stuck else Why.UNKNOWN,
            pattern=Pattern.VARIANCE_CHANGE,
        )

"""Findings in words: what a monitor saw, with its numbers, for a card."""

from datetime import date, timedelta
from decimal import Decimal

from agents.features.store import Served
from agents.kpis.figures import format_days
from agents.sources.source import Source
from storage.records.alerts import AlertKind, Finding, Outcome, OutcomeScore, Severity
from storage.records.plans import PlanStatus


def without_conversions(
    source: Source, silent: dict[str, Decimal], served: Served, names: dict[str, str], data_day: date
) -> Finding:
    """Campaigns whose conversions fell silent, by the features that planning reads; `names` by entity."""
    week = format_days(data_day - timedelta(days=6), data_day)
    used = ", ".join(f"{name.removeprefix('feature:')}@{version}" for name, version in served.versions.items())
    called = [names.get(entity, entity) for entity in silent]
    return Finding(
        key=f"drift/tracking/campaigns/{source.name}",
        kind=AlertKind.DRIFT,
        severity=Severity.WARNING,
        kpi="conversions",
        entity=called[0] if len(called) == 1 else f"{len(called)} campaigns",
        title=f"No conversions for a week: {', '.join(called[:3])}{' …' if len(called) > 3 else ''}",
        detail=(
            *(
                f"{name}: {served.of(entity, 'clicks_7d'):,.0f} clicks and no conversion in {week}; the three "
                f"weeks before had {usual:,.0f} a week."
                for name, (entity, usual) in list(zip(called, silent.items(), strict=True))[:8]
            ),
            f"Read from the features that planning reads: {used}.",
        ),
        cause="a conversion tag that broke, likely: people still click",
        seen_on=data_day,
        simulated=source.simulated,
    )


def missed(status: PlanStatus, outcomes: list[Outcome], failed: tuple[str, ...], data_day: date) -> Finding:
    """`failed`: the exit criteria it has reached; without any, a forecast that it missed."""
    bad = [one.kpi for one in outcomes if one.score is OutcomeScore.MISSED]
    what = "counts as failed by its own exit criterion" if failed else "missed its forecast"
    return Finding(
        key=f"outcome/{status.plan.id}",
        kind=AlertKind.OUTCOME,
        severity=Severity.WARNING,
        kpi=bad[0] if bad else status.plan.exit_criteria[0].kpi,
        entity=status.plan.id,
        title=f"{status.plan.id} {what}",
        detail=(*failed, *(one.text for one in outcomes)),
        cause="the plan's own forecast; see its evidence",
        suspect_plan=status.plan.id,
        seen_on=data_day,
        simulated=status.plan.simulated,
    )

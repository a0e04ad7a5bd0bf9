"""Learn: rejections and scored outcomes are kept as cases to judge the next version of an agent with."""

from storage.ledger import Transaction
from storage.records.alerts import Outcome
from storage.records.plans import Plan
from storage.records.verdicts import Decision


async def keep_rejection(tx: Transaction, plan: Plan, made: Decision) -> None:
    """What was proposed, and why a person did not want it."""
    await tx.home.keep_case(
        plan.id,
        "rejected",
        {
            "agent": plan.agent,
            "agent_version": plan.agent_version,
            "digest": plan.digest,
            "reason": made.reason,
            "data_day": plan.data_day,
            "roles": sorted(made.roles),
        },
    )


async def keep_outcome(tx: Transaction, plan: Plan, outcome: Outcome) -> None:
    """How a forecast came out, once that is final."""
    if outcome.final:
        await tx.home.keep_case(
            plan.id,
            f"outcome:{outcome.kpi}",
            {
                "agent": plan.agent,
                "agent_version": plan.agent_version,
                "digest": plan.digest,
                "score": outcome.score.value,
                "text": outcome.text,
                "measured": outcome.measured,
                "forecast": _range(plan, outcome.kpi),
                "scored_on": outcome.scored_on,
            },
        )


def _range(plan: Plan, kpi: str) -> dict[str, object]:
    """What was forecast of the KPI, in its unit: the number beside which the measured one counts."""
    found = next((one for one in plan.forecasts if one.kpi == kpi), None)
    return (
        {} if found is None else {name: getattr(found, name) for name in ("unit", "low", "middle", "high", "coverage")}
    )

"""Convene: who might decide a plan at this moment, and what binds them, read in one transaction."""

from datetime import datetime

from agents.governance.approvals import Panel
from storage.ledger import Transaction
from storage.records.plans import Plan


async def convene(tx: Transaction, plan: Plan, *, now: datetime) -> Panel:
    """Everyone known, delegations in force, owners of the plan's agent, and broken glass."""
    people = await tx.people.all()
    return Panel(
        people=people,
        delegations=await tx.people.delegations(now),
        owners=frozenset(one.id for one in people if plan.agent in one.owns),
        glasses=await tx.stops.glasses(),
        now=now,
    )

"""Counts over what was judged, done and found, for those who look from outside; reads only."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.executions import ExecutionState
from storage.records.verdicts import Outcome, Verdict
from storage.tables.lifecycle import execution, plan, verdict


@dataclass(frozen=True)
class Refusal:
    """One verdict that refused a plan."""

    number: int
    """Rises with every verdict."""
    plan_id: str
    verdict: Verdict


class Tallies:
    """Counts on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def refusals(self, *, after: int = 0, since: datetime | None = None) -> tuple[Refusal, ...]:
        """Verdicts beyond that number, or of that moment and later, that refused a plan; oldest first."""
        query = (
            select(verdict.c.id, verdict.c.plan_id, verdict.c.body)
            .where(verdict.c.id > after, verdict.c.outcome == Outcome.REFUSED)
            .order_by(verdict.c.id)
        )
        rows = await self._connection.execute(query if since is None else query.where(verdict.c.judged_at >= since))
        return tuple(Refusal(row.id, row.plan_id, Verdict.model_validate_json(row.body)) for row in rows)

    async def executions(self) -> dict[ExecutionState, int]:
        """How many changes are in each state."""
        rows = await self._connection.execute(select(execution.c.state, func.count()).group_by(execution.c.state))
        return {ExecutionState(state): number for state, number in rows}

    async def traces(self, plan_ids: tuple[str, ...]) -> dict[str, str]:
        """Plan → the W3C traceparent that it was stored under; plans of untraced times are missing."""
        rows = await self._connection.execute(
            select(plan.c.id, plan.c.traceparent).where(plan.c.id.in_(plan_ids), plan.c.traceparent.is_not(None))
        )
        return {row.id: row.traceparent for row in rows}

"""Executions, one row a change, and outcomes, one row a forecast KPI."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.alerts import Outcome
from storage.records.executions import Execution, ExecutionState
from storage.records.plans import PlanState
from storage.tables.lifecycle import execution, outcome, plan


class Executions:
    """What was done to channels and how it came out, on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, position: int, intended: Execution) -> None:
        await self._connection.execute(
            insert(execution).values(
                key=intended.key,
                plan_id=intended.plan_id,
                revision=intended.revision,
                position=position,
                state=intended.state,
                resource_key=intended.change.resource.key,
                body=intended.model_dump_json(),
            )
        )

    async def save(self, changed: Execution) -> None:
        await self._connection.execute(
            update(execution)
            .where(execution.c.key == changed.key)
            .values(state=changed.state, body=changed.model_dump_json())
        )

    async def of(self, plan_id: str, revision: int) -> tuple[Execution, ...]:
        """In the order of the plan's changes."""
        bodies = await self._connection.scalars(
            select(execution.c.body)
            .where(execution.c.plan_id == plan_id, execution.c.revision == revision)
            .order_by(execution.c.position)
        )
        return tuple(Execution.model_validate_json(body) for body in bodies)

    async def applied_since(self, first_day: date, resource_keys: Iterable[str]) -> tuple[Execution, ...]:
        """Applied changes of these resources by plans that are under way, or were last at work on or after the day.

        The day is one of the source's; oldest plan first.
        """
        keys = tuple(resource_keys)
        recent = (plan.c.done_on >= first_day) | (plan.c.state == PlanState.EXECUTING)
        # Rows from before the key was kept are looked at one by one.
        theirs = execution.c.resource_key.in_(keys) | execution.c.resource_key.is_(None)
        bodies = await self._connection.scalars(
            select(execution.c.body)
            .join(plan, plan.c.id == execution.c.plan_id)
            .where(theirs, recent, execution.c.state == ExecutionState.APPLIED)
            .order_by(plan.c.number, execution.c.position)
        )
        found = (Execution.model_validate_json(body) for body in bodies)
        return tuple(one for one in found if one.change.resource.key in keys)

    async def applied(self) -> tuple[Execution, ...]:
        """Every change that a row says was applied, of all plans."""
        bodies = await self._connection.scalars(
            select(execution.c.body)
            .where(execution.c.state == ExecutionState.APPLIED)
            .order_by(execution.c.plan_id, execution.c.revision, execution.c.position)
        )
        return tuple(Execution.model_validate_json(body) for body in bodies)

    async def score(self, scored: Outcome) -> None:
        """Store the newest score of a forecast; a final score is never overwritten."""
        row = {"final": int(scored.final), "body": scored.model_dump_json()}
        where = (outcome.c.plan_id == scored.plan_id) & (outcome.c.kpi == scored.kpi)
        known = await self._connection.scalar(select(outcome.c.final).where(where))
        if known is None:
            await self._connection.execute(insert(outcome).values(plan_id=scored.plan_id, kpi=scored.kpi, **row))
        elif not known:
            await self._connection.execute(update(outcome).where(where).values(**row))

    async def outcomes(self, plan_id: str) -> tuple[Outcome, ...]:
        bodies = await self._connection.scalars(
            select(outcome.c.body).where(outcome.c.plan_id == plan_id).order_by(outcome.c.kpi)
        )
        return tuple(Outcome.model_validate_json(body) for body in bodies)

    async def scored(self) -> tuple[Outcome, ...]:
        """The scores of every forecast of every plan."""
        bodies = await self._connection.scalars(select(outcome.c.body).order_by(outcome.c.plan_id, outcome.c.kpi))
        return tuple(Outcome.model_validate_json(body) for body in bodies)

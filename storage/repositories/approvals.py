"""Verdicts of governance and decisions of people."""

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.verdicts import Decision, Verdict
from storage.tables import decision, verdict


class Approvals:
    """What was judged and decided, on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add_verdict(self, plan_id: str, revision: int, judged: Verdict) -> None:
        await self._connection.execute(
            insert(verdict).values(plan_id=plan_id, revision=revision, body=judged.model_dump_json())
        )

    async def verdict(self, plan_id: str, revision: int) -> Verdict | None:
        """The newest verdict on the revision."""
        body = await self._connection.scalar(
            select(verdict.c.body)
            .where(verdict.c.plan_id == plan_id, verdict.c.revision == revision)
            .order_by(verdict.c.id.desc())
            .limit(1)
        )
        return None if body is None else Verdict.model_validate_json(body)

    async def add_decision(self, made: Decision) -> bool:
        """Store one person's word on a revision; False if they have already said theirs."""
        try:
            async with self._connection.begin_nested():
                await self._connection.execute(
                    insert(decision).values(
                        plan_id=made.plan_id,
                        revision=made.revision,
                        person_id=made.person_id,
                        body=made.model_dump_json(),
                    )
                )
        except IntegrityError:
            return False
        return True

    async def decisions(self, plan_id: str, revision: int) -> tuple[Decision, ...]:
        """Of one revision, oldest first."""
        bodies = await self._connection.scalars(
            select(decision.c.body)
            .where(decision.c.plan_id == plan_id, decision.c.revision == revision)
            .order_by(decision.c.id)
        )
        return tuple(Decision.model_validate_json(body) for body in bodies)

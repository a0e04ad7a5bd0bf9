"""Verdicts of governance and decisions of people."""

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.verdicts import Decision, Verdict
from storage.tables.lifecycle import decision, verdict


class Approvals:
    """What was judged and decided, on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add_verdict(self, plan_id: str, revision: int, judged: Verdict, situation: str | None = None) -> None:
        """Store a verdict; `situation` is what was judged, as text that other rules can be asked about."""
        await self._connection.execute(
            insert(verdict).values(
                plan_id=plan_id,
                revision=revision,
                body=judged.model_dump_json(),
                situation=situation,
                outcome=judged.outcome,
                judged_at=judged.judged_at,
            )
        )

    async def judged(self, limit: int) -> tuple[tuple[str, str, str | None], ...]:
        """Plan, newest verdict and situation (both as stored text) of the newest `limit` revisions, newest first."""
        newest = select(func.max(verdict.c.id)).group_by(verdict.c.plan_id, verdict.c.revision).scalar_subquery()
        rows = await self._connection.execute(
            select(verdict.c.plan_id, verdict.c.body, verdict.c.situation)
            .where(verdict.c.id.in_(newest))
            .order_by(verdict.c.id.desc())
            .limit(limit)
        )
        return tuple((row.plan_id, row.body, row.situation) for row in rows)

    async def verdict(self, plan_id: str, revision: int) -> Verdict | None:
        """The newest verdict on the revision."""
        body = await self._connection.scalar(
            select(verdict.c.body)
            .where(verdict.c.plan_id == plan_id, verdict.c.revision == revision)
            .order_by(verdict.c.id.desc())
            .limit(1)
        )
        return None if body is None else Verdict.model_validate_json(body)

    async def verdicts(self, plan_id: str, revision: int) -> tuple[Verdict, ...]:
        """Every verdict on the revision, oldest first."""
        bodies = await self._connection.scalars(
            select(verdict.c.body)
            .where(verdict.c.plan_id == plan_id, verdict.c.revision == revision)
            .order_by(verdict.c.id)
        )
        return tuple(Verdict.model_validate_json(body) for body in bodies)

    async def add_decision(self, made: Decision) -> None:
        """Store one person's word on a revision; the caller has looked at their earlier words in this transaction."""
        await self._connection.execute(
            insert(decision).values(
                plan_id=made.plan_id,
                revision=made.revision,
                person_id=made.person_id,
                body=made.model_dump_json(),
            )
        )

    async def decisions(self, plan_id: str, revision: int) -> tuple[Decision, ...]:
        """Of one revision, oldest first."""
        bodies = await self._connection.scalars(
            select(decision.c.body)
            .where(decision.c.plan_id == plan_id, decision.c.revision == revision)
            .order_by(decision.c.id)
        )
        return tuple(Decision.model_validate_json(body) for body in bodies)

    async def all_decisions(self) -> tuple[Decision, ...]:
        """Of every plan, oldest first."""
        bodies = await self._connection.scalars(select(decision.c.body).order_by(decision.c.id))
        return tuple(Decision.model_validate_json(body) for body in bodies)

"""Evaluations: only ever added, so that what was known of a version at any time can be read back."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.evaluations import Evaluation
from storage.repositories.counters import next_number
from storage.tables.reviews import evaluation


class Evaluations:
    """Adds and finds them on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, **taken: Any) -> Evaluation:
        """Keep one; `taken` are the fields of an Evaluation without its id. The write lock must be held."""
        number = await next_number(self._connection, "evaluation")
        made = Evaluation(id=f"EVAL-{number}", **taken)
        await self._connection.execute(
            insert(evaluation).values(
                number=number,
                subject=made.subject,
                version=made.version,
                measure=made.measure.value,
                at=made.at,
                body=made.model_dump_json(),
            )
        )
        return made

    async def newest(self, *, subject: str | None = None, as_of: datetime | None = None) -> tuple[Evaluation, ...]:
        """The last one of each subject, version and measure, newest first."""
        last = select(func.max(evaluation.c.number)).group_by(
            evaluation.c.subject, evaluation.c.version, evaluation.c.measure
        )
        if as_of is not None:
            last = last.where(evaluation.c.at <= as_of)
        query = select(evaluation.c.body).where(evaluation.c.number.in_(last)).order_by(evaluation.c.number.desc())
        if subject is not None:
            query = query.where(evaluation.c.subject == subject)
        return tuple(Evaluation.model_validate_json(body) for body in await self._connection.scalars(query))

    async def newest_of(self, subject: str, version: str) -> tuple[Evaluation, ...]:
        """The last one of each measure of one version."""
        return tuple(one for one in await self.newest(subject=subject) if one.version == version)

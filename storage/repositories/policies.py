"""Editions of the rules, and what proposed ones would have meant."""

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.policies import Edition, Impact
from storage.tables.lifecycle import edition, impact


class Policies:
    """Reads and adds editions on the caller's transaction; none is ever changed."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def newest(self) -> tuple[int, str] | None:
        """Number and version of the edition in force: cheap, asked before every judgement."""
        row = (
            await self._connection.execute(
                select(edition.c.number, edition.c.version).order_by(edition.c.number.desc()).limit(1)
            )
        ).one_or_none()
        return None if row is None else (row.number, row.version)

    async def edition(self, number: int) -> Edition | None:
        body = await self._connection.scalar(select(edition.c.body).where(edition.c.number == number))
        return None if body is None else Edition.model_validate_json(body)

    async def of_version(self, version: str) -> Edition | None:
        """The newest edition of that hash."""
        body = await self._connection.scalar(
            select(edition.c.body).where(edition.c.version == version).order_by(edition.c.number.desc()).limit(1)
        )
        return None if body is None else Edition.model_validate_json(body)

    async def add(self, made: Edition) -> None:
        """Put the next edition in force."""
        await self._connection.execute(
            insert(edition).values(number=made.number, version=made.version, body=made.model_dump_json())
        )

    async def keep_impact(self, plan_id: str, counted: Impact) -> None:
        await self._connection.execute(insert(impact).values(plan_id=plan_id, body=counted.model_dump_json()))

    async def impact(self, plan_id: str) -> Impact | None:
        body = await self._connection.scalar(select(impact.c.body).where(impact.c.plan_id == plan_id))
        return None if body is None else Impact.model_validate_json(body)

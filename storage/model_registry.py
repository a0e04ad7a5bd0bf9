"""The model registry: every version of every artefact, and which of them was in production when."""

import hashlib
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.models import ArtefactKind, ModelVersion, Stage, StageEvent
from storage.tables.models import model_stage, model_version


class ModelRegistry:
    """Registers and finds on the caller's transaction; nothing is ever changed or taken away."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def register(
        self,
        name: str,
        content: str,
        *,
        kind: ArtefactKind,
        owner: str,
        by: str,
        now: datetime,
        about: str = "",
        data_versions: dict[str, str] | None = None,
        evaluations: dict[str, str] | None = None,
    ) -> tuple[ModelVersion, bool]:
        """The version that holds this content, and whether it is new; the transaction must hold the write lock."""
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        known = await self._connection.scalar(
            select(model_version.c.body).where(model_version.c.name == name, model_version.c.sha256 == sha256)
        )
        if known is not None:
            return ModelVersion.model_validate_json(known), False
        newest = select(func.coalesce(func.max(model_version.c.version), 0)).where(model_version.c.name == name)
        made = ModelVersion(
            name=name,
            version=int((await self._connection.execute(newest)).scalar_one()) + 1,
            kind=kind,
            sha256=sha256,
            content=content,
            owner=owner,
            about=about,
            data_versions=data_versions or {},
            evaluations=evaluations or {},
            registered_at=now,
            registered_by=by,
        )
        await self._connection.execute(
            insert(model_version).values(name=name, version=made.version, sha256=sha256, body=made.model_dump_json())
        )
        await self.move(StageEvent(name=name, version=made.version, stage=Stage.REGISTERED, at=now, by=by))
        return made, True

    async def move(self, event: StageEvent) -> None:
        await self._connection.execute(
            insert(model_stage).values(
                name=event.name, stage=event.stage.value, at=event.at, body=event.model_dump_json()
            )
        )

    async def get(self, name: str, version: int) -> ModelVersion | None:
        body = await self._connection.scalar(
            select(model_version.c.body).where(model_version.c.name == name, model_version.c.version == version)
        )
        return None if body is None else ModelVersion.model_validate_json(body)

    async def versions(self, name: str | None = None) -> tuple[ModelVersion, ...]:
        """Of one artefact, or of all; by name, oldest first."""
        query = select(model_version.c.body).order_by(model_version.c.name, model_version.c.version)
        if name is not None:
            query = query.where(model_version.c.name == name)
        return tuple(ModelVersion.model_validate_json(body) for body in await self._connection.scalars(query))

    async def moves(self, name: str) -> tuple[StageEvent, ...]:
        """Everything that happened to an artefact's versions, oldest first."""
        query = select(model_stage.c.body).where(model_stage.c.name == name).order_by(model_stage.c.id)
        return tuple(StageEvent.model_validate_json(body) for body in await self._connection.scalars(query))

    async def in_production(self, name: str, *, as_of: datetime | None = None) -> ModelVersion | None:
        """The version that was used at a moment (now, if None); None where none was yet."""
        query = select(model_stage.c.body).where(
            model_stage.c.name == name, model_stage.c.stage == Stage.PRODUCTION.value
        )
        if as_of is not None:
            query = query.where(model_stage.c.at <= as_of)
        body = await self._connection.scalar(query.order_by(model_stage.c.id.desc()).limit(1))
        return None if body is None else await self.get(name, StageEvent.model_validate_json(body).version)

"""Feature definitions as they were first used, runs in order, and distributions by day."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.features import FeatureDefinition, FeatureProfile, FeatureRun
from storage.tables.features import feature_definition, feature_profile, feature_run


class Features:
    """Reads and writes on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def definitions(self) -> dict[str, FeatureDefinition]:
        """Every definition ever used, by `name@version`."""
        bodies = await self._connection.scalars(select(feature_definition.c.body))
        return {one.id: one for one in map(FeatureDefinition.model_validate_json, bodies)}

    async def define(self, definition: FeatureDefinition) -> None:
        await self._connection.execute(
            insert(feature_definition).values(
                name=definition.name,
                version=definition.version,
                digest=definition.digest,
                body=definition.model_dump_json(),
            )
        )

    async def add_run(self, run: FeatureRun) -> None:
        newest = select(func.coalesce(func.max(feature_run.c.number), 0)).where(
            feature_run.c.simulated == int(run.simulated)
        )
        number = int((await self._connection.execute(newest)).scalar_one()) + 1
        await self._connection.execute(
            insert(feature_run).values(
                id=run.id,
                simulated=int(run.simulated),
                known_at=run.known_at,
                number=number,
                body=run.model_dump_json(),
            )
        )

    async def runs(self, *, simulated: bool, as_of: datetime | None = None) -> tuple[FeatureRun, ...]:
        """Runs of one world known at the moment (all, if None), in the order they were made."""
        query = select(feature_run.c.body).where(feature_run.c.simulated == int(simulated))
        if as_of is not None:
            query = query.where(feature_run.c.known_at <= as_of)
        bodies = await self._connection.scalars(query.order_by(feature_run.c.number))
        return tuple(FeatureRun.model_validate_json(body) for body in bodies)

    async def newest_run(self, *, simulated: bool) -> FeatureRun | None:
        query = select(feature_run.c.body).where(feature_run.c.simulated == int(simulated))
        body = await self._connection.scalar(query.order_by(feature_run.c.number.desc()).limit(1))
        return None if body is None else FeatureRun.model_validate_json(body)

    async def put_profiles(self, profiles: Iterable[FeatureProfile], *, simulated: bool) -> None:
        """Keep distributions; a restated day replaces its own."""
        rows = [
            {
                "feature": one.feature,
                "version": one.version,
                "simulated": int(simulated),
                "day": one.day,
                "body": one.model_dump_json(),
            }
            for one in profiles
        ]
        if rows:
            statement = upsert(feature_profile)
            key = ["feature", "version", "simulated", "day"]
            await self._connection.execute(
                statement.on_conflict_do_update(index_elements=key, set_={"body": statement.excluded.body}), rows
            )

    async def profiles(self, feature: str, *, simulated: bool, since: date) -> tuple[FeatureProfile, ...]:
        """Of one feature in every version, oldest day first."""
        query = select(feature_profile.c.body).where(
            feature_profile.c.feature == feature,
            feature_profile.c.simulated == int(simulated),
            feature_profile.c.day >= since,
        )
        bodies = await self._connection.scalars(query.order_by(feature_profile.c.day, feature_profile.c.version))
        return tuple(FeatureProfile.model_validate_json(body) for body in bodies)

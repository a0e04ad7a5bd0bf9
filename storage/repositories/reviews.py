"""Reviews of cases: one row a case, each change under the next version."""

from collections.abc import Iterable

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.reviews import Review, ReviewState
from storage.tables.reviews import review

_OVER = (ReviewState.VERIFIED, ReviewState.LAPSED)


class Reviews:
    """Opens, updates and finds them on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, opened: Review) -> Review:
        """Start one; the caller has made sure that the case has none."""
        await self._connection.execute(
            insert(review).values(
                alert_id=opened.alert_id,
                state=opened.state.value,
                version=opened.version,
                body=opened.model_dump_json(),
            )
        )
        return opened

    async def save(self, changed: Review) -> Review:
        """Store a changed review under the next version."""
        saved = changed.model_copy(update={"version": changed.version + 1})
        await self._connection.execute(
            update(review)
            .where(review.c.alert_id == saved.alert_id)
            .values(state=saved.state.value, version=saved.version, body=saved.model_dump_json())
        )
        return saved

    async def get(self, alert_id: str) -> Review | None:
        body = await self._connection.scalar(select(review.c.body).where(review.c.alert_id == alert_id))
        return None if body is None else Review.model_validate_json(body)

    async def known(self, alert_ids: Iterable[str]) -> frozenset[str]:
        """Those of the cases that have a review, over or not."""
        found = await self._connection.scalars(select(review.c.alert_id).where(review.c.alert_id.in_(tuple(alert_ids))))
        return frozenset(found)

    async def open(self) -> tuple[Review, ...]:
        """Those that are not over, oldest first."""
        bodies = await self._connection.scalars(select(review.c.body).where(review.c.state.not_in(_OVER)))
        return _in_order(Review.model_validate_json(body) for body in bodies)

    async def all(self) -> tuple[Review, ...]:
        """Oldest first."""
        return _in_order(
            Review.model_validate_json(body) for body in await self._connection.scalars(select(review.c.body))
        )


def _in_order(reviews: Iterable[Review]) -> tuple[Review, ...]:
    return tuple(sorted(reviews, key=lambda one: (one.opened_at, len(one.alert_id), one.alert_id)))

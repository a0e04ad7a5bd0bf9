"""Plans with their revisions and states, and the claims that keep two live plans off one resource."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.plans import Plan, PlanState, PlanStatus
from storage.repositories.counters import next_number
from storage.tables.lifecycle import claim, plan, plan_revision


class Plans:
    """Reads and moves plans on the caller's transaction."""

    def __init__(self, connection: AsyncConnection, *, traceparent: Callable[[], str | None] = lambda: None) -> None:
        """`traceparent` tells the W3C trace at hand, if there is one."""
        self._connection = connection
        self._traceparent = traceparent

    async def new_id(self) -> str:
        """The next free id, such as PLAN-12."""
        return f"PLAN-{await next_number(self._connection, 'plan')}"

    async def add(self, proposed: Plan, *, now: datetime) -> None:
        """Store a new plan as proposed."""
        await self._connection.execute(
            insert(plan).values(
                id=proposed.id,
                number=int(proposed.id.removeprefix("PLAN-")),
                revision=proposed.revision,
                kind=proposed.kind,
                state=PlanState.PROPOSED,
                version=1,
                since=now,
                note="",
                expires_at=proposed.expires_at,
                restores=proposed.restores,
                traceparent=self._traceparent(),
                data_day=proposed.data_day,
            )
        )
        await self._add_revision(proposed)

    async def revise(self, revised: Plan, *, now: datetime) -> bool:
        """Make `revised` the current revision if it follows the current one and that one still waits or is held."""
        moved = await self._connection.execute(
            update(plan)
            .where(
                plan.c.id == revised.id,
                plan.c.revision == revised.revision - 1,
                plan.c.state.in_((PlanState.WAITING, PlanState.HELD)),
            )
            .values(
                revision=revised.revision,
                state=PlanState.PROPOSED,
                version=plan.c.version + 1,
                since=now,
                note="",
                expires_at=revised.expires_at,
                data_day=revised.data_day,
            )
        )
        if moved.rowcount == 1:
            await self._add_revision(revised)
        return moved.rowcount == 1

    async def move(
        self,
        plan_id: str,
        *,
        revision: int,
        origins: Iterable[PlanState],
        to: PlanState,
        now: datetime,
        note: str = "",
    ) -> bool:
        """Change the state if the plan is still that revision and in one of the origins; False otherwise."""
        moved = await self._connection.execute(
            update(plan)
            .where(plan.c.id == plan_id, plan.c.revision == revision, plan.c.state.in_(tuple(origins)))
            .values(state=to, version=plan.c.version + 1, since=now, note=note)
        )
        return moved.rowcount == 1

    async def touch(self, plan_id: str) -> None:
        """Say that people should see the plan again: something beside its state has changed."""
        await self._connection.execute(update(plan).where(plan.c.id == plan_id).values(version=plan.c.version + 1))

    async def mark_done_on(self, plan_id: str, data_day: date) -> None:
        await self._connection.execute(update(plan).where(plan.c.id == plan_id).values(done_on=data_day))

    async def done_on(self, plan_id: str) -> date | None:
        """The data day on which the plan's last change was applied."""
        return await self._connection.scalar(select(plan.c.done_on).where(plan.c.id == plan_id))

    async def traceparent(self, plan_id: str) -> str | None:
        """The W3C trace that the plan was proposed in; None where nothing was traced."""
        return await self._connection.scalar(select(plan.c.traceparent).where(plan.c.id == plan_id))

    async def get(self, plan_id: str) -> PlanStatus | None:
        found = await self._statuses(_current().where(plan.c.id == plan_id))
        return found[0] if found else None

    async def revision(self, plan_id: str, number: int) -> Plan | None:
        body = await self._connection.scalar(
            select(plan_revision.c.body).where(plan_revision.c.plan_id == plan_id, plan_revision.c.revision == number)
        )
        return None if body is None else Plan.model_validate_json(body)

    async def in_states(self, *states: PlanState) -> tuple[PlanStatus, ...]:
        """All plans in one of the states, oldest first."""
        return await self._statuses(_current().where(plan.c.state.in_(states)).order_by(plan.c.number))

    async def recent(self, limit: int = 20) -> tuple[PlanStatus, ...]:
        """The newest plans, newest first."""
        return await self._statuses(_current().order_by(plan.c.number.desc()).limit(limit))

    async def of_days(
        self, *, day: date, moment: datetime, over: Iterable[PlanState], limit: int
    ) -> tuple[int, tuple[PlanStatus, ...]]:
        """How many plans tell of these days, and the newest of them, newest first.

        Those made with data of the day or later, carried out then, or moved from the moment on, and all that are in
        none of the states in `over`.
        """
        those = or_(
            plan.c.data_day >= day, plan.c.done_on >= day, plan.c.since >= moment, plan.c.state.not_in(tuple(over))
        )
        number = await self._connection.scalar(select(func.count()).select_from(plan).where(those))
        found = await self._statuses(_current().where(those).order_by(plan.c.number.desc()).limit(limit))
        return number or 0, found

    async def counts(self, *, since: datetime | None = None) -> dict[PlanState, int]:
        """How many plans are in each state; with a moment, of those that came into it then or later."""
        query = select(plan.c.state, func.count()).group_by(plan.c.state)
        rows = await self._connection.execute(query if since is None else query.where(plan.c.since >= since))
        return {PlanState(state): number for state, number in rows}

    async def overdue(self, now: datetime) -> tuple[PlanStatus, ...]:
        """Undecided plans whose time to be decided has passed."""
        open_states = (PlanState.PROPOSED, PlanState.HELD, PlanState.WAITING)
        return await self._statuses(
            _current().where(plan.c.state.in_(open_states), plan.c.expires_at <= now).order_by(plan.c.number)
        )

    async def rolled_back_by(self, plan_ids: Iterable[str]) -> dict[str, str]:
        """Plan → the newest rollback plan that did not fail or get refused."""
        dead = (
            PlanState.REFUSED,
            PlanState.REJECTED,
            PlanState.EXPIRED,
            PlanState.SUPERSEDED,
            PlanState.FAILED,
        )
        rows = await self._connection.execute(
            select(plan.c.restores, func.max(plan.c.number))
            .where(plan.c.restores.in_(tuple(plan_ids)), plan.c.state.not_in(dead))
            .group_by(plan.c.restores)
        )
        return {restores: f"PLAN-{number}" for restores, number in rows}

    async def done_since(self, first_day: date) -> tuple[tuple[PlanStatus, date], ...]:
        """Plans whose last change was applied on or after the data day, newest first."""
        rows = await self._connection.execute(
            _current(plan.c.done_on)
            .where(plan.c.done_on >= first_day)
            .order_by(plan.c.done_on.desc(), plan.c.number.desc())
        )
        return tuple((_status(row), row.done_on) for row in rows)

    async def claim(self, plan_id: str, resource_keys: Iterable[str]) -> dict[str, str]:
        """Claim all resources for the plan, or none: what others hold is returned as resource → plan id."""
        keys = tuple(resource_keys)
        rows = await self._connection.execute(
            select(claim.c.resource_key, claim.c.plan_id).where(claim.c.resource_key.in_(keys))
        )
        held = {row.resource_key: row.plan_id for row in rows}
        others = {key: holder for key, holder in held.items() if holder != plan_id}
        free = [{"resource_key": key, "plan_id": plan_id} for key in keys if key not in held]
        if not others and free:
            await self._connection.execute(insert(claim), free)
        return others

    async def release(self, plan_id: str, resource_keys: Iterable[str]) -> None:
        """Give up the plan's claims on these resources."""
        await self._connection.execute(
            delete(claim).where(claim.c.plan_id == plan_id, claim.c.resource_key.in_(tuple(resource_keys)))
        )

    async def _add_revision(self, proposed: Plan) -> None:
        await self._connection.execute(
            insert(plan_revision).values(
                plan_id=proposed.id,
                revision=proposed.revision,
                digest=proposed.digest,
                body=proposed.model_dump_json(),
            )
        )

    async def _statuses(self, query: Select[Any]) -> tuple[PlanStatus, ...]:
        return tuple(_status(row) for row in await self._connection.execute(query))


def _current(*more: Any) -> Select[Any]:
    return select(plan.c.state, plan.c.version, plan.c.since, plan.c.note, plan_revision.c.body, *more).join(
        plan_revision,
        (plan_revision.c.plan_id == plan.c.id) & (plan_revision.c.revision == plan.c.revision),
    )


def _status(row: Any) -> PlanStatus:
    return PlanStatus(
        plan=Plan.model_validate_json(row.body),
        state=row.state,
        version=row.version,
        since=row.since,
        note=row.note,
    )

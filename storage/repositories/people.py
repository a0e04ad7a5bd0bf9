"""The people the product knows, what Slack says of their accounts, and whom they stand in for."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.people import Account, Delegation, Person
from storage.repositories.counters import next_number
from storage.tables.lifecycle import account, delegation, person


class People:
    """Reads and replaces people on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def replace(self, everyone: Iterable[Person]) -> None:
        """Make the table equal to the list; people who are gone from it stay known, but inactive."""
        listed = {one.id: one for one in everyone}
        gone = {
            known.id: known.model_copy(update={"active": False, "slack_id": None, "roles": frozenset()})
            for known in await self._listed()
            if known.id not in listed
        }
        await self._connection.execute(delete(person))
        rows = [
            {"id": one.id, "slack_id": one.slack_id, "body": one.model_dump_json()} for one in (gone | listed).values()
        ]
        if rows:
            await self._connection.execute(insert(person), rows)

    async def _listed(self) -> tuple[Person, ...]:
        """As the list has them, whatever Slack says."""
        bodies = await self._connection.scalars(select(person.c.body).order_by(person.c.id))
        return tuple(Person.model_validate_json(body) for body in bodies)

    async def all(self) -> tuple[Person, ...]:
        """Everyone; whoever's Slack account does not count is inactive, whatever the list says."""
        rows = await self._connection.execute(_KNOWN.order_by(person.c.id))
        return tuple(_person(row.body, row.account) for row in rows)

    async def names(self) -> dict[str, str]:
        """Person id → name, also of those who left."""
        return {one.id: one.name for one in await self.all()}

    async def get(self, person_id: str) -> Person | None:
        row = (await self._connection.execute(_KNOWN.where(person.c.id == person_id))).one_or_none()
        return None if row is None else _person(row.body, row.account)

    async def by_slack_id(self, slack_id: str) -> Person | None:
        row = (await self._connection.execute(_KNOWN.where(person.c.slack_id == slack_id))).one_or_none()
        return None if row is None else _person(row.body, row.account)

    async def account(self, slack_id: str) -> Account | None:
        body = await self._connection.scalar(select(account.c.body).where(account.c.slack_id == slack_id))
        return None if body is None else Account.model_validate_json(body)

    async def keep_account(self, seen: Account) -> None:
        """Remember what Slack says of a user now."""
        row = {"body": seen.model_dump_json()}
        known = await self._connection.execute(update(account).where(account.c.slack_id == seen.slack_id).values(**row))
        if known.rowcount == 0:
            await self._connection.execute(insert(account).values(slack_id=seen.slack_id, **row))

    async def delegate(
        self, *, from_person: str, to_person: str, starts_at: datetime, ends_at: datetime, made_by: str, now: datetime
    ) -> Delegation:
        number = await next_number(self._connection, "delegation")
        made = Delegation(
            id=f"DELEGATION-{number}",
            from_person=from_person,
            to_person=to_person,
            starts_at=starts_at,
            ends_at=ends_at,
            made_by=made_by,
            made_at=now,
        )
        await self._connection.execute(
            insert(delegation).values(number=number, ends_at=ends_at, body=made.model_dump_json())
        )
        return made

    async def end_delegation(self, ended: Delegation) -> None:
        """Store a delegation that was called off."""
        await self._connection.execute(
            update(delegation)
            .where(delegation.c.number == int(ended.id.removeprefix("DELEGATION-")))
            .values(body=ended.model_dump_json())
        )

    async def delegations(self, now: datetime) -> tuple[Delegation, ...]:
        """Those in force now or later, oldest first."""
        bodies = await self._connection.scalars(
            select(delegation.c.body).where(delegation.c.ends_at > now).order_by(delegation.c.number)
        )
        found = (Delegation.model_validate_json(body) for body in bodies)
        return tuple(one for one in found if one.ended_at is None)


_KNOWN = select(person.c.body, account.c.body.label("account")).outerjoin(
    account, account.c.slack_id == person.c.slack_id
)


def _person(body: str, seen: str | None) -> Person:
    known = Person.model_validate_json(body)
    if seen is not None and not Account.model_validate_json(seen).counts:
        return known.model_copy(update={"active": False})
    return known

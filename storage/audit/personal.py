"""Personal data in the trail: the hashed text holds a salted commitment, a table that may be emptied holds the value.

A commitment is `#` + sha256(salt ‖ value). One value has one salt, so that an auditor sees that two approvers were
two people, also after both were forgotten; who comes back after that is a new person to the trail.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.audit import Personal
from storage.records.record import Record
from storage.tables.audit import audit_personal
from storage.tables.provenance import lineage

_PERSON = "person:"
_TAG = "personal"
_COMMITMENT = re.compile(r"#[0-9a-f]{64}")
_AT_ONCE = 500
"""Values asked for in one query: databases bound the number of parameters."""


class Kept(Record):
    """What a commitment stands for, and the salt that proves it."""

    salt: str
    value: str


class PersonalData:
    """Turns values into commitments and back, on a connection whose transaction the caller owns."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._made: dict[str, str] = {}

    async def hide(self, content: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """The same with commitments in place of people and of values marked as personal, and what they stand for."""
        made = {value: await self._commitment(value) for value in sorted(set(_personal_in(content)))}
        return _with_commitments(content, made), {commitment: value for value, commitment in made.items()}

    async def subjects(self, subjects: Iterable[str]) -> list[str]:
        """The subjects as entries hold them: a person may stand there in the open (long ago) or as a commitment."""
        asked = list(subjects)
        people = {_key(one.removeprefix(_PERSON)) for one in asked if one.startswith(_PERSON)}
        found = select(audit_personal.c.commitment).where(audit_personal.c.key.in_(people))
        held = (await self._connection.execute(found)).scalars() if people else ()
        return [*asked, *(f"{_PERSON}{commitment}" for commitment in held)]

    async def kept(self, bodies: Iterable[str]) -> dict[str, Kept]:
        """What the commitments in these texts stand for; those of erased values are missing."""
        wanted = sorted({found for body in bodies for found in commitments_in(body)})
        columns = audit_personal.c
        kept: dict[str, Kept] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            query = select(columns.commitment, columns.salt, columns.value).where(
                columns.commitment.in_(wanted[start : start + _AT_ONCE])
            )
            for row in await self._connection.execute(query):
                kept[row.commitment] = Kept(salt=row.salt, value=row.value)
        return kept

    async def values(self, bodies: Iterable[str]) -> dict[str, str]:
        """Commitment → value, for reading."""
        return {commitment: one.value for commitment, one in (await self.kept(bodies)).items()}

    async def erase(self, value: str) -> str | None:
        """Forget a value, such as a person's id, for good; returns its commitment, None if the trail never held it.

        What lineage says of a person it says of the commitment from then on, as the entries that seal it do.
        """
        name = value.removeprefix(_PERSON)
        self._made.clear()
        commitment: str | None = (
            await self._connection.execute(
                delete(audit_personal).where(audit_personal.c.key == _key(name)).returning(audit_personal.c.commitment)
            )
        ).scalar_one_or_none()
        if commitment is not None:
            forgotten = update(lineage).where(lineage.c.parent == f"{_PERSON}{name}")
            await self._connection.execute(forgotten.values(parent=f"{_PERSON}{commitment}"))
        return commitment

    async def _commitment(self, value: str) -> str:
        if value not in self._made:
            self._made[value] = await self._known(value) or await self._new(value)
        return self._made[value]

    async def _known(self, value: str) -> str | None:
        query = select(audit_personal.c.commitment).where(audit_personal.c.key == _key(value))
        return (await self._connection.execute(query)).scalar_one_or_none()

    async def _new(self, value: str) -> str:
        """Commit to a value seen for the first time; where another transaction was faster, its salt is used."""
        salt = secrets.token_hex(32)
        commitment = commitment_to(value, salt)
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        await self._connection.execute(
            dialect.insert(audit_personal)
            .values(commitment=commitment, key=_key(value), salt=salt, value=value)
            .on_conflict_do_nothing()
        )
        return await self._known(value) or commitment


def commitments_in(body: str) -> list[str]:
    """Everything in an entry's text that looks like a commitment."""
    return list(dict.fromkeys(_COMMITMENT.findall(body)))


def commitment_to(value: str, salt: str) -> str:
    """`#` + sha256(salt ‖ value) in hex; the salt is 32 bytes in hex."""
    return "#" + hashlib.sha256(bytes.fromhex(salt) + value.encode()).hexdigest()


def shown(content: Any, values: Mapping[str, str]) -> Any:
    """What an entry says with the values that are still kept, and with a word where one was erased."""
    if isinstance(content, str):
        name = content.removeprefix(_PERSON)
        is_person = content.startswith(_PERSON) and _COMMITMENT.fullmatch(name)
        return f"{_PERSON}{_value(name, values)}" if is_person else content
    if isinstance(content, dict):
        if set(content) == {_TAG} and isinstance(content[_TAG], str):
            return _value(content[_TAG], values)
        return {key: shown(item, values) for key, item in content.items()}
    if isinstance(content, list):
        return [shown(item, values) for item in content]
    return content


def _value(commitment: str, values: Mapping[str, str]) -> str:
    return values.get(commitment, f"{commitment[:9]}… (erased)")


def _key(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def _personal_in(content: Any) -> Iterator[str]:
    if isinstance(content, Personal):
        yield content.value
    elif isinstance(content, str) and content.startswith(_PERSON):
        yield content.removeprefix(_PERSON)
    elif isinstance(content, Mapping):
        for item in content.values():
            yield from _personal_in(item)
    elif isinstance(content, (list, tuple)):
        for item in content:
            yield from _personal_in(item)


def _with_commitments(content: Any, made: Mapping[str, str]) -> Any:
    if isinstance(content, Personal):
        return {_TAG: made[content.value]}
    if isinstance(content, str) and content.startswith(_PERSON):
        return f"{_PERSON}{made[content.removeprefix(_PERSON)]}"
    if isinstance(content, Mapping):
        return {key: _with_commitments(item, made) for key, item in content.items()}
    if isinstance(content, (list, tuple)):
        return [_with_commitments(item, made) for item in content]
    return content

"""The vault: texts of people under random tokens. The lake holds the tokens; deleting a row here is erasure.

One text has one token. E-mail addresses and ids tell people apart: rows that name two of them together make them one
person's. Names, telephones and free texts belong to the person of their row, so that forgetting one Jane Doe leaves
the other alone.
"""

import asyncio
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.contracts.columns import key_of, may_see, personal_of
from storage.contracts.entities import ENTITIES
from storage.contracts.entity import Entity
from storage.personal.gathered import ANY, Gathered, gather, tokens_in
from storage.personal.subjects import settle
from storage.personal.texts import Hashing, fold, is_token, new_token, subject_of_row
from storage.records.quarantine import Quarantined
from storage.records.record import Record
from storage.tables.fabric import personal
from storage.tables.lifecycle import home

_AT_ONCE = 5000
"""Parameters of one query: databases bound them."""
_ROWS_AT_ONCE = 20_000
_SECRET = "vault_secret"  # noqa: S105 - the name under which it is kept


class ForgottenText(Record):
    """A text that is no longer kept."""

    token: str
    field: str
    value: str
    """For whoever must remove it elsewhere; not to be kept."""


class Vault:
    """Hides, shows and forgets texts of people, on the caller's transaction, which must hold the write lock to hide."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._hashing: Hashing | None = None

    async def pseudonymise(self, frame: pl.DataFrame, contract: type[Entity]) -> pl.DataFrame:
        """The frame with a token in place of every text in the contract's personal columns; tokens stay."""
        kinds = {name: kind for name, kind in personal_of(contract).items() if frame.schema.get(name) == pl.String}
        keys = [pl.col(name).cast(pl.String).fill_null("") for name in key_of(contract) if name in frame.columns]
        rows = frame.select(pl.concat_str(pl.lit(contract.dataset), *keys, separator="\n")).to_series()
        return await self._hidden(frame, kinds, sources=frame["source"].to_list(), rows=rows.to_list())

    async def hide_columns(
        self, frame: pl.DataFrame, kinds: Mapping[str, str], *, source: str, rows: Sequence[str]
    ) -> pl.DataFrame:
        """The same for a file's cells as they stood there.

        `kinds`: header → kind, `any` where nobody knows more. `rows` names each row, such as by load and line.
        """
        return await self._hidden(frame, kinds, sources=[source] * frame.height, rows=rows)

    async def hide_cells(
        self, rows: Iterable[Quarantined], *, source: str, load_id: str, kinds: Mapping[str, str] | None = None
    ) -> list[Quarantined]:
        """Rows that were set aside with tokens in place of their personal cells. `kinds`: header → kind, if known."""
        given = list(rows)
        headers = sorted({name for row in given for name in row.personal})
        cells = {name: [row.cells.get(name) if name in row.personal else None for row in given] for name in headers}
        hidden = await self.hide_columns(
            pl.DataFrame(cells, schema=dict.fromkeys(headers, pl.String)),
            {name: (kinds or {}).get(name, ANY) for name in headers},
            source=source,
            rows=[f"{load_id}\n{row.dataset}\n{row.line}" for row in given],
        )
        tokens = hidden.iter_rows(named=True) if headers else ({} for _ in given)
        return [_with_tokens(row, told) for row, told in zip(given, tokens, strict=True)]

    async def texts(self, tokens: Iterable[str]) -> dict[str, str]:
        """Token → text, for reading a row again; erased ones are missing. For people ask `reveal`."""
        return {row.token: row.value for row in await self._rows(personal.c.token, tokens)}

    async def reveal(self, tokens: Iterable[str], roles: Collection[str]) -> dict[str, str]:
        """Token → text, of those that a person with these roles may see; erased and hidden ones are missing."""
        allowed = {kind: not may_see(ENTITIES, kind).isdisjoint(roles) for kind in ("email", "phone", "name", "text")}
        allowed["id"] = not may_see(ENTITIES, "id").isdisjoint(roles)
        rows = await self._rows(personal.c.token, tokens)
        return {row.token: row.value for row in rows if allowed.get(row.field.partition(":")[0], "admin" in roles)}

    async def show_cells(self, row: Quarantined) -> Quarantined:
        """A row that was set aside with its texts, for reading it again; erased ones are empty."""
        texts = await self.texts(row.cells[name] for name in row.personal if name in row.cells)
        shown = {name: texts.get(row.cells[name], "") for name in row.personal if is_token(row.cells.get(name, ""))}
        return row.model_copy(update={"cells": {**row.cells, **shown}})

    async def find(self, text: str) -> dict[str, frozenset[str]]:
        """Who has this e-mail address, telephone number or id (`source:id` for the id of one source).

        Person → the fields it was found in; several people may share a telephone or have the id in other sources.
        """
        hashing = await self._hashes()
        marks = [hashing.mark(kind, text) for kind in ("email", "phone", "id") if fold(kind, text)]
        source, colon, value = text.partition(":")
        lookups = [hashing.telling("id", value, source=source).lookup] if colon and value else []
        rows = [*await self._rows(personal.c.mark, marks), *await self._rows(personal.c.lookup, lookups)]
        found: dict[str, set[str]] = {}
        for row in rows:
            found.setdefault(row.subject, set()).add(row.field)
        return {subject: frozenset(fields) for subject, fields in found.items()}

    async def erase(self, subject: str) -> tuple[ForgottenText, ...]:
        """Forget every text of a person for good; their tokens stand for nothing from now on."""
        gone = await self._connection.execute(
            delete(personal)
            .where(personal.c.subject == subject)
            .returning(personal.c.token, personal.c.field, personal.c.value)
        )
        return tuple(ForgottenText(token=row.token, field=row.field, value=row.value) for row in gone)

    async def _hidden(
        self, frame: pl.DataFrame, kinds: Mapping[str, str], *, sources: Sequence[str], rows: Sequence[str]
    ) -> pl.DataFrame:
        if frame.is_empty() or not kinds:
            return frame
        hashing = await self._hashes()
        held = {row.token: row for row in await self._rows(personal.c.token, tokens_in(frame, list(kinds)))}
        known = {token: row.lookup for token, row in held.items()}
        found = await asyncio.to_thread(_gathered, frame, kinds, sources, rows, hashing, known)
        told = [*await self._rows(personal.c.lookup, found.texts), *held.values()]
        tokens = {row.lookup: row.token for row in told}
        tokens |= await self._keep(found, {row.lookup: row.subject for row in told})
        return await asyncio.to_thread(_replaced, frame, found, tokens)

    async def _keep(self, found: Gathered, known: Mapping[str, str]) -> dict[str, str]:
        """Keep the texts that are new, and say whose all of them are; gives lookup → token of the new ones."""
        kept = await asyncio.to_thread(_to_keep, found, known)
        for other, person in kept.merged.items():
            await self._connection.execute(update(personal).where(personal.c.subject == other).values(subject=person))
        for lookup, person in kept.moved.items():
            await self._connection.execute(update(personal).where(personal.c.lookup == lookup).values(subject=person))
        for start in range(0, len(kept.new), _ROWS_AT_ONCE):
            await self._connection.execute(insert(personal), kept.new[start : start + _ROWS_AT_ONCE])
        return {row["lookup"]: row["token"] for row in kept.new}

    async def _rows(self, column: Any, values: Iterable[str]) -> list[Any]:
        wanted = list(values)
        rows: list[Any] = []
        for start in range(0, len(wanted), _AT_ONCE):
            found = await self._connection.execute(select(personal).where(column.in_(wanted[start : start + _AT_ONCE])))
            rows += found.all()
        return rows

    async def _hashes(self) -> Hashing:
        """With the home's secret, made when the first text is kept."""
        if self._hashing is None:
            secret = await self._connection.scalar(select(home.c.value).where(home.c.key == _SECRET))
            if secret is None:
                secret = secrets.token_hex(32)
                await self._connection.execute(insert(home).values(key=_SECRET, value=secret))
            self._hashing = Hashing(bytes.fromhex(secret))
        return self._hashing


def _gathered(
    frame: pl.DataFrame,
    kinds: Mapping[str, str],
    sources: Sequence[str],
    rows: Sequence[str],
    hashing: Hashing,
    known: Mapping[str, str],
) -> Gathered:
    hashed = (hashing.of_row(row) for row in rows)
    return gather(frame, kinds, sources=sources, rows=hashed, hashing=hashing, known=known)


class _Kept(NamedTuple):
    new: list[dict[str, str]]
    merged: dict[str, str]
    """Person that turned out to be another one → that one."""
    moved: dict[str, str]
    """Lookup of a text that was kept before its row said whose it is → whose it is."""


def _to_keep(found: Gathered, known: Mapping[str, str]) -> _Kept:
    settled = settle(found.people, known)
    kept = _Kept([], settled.merged, {})
    for lookup, text in found.texts.items():
        owner = found.owners.get(lookup, lookup)
        person = settled.subjects.get(owner)
        if lookup not in known:
            kept.new.append({"token": new_token(), "subject": person or subject_of_row(owner), **text._asdict()})
        elif person and settled.merged.get(known[lookup], known[lookup]) != person:
            kept.moved[lookup] = person
    return kept


def _replaced(frame: pl.DataFrame, found: Gathered, tokens: Mapping[str, str]) -> pl.DataFrame:
    columns = []
    for name, cells in found.cells.items():
        texts = frame[name].to_list()
        hidden = [
            text if lookups is None else " ".join(tokens.get(lookup, lookup) for lookup in lookups)
            for text, lookups in zip(texts, cells, strict=True)
        ]
        columns.append(pl.Series(name, hidden, dtype=pl.String))
    return frame.with_columns(columns)


def _with_tokens(row: Quarantined, tokens: Mapping[str, str | None]) -> Quarantined:
    """The row with tokens; what it holds of people is taken out of the words about it, too."""
    told = {name: token for name, token in tokens.items() if token is not None}
    reason = row.reason
    for cell in sorted({cell for name in told if len(cell := row.cells[name].strip()) > 2}, key=len, reverse=True):
        reason = reason.replace(cell, "…")
    return row.model_copy(update={"cells": {**row.cells, **told}, "reason": reason})

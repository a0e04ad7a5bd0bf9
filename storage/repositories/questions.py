"""Questions to people: one open row a key, and the first answer wins."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.records.forgotten import without
from storage.records.questions import Option, Question, QuestionKind, QuestionState
from storage.repositories.counters import next_number
from storage.tables.fabric import question

_SHOWN = {"title", "lines", "table", "subject", "outcome"}
"""What may hold texts of the data that it asks about."""


class Questions:
    """Asks, answers and finds them on the caller's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def ask(
        self,
        kind: QuestionKind,
        key: str,
        *,
        title: str,
        options: Sequence[Option],
        if_nobody_answers: str,
        now: datetime,
        lines: Sequence[str] = (),
        table: Sequence[Sequence[str]] = (),
        subject: dict[str, Any] | None = None,
        simulated: bool = False,
    ) -> Question:
        """Ask it, or bring the open question of this key up to date; the transaction must hold the write lock."""
        said = {
            "kind": kind,
            "title": title,
            "options": tuple(options),
            "if_nobody_answers": if_nobody_answers,
            "lines": tuple(lines),
            "table": tuple(tuple(row) for row in table),
            "subject": subject or {},
            "simulated": simulated,
        }
        open_one = await self.open_of(key)
        if open_one is not None:
            changed = Question.model_validate({**dict(open_one), **said})
            return open_one if changed == open_one else await self.save(changed)
        number = await next_number(self._connection, "question")
        asked = Question.model_validate(
            {
                "id": f"Q-{number}",
                "number": number,
                "key": key,
                "state": QuestionState.OPEN,
                "version": 1,
                "asked_at": now,
                **said,
            }
        )
        await self._connection.execute(insert(question).values(number=number, key=key, kind=kind, **_columns(asked)))
        return asked

    async def answer(self, question_id: str, option: str, *, by: str, now: datetime) -> Question | None:
        """Take the answer of the person with this id if the question is still open; None if it is not (any more).

        The caller has checked that the option exists and that the person may answer.
        """
        asked = await self.get(question_id)
        if asked is None or asked.state is not QuestionState.OPEN:
            return None
        answered = asked.model_copy(
            update={
                "state": QuestionState.ANSWERED,
                "version": asked.version + 1,
                "answer": option,
                "answered_by": by,
                "answered_at": now,
            }
        )
        taken = await self._connection.execute(
            update(question)
            .where(question.c.id == question_id, question.c.state == QuestionState.OPEN)
            .values(_columns(answered))
        )
        return answered if taken.rowcount == 1 else None

    async def save(self, changed: Question) -> Question:
        """Store a changed question, such as one with its outcome, under the next version."""
        saved = changed.model_copy(update={"version": changed.version + 1})
        await self._connection.execute(update(question).where(question.c.id == saved.id).values(_columns(saved)))
        return saved

    async def withdraw(self, key: str, *, outcome: str) -> Question | None:
        """Take the open question of this key back, as what it asked about is gone; None if there is none."""
        asked = await self.open_of(key)
        if asked is None:
            return None
        return await self.save(asked.model_copy(update={"state": QuestionState.WITHDRAWN, "outcome": outcome}))

    async def forget(self, texts: Collection[str]) -> int:
        """Take texts out of every question, answered or not; gives how many held any."""
        changed = 0
        bodies = await self._connection.scalars(select(question.c.body).order_by(question.c.number))
        for asked in [Question.model_validate_json(body) for body in bodies]:
            told = asked.model_dump(include=_SHOWN)
            cleaned = {name: without(said, texts) for name, said in told.items()}
            if cleaned != told:
                await self.save(Question.model_validate({**dict(asked), **cleaned}))
                changed += 1
        return changed

    async def get(self, question_id: str) -> Question | None:
        body = await self._connection.scalar(select(question.c.body).where(question.c.id == question_id))
        return None if body is None else Question.model_validate_json(body)

    async def open_of(self, key: str) -> Question | None:
        """The open question of this key."""
        body = await self._connection.scalar(
            select(question.c.body).where(question.c.key == key, question.c.state == QuestionState.OPEN)
        )
        return None if body is None else Question.model_validate_json(body)

    async def newest_of(self, key: str) -> Question | None:
        """The last question asked under this key, whatever became of it."""
        body = await self._connection.scalar(
            select(question.c.body).where(question.c.key == key).order_by(question.c.number.desc()).limit(1)
        )
        return None if body is None else Question.model_validate_json(body)

    async def open(self, kind: QuestionKind | None = None) -> tuple[Question, ...]:
        """Unanswered ones, oldest first."""
        query = select(question.c.body).where(question.c.state == QuestionState.OPEN).order_by(question.c.number)
        if kind is not None:
            query = query.where(question.c.kind == kind)
        return tuple(Question.model_validate_json(body) for body in await self._connection.scalars(query))

    async def recent(self, limit: int = 50) -> tuple[Question, ...]:
        """The newest ones in any state, newest first."""
        query = select(question.c.body).order_by(question.c.number.desc()).limit(limit)
        return tuple(Question.model_validate_json(body) for body in await self._connection.scalars(query))


def _columns(one: Question) -> dict[str, Any]:
    return {"id": one.id, "state": one.state, "version": one.version, "body": one.model_dump_json()}

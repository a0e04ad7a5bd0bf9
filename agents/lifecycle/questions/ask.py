"""Ask: what only a person can decide is put as a question with its answers; the first answer counts, once.

What an answer does is the business of whoever asked: one handler a kind of question, called in the transaction that
takes the answer, so that an answer without its effect cannot be.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from pydantic import Field

from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.review import Rulebook
from storage.ledger import Ledger, Transaction
from storage.records.lineage import SEALED
from storage.records.people import Person
from storage.records.questions import Option, Question, QuestionKind, QuestionState
from storage.records.record import Record

ACT = "answer"
"""What the rules call it."""


class Inquiry(Record):
    """What is to be asked; the fields are those of a Question."""

    key: str
    """Stable name of what is asked: while a question of this key is open, no second one is asked."""
    kind: QuestionKind
    title: str
    lines: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    options: tuple[Option, ...]
    if_nobody_answers: str
    subject: dict[str, Any] = Field(default_factory=dict)
    simulated: bool = False
    about: tuple[tuple[str, str], ...] = ()
    """Lineage: id and label of what it is asked about, such as `file:3f0c11aa90bd`."""


class Answered(Record):
    """The answer counts; `words` say what comes of it."""

    question: Question
    words: str


class AnswerRefused(Exception):
    """Raised by a handler for an answer that this person cannot give; says why, and the question stays open."""


class Settle(Protocol):
    """Carries out answers of one kind of question."""

    async def __call__(self, tx: Transaction, question: Question, option: Option, person: Person) -> str:
        """Do in `tx` what the answer means, and say for people what came of it.

        Work that takes long is enqueued (`tx.enqueue`) and reports later with `Asker.conclude`. Raising leaves the
        question open as it was.
        """


class Asker:
    """Asks questions, takes answers and withdraws what was overtaken."""

    def __init__(self, ledger: Ledger, rulebook: Rulebook, *, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._clock = clock
        self._settle: dict[QuestionKind, Settle] = {}

    def handle(self, kind: QuestionKind, settle: Settle) -> None:
        """Name who carries out answers of a kind; in wiring, once a kind."""
        self._settle[kind] = settle

    async def ask(self, tx: Transaction, inquiry: Inquiry) -> Question:
        """Put the question in the caller's transaction; an open one of the same key is given back as it stands.

        If it stands there with other facts, it is shown anew with these.
        """
        now = self._clock()
        known = await tx.questions.open_of(inquiry.key)
        said = {name: getattr(inquiry, name) for name in Inquiry.model_fields if name not in ("kind", "key", "about")}
        asked = await tx.questions.ask(inquiry.kind, inquiry.key, now=now, **said)
        if asked != known:
            facts = {"kind": asked.kind.value, "key": asked.key, "options": [one.id for one in asked.options]}
            sealed = await tx.lineage.link(asked.id, inquiry.about)
            await tx.audit.append(
                at=now,
                actor="system",
                action="question.asked" if known is None else "question.renewed",
                subject=asked.id,
                facts={**facts, SEALED: sealed},
            )
        return asked

    async def answer(
        self, question_id: str, option: str, person: Person, *, via: str, seen_version: int | None = None
    ) -> Answered | Declined:
        """Take one person's answer and do what it means; only the first answer to a question counts.

        With `seen_version`, the version on the card that was answered, it counts for that question alone, not for
        one that has been asked anew with other facts.
        """
        try:
            return await self._answer(question_id, option, person, via=via, seen_version=seen_version)
        except AnswerRefused as refused:
            return Declined(cause=Cause.NOT_ALLOWED, words=str(refused))

    async def _answer(
        self, question_id: str, option: str, person: Person, *, via: str, seen_version: int | None
    ) -> Answered | Declined:
        now = self._clock()
        async with self._ledger.write() as tx:
            question = await tx.questions.get(question_id)
            if question is None:
                return Declined(cause=Cause.UNKNOWN, words=f"There is no question {question_id} here.")
            permission = (await self._rulebook.of(tx)).may(person, ACT)
            if not permission.allowed:
                return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)
            if question.state is not QuestionState.OPEN:
                return Declined(cause=Cause.REPEATED, words=closed_words(question))
            if seen_version not in (None, question.version):
                words = f"{question.id} has changed since you saw it, and nothing was decided. Please look again."
                return Declined(cause=Cause.STALE, words=words)
            chosen = next((one for one in question.options if one.id == option), None)
            if chosen is None:
                listed = ", ".join(one.id for one in question.options)
                return Declined(cause=Cause.INVALID, words=f"{question.id} takes one of: {listed}; not {option!r}.")
            answered = await tx.questions.answer(question.id, chosen.id, by=person.id, now=now)
            assert answered is not None, "the transaction holds the write lock, and the question was open"
            words = await self._settle[question.kind](tx, answered, chosen, person)
            saved = await tx.questions.save(answered.model_copy(update={"outcome": words}))
            await tx.audit.append(
                at=now,
                actor=f"person:{person.id}",
                action="question.answered",
                subject=saved.id,
                facts={"kind": saved.kind.value, "key": saved.key, "answer": chosen.id, "via": via},
            )
        return Answered(question=saved, words=words)

    async def conclude(self, tx: Transaction, question_id: str, words: str) -> Question | None:
        """Say on the question's card how the work that its answer began has ended."""
        question = await tx.questions.get(question_id)
        if question is None or question.outcome == words:
            return question
        return await tx.questions.save(question.model_copy(update={"outcome": words}))

    async def withdraw(self, tx: Transaction, key: str, words: str) -> Question | None:
        """Close an open question that was overtaken; `words` say by what. None where none is open."""
        closed = await tx.questions.withdraw(key, outcome=words)
        if closed is not None:
            await tx.audit.append(
                at=self._clock(),
                actor="system",
                action="question.withdrawn",
                subject=closed.id,
                facts={"kind": closed.kind.value, "key": key},
            )
        return closed

    async def open(self) -> tuple[Question, ...]:
        """What waits for a person, oldest first."""
        async with self._ledger.read() as tx:
            return await tx.questions.open()

    async def get(self, question_id: str) -> Question | None:
        async with self._ledger.read() as tx:
            return await tx.questions.get(question_id)


def closed_words(question: Question) -> str:
    """Why a question takes no answer any more, for people."""
    if question.state is QuestionState.WITHDRAWN:
        return f"{question.id} is no longer asked: {question.outcome}"
    chosen = next((one.label for one in question.options if one.id == question.answer), question.answer or "")
    return f"{question.id} was answered already: “{chosen}”, by {question.answered_by}."

"""Release: what was held for an answer lands, or is let go; done once however often it is begun."""

import asyncio

from agents.lifecycle.intake.doubt import Doubts, accepts, held_in, mapping_said
from agents.lifecycle.intake.hold import HeldFile
from agents.lifecycle.intake.land import Landed, Landing
from agents.lifecycle.questions.ask import Asker
from storage.ledger import Ledger
from storage.records.people import Person
from storage.records.questions import Question, QuestionKind, QuestionState


class Releaser:
    """Lands held files after their question was answered, and says on the question how that went."""

    def __init__(self, ledger: Ledger, *, landing: Landing, doubts: Doubts, asker: Asker) -> None:
        self._ledger = ledger
        self._landing = landing
        self._doubts = doubts
        self._asker = asker

    async def release(self, question_id: str) -> tuple[Landed, ...]:
        """Do what the answer means for every held file; nothing for a question that is still open."""
        async with self._ledger.read() as tx:
            question = await tx.questions.get(question_id)
            person = await tx.people.get(question.answered_by) if question and question.answered_by else None
        if question is None or question.state is QuestionState.OPEN:
            return ()
        files = held_in(question)
        landed: tuple[Landed, ...] = ()
        if accepts(question) or question.state is QuestionState.WITHDRAWN:
            landed = tuple([await self._land(question, held, person) for held in files])
            async with self._ledger.write() as tx:
                await self._asker.conclude(tx, question.id, " ".join(map(_words, landed)) or question.outcome)
        for held in files:
            await asyncio.to_thread(self._doubts.shelf.remove, held)
        return landed

    async def _land(self, question: Question, held: HeldFile, person: Person | None) -> Landed:
        path = await asyncio.to_thread(self._doubts.shelf.path, held)
        if path is None:
            words = f"{held.name} is no longer there: hand it in again."
            return Landed(name=held.name, refused="" if await self._done(held) else words)
        said = held.said
        if question.kind is QuestionKind.MAPPING:
            mapping = await asyncio.to_thread(
                self._doubts.keep_mapping, str(question.subject["feed"]), mapping_said(question)
            )
            said = said.model_copy(update={"mapping": mapping})
        (landed,) = await self._landing.land([path], person, via=question.id, said=said)
        return landed

    async def _done(self, held: HeldFile) -> bool:
        """Whether it had landed before a crash, and only its removal was told."""
        async with self._ledger.read() as tx:
            worlds = [await tx.loads.known(simulated=simulated) for simulated in (False, True)]
        return any(load.content_sha256 == held.sha256 for loads in worlds for load in loads)


def _words(landed: Landed) -> str:
    if landed.refused:
        return landed.refused
    if landed.question is not None:
        return f"{landed.name} waits for {landed.question.id}."
    if landed.report is None:
        return f"{landed.name} landed."
    rows = sum(landed.report.rows_by_dataset.values())
    aside = f", {landed.quarantined:,} set aside" if landed.quarantined else ""
    return (
        f"{landed.name} landed: {rows:,} row{'' if rows == 1 else 's'}{aside}."
        if landed.new
        else f"{landed.name} was there already."
    )

"""A question has one answer, from somebody who may give it, and what it means happens with it or not at all."""

from typing import Any

import pytest

from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.questions.ask import Answered, Asker, Inquiry
from storage.ledger import Transaction
from storage.records.people import Person
from storage.records.questions import Option, Question, QuestionKind, QuestionState
from tests.builders import ADA, OLIVIA, VICTOR
from tests.unit.agents.lifecycle.house import House

BOTH = (Option(id="same", label="One thing"), Option(id="apart", label="Two things"))


class Merger:
    """What a merge of names would do: here it only remembers."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str, str]] = []
        self.broken = False

    async def settle(self, tx: Transaction, question: Question, option: Option, person: Person) -> str:
        await tx.home.keep_case(question.id, option.id, {"by": person.id})
        if self.broken:
            raise RuntimeError("the disk is full")
        self.done.append((question.id, option.id, person.id))
        return "They are one now."


@pytest.fixture
def merger() -> Merger:
    return Merger()


@pytest.fixture
def asker(house: House, merger: Merger) -> Asker:
    made = Asker(house.ledger, house.rulebook, clock=house.clock)
    made.handle(QuestionKind.MERGE, merger.settle)
    return made


def inquiry(**said: Any) -> Inquiry:
    given = {"key": "merge:a:b", "kind": QuestionKind.MERGE, "title": "A or B?", "options": BOTH}
    return Inquiry(**{**given, "if_nobody_answers": "They stay two.", **said})


async def asked(house: House, asker: Asker, **said: Any) -> Question:
    async with house.ledger.write() as tx:
        return await asker.ask(tx, inquiry(**said))


async def test_an_answer_counts_with_what_it_means(house: House, asker: Asker, merger: Merger):
    question = await asked(house, asker)
    said = await asker.answer(question.id, "same", OLIVIA, via="test")
    assert isinstance(said, Answered)
    assert (said.words, said.question.state, said.question.answered_by) == (
        "They are one now.",
        QuestionState.ANSWERED,
        "olivia",
    )
    assert said.question.version > question.version
    assert merger.done == [(question.id, "same", "olivia")]
    assert await house.actions(question.id) == ["question.asked", "question.answered"]


async def test_only_the_first_answer_counts(house: House, asker: Asker, merger: Merger):
    question = await asked(house, asker)
    await asker.answer(question.id, "same", OLIVIA, via="test")
    late = await asker.answer(question.id, "apart", ADA, via="test")
    assert isinstance(late, Declined)
    assert (late.cause, late.words) == (
        Cause.REPEATED,
        f"{question.id} was answered already: “One thing”, by olivia.",
    )
    assert len(merger.done) == 1


async def test_an_answer_whose_effect_fails_was_not_given(house: House, asker: Asker, merger: Merger):
    question, merger.broken = await asked(house, asker), True
    with pytest.raises(RuntimeError):
        await asker.answer(question.id, "same", OLIVIA, via="test")
    assert await asker.open() == (question,)
    assert await house.actions(question.id) == ["question.asked"]


async def test_who_may_only_look_answers_nothing(house: House, asker: Asker):
    question = await asked(house, asker)
    said = await asker.answer(question.id, "same", VICTOR, via="test")
    assert isinstance(said, Declined)
    assert said.cause is Cause.NOT_ALLOWED
    assert await asker.open() == (question,)


@pytest.mark.parametrize(
    ("question_id", "option", "cause"), [("Q-9", "same", Cause.UNKNOWN), ("Q-1", "x", Cause.INVALID)]
)
async def test_what_there_is_not_is_said(house: House, asker: Asker, question_id: str, option: str, cause: Cause):
    await asked(house, asker)
    said = await asker.answer(question_id, option, OLIVIA, via="test")
    assert isinstance(said, Declined)
    assert said.cause is cause


async def test_the_same_question_is_asked_once_and_shown_anew_with_new_facts(house: House, asker: Asker):
    first = await asked(house, asker)
    assert await asked(house, asker) == first
    renewed = await asked(house, asker, lines=("They share a domain.",))
    assert (renewed.id, renewed.version) == (first.id, first.version + 1)
    assert await house.actions(first.id) == ["question.asked", "question.renewed"]


async def test_an_answer_counts_for_the_question_as_it_was_seen_alone(house: House, asker: Asker, merger: Merger):
    first = await asked(house, asker)
    renewed = await asked(house, asker, lines=("They share a domain.",))
    late = await asker.answer(first.id, "same", OLIVIA, via="test", seen_version=first.version)
    assert isinstance(late, Declined)
    assert (late.cause, merger.done) == (Cause.STALE, [])
    assert late.words == f"{first.id} has changed since you saw it, and nothing was decided. Please look again."
    said = await asker.answer(first.id, "same", OLIVIA, via="test", seen_version=renewed.version)
    assert isinstance(said, Answered)


async def test_what_was_overtaken_takes_no_answer(house: House, asker: Asker, merger: Merger):
    question = await asked(house, asker)
    async with house.ledger.write() as tx:
        await asker.withdraw(tx, question.key, "B is gone.")
    said = await asker.answer(question.id, "same", OLIVIA, via="test")
    assert isinstance(said, Declined)
    assert said.words == f"{question.id} is no longer asked: B is gone."
    assert merger.done == []
    assert (await asked(house, asker)).id != question.id


async def test_what_a_question_is_about_can_be_walked_to(house: House, asker: Asker):
    question = await asked(house, asker, about=(("file:3f0c11aa90bd", "leads.csv"),))
    async with house.ledger.read() as tx:
        assert [step.id for step in await tx.lineage.ancestors(question.id)] == ["file:3f0c11aa90bd"]
    assert await house.verified()


async def test_how_the_work_ended_is_told_once_and_of_no_question_that_is_not_there(house: House, asker: Asker):
    question = await asked(house, asker)
    await asker.answer(question.id, "same", OLIVIA, via="test")
    async with house.ledger.write() as tx:
        told = await asker.conclude(tx, question.id, "All 4 campaigns are one now.")
        assert told is not None
        assert await asker.conclude(tx, question.id, "All 4 campaigns are one now.") == told
        assert await asker.conclude(tx, "Q-9", "Done.") is None

"""Which version decisions are made with: two people move it on or back, and the decisions name it."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from agents.drift.thresholds import DEFAULT
from agents.lifecycle.artefacts import DRIFT, PLANNER, planner_in, shipped, thresholds_in
from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.promote import Promoter, Registered
from agents.lifecycle.questions.ask import Answered, Asker
from agents.team.brief import PlannerSettings
from agents.team.roster import roster
from storage.records.models import ArtefactKind, Stage, StageEvent
from storage.records.questions import Question, QuestionKind
from tests.builders import AARON, ADA, CARLA, OLIVIA
from tests.unit.agents.lifecycle.house import House

BOLD = PlannerSettings(max_step_share=Decimal("0.35"))


@pytest.fixture
def asker(house: House) -> Asker:
    return Asker(house.ledger, house.rulebook, clock=house.clock)


@pytest.fixture
async def promoter(house: House, asker: Asker) -> Promoter:
    made = Promoter(house.ledger, house.rulebook, asker, shipped=shipped(roster()), clock=house.clock)
    asker.handle(QuestionKind.PROMOTION, made.settle)
    async with house.ledger.write() as tx:
        await made.take_in(tx)
    return made


async def registered(promoter: Promoter, settings: PlannerSettings = BOLD) -> int:
    done = await promoter.register(PLANNER, settings.model_dump_json(), ADA, about="larger steps", via="cli")
    assert isinstance(done, Registered)
    return done.model.version


async def planner(house: House) -> tuple[PlannerSettings, dict[str, str]]:
    async with house.ledger.read() as tx:
        return await planner_in(tx)


async def test_what_ships_is_in_production_from_the_start_and_taken_in_once(house: House, promoter: Promoter):
    async with house.ledger.write() as tx:
        await promoter.take_in(tx)
        versions = await tx.models.versions()
        assert (await thresholds_in(tx))[0] == DEFAULT
    assert {one.name: one.version for one in versions} == dict.fromkeys(promoter.names, 1)
    assert await planner(house) == (PlannerSettings(), {f"model:{PLANNER}": "1"})


async def test_a_version_is_used_once_a_second_person_agrees_and_never_on_the_askers_word(
    house: House, promoter: Promoter, asker: Asker
):
    version = await registered(promoter)
    assert (await planner(house))[0] == PlannerSettings()
    question = await promoter.propose(PLANNER, version, ADA, via="cli")
    assert isinstance(question, Question)
    assert ('+ "max_step_share": "0.35",',) in question.table
    for person in (ADA, OLIVIA):
        refused = await asker.answer(question.id, "approve", person, via="cli")
        assert isinstance(refused, Declined)
        assert refused.cause is Cause.NOT_ALLOWED
    assert (await planner(house))[0] == PlannerSettings()
    assert isinstance(await asker.answer(question.id, "approve", AARON, via="cli"), Answered)
    assert await planner(house) == (BOLD, {f"model:{PLANNER}": str(version)})


async def test_going_back_is_asked_too_and_both_moves_stand_in_the_history(
    house: House, promoter: Promoter, asker: Asker
):
    assert isinstance(await promoter.rollback(PLANNER, ADA, via="cli"), Declined)
    first = await promoter.propose(PLANNER, await registered(promoter), ADA, via="cli")
    assert isinstance(first, Question)
    await asker.answer(first.id, "approve", CARLA, via="cli")
    house.clock.pass_(days=1)
    moment = house.clock()
    house.clock.pass_(days=1)
    back = await promoter.rollback(PLANNER, ADA, via="cli")
    assert isinstance(back, Question)
    assert back.title == f"Go back to version 1 of {PLANNER}?"
    await asker.answer(back.id, "approve", AARON, via="cli")
    async with house.ledger.read() as tx:
        used = await tx.models.in_production(PLANNER)
        then = await tx.models.in_production(PLANNER, as_of=moment)
        moves = [(one.version, one.stage.value, one.approved_by) for one in await tx.models.moves(PLANNER)]
    assert (used.version, then.version) == (1, 2)
    assert moves[-2:] == [(2, "production", "carla"), (1, "production", "aaron")]


async def test_an_answer_about_a_version_that_was_overtaken_does_nothing(
    house: House, promoter: Promoter, asker: Asker
):
    second = await registered(promoter)
    third = await registered(promoter, PlannerSettings(max_step_share=Decimal("0.5")))
    asked = await promoter.propose(PLANNER, second, ADA, via="cli")
    assert isinstance(asked, Question)
    # The same question, asked again of another version, is shown anew; its answer is about that one.
    again = await promoter.propose(PLANNER, third, ADA, via="cli")
    assert isinstance(again, Question)
    assert again.id == asked.id
    await asker.answer(asked.id, "approve", AARON, via="cli")
    assert (await planner(house))[1] == {f"model:{PLANNER}": str(third)}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("nothing", "{}", "'nothing' are no settings of ours; there are drift_thresholds, planner_settings."),
        ("kpis", "kpis: []", "'kpis' are no settings of ours"),
        (PLANNER, '{"max_step_share": 2}', "max_step_share: Input should be less than or equal to 1"),
        (PLANNER, '{"max_steps": 2}', "max_steps: Extra inputs are not permitted"),
        (DRIFT, "no json", "the text: Invalid JSON"),
    ],
)
async def test_settings_that_cannot_be_worked_with_are_refused(promoter: Promoter, name, content, words):
    refused = await promoter.register(name, content, ADA, about="", via="cli")
    assert isinstance(refused, Declined)
    assert words in refused.words


async def test_equal_settings_are_one_version_however_they_are_written(promoter: Promoter):
    version = await registered(promoter)
    compact = await promoter.register(PLANNER, json.dumps(BOLD.model_dump(mode="json")), ADA, about="", via="cli")
    assert isinstance(compact, Registered)
    assert (compact.model.version, compact.new) == (version, False)


async def test_definitions_come_with_the_release_and_cannot_be_promoted_by_hand(house: House, promoter: Promoter):
    async with house.ledger.write() as tx:
        await tx.models.register(
            "kpis", "kpis: other", kind=ArtefactKind.DEFINITIONS, owner="x", by="release", now=house.clock()
        )
    refused = await promoter.propose("kpis", 2, ADA, via="cli")
    assert isinstance(refused, Declined)
    assert "comes with the release" in refused.words


async def test_only_who_may_change_rules_may_ask(promoter: Promoter):
    version = await registered(promoter)
    refused = await promoter.propose(PLANNER, version, OLIVIA, via="cli")
    assert isinstance(refused, Declined)
    assert refused.cause is Cause.NOT_ALLOWED


async def test_who_may_not_change_rules_registers_nothing(house: House, promoter: Promoter):
    refused = await promoter.register(PLANNER, BOLD.model_dump_json(), OLIVIA, about="", via="cli")
    assert isinstance(refused, Declined)
    assert refused.cause is Cause.NOT_ALLOWED
    async with house.ledger.read() as tx:
        assert len(await tx.models.versions(PLANNER)) == 1


@pytest.mark.parametrize(
    ("name", "version", "cause"),
    [(PLANNER, 9, Cause.UNKNOWN), ("nothing", 1, Cause.UNKNOWN), (PLANNER, 1, Cause.REPEATED)],
)
async def test_what_is_not_there_or_used_already_cannot_be_asked_for(promoter: Promoter, name, version, cause):
    refused = await promoter.propose(name, version, ADA, via="cli")
    assert isinstance(refused, Declined)
    assert refused.cause is cause


async def test_a_version_that_somebody_would_rather_not_have_changes_nothing(
    house: House, promoter: Promoter, asker: Asker
):
    question = await promoter.propose(PLANNER, await registered(promoter), ADA, via="cli")
    assert isinstance(question, Question)
    left = await asker.answer(question.id, "refuse", ADA, via="cli")
    assert isinstance(left, Answered)
    assert left.words == f"{PLANNER} stays as it is."
    assert (await planner(house))[0] == PlannerSettings()


async def test_an_answer_after_another_version_came_into_use_asks_for_a_new_question(
    house: House, promoter: Promoter, asker: Asker
):
    second = await registered(promoter)
    third = await registered(promoter, PlannerSettings(max_step_share=Decimal("0.5")))
    question = await promoter.propose(PLANNER, second, ADA, via="cli")
    assert isinstance(question, Question)
    async with house.ledger.write() as tx:
        await tx.models.move(
            StageEvent(name=PLANNER, version=third, stage=Stage.PRODUCTION, at=house.clock(), by="person:ada")
        )
    refused = await asker.answer(question.id, "approve", AARON, via="cli")
    assert isinstance(refused, Declined)
    assert refused.words == f"{PLANNER} has moved on meanwhile: ask again."
    assert (await planner(house))[1] == {f"model:{PLANNER}": str(third)}


async def test_new_settings_of_a_release_are_registered_and_those_of_people_stay_in_use(
    house: House, promoter: Promoter, asker: Asker
):
    other = [replace(one, content="{}") if one.name == PLANNER else one for one in shipped(roster())]
    newer = Promoter(house.ledger, house.rulebook, asker, shipped=other, clock=house.clock)
    async with house.ledger.write() as tx:
        await newer.take_in(tx)
        versions = await tx.models.versions(PLANNER)
    assert [one.version for one in versions] == [1, 2]
    assert await planner(house) == (PlannerSettings(), {f"model:{PLANNER}": "1"})
    assert (await house.actions(versions[-1].id))[-1] == "model.registered"


async def suggested(house: House, promoter: Promoter, settings: PlannerSettings, by: str) -> Question | Declined:
    async with house.ledger.write() as tx:
        return await promoter.suggest(tx, PLANNER, settings.model_dump_json(), by=by, about="from results", via="cli")


async def test_what_results_suggest_is_asked_of_people_and_of_somebody_else_than_who_had_it_reckoned(
    house: House, promoter: Promoter, asker: Asker
):
    question = await suggested(house, promoter, BOLD, "person:ada")
    assert isinstance(question, Question)
    assert question.lines[0].startswith("Ada Novak asks for it")
    assert isinstance(await asker.answer(question.id, "approve", ADA, via="cli"), Declined)
    assert isinstance(await asker.answer(question.id, "approve", AARON, via="cli"), Answered)
    assert (await planner(house))[0] == BOLD


async def test_the_same_suggestion_again_is_no_second_version_nor_question(house: House, promoter: Promoter):
    first = await suggested(house, promoter, BOLD, "agent:monitor")
    again = await suggested(house, promoter, BOLD, "agent:monitor")
    assert isinstance(first, Question)
    assert isinstance(again, Question)
    assert first.lines[0].startswith("monitor asks for it")
    assert (again.id, again.subject["version"]) == (first.id, first.subject["version"])


async def test_what_is_in_use_is_not_suggested(house: House, promoter: Promoter):
    declined = await suggested(house, promoter, PlannerSettings(), "agent:monitor")
    assert isinstance(declined, Declined)
    assert declined.cause is Cause.REPEATED


async def test_before_anything_is_in_use_nothing_is_suggested(house: House, asker: Asker):
    empty = Promoter(house.ledger, house.rulebook, asker, shipped=shipped(roster()), clock=house.clock)
    declined = await suggested(house, empty, BOLD, "agent:monitor")
    assert isinstance(declined, Declined)
    assert declined.cause is Cause.UNKNOWN

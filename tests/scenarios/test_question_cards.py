"""Questions that only people can answer: one live card each, answered once, by those who may."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from agents.lifecycle.questions.ask import Inquiry
from bot.slack.data_buttons import AnswerRef
from storage.ledger import Transaction
from storage.records.people import Person
from storage.records.questions import Option, Question, QuestionKind, QuestionState
from tests.fakes.member import Json
from tests.scenarios.team import CHANNEL, Team, all_words, controls

ACCEPT = Option(id="accept", label="They are one", style="primary")
REFUSE = Option(id="refuse", label="Keep them apart", style="danger", confirm="Nobody asks again.")


def an_inquiry(**changes: object) -> Inquiry:
    return Inquiry.model_validate(
        {
            "key": "merge:campaign:spring",
            "kind": QuestionKind.MERGE,
            "title": "Are “Spring Sale” and “spring-sale” one campaign?",
            "lines": ("Both run in Google Ads.",),
            "table": (("Name", "Source"), ("Spring Sale", "Google Ads"), ("spring-sale", "Klaviyo")),
            "options": (ACCEPT, REFUSE),
            "if_nobody_answers": "They stay two campaigns.",
            **changes,
        }
    )


async def ask(team: Team, **changes: object) -> Question:
    async with team.office.ledger.write() as tx:
        return await team.office.asker.ask(tx, an_inquiry(**changes))


async def question(team: Team, asked: Question) -> Question:
    found = await team.office.asker.get(asked.id)
    assert found is not None
    return found


def cards(team: Team, asked: Question) -> list[Json]:
    return [
        message
        for message in team.workspace.messages(CHANNEL)
        if any(block.get("block_id") == f"question.{asked.id}" for block in message.get("blocks", ()))
    ]


@pytest.fixture
async def settled(team: Team) -> list[str]:
    """Answers that were carried out."""
    return settled_by(team)


def settled_by(team: Team) -> list[str]:
    """The same of a team that was hired."""
    done: list[str] = []

    async def settle(_tx: Transaction, asked: Question, option: Option, person: Person) -> str:
        done.append(f"{asked.id} {option.id} {person.id}")
        return "They are one campaign now."

    team.office.asker.handle(QuestionKind.MERGE, settle)
    return done


async def test_a_question_becomes_one_card_and_the_first_answer_counts(team: Team, settled: list[str]) -> None:
    asked = await ask(team)
    card = await team.olivia.sees("spring-sale")
    for expected in ("Both run in Google Ads", "They stay two campaigns", asked.id):
        assert expected in all_words(card)

    await team.olivia.click(card, "They are one")

    done = await team.aaron.sees("They are one campaign now.")
    assert done["ts"] == card["ts"]
    assert not {one for one in controls(done) if one.startswith("question.answer")}
    assert "Olivia" in all_words(done)
    assert settled == [f"{asked.id} accept olivia"]
    assert len(cards(team, asked)) == 1
    assert await team.actions_on(asked.id) == ["question.asked", "question.answered"]


async def test_a_viewer_and_a_stranger_may_look_but_not_answer(team: Team, settled: list[str]) -> None:
    asked = await ask(team)
    card = await team.victor.sees("spring-sale")

    await team.victor.click(card, "They are one")
    await team.people["U00STRANGER"].click(card, "They are one")

    await team.victor.sees(lambda message: message.get("ephemeral_to") == "U00VICTOR")
    await team.people["U00STRANGER"].sees("I do not know you yet")
    assert (await question(team, asked)).state is QuestionState.OPEN
    assert settled == []


async def test_the_second_of_two_answers_is_told_who_was_first(team: Team, settled: list[str]) -> None:
    asked = await ask(team)
    card = await team.olivia.sees("spring-sale")
    await team.olivia.click(card, "They are one")
    await team.olivia.sees("They are one campaign now.")

    old = {"block_id": f"question.{asked.id}.{asked.version}", "action_id": "question.answer.1"}
    value = AnswerRef(asked.id, asked.version, "refuse").encode()
    assert (await team.aaron.post("action", channel=CHANNEL, message_ts=card["ts"], type="button", value=value, **old))[
        "ok"
    ] is False, "the buttons are gone"
    assert len(settled) == 1


async def test_what_was_asked_anew_is_not_answered_by_a_click_on_the_old_card(
    hired: Callable[..., AbstractAsyncContextManager[Team]],
) -> None:
    async with hired(ack_seconds=3.0) as team:  # as long as Slack waits: one click finds nobody
        settled = settled_by(team)
        asked = await ask(team)
        card = await team.olivia.sees("spring-sale")
        await team.stop_bot()
        again = await ask(team, lines=("One of them runs in France.",))
        assert again.version > asked.version
        clicked = team.olivia.click(card, "They are one")
        assert (await clicked)["ok"] is False, "nobody is there"
        await team.start_bot()
        await team.olivia.sees("One of them runs in France.")

        payload = {
            "type": "block_actions",
            "user": {"id": "U00OLIVIA", "team_id": "T00COUNTER"},
            "team": {"id": "T00COUNTER"},
            "channel": {"id": CHANNEL},
            "container": {"channel_id": CHANNEL, "message_ts": card["ts"]},
            "actions": [
                {
                    "type": "button",
                    "action_id": "question.answer.0",
                    "block_id": "b",
                    "action_ts": "1.1",
                    "value": AnswerRef(asked.id, asked.version, "accept").encode(),
                }
            ],
        }
        await team.workspace.deliver_raw(payload)

        await team.olivia.sees("has changed since you saw it")
        assert settled == []


async def test_a_question_that_was_overtaken_says_so_and_takes_no_answer(team: Team, settled: list[str]) -> None:
    asked = await ask(team)
    await team.olivia.sees("spring-sale")
    async with team.office.ledger.write() as tx:
        await team.office.asker.withdraw(tx, asked.key, "Klaviyo was withdrawn.")

    card = await team.olivia.sees("Klaviyo was withdrawn.")

    assert "No longer asked" in all_words(card)
    assert not {one for one in controls(card) if one.startswith("question.answer")}
    assert settled == []


async def test_an_answer_from_the_command_line_shows_on_the_card(team: Team, settled: list[str]) -> None:
    asked = await ask(team)
    await team.olivia.sees("spring-sale")
    async with team.office.ledger.read() as tx:
        carla = await tx.people.get("carla")
    assert carla is not None

    await team.office.asker.answer(asked.id, "refuse", carla, via="cli")

    card = await team.olivia.sees("Keep them apart*")
    assert "Carla" in all_words(card)
    assert len(cards(team, asked)) == 1
    assert settled == [f"{asked.id} refuse carla"]


async def test_after_a_crash_between_posting_and_knowing_there_is_still_one_card(
    team: Team, settled: list[str]
) -> None:
    asked = await ask(team)
    await team.olivia.sees("spring-sale")
    async with team.office.ledger.write() as tx:
        card = await tx.cards.get(asked.id)
        await tx.cards.save(card.model_copy(update={"ts": None, "shown_version": 0}))

    await team.restart()
    team.office.asker.handle(QuestionKind.MERGE, _nothing)
    await team.workspace.wait_for(lambda: team.workspace.connections > 0)
    await team.olivia.click(cards(team, asked)[0], "They are one")

    await team.olivia.sees("Nothing was to be done.")
    assert len(cards(team, asked)) == 1
    assert settled == []


async def _nothing(_tx: Transaction, _asked: Question, _option: Option, _person: Person) -> str:
    return "Nothing was to be done."

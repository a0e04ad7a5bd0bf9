"""A question's card shows the facts and one button an answer, and says what came of it."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.buttons import ActionId
from bot.slack.cards.question_card import question_card, question_line
from bot.slack.data_buttons import AnswerRef
from storage.records.questions import Option, QuestionKind, QuestionState
from tests import builders as b
from tests.unit.bot.cards.data_builders import NOW, a_question
from tests.unit.bot.cards.hostile import names
from tests.unit.bot.cards.strictness import all_text, assert_harmless, assert_postable, elements_of

LONDON = ZoneInfo("Europe/London")


def card(**changes):
    message = question_card(a_question(**changes), zone=LONDON, people=b.PEOPLE)
    assert_postable(message)
    return message


def test_an_open_question_tells_the_facts_and_what_happens_if_nobody_answers():
    text = all_text(card().blocks)
    for expected in ("columns of google.csv have changed", "“Cost” is now “Spend”", "money", "stays unread", "Q-3"):
        assert expected in text


def test_every_answer_is_a_button_that_names_the_question_as_it_was_shown():
    controls = elements_of(card().blocks)
    refs = {name: AnswerRef.decode(one["value"]) for name, one in controls.items()}
    assert refs == {
        f"{ActionId.QUESTION_ANSWER}.0": AnswerRef("Q-3", 2, "accept"),
        f"{ActionId.QUESTION_ANSWER}.1": AnswerRef("Q-3", 2, "refuse"),
    }
    assert [one.get("style") for one in controls.values()] == ["primary", "danger"]
    assert "confirm" not in controls[f"{ActionId.QUESTION_ANSWER}.0"]
    assert controls[f"{ActionId.QUESTION_ANSWER}.1"]["confirm"]["text"]["text"] == "The file is thrown away."


def test_an_answered_question_says_who_answered_what_and_what_came_of_it_and_asks_no_more():
    message = card(
        state=QuestionState.ANSWERED, answered_by="olivia", answer="accept", answered_at=NOW, outcome="434 rows landed."
    )
    text = all_text(message.blocks)
    assert not elements_of(message.blocks)
    for expected in ("Take them as they are", "Olivia Reed", "434 rows landed"):
        assert expected in text
    assert "If nobody answers" not in text


def test_a_withdrawn_question_says_by_what_it_was_overtaken():
    message = card(state=QuestionState.WITHDRAWN, outcome="A newer export landed.")
    assert not elements_of(message.blocks)
    assert "No longer asked" in all_text(message.blocks)
    assert "A newer export landed." in all_text(message.blocks)


@pytest.mark.parametrize("state", list(QuestionState))
def test_the_card_desk_knows_it_again_in_every_state(state):
    assert any(block.get("block_id") == "question.Q-3" for block in card(state=state).blocks)


def test_a_simulated_question_says_so():
    assert "Simulated" in all_text(card(simulated=True).blocks)


def test_a_long_table_is_cut_and_says_by_how_much():
    table = (("Column", "Samples"), *((f"Column {n}", "x" * 60) for n in range(300)))
    message = card(table=table)
    assert "more rows" in all_text(message.blocks)


def test_a_ragged_table_is_filled_up():
    message = card(table=(("A", "B", "C"), ("1",), ("1", "2", "3", "4", "5", "6", "7")))
    (table,) = [block for block in message.blocks if block["type"] == "table"]
    assert {len(row) for row in table["rows"]} == {3}


@given(
    st.builds(
        a_question,
        kind=st.sampled_from(list(QuestionKind)),
        state=st.sampled_from(list(QuestionState)),
        title=names,
        lines=st.lists(names, max_size=14).map(tuple),
        table=st.lists(st.lists(names, min_size=1, max_size=8).map(tuple), max_size=6).map(tuple),
        options=st.lists(
            st.builds(
                Option,
                id=st.sampled_from(["accept", "keep-PLAN-3", "a.b:c"]),
                label=names,
                style=st.sampled_from(["", "primary", "danger", "loud"]),
                confirm=names,
            ),
            min_size=1,
            max_size=6,
        ).map(tuple),
        if_nobody_answers=names,
        outcome=names,
        answered_by=st.one_of(st.none(), names),
        answer=st.one_of(st.none(), names),
    )
)
def test_whatever_it_asks_slack_takes_it_and_nothing_in_it_is_markup(asked):
    assert_postable(question_card(asked, zone=LONDON, people=b.PEOPLE))
    assert_harmless(question_line(asked))

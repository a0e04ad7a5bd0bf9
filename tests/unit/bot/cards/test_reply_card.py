"""Answers that are more than one number: postable whatever names they hold, the answer first, questions as buttons."""

from hypothesis import given
from hypothesis import strategies as st

from agents.kpis.reply import Reply
from bot.slack.cards.reply_card import reply_card
from tests.fakes.member import words
from tests.unit.bot.cards import hostile
from tests.unit.bot.cards.strictness import assert_harmless, assert_postable
from tests.unit.bot.cards.test_hostile_data import few


def a_reply(**changes: object) -> Reply:
    told = {
        "kind": "why",
        "title": "Why CPA rose",
        "said": ("CPA rose by half.", "The newest days are provisional."),
        "points": ("Channel paid_search: dearer.",),
        "follow_ups": ("CPA by channel",),
        "sources": ("google_ads",),
        "simulated": True,
    }
    return Reply(**{**told, **changes})  # type: ignore[arg-type]


@few
@given(
    st.lists(hostile.names, min_size=1, max_size=20),
    st.sampled_from(["why", "changes", "target", "forecast", "refused"]),
)
def test_it_is_postable_and_harmless_whatever_the_names(names, kind):
    card = reply_card(
        a_reply(
            kind=kind,
            title=names[0],
            said=tuple(names[:3]),
            points=tuple(names),
            follow_ups=tuple(names[:4]),
            sources=tuple(names),
        )
    )
    assert_postable(card)
    assert_harmless(card.text)


def test_the_answer_stands_first_channels_are_words_and_what_is_simulated_says_so():
    card = reply_card(a_reply())
    text = "\n".join(words(list(card.blocks)))
    assert card.text == "CPA rose by half."
    assert text.index("CPA rose by half") < text.index("Channel paid search: dearer")
    assert "Simulated" in text
    assert "Google Ads" in text


def test_what_is_asked_back_comes_as_buttons():
    card = reply_card(a_reply(kind="clarify", clarify=("CPA by channel", "CPA by campaign"), follow_ups=()))
    assert [one["text"]["text"] for one in card.blocks[-1]["elements"]] == ["CPA by channel", "CPA by campaign"]

"""The rules in force as texts: shown exactly, whatever is written in them."""

from zoneinfo import ZoneInfo

import pytest

from bot.slack.cards.policy_texts import refused_texts, text_of_file, texts_in_force
from storage.records.policies import Edition, PolicyFile
from tests import builders as b
from tests.unit.bot.cards.hostile import FAVOURITES
from tests.unit.bot.cards.strictness import all_text, assert_postable

LONDON = ZoneInfo("Europe/London")


def shown(message):
    return [
        part["text"]
        for block in message.blocks
        if block["type"] == "rich_text"
        for element in block["elements"]
        for part in element["elements"]
    ]


@pytest.mark.parametrize("text", [*FAVOURITES, "\n".join(FAVOURITES), "```\n<!channel> *x*", "permit;\n" * 5000])
def test_any_text_can_be_shown(text):
    assert_postable(text_of_file(PolicyFile(name=text[:200] or "x", text=text)))
    assert_postable(refused_texts([text] * 30))


def test_a_text_is_shown_as_it_is():
    message = text_of_file(PolicyFile(name="caps.cedar", text='@id("a")\n  forbid (p) when { a < b && "`" };\n'))
    assert shown(message) == ['@id("a")\n  forbid (p) when { a < b && "`" };']
    assert message.text == "caps.cedar, 2 lines."


def test_what_does_not_fit_is_counted():
    message = text_of_file(PolicyFile(name="caps.cedar", text="forbid;\n" * 5000))
    assert "more lines: `countersign policy show` prints them all" in all_text(message.blocks)


def test_the_teams_own_files_are_marked():
    files = (PolicyFile(name="caps.cedar", text="x"), PolicyFile(name="limits.yml", text="y", own=True))
    edition = Edition(number=3, files=files, because="PLAN-15", at=b.NOW)
    message = texts_in_force(edition, zone=LONDON)
    assert_postable(message)
    text = all_text(message.blocks)
    assert "Rules in force: edition 3" in text
    assert "`limits.yml` · *your own* · 1 line" in text

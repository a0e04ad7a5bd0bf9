"""No answer says a figure that no KPI, policy or record produced, and the linter sees one that is made up."""

import re
from random import Random
from zoneinfo import ZoneInfo

import pytest

from agents.kpis.engine import KpiEngine
from agents.kpis.provenance import unsourced
from agents.kpis.reply import Reply
from agents.kpis.telling import number_told
from agents.kpis.understanding import KpiQuestion
from bot.office import Office
from bot.slack.cards.kpi_card import kpi_card
from bot.slack.cards.reply_card import reply_card
from tests.linter.shown import read_by_people
from tests.unit.agents.kpis.asked import KPIS, ask, cases
from tests.unit.agents.kpis.facts import NOW, InMemoryFacts
from tests.unit.agents.kpis.test_answers import FACTS

LONDON = ZoneInfo("Europe/London")
ASKED = (
    "roas last week",
    "spend by campaign last month",
    "ctr by day last week",
    "top 3 campaigns by cpa last month",
    "campaigns with spend above 1,000 last month",
    "spend by currency",
    "roas from 2020-01-01 to 2020-01-31",
    "why did cpa rise?",
    "why did spend for paid search change last month?",
    "what changed in the last 30 days?",
    "which campaigns are off target?",
    "is roas on target?",
    "are we on target this month?",
    "forecast spend next week",
    "forecast roas this month",
    "forecast clicks tomorrow",
    "what does ROAS mean?",
    "what is waiting for me?",
    "help",
    "how is roaz?",
    "sales last week",
)


@pytest.fixture(scope="module")
def replies() -> list[tuple[str, Reply]]:
    """Of every committed question for a number, in a world of made-up campaigns."""
    import asyncio

    engine = KpiEngine(InMemoryFacts(*FACTS, restatement_days=3), kpis=KPIS, clock=lambda: NOW)

    async def told() -> list[tuple[str, Reply]]:
        found = []
        for case in cases():
            question = ask(case.ask, after=case.after)
            if isinstance(question, KpiQuestion) and (question.beyond is None or question.beyond.currency != "EUR"):
                found.append((case.ask, await number_told(engine, question)))
        return found

    return asyncio.run(told())


def test_every_figure_of_every_committed_answer_is_sourced(replies: list[tuple[str, Reply]]) -> None:
    wrong = {question: found for question, reply in replies if (found := unsourced(reply.text, reply.basis))}
    assert wrong == {}
    assert len(replies) > 250


def test_every_figure_on_the_card_of_every_committed_answer_is_sourced(replies: list[tuple[str, Reply]]) -> None:
    wrong = {}
    for question, reply in replies:
        assert reply.answer is not None
        card = kpi_card(reply.answer, zone=LONDON, formula=KPIS[reply.answer.kpi].formula, follow_ups=reply.follow_ups)
        if found := unsourced(read_by_people(card), (*reply.basis, *_ALWAYS), zones=[LONDON]):
            wrong[question] = found
    assert wrong == {}


def test_a_figure_that_is_made_up_is_found(replies: list[tuple[str, Reply]]) -> None:
    """Figures of four digits and more, of which one digit is changed; smaller ones may be a day or a count by chance."""
    random, tried, found = Random(11), 0, 0
    for _, reply in replies:
        for match in re.finditer(r"(?<![\w.,])\d[\d,]*\.?\d+(?![\w])", reply.said[0]):
            if sum(char.isdigit() for char in match.group()) < 4 or re.fullmatch(r"20\d\d", match.group()):
                continue
            at = random.choice([at for at in range(*match.span()) if reply.said[0][at].isdigit()])
            digit = random.choice([one for one in "123456789" if one != reply.said[0][at]])
            forged = reply.said[0][:at] + digit + reply.said[0][at + 1 :]
            tried += 1
            found += bool(unsourced(forged, reply.basis))
    assert tried > 300
    assert found / tried > 0.97


async def test_reasons_changes_targets_and_forecasts_of_a_market_are_sourced(office: Office) -> None:
    await office.look()
    await office.advance(5)
    wrong = {}
    for question in ASKED:
        reply = await office.responder.reply(question)
        card = reply_card(reply)
        if found := unsourced(
            f"{reply.text}\n{read_by_people(card)}", (*reply.basis, reply.follow_ups, reply.clarify, reply.sources)
        ):
            wrong[question] = (found, reply.text)
    assert wrong == {}


_ALWAYS = ("95 % interval",)
"""The level of the intervals, which agents.kpis.intervals computes."""

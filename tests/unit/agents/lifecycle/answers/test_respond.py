"""No answer is given with a figure that is in no record."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast

import pytest

from agents.kpis.query import KpiQuery
from agents.kpis.reply import Reply
from agents.kpis.understanding import HelpQuestion, WhyQuestion
from agents.kpis.windows import Window
from agents.lifecycle.answers.account import Accountant
from agents.lifecycle.answers.respond import Responder
from bot.metrics import Scrape
from bot.office import Office

MARCH = Window(first=date(2026, 3, 1), last=date(2026, 3, 31), words="March 2026")


@dataclass
class SaysSo:
    """An accountant with one answer to everything."""

    reply: Reply

    async def why(self, question: WhyQuestion) -> Reply:
        return self.reply


def responder(office: Office, reply: Reply) -> Responder:
    nobody: Any = None
    return Responder(
        office.ledger, office.kpis, accountant=cast(Accountant, SaysSo(reply)), historian=nobody, router=office.router
    )


@pytest.mark.parametrize(
    ("basis", "kind"), [((Decimal("4711.23"),), "why"), ((), "refused"), ((Decimal("4711.24"),), "refused")]
)
async def test_an_answer_with_a_figure_that_no_record_holds_is_not_given(
    office: Office, basis: tuple[object, ...], kind: str
) -> None:
    made = Reply(kind="why", title="Why", said=("CPA rose by 4,711.23.",), basis=basis)
    asked = responder(office, made)
    reply = await asked.answer(WhyQuestion(KpiQuery(kpi="cpa", window=MARCH)))
    assert reply.kind == kind
    assert ("4,711" in reply.text) == (kind == "why")
    assert asked.unsourced == (kind == "refused")


async def test_what_was_not_given_is_counted_and_what_gives_no_figures_is_not_looked_at(office: Office) -> None:
    reply = await office.responder.answer(HelpQuestion(kpi="cpm"))
    assert reply.kind == "help"
    assert "countersign_answers_unsourced_total 0.0" in (await Scrape(office).text()).decode()

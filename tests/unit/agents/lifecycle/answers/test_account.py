"""Why a KPI moved, asked of days that have hardly begun."""

from datetime import date, timedelta

from agents.kpis.definitions import load_kpis
from agents.kpis.engine import KpiEngine
from agents.kpis.provenance import unsourced
from agents.kpis.understanding import WhyQuestion
from agents.lifecycle.answers.account import Accountant
from bot.office import Office
from tests.unit.agents.kpis.facts import InMemoryFacts, row

SUNDAY = date(2026, 3, 8)


def facts() -> InMemoryFacts:
    """Three weeks to a Sunday, of which the newest was dearer."""
    days = (SUNDAY - timedelta(days=back) for back in range(21))
    return InMemoryFacts(
        *(row(day=day, spend_micros=(20 if day > date(2026, 3, 1) else 10) * 1_000_000, clicks=10) for day in days)
    )


async def test_a_week_that_has_only_just_begun_is_explained_by_the_days_before_it(office: Office) -> None:
    engine = KpiEngine(facts(), kpis=load_kpis(), clock=office.clock)
    accountant = Accountant(engine=engine, ledger=office.ledger, answers=office.answers)
    question = await engine.understood("why did cpc rise this week?")
    assert isinstance(question, WhyQuestion)
    reply = await accountant.why(question)
    assert reply.said[0] == "This week has no complete day yet: these are the days before it."
    assert "rose by 100.0%" in reply.said[1]
    assert "2–8 March 2026" in reply.said[1]
    assert not unsourced(reply.text, reply.basis)
    earlier = await engine.understood("why did cpc rise last week?")
    assert isinstance(earlier, WhyQuestion)
    assert "complete day" not in (await accountant.why(earlier)).text

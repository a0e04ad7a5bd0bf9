"""The engine: which world it reads, as of when, and how far."""

from datetime import UTC, datetime, timedelta

import pytest

from agents.kpis.definitions import UnknownKpi, load_kpis
from agents.kpis.engine import KpiEngine
from agents.kpis.query import BadKpiQuery, KpiQuery
from agents.kpis.question import KpiQuestion, parse_question
from agents.kpis.windows import Window
from tests.unit.agents.kpis.facts import MONDAY, NOW, InMemoryFacts, row

KPIS = load_kpis()
DAY = timedelta(days=1)
WEEK = Window(first=MONDAY, last=MONDAY + 6 * DAY, words="last week")
SPEND = KpiQuery(kpi="spend", window=WEEK)


def engine_over(*rows, **reader) -> KpiEngine:
    return KpiEngine(InMemoryFacts(*rows, **reader), kpis=KPIS, clock=lambda: NOW)


def spent(units: int, **values):
    return row(spend_micros=units * 1_000_000, **values)


async def test_real_data_wins_over_simulated_data_and_is_never_summed_with_it():
    rows = (spent(7), spent(100, simulated=True))
    answer = await engine_over(*rows).ask(SPEND)
    assert (answer.value, answer.simulated) == (7, False)


async def test_without_real_data_the_simulated_world_answers():
    answer = await engine_over(spent(100, simulated=True)).ask(SPEND)
    assert (answer.value, answer.simulated) == (100, True)


async def test_real_data_of_other_days_still_keeps_the_simulated_world_out():
    rows = (spent(7, day=MONDAY - 100 * DAY), spent(100, simulated=True))
    answer = await engine_over(*rows).ask(SPEND)
    assert (answer.no_data, answer.simulated) == (True, False)


@pytest.mark.parametrize(("forced", "value"), [(True, 100), (False, 7)])
async def test_a_query_may_force_its_world(forced, value):
    rows = (spent(7), spent(100, simulated=True))
    answer = await engine_over(*rows).ask(SPEND.model_copy(update={"simulated": forced}))
    assert (answer.value, answer.simulated) == (value, forced)


async def test_an_earlier_moment_is_answered_with_what_was_known_then():
    earlier, later = datetime(2026, 3, 9, tzinfo=UTC), datetime(2026, 3, 10, tzinfo=UTC)
    engine = engine_over(spent(7, known_at=earlier), spent(1, campaign_id="c2", known_at=later))
    then = await engine.ask(SPEND.model_copy(update={"as_of": earlier}))
    assert (then.value, then.as_of) == (7, earlier)
    now = await engine.ask(SPEND)
    assert (now.value, now.as_of) == (8, NOW)


async def test_the_days_to_compare_with_are_read_too():
    answer = await engine_over(spent(7), spent(5, day=MONDAY - DAY)).ask(SPEND)
    assert (answer.value, answer.previous) == (7, 5)
    january = Window(first=MONDAY - 60 * DAY, last=MONDAY - 54 * DAY, words="then")
    later = spent(1, day=WEEK.last)
    answer = await engine_over(spent(7), later, spent(3, day=MONDAY - 58 * DAY)).ask(
        SPEND.model_copy(update={"compare": january})
    )
    assert (answer.value, answer.previous, answer.previous_first) == (8, 3, january.first)


async def test_unknown_names_are_refused():
    engine = engine_over(spent(1))
    with pytest.raises(UnknownKpi, match="no KPI is called 'profit'"):
        await engine.ask(SPEND.model_copy(update={"kpi": "profit"}))
    with pytest.raises(BadKpiQuery, match="cannot filter by 'country'"):
        await engine.ask(SPEND.model_copy(update={"where": {"country": "UK"}}))
    with pytest.raises(BadKpiQuery, match="cannot split by 'country'"):
        await engine.ask(SPEND.model_copy(update={"by": "country"}))


async def test_the_data_day_is_the_day_after_the_newest_complete_one():
    assert await engine_over(spent(1, day=MONDAY)).data_day() == MONDAY + DAY
    assert await engine_over(spent(1, simulated=True)).data_day() == MONDAY + DAY
    assert await engine_over().data_day() is None


async def test_the_vocabulary_is_what_the_data_knows():
    rows = (
        spent(1),
        spent(1, channel="store", campaign="", currency="EUR"),
        spent(1, day=MONDAY - 900 * DAY, channel="old"),
    )
    words = await engine_over(*rows).vocabulary()
    assert (words.channels, words.campaigns, words.currencies, words.sources) == (
        ("paid_search",),
        ("Brand",),
        ("EUR", "GBP"),
        ("sandbox",),
    )
    assert (await engine_over().vocabulary()).channels == ()


async def test_a_question_in_words_is_answered_end_to_end():
    rows = [row(day=MONDAY + at * DAY, spend_micros=2_000_000, revenue_micros=(5 + at) * 1_000_000) for at in range(9)]
    engine = engine_over(*rows, restatement_days=3)
    question = parse_question(
        "How is ROAS this week for paid search?", vocabulary=await engine.vocabulary(), today=await engine.data_day()
    )
    assert isinstance(question, KpiQuestion)
    answer = await engine.ask(question.query)
    assert (answer.value, answer.previous, answer.provisional) == (25 / 4, 21 / 4, True)

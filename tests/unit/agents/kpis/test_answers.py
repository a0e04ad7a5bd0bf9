"""Answers to the committed questions: every number is the engine's, and the engine's is that of plain sums."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from agents.kpis.engine import KpiEngine
from agents.kpis.provenance import unsourced
from agents.kpis.query import KpiQuery
from agents.kpis.reply import Reply, as_document
from agents.kpis.telling import number_told, targets_told
from agents.kpis.understanding import KpiQuestion, TargetQuestion
from storage.records.kpis import KpiAnswer
from tests.unit.agents.kpis.asked import KPIS, TODAY, WORDS, Case, ask, cases, expected_query
from tests.unit.agents.kpis.facts import NOW, InMemoryFacts, row

FIRST = date(2025, 1, 1)
_BEGUN = TODAY.isoformat()
"""A period that begins today has no complete day, and is answered by the days before it."""
NUMBERS = [case for case in cases() if case.reading["is"] == "number" and case.reading.get("from") != _BEGUN]
PLAIN = {
    "spend": ("spend_micros", None, 1),
    "clicks": ("clicks", None, 1),
    "impressions": ("impressions", None, 1),
    "conversions": ("conversions_milli", None, 1),
    "revenue": ("revenue_micros", None, 1),
    "roas": ("revenue_micros", "spend_micros", 1),
    "cpc": ("spend_micros", "clicks", 1),
    "cpa": ("spend_micros", "conversions_milli", 1),
    "cvr": ("conversions_milli", "clicks", 100),
    "ctr": ("clicks", "impressions", 100),
    "cpm": ("spend_micros", "impressions", 1000),
}
"""KPI → what is summed, what it is divided by, times."""
SCALE = {"spend_micros": 1_000_000, "revenue_micros": 1_000_000, "conversions_milli": 1_000}


def _facts() -> Iterator[dict[str, Any]]:
    """Ten campaigns on four channels, every day since January of the year before; a fixed scramble stands for noise."""
    days = (date(2026, 3, 10) - FIRST).days + 1
    for place, campaign in enumerate(WORDS.campaigns):
        for day in range(days):
            noise = ((day * len(WORDS.campaigns) + place) * 2654435761) % 1_000_003
            yield row(
                campaign=campaign,
                campaign_id=f"c{place}",
                channel=WORDS.channels[place % 4],
                source=("google_ads", "sandbox")[place % 2],
                day=FIRST + timedelta(days=day),
                spend_micros=noise * 97 + 10_000,
                budget_micros=60_000_000,
                impressions=500 + noise % 9_000,
                clicks=5 + noise % 400,
                conversions_milli=noise % 20_000,
                leads_milli=noise % 7_000,
                sessions=noise % 300,
                revenue_micros=noise * 211,
            )


FACTS = list(_facts())


@pytest.fixture(scope="module")
def engine() -> KpiEngine:
    return KpiEngine(InMemoryFacts(*FACTS), kpis=KPIS, clock=lambda: NOW)


@pytest.mark.parametrize("case", NUMBERS, ids=[f"{case.after} › {case.ask}" for case in NUMBERS])
async def test_the_numbers_of_an_answer_are_the_engines(case: Case, engine: KpiEngine):
    reply = await answer_to(case, engine)
    expected = await engine.ask(expected_query(case.reading))
    rows = [one.value for one in kept(expected, case.reading.get("beyond"))]

    both = [one for one in (expected.value, expected.previous) if one is not None and not expected.no_data]
    assert [one.value for one in reply.numbers] == [*both, *rows]
    assert all(one.source and one.unit == expected.unit for one in reply.numbers)


@pytest.mark.parametrize(
    "case", [one for one in NUMBERS if one.reading["kpi"] in PLAIN], ids=lambda case: f"{case.after} › {case.ask}"
)
async def test_the_engines_numbers_are_those_of_plain_sums(case: Case, engine: KpiEngine):
    query = expected_query(case.reading)
    reply = await answer_to(case, engine)
    found = None if reply.answer is None else reply.answer.value

    expected = plain(query)

    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert abs(Fraction(found) - expected) <= Fraction(1, 10**8) * max(1, abs(expected))


async def test_targets_are_judged_by_the_engines_numbers(engine: KpiEngine):
    question = ask("which campaigns are off target?")
    assert isinstance(question, TargetQuestion)
    reply = await targets_told(engine, question)
    expected = await engine.ask(KpiQuery(kpi="budget_adherence", window=question.window, by="campaign"))

    assert sorted(one.value or 0 for one in reply.numbers) == sorted(one.value or 0 for one in expected.rows)
    off = [one for one in expected.rows if abs((one.value or Decimal(0)) - 100) > 5]
    assert reply.said[0].startswith(f"{len(off)} of 10 off target by campaign")


async def test_a_kpi_without_a_target_is_said_to_have_none(engine: KpiEngine):
    question = ask("is roas on target?")
    assert isinstance(question, TargetQuestion)
    reply = await targets_told(engine, question)
    assert "ROAS has no target" in reply.text


async def test_the_document_has_a_line_or_bars_and_plain_numbers(engine: KpiEngine):
    question = ask("roas by channel last week")
    assert isinstance(question, KpiQuestion)
    document = as_document(await number_told(engine, question))
    assert document["chart"]["kind"] == "bars"
    assert {point["label"] for point in document["chart"]["points"]} == set(WORDS.channels)
    assert {one["where"].get("channel") for one in document["numbers"]} == {None, *WORDS.channels}
    day = ask("roas last week")
    assert isinstance(day, KpiQuestion)
    assert as_document(await number_told(engine, day))["chart"]["kind"] == "line"


async def test_targets_of_a_week_that_has_only_just_begun_are_those_of_the_days_before_it():
    facts = [one for one in FACTS if one["day"] <= date(2026, 3, 8)]
    engine = KpiEngine(InMemoryFacts(*facts), kpis=KPIS, clock=lambda: NOW)
    question = await engine.understood("are we on target this week?")
    assert isinstance(question, TargetQuestion)
    reply = await targets_told(engine, question)
    assert reply.said[0] == "This week has no complete day yet: these are the days before it."
    assert reply.said[1].endswith("off target over 2–8 March 2026.")
    assert {(one.first, one.last) for one in reply.numbers} == {(date(2026, 3, 2), date(2026, 3, 8))}
    assert not unsourced(reply.text, reply.basis)


async def answer_to(case: Case, engine: KpiEngine) -> Reply:
    question = ask(case.ask, after=case.after)
    assert isinstance(question, KpiQuestion)
    if question.beyond is not None and question.beyond.currency == "EUR":
        pytest.skip("the amounts of this world are pounds, and are refused in another currency")
    return await number_told(engine, question)


def kept(answer: KpiAnswer, beyond: dict[str, Any] | None) -> list[Any]:
    if beyond is None:
        return list(answer.rows)
    amount, up, equal = Decimal(beyond["amount"]), beyond["side"] == "above", beyond.get("inclusive", False)
    return [
        one
        for one in answer.rows
        if one.value is not None
        and ((equal and one.value == amount) or (one.value > amount if up else one.value < amount))
    ]


def plain(query: KpiQuery) -> Fraction | None:
    """The KPI by adding up rows one by one."""
    top, bottom, times = PLAIN[query.kpi]
    last = min(query.window.last, TODAY - timedelta(days=1))
    sums = {name: Fraction(0) for name in (top, bottom) if name}
    found = False
    for one in FACTS:
        if not query.window.first <= one["day"] <= last or any(one[key] != held for key, held in query.where.items()):
            continue
        found = True
        for name in sums:
            sums[name] += Fraction(one[name], SCALE.get(name, 1))
    if not found or (bottom is not None and not sums[bottom]):
        return None
    return sums[top] * times / (sums[bottom] if bottom else 1)


@pytest.mark.parametrize(("asked", "days", "said"), [("spend today", 1, "Today"), ("spend this week", 7, "This week")])
async def test_a_period_that_has_only_just_begun_is_answered_by_the_days_before_it(asked: str, days: int, said: str):
    facts = [one for one in FACTS if one["day"] <= date(2026, 3, 8)]  # a Sunday: the week has no complete day
    engine = KpiEngine(InMemoryFacts(*facts), kpis=KPIS, clock=lambda: NOW)
    question = await engine.understood(asked)
    assert isinstance(question, KpiQuestion)
    answer = (await number_told(engine, question)).answer
    assert answer is not None
    assert (answer.last, (answer.last - answer.first).days + 1) == (date(2026, 3, 8), days)
    assert answer.notes[0] == f"{said} has no complete day yet: these are the days before it."
    assert not answer.no_data

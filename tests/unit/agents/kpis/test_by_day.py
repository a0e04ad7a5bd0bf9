"""The days that monitors follow are those of answers, whole, of sources that go on telling, and in one currency."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from agents.kpis.by_day import ByDay, Daily, by_day, needs_facts
from agents.kpis.concentration import concentrated
from agents.kpis.definitions import Kpi, load_kpis
from agents.kpis.objects import Objects
from agents.kpis.query import KpiQuery
from agents.kpis.tally import tally
from agents.kpis.windows import Window
from tests.unit.agents.kpis.facts import facts, row
from tests.unit.agents.kpis.world import Rows, business, money

FIRST = datetime(2026, 1, 5, 10, tzinfo=UTC)
DAYS = 60
LAST = date(2026, 3, 4)
"""The day before the newest of 60 from 5 January on: the newest may not be over."""
KPIS = load_kpis()


def leads(**more: Any) -> Rows:
    """Day by day 0 to 4, half of them social."""
    told = [(day, number) for day in range(DAYS) for number in range(day % 5 if day < DAYS - 1 else 1)]
    return [
        {
            "id": f"{day}-{number}{more.get('source', '')}",
            "email": f"{day}-{number}{more.get('source', '')}",
            "created_at": FIRST + timedelta(days=day, hours=number),
            "origin": "social" if number % 2 else "search",
            **more,
        }
        for day, number in told
    ]


def orders(currency: str = "GBP") -> Rows:
    return [
        {
            "id": f"{currency}{day}",
            "customer": f"c{day}",
            "ordered_at": FIRST + timedelta(days=day),
            "status": "partly_refunded" if day % 9 == 0 else "paid",
            "currency": currency,
            "gross_micros": money(20 + day),
            "refunded_micros": money(5) if day % 9 == 0 else None,
            "updated_at": FIRST + timedelta(days=day + 1),
        }
        for day in range(DAYS)
    ]


def followed(objects: Objects, *kpis: Kpi, told: dict[str, datetime] | None = None) -> ByDay:
    return by_day(objects, kpis, told=told or {}, today=None)


def one_of(found: ByDay, name: str) -> Daily:
    (one,) = [each for each in found.series if each.name == name]
    return one


@pytest.mark.parametrize("name", ["new_leads", "store_orders", "store_revenue", "aov"])
def test_every_day_is_what_an_answer_about_it_says(name: str):
    bought = orders()
    objects = business({"lead": leads(), "order": bought}, ours={}, versions=bought)
    kpi = KPIS[name]
    one = one_of(followed(objects, kpi), f"{name}/GBP" if kpi.formulas[0].money else name)
    assert one.last == LAST + timedelta(days=1 if name != "new_leads" else 0)
    for back in range(20):
        day = one.last - timedelta(days=back)
        query = KpiQuery(kpi=name, window=Window(first=day, last=day, words=""))
        said = tally(objects, kpi, kpi.formulas[0], query, as_of=FIRST).value
        at = len(one.numerator) - 1 - back
        made, of = one.numerator[at], one.denominator[at]
        assert made / of == pytest.approx(float(said or 0)), day


def test_a_source_that_fell_silent_weeks_ago_or_came_lately_is_left_out():
    old = [each for each in leads(source="old") if each["created_at"] < FIRST + timedelta(days=40)]
    new = [each for each in leads(source="new") if each["created_at"] > FIRST + timedelta(days=30)]
    objects = business({"lead": [*leads(), *old, *new]}, ours={}, versions=[])
    found = followed(objects, KPIS["new_leads"])
    assert found.sources["lead"] == ("hubspot",)
    assert one_of(found, "new_leads").numerator[-3:].tolist() == [1.0, 2.0, 3.0]


def test_a_source_that_was_read_to_its_end_has_told_of_days_on_which_nothing_came():
    objects = business({"lead": leads()}, ours={}, versions=[])
    read = {"hubspot": FIRST + timedelta(days=DAYS + 3)}
    one = one_of(followed(objects, KPIS["new_leads"], told=read), "new_leads")
    assert (one.last, one.numerator[-3:].tolist()) == (LAST + timedelta(days=4), [0.0, 0.0, 0.0])


def test_money_of_several_currencies_is_followed_apart():
    bought = [*orders(), *orders("EUR")]
    found = followed(business({"order": bought}, ours={}, versions=bought), KPIS["aov"])
    assert [one.unit for one in found.series] == ["EUR/order", "GBP/order"]


def test_a_weekday_without_anything_is_left_out():
    rows = [each for each in leads() if each["created_at"].weekday() < 5]
    objects = business({"lead": rows}, ours={}, versions=[])
    one = one_of(followed(objects, KPIS["new_leads"]), "new_leads")
    assert one.idle == (5, 6)
    weekdays = np.array([(one.last - timedelta(days=back)).weekday() for back in range(len(one.denominator))])[::-1]
    assert (one.denominator == (weekdays < 5)).all()


def test_a_figure_that_settles_late_is_followed_to_the_day_that_has_settled():
    kpi = KPIS["new_leads"].model_copy(update={"settles_in_days": 5})
    objects = business({"lead": leads()}, ours={}, versions=[])
    assert one_of(followed(objects, kpi), "new_leads").last == LAST - timedelta(days=5)


def test_daily_facts_are_followed_by_definitions_that_ask_for_it_and_stand_in_for_nothing():
    told = [row(day=LAST - timedelta(days=back), sessions=100 + back, store_revenue_micros=1) for back in range(50)]
    sessions = KPIS["sessions"].model_copy(update={"watch": True})
    assert needs_facts([sessions])
    assert not needs_facts([KPIS["store_revenue"]])
    objects = Objects(tables={}, facts=facts(*told))
    found = followed(objects, sessions, KPIS["store_revenue"], KPIS["aov"])
    assert [(one.name, one.last, one.numerator[-1]) for one in found.series] == [("sessions", LAST, 100.0)]


def test_where_most_of_a_fall_comes_from_is_found():
    rows = [each for each in leads() if each["origin"] != "social" or each["created_at"] < FIRST + timedelta(days=55)]
    found = followed(business({"lead": rows}, ours={}, versions=[]), KPIS["new_leads"])
    one = one_of(found, "new_leads")
    member = concentrated(found, one, first=one.last - timedelta(days=2), last=one.last)
    assert member is not None
    assert (member.by, member.member, member.observed) == ("origin", "social", 0.0)
    assert member.share >= 0.7
    assert (
        concentrated(found, one, first=FIRST.date() + timedelta(days=40), last=FIRST.date() + timedelta(days=41))
        is None
    )

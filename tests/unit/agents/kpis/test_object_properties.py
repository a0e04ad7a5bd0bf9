"""What holds of every KPI over business objects, whatever the rows: splits add up, order is nothing, ratios are sums."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.governance.calendar import sandbox_calendar
from agents.kpis.definitions import load_kpis
from agents.kpis.intervals import per_count, wilson
from agents.kpis.opening import open_time
from agents.kpis.parts import DAYS
from agents.kpis.quantiles import quantile
from agents.kpis.query import KpiQuery
from agents.kpis.tally import tally
from storage.records.kpis import KpiAnswer
from tests.unit.agents.kpis.facts import NOW
from tests.unit.agents.kpis.world import AGENCY, DATA, OURS, WEEK, business

KPIS = {name: kpi for name, kpi in load_kpis().items() if kpi.parts}
SUMS = [
    name
    for name, kpi in KPIS.items()
    if all(
        (part := kpi.parts.get(one)) is None or (part.how == "sum" or part.column == "rows")
        for one in kpi.formulas[0].measures
    )
    and DAYS not in kpi.formulas[0].measures
    and not kpi.formulas[0].times
]
SPLITS = [(name, by) for name in SUMS for by in KPIS[name].dimensions if by != "currency"]
moments = st.datetimes(datetime(2026, 2, 20), datetime(2026, 4, 10), timezones=st.just(UTC))
times = st.lists(st.integers(0, 10_000), max_size=12)
halves = st.sampled_from([Decimal("0.5"), Decimal("0.9")])


def answer(name: str, objects=None, **query) -> KpiAnswer:
    kpi = KPIS[name]
    asked = KpiQuery(kpi=name, window=WEEK, **query)
    return tally(objects or business(costs=[AGENCY]), kpi, kpi.formulas[0], asked, as_of=NOW)


@pytest.mark.parametrize(("name", "by"), SPLITS)
def test_the_parts_of_a_split_add_up_and_are_divided_once(name, by):
    whole, rows = answer(name), answer(name, by=by).rows
    assert sum(row.numerator or 0 for row in rows) == whole.numerator
    if whole.denominator is None:
        assert sum(row.value or 0 for row in rows) == whole.value
        return
    assert sum(row.denominator or 0 for row in rows) == whole.denominator
    factor = KPIS[name].formulas[0].factor
    assert whole.value is not None
    assert abs(whole.value - (whole.numerator or 0) * factor / whole.denominator) < Decimal("1e-9")


def test_no_ratio_is_an_average_of_ratios():
    """One team with one case of one, another with one of three: half of all, not two thirds."""
    tickets = [
        {"id": str(at), "opened_at": datetime(2026, 3, 3, 10, tzinfo=UTC), "state": "open", "assignee": who, "escalated": up}
        for at, (who, up) in enumerate([("a", True), ("b", True), ("b", False), ("b", False)])
    ]  # fmt: skip
    objects = business({"ticket": tickets}, ours={})
    rows = answer("escalation_rate", objects, by="owner").rows
    assert {row.label: row.value for row in rows} == {"a": 100, "b": Decimal("33.3333333333")}
    assert answer("escalation_rate", objects).value == 50


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_is_nothing(shuffler: random.Random):
    shuffled = business(
        {name: shuffler.sample(rows, len(rows)) for name, rows in DATA.items()},
        ours={name: shuffler.sample(rows, len(rows)) for name, rows in OURS.items()},
        costs=[AGENCY],
    )
    plain = business(costs=[AGENCY])
    for name, kpi in KPIS.items():
        by = next(iter(kpi.dimensions), None)
        assert answer(name, shuffled, by=by) == answer(name, plain, by=by), name


@given(times, times, halves)
def test_a_quantile_lies_among_its_times_and_open_ones_never_shorten_it(ended, going, share):
    plain, kept = quantile(ended, [], share), quantile(ended, going, share)
    assert (plain.count, kept.count, kept.open) == (len(ended), len(ended) + len(going), len(going))
    if plain.value is not None:
        assert min(ended) <= plain.value <= max(ended)
        # Whatever is open for longer than everything that ended can only lengthen.
        longer = [max(ended) + 1 + one for one in going]
        later = quantile(ended, longer, share).value
        assert later is None or later >= plain.value
    if kept.value is None and kept.count:
        assert kept.low == max([*ended, *going])


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=15))
def test_a_median_of_what_has_ended_is_the_plain_one(ended):
    ordered = sorted(ended)
    middle = len(ordered) // 2
    plain = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) // 2
    assert quantile(ended, [], Decimal("0.5")).value == plain


def test_kaplan_and_meier_by_hand():
    # 6 at risk at 1, 5 at 2, one cut at 3, 3 at risk at 4: 5/6 × 4/5 × 2/3 = 4/9.
    assert quantile([1, 2, 4, 9], [3, 8], Decimal("0.5")).value == 4
    assert quantile([1, 2, 4, 9], [3, 8], Decimal("0.9")).value == 9
    assert quantile([1, 2], [3, 8], Decimal("0.9")).value is None


@given(st.integers(0, 400), st.integers(1, 400))
def test_wilsons_interval_holds_the_share(part, more):
    whole = part + more
    found = wilson(Decimal(part), Decimal(whole), times=Decimal(100))
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    share = Fraction(100 * part, whole)
    assert 0 <= found.low <= share + Fraction(1, 1000)
    assert share - Fraction(1, 1000) <= found.high <= 100


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(0, 10, "0", "27.7533"), (10, 10, "72.2467", "100"), (5, 10, "23.6593", "76.3407"), (1, 100, "0.1767", "5.4486")],
)
def test_wilsons_interval_by_the_book(part, whole, low, high):
    found = wilson(Decimal(part), Decimal(whole), times=Decimal(100))
    assert found is not None
    assert (found.low, found.high) == (Decimal(low), Decimal(high))


@pytest.mark.parametrize(("part", "whole"), [(11, 10), (0, 0), (-1, 10)])
def test_more_than_all_is_no_share(part, whole):
    assert wilson(Decimal(part), Decimal(whole), times=Decimal(1)) is None


def test_what_few_cost_each_has_a_wide_interval():
    found = per_count(Decimal(100), Decimal(10), times=Decimal(1))
    assert found is not None
    # A count of 10 may be 4.79 to 18.39.
    assert (found.low, found.high) == (Decimal("5.4373"), Decimal("20.8879"))
    assert per_count(Decimal(100), Decimal(0), times=Decimal(1)) is None


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(moments, moments), min_size=1, max_size=8))
def test_business_time_is_that_of_the_calendar(pairs):
    calendar = sandbox_calendar()
    first, last = (pl.Series(column, dtype=pl.Datetime("us", "UTC")) for column in zip(*pairs, strict=True))
    taken = open_time(first, last, calendar.hours_between).to_list()
    assert [one // 60_000_000 for one in taken] == [calendar.minutes_between(*pair) for pair in pairs]


@given(st.lists(moments, min_size=3, max_size=3))
def test_business_time_adds_up(some):
    ordered = sorted(some)
    hours = sandbox_calendar().hours_between
    steps = [*pairwise(ordered), (ordered[0], ordered[2])]
    first, last = (pl.Series(column, dtype=pl.Datetime("us", "UTC")) for column in zip(*steps, strict=True))
    one, two, both = open_time(first, last, hours).to_list()
    assert one + two == both
    assert both <= (ordered[2] - ordered[0]) // timedelta(microseconds=1)

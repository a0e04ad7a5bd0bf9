"""The engine against an independent, slow recomputation in fractions; parts against the whole; and its speed."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from time import process_time

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.kpis.definitions import load_kpis
from agents.kpis.measure import measure
from agents.kpis.query import FACT_DIMENSIONS, FactSlice, KpiQuery
from agents.kpis.windows import Window
from storage.lake.facts import FACTS
from tests.unit.agents.kpis.facts import MONDAY, NOW, facts, row

KPIS = {name: kpi for name, kpi in load_kpis().items() if any(one.of_facts for one in kpi.formulas)}
OF_FACTS = sorted(name for name, kpi in KPIS.items() if kpi.of_facts)
DAY = timedelta(days=1)
WINDOW = Window(first=MONDAY, last=MONDAY + 8 * DAY, words="")
SCALES = {"spend": 10**6, "revenue": 10**6, "impressions": 1, "clicks": 1, "conversions": 10**3, "leads": 10**3}
COLUMNS = {
    "spend": "spend_micros",
    "revenue": "revenue_micros",
    "conversions": "conversions_milli",
    "leads": "leads_milli",
}
# KPI → numerator, denominator, factor; written down here again on purpose.
TRUTH = {
    "spend": ("spend", None, 1),
    "revenue": ("revenue", None, 1),
    "clicks": ("clicks", None, 1),
    "ctr": ("clicks", "impressions", 100),
    "cvr": ("conversions", "clicks", 100),
    "cpc": ("spend", "clicks", 1),
    "cpm": ("spend", "impressions", 1000),
    "cpa": ("spend", "conversions", 1),
    "cpl": ("spend", "leads", 1),
    "roas": ("revenue", "spend", 1),
}

amounts = st.integers(0, 10**13)
rows = st.builds(
    row,
    day=st.integers(-2, 10).map(lambda at: MONDAY + at * DAY),
    channel=st.sampled_from(["email", "paid_search", "paid_social"]),
    source=st.sampled_from(["sandbox", "meta"]),
    account=st.sampled_from(["a", "b"]),
    campaign_id=st.sampled_from(["1", "2", "3"]),
    campaign=st.sampled_from(["Brand", "Sale", "<b>&"]),
    spend_micros=amounts,
    revenue_micros=amounts,
    impressions=amounts,
    clicks=st.one_of(st.just(0), amounts),
    conversions_milli=st.one_of(st.just(0), amounts),
    leads_milli=amounts,
)


def ask(slice_: FactSlice, kpi: str, **query):
    return measure(slice_, KPIS[kpi], KpiQuery(kpi=kpi, window=WINDOW, **query), as_of=NOW)


@given(st.lists(rows, max_size=25), st.sampled_from(sorted(TRUTH)))
@settings(max_examples=60, deadline=None)
def test_the_answer_is_what_fractions_give(some, kpi):
    answer = ask(facts(*some), kpi)
    top, bottom, factor = TRUTH[kpi]
    counted = [one for one in some if WINDOW.first <= one["day"] <= WINDOW.last]

    def total(measure_name: str) -> Fraction:
        column = COLUMNS.get(measure_name, measure_name)
        return sum((Fraction(one[column], SCALES[measure_name]) for one in counted), Fraction(0))

    assert answer.no_data is (not counted)
    if not counted:
        assert answer.value is None
        return
    assert Fraction(answer.numerator) == total(top)
    if bottom is None:
        assert Fraction(answer.value) == total(top) * factor
    elif total(bottom) == 0:
        assert answer.value is None
    else:
        assert abs(Fraction(answer.value) - total(top) * factor / total(bottom)) <= Fraction(1, 2 * 10**10)


@given(st.lists(rows, min_size=1, max_size=25), st.sampled_from(OF_FACTS), st.sampled_from(FACT_DIMENSIONS))
@settings(max_examples=80, deadline=None)
def test_the_parts_of_any_dimension_add_up_to_the_whole(some, kpi, by):
    answer = ask(facts(*some), kpi, by=by)
    parts = [(line.numerator or Decimal(0), line.denominator or Decimal(0)) for line in answer.rows]
    assert sum(top for top, _ in parts) == (answer.numerator or 0)
    assert sum(bottom for _, bottom in parts) == (answer.denominator or 0)


@given(st.lists(rows, max_size=25), st.sampled_from(sorted(TRUTH)), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_rows_changes_nothing(some, kpi, random):
    shuffled = list(some)
    random.shuffle(shuffled)
    assert ask(facts(*some), kpi, by="channel") == ask(facts(*shuffled), kpi, by="channel")


@given(st.lists(rows, min_size=1, max_size=20), st.sampled_from(["channel", "campaign", "account", "source"]))
@settings(max_examples=40, deadline=None)
def test_asking_for_one_member_gives_its_row(some, by):
    together = ask(facts(*some), "roas", by=by)
    if by == "campaign":
        names = defaultdict(set)
        for one in some:
            names[one["campaign"]].add((one["source"], one["account"], one["channel"], one["campaign_id"]))
        if any(len(ids) > 1 for ids in names.values()) or len({one["campaign_id"] for one in some}) < len(names):
            return
    for line in together.rows:
        alone = ask(facts(*some), "roas", where={by: line.label})
        assert (alone.numerator, alone.denominator) == (line.numerator, line.denominator)


@given(st.integers(0, 40), st.integers(0, 40))
def test_provisional_means_that_the_newest_day_of_the_window_can_still_change(age, restated):
    slice_ = facts(row(clicks=1, day=WINDOW.last), newest_day=WINDOW.last + age * DAY, restatement_days=restated)
    assert ask(slice_, "clicks").provisional is (age < restated)


@pytest.mark.parametrize(("kpi", "by"), [("roas", "channel"), ("budget_adherence", "campaign")])
def test_a_million_rows_are_answered_within_a_second(kpi, by):
    count = 1_000_000
    index = pl.int_range(count, eager=True)
    frame = pl.DataFrame(
        {
            "source": pl.repeat("sandbox", count, eager=True),
            "simulated": pl.repeat(False, count, eager=True),
            "account": pl.repeat("main", count, eager=True),
            "channel": "channel " + (index % 4).cast(pl.String),
            "campaign_id": "c" + (index % 2_000).cast(pl.String),
            "campaign": "Campaign " + (index % 2_000).cast(pl.String),
            "grain": pl.repeat("campaign", count, eager=True),
            "day": pl.select(pl.lit(MONDAY - 400 * DAY) + pl.duration(days=index // 2_000 % 409)).to_series(),
            "currency": pl.repeat("GBP", count, eager=True),
            "spend_micros": index * 1_000,
            "budget_micros": index * 1_100,
            "revenue_micros": index * 3_000,
        }
    ).with_columns(last_day="day", flags=pl.lit(""))
    whole = frame.with_columns(
        pl.lit(None, dtype=FACTS[name]).alias(name) for name in FACTS.names() if name not in frame.columns
    )
    slice_ = facts()
    slice_ = FactSlice(
        frame=whole.select(FACTS.names()),
        sources=(),
        newest_day=slice_.newest_day,
        restatement_days=3,
        zone="UTC",
        simulated=False,
    )
    window = Window(first=MONDAY - 200 * DAY, last=MONDAY + 8 * DAY, words="")
    query = KpiQuery(kpi=kpi, window=window, by=by)
    measure(slice_, KPIS[kpi], query, as_of=NOW)
    seconds = min(_timed(lambda: measure(slice_, KPIS[kpi], query, as_of=NOW)) for _ in range(3))
    assert seconds < 1


def _timed(work) -> float:
    start = process_time()
    assert work().numerator
    return process_time() - start

"""What moved a KPI: parts that add up to the whole movement, for sums and for quotients."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from agents.kpis.aim import aimed
from agents.kpis.contribution import contributions
from agents.kpis.definitions import load_kpis
from storage.records.kpis import KpiAnswer, KpiRow
from tests import builders as b

KPIS = load_kpis()
NAMES = st.sampled_from(["email", "paid_search", "paid_social", "website"])
CENTS = st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100)
COUNTS = st.integers(1, 10**6).map(Decimal)


def split(rows: dict[str, tuple[Decimal, Decimal | None]], *, factor: int = 1) -> KpiAnswer:
    """An answer by channel; its value is what its rows come to."""
    top = sum((one for one, _ in rows.values()), Decimal(0))
    bottom = None if any(one is None for _, one in rows.values()) else sum(one for _, one in rows.values() if one)
    return b.a_kpi_answer(
        value=top * factor if bottom is None else top / bottom * factor,
        numerator=top,
        denominator=bottom,
        by="channel",
        rows=tuple(
            KpiRow(label=name, value=one if two is None else one / two * factor, numerator=one, denominator=two)
            for name, (one, two) in rows.items()
        ),
    )


RATIOS = st.dictionaries(NAMES, st.tuples(CENTS, COUNTS), min_size=1)
SUMS = st.dictionaries(NAMES, st.tuples(CENTS, st.none()), min_size=1)


@given(st.one_of(st.tuples(RATIOS, RATIOS), st.tuples(SUMS, SUMS)), st.sampled_from([1, 100]))
def test_parts_add_up_to_the_movement(rows, factor):
    now, before = (split(one, factor=factor) for one in rows)
    found = contributions(now, before, factor=Decimal(factor))
    assert now.value is not None
    assert before.value is not None
    assert abs(sum(one.part for one in found) - (now.value - before.value)) < Decimal("0.0001")
    assert {one.label for one in found} == {*rows[0], *rows[1]}


def test_a_member_that_stays_as_it_is_moves_the_whole_where_it_becomes_a_larger_part_of_it():
    before = split({"email": (Decimal(10), Decimal(10)), "website": (Decimal(40), Decimal(10))})
    now = split({"email": (Decimal(10), Decimal(10)), "website": (Decimal(160), Decimal(40))})
    found = {one.label: one.part for one in contributions(now, before, factor=Decimal(1))}
    assert found == {"website": Decimal("0.45"), "email": Decimal("0.45")}, (
        "one grew above the mean, one shrank below it"
    )


def test_amounts_in_two_currencies_have_no_common_movement():
    now = split({"email": (Decimal(1), None)})
    before = now.model_copy(update={"currency": "EUR"})
    assert contributions(now, before, factor=Decimal(1)) == ()


def test_few_cases_are_not_called_off_target():
    kpi = KPIS["cpa"].model_copy(update={"target": Decimal(20)})
    rows = {
        "email": (Decimal(100), Decimal(4)),  # 25 from 4 conversions: may well be 20
        "website": (Decimal(25_000), Decimal(1_000)),
        "paid_search": (Decimal(15), Decimal(1)),
    }
    found = {one.label: one.verdict for one in aimed(split(rows), kpi)}
    assert found == {"email": "unsure", "website": "off", "paid_search": "on"}

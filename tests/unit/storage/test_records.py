"""Facts are frozen, and their digest changes if and only if they do."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from storage.records.alerts import Severity
from storage.records.money import CurrencyMismatch, Money
from storage.records.people import Person, Role
from storage.records.plans import (
    Change,
    Evidence,
    ExitCriterion,
    Forecast,
    Plan,
    PlanKind,
    Resource,
    raised_per_day,
)
from storage.records.record import Record, canonical_json, digest_of
from tests.builders import NOW, a_change, a_forecast, a_plan, pounds

MONEY = st.builds(Money, minor=st.integers(-(10**12), 10**12), currency=st.sampled_from(["GBP", "EUR", "JPY"]))
TEXT = st.text(max_size=12)
DECIMAL = st.decimals(-(10**6), 10**6, places=4)
MOMENT = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(timezone.utc))  # noqa: UP017
DAY = st.dates(date(2000, 1, 1), date(2100, 1, 1))
RESOURCE = st.builds(Resource, channel=TEXT, id=TEXT, name=TEXT)
CHANGE = st.builds(
    Change, id=TEXT, resource=RESOURCE, field=TEXT, before=MONEY | TEXT, after=MONEY | TEXT, unit=TEXT,
    expected_version=TEXT,
)  # fmt: skip


@st.composite
def forecasts(draw) -> Forecast:
    low, middle, high = sorted(draw(st.lists(DECIMAL, min_size=3, max_size=3)))
    first = draw(DAY)
    return Forecast(
        kpi=draw(TEXT), unit=draw(TEXT), first=first, last=first + timedelta(days=draw(st.integers(0, 30))),
        baseline=draw(DECIMAL), low=low, middle=middle, high=high,
    )  # fmt: skip


TEXTS = st.lists(TEXT, max_size=3).map(tuple)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "id": st.integers(1, 10**6).map(lambda number: f"PLAN-{number}"),
    "revision": st.integers(1, 50),
    "kind": st.sampled_from(PlanKind),
    "title": TEXT,
    "why": TEXTS,
    "agent": TEXT,
    "agent_version": TEXT,
    "requested_by": st.none() | TEXT,
    "changes": st.lists(CHANGE, min_size=1, max_size=3).map(tuple),
    "forecasts": st.lists(forecasts(), max_size=2).map(tuple),
    "kpis": TEXTS,
    "slas": TEXTS,
    "exit_criteria": st.lists(
        st.builds(
            ExitCriterion, kpi=TEXT, unit=TEXT, side=st.sampled_from(["below", "above"]), threshold=DECIMAL,
            after_days=st.integers(1, 30),
        ), max_size=2,
    ).map(tuple),
    "depends_on": TEXTS,
    "evidence": st.lists(st.builds(Evidence, id=TEXT, label=TEXT), max_size=2).map(tuple),
    "money_at_risk": MONEY,
    "irreversible": TEXTS,
    "created_at": MOMENT,
    "expires_at": MOMENT,
    "data_day": DAY,
    "data_known_at": st.none() | MOMENT,
    "simulated": st.booleans(),
    "restores": st.none() | TEXT,
    "versions": st.dictionaries(TEXT, TEXT, max_size=3),
}  # fmt: skip
PLANS = st.builds(Plan, **FIELDS)


def test_the_strategies_cover_every_field_of_a_plan():
    assert set(FIELDS) == set(Plan.model_fields)


@settings(max_examples=40, deadline=None)
@given(plan=PLANS)
def test_a_plan_that_was_stored_and_read_has_the_same_digest(plan: Plan):
    again = Plan.model_validate_json(plan.model_dump_json())
    assert again == plan
    assert again.digest == plan.digest


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_any_changed_field_changes_the_digest_and_no_other_does(name: str):
    @settings(max_examples=25, deadline=None)
    @given(plan=PLANS, value=FIELDS[name])
    def check(plan: Plan, value: Any) -> None:
        changed = plan.model_copy(update={name: value})
        assert (changed.digest == plan.digest) == (changed == plan)

    check()


@settings(max_examples=60, deadline=None)
@given(one=PLANS, two=PLANS)
def test_equal_digests_mean_equal_plans(one: Plan, two: Plan):
    assert (one.digest == two.digest) == (one == two)


@settings(max_examples=40, deadline=None)
@given(plan=PLANS, hours=st.integers(-12, 14), zeros=st.integers(0, 5))
def test_the_way_a_plan_is_written_does_not_matter(plan: Plan, hours: int, zeros: int):
    """Other time zones, trailing zeros, exponents, the order of keys: the same plan."""
    zone = timezone(timedelta(hours=hours))
    written = plan.model_dump()
    written["created_at"] = plan.created_at.astimezone(zone)
    written["expires_at"] = plan.expires_at.astimezone(zone).isoformat()
    written["versions"] = dict(reversed(plan.versions.items()))
    written["forecasts"] = [
        forecast.model_dump() | {name: padded(getattr(forecast, name), zeros) for name in ("baseline", "low", "high")}
        for forecast in plan.forecasts
    ]
    again = Plan.model_validate(dict(reversed(written.items())))
    assert again == plan
    assert again.digest == plan.digest


def padded(value: Decimal, zeros: int) -> Decimal:
    """The same number with more digits."""
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    return Decimal((sign, digits + (0,) * zeros, exponent - zeros))


@given(DECIMAL, st.integers(0, 6))
def test_equal_decimals_have_one_form(value: Decimal, zeros: int):
    assert canonical_json(value) == canonical_json(padded(value, zeros))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (Decimal(1), 1),
        (Decimal(1), "1"),
        (1, "1"),
        (True, "True"),
        (None, "None"),
        (date(2025, 1, 1), "2025-01-01"),
        (NOW, NOW.isoformat()),
        (["a", "b"], ["ab"]),
        (["a"], "a"),
        ({"a": "b"}, [["a", "b"]]),
        ("é", "e\u0301"),
        ((), None),
    ],
)
def test_different_facts_that_look_alike_have_different_forms(one: Any, two: Any):
    assert canonical_json(one) != canonical_json(two)


@pytest.mark.parametrize("value", [0.1, 1.0, float("nan"), [1, 0.5], {"a": {"b": 2.5}}, b"bytes", {1, 2}, object()])
def test_what_has_no_single_form_is_refused(value: Any):
    with pytest.raises(TypeError, match="has no canonical form"):
        canonical_json(value)


@pytest.mark.parametrize(
    ("value", "form"), [(Decimal("-0.00"), "0"), (Decimal("1E+3"), "1000"), (Decimal("1.50"), "1.5")]
)
def test_decimals_are_written_plainly(value: Decimal, form: str):
    assert canonical_json(value) == f'{{"decimal":"{form}"}}'


def test_an_enum_is_its_value_and_keys_are_sorted():
    class Colour(Enum):
        RED = "red"

    assert canonical_json({"b": Colour.RED, "a": [True, None]}) == '{"a":[true,null],"b":"red"}'
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})


def test_a_record_cannot_be_changed_and_takes_no_unknown_field():
    plan = a_plan()
    with pytest.raises(ValidationError):
        plan.title = "other"
    with pytest.raises(ValidationError):
        a_plan(colour="red")


def test_a_copy_has_a_digest_of_its_own():
    plan = a_plan()
    first = plan.digest
    assert plan.model_copy(update={"title": "other"}).digest != first
    assert plan.digest == first


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "PLAN-0"},
        {"id": "plan-1"},
        {"revision": 0},
        {"changes": ()},
        {"created_at": datetime(2025, 6, 3)},
        {"money_at_risk": {"minor": 1, "currency": "gbp"}},
    ],
)
def test_a_plan_that_cannot_be_is_refused(wrong: dict[str, Any]):
    with pytest.raises(ValidationError):
        a_plan(**wrong)


@pytest.mark.parametrize(
    "wrong", [{"low": Decimal(9**9)}, {"high": Decimal(0)}, {"last": date(2020, 1, 1)}, {"low": Decimal("NaN")}]
)
def test_a_forecast_is_an_ordered_range_over_ordered_days(wrong: dict[str, Any]):
    with pytest.raises(ValidationError):
        a_forecast(**wrong)


def test_resources_of_a_plan_are_named_once_and_sorted():
    plan = a_plan(changes=(a_change(id="c2"), a_change(id="c1")))
    assert plan.resource_keys == ("paid_search/campaign/c-101",)


def test_raises_are_not_set_against_cuts():
    changes = (a_change(before=pounds(100), after=pounds(130)), a_change(before=pounds(100), after=pounds(40)))
    assert raised_per_day(changes, "GBP") == pounds(30)


@pytest.mark.parametrize("zone", ["Mars/Olympus", ""])
def test_a_person_lives_in_a_zone_that_exists(zone: str):
    with pytest.raises((ValidationError, ValueError, KeyError)):
        Person(id="a", name="A", roles=frozenset({Role.VIEWER}), zone=zone)


def test_whoever_is_inactive_has_no_role():
    person = Person(id="a", name="A", roles=frozenset({Role.CMO}))
    assert person.has(Role.CMO, Role.VIEWER)
    assert not person.model_copy(update={"active": False}).has(Role.CMO)


@given(MONEY, MONEY, MONEY)
def test_money_of_one_currency_adds_exactly(one: Money, two: Money, three: Money):
    two, three = (each.model_copy(update={"currency": one.currency}) for each in (two, three))
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)
    assert one - two == one + -two
    assert one * 3 == one + one + one
    assert (one <= two) == (one.minor <= two.minor)


@given(MONEY, MONEY)
def test_money_of_two_currencies_is_never_combined(one: Money, two: Money):
    assume(one.currency != two.currency)
    for combine in (Money.__add__, Money.__sub__, Money.__lt__, Money.__le__):
        with pytest.raises(CurrencyMismatch):
            combine(one, two)


@given(MONEY)
def test_money_survives_the_way_through_units_and_micros(money: Money):
    assert Money.of(money.amount, money.currency) == money
    assert Money.of_micros(money.micros, money.currency) == money


@pytest.mark.parametrize(
    ("amount", "currency", "minor", "words"),
    [
        ("1234.5", "GBP", 123450, "£1,234.50"),
        ("-3", "GBP", -300, "−£3.00"),
        ("12", "CHF", 1200, "CHF 12.00"),
        ("1500", "JPY", 1500, "¥1,500"),
        ("1.2345", "KWD", 1234, "KWD 1.234"),
        ("0.125", "USD", 12, "$0.12"),
        ("0.135", "USD", 14, "$0.14"),
    ],
)
def test_money_knows_its_minor_unit_and_rounds_half_to_even(amount: str, currency: str, minor: int, words: str):
    money = Money.of(amount, currency)
    assert (money.minor, str(money)) == (minor, words)


def test_money_is_never_a_float():
    with pytest.raises(ValidationError):
        Money(minor=1.5, currency="GBP")


def test_every_record_is_closed_and_frozen():
    import storage.records.alerts
    import storage.records.dossiers
    import storage.records.kpis  # noqa: F401 - imported so that the walk below sees them

    def family(kind: type) -> set[type]:
        return {kind}.union(*(family(child) for child in kind.__subclasses__()))

    records = [kind for kind in family(Record) if kind.__module__.startswith("storage.records")]
    assert len(records) > 20
    for kind in records:
        assert kind.model_config["frozen"] is True
        assert kind.model_config["extra"] == "forbid"


def test_severities_are_ranked_as_they_are_bad():
    assert sorted(Severity, key=lambda one: one.rank) == [Severity.NOTE, Severity.WARNING, Severity.CRITICAL]

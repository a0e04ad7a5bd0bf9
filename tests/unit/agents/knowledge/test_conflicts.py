"""Conflicts between intents: each kind, who goes first, and that what is left fits together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.knowledge.conflicts import Conflict, ConflictKind, Intent, Quiet, find_conflicts, held

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
WEEK = timedelta(days=7)


def intent(number: int, **changes) -> Intent:
    base = {
        "id": f"PLAN-{number}", "first": START, "last": START + WEEK, "filed_at": START + timedelta(minutes=number)
    }  # fmt: skip
    return Intent(**{**base, **changes})


def kinds(conflicts) -> list[tuple[ConflictKind, str, str]]:
    return [(one.kind, one.winner, one.loser) for one in conflicts]


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        (ConflictKind.BUDGET, {"budgets": ("pot",)}, {"budgets": ("other", "pot")}),
        (ConflictKind.AUDIENCE, {"audiences": ("a",)}, {"audiences": ("a",)}),
        (ConflictKind.PRICE, {"prices": (("boot", 1),)}, {"prices": (("boot", -1),)}),
        (ConflictKind.BIDS, {"bids": (("lamp@uk", "c1"),)}, {"bids": (("lamp@uk", "c2"),)}),
        (ConflictKind.BIDS, {"bids": (("lamp@uk", "c1"),)}, {"joins": (("lamp@uk", "c2"),)}),
        (ConflictKind.CONTACT, {"contacts": (("a", 3),)}, {"contacts": (("a", 2),)}),
    ],
)
def test_the_later_of_two_that_want_the_same_loses(kind, first, second):
    found = find_conflicts([intent(2, **second), intent(1, **first)])
    assert kinds(found) == [(kind, "PLAN-1", "PLAN-2")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"prices": (("boot", 1),)}, {"prices": (("boot", 1),)}),
        ({"bids": (("lamp@uk", "c1"),)}, {"bids": (("lamp@uk", "c1"),)}),
        ({"bids": (("lamp@uk", "c1"),)}, {"bids": (("lamp@fr", "c2"),)}),
        ({"contacts": (("a", 2),)}, {"contacts": (("a", 2),)}),
        ({"audiences": ("a",)}, {"audiences": ("b",)}),
        ({"budgets": ("pot",)}, {"budgets": ("pot",), "first": START + WEEK, "last": START + 2 * WEEK}),
    ],
)
def test_what_goes_together_is_no_conflict(first, second):
    assert find_conflicts([intent(1, **first), intent(2, **second)]) == ()


def test_a_conflict_says_when_and_how_much():
    (found,) = find_conflicts(
        [
            intent(1, contacts=(("a", 3),), last=START + timedelta(days=3)),
            intent(2, contacts=(("a", 2),), first=START + timedelta(days=1)),
        ]
    )
    assert found == Conflict(
        ConflictKind.CONTACT, "a", "PLAN-1", "PLAN-2",
        START + timedelta(days=1), START + timedelta(days=3), wanted=5, allowed=4,
    )  # fmt: skip


def test_many_small_mailings_add_up_to_too_many():
    crowd = [intent(number, contacts=(("a", 1),)) for number in range(1, 6)]
    assert {one.loser for one in find_conflicts(crowd)} == {"PLAN-5"}
    assert find_conflicts(crowd, most_contacts=lambda _: 5) == ()


def test_a_blackout_names_itself():
    quiet = [Quiet("Black Friday", START + timedelta(days=2), START + timedelta(days=3), "channel:email")]
    mail, search = intent(1, places=("channel:email",)), intent(2, places=("channel:paid_search",))
    assert kinds(find_conflicts([mail, search], quiet=quiet)) == [(ConflictKind.BLACKOUT, "Black Friday", "PLAN-1")]


def test_what_runs_already_never_loses_and_is_met_only_by_what_begins_to_run():
    brand = intent(9, id="brand", standing=True, runs=(("lamp@uk", "brand"),), contacts=(("a", 4),))
    other = intent(8, id="other", standing=True, runs=(("lamp@uk", "other"),), contacts=(("a", 4),))
    assert find_conflicts([brand, other]) == ()
    assert find_conflicts([brand, other, intent(1, bids=(("lamp@uk", "brand"),))]) == ()
    joined = find_conflicts([brand, other, intent(1, joins=(("lamp@uk", "third"),))])
    assert {one.winner for one in joined} == {"brand", "other"}
    assert [one.wanted for one in find_conflicts([brand, other, intent(1, contacts=(("a", 1),))])] == [9, 9]


def test_rank_goes_before_the_hour_of_filing():
    early, late = intent(1, audiences=("a",), rank=1), intent(2, audiences=("a",), rank=0)
    assert kinds(find_conflicts([early, late])) == [(ConflictKind.AUDIENCE, "PLAN-2", "PLAN-1")]


def test_a_loser_stands_in_nobodys_way():
    """PLAN-2 loses to PLAN-1 and so leaves its other audience to PLAN-3."""
    found = find_conflicts([intent(1, audiences=("a",)), intent(2, audiences=("a", "b")), intent(3, audiences=("b",))])
    assert list(held(found)) == ["PLAN-2"]


names = st.sampled_from(["x", "y", "z"])


@st.composite
def intents(draw) -> Intent:
    first = START + timedelta(hours=draw(st.integers(0, 40)))
    return Intent(
        id="",
        first=first,
        last=first + timedelta(hours=draw(st.integers(1, 30))),
        filed_at=START + timedelta(minutes=draw(st.integers(0, 3))),
        rank=draw(st.integers(0, 1)),
        standing=draw(st.booleans()) and draw(st.booleans()),
        budgets=tuple(draw(st.sets(names, max_size=2))),
        audiences=tuple(draw(st.sets(names, max_size=1))),
        prices=tuple(draw(st.sets(st.tuples(names, st.sampled_from([1, -1])), max_size=1))),
        bids=tuple(draw(st.sets(st.tuples(names, names), max_size=1))),
        joins=tuple(draw(st.sets(st.tuples(names, names), max_size=1))),
        runs=tuple(draw(st.sets(st.tuples(names, names), max_size=1))),
    )


crowds = st.lists(intents(), max_size=12).map(
    lambda drawn: [replace(one, id=f"PLAN-{number}") for number, one in enumerate(drawn)]
)


def clash(one: Intent, other: Intent) -> bool:
    """By the definition, pair by pair; `one` is already accepted."""
    if one.first >= other.last or other.first >= one.last:
        return False
    wants = lambda each: [*each.bids, *each.joins]  # noqa: E731
    apart = lambda these, those: any(a == b and x != y for a, x in these for b, y in those)  # noqa: E731
    return bool(
        set(one.budgets) & set(other.budgets)
        or set(one.audiences) & set(other.audiences)
        or apart(one.prices, other.prices)
        or apart(wants(one), wants(other))
        or apart(one.runs, other.joins)
    )


@given(crowds)
def test_whoever_is_left_fits_together_and_whoever_lost_did_so_to_one_that_is_left(crowd):
    found = find_conflicts(crowd)
    lost = held(found)
    left = {one.id: one for one in crowd if one.id not in lost}
    assert not any(
        clash(one, other)
        for one, other in combinations(left.values(), 2)
        if not (one.standing and other.standing)
        for one, other in ([(one, other)] if precedes(one, other) else [(other, one)])
    )
    by_id = {one.id: one for one in crowd}
    for loser, conflicts in lost.items():
        for conflict in conflicts:
            assert conflict.winner in left
            assert clash(left[conflict.winner], by_id[loser])
            assert precedes(left[conflict.winner], by_id[loser])


def precedes(one: Intent, other: Intent) -> bool:
    return (not one.standing, one.rank, one.filed_at, one.id) < (
        not other.standing,
        other.rank,
        other.filed_at,
        other.id,
    )


@given(crowds, st.randoms())
def test_the_order_in_which_they_are_given_does_not_matter(crowd, random):
    shuffled = list(crowd)
    random.shuffle(shuffled)
    assert find_conflicts(shuffled) == find_conflicts(crowd)

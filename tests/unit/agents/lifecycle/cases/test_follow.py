"""What follows in a review is a function of what stands beside it: it comes to rest, and never leaves the table."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.lifecycle.cases.follow import Around, followed, opened
from agents.lifecycle.walk import FOLLOWS, WrongWay, step
from storage.records.alerts import Alert, AlertState, Certainty, LearntKind, Severity
from storage.records.reviews import Diagnosis, Remedy, ReviewState, Taken
from tests.builders import NOW
from tests.unit.agents.lifecycle.examining import SEEN, a_finding
from tests.unit.agents.lifecycle.house import RULES


def an_alert(**changes) -> Alert:
    defaults = {
        "id": "ALERT-1", "finding": a_finding(), "state": AlertState.OPEN, "version": 1, "opened_on": SEEN,
        "opened_at": NOW, "times_seen": 1, "updated_at": NOW,
    }  # fmt: skip
    return Alert(**{**defaults, **changes})


states = st.sampled_from(AlertState)
alerts = st.builds(
    lambda state, severity, who, days, learnt: an_alert(
        finding=a_finding(severity=severity, seen_on=SEEN + timedelta(days=days)),
        state=state,
        acknowledged_by=who,
        assigned_to=who,
        snoozed_until=NOW + timedelta(days=days) if state is AlertState.SNOOZED else None,
        learnt=learnt if state is AlertState.RECOVERED else None,
        learnt_by=who,
    ),
    states,
    st.sampled_from([Severity.WARNING, Severity.CRITICAL]),
    st.sampled_from([None, "olivia", "aaron"]),
    st.integers(0, 12),
    st.none() | st.sampled_from(LearntKind),
)
acts = st.sampled_from(["diagnose", "act", "wait"])


@given(st.lists(st.tuples(alerts, acts), max_size=12))
def test_every_walk_stays_on_the_table_and_comes_to_rest(history):
    review, now = opened(an_alert(), brand="", rules=RULES, now=NOW), NOW
    for alert, act in history:
        now += timedelta(hours=3)
        before = review
        if act == "diagnose" and ReviewState.DIAGNOSED in FOLLOWS[review.state]:
            made = Diagnosis(kind="price", words="dearer", certainty=Certainty.POSSIBLE, by="olivia", at=now)
            review = step(review, ReviewState.DIAGNOSED, by="olivia", words="x", now=now, rules=RULES, diagnosis=made)
        elif act == "act" and ReviewState.ACTED in FOLLOWS[review.state]:
            taken = Taken(remedy=Remedy.RECALIBRATE, why="x", by="olivia", at=now, data_day=SEEN)
            review = step(review, ReviewState.ACTED, by="olivia", words="x", now=now, rules=RULES, taken=taken)
        if not review.is_over:
            around = Around(alert=alert, rules=RULES, now=now)
            review = followed(review, around)
            assert review.is_over or followed(review, around) == followed(followed(review, around), around)
        walked = [one.state for one in review.steps]
        assert all(later in FOLLOWS[earlier] for earlier, later in itertools.pairwise(walked) if later != earlier)
        assert review.steps[: len(before.steps)] == before.steps
        assert (review.due_at is None) == (
            review.state in (ReviewState.ACTED, ReviewState.VERIFIED, ReviewState.LAPSED)
        )


def test_a_step_that_the_table_does_not_have_is_refused():
    review = opened(an_alert(), brand="", rules=RULES, now=NOW)
    with pytest.raises(WrongWay):
        step(review, ReviewState.ACTED, by="olivia", words="x", now=NOW, rules=RULES)

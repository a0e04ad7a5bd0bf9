"""The join that never looks ahead, against a brute-force reading of its definition."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from storage.features import point_in_time

START = datetime(2025, 1, 1, tzinfo=UTC)
MOMENT = pl.Datetime("us", "UTC")
HOURS = st.integers(0, 20)
ENTITIES = st.sampled_from("ab")
VALUES = st.lists(st.tuples(ENTITIES, HOURS, HOURS, st.integers(0, 99)), max_size=25)
LABELS = st.lists(st.tuples(ENTITIES, HOURS), max_size=12)


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def joined(labels, values, ttl=None):
    label_frame = pl.DataFrame(
        {"entity": [e for e, _ in labels], "at": [at(h) for _, h in labels]}, schema={"entity": pl.String, "at": MOMENT}
    )
    value_frame = pl.DataFrame(
        {
            "entity": [e for e, *_ in values],
            "event_at": [at(h) for _, h, _, _ in values],
            "known_at": [at(h) for _, _, h, _ in values],
            "x": [x for *_, x in values],
        },
        schema={"entity": pl.String, "event_at": MOMENT, "known_at": MOMENT, "x": pl.Int64},
    )
    out = point_in_time(label_frame, value_frame, ttl=ttl)
    assert out.select("entity", "at").equals(label_frame)
    return out["x"].to_list()


def by_hand(labels, values, ttl=None):
    found = []
    for entity, moment in labels:
        # Known and of the past at the label's moment; the newest event, in the wording that became known last.
        usable = [(event, known, x) for e, event, known, x in values if e == entity and max(event, known) <= moment]
        newest = max((event for event, _, _ in usable), default=None)
        last = [(known, x) for event, known, x in usable if event == newest]
        known = max((k for k, _ in last), default=None)
        options = {x for k, x in last if k == known}
        old = newest is not None and ttl is not None and timedelta(hours=moment - newest) > ttl
        found.append({None} if newest is None or old else options)
    return found


@given(labels=LABELS, values=VALUES, ttl=st.none() | st.integers(0, 10).map(lambda h: timedelta(hours=h)))
def test_a_label_gets_the_newest_value_that_was_known_at_its_moment(labels, values, ttl):
    for got, allowed in zip(joined(labels, values, ttl), by_hand(labels, values, ttl), strict=True):
        assert got in allowed


def test_a_value_that_arrived_late_is_not_seen_before_it_arrived():
    values = [("a", 1, 1, 10), ("a", 2, 9, 20)]
    assert joined([("a", 8), ("a", 9)], values) == [10, 20]


def test_an_old_event_that_arrives_late_does_not_replace_a_newer_one():
    values = [("a", 5, 5, 50), ("a", 2, 9, 20)]
    assert joined([("a", 10)], values) == [50]

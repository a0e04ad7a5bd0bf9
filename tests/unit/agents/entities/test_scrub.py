"""What is sent along with an event keeps what was done and loses who it was."""

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.sources.entities.scrub import scrubbed


def clean(said: object) -> object:
    text = said if isinstance(said, str) else json.dumps(said, sort_keys=True, separators=(",", ":"))
    (found,) = scrubbed(pl.Series([text]))
    return None if found is None else json.loads(found)


@pytest.mark.parametrize(
    "said",
    [
        {"plan": "pro", "seats": 3, "trial": True, "ratio": 0.25, "ids": [1, 2]},
        {"campaign": "Spring launch", "subject": "Hello, spring"},
        {"page": "/pricing", "at": "2026-02-01 10:00", "order": "1001-22", "version": "2.10.4", "sku": "0815"},
        {"company": "Acme", "event": "report renamed"},
    ],
)
def test_what_tells_of_nobody_stays_as_it_is(said):
    assert clean(said) == said


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ({"plan": "pro", "email": "x"}, {"plan": "pro"}),
        ({"plan": "pro", "who": "ann.lee@example.co.uk"}, {"plan": "pro"}),
        ({"plan": "pro", "$ip": "::1"}, {"plan": "pro"}),
        ({"plan": "pro", "from": "10.0.0.12"}, {"plan": "pro"}),
        ({"plan": "pro", "call": "+44 20 7946 0958"}, {"plan": "pro"}),
        ({"plan": "pro", "call": "(030) 1234-5678"}, {"plan": "pro"}),
        ({"plan": "pro", "FirstName": "Ann", "last_name": "Lee", "name": "Ann Lee"}, {"plan": "pro"}),
        ({"plan": "pro", "note": "w" * 81}, {"plan": "pro"}),
        ({"user": {"email": "a@b.de", "seats": 2}, "list": ["a@b.de", "basic"]}, {"user": {"seats": 2}, "list": ["basic"]}),
        ({"email": "a@b.de"}, None),
        ("Ann wrote to ann@example.com", None),
    ],
)  # fmt: skip
def test_what_tells_of_a_person_is_gone(said, left):
    assert clean(said) == left


def test_nothing_stays_nothing():
    assert scrubbed(pl.Series([None, '{"a":1}', None])).to_list() == [None, '{"a":1}', None]


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
OBJECTS = st.dictionaries(
    st.text(max_size=8), st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3)), max_size=4
)


@given(OBJECTS, st.emails())
def test_no_address_survives_wherever_it_stands(said, email):
    text = json.dumps({**said, "deep": [{"x": [email]}]}, ensure_ascii=False)
    (found,) = scrubbed(pl.Series([text]))
    assert email not in (found or "")

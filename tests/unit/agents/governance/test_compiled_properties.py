"""The compiled path and cedarpy agree on every question, however it is spoilt."""

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.governance.loading import read_policies
from tests.unit.agents.governance.compiled_expressions import SCHEMA, policies
from tests.unit.agents.governance.compiled_oracle import Both, hostile, situations


@cache
def shipped() -> Both:
    loaded = read_policies()
    return Both(loaded.document, loaded.schema_text)


@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_shipped_policies_give_cedars_answer_to_every_question_that_fits(data: st.DataObject):
    both = shipped()
    both.agreed(*data.draw(situations(both.schema)))


@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_shipped_policies_give_cedars_answer_to_every_spoilt_question(data: st.DataObject):
    both = shipped()
    both.agreed(*data.draw(hostile(both.schema)))


@settings(max_examples=120, deadline=None)
@given(text=policies(), data=st.data())
def test_random_policies_well_typed_or_not_give_cedars_answer(text: str, data: st.DataObject):
    both = Both.of_text(text, SCHEMA)
    for _ in range(3):
        both.agreed(*data.draw(situations(both.schema)))

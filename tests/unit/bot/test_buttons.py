"""Button values say exactly what was written into them, or are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.buttons import AlertRef, MalformedButton, PlanName, PlanRef, Question, SnoozeRef
from tests import builders as b

DIGEST = "0123456789abcdef" * 4
KINDS = (PlanRef, PlanName, AlertRef, SnoozeRef, Question)
WRITTEN = (
    PlanRef("PLAN-12", 3, DIGEST),
    PlanName("PLAN-12"),
    AlertRef("ALERT-3"),
    SnoozeRef("ALERT-3", 7),
    Question("cost: how much? 10:30"),
)


@given(st.integers(1, 10**17), st.integers(1, 10**8), st.text("0123456789abcdef", min_size=64, max_size=64))
def test_a_plan_reads_back_as_written_and_fits_a_button(number, revision, digest):
    written = PlanRef(f"PLAN-{number}", revision, digest)
    assert PlanRef.decode(written.encode()) == written
    assert len(written.encode()) <= 150


@pytest.mark.parametrize("written", WRITTEN)
def test_every_kind_reads_back_as_written(written):
    assert type(written).decode(written.encode()) == written


@pytest.mark.parametrize("written", WRITTEN)
def test_no_kind_reads_the_value_of_another(written):
    for kind in KINDS:
        if kind is not type(written):
            with pytest.raises(MalformedButton):
                kind.decode(written.encode())


@pytest.mark.parametrize(
    "value",
    [
        "",
        "PLAN-12",
        f"plan.2:PLAN-12:1:{DIGEST}",
        f"plan.1:PLAN-12:0:{DIGEST}",
        f"plan.1:PLAN-12:01:{DIGEST}",
        f"plan.1:PLAN-012:1:{DIGEST}",
        f"plan.1:PLAN-1٣:1:{DIGEST}",
        f"plan.1:PLAN-12:1:{DIGEST.upper()}",
        f"plan.1:PLAN-12:1:{DIGEST[:-1]}",
        f"plan.1:PLAN-12:1:{DIGEST}\n",
        f"plan.1:PLAN-12:1:{DIGEST}:more",
        f" plan.1:PLAN-12:1:{DIGEST}",
    ],
)
def test_anything_else_is_refused(value):
    with pytest.raises(MalformedButton):
        PlanRef.decode(value)


@given(st.text(max_size=200))
def test_made_up_values_are_refused(value):
    for kind in KINDS[:-1]:
        with pytest.raises(MalformedButton):
            kind.decode(value)


def test_the_value_of_a_plan_names_the_digest_that_was_shown():
    plan = b.a_plan()
    assert plan.digest in PlanRef(plan.id, plan.revision, plan.digest).encode()

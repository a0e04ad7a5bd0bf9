"""Button values say exactly what was written into them, or are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.buttons import (
    MOST_BULK,
    AlertRef,
    BulkRef,
    BulkVerb,
    DelegationRef,
    FreezeRef,
    GlassRef,
    MenuRef,
    PageRef,
    PlanChoice,
    PlanName,
    PlanRef,
    Question,
    SnoozeRef,
)
from bot.slack.data_buttons import AnswerRef, LoadRef
from bot.slack.values import MalformedButton
from tests import builders as b

DIGEST = "0123456789abcdef" * 4
KINDS = (
    PlanRef, PlanName, MenuRef, BulkRef, FreezeRef, GlassRef, DelegationRef, PageRef, AlertRef, SnoozeRef, Question,
    AnswerRef, LoadRef,
)  # fmt: skip
WRITTEN = (
    PlanRef("PLAN-12", 3, DIGEST),
    PlanRef("PLAN-12", 3, DIGEST, DIGEST[:16]),
    PlanName("PLAN-12"),
    MenuRef(PlanChoice.QUIET_TOMORROW, PlanRef("PLAN-12", 3, DIGEST)),
    BulkRef(BulkVerb.REJECT, (PlanRef("PLAN-12", 3, DIGEST), PlanRef("PLAN-13", 1, DIGEST))),
    FreezeRef("FREEZE-2"),
    FreezeRef("all"),
    GlassRef("GLASS-1"),
    DelegationRef("DELEGATION-4"),
    PageRef(2),
    AlertRef("ALERT-3"),
    SnoozeRef("ALERT-3", 7),
    Question("cost: how much? 10:30"),
    AnswerRef("Q-3", 2, "keep-PLAN-3"),
    LoadRef("file-0a1b2c3d4e5f"),
    LoadRef("all"),
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
        f"plan.1:PLAN-12:1:{DIGEST}",
        f"plan.2:PLAN-12:1:{DIGEST}",
        f"plan.2:PLAN-12:1:{DIGEST}:abc",
        f"plan.3:PLAN-12:1:{DIGEST}:",
        f"plan.2:PLAN-12:0:{DIGEST}:",
        f"plan.2:PLAN-12:01:{DIGEST}:",
        f"plan.2:PLAN-012:1:{DIGEST}:",
        f"plan.2:PLAN-1٣:1:{DIGEST}:",
        f"plan.2:PLAN-12:1:{DIGEST.upper()}:",
        f"plan.2:PLAN-12:1:{DIGEST[:-1]}:",
        f"plan.2:PLAN-12:1:{DIGEST}:\n",
        f"plan.2:PLAN-12:1:{DIGEST}::more",
        f" plan.2:PLAN-12:1:{DIGEST}:",
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


@pytest.mark.parametrize("choice", PlanChoice)
def test_a_choice_fits_an_option(choice):
    largest = PlanRef(f"PLAN-{10**17}", 10**8, DIGEST, DIGEST[:16])
    assert len(MenuRef(choice, largest).encode()) <= 150


def test_a_bulk_decision_fits_what_a_view_remembers():
    plans = tuple(PlanRef(f"PLAN-{10**9 + n}", 10**3, DIGEST, DIGEST[:16]) for n in range(MOST_BULK))
    written = BulkRef(BulkVerb.APPROVE, plans)
    assert len(written.encode()) <= 3000
    assert BulkRef.decode(written.encode()) == written


@pytest.mark.parametrize(
    "value",
    [
        "bulk.1:approve:",
        f"bulk.1:delete:PLAN-1,1,{DIGEST},",
        f"bulk.1:approve:PLAN-1,1,{DIGEST},;",
        f"bulk.1:approve:PLAN-1,1,{DIGEST},;PLAN-1,2,{DIGEST},",
        f"bulk.1:approve:PLAN-1,1,{DIGEST},,4",
        "bulk.1:approve:" + ";".join(f"PLAN-{n},1,{DIGEST}," for n in range(1, MOST_BULK + 2)),
    ],
)
def test_a_bulk_decision_that_was_tampered_with_is_refused(value):
    with pytest.raises(MalformedButton):
        BulkRef.decode(value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (MenuRef, f"menu.1:approve:PLAN-12:1:{DIGEST}:"),
        (FreezeRef, "freeze.1:FREEZE-0"),
        (FreezeRef, "freeze.1:ALL"),
        (GlassRef, "glass.1:GLASS-1:2"),
        (DelegationRef, "delegation.1:1"),
        (PageRef, "page.1:0"),
    ],
)
def test_names_of_stops_and_pages_are_read_strictly(kind, value):
    with pytest.raises(MalformedButton):
        kind.decode(value)

"""The account counts what was written and how people decided, by month of the team's zone."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from agents.governance.report import Account, Figures, account
from agents.governance.validity import Known, Step
from tests.builders import NOW
from tests.unit.agents.governance.test_validity import KEY, PLAN, WROTE, Written, a_row, a_verdict, a_yes, told
from tests.unit.agents.governance.test_validity import ONE as GATE

LONDON = ZoneInfo("Europe/London")


def reckoned(*rows: Written, steps=(), **changes: Any) -> Account:
    return account(rows, steps, known=Known(), zone=LONDON, **changes)


def a_step(action: str, at: datetime = NOW, **changes: Any) -> Step:
    return Step(**{"at": at, "actor": "system", "action": action, "subject": "PLAN-1", **changes})


def written(*decisions) -> Written:
    return Written(execution=a_row(), plan=PLAN, verdicts=(a_verdict(GATE),), decisions=decisions)


def test_nothing_written_has_no_share():
    empty = reckoned()
    assert empty == Account(overall=Figures())
    assert empty.overall.share is None


def test_the_share_is_all_only_if_it_is_all():
    assert reckoned(written(a_yes()), steps=told(a_yes())).overall.share == 1
    assert reckoned(written(), steps=told()).overall.share == 0
    assert Figures(changes=100_000, valid=99_999).share == Decimal("0.9999")


def test_each_flaw_is_named():
    found = reckoned(written(), steps=told())
    assert [flaw.key for flaw in found.flaws] == [KEY]
    assert (found.overall.changes, found.overall.valid) == (1, 0)


def test_a_row_that_was_taken_away_is_missed():
    steps = [*told(a_yes()), a_step("change.applied", WROTE, subject=PLAN.id, key=KEY)]
    assert reckoned(written(a_yes()), steps=steps).flaws == ()
    (flaw,) = reckoned(steps=steps).flaws
    assert (flaw.plan_id, flaw.key) == (PLAN.id, KEY)
    assert flaw.words == "the trail tells that it was applied, and no row does"


def test_figures_stand_in_the_month_of_the_teams_zone():
    """23:30 UTC on 30 June is July in London."""
    late = datetime.fromisoformat("2025-06-30T23:30:00+00:00")
    steps = [
        a_step("plan.expired"), a_step("plan.escalated"), a_step("plan.escalated"), a_step("glass.broken"),
        a_step("plan.withdraw", late), a_step("plan.reject", late), a_step("freeze.set", late),
    ]  # fmt: skip
    found = reckoned(steps=steps)
    june, july = found.months
    assert (june.month, july.month) == ("2025-06", "2025-07")
    assert june.figures == Figures(expired=1, escalated=2, glass_broken=1)
    assert july.figures == Figures(withdrawn=1, rejected=1, freezes=1)
    assert found.overall == Figures(expired=1, escalated=2, glass_broken=1, withdrawn=1, rejected=1, freezes=1)


def test_only_the_days_asked_for_are_counted():
    steps = [a_step("plan.expired", NOW + timedelta(days=number)) for number in range(5)]
    day = date(2025, 6, 3)
    assert reckoned(steps=steps, first=day + timedelta(days=2)).overall.expired == 3
    assert reckoned(steps=steps, last=day + timedelta(days=1)).overall.expired == 2
    assert reckoned(steps=steps, first=day + timedelta(days=1), last=day + timedelta(days=2)).overall.expired == 2
    assert reckoned(written(), steps=told(), first=day + timedelta(days=1)).flaws == ()


def a_decided(subject: str, minutes: int, last: str = "plan.executing") -> list[Step]:
    """Waited from NOW, was approved after a minute and after so many minutes, and begun later."""
    answer = "plan.reject" if last == "plan.reject" else "plan.approve"
    return [
        a_step("plan.waiting", subject=subject),
        a_step("plan.approve", NOW + timedelta(minutes=1), subject=subject),
        a_step(answer, NOW + timedelta(minutes=minutes), subject=subject),
        *([a_step(last, NOW + timedelta(days=1), subject=subject)] if last != answer else []),
    ]


def test_the_time_to_decide_is_from_waiting_to_the_last_word():
    steps = [*a_decided("PLAN-1", 10), *a_decided("PLAN-2", 30), *a_decided("PLAN-3", 20, "plan.reject")]
    found = reckoned(steps=steps)
    assert (found.overall.decided, found.overall.median_minutes) == (3, Decimal("20.0"))
    assert found.overall.rejected == 1


def test_what_is_not_decided_or_never_waited_has_no_time():
    steps = [
        *a_decided("PLAN-1", 10, "plan.expired"), a_step("plan.executing", subject="PLAN-2"),
        a_step("plan.reject", subject="PLAN-3"), a_step("plan.waiting", subject="PLAN-4"),
        a_step("plan.executing", subject="PLAN-4"),
    ]  # fmt: skip
    found = reckoned(steps=steps).overall
    assert (found.decided, found.median_minutes) == (0, None)


def test_who_is_asked_again_is_timed_from_the_first_time():
    """Waiting, told again that it waits, approved, back to waiting, approved once more: half an hour in all."""
    moments = [("plan.waiting", 0), ("plan.waiting", 5), ("plan.approve", 10), ("plan.waiting", 15)]
    moments += [("plan.approve", 30), ("plan.executing", 31)]
    steps = [a_step(action, NOW + timedelta(minutes=minute)) for action, minute in moments]
    assert reckoned(steps=steps).overall.median_minutes == 30


def test_an_edited_plan_is_timed_anew():
    steps = [a_step("plan.waiting", revision=1), *(
        a_step(action, NOW + timedelta(minutes=minute), revision=2)
        for action, minute in [("plan.waiting", 60), ("plan.approve", 70), ("plan.executing", 71)]
    )]  # fmt: skip
    assert reckoned(steps=steps).overall.median_minutes == 10

"""What somebody called normal opens no case: while it stays there, for a while, and no worse than it was."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from agents.lifecycle.cases.normal import REMEMBERED, SETTLING, is_learnt
from storage.records.alerts import Finding, LearntKind, Reading, Severity
from storage.records.attention import Learnt
from tests.builders import NOW, a_finding

DAY = date(2025, 6, 7)


def found(observed: str | None = "1.40", *, expected: str | None = "1.00", days: int = 0) -> Finding:
    day = DAY + timedelta(days=days)
    told, normal = [None if one is None else Decimal(one) for one in (observed, expected)]
    reading = Reading(unit="GBP/click", currency="GBP", observed=told, expected=normal, first=day, last=day)
    return a_finding(seen_on=day, reading=reading)


def unmeasured(severity: Severity) -> Finding:
    return a_finding(seen_on=DAY, severity=severity)


def said(kind: LearntKind = LearntKind.EXPECTED, **changes: object) -> Learnt:
    return Learnt.model_validate(
        {
            "alert_id": "ALERT-1", "key": "drift/cpc/paid_search", "kpi": "cpc", "entity": "paid_search",
            "simulated": True, "kind": kind, "since": DAY, "severity": Severity.WARNING, "observed": Decimal("1.40"),
            "expected": Decimal("1.00"), "reason": "we bid more", "learnt_by": "aaron", "at": NOW, **changes,
        }
    )  # fmt: skip


def test_what_nobody_spoke_of_is_not_learnt_nor_what_came_before():
    assert not is_learnt(found(), None)
    assert not is_learnt(found(days=-1), said())


@pytest.mark.parametrize(
    ("observed", "covered"),
    [("1.40", True), ("1.20", True), ("1.55", True), ("1.61", False), ("0.85", False)],
)
def test_an_expected_level_covers_what_lies_between_it_and_the_normal_of_before(observed: str, covered: bool):
    assert is_learnt(found(observed), said()) is covered


@pytest.mark.parametrize(("observed", "covered"), [("1.50", True), ("1.30", True), ("1.20", False)])
def test_without_a_normal_of_before_only_the_level_itself_is_expected(observed: str, covered: bool):
    assert is_learnt(found(observed), said(expected=None)) is covered


def test_leaving_the_expected_level_is_news_once_the_detector_takes_it_as_normal():
    assert not is_learnt(found("1.00", expected="1.38"), said())
    assert is_learnt(found("1.38", expected=None), said())


def test_an_expected_level_is_all_the_history_there_is_in_the_end():
    assert is_learnt(found(days=REMEMBERED.days - 1), said())
    assert not is_learnt(found(days=REMEMBERED.days), said())


def test_after_a_rebaseline_nothing_is_said_for_two_weeks():
    learnt = said(LearntKind.REBASELINED)
    assert is_learnt(found("9.00", days=SETTLING.days - 1), learnt)
    assert not is_learnt(found("9.00", days=SETTLING.days), learnt)


@pytest.mark.parametrize(
    ("severity", "covered"), [(Severity.NOTE, True), (Severity.WARNING, True), (Severity.CRITICAL, False)]
)
def test_what_was_not_measured_is_expected_up_to_how_bad_it_was(severity: Severity, covered: bool):
    assert is_learnt(unmeasured(severity), said(observed=None)) is covered
    assert is_learnt(unmeasured(severity), said()) is covered

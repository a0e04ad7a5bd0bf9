"""The committed questions: each is read as it says, in four languages, and none is answered with another number."""

import pytest

from tests.unit.agents.kpis.asked import Case, ask, cases, reading_of

CASES = cases()


def test_there_are_at_least_three_hundred_and_each_is_asked_once():
    assert len({(case.ask, case.after) for case in CASES}) == len(CASES) >= 300


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{case.after} › {case.ask}" if case.after else case.ask for case in CASES]
)
def test_a_committed_question_is_read_as_expected(case: Case):
    found, expected = reading_of(ask(case.ask, after=case.after)), dict(case.reading)
    if "near" in expected:
        assert expected.pop("near").casefold() in found.pop("near")
    assert found == expected


@pytest.mark.parametrize("case", [case for case in CASES if case.reading["is"] == "clarify"], ids=lambda case: case.ask)
def test_every_clearer_wording_is_a_question_that_is_understood(case: Case):
    assert {reading_of(ask(option))["is"] for option in case.reading["options"]} <= {"number"}

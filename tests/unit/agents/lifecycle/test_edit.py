"""What an edited plan says of itself: its new amounts, and nothing that was said of the old ones."""

from agents.lifecycle.edit import revision_of
from storage.records.money import Money
from tests import builders as b


def edited(plan, pounds: int):
    change = plan.changes[0]
    revised = revision_of(plan, {change.id: Money.of(pounds, "GBP")}, person=b.OLIVIA, now=b.NOW)
    assert revised is not None
    return revised


def test_the_title_names_the_amount_that_is_asked_for_now():
    plan = b.a_plan(changes=(b.a_change(),), title="Set Brand to £999.00 a day")
    revised = edited(plan, 123)
    assert "£123" in revised.title
    assert "999" not in revised.title


def test_a_plan_that_takes_another_back_keeps_its_title():
    plan = b.a_plan(changes=(b.a_change(),), title="Take back PLAN-1", restores="PLAN-1")
    assert edited(plan, 123).title == "Take back PLAN-1"


def test_reasons_of_the_forecast_go_with_it_and_that_nothing_judges_the_plan_is_said():
    plan = b.a_plan(changes=(b.a_change(),), why=("Expected gain: £287.89/day",))
    assert plan.forecasts
    first = edited(plan, 123)
    assert "Expected gain: £287.89/day" not in first.why
    assert first.why[1].startswith("Revision 1 was forecast; these amounts were not.")
    # What is no forecast's stays: that it was edited before, and by whom.
    assert first.why[0] in edited(first, 124).why

"""Drift: one card a case, brought up to date in place, and what people can do from it."""

from datetime import timedelta

from bot.jobs import JOBS
from storage.records.alerts import Alert, AlertState
from storage.records.plans import PlanState
from tests.scenarios.team import Team, all_words, controls


async def test_drift_after_some_days_is_one_card_that_is_brought_up_to_date_in_place(team_after: Team) -> None:
    team = team_after
    await team.card("Done")
    days = 0
    while not await _alerts(team):
        await team.advance(1)
        days += 1
        assert days < 10, "the market's shock was not seen"
    first = await team.card("seen 1 time", subject="ALERT-1")
    assert "PLAN-1" in all_words(first)

    await team.advance(2)

    later = await team.card("seen 3 times", subject="ALERT-1")
    assert later["ts"] == first["ts"]
    assert len(team.cards("ALERT-1")) == 1


async def test_acknowledging_names_who_looks_at_it_and_keeps_one_message(team_in_drift: Team) -> None:
    team = team_in_drift
    shown = await team.press(team.olivia, "Acknowledge", subject="ALERT-1")

    card = await team.card("Olivia Reed is looking at it", subject="ALERT-1")

    assert card["ts"] == shown["ts"]
    assert "alert.acknowledge" not in controls(card)
    assert "alert.acknowledged" in await team.actions_on("ALERT-1")
    assert (await _alerts(team))[0].acknowledged_by == "olivia"


async def test_a_snoozed_alert_is_quiet_until_its_time_and_then_speaks_up(team_in_drift: Team) -> None:
    team = team_in_drift
    shown = await team.card("Acknowledge", subject="ALERT-1")
    value = _snooze_of(shown, days=3)

    await team.aaron.choose(shown, "alert.snooze", value)

    await team.card("Snoozed", subject="ALERT-1")
    (alert,) = await _alerts(team)
    assert alert.snoozed_until == team.wall() + timedelta(days=3)
    team.wall.pass_(days=2)
    await JOBS["tend"].run(team.office)
    assert (await _alerts(team))[0].state is AlertState.SNOOZED
    team.wall.pass_(days=2)
    await JOBS["tend"].run(team.office)
    card = await team.card("open", "Acknowledge", subject="ALERT-1")
    assert card["ts"] == shown["ts"]


async def test_who_may_not_answer_an_alert_is_told_so(team_in_drift: Team) -> None:
    team = team_in_drift
    await team.press(team.victor, "Acknowledge", subject="ALERT-1")

    await team.victor.sees("Victor Hale has the role viewer")

    assert (await _alerts(team))[0].state is AlertState.OPEN


async def test_the_suspect_plan_is_rolled_back_from_the_alert(team_in_drift: Team) -> None:
    team = team_in_drift
    plan = (await team.status()).plan
    await team.press(team.aaron, "plan.rollback", subject="ALERT-1")
    await team.aaron.sees_modal("will be restored")

    await team.aaron.submit()

    await team.aaron.sees_modal("PLAN-2 is taking back PLAN-1")
    await team.card("Done", subject="PLAN-2")
    await team.card("Rolled back")
    assert await team.state() is PlanState.ROLLED_BACK
    budgets = await team.budgets()
    assert {change.resource.id: change.before for change in plan.changes}.items() <= budgets.items()
    assert await team.trail_is_whole()


async def test_two_alert_cards_are_never_posted_for_one_case_over_a_restart(team_in_drift: Team) -> None:
    team = team_in_drift
    first = await team.card("Acknowledge", subject="ALERT-1")

    await team.restart()
    await team.advance(1)

    assert (await team.card("seen", subject="ALERT-1"))["ts"] == first["ts"]
    subjects = ["PLAN-1", *(one.id for one in await _alerts(team))]
    assert [len(team.cards(subject)) for subject in subjects] == [1] * len(subjects)


async def _alerts(team: Team) -> tuple[Alert, ...]:
    async with team.office.ledger.read() as tx:
        return await tx.alerts.unrecovered()


def _snooze_of(card: dict[str, list[dict[str, list[dict[str, object]]]]], *, days: int) -> object:
    block = next(one for one in card["blocks"] if one["type"] == "actions")
    menu = next(one for one in block["elements"] if one["action_id"] == "alert.snooze")
    return next(one["value"] for one in menu["options"] if str(one["value"]).endswith(f":{days}"))  # type: ignore[index]

"""Whose Slack account does not count decides nothing here, whatever people.yml says."""

from storage.records.people import Person, Role
from storage.records.plans import PlanState
from tests.scenarios.team import Team, all_words

APPROVER = frozenset({Role.APPROVER})
GUEST = Person(id="gwen", name="Gwen Guest", roles=APPROVER, slack_id="U00GWEN")
MACHINE = Person(id="max", name="Max Machine", roles=APPROVER, slack_id="U00MAX")
PARTNER = Person(id="petra", name="Petra Partner", roles=APPROVER, slack_id="U00PETRA")


async def test_whoever_is_deactivated_in_slack_decides_nothing_and_what_they_said_counts_no_more(
    strict_team: Team,
) -> None:
    team = strict_team
    await team.asked_for(em_102=5)
    await team.asked_for(em_103=4)
    await team.press(team.aaron, "Approve", "Waits for", subject="PLAN-1")
    shown = await team.card("1 of 2 approvals", subject="PLAN-1")
    other = await team.card("Waits for Aaron Blake", subject="PLAN-2")

    team.workspace.directory.deactivate("U00AARON")

    await team.card("0 of 2", subject="PLAN-1")
    now = all_words(await team.card("Waits for Carla Mendes", subject="PLAN-2"))
    assert "Aaron" not in now.partition("*Why*")[0]
    await team.workspace.deliver_raw(team.late_click(other, "plan.approve", "U00AARON"))
    await team.press(team.carla, "Approve", "0 of 2", subject="PLAN-1")
    await team.card("*1 of 2*", "nobody may approve this as things stand", subject="PLAN-1")
    assert await team.state("PLAN-1") is PlanState.WAITING
    assert await team.state("PLAN-2") is PlanState.WAITING
    assert "plan.approve" not in await team.actions_on("PLAN-2")
    assert "person.suspended" in await team.actions_on("person:aaron")
    assert shown["ts"] == (await team.card(subject="PLAN-1"))["ts"]

    team.workspace.directory.reactivate("U00AARON")

    await team.press(team.aaron, "Approve", "Waits for Aaron Blake", subject="PLAN-2")
    await team.card("Done", subject="PLAN-2")


async def test_who_left_is_not_asked_and_a_message_sent_before_has_no_buttons_any_more(team: Team) -> None:
    await team.card("Waits for Aaron Blake or Carla Mendes")
    team.workspace.directory.deactivate("U00AARON")
    await team.card("Waits for Carla Mendes")

    await team.tick()

    await team.carla.sees("Carla, your approval is asked", "im")
    assert team.asks(team.aaron) == []


async def test_guests_bots_and_people_of_other_workspaces_never_count(strict_team: Team) -> None:
    team = strict_team
    await team.stop_bot()
    for kind, person in (("guest", GUEST), ("bot", MACHINE), ("stranger", PARTNER)):
        team.workspace.directory.add(kind, person.name, user=person.slack_id or "")
    await team.employ(GUEST, MACHINE, PARTNER)
    await team.start_bot()
    await team.asked_for(em_102=4)
    card = await team.card("Waits for Aaron Blake or Carla Mendes")
    await team.tick()
    await team.aaron.sees("your approval is asked", "im")

    nudges = (await team.office.router.dossier("PLAN-1")).nudges
    assert {one.person_id for one in nudges} == {"aaron"}, "nobody who does not count is asked"
    for person in (GUEST, MACHINE, PARTNER):
        assert person.slack_id is not None
        await team.workspace.deliver_raw(team.late_click(card, "plan.approve", person.slack_id))
        await team.workspace.wait_for(lambda who=person.slack_id: _unknown(team, who), 30)
    assert await team.state() is PlanState.WAITING
    assert "plan.approve" not in await team.actions_on("PLAN-1")


async def test_while_slack_does_not_answer_only_people_it_has_vouched_for_act(strict_team: Team) -> None:
    team = strict_team
    await team.asked_for(em_102=4)
    await team.asked_for(em_103=4)
    await team.press(team.aaron, "Approve", "Waits for", subject="PLAN-1")
    await team.card("Done", subject="PLAN-1")
    team.workspace.faults.methods, team.workspace.faults.errors = ("users.info",), 1000
    # Listed since, and never seen by the bot.
    await team.employ(Person(id="nora", name="Nora New", roles=APPROVER, slack_id="U00STRANGER"))
    team.wall.pass_(minutes=30)
    card = await team.card("Waits for", subject="PLAN-2")

    await team.workspace.deliver_raw(team.late_click(card, "plan.approve", "U00STRANGER"))

    await team.workspace.wait_for(lambda: _unknown(team, "U00STRANGER"), 30)
    assert await team.state("PLAN-2") is PlanState.WAITING
    await team.press(team.aaron, "Approve", "Waits for", subject="PLAN-2")
    await team.card("Done", subject="PLAN-2")


def _unknown(team: Team, user: str) -> bool:
    return "I do not know you yet" in "".join(team.notices(user))

"""The rules in Slack: read them, propose others, approve those as two people, and take them back."""

from storage.records.plans import PlanState
from tests.scenarios.team import Team, all_words, controls

GATE = "two_people_gate: 30.00"
CAP = "step_cap: 540.75"


async def limits_of(team: Team) -> str:
    async with team.office.ledger.read() as tx:
        return (await team.office.rulebook.edition(tx)).texts["limits.yml"]


async def propose_upload(team: Team, text: str, name: str = "limits.yml") -> None:
    """Ada uploads a text."""
    file = await team.ada.upload(name, text)
    await team.ada.send("/policy propose")
    await team.ada.sees_modal("A change of the rules is a plan")
    await team.ada.submit(files=[file])


async def test_the_rules_in_force_can_be_read(team: Team) -> None:
    await team.victor.send("/policy")
    listed = all_words(await team.victor.sees("Rules in force: edition 1"))
    assert "limits.yml" in listed
    await team.victor.send("/policy show limits.yml")
    assert "daily_cap" in all_words(await team.victor.sees("What a plan may change"))
    for text, words in (("/policy show nothing.yml", "The rules have no file"), ("/policy what", "Write /policy")):
        await team.victor.send(text)
        await team.victor.sees(words)
    await team.stranger.send("/policy show limits.yml")
    await team.stranger.sees("I do not know you yet")


async def test_an_uploaded_text_is_a_plan_that_two_people_put_in_force(strict_team: Team) -> None:
    team = strict_team
    await team.asked_for(em_102=5)
    await team.asked_for(em_103=20)
    await team.press(team.aaron, "Approve", "Waits for", subject="PLAN-1")
    await team.card("1 of 2 approvals", subject="PLAN-1")
    text = (await limits_of(team)).replace(CAP, "step_cap: 10.00")

    await propose_upload(team, text)

    await team.ada.sees_modal("PLAN-3 is waiting: its card in the channel shows what would change")
    card = all_words(await team.card("Change the rules: limits.yml", "Waits for", subject="PLAN-3"))
    assert "-    step_cap: 540.75" in card
    assert "+    step_cap: 10.00" in card
    assert "Of the last 2 decisions (30 Mar 2026) 1 would come out differently" in card
    assert "refused instead of asked" in card
    assert "0 of 2 approvals" in card

    await team.press(team.aaron, "Approve", "0 of 2 approvals", subject="PLAN-3")
    await team.card("1 of 2 approvals", subject="PLAN-3")
    assert CAP in await limits_of(team), "one person alone changes no rules"
    await team.press(team.carla, "Approve", "1 of 2 approvals", subject="PLAN-3")

    await team.card("Done", subject="PLAN-3")
    assert "step_cap: 10.00" in await limits_of(team)
    await team.victor.sees("*Rules in force*: version")
    await team.card("Refused by policy", "above the cap of £10.00 for one step", subject="PLAN-2")
    await team.card("0 of 2", "Waits for Aaron Blake", subject="PLAN-1")  # said under other rules
    await team.press(team.aaron, "Approve", "0 of 2", subject="PLAN-1")
    await team.press(team.carla, "Approve", "1 of 2 approvals", subject="PLAN-1")
    await team.card("Done", subject="PLAN-1")
    assert await team.trail_is_whole()


async def test_a_click_on_a_card_of_the_old_rules_is_told_so(strict_team: Team) -> None:
    team = strict_team
    await team.asked_for(em_102=4)
    old = await team.card("Waits for", subject="PLAN-1")
    text = (await limits_of(team)).replace(GATE, "two_people_gate: 20.00")
    await propose_upload(team, text)
    await team.press(team.aaron, "Approve", "0 of 2 approvals", subject="PLAN-2")
    await team.press(team.carla, "Approve", "1 of 2 approvals", subject="PLAN-2")
    await team.card("0 of 2", subject="PLAN-1")

    await team.workspace.deliver_raw(team.late_click(old, "plan.approve", "U00AARON"))

    await team.aaron.sees("ask for something else now than your card shows")
    await team.card("0 of 2", subject="PLAN-1")
    assert "plan.approve" not in await team.actions_on("PLAN-1")


async def test_a_pasted_text_is_proposed_and_who_proposed_it_does_not_approve_it(strict_team: Team) -> None:
    team = strict_team
    await team.carla.send("/policy propose")
    await team.carla.sees_modal("A change of the rules is a plan")
    text = (await limits_of(team)).replace(CAP, "step_cap: 100.00")
    assert "text" in (await team.carla.submit(name="limits.yml"))["errors"]
    assert "name" in (await team.carla.submit(name="../limits", text=text))["errors"]
    await team.carla.submit(name="limits.yml", text=text)
    await team.carla.sees_modal("PLAN-1 is waiting")
    card = await team.card("Waits for Aaron Blake*")
    await team.tick()
    await team.card("nobody is left who may approve this")  # the CMO is asked, and she is who proposed it
    told = await team.ada.sees("somebody is needed who may decide this", "im")
    assert "nobody is left who may approve this" in all_words(told)
    assert "plan.approve" not in controls(told)

    await team.workspace.deliver_raw(team.late_click(card, "plan.approve", "U00CARLA"))
    await team.carla.sees("You cannot approve")
    await team.press(team.aaron, "Approve")
    await team.card("1 of 2")

    assert await team.state() is PlanState.WAITING
    assert CAP in await limits_of(team)


async def test_texts_that_cannot_be_rules_are_refused_with_the_reason(team: Team) -> None:
    for name, text, words in (
        ("limits.yml", (await limits_of(team)).replace(CAP, "step_cap: lots"), "step_cap"),
        ("own.cedar", "forbid (principal, action, resource);", "own.cedar"),
        ("calendar.yml", "zone: Mars/Olympus", "calendar.yml"),
        ("limits.yml", await limits_of(team), "in force already"),
    ):
        await propose_upload(team, text, name)
        assert words in all_words(await team.ada.sees_modal("These texts cannot become the rules"))
        await team.ada.close()
    file = await team.ada.upload("rules.exe", "no text of rules")
    await team.ada.send("/policy propose")
    await team.ada.sees_modal("A change of the rules is a plan")
    assert "files" in (await team.ada.submit(files=[file]))["errors"]
    assert "files" in (await team.ada.submit())["errors"]
    async with team.office.ledger.read() as tx:
        assert [one.plan.id for one in await tx.plans.recent(5)] == ["PLAN-1"]


async def test_who_may_not_propose_rules_gets_no_form(team: Team) -> None:
    for person in (team.aaron, team.olivia, team.victor):
        await person.send("/policy propose")
        await person.sees_modal("has the role")
        await person.close()


async def test_rules_are_taken_back_by_two_people(strict_team: Team) -> None:
    team = strict_team
    before = await limits_of(team)
    await propose_upload(team, before.replace(CAP, "step_cap: 10.00"))
    await team.press(team.aaron, "Approve", "0 of 2 approvals")
    await team.press(team.carla, "Approve", "1 of 2 approvals")
    await team.card("Done")

    await team.ada.click(await team.card("Roll back PLAN-1"), "Roll back PLAN-1")
    await team.ada.sees_modal("will be restored")
    await team.ada.submit()

    await team.ada.sees_modal("waits for")
    await team.press(team.aaron, "Approve", "0 of 2 approvals", subject="PLAN-2")
    await team.press(team.carla, "Approve", "1 of 2 approvals", subject="PLAN-2")
    await team.card("Done", subject="PLAN-2")
    await team.card("Rolled back")
    assert await limits_of(team) == before


async def test_a_dialog_that_was_closed_meanwhile_breaks_nothing(team: Team) -> None:
    file = await team.ada.upload("limits.yml", (await limits_of(team)).replace(CAP, "step_cap: 100.00"))
    await team.ada.send("/policy propose")
    await team.ada.sees_modal("A change of the rules is a plan")
    await team.ada.submit(files=[file])
    await team.ada.close()

    await team.card("Change the rules: limits.yml", subject="PLAN-2")

    assert not any("Something broke" in told for told in team.notices("U00ADA"))

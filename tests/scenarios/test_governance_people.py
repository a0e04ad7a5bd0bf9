"""Between people: standing in for each other, handing over, asking, reminding, wanting quiet, thinking better of it."""

from storage.records.plans import PlanState
from tests.fakes.member import Json, Member
from tests.scenarios.team import Team, all_words, controls


async def lend(team: Team) -> None:
    """Carla puts her approvals into Aaron's hands for a week."""
    await team.carla.send("/delegate")
    await team.carla.sees_modal("somebody decides in your place")
    await team.carla.submit(person="U00AARON")
    await team.carla.sees_modal("Aaron Blake approves for Carla Mendes")
    await team.carla.close()


async def test_a_delegate_approves_in_her_place_and_the_card_says_so(team: Team) -> None:
    await team.asked_for(em_102=25)  # more than a quarter of its budget: the CMO is asked
    await team.card("Waits for Aaron Blake or Carla Mendes", subject="PLAN-2")

    await lend(team)

    await team.press(team.aaron, "Approve", "Waits for Aaron Blake*", subject="PLAN-2")
    await team.card("Aaron Blake for Carla Mendes", "Done", subject="PLAN-2")
    await team.in_thread("✅ Aaron Blake for Carla Mendes approved", "PLAN-2")


async def test_a_delegation_is_ended_from_app_home(strict_team: Team) -> None:
    team = strict_team
    await lend(team)
    await team.aaron.open_home()
    his = await team.aaron.sees_home("You decide for *Carla Mendes*")
    assert "delegation.end" not in controls(his)
    await team.carla.open_home()
    home = await team.carla.sees_home("Aaron Blake decides for *you*")

    await team.carla.click(home, "End it")

    after = await team.carla.sees_home(lambda view: "decides for *you*" not in all_words(view))
    assert "delegation.end" not in controls(after)
    assert await team.office.delegator.list() == ()
    await team.asked_for(em_102=25)
    card = await team.card("Waits for")
    assert "for Carla" not in all_words(card)
    await team.carla.send("/delegate list")
    await team.carla.sees("Nobody stands in for anybody")


async def test_a_delegate_cannot_approve_what_she_asked_for(strict_team: Team) -> None:
    team = strict_team
    await lend(team)
    await team.asked_for("carla", em_102=25)
    card = await team.card("nobody may approve this as things stand")
    assert "plan.approve" not in controls(card)

    await team.carla.send("/delegate end delegation-1")

    await team.carla.sees("DELEGATION-1 has ended")
    await team.card("Waits for Aaron Blake")


async def test_the_form_says_what_is_wrong_beside_the_input(strict_team: Team) -> None:
    team = strict_team
    await team.carla.open_home()
    await team.carla.click(await team.carla.sees_home("Delegate…"), "Delegate…")
    await team.carla.sees_modal("somebody decides in your place")

    assert "to" in (await team.carla.submit(person="U00AARON", **{"from": "2026-04-09", "to": "2026-04-02"}))["errors"]
    assert "to" in (await team.carla.submit(person="U00AARON", **{"from": "2026-03-01", "to": "2026-03-02"}))["errors"]
    await team.carla.submit(person="U00CARLA")

    await team.carla.sees_modal("Nobody stands in for themselves")
    await team.carla.close()
    for wrong, words in (("U00VICTOR", "cannot stand in"), ("U00STRANGER", "I do not know that person here")):
        await team.carla.send("/delegate")
        await team.carla.sees_modal("somebody decides in your place")
        await team.carla.submit(person=wrong)
        await team.carla.sees_modal(words)
        await team.carla.close()
    await team.olivia.send("/delegate")
    await team.olivia.sees_modal("has the role operator")
    await team.olivia.send("/delegate to somebody")
    await team.olivia.sees("Write /delegate alone")
    assert await team.office.delegator.list() == ()


async def test_a_plan_is_handed_over_with_words_and_the_other_gets_a_message(strict_team: Team) -> None:
    team = strict_team
    await team.asked_for(em_102=4)
    card = await team.card("Waits for")
    await team.aaron.click(card, "Hand over to someone…")
    await team.aaron.sees_modal("To whom?")
    await team.aaron.submit(person="U00CARLA", words="You know <!channel> this list better")
    await team.aaron.sees_modal("*Carla Mendes* got a message about *PLAN-1*")

    asked = await team.carla.sees("Carla, this was handed to you", "im")
    assert "You know &lt;!channel&gt; this list better" in all_words(asked)
    assert {"plan.approve", "plan.reject"} <= controls(asked)
    told = await team.in_thread("👉 Aaron Blake handed it to Carla Mendes")
    assert "&lt;!channel&gt;" in told

    await team.aaron.close()
    for wrong, words in (("U00OLIVIA", "cannot approve PLAN-1 now"), ("U00STRANGER", "I do not know that person")):
        await team.aaron.click(await team.card(), "Hand over to someone…")
        await team.aaron.sees_modal("To whom?")
        await team.aaron.submit(person=wrong)
        await team.aaron.sees_modal(words)
        await team.aaron.close()


async def test_a_question_stands_in_the_thread_and_the_plan_goes_on_waiting(team: Team) -> None:
    await team.olivia.click(await team.card("Waits for"), "Ask a question…")
    await team.olivia.sees_modal("Your question")
    assert "words" in (await team.olivia.submit(words="  "))["errors"]
    await team.olivia.submit(words="Why not *paid social*?")
    await team.olivia.sees_modal("Your question stands under the card")

    assert "Why not" in await team.in_thread("❓ Olivia Reed asks")
    assert await team.state() is PlanState.WAITING


async def test_reminding_is_throttled_and_says_when_the_next_one_may_go(team: Team) -> None:
    await team.tick()
    first = await team.aaron.sees("Aaron, your approval is asked", "im")
    team.wall.pass_(hours=4)

    await team.olivia.click(await team.card("Waits for"), "Remind whom it waits for")

    await team.olivia.sees("Reminded Aaron Blake")
    again = await team.aaron.sees("Aaron, this still waits for you", "im")
    assert again["ts"] != first["ts"]
    assert "Olivia Reed asks you to look at it." in all_words(again)
    await team.in_thread("🔔 Olivia Reed reminded Aaron Blake")
    await team.olivia.click(await team.card(), "Remind whom it waits for")
    await team.olivia.sees("heard of PLAN-1 not long ago")
    assert len(team.asks(team.aaron)) == 2


async def test_who_wants_quiet_gets_no_reminder_until_then(team: Team) -> None:
    await team.tick()
    asked = await team.aaron.sees("Aaron, your approval is asked", "im")
    await team.aaron.click(asked, "Quiet for me: until tomorrow 9:00", channel="im")
    await team.aaron.sees("No reminder about *PLAN-1* for you before", "im")

    await team.pass_time(hours=5)  # past the calendar's interval; the ladder is climbed all the same

    await team.carla.sees("Carla, this was escalated to you", "im")
    assert len(team.asks(team.aaron)) == 1
    await team.olivia.click(await team.card(), "Quiet for me: 1 hour")
    await team.olivia.sees("No reminder about *PLAN-1* for you before")


async def test_an_approval_is_withdrawn_from_the_card_before_the_last_one(strict_team: Team) -> None:
    team = strict_team
    await team.asked_for(em_102=5)
    await team.press(team.aaron, "Approve", "Waits for")
    card = await team.card("1 of 2 approvals")
    assert "plan.withdraw" not in controls(_shown_to(team.carla, card))

    await team.aaron.click(card, "Withdraw my approval")

    await team.aaron.sees("You withdrew your approval of *PLAN-1*")
    await team.card("0 of 2")
    await team.in_thread("↩️ Aaron Blake withdrew the approval")
    await team.press(team.carla, "Approve", "0 of 2")
    await team.card("1 of 2 approvals")
    assert await team.state() is PlanState.WAITING
    assert await team.edits() == []


async def test_an_approval_is_withdrawn_while_a_freeze_keeps_the_plan_back(team: Team) -> None:
    await team.olivia.send("/freeze all wait")
    await team.olivia.sees("Everything is frozen")
    await team.press(team.aaron, "Approve", "Stopped by FREEZE-1")
    await team.card("If nobody thaws FREEZE-1", "Approved")

    await team.press(team.aaron, "Withdraw my approval")

    await team.card("Waits for", "Aaron Blake withdrew their approval")
    await team.aaron.send("/thaw all")
    await team.aaron.sees("Thawed")
    assert await team.state() is PlanState.WAITING
    assert await team.edits() == []


def _shown_to(member: Member, card: Json) -> Json:
    (seen,) = [one for one in member.messages() if one["ts"] == card["ts"]]
    return seen

"""App Home as the inbox: several plans at once, each through the same guard, page by page."""

from storage.records.plans import PlanState
from tests.fakes.member import Json
from tests.scenarios.team import Team, all_words, controls

TWELVE = (
    "em_101", "em_102", "em_103", "ps_2001", "ps_2002", "ps_2003",
    "ps_2004", "so_3001", "so_3002", "so_3003", "ws_4001", "ws_4002",
)  # fmt: skip


def ticked(home: Json, *plan_ids: str) -> dict[str, list[str]]:
    """What ticking these plans enters."""
    entered = {}
    for plan_id in plan_ids:
        (block,) = [one for one in home["blocks"] if one.get("block_id", "").startswith(f"pick.{plan_id}.")]
        (box,) = block["elements"]
        entered[block["block_id"]] = [box["options"][0]["value"]]
    return entered


async def test_two_plans_are_approved_at_once_after_the_count_and_the_money_are_confirmed(strict_team: Team) -> None:
    team = strict_team
    for name in ("em_102", "em_103", "ps_2001"):
        await team.asked_for(**{name: 4})
    await team.aaron.open_home()
    home = await team.aaron.sees_home("3 plans wait for you")

    await team.aaron.click(home, "Approve selected…", **ticked(home, "PLAN-1", "PLAN-3"))

    asked = all_words(await team.aaron.sees_modal("Approve 2 plans?"))
    assert "*£56* at risk together" in asked
    assert "PLAN-2" not in asked
    await team.aaron.submit()
    await team.aaron.sees_modal("2 approved")
    after = await team.aaron.sees_home("1 plan waits for you")
    assert "home.approve" not in controls(after), "one plan needs no boxes"
    for plan_id in ("PLAN-1", "PLAN-3"):
        await team.card("Done", subject=plan_id)
    assert await team.state("PLAN-2") is PlanState.WAITING


async def test_one_that_was_decided_meanwhile_is_left_out_and_one_that_needs_more_people_stays(
    strict_team: Team,
) -> None:
    team = strict_team
    await team.asked_for(em_102=4)
    await team.asked_for(em_103=5)  # two people
    await team.asked_for(ps_2001=4)
    await team.aaron.open_home()
    home = await team.aaron.sees_home("3 plans wait for you")
    await team.press(team.carla, "Approve", "Waits for", subject="PLAN-1")
    await team.card("Done", subject="PLAN-1")

    await team.aaron.click(home, "Approve selected…", **ticked(home, "PLAN-1", "PLAN-2", "PLAN-3"))

    asked = all_words(await team.aaron.sees_modal("Approve 2 plans?"))
    assert "Left out, changed or decided since you saw it: PLAN-1" in asked
    await team.press(team.carla, "Reject", "Waits for", subject="PLAN-3")
    await team.carla.sees_modal("Why not?")
    await team.carla.submit(reason="Not this one")
    await team.card("Rejected", subject="PLAN-3")
    await team.aaron.submit()

    result = all_words(await team.aaron.sees_modal("1 approved, 1 not"))
    assert "*PLAN-3* not: PLAN-3 was already rejected by Carla Mendes" in result
    assert "PLAN-2" in result
    await team.card("1 of 2 approvals", subject="PLAN-2")
    await team.aaron.sees_home("Nothing waits for you")


async def test_several_are_rejected_with_one_reason(strict_team: Team) -> None:
    team = strict_team
    await team.asked_for(em_102=4)
    await team.asked_for(em_103=4)
    await team.carla.open_home()
    home = await team.carla.sees_home("2 plans wait for you")

    await team.carla.click(home, "Reject selected…")
    await team.carla.sees_modal("Tick the plans first")
    await team.carla.close()
    await team.carla.click(home, "Reject selected…", **ticked(home, "PLAN-1", "PLAN-2"))
    await team.carla.sees_modal("Reject 2 plans?")
    assert "reason" in (await team.carla.submit(reason=" "))["errors"]
    await team.carla.submit(reason="The sale is over")

    await team.carla.sees_modal("2 rejected")
    for plan_id in ("PLAN-1", "PLAN-2"):
        assert "The sale is over" in all_words(await team.card("Rejected", subject=plan_id))
    await team.carla.sees_home("Nothing waits for you")


async def test_who_was_deactivated_while_the_form_was_open_decides_nothing(strict_team: Team) -> None:
    team = strict_team
    await team.asked_for(em_102=4)
    await team.asked_for(em_103=4)
    await team.aaron.open_home()
    home = await team.aaron.sees_home("2 plans wait for you")
    await team.aaron.click(home, "Approve selected…", **ticked(home, "PLAN-1", "PLAN-2"))
    await team.aaron.sees_modal("Approve 2 plans?")
    team.workspace.directory.make_guest("U00AARON")
    await team.card("Waits for Carla Mendes", subject="PLAN-1")

    await team.aaron.submit()

    await team.aaron.sees_modal("I do not know you yet")
    assert await team.state("PLAN-1") is await team.state("PLAN-2") is PlanState.WAITING


async def test_twelve_plans_take_two_pages(strict_team: Team) -> None:
    team = strict_team
    for name in TWELVE:
        await team.asked_for(**{name: 4})
    await team.aaron.open_home()
    first = await team.aaron.sees_home("Page 1 of 2")
    assert "12 plans wait for you" in all_words(first)
    assert "*PLAN-10 ·" in all_words(first)
    assert "*PLAN-11 ·" not in all_words(first)

    await team.aaron.click(first, "Later ones →")

    second = await team.aaron.sees_home("Page 2 of 2")
    assert "*PLAN-12 ·" in all_words(second)
    assert "*PLAN-1 ·" not in all_words(second)
    await team.aaron.click(second, "Approve selected…", **ticked(second, "PLAN-11", "PLAN-12"))
    await team.aaron.sees_modal("Approve 2 plans?")
    await team.aaron.submit()
    await team.aaron.sees_modal("2 approved")
    await team.aaron.sees_home("10 plans wait for you")


async def test_home_says_what_stands_still_and_how_governance_has_gone(team: Team) -> None:
    await team.press(team.aaron, "Approve", "Waits for")
    await team.card("Done")
    await team.olivia.send("/freeze all Easter")
    await team.olivia.sees("Everything is frozen")
    await team.carla.send("/breakglass the site is down")
    await team.carla.sees_modal("For *one hour*")
    await team.carla.submit()
    await team.carla.sees_modal("You have broken the glass")

    await team.victor.open_home()

    home = all_words(await team.victor.sees_home("*FREEZE-1* stops everything"))
    assert "“Easter” · Olivia Reed" in home
    assert "*BROKEN GLASS*: Carla Mendes decides alone until" in home
    assert "*100%* of 7 changes validly approved" in home
    assert "0 under broken glass" in home

"""Broken glass: one person decides alone, everybody is told, and somebody else looks at it afterwards."""

from bot.commands.up import AUDIT_CHANNEL
from storage.records.plans import PlanState
from tests.fakes.member import Json
from tests.scenarios.team import CHANNEL, Team, all_words, controls

REVIEWING = {"glass.fine", "glass.concern"}


async def break_the_glass(team: Team, reason: str = "a wrong price is live") -> None:
    await team.carla.send(f"/breakglass {reason}")
    await team.carla.sees_modal("hard caps still hold")
    await team.carla.submit()
    await team.carla.sees_modal("You have broken the glass (GLASS-1)")
    await team.carla.close()


def glass_card(team: Team) -> str:
    found = [
        all_words(one)
        for one in team.workspace.messages(CHANNEL)
        if any(block.get("block_id") == "glass.GLASS-1" for block in one["blocks"])
    ]
    assert len(found) <= 1, "one card for one broken glass"
    return "".join(found)


async def test_with_broken_glass_the_cmo_alone_carries_out_what_needs_two_and_what_she_asked_for(
    strict_team: Team,
) -> None:
    team = strict_team
    await team.asked_for("carla", em_102=5)
    waiting = await team.card("Waits for")
    await team.workspace.deliver_raw(team.late_click(waiting, "plan.approve", "U00CARLA"))
    await team.carla.sees("You cannot approve")
    team.wall.pass_(minutes=1)

    await break_the_glass(team)

    loud = await team.victor.sees("BROKEN GLASS: Carla Mendes decides alone")
    assert "a wrong price is live" in all_words(loud)
    assert "Nothing so far" in all_words(loud)
    assert not REVIEWING & controls(loud)
    card = await team.card("Carla Mendes")
    await team.workspace.wait_for(lambda: "plan.approve" in _seen_by_carla(team), 30)
    await team.carla.click(_as_carla(team, card), "Approve")

    done = await team.card("Done", "Broken glass*: Carla Mendes approved this alone (GLASS-1)")
    assert "Broken glass" in done["text"], "notifications and screen readers say it, too"
    await team.in_thread("🚨 Carla Mendes approved alone under broken glass (GLASS-1)")
    await team.workspace.wait_for(lambda: "PLAN-1" in glass_card(team), 30)


def _as_carla(team: Team, card: Json) -> Json:
    (seen,) = [one for one in team.carla.messages() if one["ts"] == card["ts"]]
    return seen


def _seen_by_carla(team: Team) -> set[str]:
    return controls(_as_carla(team, team.cards("PLAN-1")[0]))


async def test_after_the_hour_others_review_and_she_cannot(strict_team: Team) -> None:
    team = strict_team
    await team.asked_for(em_102=5)
    await break_the_glass(team)
    await team.press(team.carla, "Approve", "Waits for")
    await team.card("Done")

    await team.pass_time(minutes=59)
    assert "please review" not in glass_card(team)
    await team.pass_time(minutes=2)

    card = await team.aaron.sees("Broken glass of Carla Mendes: please review")
    await team.victor.sees("The hour of *GLASS-1* is over")
    hers = await team.carla.sees("Broken glass of Carla Mendes: please review")
    assert not REVIEWING & controls(hers)
    assert controls(card) >= REVIEWING
    await team.workspace.deliver_raw(team.late_click({**card, "channel": CHANNEL}, "glass.fine", "U00CARLA"))
    await team.carla.sees("You broke GLASS-1 yourself")

    await team.aaron.click(card, "Raise a concern…")
    form = await team.aaron.sees_modal("What was wrong?")
    assert "a wrong price is live" in all_words(form)
    assert "reason" in (await team.aaron.submit(reason="  "))["errors"]
    await team.aaron.submit(reason="The price was right; nobody had asked me")
    await team.aaron.sees_modal("Your review of GLASS-1 is recorded")

    reviewed = await team.victor.sees("Broken glass of Carla Mendes: reviewed")
    assert "The price was right; nobody had asked me" in all_words(reviewed)
    assert not REVIEWING & controls(reviewed)
    await team.workspace.deliver_raw(team.late_click({**card, "channel": CHANNEL}, "glass.fine", "U00ADA"))
    await team.ada.sees("was already reviewed by")


async def test_nothing_to_object_to_is_one_click(strict_team: Team) -> None:
    team = strict_team
    await break_the_glass(team)
    await team.pass_time(minutes=61)

    await team.ada.click(await team.ada.sees("please review"), "Nothing to object to")

    await team.ada.sees("Your review of GLASS-1 is recorded")
    assert "Ada Novak" in all_words(await team.victor.sees("Broken glass of Carla Mendes: reviewed"))


async def test_once_the_hour_is_over_two_people_are_asked_again(strict_team: Team) -> None:
    team = strict_team
    await team.asked_for("carla", em_102=5)
    await break_the_glass(team)
    await team.workspace.wait_for(lambda: "plan.approve" in _seen_by_carla(team), 30)
    seen = _as_carla(team, await team.card())
    await team.pass_time(minutes=61)

    await team.workspace.deliver_raw(team.late_click(seen, "plan.approve", "U00CARLA"))

    await team.carla.sees("You cannot approve")
    assert await team.state() is PlanState.WAITING
    await team.workspace.wait_for(lambda: "plan.approve" not in _seen_by_carla(team), 30)


async def test_broken_glass_passes_a_freeze_and_no_hard_cap(strict_team: Team) -> None:
    team = strict_team
    await team.asked_for(em_102=5)
    await team.olivia.send("/freeze all nobody touches anything")
    await team.olivia.sees("Everything is frozen")
    await break_the_glass(team)

    await team.press(team.carla, "Approve", "Waits for")

    await team.card("Done")
    refused = await team.asked_for("carla", so_3001=2000)
    assert refused.state is PlanState.REFUSED
    await team.card("Refused by policy", subject="PLAN-2")


async def test_only_the_named_role_breaks_the_glass_and_only_with_a_reason(team: Team) -> None:
    for person in (team.aaron, team.ada, team.olivia):
        await person.send("/breakglass it is urgent")
        await person.sees_modal("has the role")
        await person.close()
    await team.carla.send("/breakglass")
    await team.carla.sees_modal("What is the emergency?")

    assert "reason" in (await team.carla.submit(reason="   "))["errors"]

    assert await team.office.emergency.open() == ()
    await team.carla.submit(reason="the site is down")
    await team.carla.sees_modal("You have broken the glass")
    await team.carla.close()
    await team.carla.send("/breakglass again")
    await team.carla.sees_modal("For *one hour*")
    await team.carla.submit()
    await team.carla.sees_modal("You have broken the glass already")


async def test_the_audit_channel_gets_signed_checkpoints_and_at_once_after_broken_glass(team: Team) -> None:
    await team.card("Waits for")
    await team.tick("sign")
    first = await team.victor.sees("Audit checkpoint of", AUDIT_CHANNEL)
    assert "— " in first["text"], "a signature as notes have it"

    await break_the_glass(team)

    await team.workspace.wait_for(lambda: len(team.workspace.messages(AUDIT_CHANNEL)) == 2, 30)
    async with team.office.ledger.read() as tx:
        (broken,) = [one for one in await tx.audit.of("GLASS-1") if one.action == "glass.broken"]
    sizes = [int(one["text"].split()[3].replace(",", "")) for one in team.workspace.messages(AUDIT_CHANNEL)]
    assert sizes[0] < broken.seq <= sizes[1]

"""From the card to a decision: approve, reject, edit, by people in a workspace."""

from storage.records.executions import ExecutionState
from storage.records.money import Money
from storage.records.plans import PlanState
from tests.fakes.member import Json
from tests.scenarios.team import DECIDING, Team, all_words, controls


async def test_an_approval_is_carried_out_once_and_the_card_shows_the_receipts(team: Team) -> None:
    waiting = await team.card("Waits for")
    assert controls(waiting) >= DECIDING

    await team.press(team.aaron, "Approve")

    card = await team.card("Done")
    assert card["ts"] == waiting["ts"], "the card is rewritten in place"
    assert not DECIDING & controls(card)
    plan = (await team.status()).plan
    done = await team.executions(plan)
    assert [one.state for one in done] == [ExecutionState.APPLIED] * len(plan.changes)
    shown = all_words(card)
    assert "Approved by Aaron Blake" in shown
    assert all(one.receipt is not None and one.receipt.reference in shown for one in done)
    assert len(await team.edits()) == len(plan.changes)
    budgets = await team.budgets()
    assert {one.resource.id: one.after for one in plan.changes}.items() <= budgets.items()
    assert await team.trail_is_whole()


async def test_a_rejection_needs_a_reason_and_changes_nothing(team: Team) -> None:
    card = await team.aaron.sees("Waits for")
    await team.aaron.click(card, "Reject")
    await team.aaron.sees_modal("Why not?")

    refused = await team.aaron.submit(reason="   ")
    assert "reason" in refused["errors"]
    assert await team.state() is PlanState.WAITING

    assert (await team.aaron.submit(reason="The sale ends on Friday"))["ok"]
    rejected = await team.card("Rejected")
    assert "The sale ends on Friday" in all_words(rejected)
    assert not DECIDING & controls(rejected)
    assert await team.state() is PlanState.REJECTED
    assert await team.edits() == []
    await team.aaron.sees_no_modal()


async def test_an_edit_makes_a_new_revision_and_an_approval_of_the_old_one_never_runs_it(team: Team) -> None:
    old = await team.card("Waits for")
    plan = (await team.status()).plan
    largest = max(plan.changes, key=lambda one: abs(one.after.minor - one.before.minor))
    await team.press(team.olivia, "Edit")
    form = await team.olivia.sees_modal("Your edit becomes a new revision")
    field = _field_of(form, largest.resource.name)

    assert field in (await team.olivia.submit(**{field: "-3"}))["errors"]
    assert field in (await team.olivia.submit(**{field: "250.505"}))["errors"]
    unchanged = await team.olivia.submit()
    assert "Nothing is different yet" in "".join(unchanged["errors"].values())
    assert (await team.status()).plan.revision == 1

    wanted = Money(minor=(largest.before.minor + largest.after.minor) // 2, currency="GBP")
    assert (await team.olivia.submit(**{field: str(wanted.amount)}))["ok"]
    new = await team.card("revision 2", "Waits for")
    assert new["ts"] == old["ts"]
    revised = (await team.status()).plan
    assert (revised.revision, revised.digest != plan.digest) == (2, True)

    # The button of the old card, pressed before the client saw the new one.
    await team.workspace.deliver_raw(team.late_click(old, "plan.approve", "U00AARON"))
    await team.aaron.sees("You clicked on revision 1")
    assert await team.state() is PlanState.WAITING
    assert await team.executions(plan) == ()

    await team.press(team.aaron, "Approve", "revision 2")
    await team.card("Done")
    assert await team.executions(plan) == ()
    assert len(await team.executions(revised)) == len(await team.edits()) == len(revised.changes)
    assert (await team.budgets())[largest.resource.id] == wanted


async def test_who_edited_a_plan_does_not_approve_it(team: Team) -> None:
    await team.press(team.aaron, "Edit", "Waits for")
    form = await team.aaron.sees_modal("Your edit becomes a new revision")
    change = (await team.status()).plan.changes[0]
    assert isinstance(change.before, Money)
    await team.aaron.submit(**{_field_of(form, change.resource.name): str(change.before.amount)})
    card = await team.card("revision 2", "Waits for")

    await team.workspace.deliver_raw(team.late_click(card, "plan.approve", "U00AARON"))

    notice = await team.aaron.sees("You cannot approve")
    assert "Carla Mendes" in all_words(notice)
    assert await team.state() is PlanState.WAITING


async def test_why_shows_the_reasons_the_rules_and_the_trail(team: Team) -> None:
    await team.victor.click(await team.victor.sees("Waits for"), "Why?")

    view = await team.victor.sees_modal("Rules that judged it")

    plan = (await team.status()).plan
    assert plan.digest[:12] in all_words(view)
    assert plan.evidence[0].id in all_words(view)
    assert "plan.proposed" in all_words(view)


def _field_of(form: Json, name: str) -> str:
    """The block id of the input of a campaign."""
    return next(
        block["block_id"]
        for block in form["blocks"]
        if block["type"] == "input" and block["label"]["text"].startswith(name)
    )

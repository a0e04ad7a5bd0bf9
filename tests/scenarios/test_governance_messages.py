"""Messages to single people whom a plan waits for, and the history under its card."""

from storage.records.plans import PlanState
from tests.scenarios.team import CHANNEL, DECIDING, Team, all_words, controls


async def test_who_is_asked_gets_one_message_and_approves_there(strict_team: Team) -> None:
    team = strict_team
    await team.asked_for(em_102=5)
    await team.card("Waits for")
    await team.tick()
    his = await team.aaron.sees("Aaron, your approval is asked", "im")
    hers = await team.carla.sees("Carla, your approval is asked", "im")
    assert "£35" in all_words(his)
    assert "*If nobody decides:* it expires" in all_words(his)
    assert {"plan.approve", "plan.reject", "plan.open"} <= controls(his)
    await team.tick()
    assert [len(team.asks(one)) for one in (team.aaron, team.carla, team.olivia, team.ada)] == [1, 1, 0, 0]

    await team.aaron.click(his, "Approve", channel="im")

    after = await team.aaron.sees("You approved it. It still needs", "im")
    assert after["ts"] == his["ts"]
    assert not {"plan.approve", "plan.reject"} & controls(after)
    await team.card("1 of 2 approvals")
    await team.carla.sees("Aaron Blake ✓", "im")

    await team.carla.click(await team.carla.sees("Aaron Blake ✓", "im"), "Approve", channel="im")

    await team.card("Done", "Approved by Aaron Blake and Carla Mendes")
    for person, message in ((team.aaron, his), (team.carla, hers)):
        done = await person.sees("It is done", "im")
        assert done["ts"] == message["ts"]
        assert not DECIDING & controls(done)


async def test_a_message_loses_its_buttons_when_somebody_else_decides(team: Team) -> None:
    await team.card("Waits for")
    await team.tick()
    asked = await team.aaron.sees("Aaron, your approval is asked", "im")

    await team.press(team.carla, "Reject")
    await team.carla.sees_modal("Why not?")
    await team.carla.submit(reason="Not before the sale")

    over = await team.aaron.sees("Rejected by Carla Mendes", "im")
    assert over["ts"] == asked["ts"]
    assert not DECIDING & controls(over)
    await team.aaron.click(asked | {"channel": over["channel"]}, "Why?", channel="im")
    await team.aaron.sees_modal("Rules that judged it")


async def test_a_reminder_comes_after_the_interval_and_the_cmo_is_next_in_line(team: Team) -> None:
    await team.card("Waits for")
    await team.tick()
    await team.aaron.sees("Aaron, your approval is asked", "im")
    assert team.asks(team.carla) == [], "who merely counts as an approver is not asked at once"
    await team.pass_time(minutes=239)
    assert len(team.asks(team.aaron)) == 1

    await team.pass_time(minutes=1)

    await team.aaron.sees("Aaron, this still waits for you", "im")
    raised = await team.carla.sees("Carla, this was escalated to you: nobody has decided", "im")
    assert "plan.approve" in controls(raised)
    await team.card("Escalated to Carla Mendes")
    await team.in_thread("⏫ Escalated to Carla Mendes: nobody had decided")
    await team.pass_time(minutes=1)
    assert [len(team.asks(one)) for one in (team.aaron, team.carla)] == [2, 1]

    await team.carla.click(raised, "Approve", channel="im")

    await team.card("Done", "Approved by Carla Mendes")
    await team.workspace.wait_for(lambda: not any(DECIDING & controls(one) for one in team.asks(team.aaron)), 30)


async def test_the_last_rung_is_that_it_expires_and_nothing_changes(team: Team) -> None:
    await team.card("Waits for")
    await team.tick()
    await team.aaron.sees("Aaron, your approval is asked", "im")
    for _ in range(4):
        await team.pass_time(hours=6)

    await team.card("Expired")
    await team.in_thread("⚪ Expired: nobody decided in time")
    assert await team.state() is PlanState.EXPIRED
    assert await team.edits() == []
    await team.workspace.wait_for(lambda: not any(DECIDING & controls(one) for one in team.asks(team.aaron)), 30)


async def test_the_history_stands_under_the_card_each_line_once_also_over_restarts(strict_team: Team) -> None:
    team = strict_team
    await team.asked_for(em_102=5)
    await team.in_thread("🆕 Proposed by Olivia Reed")
    await team.press(team.aaron, "Approve", "Waits for")
    await team.card("1 of 2 approvals")
    await team.stop_bot()  # perhaps between telling and remembering that it was told
    await team.start_bot()
    await team.in_thread("✅ Aaron Blake approved")
    async with team.office.ledger.write() as tx:
        await tx.home.put("chronicle", "0")  # as if the process had died before it could remember anything
    await team.stop_bot()
    await team.start_bot()

    await team.press(team.carla, "Approve")

    told = await team.in_thread("🟢 Done")
    lines = told.split("\n")
    for once in (
        "🆕 Proposed",
        "✅ Aaron Blake approved",
        "✅ Carla Mendes approved",
        "▶️ Being carried out",
        "🟢 Done",
    ):
        assert sum(line.startswith(once) for line in set(lines)) == 1, told
    threaded = team.workspace.messages(CHANNEL, thread_ts=(await team.card())["ts"])[1:]
    texts = "\n".join(one["text"] for one in threaded)
    for once in (
        "🆕 Proposed",
        "✅ Aaron Blake approved",
        "✅ Carla Mendes approved",
        "▶️ Being carried out",
        "🟢 Done",
    ):
        assert texts.count(once) == 1, texts


async def test_a_reply_of_slack_that_got_lost_tells_no_line_twice(team: Team) -> None:
    await team.in_thread("🆕 Proposed by")
    team.workspace.faults.methods, team.workspace.faults.lost_replies = ("chat.postMessage",), 1

    await team.olivia.click(await team.card("Waits for"), "Ask a question…")
    await team.olivia.sees_modal("Your question")
    await team.olivia.submit(words="Why now?")
    await team.in_thread("❓ Olivia Reed asks")
    await team.press(team.aaron, "Approve", "Waits for")
    await team.in_thread("🟢 Done")

    threaded = team.workspace.messages(CHANNEL, thread_ts=(await team.card())["ts"])[1:]
    texts = "\n".join(one["text"] for one in threaded)
    assert texts.count("❓ Olivia Reed asks") == 1
    assert texts.count("✅ Aaron Blake approved") == 1

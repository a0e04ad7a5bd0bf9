"""Support cases have the moments that their clocks need."""

from pathlib import Path

from tests.unit.agents.entities.files import at, got, known, sample, written


def test_a_conversation_is_folded_from_its_history():
    tickets = sample("intercom_conversations.csv")
    order, refund, later = tickets.rows("ticket")
    assert order["opened_at"] == at("2026-02-02 09:00")
    # The bot's word after ten seconds is none; Kim's reply counts although it stands below the first closing.
    assert order["first_reply_at"] == at("2026-02-02 10:30")
    assert (order["state"], order["reopened"], order["resolution"]) == ("closed", 1, "confirmed")
    assert order["resolved_at"] == at("2026-02-03 11:00")
    assert order["tags"] == "delivery"
    assert (refund["resolution"], refund["escalated"], refund["first_reply_at"]) == ("assumed", True, None)
    assert (later["state"], later["resolved_at"]) == ("waiting", None)
    assert tickets.reasons() == {10: "state is teleported, must be one of open, waiting, resolved, closed"}


def test_conversations_with_their_statistics(tmp_path: Path):
    text = (
        (
            "conversation_id,created_at,updated_at,state,first_admin_reply_at,last_close_at,count_reopens,user_id\n"
            "9,1769940000,1769950000,closed,,1769943600,2,u9\n8,1769940000,1769950000,open,,,0,u8\n"
        )
        .replace("first_admin_reply_at", "statistics.first_admin_reply_at")
        .replace("last_close_at", "statistics.last_close_at")
    )
    closed, still_open = got(known(written(tmp_path, text))).rows("ticket")
    assert (closed["opened_at"], closed["resolved_at"], closed["reopened"]) == (
        at("2026-02-01 10:00"), at("2026-02-01 11:00"), 2,
    )  # fmt: skip
    assert (still_open["state"], still_open["resolution"]) == ("open", None)


def test_one_unreadable_moment_of_a_history_sets_the_whole_conversation_aside(tmp_path: Path):
    header = "Conversation ID,State,State changed at,Conversation started at\n"
    rows = [f"{n},open,2026-02-01 10:00,2026-02-01 10:00" for n in range(100)]
    rows += ["7,closed,never,2026-02-01 10:00", "7,closed,2026-02-02 10:00,2026-02-01 10:00"]
    tickets = got(known(written(tmp_path, header + "\n".join(rows) + "\n")))
    assert tickets.tally.rows_by_dataset == {"ticket": 99}
    assert tickets.tally.rows_quarantined == 3
    assert tickets.reasons()[9] == "belongs to line 102, which cannot be read"


def test_zendesk_tickets_reply_after_minutes_of_the_calendar():
    tickets = sample("zendesk_tickets.csv")
    refund, on_hold, odd = tickets.rows("ticket")
    assert refund["first_reply_at"] == at("2026-02-03 09:00")
    assert (refund["state"], refund["resolution"], refund["rating"], refund["reopened"]) == (
        "resolved",
        "confirmed",
        5,
        1,
    )
    assert (on_hold["state"], on_hold["escalated"], on_hold["first_reply_at"]) == ("waiting", True, None)
    assert (odd["state"], odd["resolution"], odd["rating"]) == ("closed", "assumed", None)
    assert odd["first_reply_at"] == at("2026-01-02 10:12:30")
    assert odd["subject"] == '=HYPERLINK("http://x")'
    assert refund["requester"] == "900"
    assert list(tickets.reasons()) == [5]


def test_zendesk_in_json_lines(tmp_path: Path):
    text = (
        '{"id":35436,"status":"solved","created_at":"2026-02-02T09:00:00Z","updated_at":"2026-02-03T09:00:00Z",'
        '"requester":{"id":900,"email":"A@x.com","name":"Ada"},"assignee":{"name":"Kim"},"tags":["refund","vip"],'
        '"satisfaction_rating":{"score":"bad"},"metric_set":{"reopens":2,"solved_at":"2026-02-02T12:00:00Z",'
        '"reply_time_in_minutes":{"calendar":90,"business":30}}}\n'
    )
    (row,) = got(known(written(tmp_path, text, "tickets.json"))).rows("ticket")
    assert (row["id"], row["requester"], row["assignee"], row["tags"]) == ("35436", "900", "Kim", "refund; vip")
    assert (row["first_reply_at"], row["resolved_at"]) == (at("2026-02-02 10:30"), at("2026-02-02 12:00"))
    assert (row["reopened"], row["rating"], row["resolution"]) == (2, 1, "assumed")


def test_zendesk_with_business_hours_only_says_that_replies_cannot_be_told(tmp_path: Path):
    text = (
        "Id,Requester id,Status,Created at,First reply time in minutes within business hours\n"
        "1,9,Open,2026-02-02 09:00,45\n"
    )
    tickets = got(known(written(tmp_path, text)))
    assert tickets.column("ticket", "first_reply_at") == [None]
    assert any("business hours only" in note for note in tickets.tally.notes)

"""A marketer drops the exports they have into the channel, and the bot says what they hold."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.workspace.faults import Faults
from tests.fakes.member import Json
from tests.scenarios.dropped_exports import Made, ten_exports
from tests.scenarios.team import CHANNEL, START, Team, all_words
from tests.unit.bot.cards.strictness import texts_of

Hire = Callable[..., AbstractAsyncContextManager[Team]]
YESTERDAY = START.date() - timedelta(days=1)


def made_in(folder: Path) -> Made:
    (folder / "exports").mkdir()
    return ten_exports(folder / "exports", YESTERDAY)


def a_file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def thread_of(team: Team, ts: str) -> list[Json]:
    return team.workspace.messages(CHANNEL, thread_ts=ts)[1:]


def is_card(message: Json) -> bool:
    return any(block.get("block_id") == "data.found" for block in message.get("blocks", ()))


def cards(team: Team) -> list[Json]:
    return [message for message in team.workspace.messages(CHANNEL) if is_card(message)]


async def test_ten_exports_at_once_make_one_card_and_a_picture_of_the_business(team: Team, tmp_path: Path) -> None:
    made = made_in(tmp_path)

    ts = await team.olivia.drop(*made.paths, text="Everything we have")
    card = await team.olivia.sees(lambda message: is_card(message) and "10 files" in all_words(message))

    told = all_words(card)
    assert "10 files: 9 read, 1 question" in told
    for expected in (
        f"£{made.google_gbp:,.2f} spent", f"€{made.meta_eur:,.2f} spent", f"${made.linkedin_usd:,.2f} spent",
        "150 orders", "influencer partners.csv", "All your data now*: 9 sources", "Not fresh", "LinkedIn Ads",
    ):  # fmt: skip
        assert expected in told
    assert len(cards(team)) == 1
    assert card["thread_ts"] == ts
    (picture,) = [block for block in card["blocks"] if block["type"] == "image"]
    assert "Google Ads" in picture["alt_text"]
    assert team.workspace.file(picture["slack_file"]["id"]) is not None
    progress = thread_of(team, ts)[0]
    await team.olivia.sees("Through with 10 files", thread_ts=ts)
    assert progress["ts"] == (await team.olivia.sees("Through with 10 files", thread_ts=ts))["ts"]
    question = await team.olivia.sees(lambda message: "question.answer.0" in str(message.get("blocks")))
    assert "influencer partners.csv" in all_words(question)

    await team.olivia.send("/data")
    whole = await team.olivia.sees("Your data: 9 sources")
    for expected in ("Google Ads", "nothing on 42 days in between", "GA4", "150 orders", "Zendesk"):
        assert expected in all_words(whole)
    await team.olivia.click(card, "data.picture")
    await team.olivia.sees_modal("Your data: 9 sources")
    await team.olivia.open_home()
    await team.olivia.sees_home("9 sources")


async def test_one_file_tells_what_it_holds_and_the_same_file_again_changes_nothing(team: Team, tmp_path: Path) -> None:
    made = made_in(tmp_path)
    await team.olivia.drop(made.paths[0])
    first = await team.olivia.sees("Campaign report.csv: read")
    told = all_words(first)
    for expected in ("Google Ads", "4 campaigns", f"£{made.google_gbp:,.2f}", "Equal to the file's own total row"):
        assert expected in told

    await team.aaron.drop(made.paths[0])

    await team.aaron.sees("I had exactly this already")
    async with team.office.ledger.read() as tx:
        assert len(await tx.loads.known(simulated=False)) == 1


async def test_rows_that_break_the_contract_are_named_with_line_and_reason(team: Team, tmp_path: Path) -> None:
    good = made_in(tmp_path).paths[3].read_text(encoding="utf-8").splitlines()
    torn = good.copy()
    torn[10] = torn[10].rsplit(",", 5)[0] + ',"-7","2.10%","5.00","0","0"'

    await team.olivia.drop(a_file(tmp_path, "bing.csv", "\n".join(torn)))
    card = await team.olivia.sees("set aside*")

    assert "line 11" in all_words(card)
    await team.olivia.click(card, "data.set_aside")
    assert "line 11" in all_words(await team.olivia.sees_modal("bing.csv"))


async def test_what_cannot_be_read_is_refused_with_a_reason_and_nothing_lands(team: Team, tmp_path: Path) -> None:
    (tmp_path / "deck.pdf").write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    (tmp_path / "book.xlsx").write_bytes(b"PK\x03\x04" + bytes(200))

    await team.olivia.drop(tmp_path / "deck.pdf", tmp_path / "book.xlsx")
    card = await team.olivia.sees("2 files: 0 read, 2 not readable")

    assert "deck.pdf" in all_words(card)
    assert "book.xlsx" in all_words(card)
    async with team.office.ledger.read() as tx:
        assert await tx.loads.known(simulated=False) == ()


async def test_pictures_and_files_of_other_places_are_left_alone(team: Team, tmp_path: Path) -> None:
    made = made_in(tmp_path)
    (tmp_path / "screenshot.png").write_bytes(b"\x89PNG\r\n\x1a\n")

    await team.olivia.drop(made.paths[0], channel="C00GENERAL")
    ts = await team.olivia.drop(tmp_path / "screenshot.png", text="look at this")
    await team.olivia.drop(made.paths[2])
    await team.olivia.sees("campaign_performance_report.csv: read")

    assert thread_of(team, ts) == []
    assert all(not message.get("bot_id") for message in team.workspace.messages("C00GENERAL"))
    async with team.office.ledger.read() as tx:
        assert [one.source for one in await tx.loads.known(simulated=False)] == ["linkedin"]


async def test_elsewhere_a_file_is_read_where_the_bot_is_asked_to(team: Team, tmp_path: Path) -> None:
    made = made_in(tmp_path)
    await team.olivia.drop(made.paths[2], text="@Countersign please read", channel="C00GENERAL")
    await team.olivia.sees("campaign_performance_report.csv: read", "C00GENERAL")
    assert "do not understand" not in str(team.workspace.messages("C00GENERAL"))


async def test_a_direct_message_with_a_file_is_answered_there(team: Team, tmp_path: Path) -> None:
    made = made_in(tmp_path)
    await team.olivia.drop(made.paths[2], channel="im")
    await team.olivia.sees("campaign_performance_report.csv: read", "im")
    assert cards(team) == []


async def test_who_may_not_add_data_and_who_is_unknown_are_told_and_nothing_is_read(team: Team, tmp_path: Path) -> None:
    made = made_in(tmp_path)
    await team.victor.drop(*made.paths[:3])
    await team.victor.sees("I left your file unread")
    await team.people["U00STRANGER"].drop(made.paths[0])
    await team.people["U00STRANGER"].sees("I do not know you yet")

    assert len(team.workspace.ephemerals("U00VICTOR", CHANNEL)) == 1
    async with team.office.ledger.read() as tx:
        assert await tx.loads.known(simulated=False) == ()


async def test_an_event_that_slack_sends_twice_is_one_reading(team: Team, tmp_path: Path) -> None:
    faults: Faults = team.workspace.faults
    faults.duplicates = 5
    await team.olivia.drop(made_in(tmp_path).paths[2])
    await team.olivia.sees("campaign_performance_report.csv: read")
    await team.olivia.drop(a_file(tmp_path, "later.csv", "nothing,known\n1,2\n"))
    await team.olivia.sees(lambda message: is_card(message) and "later.csv" in all_words(message))

    assert len(cards(team)) == 2


async def test_a_file_taken_before_a_crash_is_read_after_it(team: Team, tmp_path: Path) -> None:
    made = made_in(tmp_path)
    await team.stop_bot()
    await team.olivia.drop(made.paths[2])
    (event,) = [one for one in team.workspace.pending_events if one["event"]["type"] == "file_shared"]
    inner = event["event"]
    # Taken, as the listener does at once, and then the process is gone.
    async with team.office.ledger.write() as tx:
        key = f"drop:{inner['channel_id']}:{inner['file_id']}:{inner['user_id']}"
        assert await tx.deliveries.first_time(key, now=team.office.clock())

    await team.start_bot()

    await team.olivia.sees("campaign_performance_report.csv: read")
    assert len(cards(team)) == 1


async def test_while_slack_is_down_files_are_still_read_and_told_of_later(team: Team, tmp_path: Path) -> None:
    made = made_in(tmp_path)
    await team.olivia.drop(a_file(tmp_path, "first.csv", "nothing,known\n1,2\n"))
    await team.olivia.sees(lambda message: is_card(message) and "first.csv" in all_words(message))

    faults: Faults = team.workspace.faults
    faults.methods, faults.errors = ("files.info", "chat.postMessage"), 4
    await team.olivia.drop(made.paths[2])

    await team.olivia.sees("campaign_performance_report.csv: read")
    assert faults.errors == 0


async def test_a_long_name_or_one_of_markup_harms_nothing(team: Team, tmp_path: Path) -> None:
    text = made_in(tmp_path).paths[2].read_text(encoding="utf-8")
    file_id = await team.olivia.upload(f"../../<!channel> *{'x' * 300}*.csv", text)
    await team.olivia.send("", files=[file_id])
    card: Any = await team.olivia.sees(is_card)
    assert not any("<!channel>" in text for text in texts_of(card["blocks"]))
    assert "read" in all_words(card)

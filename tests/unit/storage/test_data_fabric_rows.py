"""Questions, quarantine, feeds and cursors: what is asked once, set aside once, and read on from where it stopped."""

from datetime import timedelta

import pytest

from storage.database import Database
from storage.ledger import Ledger
from storage.records.feeds import FeedColumn
from storage.records.forgotten import ERASED, without
from storage.records.quarantine import Quarantined, QuarantineState
from storage.records.questions import Option, QuestionKind, QuestionState
from tests.builders import NOW
from tests.fakes.work_queue import HandWorkQueue

LATER = NOW + timedelta(hours=1)
OPTIONS = (Option(id="accept", label="Accept"), Option(id="refuse", label="Refuse"))


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database, HandWorkQueue(database))


def asking(**changes) -> dict:
    said = {"title": "Columns changed", "options": OPTIONS, "if_nobody_answers": "The file waits.", "now": NOW}
    return {**said, **changes}


def row(line: int = 7, **cells: str) -> Quarantined:
    return Quarantined(dataset="facts", line=line, reason="clicks is -3", cells=cells or {"Clicks": "-3"})


async def test_one_question_a_key_is_open_and_new_facts_bring_it_up_to_date(ledger: Ledger):
    async with ledger.write() as tx:
        asked = await tx.questions.ask(QuestionKind.SCHEMA, "schema:google", **asking())
        same = await tx.questions.ask(QuestionKind.SCHEMA, "schema:google", **asking(now=LATER))
        other = await tx.questions.ask(QuestionKind.MERGE, "merge:a:b", **asking())
        changed = await tx.questions.ask(QuestionKind.SCHEMA, "schema:google", **asking(lines=["Cost is new"]))
    assert (asked.id, asked.version, other.id) == ("Q-1", 1, "Q-2")
    assert same == asked
    assert (changed.id, changed.version, changed.asked_at, changed.lines) == ("Q-1", 2, NOW, ("Cost is new",))
    async with ledger.read() as tx:
        assert await tx.questions.open() == (changed, other)
        assert await tx.questions.open(QuestionKind.MERGE) == (other,)
        assert await tx.questions.recent(1) == (other,)
        assert await tx.questions.get("Q-9") is None


async def test_only_the_first_answer_counts_and_the_next_question_of_the_key_is_another(ledger: Ledger):
    async with ledger.write() as tx:
        asked = await tx.questions.ask(QuestionKind.SCHEMA, "schema:google", **asking())
    async with ledger.write() as tx:
        first = await tx.questions.answer(asked.id, "accept", by="olivia", now=LATER)
        assert await tx.questions.answer(asked.id, "refuse", by="aaron", now=LATER) is None
        assert await tx.questions.answer("Q-9", "refuse", by="aaron", now=LATER) is None
    assert first is not None
    assert (first.state, first.answer, first.answered_by, first.version) == ("answered", "accept", "olivia", 2)
    async with ledger.write() as tx:
        again = await tx.questions.ask(QuestionKind.SCHEMA, "schema:google", **asking(now=LATER))
        assert again.id == "Q-2"
        assert await tx.questions.newest_of("schema:google") == again
        withdrawn = await tx.questions.withdraw("schema:google", outcome="The file was deleted.")
        assert withdrawn is not None
        assert (withdrawn.state, withdrawn.version) == (QuestionState.WITHDRAWN, 2)
        assert await tx.questions.withdraw("schema:google", outcome="x") is None
        assert await tx.questions.open() == ()
        assert await tx.questions.newest_of("merge") is None


async def test_rows_set_aside_wait_until_they_are_settled(ledger: Ledger):
    async with ledger.write() as tx:
        given = {"source": "google_ads", "path": "june.csv", "now": NOW}
        assert await tx.quarantine.add([row(9), row(7)], load_id="file-1", **given) == 2
        assert await tx.quarantine.add([row(3)], load_id="file-2", **given) == 1
        assert await tx.quarantine.counts() == {"file-1": 2, "file-2": 1}
        second, first = await tx.quarantine.open(load_id="file-1")
        assert [one.row.line for one in await tx.quarantine.of_load("file-1")] == [7, 9]
        settled = first.model_copy(update={"state": QuarantineState.REPLAYED, "landed_with": "file-3"})
        await tx.quarantine.save(settled)
        assert await tx.quarantine.get(first.id) == settled
        assert await tx.quarantine.open(load_id="file-1") == (second,)
        assert await tx.quarantine.counts() == {"file-1": 1, "file-2": 1}
        assert len(await tx.quarantine.open(limit=1)) == 1
        assert await tx.quarantine.get(99) is None
        assert len(await tx.quarantine.of_load("file-1")) == 2


async def test_a_feed_keeps_every_accepted_version_and_the_newest_counts(ledger: Ledger):
    day, cost = FeedColumn(name="Day", kind="day"), FeedColumn(name="Cost", kind="money")
    async with ledger.write() as tx:
        assert await tx.feeds.newest("google_ads/campaign") is None
        one = await tx.feeds.accept("google_ads/campaign", [day], by="system", now=NOW)
        two = await tx.feeds.accept("google_ads/campaign", [day, cost], by="person:olivia", now=LATER)
        other = await tx.feeds.accept("meta/ads", [day], by="system", now=NOW)
    async with ledger.read() as tx:
        assert (one.version, two.version, other.version) == (1, 2, 1)
        assert await tx.feeds.versions("google_ads/campaign") == (one, two)
        assert await tx.feeds.newest("google_ads/campaign") == two
        assert await tx.feeds.all() == (two, other)


async def test_a_cursor_moves_with_its_transaction(ledger: Ledger):
    async with ledger.write() as tx:
        assert await tx.cursors.get("crm") is None
        await tx.cursors.put("crm", {"page": 1})
        await tx.cursors.put("crm", {"page": 2, "since": "2025-07-01"})
        await tx.cursors.put("shop", {})
    async with ledger.read() as tx:
        assert await tx.cursors.get("crm") == {"page": 2, "since": "2025-07-01"}
        assert await tx.cursors.all() == {"crm": {"page": 2, "since": "2025-07-01"}, "shop": {}}


async def test_a_forgotten_text_leaves_questions_and_rows_set_aside(ledger: Ledger):
    async with ledger.write() as tx:
        await tx.quarantine.add(
            [row(Note="ask JANE@x.com or joJane@x.com"), row()], load_id="file-1", source="s", path="p", now=NOW
        )
        await tx.questions.ask(
            QuestionKind.MAPPING,
            "mapping:x",
            **asking(table=[["mail"], ["jane@x.com"]], subject={"seen": ["jane@x.com"]}),
        )
        assert await tx.quarantine.forget({"jane@x.com"}) == 1
        assert await tx.questions.forget({"jane@x.com"}) == 1
        assert await tx.questions.forget({"jane@x.com"}) == 0
    async with ledger.read() as tx:
        assert (await tx.quarantine.open())[0].row.cells == {"Note": f"ask {ERASED} or joJane@x.com"}
        (asked,) = await tx.questions.open()
        assert (asked.table, asked.subject, asked.version) == ((("mail",), (ERASED,)), {"seen": [ERASED]}, 2)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("ann@x.com", ERASED),
        ("Ann@X.com.", f"{ERASED}."),
        ("joann@x.com", "joann@x.com"),
        ("big.ann@x.com", "big.ann@x.com"),
        ("ann@x.com.au", "ann@x.com.au"),
        ("51 and 510", "51 and 510"),
    ],
)
def test_a_text_is_taken_out_whole_and_not_out_of_others(said: str, left: str):
    assert without({"k": (said, 5, None)}, {"ann@x.com", "51"}) == {"k": (left, 5, None)}
    assert without(said, set()) == said

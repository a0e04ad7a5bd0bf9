"""The rules as a channel: signed editions, each once, never over what somebody wrote into the database."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import text

from agents.channels.channel import ChangeRefused, Reversibility
from agents.channels.policy_book import PolicyBook
from storage.database import Database
from storage.ledger import Ledger
from storage.records.executions import execution_key
from storage.records.plans import Change
from storage.records.policies import Edition, texts_of_value, value_of_texts
from storage.records.verdicts import Answer
from storage.signing import Keyring
from tests.builders import AARON, CARLA, VICTOR, a_decision, pounds
from tests.fakes.editions import SHIPPED, a_change_of_rules, a_keyring, a_policy_book, put_in_force
from tests.fakes.work_queue import HandWorkQueue

FIRST = {**SHIPPED, "limits.yml": "one"}


@dataclass
class Shelf:
    ledger: Ledger
    keyring: Keyring
    database: Database
    files: dict[str, str] = field(default_factory=dict)

    def book(self, *, sound: Callable[[Edition], object] = lambda _: None) -> PolicyBook:
        return a_policy_book(self.ledger, self.keyring, sound=sound, files=self.files)

    async def newest(self) -> Edition:
        async with self.ledger.read() as tx:
            newest = await tx.policies.newest()
            assert newest is not None
            edition = await tx.policies.edition(newest[0])
        assert edition is not None
        return edition


@pytest.fixture
async def shelf(database: Database, tmp_path: Path) -> Shelf:
    made = Shelf(Ledger(database, HandWorkQueue(database)), a_keyring(tmp_path), database)
    await put_in_force(made.ledger, made.keyring, FIRST)
    return made


async def applied(book: PolicyBook, change: Change, key: str = "k1") -> None:
    await book.apply(change, key=key, expected_version=change.expected_version)


async def test_approved_texts_are_the_next_edition_signed_and_audited(shelf: Shelf):
    book = shelf.book()
    await applied(book, await a_change_of_rules(book, limits_yml="two", own_cedar="// ours"))
    edition = await shelf.newest()
    assert edition.number == 2
    assert edition.texts == {**SHIPPED, "limits.yml": "two", "own.cedar": "// ours"}
    assert [one.name for one in edition.files if one.own] == ["limits.yml", "own.cedar"]
    async with shelf.ledger.read() as tx:
        entry = (await tx.audit.of("rules"))[-1]
    assert entry.action == "policy.changed"
    assert (entry.facts["edition"], entry.facts["version"]) == (2, edition.version)
    assert entry.facts["files"] == ["limits.yml", "own.cedar"]
    assert shelf.files == {"limits.yml": "two", "own.cedar": "// ours"}


async def test_an_edition_names_its_plan_and_those_whose_newest_word_was_yes(shelf: Shelf):
    book = shelf.book()
    async with shelf.ledger.write() as tx:
        for person, answer in (
            (AARON, Answer.APPROVE), (CARLA, Answer.APPROVE), (VICTOR, Answer.APPROVE), (VICTOR, Answer.WITHDRAW),
        ):  # fmt: skip
            await tx.approvals.add_decision(a_decision(person_id=person.id, answer=answer))
    await applied(book, await a_change_of_rules(book, limits_yml="two"), execution_key("PLAN-12", 1, "c1"))
    edition = await shelf.newest()
    assert (edition.because, edition.approved_by) == ("PLAN-12", ("aaron", "carla"))


async def test_a_file_of_ones_own_can_be_removed_and_a_shipped_text_put_back(shelf: Shelf):
    book = shelf.book()
    await applied(book, await a_change_of_rules(book, own_cedar="// ours", caps_cedar="// ours too"))
    await applied(book, await a_change_of_rules(book, own_cedar=None, caps_cedar=SHIPPED["caps.cedar"]), "k2")
    edition = await shelf.newest()
    assert edition.texts == FIRST
    assert [one.name for one in edition.files if one.own] == ["limits.yml"]


async def test_what_was_applied_is_found_with_all_its_files(shelf: Shelf):
    book = shelf.book()
    change = await a_change_of_rules(book, limits_yml="two", own_cedar="// ours")
    receipt = await book.apply(change, key="k1", expected_version=change.expected_version)
    await applied(book, await a_change_of_rules(book, limits_yml="three"), "k2")
    assert await book.find("k1") == receipt
    assert (receipt.value, receipt.reference) == (change.after, "edition 2")


async def test_a_book_without_an_edition_has_nothing_to_find_or_change(database: Database, tmp_path: Path):
    ledger = Ledger(database, HandWorkQueue(database))
    book = a_policy_book(ledger, a_keyring(tmp_path))
    assert await book.find("k1") is None
    with pytest.raises(ChangeRefused, match="restore"):
        await a_change_of_rules(book, limits_yml="one")


async def test_the_very_first_edition_is_found_by_its_key(database: Database, tmp_path: Path):
    ledger, keyring = Ledger(database, HandWorkQueue(database)), a_keyring(tmp_path)
    first = Edition(number=1, files=(), because="k0", key="k0", at=a_decision().decided_at)
    async with ledger.write() as tx:
        await tx.policies.add(first)
    found = await a_policy_book(ledger, keyring).find("k0")
    assert found is not None
    assert found.value == "{}"


@pytest.mark.parametrize(
    ("update", "words"),
    [
        ({"after": pounds(3)}, "texts by file name"),
        ({"after": '["limits.yml"]'}, "texts by file name"),
        ({"after": '{"limits.yml": 3}'}, "texts by file name"),
        ({"after": value_of_texts({"other.cedar": "x"})}, "the change is about other.cedar"),
        ({"after": value_of_texts({"limits.yml": "one"})}, "limits.yml would stay as it is"),
        ({"before": value_of_texts({"limits.yml": "zero"})}, "propose it again"),
        ({"after": "{"}, "texts by file name"),
    ],
)
async def test_a_change_that_is_not_what_it_says_is_refused(shelf: Shelf, update: dict[str, object], words: str):
    book = shelf.book()
    change = (await a_change_of_rules(book, limits_yml="two")).model_copy(update=update)
    with pytest.raises(ChangeRefused, match=words):
        await book.preview(change)
    with pytest.raises(ChangeRefused, match=words):
        await applied(book, change)
    assert (await shelf.newest()).number == 1


@pytest.mark.parametrize("name", ["", "limits.yml,caps.cedar", "limits.yml, caps.cedar", "../etc.cedar", "Caps.cedar"])
async def test_only_known_names_in_order_are_files_of_the_rules(shelf: Shelf, name: str):
    book = shelf.book()
    change = await a_change_of_rules(book, limits_yml="two")
    with pytest.raises(ChangeRefused, match="names its files"):
        await book.read(change.resource.model_copy(update={"name": name}), "text")


async def test_a_text_of_the_product_is_replaced_and_never_removed(shelf: Shelf):
    book = shelf.book()
    with pytest.raises(ChangeRefused, match="came with the product"):
        await applied(book, await a_change_of_rules(book, caps_cedar=None))


async def test_texts_that_could_not_judge_never_come_into_force(shelf: Shelf):
    def broken(_: Edition) -> None:
        raise ValueError("caps.cedar: cannot be parsed")

    book = shelf.book(sound=broken)
    change = await a_change_of_rules(book, caps_cedar="permit")
    with pytest.raises(ChangeRefused, match="cannot be parsed"):
        await applied(book, change)
    assert (await shelf.newest()).number == 1


@pytest.mark.parametrize("statement", ["body = replace(body, 'one', 'ten')", "version = 'other'"])
async def test_no_edition_is_built_upon_one_that_was_altered(shelf: Shelf, statement: str):
    book = shelf.book()
    change = await a_change_of_rules(book, limits_yml="two")
    async with shelf.database.writing.begin() as connection:
        await connection.execute(text(f"UPDATE edition SET {statement}"))
    with pytest.raises(ChangeRefused, match="not those that were signed"):
        await applied(book, change)


async def test_an_edition_that_is_gone_is_passed_over_by_find(shelf: Shelf):
    book = shelf.book()
    await applied(book, await a_change_of_rules(book, limits_yml="two"))
    async with shelf.database.writing.begin() as connection:
        await connection.execute(text("DELETE FROM edition WHERE number = 1"))
    assert await book.find("k0") is None


async def test_taking_a_change_of_the_rules_back_is_possible_in_full(shelf: Shelf):
    (capability,) = shelf.book().capabilities()
    assert (capability.field, capability.reversible) == ("text", Reversibility.FULL)


def test_texts_read_back_as_they_were_written():
    texts = {"limits.yml": "a: “b”\n", "own.cedar": None}
    assert texts_of_value(value_of_texts(texts)) == texts
    assert json.loads(value_of_texts(texts)) == texts

"""People's texts leave the data at the door: tokens stand for them, only some roles see through, and forgetting is whole."""

import random
import re
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.contracts.checks import conform
from storage.contracts.entities import Deal, Lead, Order, Product, Ticket
from storage.database import Database
from storage.ledger import Ledger
from storage.personal.subjects import settle
from storage.personal.texts import TOKEN, fold
from storage.records.quarantine import Quarantined
from tests.fakes.work_queue import HandWorkQueue

JANE = "jane@example.com"
MOMENT = datetime(2025, 7, 1, tzinfo=UTC)


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database, HandWorkQueue(database))


def leads(*rows: dict, source: str = "hubspot") -> pl.DataFrame:
    return conform(pl.DataFrame([{"source": source, **row} for row in rows], infer_schema_length=None), Lead)


def order(order_id: str, **fields: str) -> pl.DataFrame:
    base = {"source": "shopify", "id": order_id, "ordered_at": MOMENT, "status": "paid", "currency": "GBP"}
    frame = pl.DataFrame([{**base, "gross_micros": 1, **fields}])
    return conform(frame.with_columns(pl.col("ordered_at").cast(pl.Datetime("us", "UTC"))), Order)


async def hidden(ledger: Ledger, frame: pl.DataFrame, contract: type = Lead) -> pl.DataFrame:
    async with ledger.write() as tx:
        return await tx.vault.pseudonymise(frame, contract)


async def texts(ledger: Ledger) -> dict[str, str]:
    """Every text that is still in the database, by its token."""
    async with ledger.read() as tx:
        rows = await tx._connection.exec_driver_sql("SELECT token, value FROM personal")
        return dict(rows.all())


async def test_every_personal_text_becomes_a_token_and_the_rest_stays(ledger: Ledger):
    given = leads(
        {"id": "51", "email": JANE, "name": "Jane Doe", "phone": "+44 20 1", "company": "Acme", "aliases": "7 8"},
        {"id": "52", "email": None, "name": " ", "company": "Beta"},
    )
    told = await hidden(ledger, given)
    assert told.schema == given.schema
    first, second = told.rows(named=True)
    assert all(TOKEN.fullmatch(first[name]) for name in ("id", "email", "name", "phone"))
    assert len(first["aliases"].split()) == 2
    assert all(map(TOKEN.fullmatch, first["aliases"].split()))
    assert (second["email"], second["name"], second["company"]) == (None, " ", "Beta")
    assert told.drop("id", "email", "name", "phone", "aliases").equals(
        given.drop("id", "email", "name", "phone", "aliases")
    )
    assert (await texts(ledger))[first["name"]] == "Jane Doe"


async def test_the_same_text_has_the_same_token_whatever_the_case_of_an_address(ledger: Ledger):
    once = await hidden(ledger, leads({"id": "51", "email": "Jane@Example.com", "name": "Jane Doe"}))
    again = await hidden(ledger, leads({"id": "51", "email": JANE, "name": "Jane Doe"}))
    assert once.equals(again)


async def test_an_address_is_one_token_in_every_dataset_and_an_id_in_every_dataset_of_its_source(ledger: Ledger):
    lead = (await hidden(ledger, leads({"id": "51", "email": JANE}))).row(0, named=True)
    bought = (await hidden(ledger, order("1", customer="51", email=JANE), Order)).row(0, named=True)
    assert bought["email"] == lead["email"]
    assert bought["customer"] != lead["id"], "51 of the shop is not 51 of the CRM"
    deal = pl.DataFrame(
        [{"source": "hubspot", "id": "9", "stage": "new", "state": "open", "created_at": MOMENT, "lead": "51"}]
    ).with_columns(pl.col("created_at").cast(pl.Datetime("us", "UTC")))
    assert (await hidden(ledger, conform(deal, Deal), Deal))["lead"][0] == lead["id"]


async def test_what_holds_no_personal_column_stays_as_it_is(ledger: Ledger):
    given = conform(pl.DataFrame([{"source": "shop", "id": "1", "title": "Jane's cup"}]), Product)
    assert (await hidden(ledger, given, Product)).equals(given)


async def test_tokens_are_left_alone_so_that_a_row_can_be_read_again(ledger: Ledger):
    once = await hidden(ledger, leads({"id": "51", "email": JANE, "name": "Jane Doe", "aliases": "7"}))
    assert (await hidden(ledger, once)).equals(once)


async def test_forgetting_a_person_takes_all_their_texts_and_nobody_elses(ledger: Ledger):
    """Two people of one name and one telephone: forgetting the one leaves the other whole."""
    told = await hidden(
        ledger,
        leads(
            {"id": "51", "email": JANE, "name": "Jane Doe", "phone": "020 7"},
            {"id": "52", "email": "jd@other.com", "name": "Jane Doe", "phone": "(020) 7"},
        ),
    )
    async with ledger.write() as tx:
        (subject,) = await tx.vault.find("JANE@example.com")
        gone = await tx.vault.erase(subject)
    assert sorted(one.field for one in gone) == ["email", "id:hubspot", "name", "phone"]
    left = await texts(ledger)
    assert set(left) == set(told.drop("line").row(1, named=True).values()) & set(left)
    assert sorted(left.values()) == ["(020) 7", "52", "Jane Doe", "jd@other.com"]


async def test_rows_that_name_two_ids_together_make_them_one_person(ledger: Ledger):
    await hidden(ledger, leads({"id": "51", "email": JANE}))
    await hidden(ledger, order("1", customer="c9", email="jane.doe@work.com"), Order)
    async with ledger.write() as tx:
        assert len(await tx.vault.find("c9") | await tx.vault.find(JANE)) == 2
    await hidden(ledger, order("2", customer="c9", email=JANE), Order)
    async with ledger.write() as tx:
        (subject,) = await tx.vault.find("c9") | await tx.vault.find(JANE)
        assert {one.value for one in await tx.vault.erase(subject)} == {"51", JANE, "c9", "jane.doe@work.com"}


async def test_a_person_is_found_by_address_telephone_or_id(ledger: Ledger):
    await hidden(ledger, leads({"id": "51", "email": JANE, "phone": "+44 (20) 7946-0000"}))
    await hidden(ledger, leads({"id": "51", "email": "other@x.com"}, source="salesforce"))
    async with ledger.write() as tx:
        by_mail = await tx.vault.find(JANE)
        assert list(await tx.vault.find("44 20 7946 0000")) == list(by_mail)
        assert len(await tx.vault.find("51")) == 2
        assert list(await tx.vault.find("hubspot:51")) == list(by_mail)
        assert await tx.vault.find("nobody@x.com") == {}


async def test_a_text_kept_before_its_row_said_whose_it_is_goes_with_the_person(ledger: Ledger):
    def ticket(**more: str) -> pl.DataFrame:
        base = {"source": "zendesk", "id": "3", "opened_at": MOMENT, "state": "open", "subject": "My bill"}
        frame = pl.DataFrame([{**base, **more}])
        return conform(frame.with_columns(pl.col("opened_at").cast(pl.Datetime("us", "UTC"))), Ticket)

    before = await hidden(ledger, ticket(), Ticket)
    after = await hidden(ledger, ticket(requester="77"), Ticket)
    assert before["subject"][0] == after["subject"][0]
    async with ledger.write() as tx:
        (subject,) = await tx.vault.find("77")
        await tx.vault.erase(subject)
    assert await texts(ledger) == {}


async def test_each_role_sees_what_the_contracts_let_it_see(ledger: Ledger):
    told = await hidden(ledger, leads({"id": "51", "email": JANE, "name": "Jane Doe"}))
    tokens = [told["id"][0], told["email"][0], told["name"][0], "p_" + "a" * 26]
    async with ledger.read() as tx:
        assert await tx.vault.reveal(tokens, {"viewer", "cmo"}) == {}
        assert list((await tx.vault.reveal(tokens, {"operator"})).values()) == ["51"]
        assert sorted((await tx.vault.reveal(tokens, {"admin"})).values()) == ["51", "Jane Doe", JANE]


async def test_cells_of_a_row_set_aside_are_hidden_also_in_its_reason_and_can_be_read_again(ledger: Ledger):
    rows = [
        Quarantined(
            dataset="lead",
            line=7,
            reason="Created 'Jane Doe' is no day",
            cells={"Email": JANE, "Name": "Jane Doe", "Clicks": "3", "Created": "Jane Doe"},
            personal=("Email", "Name", "Created", "Absent"),
        ),
        Quarantined(dataset="order", line=8, reason="clicks is -3", cells={"Clicks": "-3"}),
    ]
    async with ledger.write() as tx:
        kept = await tx.vault.hide_cells(rows, source="hubspot", load_id="file-1")
        again = await tx.vault.hide_cells(rows, source="hubspot", load_id="file-1")
    assert kept == again
    assert kept[1] == rows[1]
    assert "Jane" not in kept[0].model_dump_json()
    assert JANE not in kept[0].model_dump_json()
    assert kept[0].cells["Clicks"] == "3"
    async with ledger.write() as tx:
        assert (await tx.vault.show_cells(kept[0])).cells == rows[0].cells
        (subject,) = await tx.vault.find(JANE)
        await tx.vault.erase(subject)
        shown = await tx.vault.show_cells(kept[0])
    assert shown.cells == {"Email": "", "Name": "", "Created": "", "Clicks": "3"}


async def test_cells_of_a_file_keep_their_columns_even_one_called_source(ledger: Ledger):
    frame = pl.DataFrame({"source": ["ads", "mail"], "E-mail": [JANE, None], "Notes": ["likes tea", "x"]})
    async with ledger.write() as tx:
        told = await tx.vault.hide_columns(
            frame, {"E-mail": "email", "Notes": "any"}, source="hubspot", rows=["1", "2"]
        )
    assert told["source"].to_list() == ["ads", "mail"]
    assert TOKEN.fullmatch(told["E-mail"][0])
    assert told["E-mail"][1] is None
    assert all(map(TOKEN.fullmatch, told["Notes"]))


async def test_hashes_of_one_home_say_nothing_in_another(database: Database, ledger: Ledger):
    await hidden(ledger, leads({"id": "51", "email": JANE}))
    async with ledger.write() as tx:
        rows = await tx._connection.exec_driver_sql("SELECT lookup, mark FROM personal")
        assert all(re.fullmatch("[0-9a-f]{64}", text) for row in rows for text in row)
        await tx._connection.exec_driver_sql("UPDATE home SET value = ? WHERE key = 'vault_secret'", ("00" * 32,))
    async with ledger.write() as tx:
        assert await tx.vault.find(JANE) == {}


def test_punctuation_of_a_telephone_and_case_of_an_address_do_not_matter():
    assert fold("phone", "0044 (20) 7-9") == fold("phone", "+44 20 79")
    assert fold("phone", "none") == "none"
    assert fold("email", " A@B.C ") == "a@b.c"
    assert fold("id", "A@B.C") == "a@b.c"
    assert fold("id", "00Qa") == "00Qa"


PAIRS = st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3), max_size=12)


@given(PAIRS, st.randoms(use_true_random=False))
@settings(max_examples=200, suppress_health_check=[HealthCheck.differing_executors])
def test_who_is_who_does_not_depend_on_the_order_or_the_number_of_loads(rows: list[list[str]], shuffle: random.Random):
    """Joining row by row, with what is kept between, ends with the same people as joining all rows at once."""
    whole = settle([tuple(row) for row in rows], {}).subjects
    shuffled = list(rows)
    shuffle.shuffle(shuffled)
    kept: dict[str, str] = {}
    for row in shuffled:
        told = settle([tuple(row)], kept)
        kept = {name: told.merged.get(person, person) for name, person in kept.items()} | told.subjects
    assert groups(kept) == groups(whole)


def groups(subjects: dict[str, str]) -> set[frozenset[str]]:
    return {frozenset(name for name, other in subjects.items() if other == person) for person in subjects.values()}

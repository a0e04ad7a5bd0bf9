"""A person is forgotten everywhere at once, by whoever may, and the report says what went without naming them."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from agents.lifecycle.decide import Cause, Declined
from agents.lifecycle.intake.forget import Forgetter, Forgotten
from storage.contracts.checks import conform
from storage.contracts.entities import Lead
from storage.ledger import Ledger, Transaction
from storage.records.audit import Personal
from storage.records.quarantine import Quarantined
from storage.records.questions import Option, QuestionKind
from tests.builders import AARON, ADA, NOW, OLIVIA
from tests.unit.agents.lifecycle.house import House

JANE, JOHN = "jane@example.com", "john@example.com"
OTHER_PLACES: list[set[str]] = []


async def documents(tx: Transaction, texts: Any) -> int:
    OTHER_PLACES.append(set(texts))
    return 3


@pytest.fixture
def forgetter(house: House, tmp_path: Path) -> Forgetter:
    return Forgetter(
        house.ledger,
        house.rulebook,
        places={"documents": documents},
        folders=[tmp_path / "held", tmp_path / "none"],
        clock=house.clock,
    )


async def known(ledger: Ledger, *people: dict[str, str]) -> pl.DataFrame:
    frame = conform(pl.DataFrame([{"source": "hubspot", **one} for one in people], infer_schema_length=None), Lead)
    async with ledger.write() as tx:
        return await tx.vault.pseudonymise(frame, Lead)


async def everything(ledger: Ledger) -> str:
    """All that the database holds, as text."""
    told = []
    async with ledger.read() as tx:
        tables = await tx._connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.all():
            told += [str(row) for row in await tx._connection.exec_driver_sql(f'SELECT * FROM "{table}"')]
    return "\n".join(told).lower()


async def test_a_person_is_gone_from_every_place_and_the_other_is_not(house: House, forgetter: Forgetter):
    await known(
        house.ledger,
        {"id": "51", "email": JANE, "name": "Jane Doe", "phone": "020 7946"},
        {"id": "52", "email": JOHN, "name": "Jane Doe"},
    )
    broken = Quarantined(
        dataset="lead", line=3, reason="x", cells={"Email": JANE, "Note": f"call {JANE}"}, personal=("Email",)
    )
    async with house.ledger.write() as tx:
        rows = await tx.vault.hide_cells([broken], source="hubspot", load_id="file-1")
        await tx.quarantine.add(rows, load_id="file-1", source="hubspot", path="p.csv", now=NOW)
        await tx.questions.ask(
            QuestionKind.MAPPING,
            "mapping:1",
            title="What is this?",
            options=[Option(id="accept", label="Accept")],
            if_nobody_answers="It waits.",
            table=[["Email"], [JANE]],
            now=NOW,
        )
        facts = {"said": Personal("Jane Doe")}
        await tx.audit.append(at=NOW, actor="system", action="x.y", subject="x", facts=facts)
    assert JANE in await everything(house.ledger)

    result = await forgetter.forget(JANE.upper(), ADA, via="test")

    assert isinstance(result, Forgotten)
    assert result.texts == {"cell": 0, "email": 1, "id": 1, "name": 1, "phone": 1} or result.texts == {
        "email": 1,
        "id": 1,
        "name": 1,
        "phone": 1,
    }
    assert (result.trail, result.quarantine, result.questions) == (1, 1, 1)
    assert result.elsewhere == {"documents": 3}
    assert {JANE, "Jane Doe", "020 7946"} < OTHER_PLACES[-1]
    left = await everything(house.ledger)
    assert JANE not in left
    assert "020 7946" not in left
    assert JOHN in left
    assert await house.verified()
    assert await house.actions(f"erased:{result.person}") == ["person.erased"]
    assert "jane" not in result.model_dump_json().lower()


async def test_the_same_person_cannot_be_forgotten_twice_and_comes_back_as_somebody_new(
    house: House, forgetter: Forgetter
):
    before = await known(house.ledger, {"id": "51", "email": JANE})
    assert isinstance(await forgetter.forget(JANE, ADA, via="test"), Forgotten)
    again = await forgetter.forget(JANE, ADA, via="test")
    assert isinstance(again, Declined)
    assert again.cause is Cause.UNKNOWN
    after = await known(house.ledger, {"id": "51", "email": JANE})
    assert before["email"][0] != after["email"][0]


async def test_only_those_who_answer_for_the_law_or_the_home_may(house: House, forgetter: Forgetter):
    await known(house.ledger, {"id": "51", "email": JANE})
    for person in (AARON, OLIVIA):
        result = await forgetter.forget(JANE, person, via="test")
        assert isinstance(result, Declined)
        assert result.cause is Cause.NOT_ALLOWED
    async with house.ledger.write() as tx:
        assert len(await tx.vault.find(JANE)) == 1


async def test_several_people_with_one_telephone_are_not_forgotten_by_it(house: House, forgetter: Forgetter):
    await known(house.ledger, {"id": "51", "phone": "020 7946"}, {"id": "52", "phone": "0207946"})
    result = await forgetter.forget("020 7946", ADA, via="test")
    assert isinstance(result, Declined)
    assert "2 people are known by this (phone)" in result.words
    assert isinstance(await forgetter.forget("hubspot:52", ADA, via="test"), Forgotten)
    assert isinstance(await forgetter.forget("020 7946", ADA, via="test"), Forgotten)


async def test_who_decided_stays_known_where_a_customer_is_called_like_a_colleague(house: House, forgetter: Forgetter):
    async with house.ledger.write() as tx:
        await tx.audit.append(at=NOW, actor=f"person:{AARON.id}", action="x.y", subject="x", facts={})
    await known(house.ledger, {"id": "51", "email": JANE, "name": AARON.id})
    assert isinstance(await forgetter.forget(JANE, ADA, via="test"), Forgotten)
    async with house.ledger.read() as tx:
        assert (await tx.audit.of("x"))[-1].actor == f"person:{AARON.id}"


async def test_peoples_own_files_that_still_name_somebody_are_listed_and_not_touched(
    house: House, forgetter: Forgetter, tmp_path: Path
):
    held = tmp_path / "held"
    held.mkdir()
    (held / "one.csv").write_text(f"Email\n{JANE.upper()}\n")
    (held / "wide.csv").write_bytes(f"Email\n{JANE}\n".encode("utf-16"))
    (held / "other.csv").write_text(f"Email\n{JOHN}\n")
    await known(house.ledger, {"id": "51", "email": JANE})
    result = await forgetter.forget(JANE, ADA, via="test")
    assert isinstance(result, Forgotten)
    assert result.files == (str(held / "one.csv"), str(held / "wide.csv"))
    assert (held / "one.csv").exists()

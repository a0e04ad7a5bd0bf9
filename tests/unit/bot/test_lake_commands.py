"""The lake and forgetting on the command line: words for people, one document for programs."""

import contextlib
import io
import json
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from bot.commands import erase as erasing
from bot.commands import lake as commands
from bot.commands.shell import NEGATIVE, BadInput
from bot.opening import open_office
from bot.settings import LakeOptionsUnreadable, LakeUrlInvalid, Settings
from storage.contracts.checks import conform
from storage.contracts.columns import schema_of
from storage.contracts.entities import BY_DATASET, Lead
from tests.unit.storage.lake_facts import NOON, fact, frame

JANE = "jane@example.com"


class Shell:
    """Runs commands and keeps what they say on stdout."""

    async def __call__(self, command: Awaitable[int | None]) -> tuple[int | None, str]:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            code = await command
        return code, out.getvalue()


@pytest.fixture
def shell() -> Shell:
    return Shell()


async def fill(home: Settings) -> None:
    async with open_office(home) as office:
        await office.lake.append([frame(fact())], "load-1", NOON)
        await office.lake.append([frame(fact(campaign="B"))], "load-2", NOON)
        product = pl.DataFrame([{"source": "shop", "id": "1", "title": "Cup"}])
        await office.lake.dataset("product").append([product], "load-3", NOON)


async def test_versions_and_columns_of_every_table_are_told(home: Settings, shell: Shell):
    await fill(home)
    asked: dict[str, Any] = {"home": home.home, "json": True}
    _, text = await shell(commands.versions(dataset=None, limit=20, **asked))
    told = {one["dataset"]: one["versions"] for one in json.loads(text)["datasets"]}
    assert [one["load_id"] for one in told["product"]] == ["load-3", None]
    assert {"load-1", "load-2"} <= {one["load_id"] for one in told["facts"]}
    _, text = await shell(commands.schema(dataset="product", **asked))
    (product,) = json.loads(text)["datasets"]
    assert list(product["columns"])[:-2] == schema_of(BY_DATASET["product"]).names()
    assert product["history"][0]["version"] == 0
    _, words = await shell(commands.schema(dataset=None, home=home.home, json=False))
    assert "product, contract version 1, shop answers for it" in words
    _, words = await shell(commands.versions(dataset="order", limit=1, home=home.home, json=False))
    assert "holds nothing yet" in words


async def test_small_files_are_merged_and_replaced_ones_go_only_when_asked(home: Settings, shell: Shell):
    await fill(home)
    asked: dict[str, Any] = {"home": home.home, "json": True, "dataset": "facts"}
    _, text = await shell(commands.compact(older_than=None, delete=False, **asked))
    (facts,) = json.loads(text)["datasets"]
    assert facts["files_before"] > facts["files_after"] == 1
    assert facts["retention"] is None
    _, text = await shell(commands.compact(older_than=0, delete=False, **asked))
    assert json.loads(text)["datasets"][0]["retention"]["deleted"] is False
    _, words = await shell(commands.compact(older_than=0, delete=True, home=home.home, json=False, dataset="facts"))
    assert "replaced files removed" in words


async def test_versions_that_plans_cite_stay(home: Settings, shell: Shell):
    await fill(home)
    async with open_office(home) as office, office.ledger.write() as tx:
        await tx.lineage.link("PLAN-1", [("facts@1", "facts, version 1")])
        await tx.lineage.link("facts@2", [("facts@1", "everything known before"), ("load:load-2", "x")])
        assert await tx.loads.cited("facts") == {1}
        assert await tx.loads.cited("order") == frozenset()
    await shell(commands.compact(older_than=0, delete=True, home=home.home, json=True, dataset="facts"))
    _, text = await shell(commands.compact(older_than=0, delete=True, home=home.home, json=True, dataset="facts"))
    assert json.loads(text)["datasets"][0]["retention"]["kept"] == [1]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"dataset": "nonsense"}, "no dataset 'nonsense'"),
        ({"delete": True}, "--older-than"),
        ({"older_than": -1}, "--older-than -1"),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_line(home: Settings, asked: dict[str, Any], said: str):
    given = {"dataset": None, "older_than": None, "delete": False, "home": home.home, "json": True, **asked}
    with pytest.raises(BadInput, match=said):
        await commands.compact(**given)


async def test_forgetting_reports_what_went_and_says_no_to_whoever_may_not(home: Settings, shell: Shell):
    async with open_office(home) as office, office.ledger.write() as tx:
        lead = conform(pl.DataFrame([{"source": "hubspot", "id": "51", "email": JANE, "name": "Jane Doe"}]), Lead)
        await tx.vault.pseudonymise(lead, Lead)
    asked: dict[str, Any] = {"home": home.home, "json": True, "known_by": JANE}
    code, text = await shell(erasing.erase(person="olivia", **asked))
    assert code == NEGATIVE
    assert json.loads(text)["erased"] is False
    code, text = await shell(erasing.erase(person="ada", **asked))
    told = json.loads(text)
    assert (code, told["erased"]) == (None, True)
    assert told["report"]["texts"] == {"email": 1, "id": 1, "name": 1}
    assert JANE not in text
    code, text = await shell(erasing.erase(person="ada", known_by=JANE, home=home.home, json=False))
    assert (code, "Nobody is known by this" in text) == (NEGATIVE, True)
    with pytest.raises(BadInput, match="nobody here is called 'x'"):
        await erasing.erase(person="x", **asked)


async def test_the_lake_may_be_elsewhere(tmp_path: Path, shell: Shell):
    settings = Settings(home=tmp_path / "home", lake_url=str(tmp_path / "elsewhere"))
    async with open_office(settings, make=True) as office:
        await office.lake.append([frame(fact())], "load-1", NOON)
    assert (tmp_path / "elsewhere" / "facts").is_dir()
    assert not (tmp_path / "home" / "lake").exists()


@pytest.mark.parametrize(
    "url", ["s3://bucket", "s3://bucket/lake", "az://box/lake", "gs://b/l", "file:///lake", "a lake"]
)
def test_a_lake_is_in_a_store_or_a_folder(url: str):
    assert Settings(lake_url=url).lake_uri == url


@pytest.mark.parametrize("url", ["s4://bucket/lake", "s3:/bucket/lake", "s3://", "https://bucket/lake", "file://lake"])
def test_a_mistyped_place_is_no_empty_lake(url: str):
    with pytest.raises(LakeUrlInvalid, match="it takes s3://bucket/lake"):
        _ = Settings(lake_url=url).lake_uri


@pytest.mark.parametrize("text", ["{", '["a"]', '{"a": 1}'])
def test_options_that_cannot_be_read_are_not_repeated(text: str):
    settings = Settings(lake_options=f"{text}  SECRET")
    with pytest.raises(LakeOptionsUnreadable) as caught:
        _ = settings.lake_storage
    assert "SECRET" not in str(caught.value)
    assert "SECRET" not in repr(settings)
    assert Settings(lake_options='{"AWS_REGION": "eu"}').lake_storage == {"AWS_REGION": "eu"}
    assert Settings().lake_storage is None

"""A file of somebody's own becomes readable once, whole and told; or it is refused; or a person is asked first."""

import os
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from agents.lifecycle.intake.hold import Said
from storage.lake.facts import ContractBroken
from storage.lake.parts import Parts
from storage.lake.store import Lake
from tests.builders import OLIVIA
from tests.unit.agents.exports.files import google, written
from tests.unit.agents.lifecycle.files_room import FilesRoom, a_files_room
from tests.unit.agents.lifecycle.house import House

DAYS = google("A,2025-05-01,EUR,10,1,1.00", "B,2025-05-02,EUR,10,1,2.00")
LATER = google("A,2025-05-03,EUR,10,1,4.00", columns="Campaign,Day,Currency code,Impressions,Clicks,Cost")
LEADS = (
    "Email;Name;Created;Phone\nann@example.com;Ann Lee;2025-05-01;+44 20 7946 0958\nBEN@example.com;Ben;2025-05-02;\n"
)
_LEADS_MAPPING = """\
dataset: lead
source: newsletter
columns: {id: Email, email: Email, name: Name, created_at: Created, phone: Phone}
"""


class InterruptedLake(Lake):
    """A lake in which something else happens first, once, when it is written to."""

    def __init__(self, root: str, meanwhile: Callable[[], Awaitable[object]]) -> None:
        super().__init__(root)
        self._meanwhile: list[Callable[[], Awaitable[object]]] = [meanwhile]

    async def adopt(self, parts: Parts) -> int:
        while self._meanwhile:
            await self._meanwhile.pop()()
        return await super().adopt(parts)


@pytest.fixture
def room(house: House, tmp_path: Path) -> FilesRoom:
    return a_files_room(house, tmp_path)


async def test_a_file_becomes_one_load_that_says_what_was_in_it(room: FilesRoom, tmp_path: Path):
    made = await room.landed(written(tmp_path, DAYS))
    (load,) = await room.loads()
    assert made.report is not None
    assert (made.new, made.load_id, made.question, made.refused) == (True, load.id, None, "")
    assert (load.source, load.path) == ("google_ads", "export.csv")
    assert (load.content_sha256, load.known_at) == (made.report.content_sha256, room.house.clock())
    assert (load.rows_read, load.campaigns, load.spend, load.rows) == (2, 2, {"EUR": Decimal(3)}, {"facts": 2})
    assert load.restatement_days == 30
    facts = await room.lake.read([load], load.first_day, load.last_day, simulated=False)
    assert sorted(facts["spend_micros"].to_list()) == [1_000_000, 2_000_000]
    assert await room.house.actions(f"load:{load.id}") == ["data.loaded"]
    assert await room.house.verified()


async def test_a_load_came_from_a_file_and_lines_of_it(room: FilesRoom, tmp_path: Path):
    made = await room.landed(written(tmp_path, DAYS))
    assert made.report is not None
    async with room.house.ledger.read() as tx:
        steps = await tx.lineage.ancestors("facts@1")
    file = f"file:{made.report.content_sha256[:12]}"
    assert [step.id for step in steps] == [f"load:{made.load_id}", file, "source:google_ads"]
    assert (steps[0].first_line, steps[0].last_line) == (4, 5)


async def test_the_file_itself_is_kept_and_can_be_had_again(room: FilesRoom, tmp_path: Path):
    made = await room.landed(written(tmp_path, DAYS))
    assert made.report is not None
    again = await room.lake.landed.restore(made.report.content_sha256, tmp_path / "again")
    assert again.read_text(encoding="utf-8") == DAYS


async def test_the_same_bytes_again_are_no_second_load(room: FilesRoom, tmp_path: Path):
    path = written(tmp_path, DAYS)
    first = await room.landed(path)
    version = await room.lake.version()
    again = await room.landed(path)
    assert (again.new, again.load_id) == (False, first.load_id)
    assert len(await room.loads()) == 1
    assert await room.lake.version() == version


@pytest.mark.parametrize(("order", "day"), [("dmy", "2025-02-01"), ("mdy", "2025-01-02")])
async def test_what_a_person_says_of_a_file_is_how_it_is_read(room: FilesRoom, tmp_path: Path, order: str, day: str):
    path = written(tmp_path, google("A,01/02/2025,10,1,1.00", columns="Campaign,Day,Impr.,Clicks,Cost"))
    await room.landed(path, Said(dates=order, currency="EUR"))
    (load,) = await room.loads()
    assert (str(load.first_day), load.spend) == (day, {"EUR": Decimal(1)})


async def test_two_who_land_one_file_at_once_make_one_load(house: House, tmp_path: Path):
    path, first = written(tmp_path, DAYS), a_files_room(house, tmp_path)

    async def meanwhile() -> None:
        assert (await first.landed(path)).new

    late = a_files_room(house, tmp_path, InterruptedLake(str(tmp_path / "lake"), meanwhile))
    made = await late.landed(path)
    assert not made.new
    (load,) = await late.loads()
    facts = await late.lake.read([load], load.first_day, load.last_day, simulated=False)
    assert facts.height == 2


async def test_one_that_is_refused_leaves_the_others_alone(room: FilesRoom, tmp_path: Path):
    empty = written(tmp_path, "", name="empty.csv")
    refused, landed = await room.land(empty, written(tmp_path, DAYS))
    assert refused.refused == "empty.csv: the file is empty. Export the report again."
    assert (refused.load_id, landed.new) == (None, True)


async def test_rows_that_break_the_contract_are_set_aside_with_their_load(room: FilesRoom, tmp_path: Path):
    good = [f"A,2025-05-{day:02},EUR,10,1,1.00" for day in range(1, 29)]
    made = await room.landed(written(tmp_path, google(*good, "B,2025-05-02,EUR,10,many,2.00")))
    assert made.quarantined == 1
    (row,) = await room.replayer.waiting()
    assert (row.load_id, row.row.line, row.row.cells["Clicks"]) == (made.load_id, 32, "many")
    (load,) = await room.loads()
    assert load.rows == {"facts": 28}


async def test_people_stand_in_the_lake_as_tokens_only(room: FilesRoom, tmp_path: Path):
    path = written(tmp_path, LEADS, name="leads.csv")
    written(tmp_path, _LEADS_MAPPING, name="leads.csv.mapping.yml")
    made = await room.landed(path)
    (load,) = await room.loads()
    assert (load.rows, load.source) == ({"lead": 2}, "newsletter")
    leads = await room.lake.dataset("lead").read([load], simulated=False)
    texts = " ".join(str(value) for row in leads.rows() for value in row)
    assert "example.com" not in texts
    assert "Ann" not in texts
    async with room.house.ledger.read() as tx:
        shown = await tx.vault.texts(leads["email"].to_list())
    assert sorted(shown.values()) == ["ann@example.com", "ben@example.com"]
    assert made.report is not None
    kept = await room.lake.landed.restore(made.report.content_sha256, tmp_path / "again")
    header, first, second = kept.read_text(encoding="utf-8").splitlines()
    assert header == "Email,Name,Created,Phone"
    assert "2025-05-01" in first
    assert not {"ann", "Ben", "BEN", "7946"} & set(first.replace("@", ",").split(",") + second.split(","))
    assert "example.com" not in first + second


async def test_other_columns_than_before_stop_the_file_and_ask(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, DAYS))
    question = await room.asked(written(tmp_path, LATER, name="later.csv"))
    assert "Column Impr. seems to be called Impressions now." in question.lines
    assert [option.id for option in question.options] == ["accept", "refuse"]
    assert len(await room.loads()) == 1
    assert await room.house.actions(question.id) == ["question.asked"]
    assert await room.house.verified()


async def test_the_file_lands_once_a_person_accepts(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, DAYS))
    path = written(tmp_path, LATER, name="later.csv")
    question = await room.asked(path)
    path.unlink()
    settled = await room.answered(question, "accept")
    assert settled.outcome == "later.csv landed: 1 row."
    assert {load.path for load in await room.loads()} == {"export.csv", "later.csv"}
    assert list((room.home / "held").iterdir()) == []
    again = await room.landed(written(tmp_path, LATER.replace("05-03", "05-04"), name="next.csv"))
    assert again.new
    async with room.house.ledger.read() as tx:
        assert [one.accepted_by for one in await tx.feeds.versions("google_ads/campaign")] == [
            "system",
            f"person:{OLIVIA.id}",
        ]
    assert await room.house.verified()


async def test_nothing_lands_once_a_person_refuses(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, DAYS))
    settled = await room.answered(await room.asked(written(tmp_path, LATER, name="later.csv")), "refuse")
    assert settled.outcome == "Left out: later.csv. Nothing of it landed."
    assert len(await room.loads()) == 1
    assert list((room.home / "held").iterdir()) == []
    assert (await room.asked(written(tmp_path, LATER, name="later.csv"))).id != settled.id


async def test_files_with_the_same_new_columns_wait_for_one_answer(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, DAYS))
    first = await room.asked(written(tmp_path, LATER, name="one.csv"))
    second = await room.asked(written(tmp_path, LATER.replace("05-03", "05-04"), name="two.csv"))
    assert first.id == second.id
    settled = await room.answered(second, "accept")
    assert settled.outcome == "one.csv landed: 1 row. two.csv landed: 1 row."


async def test_a_person_may_take_the_columns_as_they_are_and_overtakes_the_question(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, DAYS))
    question = await room.asked(written(tmp_path, LATER, name="one.csv"))
    other = written(tmp_path, LATER.replace("05-03", "05-04"), name="two.csv")
    assert (await room.landed(other, Said(accept_schema=True))).new
    await room.house.queue.run()
    assert {load.path for load in await room.loads()} == {"export.csv", "one.csv", "two.csv"}
    assert await room.asker.open() == ()
    found = await room.asker.get(question.id)
    assert found is not None
    assert found.outcome == "one.csv landed: 1 row."


async def test_the_order_of_columns_is_no_change(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, DAYS))
    other = google("EUR,A,2025-05-03,10,1,4.00", columns="Currency code,Campaign,Day,Impr.,Clicks,Cost")
    assert (await room.landed(written(tmp_path, other, name="other.csv"))).new


async def test_the_same_export_in_another_language_is_a_feed_of_its_own(room: FilesRoom, tmp_path: Path):
    german = google("A;2025-05-03;EUR;10;1;4,00", columns="Kampagne;Tag;Währungscode;Impr.;Klicks;Kosten")
    await room.landed(written(tmp_path, DAYS))
    assert (await room.landed(written(tmp_path, german, name="german.csv"))).new
    assert (await room.landed(written(tmp_path, german.replace("05-03", "05-04"), name="more.csv"))).new
    async with room.house.ledger.read() as tx:
        assert [one.name for one in await tx.feeds.all()] == ["google_ads/campaign", "google_ads/campaign~2"]
    changed = german.replace("Klicks", "Clicks").replace("05-03", "05-05")
    assert (await room.asked(written(tmp_path, changed, name="changed.csv"))).subject["feed"] == "google_ads/campaign~2"


UNKNOWN = (
    "Date;Mailing;Cost EUR;Sent;Clicks\n01.03.2025;Spring teaser;12,50;4000;180\n"
    "15.03.2025;Spring sale;14,00;4100;210\n16.03.2025;Spring sale;15,00;4100;220\n"
)


async def test_an_unknown_file_gets_a_mapping_proposed_and_lands_once_it_is_confirmed(room: FilesRoom, tmp_path: Path):
    question = await room.asked(written(tmp_path, UNKNOWN, name="mailings.csv"))
    assert question.kind.value == "mapping"
    assert question.table[0] == ("Column", "Read as", "Examples")
    assert await room.loads() == []
    settled = await room.answered(question, "accept")
    assert settled.outcome == "mailings.csv landed: 3 rows."
    (load,) = await room.loads()
    assert load.spend == {"EUR": Decimal("41.50")}
    later = written(tmp_path, UNKNOWN.replace("03.2025", "04.2025"), name="mailings-april.csv")
    assert (await room.landed(later)).new
    assert await room.house.verified()


NO_CURRENCY = UNKNOWN.replace("Cost EUR", "Cost")


@pytest.mark.parametrize(
    ("known", "offered"),
    [("", ["accept-EUR", "accept-GBP", "accept-USD"]), ("USD", ["accept-USD"])],
    ids=["of nothing else", "of what else is spent"],
)
async def test_amounts_without_a_currency_are_read_in_the_one_that_a_person_says(
    room: FilesRoom, tmp_path: Path, known: str, offered: list[str]
):
    if known:
        await room.landed(written(tmp_path, DAYS.replace("EUR", known), name="ads.csv"))
    question = await room.asked(written(tmp_path, NO_CURRENCY, name="mailings.csv"))
    assert [one.id for one in question.options] == [*offered, "accept", "refuse"]
    assert ("Cost", "spend (currency?)", "12,50  ·  14,00  ·  15,00") in question.table
    await room.answered(question, "accept-USD")
    assert {"USD": Decimal("41.50")} in [load.spend for load in await room.loads()]
    later = written(tmp_path, NO_CURRENCY.replace("03.2025", "04.2025"), name="mailings-april.csv")
    assert (await room.landed(later)).report.spend == {"USD": Decimal("41.50")}


async def test_amounts_whose_currency_nobody_says_are_left_out(room: FilesRoom, tmp_path: Path):
    question = await room.asked(written(tmp_path, NO_CURRENCY, name="mailings.csv"))
    await room.answered(question, "accept")
    assert [load.spend for load in await room.loads()] == [{}]


async def test_an_unknown_file_that_is_left_out_leaves_nothing_behind(room: FilesRoom, tmp_path: Path):
    question = await room.asked(written(tmp_path, UNKNOWN, name="mailings.csv"))
    settled = await room.answered(question, "refuse")
    assert settled.outcome == "Left out: mailings.csv. Nothing of it landed."
    assert await room.loads() == []
    assert not (room.home / "mappings").exists()


async def test_a_file_that_says_too_little_is_refused_with_what_is_missing(room: FilesRoom, tmp_path: Path):
    (made,) = await room.land(written(tmp_path, "Wibble;Wobble\nx;y\n", name="odd.csv"))
    assert made.question is None
    assert made.refused.startswith("odd.csv: no known export")
    assert "missing" in made.refused


class StrictLake(Lake):
    """A lake that finds a row which the layout should have set aside."""

    async def adopt(self, parts: Parts) -> int:
        raise ContractBroken("file-1", ["day: null"])


async def test_a_row_that_the_lake_does_not_take_refuses_the_file_and_no_other_trouble(house: House, tmp_path: Path):
    room = a_files_room(house, tmp_path, StrictLake(str(tmp_path / "lake")))
    (refused,) = await room.land(written(tmp_path, DAYS))
    assert refused.refused == "export.csv: load file-1 does not fit the facts table: day: null"
    assert await room.loads() == []


async def test_whoever_waits_for_a_long_file_is_told_how_far_it_is(room: FilesRoom, tmp_path: Path):
    told: list[tuple[str, bool]] = []

    def progress(path: Path, done: int, of: int) -> None:
        told.append((path.name, done <= of))

    path = written(tmp_path, DAYS)
    await room.landing.land([path], OLIVIA, via="test", progress=progress)
    assert set(told) == {("export.csv", True)}


async def test_what_killed_processes_left_behind_is_removed_after_a_day(room: FilesRoom, tmp_path: Path):
    old, young = room.lake.staging / "export-old", room.lake.staging / "export-young"
    now = room.house.clock().timestamp()
    for folder, age in ((old, 25 * 3600), (young, 3600)):
        folder.mkdir(parents=True)
        (folder / "rows.parquet").touch()
        os.utime(folder, (now - age, now - age))
    await room.landing.land([written(tmp_path, DAYS)], OLIVIA, via="test")
    orphan = Path(room.lake.uri) / "facts" / "part-orphan.parquet"
    orphan.touch()
    os.utime(orphan, (0, 0))
    assert await room.landing.tidy() == 2
    assert (old.exists(), young.exists(), orphan.exists()) == (False, True, False)


async def test_rows_of_a_file_without_lines_are_found_by_their_number(room: FilesRoom, tmp_path: Path):
    """A Parquet file has rows."""
    path = tmp_path / "ads.parquet"
    pl.DataFrame({"Day": ["2025-05-01"], "Campaign": ["A"], "Cost": ["1.00"]}).write_parquet(path)
    mapping = "source: shop_ads\nchannel: email\ncurrency: EUR\ncolumns: {day: Day, campaign: Campaign, spend: Cost}\n"
    written(tmp_path, mapping, name="ads.parquet.mapping.yml")
    made = await room.landed(path)
    async with room.house.ledger.read() as tx:
        (step, *_) = await tx.lineage.ancestors(f"load:{made.load_id}")
    assert (step.id[:5], step.first_line, step.last_line) == ("file:", 1, 1)


async def test_a_file_with_a_mapping_of_its_own_is_held_with_it(room: FilesRoom, tmp_path: Path):
    mapping = "source: shop_ads\nchannel: email\ncurrency: EUR\ncolumns: {day: Day, campaign: Campaign, spend: Cost}\n"
    for name in ("one.csv", "two.csv"):
        written(tmp_path, mapping, name=f"{name}.mapping.yml")
    await room.landed(written(tmp_path, "Day,Campaign,Cost\n2025-05-01,A,1.00\n", name="one.csv"))
    path = written(tmp_path, "Day,Campaign,Cost,Note\n2025-05-02,A,1.00,x\n", name="two.csv")
    question = await room.asked(path)
    for left in (path, tmp_path / "two.csv.mapping.yml"):
        left.unlink()
    assert (await room.answered(question, "accept")).outcome == "two.csv landed: 1 row."
    assert len(await room.loads()) == 2

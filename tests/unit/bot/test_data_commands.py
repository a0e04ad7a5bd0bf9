"""Data on the command line: files land, questions are answered, rows set aside are replayed, the picture is shown."""

from pathlib import Path
from typing import Any

import pytest

from agents.sources.text.unreadable import UnreadableExport
from bot.commands import data, ingest, kpis, quarantine, questions
from bot.commands.shell import NEGATIVE, BadInput
from tests.unit.agents.exports.files import google, written
from tests.unit.bot.test_stops_commands import Shell

DAYS = google("A,2025-05-01,EUR,10,1,1.00", "B,2025-05-02,EUR,10,1,2.00")
RENAMED = google("A,2025-05-03,EUR,10,1,4.00", columns="Campaign,Day,Currency code,Impressions,Clicks,Cost")
RATES = "day,base,quote,rate\n2025-05-01,EUR,GBP,0.80\n2025-05-02,EUR,GBP,0.90\n"


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


async def read(home: Path, *paths: Path, **changes: Any) -> int | None:
    said = {"mapping": None, "dates": None, "currency": None, "account": "", "accept_schema": False, "json": True}
    return await ingest.ingest(paths=list(paths), home=home, **{**said, **changes})


async def test_a_file_that_changed_stops_until_it_is_answered(home: Path, tmp_path: Path, shell: Shell):
    assert await shell(read(home, written(tmp_path, DAYS))) is None
    assert await shell(read(home, written(tmp_path, RENAMED, name="new.csv"))) == NEGATIVE
    (stopped,) = shell.document()["files"]
    assert (stopped["question"], stopped["load"], stopped["new"]) == ("Q-1", None, False)
    await shell(questions.questions(home=home, json=True))
    assert [one["id"] for one in shell.document()["questions"]] == ["Q-1"]
    said = {"home": home, "json": True, "person": "olivia"}
    assert await shell(questions.answer(question="q-1", option="accept", **said)) is None
    assert shell.document()["words"] == "new.csv landed: 1 row."
    assert await shell(questions.answer(question="1", option="accept", **said)) == NEGATIVE
    assert shell.document()["accepted"] is False


async def test_it_lands_at_once_where_a_person_says_so(home: Path, tmp_path: Path, shell: Shell):
    await shell(read(home, written(tmp_path, DAYS)))
    assert await shell(read(home, written(tmp_path, RENAMED, name="new.csv"), accept_schema=True)) is None
    assert shell.document()["files"][0]["new"] is True


async def test_one_unreadable_file_lets_none_of_them_land(home: Path, tmp_path: Path, shell: Shell):
    with pytest.raises(UnreadableExport, match=r"empty\.csv"):
        await read(home, written(tmp_path, DAYS), written(tmp_path, "", name="empty.csv"))
    await shell(data.data(home=home, json=True))
    assert shell.document()["sources"] == []


async def test_an_unknown_file_is_refused_in_one_line_with_the_way_on(home: Path, tmp_path: Path):
    unknown = written(tmp_path, "Wibble;Wobble\nx;y\n", name="odd.csv")
    with pytest.raises(BadInput, match=r"odd\.csv: no known export.*--mapping FILE") as refused:
        await read(home, unknown)
    assert "\n" not in str(refused.value)


async def test_rows_set_aside_are_listed_shown_and_replayed(home: Path, tmp_path: Path, shell: Shell):
    good = [f"A,2025-05-{day:02},EUR,10,1,1.00" for day in range(1, 29)]
    await shell(read(home, written(tmp_path, google(*good, "B,2025-05-02,EUR,10,many,2.00"))))
    (landed,) = shell.document()["files"]
    assert (landed["rows_quarantined"], landed["rows"]) == (1, {"facts": 28})
    said = {"home": home, "json": True}
    await shell(quarantine.listing(load=None, limit=5, **said))
    (row,) = shell.document()["rows"]
    assert (row["line"], row["load"]) == (32, landed["load"])
    await shell(quarantine.show(row=row["row"], person="olivia", **said))
    assert shell.document()["cells"]["Clicks"] == "many"
    replay = {"load": landed["load"], "mapping": None, "dates": None, "currency": None, "person": "olivia", **said}
    assert await shell(quarantine.replay(corrections=["32:Clicks=7"], **replay)) is None
    assert shell.document()["landed"] == 1
    await shell(quarantine.listing(load=None, limit=5, **said))
    assert shell.document() == {"waiting": 0, "rows": []}


@pytest.mark.parametrize("text", ["Clicks=3", "12:Clicks", "x:Clicks=3", "12:=3"])
async def test_a_correction_that_cannot_be_read_says_how_it_is_written(home: Path, text: str):
    with pytest.raises(BadInput, match="LINE:COLUMN=VALUE"):
        await quarantine.replay(
            load="x", corrections=[text], mapping=None, dates=None, currency=None, person="olivia", home=home, json=True
        )


async def test_the_picture_of_the_business_is_one_document(home: Path, tmp_path: Path, shell: Shell):
    await shell(read(home, written(tmp_path, DAYS)))
    await shell(data.data(home=home, json=True))
    picture = shell.document()
    assert (picture["campaigns"], picture["spend"]) == (2, {"EUR": "3"})
    assert picture["sources"][0]["source"] == "google_ads"
    await shell(data.data(home=home, json=False))
    assert shell.words().startswith("1 source, 2 campaigns, EUR 3.00 spent\n")


async def test_an_answer_in_one_currency_uses_the_rates_of_the_team(home: Path, tmp_path: Path, shell: Shell):
    await shell(read(home, written(tmp_path, DAYS)))
    asked = {"name": "spend", "home": home, "by": None, "where": [], "first": None, "last": None, "as_of": None}
    await shell(kpis.kpi(**asked, currency="gbp", json=True))
    without = shell.document()
    assert (without["currency"], without["value"]) == ("EUR", "3.00")
    assert any("No rate from EUR to GBP" in note for note in without["notes"])
    await shell(read(home, written(tmp_path, RATES, name="rates.csv")))
    await shell(kpis.kpi(**asked, currency="gbp", json=True))
    answer = shell.document()
    assert (answer["currency"], answer["value"]) == ("GBP", "2.60")

"""Late data: one case a source, by the team's own clock, from the moment on that was promised until they are read."""

import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from agents.governance.calendar import sandbox_calendar
from agents.lifecycle.cases.cases import file_findings
from agents.lifecycle.cases.freshness import Freshness
from agents.lifecycle.intake.pull import Puller
from agents.sources.connections import SqlConnection
from agents.sources.promises import DeclaredSources
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from storage.lake.facts import REPORTED
from storage.lake.store import Lake
from storage.records.alerts import Alert, AlertKind, AlertState
from storage.records.freshness import SourceFreshness
from storage.records.plans import PlanState
from tests.builders import AARON, NOW, OLIVIA, a_finding
from tests.unit.agents.exports.files import google, written
from tests.unit.agents.lifecycle.files_room import FilesRoom, a_files_room
from tests.unit.agents.lifecycle.gated import a_gate, gated
from tests.unit.agents.lifecycle.house import House, reopen

MONDAY = date(2025, 6, 2)
"""The day before the tests' Tuesday."""
WEEKDAYS = gated(a_gate("one", "approver"), calendar=sandbox_calendar())
"""Monday to Friday, nine to five in London."""
CRM = "Id,Email,Created\n{rows}"
CRM_MAPPING = """\
dataset: lead
source: crm
columns: {id: Id, email: Email, created_at: Created}
"""


@pytest.fixture
async def room(house: House, tmp_path: Path) -> FilesRoom:
    await house.adopt(WEEKDAYS)
    house.freshness = of_files(house, tmp_path)
    return a_files_room(house, tmp_path)


def of_files(house: House, folder: Path) -> Freshness:
    """What is asked directly is another matter."""
    lake, declared = Lake(str(folder / "lake")), DeclaredSources(folder / "sources.yml")
    return Freshness(house.ledger, lake, house.rulebook, readers=Readers({}), declared=declared, clock=house.clock)


async def picture(room: FilesRoom) -> tuple[SourceFreshness, ...]:
    """Every real source as of the last look."""
    async with room.house.ledger.read() as tx:
        return await tx.freshness.of(simulated=False)


async def late(house: House) -> list[Alert]:
    """Every case of late data that there ever was."""
    async with house.ledger.read() as tx:
        found = [await tx.alerts.get(f"ALERT-{number}") for number in range(1, 20)]
    return [one for one in found if one is not None and one.finding.kind is AlertKind.FRESHNESS]


def figures(*days: date) -> str:
    return google(*(f"Brand,{day},EUR,10,1,1.50" for day in days))


def says(room: FilesRoom, text: str) -> None:
    (room.home / "sources.yml").write_text(text, encoding="utf-8")


def at(house: House, day: int, hour: int = 0, minute: int = 0) -> None:
    """A moment of June 2025, UTC."""
    house.clock.now = datetime(2025, 6, day, hour, minute, tzinfo=UTC)


async def test_figures_are_late_from_the_promised_moment_on_and_not_a_minute_before(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, figures(MONDAY)))
    assert await room.house.freshness.look() == ()
    at(room.house, 5, 23, 59)
    assert await room.house.freshness.look() == (), "three working days from the end of Monday, in UTC"
    at(room.house, 6)
    (finding,) = await room.house.freshness.look()
    assert finding.title == "Data of google_ads are late since Fri 6 Jun 2025, 01:00 BST"
    assert finding.detail[0] == (
        "Its daily figures end with 2 June 2025 (UTC); newer ones are promised within 3 working days."
    )
    assert any("no plan that moves money" in line for line in finding.detail)


async def test_days_off_make_nothing_late(room: FilesRoom, tmp_path: Path):
    """What ends on Thursday is no older on Monday morning than it was on Saturday."""
    await room.landed(written(tmp_path, figures(MONDAY)))
    room.house.clock.pass_(days=3)
    await room.landed(written(tmp_path, figures(date(2025, 6, 5)), name="again.csv"))
    for day, hour in ((7, 12), (8, 23), (9, 12), (10, 12)):
        at(room.house, day, hour)
        assert await room.house.freshness.look() == (), (day, hour)
    at(room.house, 11, 12)
    (finding,) = await room.house.freshness.look()
    assert "since Wed 11 Jun 2025, 01:00 BST" in finding.title


async def test_however_often_it_is_looked_at_it_is_one_case_which_ends_when_newer_figures_are_read(
    room: FilesRoom, tmp_path: Path
):
    await room.landed(written(tmp_path, figures(MONDAY)))
    at(room.house, 6, 9)
    for _ in range(3):
        await room.house.freshness.look()
        room.house.clock.pass_(hours=30)
    (alert,) = await late(room.house)
    assert (alert.state, alert.times_seen, alert.version) == (AlertState.OPEN, 1, 1), "nothing new was to be said"
    again = await reopen(room.house, tmp_path)
    await of_files(again, tmp_path).look()
    assert len(await late(room.house)) == 1
    await room.landed(written(tmp_path, figures(room.house.clock().date()), name="newer.csv"))
    assert await room.house.freshness.look() == ()
    (alert,) = await late(room.house)
    assert alert.state is AlertState.RECOVERED
    assert await room.house.actions(alert.id) == ["alert.opened", "alert.recovered"]
    at(room.house, 20, 9)
    await room.house.freshness.look()
    assert [one.state for one in await late(room.house)] == [AlertState.RECOVERED, AlertState.OPEN]


async def test_a_snoozed_case_stays_quiet_while_the_source_stays_late(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, figures(MONDAY)))
    at(room.house, 6, 9)
    await room.house.freshness.look()
    (alert,) = await late(room.house)
    await room.house.attendant.acknowledge(alert.id, OLIVIA)
    room.house.clock.pass_(days=1)
    await room.house.freshness.look()
    (alert,) = await late(room.house)
    assert alert.state is AlertState.ACKNOWLEDGED


async def test_an_old_export_is_history_and_late_to_nobody(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, figures(date(2024, 3, 1))))
    room.house.clock.pass_(days=30)
    assert await room.house.freshness.look() == ()
    (source,) = (await room.surveyor.survey()).sources
    assert source.stale, "the picture says so all the same"
    says(room, "freshness: {google_ads: 2 days}")
    (finding,) = await room.house.freshness.look()
    assert "promised within 2 days" in finding.detail[0]


async def test_one_export_of_contacts_promises_nothing_and_a_weekly_one_does(room: FilesRoom, tmp_path: Path):
    def contacts(name: str, number: int) -> Path:
        rows = f"{number},x{number}@example.com,2025-05-0{number}T10:00:00Z\n"
        written(tmp_path, CRM_MAPPING, name=f"{name}.mapping.yml")
        return written(tmp_path, CRM.format(rows=rows), name=name)

    await room.landed(contacts("one.csv", 1))
    at(room.house, 10, 9)
    assert await room.house.freshness.look() == ()
    await room.landed(contacts("two.csv", 2))
    assert await room.house.freshness.look() == ()
    at(room.house, 11, 8, 59)
    assert await room.house.freshness.look() == ()
    at(room.house, 11, 9)
    (finding,) = await room.house.freshness.look()
    assert finding.detail == (
        "The newest word on its lead data is of Tue 10 Jun 2025, 10:00 BST; newer are promised within 1 working day.",
        "If no more is to come, write “crm: never” below “freshness:” in sources.yml.",
    )


@pytest.mark.parametrize(
    ("said", "due"),
    [
        ("36 hours", datetime(2025, 6, 4, 12, tzinfo=UTC)),
        ("2 days", datetime(2025, 6, 5, tzinfo=UTC)),
        ("2 working days", datetime(2025, 6, 5, tzinfo=UTC)),
        ("5 working days", datetime(2025, 6, 10, tzinfo=UTC)),
        ("8 business hours", datetime(2025, 6, 3, 16, tzinfo=UTC)),
        ("9 business hours", datetime(2025, 6, 4, 9, tzinfo=UTC)),
    ],
)
async def test_a_team_says_by_which_clock(room: FilesRoom, tmp_path: Path, said: str, due: datetime):
    says(room, f"freshness:\n  google_ads: {{facts: {said}}}\n")
    await room.landed(written(tmp_path, figures(MONDAY)))
    await room.house.freshness.look()
    (source,) = await picture(room)
    assert [one.due_at for one in source.datasets] == [due]


async def test_what_nobody_expects_is_never_late(room: FilesRoom, tmp_path: Path):
    says(room, "freshness: {google_ads: never}")
    await room.landed(written(tmp_path, figures(MONDAY)))
    room.house.clock.pass_(days=400)
    assert await room.house.freshness.look() == ()
    (source,) = (await room.surveyor.survey()).sources
    assert not source.stale


async def test_a_day_ends_when_it_ends_in_the_zone_of_its_source(room: FilesRoom, tmp_path: Path):
    says(room, "freshness: {tokyo_ads: 24 hours}")
    written(
        tmp_path,
        "source: tokyo_ads\nchannel: email\ncurrency: JPY\nzone: Asia/Tokyo\n"
        "columns: {day: Day, campaign: Mail, spend: Cost}\n",
        name="t.csv.mapping.yml",
    )
    await room.landed(written(tmp_path, f"Day,Mail,Cost\n{MONDAY},Spring,100\n", name="t.csv"))
    await room.house.freshness.look()
    (source,) = await picture(room)
    assert source.datasets[0].due_at == datetime(2025, 6, 3, 15, tzinfo=UTC)
    room.house.clock.pass_(days=1)
    (finding,) = await room.house.freshness.look()
    assert "2 June 2025 (Asia/Tokyo)" in finding.detail[0]


class TestDeclaredSources:
    """Those of sources.yml, which are read by themselves."""

    @staticmethod
    def shop(tmp_path: Path) -> Path:
        path = tmp_path / "shop.db"
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE people (id TEXT, mail TEXT, made TEXT)")
            connection.execute("INSERT INTO people VALUES ('1', 'a@example.com', '2025-06-01T10:00:00Z')")
        connection.close()
        return path

    @staticmethod
    def puller(room: FilesRoom, path: Path) -> Puller:
        columns = {"id": "id", "email": "mail", "created_at": "made"}
        mapping = {"source": "shop_crm", "dataset": "lead", "columns": columns}
        declared = SqlConnection(kind="sql", url=f"sqlite:///{path}", table="people", mapping=mapping)
        says(room, f"sources:\n  people_of_shop: {{kind: sql, url: 'sqlite:///{path}', table: people}}\n")
        return Puller(
            room.house.ledger,
            room.lake,
            landing=room.landing,
            home=room.home,
            connections=lambda: {"people_of_shop": declared},
            clock=room.house.clock,
        )

    async def test_a_good_read_without_news_keeps_things_fresh(self, room: FilesRoom, tmp_path: Path):
        reads = self.puller(room, self.shop(tmp_path))
        for _ in range(72):
            await reads.pull(all_of_them=True)
            assert await room.house.freshness.look() == ()
            room.house.clock.pass_(hours=2)

    async def test_one_that_fails_is_one_case_that_says_why_and_ends_when_it_is_read(
        self, room: FilesRoom, tmp_path: Path
    ):
        path = self.shop(tmp_path)
        reads = self.puller(room, path)
        await reads.pull()
        path.rename(tmp_path / "away.db")
        for _ in range(30):
            room.house.clock.pass_(hours=2)
            await reads.pull(all_of_them=True)
            await room.house.freshness.look()
        (alert,) = await late(room.house)
        assert alert.finding.entity == "shop_crm"
        assert alert.finding.cause == "reading it fails"
        assert "since Wed 4 Jun 2025, 10:30 BST" in alert.finding.title
        path.unlink(missing_ok=True)
        (tmp_path / "away.db").rename(path)
        await reads.pull(all_of_them=True)
        assert await room.house.freshness.look() == ()
        (alert,) = await late(room.house)
        assert alert.state is AlertState.RECOVERED

    async def test_one_that_was_never_read_is_a_case_too(self, room: FilesRoom, tmp_path: Path):
        reads = self.puller(room, tmp_path / "nowhere.db")
        await reads.pull()
        assert await room.house.freshness.look() == ()
        room.house.clock.pass_(days=1)
        await reads.pull(all_of_them=True)
        (finding,) = await room.house.freshness.look()
        assert (finding.entity, finding.detail[0]) == (
            "people_of_shop",
            "It was never read, and is promised within 1 working day.",
        )


async def test_other_monitors_leave_cases_of_late_data_alone(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, figures(MONDAY)))
    at(room.house, 6, 9)
    await room.house.freshness.look()
    drift = a_finding(simulated=False)
    await file_findings(room.house.ledger, (drift,), data_day=date(2025, 9, 1), simulated=False, now=room.house.clock())
    (alert,) = await late(room.house)
    assert alert.state is AlertState.OPEN


async def test_a_market_that_does_not_answer_neither_opens_nor_ends_a_case(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    await house.freshness.look()
    (before,) = await late(house)
    assert "never been read" in before.finding.detail[0]

    async def silent() -> date:
        raise SourceUnavailable("503")

    monkeypatch.setattr(house.source, "today", silent)
    await house.freshness.look()
    assert await late(house) == [before]


async def test_a_market_that_is_further_than_we_are_is_one_case_that_ends_when_it_is_read(house: House):
    await read_a_day(house)
    assert await house.freshness.look() == ()
    for _ in range(2):
        house.platform.day += timedelta(days=1)
        for _ in range(3):
            await house.freshness.look()
    (alert,) = await late(house)
    assert (alert.times_seen, alert.state) == (2, AlertState.OPEN)
    await read_a_day(house)
    await house.freshness.look()
    (alert,) = await late(house)
    assert alert.state is AlertState.RECOVERED


async def test_a_team_may_give_its_market_more_time(house: House, tmp_path: Path):
    (tmp_path / "sources.yml").write_text("freshness: {fake: 4 days}", encoding="utf-8")
    await read_a_day(house)
    house.platform.day += timedelta(days=4)
    assert await house.freshness.look() == ()
    waiting = await house.asked(brand=410)
    assert waiting.state is PlanState.WAITING, "what is in time is no reason to refuse"
    house.platform.day += timedelta(days=1)
    assert len(await house.freshness.look()) == 1
    refused = await house.asked(news=110)
    assert refused.state is PlanState.REFUSED
    assert refused.note.startswith("the data of fake are late since")


async def test_a_person_cannot_move_money_by_figures_that_were_not_read(house: House):
    """A request says nothing of its data: what was read does."""
    await read_a_day(house)
    house.platform.day += timedelta(days=3)
    refused = await house.asked(brand=410)
    assert refused.state is PlanState.REFUSED
    assert "no money is moved by them" in refused.note


async def read_a_day(house: House) -> None:
    """Everything up to yesterday is read."""
    yesterday = house.platform.day - timedelta(days=1)
    rows = {name: [None] for name in REPORTED.names()} | {
        "source": ["fake"], "account": ["acc"], "channel": ["paid_search"], "campaign": ["Brand"], "grain": ["campaign"],
        "campaign_id": ["brand"], "day": [yesterday], "last_day": [yesterday], "currency": ["GBP"],
        "spend_micros": [1_000_000], "simulated": [True], "breakdown": [""], "flags": [""], "line": [0],
    }  # fmt: skip
    kept = {name: rows[name] for name in REPORTED.names()}
    house.source.frame = pl.DataFrame(kept, schema=REPORTED)
    await house.observer.pull()


async def test_spending_waits_for_newer_figures_of_its_channel_and_is_told_since_when(room: FilesRoom, tmp_path: Path):
    """Simulated plans are decided by simulated figures: late files of the real world hold up no one there."""
    await room.landed(written(tmp_path, figures(MONDAY)))
    at(room.house, 9, 9)
    await room.house.freshness.look()
    (row,) = await picture(room)
    assert row.channels == ("paid_search",)
    simulated = await room.house.asked(brand=410)
    assert simulated.state is PlanState.WAITING
    async with room.house.ledger.write() as tx:
        await tx.freshness.replace([row.model_copy(update={"simulated": True})], simulated=True)
    blocked = await room.house.asked(brand=420)
    assert blocked.state is PlanState.REFUSED
    assert blocked.note == ("the data of google_ads are late since 6 Jun 2025, 01:00 BST, so no money is moved by them")
    elsewhere = await room.house.asked(news=110)
    assert elsewhere.state is PlanState.WAITING, "another channel's figures are not late"


async def test_an_approved_plan_whose_figures_grew_late_is_not_carried_out(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, figures(MONDAY)))
    status = await room.house.asked(brand=410)
    await room.house.freshness.look()
    (row,) = await picture(room)
    async with room.house.ledger.write() as tx:
        await tx.freshness.replace([row.model_copy(update={"simulated": True})], simulated=True)
    room.house.clock.now = NOW + timedelta(days=3)
    said = await room.house.approve(status.plan, AARON)
    await room.house.queue.run()
    assert (await room.house.status(status.plan)).state is not PlanState.DONE, said
    assert room.house.budgets()["brand"] == 400

"""Every checkpoint reaches every place outside, in order, however often a place could not be reached."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from bot.witness import Witness, keep_checkpoints
from storage.audit.notes import read_notes
from storage.database import Database
from storage.ledger import Ledger
from storage.signing import Keyring
from storage.work_queue import WorkQueue
from tests.fakes.clock import HandClock
from tests.unit.storage.trails import grow, judge, pour, tamper


@dataclass
class Place:
    """A web server that keeps what it is sent, unless told to refuse."""

    url: str = ""
    status: int = 200
    taken: list[tuple[str, str, str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        if self.status != 200:
            return web.Response(status=self.status, headers={"Location": "/elsewhere"})
        self.taken.append((request.method, request.path, await request.text()))
        return web.Response()

    @property
    def sizes(self) -> list[int]:
        return [read_notes(text)[0].size for _, _, text in self.taken]


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    place = Place()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", place.take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    place.url = f"http://127.0.0.1:{port}"
    yield place
    await runner.cleanup()


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database, WorkQueue(database))


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys")


@dataclass
class Office:
    """What signs and shows."""

    database: Database
    ledger: Ledger
    keyring: Keyring
    clock: HandClock

    async def work_on(self) -> None:
        """One more entry, signed."""
        await grow(self.database, 1)
        assert await keep_checkpoints(self.ledger, self.keyring, self.clock) == 1

    def witness(self, *, file: Path | None = None, url: str | None = None) -> Witness:
        return Witness(self.ledger, file=file, url=url, clock=self.clock)


@pytest.fixture
def working(database: Database, ledger: Ledger, keyring: Keyring, clock: HandClock) -> Office:
    return Office(database, ledger, keyring, clock)


async def test_signing_twice_signs_once(working: Office):
    await working.work_on()
    assert await keep_checkpoints(working.ledger, working.keyring, working.clock) == 0


async def test_a_broken_trail_is_not_signed_and_stops_nothing(working: Office, capsys: pytest.CaptureFixture[str]):
    await working.work_on()
    await grow(working.database, 2)
    tamper(working.database, "UPDATE audit SET body = 'x' WHERE seq = 3")
    assert await keep_checkpoints(working.ledger, working.keyring, working.clock) == 0
    assert "content of entry 3 was changed" in capsys.readouterr().out


async def test_a_long_trail_is_signed_in_portions(working: Office):
    pour(working.database, 20_500)
    assert await keep_checkpoints(working.ledger, working.keyring, working.clock) == 2
    assert (await judge(working.database, working.keyring)).ok


async def test_the_file_gets_every_checkpoint_once_in_the_form_that_verification_takes(working: Office, tmp_path: Path):
    file = tmp_path / "far" / "away.txt"
    for _ in range(3):
        await working.work_on()
        await working.witness(file=file).publish()
    assert await working.witness(file=file).publish() == 0
    assert [note.size for note in read_notes(file.read_text())] == [1, 2, 3]
    async with working.ledger.read() as tx:
        found = await tx.audit.verify(against=[file.read_text()], keys=working.keyring.public_keys())
    assert (found.ok, found.outside) == (True, 3)


async def test_a_crash_between_writing_and_remembering_writes_nothing_twice(working: Office, tmp_path: Path):
    file = tmp_path / "copies.txt"
    await working.work_on()
    await working.witness(file=file).publish()
    tamper(working.database, "DELETE FROM audit_publication")
    assert await working.witness(file=file).publish() == 1
    assert len(read_notes(file.read_text())) == 1


async def test_another_file_gets_all_from_the_first_on(working: Office, tmp_path: Path):
    for name in ("one.txt", "one.txt", "two.txt"):
        await working.work_on()
        await working.witness(file=tmp_path / name).publish()
    assert [note.size for note in read_notes((tmp_path / "two.txt").read_text())] == [1, 2, 3]


async def test_a_place_that_is_down_gets_what_it_missed_later(
    working: Office, place: Place, capsys: pytest.CaptureFixture[str]
):
    place.status = 503
    for _ in range(2):
        await working.work_on()
        assert await working.witness(url=f"{place.url}/secret-path").publish() == 0
    said = capsys.readouterr().out
    assert "audit.not_witnessed" in said
    assert "it answered 503" in said
    assert "secret-path" not in said
    place.status = 200
    await working.work_on()
    assert await working.witness(url=f"{place.url}/secret-path").publish() == 3
    assert place.sizes == [1, 2, 3]


async def test_an_address_where_nobody_listens_stops_nothing(working: Office, tmp_path: Path):
    await working.work_on()
    witness = working.witness(file=tmp_path / "copies.txt", url="http://127.0.0.1:1/nobody")
    assert await witness.publish() == 1, "the file was told all the same"


async def test_a_file_that_cannot_be_written_stops_nothing(working: Office, place: Place, tmp_path: Path):
    (tmp_path / "taken").write_text("a file where a folder is to be")
    await working.work_on()
    witness = working.witness(file=tmp_path / "taken" / "copies.txt", url=place.url)
    assert await witness.publish() == 1
    assert place.sizes == [1]


async def test_a_redirection_is_not_followed(working: Office, place: Place):
    place.status = 302
    await working.work_on()
    assert await working.witness(url=place.url).publish() == 0


async def test_an_object_store_gets_an_object_a_checkpoint(working: Office, place: Place):
    for _ in range(2):
        await working.work_on()
        working.clock.pass_(minutes=5)
    await working.witness(url=f"{place.url}/trail/{{size}}.txt").publish()
    assert [(method, path) for method, path, _ in place.taken] == [("PUT", "/trail/1.txt"), ("PUT", "/trail/2.txt")]


async def test_nowhere_to_show_is_fine(working: Office):
    await working.work_on()
    assert await working.witness().publish() == 0

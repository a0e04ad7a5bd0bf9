"""What every test may ask for: a clock, a database at the newest schema, a simulated home, an office in it.

Databases and homes are made once per run and copied per test: copying takes milliseconds, making takes seconds.
"""

import asyncio
import gc
import ipaddress
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agents.market.market import Market
from agents.market.scenarios import Scenario
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from bot.worker import working
from storage.database import Database
from storage.market_ledger.hidden import TruthLedger
from storage.market_ledger.shown import MarketLedger
from storage.migrations.runner import upgrade
from storage.work_queue import WorkQueue
from tests.fakes.clock import HandClock

SEED = 7
HISTORY_DAYS = 56


def pytest_collection_finish() -> None:
    """What modules made lives as long as the run: leave it out when looking for garbage, and look less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class NetworkRefused(AssertionError):
    """Raised when a test reaches for the outside world."""


@pytest.fixture(scope="session", autouse=True)
def _no_outside_network() -> Iterator[None]:
    """Only loopback and files can be connected to, and no outside name is looked up."""
    real_connect, real_connect_ex, real_lookup = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def connect(self: socket.socket, address: Any) -> None:
        _refuse_outside(self.family, address)
        real_connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_outside(self.family, address)
        return real_connect_ex(self, address)

    def lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and not _is_local(name):
            raise NetworkRefused(f"a test looked up {name}")
        return real_lookup(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket.socket, "connect_ex", connect_ex)
        patch.setattr(socket, "getaddrinfo", lookup)
        yield


def _refuse_outside(family: int, address: Any) -> None:
    if family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
        raise NetworkRefused(f"a test tried to connect to {address[0]}")


def _is_local(host: str) -> bool:
    if host in ("localhost", "localhost.localdomain"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


@pytest.fixture
def clock() -> HandClock:
    """A wall clock that stands still until told."""
    return HandClock()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database at the newest schema, with the queue's own tables; copy it, never write to it."""
    path = tmp_path_factory.mktemp("migrated") / "countersign.db"
    upgrade(path)
    database = Database(path)
    WorkQueue(database).migrate()
    asyncio.run(database.close())
    return path


@pytest.fixture
async def database(migrated: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A database of this test's own at the newest schema."""
    path = tmp_path / "countersign.db"
    shutil.copy(migrated, path)
    opened = Database(path)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def home_template(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated home with a short, healthy history, read once; copy it, never open it."""
    folder = tmp_path_factory.mktemp("template") / "home"
    folder.mkdir()
    shutil.copy(migrated, folder / "countersign.db")
    asyncio.run(_furnish(folder))
    return folder


async def _furnish(folder: Path) -> None:
    settings = Settings(home=folder)
    market = Market(MarketLedger(settings.market), TruthLedger(settings.market_truth))
    await market.create(seed=SEED, scenario=Scenario.HEALTHY_MONTH, history_days=HISTORY_DAYS)
    await market.close()
    async with open_office(settings, clock=HandClock()) as office:
        await office.observer.pull()


@pytest.fixture
def home(home_template: Path, tmp_path: Path) -> Settings:
    """The settings of a simulated home of this test's own."""
    folder = tmp_path / "home"
    shutil.copytree(home_template, folder)
    return Settings(home=folder)


@pytest.fixture
async def office(home: Settings, clock: HandClock) -> AsyncIterator[Office]:
    """The office of `home`, nobody at work: see `at_work`."""
    async with open_office(home, clock=clock) as opened:
        yield opened


@pytest.fixture
async def at_work(office: Office, home: Settings) -> AsyncIterator[Office]:
    """The same office with its worker started; stopping takes a second or two, so ask for it rarely."""
    async with working(office, home.worker_lock):
        yield office


@asynccontextmanager
async def reopened(home: Settings, clock: HandClock) -> AsyncIterator[Office]:
    """The office again, with a worker, as after a restart."""
    async with open_office(home, clock=clock) as opened, working(opened, home.worker_lock):
        yield opened

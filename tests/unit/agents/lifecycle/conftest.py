"""A house for every test of the lifecycle."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.fakes.clock import HandClock
from tests.fakes.hasty_disk import hasty
from tests.unit.agents.lifecycle.house import House, a_house


@pytest.fixture
def database(database: Database) -> Database:
    """A database of this test's own: what is tried here is what is committed, not that a disk keeps it."""
    return hasty(database)


@pytest.fixture
async def house(database: Database, tmp_path: Path, clock: HandClock) -> AsyncIterator[House]:
    async with a_house(database, tmp_path, clock) as opened:
        yield opened

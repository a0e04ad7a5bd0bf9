"""What the monitor looks at: connected sources by their own day, files as long as they keep coming."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from agents.lifecycle.cases.watched import STILL_COMING, watched
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from tests.fakes.channels import FakePlatform, FakeSource
from tests.unit.agents.exports.files import google, written
from tests.unit.agents.lifecycle.files_room import FilesRoom, a_files_room
from tests.unit.agents.lifecycle.house import House


class Out(FakeSource):
    """A source that is out for the moment."""

    def __init__(self, platform: FakePlatform, *, simulated: bool) -> None:
        super().__init__(platform)
        self.simulated = simulated

    async def today(self) -> date:
        raise SourceUnavailable("503")


@pytest.fixture
def room(house: House, tmp_path: Path) -> FilesRoom:
    return a_files_room(house, tmp_path)


async def names(room: FilesRoom, *sources: FakeSource) -> list[tuple[str, date, bool]]:
    readers = Readers({f"channel_{number}": one for number, one in enumerate(sources)})
    found = await watched(room.house.ledger, readers, clock=room.house.clock)
    return [(one.name, one.data_day, one.read) for one in found]


async def test_a_source_that_is_out_has_our_day_and_a_market_that_is_out_none(room: FilesRoom):
    yesterday = room.house.clock().date() - timedelta(days=1)
    platform = room.house.platform
    assert await names(room, Out(platform, simulated=False)) == [("fake", yesterday, False)]
    assert await names(room, Out(platform, simulated=True)) == []


async def test_a_day_that_was_not_read_is_said_to_be_so(room: FilesRoom):
    assert await names(room, room.house.source) == [("fake", room.house.platform.day - timedelta(days=1), False)]


async def test_files_are_watched_to_their_newest_day_while_they_keep_coming(room: FilesRoom, tmp_path: Path):
    newest = room.house.clock().date() - timedelta(days=2)
    for number, day in enumerate((newest, newest - timedelta(days=5))):
        room.house.clock.pass_(minutes=1)
        await room.landed(written(tmp_path, google(f"A,{day},EUR,10,1,1.00"), name=f"{number}.csv"))
    assert await names(room) == [("google_ads", newest, True)]
    room.house.clock.pass_(days=STILL_COMING.days)
    assert await names(room) == []

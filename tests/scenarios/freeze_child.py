"""A process in which somebody freezes everything after the first of a plan's writes, and which then dies by `kill -9`.

Called with home, plan id and digest; it dies as soon as the plan says that it is stopped.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from agents.lifecycle.decide import Accepted, Seen
from agents.lifecycle.people.freeze import Stopped
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from bot.worker import working
from storage.records.people import Person
from storage.records.stops import FreezeScope
from tests.fakes.clock import HandClock


async def freeze_and_die(home: Path, plan_id: str, digest: str) -> None:
    settings = Settings(home=home)
    async with open_office(settings, clock=HandClock()) as office, working(office, settings.worker_lock):
        _freeze_after_the_first_write(office)
        seen = Seen(plan_id=plan_id, revision=1, digest=digest)
        said = await office.decider.approve(seen, await _person(office, "aaron"), via="test")
        assert isinstance(said, Accepted), said
        async with asyncio.timeout(60):
            while not await _says_it_is_stopped(office, plan_id):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        os.kill(os.getpid(), signal.SIGKILL)


def _freeze_after_the_first_write(office: Office) -> None:
    for channel in office.executor._channels.values():
        channel.apply = _then_freeze(office, channel.apply)  # type: ignore[method-assign]


def _then_freeze(office: Office, real: Any) -> Any:
    async def apply(*args: Any, **kwargs: Any) -> Any:
        receipt = await real(*args, **kwargs)
        olivia = await _person(office, "olivia")
        said = await office.freezer.freeze(FreezeScope.ALL, "", olivia, reason="wrong prices", via="test")
        assert isinstance(said, Stopped), said
        return receipt

    return apply


async def _person(office: Office, person_id: str) -> Person:
    async with office.ledger.read() as tx:
        found = await tx.people.get(person_id)
    assert found is not None
    return found


async def _says_it_is_stopped(office: Office, plan_id: str) -> bool:
    async with office.ledger.read() as tx:
        found = await tx.plans.get(plan_id)
    return found is not None and found.note.startswith("stopped by FREEZE-1")


if __name__ == "__main__":
    asyncio.run(freeze_and_die(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))

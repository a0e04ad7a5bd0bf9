"""Lands one file in one home, in a fork of a process that is warm already; for tests that kill it.

For each home that a line on stdin names it forks, writes the fork's process id on stdout, and its exit code at its end.
"""

import asyncio
import os
import sys
from pathlib import Path

import storage.lake.store  # noqa: F401 - all that is heavy is imported before forking
from agents.lifecycle.intake.hold import Said
from bot.opening import open_office
from bot.settings import Settings


async def land(home: Path, file: Path) -> None:
    """Through the same front door as people's files."""
    async with open_office(Settings(home=home), make=True) as office:
        (landed,) = await office.landing.land([file], None, via="test", said=Said())
    assert landed.load_id is not None, landed


def main(file: Path) -> None:
    for home in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(land(Path(home.strip()), file))
            os._exit(0)
        print(child, flush=True)  # noqa: T201 - the way it is heard
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))

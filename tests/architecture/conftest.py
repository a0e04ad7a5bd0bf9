"""One home that went through everything, for tests that look at what commands print."""

import asyncio
import shutil
from pathlib import Path

import pytest

from bot.opening import open_office
from bot.settings import Settings

_NEWSLETTER = (
    "Date;Mailing;Cost;Sent;Clicks;Value\n01/03/2026;Spring teaser;12,50;4000;180;610,00\n"
    "02/03/2026;Spring sale;14,00;4100;;845,20\nTotal;;26,50;8100;180;1455,20\n"
)
_MAPPING = """\
source: mail_tool
channel: email
currency: EUR
dates: dmy
decimal: ","
columns: {day: Date, campaign: Mailing, spend: Cost, impressions: Sent, clicks: Clicks, revenue: Value}
"""


@pytest.fixture(scope="session")
def made_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a simulated home in `.countersign`, its PLAN-1 waiting, and a file of one's own; copy it."""
    folder = tmp_path_factory.mktemp("made")
    asyncio.run(_furnish(Settings(home=folder / ".countersign")))
    (folder / "newsletter.csv").write_text(_NEWSLETTER, encoding="utf-8")
    (folder / "newsletter.csv.mapping.yml").write_text(_MAPPING, encoding="utf-8")
    return folder


async def _furnish(settings: Settings) -> None:
    async with open_office(settings, seed=7) as office:
        await office.look()
        await office.proposer.propose()


@pytest.fixture
def folder(made_folder: Path, tmp_path: Path) -> Path:
    """The same, this test's own."""
    return Path(shutil.copytree(made_folder, tmp_path / "folder"))

"""A picture is drawn and uploaded once for what it shows, in every process, and drawn anew once Slack lost it."""

import asyncio

import pytest
from slack_sdk.errors import SlackApiError

from bot.slack.pictures import Pictures
from bot.slack.sketch import Chart
from storage.ledger import Ledger
from storage.work_queue import WorkQueue

CHART = Chart(png=b"\x89PNG", alt_text="Line chart of ROAS", title="ROAS")


class Slack:
    """Takes files, and looks through each for `looks` questions before it is ready."""

    def __init__(self, *, looks=0, error=None):
        self.uploaded = []
        self.error = error
        self._looks = looks

    async def files_upload_v2(self, **file):
        if self.error is not None:
            raise self.error
        self.uploaded.append(file["filename"])
        return {"file": self._file()}

    async def files_info(self, *, file):
        self._looks -= 1
        return {"file": self._file(file)}

    def _file(self, file_id=None):
        ready = {"mimetype": "image/png"} if self._looks <= 0 else {}
        return {"id": file_id or f"F{len(self.uploaded)}", **ready}


class Painter:
    def __init__(self, error=None):
        self.drawn = 0
        self._error = error

    async def __call__(self):
        self.drawn += 1
        await asyncio.sleep(0)
        if self._error is not None:
            raise self._error
        return CHART


@pytest.fixture
def ledger(database):
    return Ledger(database, WorkQueue(database))


async def _at_once(_seconds):
    """No time has to pass in a test."""


def pictures(ledger, slack):
    return Pictures(ledger, slack, pause=_at_once)


async def test_the_same_is_drawn_once_also_after_a_restart(ledger):
    slack, painter = Slack(), Painter()
    first = await pictures(ledger, slack).block(("roas", 1), painter, filename="roas.png")
    again = await pictures(ledger, slack).block(("roas", 1), painter, filename="roas.png")
    other = await pictures(ledger, slack).block(("roas", 2), painter, filename="roas.png")
    assert first == again
    assert first["slack_file"] == {"id": "F1"}
    assert first["alt_text"] == "Line chart of ROAS"
    assert other["slack_file"] == {"id": "F2"}
    assert painter.drawn == 2


async def test_fifty_who_ask_at_once_get_one_picture(ledger):
    slack, painter = Slack(), Painter()
    several = pictures(ledger, slack)
    blocks = await asyncio.gather(*(several.block("roas", painter, filename="roas.png") for _ in range(50)))
    assert painter.drawn == 1
    assert len({one["slack_file"]["id"] for one in blocks}) == 1


async def test_one_who_goes_away_does_not_take_the_picture_from_the_others(ledger):
    slack, painter = Slack(), Painter()
    several = pictures(ledger, slack)
    gone = asyncio.create_task(several.block("roas", painter, filename="roas.png"))
    stays = asyncio.create_task(several.block("roas", painter, filename="roas.png"))
    await asyncio.sleep(0)
    gone.cancel()
    assert (await stays)["slack_file"] == {"id": "F1"}


async def test_it_is_not_shown_before_slack_has_looked_through_it(ledger):
    slack = Slack(looks=3)
    block = await pictures(ledger, slack).block("roas", Painter(), filename="roas.png")
    assert block["slack_file"] == {"id": "F1"}
    assert slack._looks == 0


async def test_what_slack_lost_is_drawn_anew(ledger):
    slack, painter = Slack(), Painter()
    several = pictures(ledger, slack)
    block = await several.block("roas", painter, filename="roas.png")
    await several.forget([block, {"type": "divider"}])
    assert (await several.block("roas", painter, filename="roas.png"))["slack_file"] == {"id": "F2"}


@pytest.mark.parametrize("error", [SlackApiError("no", {"error": "missing_scope"}), TimeoutError()])
async def test_without_an_upload_there_is_no_picture_and_it_is_tried_again(ledger, error):
    slack, painter = Slack(error=error), Painter()
    assert await pictures(ledger, slack).block("roas", painter, filename="roas.png") is None
    slack.error = None
    assert await pictures(ledger, slack).block("roas", painter, filename="roas.png") is not None


async def test_what_cannot_be_drawn_takes_nothing_else_with_it(ledger):
    painter = Painter(error=ValueError("font"))
    assert await pictures(ledger, Slack()).block("roas", painter, filename="roas.png") is None

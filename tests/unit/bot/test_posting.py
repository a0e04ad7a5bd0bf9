"""What Slack refuses arrives in a plainer form; the words and the buttons arrive in any case."""

import pytest
from slack_sdk.errors import SlackApiError

from bot.slack.cards.blocks import Message, actions, button, header, section, table
from bot.slack.posting import as_text, plainer, sent, with_picture
from bot.workspace.blocks.validate import check_message_blocks

PICTURE = {"type": "image", "block_id": "picture.1", "slack_file": {"id": "F1"}, "alt_text": "ROAS"}
TABLE = table(["Channel", "ROAS"], [["Email", "11.43"], ["Paid search", "4.10"]])
BUTTONS = actions("ask", [button("Ask", "kpi.ask", "x")])
MESSAGE = Message(text="ROAS 3.65", blocks=(header("ROAS: 3.65"), section("*May*"), PICTURE, TABLE, BUTTONS))


class Slack:
    """Refuses messages with blocks of some kinds."""

    def __init__(self, *kinds, error="invalid_blocks"):
        self.kinds = set(kinds)
        self.error = error
        self.tried = []

    async def __call__(self, blocks):
        self.tried.append([one["type"] for one in blocks])
        if self.kinds & set(self.tried[-1]):
            raise SlackApiError("no", {"error": self.error})
        return {"ts": "1"}


class Forgetful:
    def __init__(self):
        self.forgotten = []

    async def forget(self, blocks):
        self.forgotten += [one["block_id"] for one in blocks if one["type"] == "image"]


async def test_what_slack_takes_is_sent_once_as_it_is():
    slack = Slack()
    assert await sent(MESSAGE, slack) == {"ts": "1"}
    assert slack.tried == [["header", "section", "image", "table", "actions"]]


async def test_a_refused_picture_is_left_out_and_forgotten():
    slack, pictures = Slack("image"), Forgetful()
    await sent(MESSAGE, slack, pictures=pictures)
    assert slack.tried[-1] == ["header", "section", "rich_text", "actions"]
    assert pictures.forgotten == ["picture.1"]


async def test_at_last_the_words_and_the_buttons_are_sent():
    slack = Slack("image", "rich_text")
    await sent(MESSAGE, slack)
    assert slack.tried[-1] == ["section", "header", "actions"]


async def test_what_could_not_be_said_more_plainly_is_not_tried_twice():
    slack = Slack("context")
    await sent(Message(text="x", blocks=({"type": "context", "elements": []}, BUTTONS)), slack)
    assert slack.tried == [["context", "actions"], ["section", "actions"]]


async def test_other_trouble_is_raised():
    with pytest.raises(SlackApiError):
        await sent(MESSAGE, Slack("image", error="channel_not_found"))


def test_a_table_as_text_has_its_cells_in_columns():
    text = as_text(TABLE)["elements"][0]["elements"][0]["text"]
    assert text.splitlines() == ["Channel      ROAS", "Email        11.43", "Paid search  4.10"]
    check_message_blocks([as_text(TABLE)])


def test_a_large_table_as_text_is_still_a_message():
    large = table(["Campaign", "Spend"], [["x" * 60, "9" * 30]] * 99)
    check_message_blocks(plainer([large]))


def test_a_picture_stands_before_the_buttons():
    kinds = [one["type"] for one in with_picture(Message(text="x", blocks=(header("h"), BUTTONS)), PICTURE).blocks]
    assert kinds == ["header", "image", "actions"]
    kinds = [one["type"] for one in with_picture(Message(text="x", blocks=(header("h"),)), PICTURE).blocks]
    assert kinds == ["header", "image"]

"""The validator refuses what Slack refuses, and says where."""

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.workspace.blocks.validate import check_message_blocks, check_view
from bot.workspace.errors import ApiError

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(action_id: str = "go", **keys: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain("Go"), **keys}


def option(value: str = "a") -> Json:
    return {"text": plain(value or "x"), "value": value}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def section(**keys: Any) -> Json:
    return {"type": "section", **keys}


def cell(text: str = "x") -> Json:
    return {"type": "raw_text", "text": text}


def chart(**keys: Any) -> Json:
    series = [{"name": "email", "data": [{"label": "W1", "value": 2}]}]
    body = {"type": "line", "series": series, "axis_config": {"categories": ["W1"]}, **keys}
    return {"type": "data_visualization", "title": "ROAS", "chart": body}


def static(**keys: Any) -> Json:
    return {"type": "static_select", "action_id": "s", "options": [option("a"), option("b")], **keys}


RICH = {
    "type": "rich_text",
    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "hi", "style": {"bold": True}}]}],
}
GOOD: list[Json] = [
    section(text=mrkdwn("x" * 3000)),
    section(fields=[mrkdwn("x" * 2000), *[mrkdwn("x")] * 9], accessory={"type": "overflow", "action_id": "o", "options": [option()]}),
    {"type": "header", "text": plain("x" * 150)},
    {"type": "divider"},
    {"type": "markdown", "text": "# x"},
    {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a"},
    {"type": "context", "elements": [mrkdwn("x")] * 10},
    actions(*[button(f"b{n}", value="v" * 2000, visible_to_user_ids=["U1"]) for n in range(25)]),
    actions(static(initial_option=option("a")), {"type": "users_select", "action_id": "u"}),
    {"type": "context_actions", "elements": [{
        "type": "feedback_buttons", "action_id": "f",
        "positive_button": {"text": plain("Good"), "value": "1"},
        "negative_button": {"text": plain("Bad"), "value": "0"}}]},
    RICH,
    {"type": "table", "rows": [[cell(), {"type": "raw_number", "value": 1.5, "text": "1.5"}, RICH]] * 100},
    {"type": "data_table", "caption": "t", "page_size": 100, "rows": [[cell()] * 20] * 101},
    chart(),
    {"type": "task_card", "task_id": "1", "title": "Look", "status": "in_progress", "details": RICH},
    {"type": "plan", "title": "Plan", "tasks": [{"type": "task_card", "task_id": "1", "title": "x", "status": "pending"}]},
    {"type": "card", "title": mrkdwn("x"), "actions": [button()]},
    {"type": "carousel", "elements": [{"type": "card", "body": mrkdwn("x")}] * 10},
    {"type": "container", "title": plain("x"), "child_blocks": [{"type": "divider"}]},
]  # fmt: skip


@pytest.mark.parametrize("block", GOOD, ids=lambda block: str(block["type"]))
def test_a_block_at_its_limits_is_accepted(block: Json) -> None:
    check_message_blocks([block])


BAD: list[tuple[str, Json, str]] = [
    ("no such block", {"type": "sectoin"}, "unsupported type: sectoin [json-pointer:/blocks/0/type]"),
    ("no type", {"text": plain("x")}, "missing required field: type [json-pointer:/blocks/0]"),
    ("unknown key", {"type": "divider", "color": "red"}, "invalid additional property: color [json-pointer:/blocks/0]"),
    ("empty section", section(), "must define either `text` or `fields` [json-pointer:/blocks/0]"),
    ("empty text", section(text=mrkdwn("")), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    ("blank text", section(text=mrkdwn(" \n")), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    ("long text", section(text=mrkdwn("x" * 3001)), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    ("long field", section(fields=[mrkdwn("x" * 2001)]), "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]"),
    ("many fields", section(fields=[mrkdwn("x")] * 11), "no more than 10 items allowed [json-pointer:/blocks/0/fields]"),
    ("no fields", section(fields=[]), "no fewer than 1 items allowed [json-pointer:/blocks/0/fields]"),
    ("emoji in mrkdwn", section(text={**mrkdwn("x"), "emoji": True}), "invalid additional property: emoji [json-pointer:/blocks/0/text]"),
    ("text as string", section(text="x"), "must provide an object [json-pointer:/blocks/0/text]"),
    ("mrkdwn header", {"type": "header", "text": mrkdwn("x")}, "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"),
    ("long header", {"type": "header", "text": plain("x" * 151)}, "must be less than 151 characters [json-pointer:/blocks/0/text/text]"),
    ("context of buttons", {"type": "context", "elements": [button()]}, "unsupported type: button [json-pointer:/blocks/0/elements/0/type]"),
    ("11 in context", {"type": "context", "elements": [mrkdwn("x")] * 11}, "no more than 10 items allowed [json-pointer:/blocks/0/elements]"),
    ("26 actions", actions(*[button(str(n)) for n in range(26)]), "no more than 25 items allowed [json-pointer:/blocks/0/elements]"),
    ("no actions", actions(), "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
    ("button text", actions(button(text=plain("x" * 76))), "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"),
    ("button value", actions(button(value="x" * 2001)), "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"),
    ("button url", actions(button(url="example")), "must be a valid url [json-pointer:/blocks/0/elements/0/url]"),
    ("button style", actions(button(style="green")), "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]"),
    ("mrkdwn button", actions(button(text=mrkdwn("x"))), "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/text/type]"),
    ("action id", actions(button("x" * 256)), "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]"),
    ("same action id", actions(button("a"), button("a")), "`action_id` a already exists for this block [json-pointer:/blocks/0/elements/1/action_id]"),
    ("confirm title", actions(button(confirm={"title": plain("x" * 101), "text": plain("x"), "confirm": plain("y"), "deny": plain("n")})),
     "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]"),
    ("6 overflow", actions({"type": "overflow", "action_id": "o", "options": [option(str(n)) for n in range(6)]}),
     "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]"),
    ("101 options", actions(static(options=[option(str(n)) for n in range(101)])), "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]"),
    ("option value", actions(static(options=[{**option("a"), "value": "x" * 151}])), "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]"),
    ("no options", actions({"type": "static_select", "action_id": "s"}), "must define either `options` or `option_groups` [json-pointer:/blocks/0/elements/0]"),
    ("strange initial", actions(static(initial_option=option("z"))), "must match one of the options [json-pointer:/blocks/0/elements/0/initial_option]"),
    ("placeholder", actions(static(placeholder=plain("x" * 151))), "must be less than 151 characters [json-pointer:/blocks/0/elements/0/placeholder/text]"),
    ("text input in actions", actions({"type": "plain_text_input", "action_id": "p"}), "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]"),
    ("input", {"type": "input", "label": plain("x"), "element": {"type": "plain_text_input"}}, "unsupported type: input in a message [json-pointer:/blocks/0/type]"),
    ("alert", {"type": "alert", "text": plain("x")}, "unsupported type: alert in a message [json-pointer:/blocks/0/type]"),
    ("image without source", {"type": "image", "alt_text": "x"}, "must define either `image_url` or `slack_file` [json-pointer:/blocks/0]"),
    ("image alt", {"type": "image", "alt_text": "x" * 2001, "image_url": "https://e.com/a"}, "must be less than 2001 characters [json-pointer:/blocks/0/alt_text]"),
    ("101 rows", {"type": "table", "rows": [[cell()]] * 101}, "no more than 100 items allowed [json-pointer:/blocks/0/rows]"),
    ("21 columns", {"type": "table", "rows": [[cell()] * 21]}, "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]"),
    ("mrkdwn cell", {"type": "table", "rows": [[mrkdwn("x")]]}, "unsupported type: mrkdwn [json-pointer:/blocks/0/rows/0/0/type]"),
    ("big table", {"type": "table", "rows": [[cell("x" * 5001)], [cell("x" * 5000)]]}, "must be less than 10001 characters in all cells [json-pointer:/blocks/0/rows]"),
    ("no caption", {"type": "data_table", "rows": [[cell()]] * 2}, "missing required field: caption [json-pointer:/blocks/0]"),
    ("page size", {"type": "data_table", "caption": "x", "page_size": 101, "rows": [[cell()]] * 2}, "must be between 1 and 100 [json-pointer:/blocks/0/page_size]"),
    ("uneven rows", {"type": "data_table", "caption": "x", "rows": [[cell()], [cell(), cell()]]}, "must have 1 cells like the header [json-pointer:/blocks/0/rows/1]"),
    ("chart title", {**chart(), "title": "x" * 51}, "must be less than 51 characters [json-pointer:/blocks/0/title]"),
    ("chart kind", chart(type="donut"), "unsupported type: donut [json-pointer:/blocks/0/chart/type]"),
    ("chart labels", chart(axis_config={"categories": ["W2"]}), "labels must match the categories [json-pointer:/blocks/0/chart/series/0/data]"),
    ("7 series", chart(series=[{"name": str(n), "data": [{"label": "W1", "value": 1}]} for n in range(7)]), "no more than 6 items allowed [json-pointer:/blocks/0/chart/series]"),
    ("empty slice", {"type": "data_visualization", "title": "x", "chart": {"type": "pie", "segments": [{"label": "a", "value": 0}]}},
     "must be more than 0 [json-pointer:/blocks/0/chart/segments/0/value]"),
    ("task status", {"type": "task_card", "task_id": "1", "title": "x", "status": "done"}, "must be one of: pending, in_progress, complete, error [json-pointer:/blocks/0/status]"),
    ("empty card", {"type": "card", "subtitle": plain("x")}, "must define one of `hero_image`, `title`, `actions`, `body` [json-pointer:/blocks/0]"),
    ("11 children", {"type": "container", "title": plain("x"), "child_blocks": [{"type": "divider"}] * 11}, "no more than 10 items allowed [json-pointer:/blocks/0/child_blocks]"),
    ("child is bad", {"type": "container", "title": plain("x"), "child_blocks": [{"type": "nope"}]}, "unsupported type: nope [json-pointer:/blocks/0/child_blocks/0/type]"),
    ("11 cards", {"type": "carousel", "elements": [{"type": "card", "body": mrkdwn("x")}] * 11}, "no more than 10 items allowed [json-pointer:/blocks/0/elements]"),
    ("empty rich text", {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}]},
     "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]"),
    ("long block id", {"type": "divider", "block_id": "x" * 256}, "must be less than 256 characters [json-pointer:/blocks/0/block_id]"),
]  # fmt: skip


@pytest.mark.parametrize(("block", "problem"), [pytest.param(b, p, id=i) for i, b, p in BAD])
def test_a_wrong_block_is_refused_with_the_place(block: Json, problem: str) -> None:
    with pytest.raises(ApiError) as refusal:
        check_message_blocks([block])
    assert refusal.value.code == "invalid_blocks"
    assert refusal.value.details["errors"] == [problem]
    assert refusal.value.details["response_metadata"]["messages"] == [f"[ERROR] {problem}"]


@pytest.mark.parametrize(
    ("blocks", "code"),
    [
        ([{"type": "divider"}] * 51, "msg_blocks_too_many"),
        ("nonsense", "invalid_blocks_format"),
        ([section(text=mrkdwn("x" * 2900))] * 5, "msg_blocks_too_long"),
        ([{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}], "invalid_blocks"),
        ([{"type": "table", "rows": [[cell()]]}] * 2, "invalid_blocks"),
        ([chart()] * 3, "invalid_blocks"),
        (["x"], "invalid_blocks"),
    ],
)
def test_blocks_that_are_wrong_as_a_whole_are_refused(blocks: Any, code: str) -> None:
    with pytest.raises(ApiError) as refusal:
        check_message_blocks(blocks)
    assert refusal.value.code == code


def test_fifty_blocks_are_accepted() -> None:
    check_message_blocks([{"type": "divider"}] * 50)


def test_a_picture_of_a_file_nobody_uploaded_is_refused() -> None:
    picture = {"type": "image", "alt_text": "x", "slack_file": {"id": "F1"}}
    check_message_blocks([picture], files=frozenset({"F1"}))
    with pytest.raises(ApiError) as refusal:
        check_message_blocks([picture], files=frozenset())
    assert refusal.value.details["errors"] == ["invalid slack file [json-pointer:/blocks/0/slack_file]"]


INPUT: Json = {"type": "input", "label": plain("Why"), "element": {"type": "plain_text_input", "action_id": "v"}}


def modal(**keys: Any) -> Json:
    return {"type": "modal", "title": plain("Edit"), "submit": plain("Save"), "blocks": [INPUT], **keys}


@pytest.mark.parametrize(
    "view",
    [
        modal(title=plain("x" * 24), submit=plain("x" * 24), close=plain("x" * 24), private_metadata="x" * 3000),
        modal(blocks=[{"type": "divider"}] * 100),
        modal(blocks=[{"type": "alert", "text": plain("x"), "level": "warning"}], submit=None),
    ],
)
def test_a_modal_at_its_limits_is_accepted(view: Json) -> None:
    check_view(view, wanted="modal")


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (modal(title=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
        (modal(close=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/close/text]"),
        (modal(private_metadata="x" * 3001), "must be less than 3001 characters [json-pointer:/view/private_metadata]"),
        (modal(callback_id="x" * 256), "must be less than 256 characters [json-pointer:/view/callback_id]"),
        (modal(submit=None), "missing required field: submit (the view has input blocks) [json-pointer:/view]"),
        (modal(blocks=[{"type": "divider"}] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
        (modal(blocks=None), "missing required field: blocks [json-pointer:/view]"),
        (modal(submit_disabled=True), "invalid additional property: submit_disabled [json-pointer:/view]"),
        (modal(type="home"), "must be modal [json-pointer:/view/type]"),
        (modal(blocks=[{"type": "markdown", "text": "x"}]), "unsupported type: markdown in a modal [json-pointer:/view/blocks/0/type]"),
        (
            modal(blocks=[{**INPUT, "element": {**INPUT["element"], "focus_on_load": True}}] * 2),
            "only one element may be focused on load [json-pointer:/view/blocks/1/element/focus_on_load]",
        ),
        (
            modal(blocks=[{**INPUT, "element": button()}]),
            "unsupported type: button [json-pointer:/view/blocks/0/element/type]",
        ),
    ],
)  # fmt: skip
def test_a_wrong_modal_is_refused_with_the_place(view: Json, problem: str) -> None:
    with pytest.raises(ApiError) as refusal:
        check_view(view, wanted="modal")
    assert (refusal.value.code, refusal.value.details["errors"]) == ("invalid_arguments", [problem])


@pytest.mark.parametrize("extra", [{"submit": plain("Save")}, {"title": plain("x")}])
def test_a_home_with_a_modals_parts_is_refused(extra: Json) -> None:
    with pytest.raises(ApiError, match="invalid_arguments"):
        check_view({"type": "home", "blocks": [], **extra}, wanted="home")


def test_a_view_too_large_is_refused() -> None:
    big = [section(text=mrkdwn("x" * 2900)) for _ in range(100)]
    with pytest.raises(ApiError, match="view_too_large"):
        check_view({"type": "home", "blocks": big}, wanted="home")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(block=st.sampled_from(GOOD), path=st.lists(st.integers(0, 5), min_size=1, max_size=5), junk=JSON)
def test_whatever_is_put_into_a_block_the_validator_only_refuses(block: Json, path: list[int], junk: Any) -> None:
    """Any JSON anywhere in a block ends in acceptance or an ApiError, never in a crash."""
    blocks: Any = [copy.deepcopy(block)]
    place, last = blocks, None
    for step in path:
        children = list(place) if isinstance(place, dict) else range(len(place)) if isinstance(place, list) else []
        if not len(children):
            break
        last = (place, children[step % len(children)])
        place = place[last[1]]
    if last is not None:
        last[0][last[1]] = junk
    with contextlib.suppress(ApiError):
        check_message_blocks(blocks, files=frozenset())

"""Rules of Block Kit's interactive elements, and of where each may stand."""

from typing import Any

from bot.workspace.blocks.check import (
    Check,
    Rule,
    anything,
    boolean,
    by_type,
    enum,
    integer,
    items,
    link,
    shape,
    string,
)
from bot.workspace.blocks.texts import (
    ACTION_ID,
    CONFIRM_LENIENT,
    IMAGE_ELEMENT,
    OPTION_GROUP,
    OVERFLOW_OPTION,
    PLAIN_OPTION,
    RICH_OPTION,
    USER_IDS,
    plain,
    text,
)

Json = dict[str, Any]

_BASE: dict[str, Rule] = {"type": anything}
_NAMED: dict[str, Rule] = {"action_id": ACTION_ID, "confirm": CONFIRM_LENIENT}
_FOCUSED: dict[str, Rule] = {**_NAMED, "focus_on_load": boolean}
_FILLED: dict[str, Rule] = {**_FOCUSED, "placeholder": plain(150)}
_DISPATCH: dict[str, Rule] = {
    "dispatch_action_config": shape(
        optional={"trigger_actions_on": items(enum("on_enter_pressed", "on_character_entered"), most=2)}
    )
}
_NUMERAL = string(64, pattern=r"-?\d+(\.\d+)?", wanted="a decimal number")


def _one_focus(value: Json, at: str, check: Check) -> None:
    if value.get("focus_on_load") is True and check.count("focus_on_load") > 1:
        check.note(f"{at}/focus_on_load", "only one element may be focused on load")


def _focusable(required: dict[str, Rule], optional: dict[str, Rule], *extra: Rule) -> Rule:
    return shape({**_BASE, **required}, optional, *extra, _one_focus)


def _all_options(value: Json) -> list[Any]:
    groups = value.get("option_groups")
    found = list(value.get("options") or []) if isinstance(value.get("options") or [], list) else []
    for group in groups if isinstance(groups, list) else []:
        inside = group.get("options") if isinstance(group, dict) else None
        found += inside if isinstance(inside, list) else []
    return found


def _initial_among_options(value: Json, at: str, check: Check) -> None:
    chosen = value.get("initial_options", [value["initial_option"]] if value.get("initial_option") else [])
    if isinstance(chosen, list) and any(option not in _all_options(value) for option in chosen):
        key = "initial_options" if "initial_options" in value else "initial_option"
        check.note(f"{at}/{key}", "must match one of the options")


def _options_or_groups(value: Json, at: str, check: Check) -> None:
    if (value.get("options") is None) == (value.get("option_groups") is None):
        check.note(at, "must define either `options` or `option_groups`")


def _menu(*, multiple: bool) -> dict[str, Rule]:
    """The five menus: static, external, users, conversations, channels."""
    prefix = "multi_" if multiple else ""
    plural = "s" if multiple else ""
    base = {**_FILLED, **({"max_selected_items": integer(1, 100)} if multiple else {})}
    many = (lambda rule: items(rule, most=100)) if multiple else (lambda rule: rule)
    reply: dict[str, Rule] = {} if multiple else {"response_url_enabled": boolean}
    filters = shape(
        optional={
            "include": items(enum("im", "mpim", "private", "public"), most=4),
            "exclude_bot_users": boolean,
            "exclude_external_shared_channels": boolean,
        }
    )
    initial = f"initial_option{plural}"
    static = {
        "options": items(PLAIN_OPTION, most=100),
        "option_groups": items(OPTION_GROUP, most=100),
        initial: many(PLAIN_OPTION),
    }
    external = {"min_query_length": integer(0, 100), initial: many(PLAIN_OPTION)}
    conversations = {
        f"initial_conversation{plural}": many(string(64)),
        "default_to_current_conversation": boolean,
        "filter": filters,
        **reply,
    }
    channels = {f"initial_channel{plural}": many(string(64)), **reply}
    return {
        f"{prefix}static_select": _focusable({}, {**base, **static}, _options_or_groups, _initial_among_options),
        f"{prefix}external_select": _focusable({}, {**base, **external}),
        f"{prefix}users_select": _focusable({}, {**base, f"initial_user{plural}": many(string(64))}),
        f"{prefix}conversations_select": _focusable({}, {**base, **conversations}),
        f"{prefix}channels_select": _focusable({}, {**base, **channels}),
    }


BUTTON = shape(
    {**_BASE, "text": plain(75)},
    {
        **_NAMED,
        "value": string(2000),
        "url": link(),
        "style": enum("primary", "danger"),
        "accessibility_label": string(75),
        "agent_prompt": string(4000),
        "agent_prompt_display": anything,
        "visible_to_user_ids": USER_IDS,
    },
)
_ICON_BUTTON = shape(
    {**_BASE, "icon": string(64), "text": plain(75)},
    {**_NAMED, "value": string(2000), "accessibility_label": string(75), "visible_to_user_ids": USER_IDS},
)
_FEEDBACK = shape({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})
_CHOICE_BOXES = {
    "checkboxes": _focusable(
        {"options": items(RICH_OPTION, most=10)},
        {**_FOCUSED, "initial_options": items(RICH_OPTION, most=10)},
        _initial_among_options,
    ),
    "radio_buttons": _focusable(
        {"options": items(RICH_OPTION, most=10)},
        {**_FOCUSED, "initial_option": RICH_OPTION},
        _initial_among_options,
    ),
}
_DAY = string(10, pattern=r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", wanted="a date as YYYY-MM-DD")
_TIME = string(5, pattern=r"([01]\d|2[0-3]):[0-5]\d", wanted="a time as HH:mm")
_PICKERS = {
    "datepicker": _focusable({}, {**_FILLED, "initial_date": _DAY}),
    "timepicker": _focusable({}, {**_FILLED, "initial_time": _TIME, "timezone": string(64)}),
    "datetimepicker": _focusable({}, {**_FOCUSED, "initial_date_time": integer(1_000_000_000, 9_999_999_999)}),
}
_MENUS = {**_menu(multiple=False), **_menu(multiple=True)}
_OVERFLOW = {"overflow": shape({**_BASE, "options": items(OVERFLOW_OPTION, most=5)}, _NAMED)}
_RICH_INPUT = {
    "rich_text_input": _focusable({}, {**_FILLED, **_DISPATCH, "initial_value": anything}),
}
_WORKFLOW_BUTTON = {
    "workflow_button": shape(
        {**_BASE, "text": plain(75), "workflow": shape({"trigger": anything})},
        {"action_id": ACTION_ID, "style": enum("primary", "danger"), "accessibility_label": string(75)},
    )
}
_TYPED = {
    "plain_text_input": _focusable(
        {},
        {
            **_FILLED,
            **_DISPATCH,
            "initial_value": string(3000, least=0),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
    ),
    "email_text_input": _focusable({}, {**_FILLED, **_DISPATCH, "initial_value": string(3000, least=0)}),
    "url_text_input": _focusable({}, {**_FILLED, **_DISPATCH, "initial_value": string(3000, least=0)}),
    "number_input": _focusable(
        {"is_decimal_allowed": boolean},
        {**_FILLED, **_DISPATCH, "initial_value": _NUMERAL, "min_value": _NUMERAL, "max_value": _NUMERAL},
    ),
    "file_input": shape(
        _BASE, {"action_id": ACTION_ID, "filetypes": items(string(32), most=50), "max_files": integer(1, 10)}
    ),
}

IN_ACTIONS = by_type(
    {"button": BUTTON, **_OVERFLOW, **_CHOICE_BOXES, **_PICKERS, **_MENUS, **_RICH_INPUT, **_WORKFLOW_BUTTON}
)
IN_ACCESSORY = by_type(
    {
        "button": BUTTON,
        "image": IMAGE_ELEMENT,
        **_OVERFLOW,
        **_CHOICE_BOXES,
        **_MENUS,
        **_WORKFLOW_BUTTON,
        "datepicker": _PICKERS["datepicker"],
        "timepicker": _PICKERS["timepicker"],
    }
)
IN_INPUT = by_type({**_TYPED, **_CHOICE_BOXES, **_PICKERS, **_MENUS, **_RICH_INPUT})
IN_CONTEXT = by_type({"image": IMAGE_ELEMENT, "plain_text": text(3000), "mrkdwn": text(3000)})
IN_CONTEXT_ACTIONS = by_type(
    {
        "feedback_buttons": shape(
            {**_BASE, "positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, {"action_id": ACTION_ID}
        ),
        "icon_button": _ICON_BUTTON,
    }
)

"""What a person entered: built from the elements the app defined, so that nothing can be forged.

A browser names block, action and value; text, options and button values are taken from the definition. What it
names that is not there is refused with `NotOffered`.
"""

import re
from collections.abc import Iterator
from typing import Any

from bot.workspace.blocks.walk import BUTTONS, each_block, elements_of, may_see
from bot.workspace.seeds import Json

REQUIRED = "Please complete this required field."

_VALUE_KEYS = {
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "rich_text_input": "rich_text_value",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
    "file_input": "files",
}
_KINDS: dict[str, type] = {
    "datetimepicker": int,
    "rich_text_input": dict,
    "external_select": dict,
    "multi_external_select": dict,
}
_FROM_OPTIONS = frozenset({"static_select", "radio_buttons", "overflow", "checkboxes", "multi_static_select"})
_TEXTS = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input"})


class NotOffered(Exception):
    """Raised when a browser sends something that the message or view does not offer to this person."""


def values_of(blocks: list[Json], entered: Any, user: str) -> Json:
    """`state.values` of a surface: every stateful element with what was entered, else its initial value."""
    given = entered if isinstance(entered, dict) else {}
    values: Json = {}
    for block, element in _stateful(blocks):
        if not may_see(element, user):
            continue
        action_id = element["action_id"]
        by_block = given.get(block["block_id"])
        raw = by_block.get(action_id) if isinstance(by_block, dict) else None
        values.setdefault(block["block_id"], {})[action_id] = _value(element, raw)
    return values


def _stateful(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    for block in each_block(blocks):
        for element in elements_of(block):
            if element["type"] not in BUTTONS:
                yield block, element


def _value(element: Json, raw: Any) -> Json:
    kind = element["type"]
    key = _VALUE_KEYS[kind]
    if isinstance(raw, dict):
        return {"type": kind, key: _checked(element, raw.get(key))}
    initial = element.get(key.replace("selected_", "initial_") if key != "value" else "initial_value")
    if key.endswith("s") and initial is None:
        initial = []
    return {"type": kind, key: initial}


def _checked(element: Json, chosen: Any) -> Any:
    """What was chosen, in the app's own words; raises NotOffered for what cannot be chosen."""
    kind = element["type"]
    key = _VALUE_KEYS[kind]
    if chosen is None or chosen == "":
        return [] if key.endswith("s") else None
    if key.endswith("s") != isinstance(chosen, list):
        raise NotOffered(f"{key} of {element['action_id']}")
    if kind in _FROM_OPTIONS:
        if isinstance(chosen, list):
            return [_option(element, part) for part in chosen]
        return _option(element, chosen)
    if kind in _TEXTS:
        return str(chosen)
    single = chosen if isinstance(chosen, list) else [chosen]
    wanted = _KINDS.get(kind, str)
    if not all(isinstance(part, wanted) and not isinstance(part, bool) for part in single):
        raise NotOffered(f"{key} of {element['action_id']}")
    if kind in _FORMS and not re.fullmatch(_FORMS[kind][0], chosen):
        raise NotOffered(f"{key} of {element['action_id']}")
    return chosen


def _option(element: Json, chosen: Any) -> Json:
    wanted = chosen.get("value") if isinstance(chosen, dict) else chosen
    offered = list(element.get("options") or [])
    for group in element.get("option_groups") or []:
        offered += group["options"]
    for option in offered:
        if option["value"] == wanted:
            return {"text": option["text"], "value": option["value"]}
    raise NotOffered(f"option {wanted!r} of {element['action_id']}")


def action_of(block: Json, element: Json, sent: Json, *, user: str, action_ts: str) -> Json:
    """The entry of `actions` for one use of a control; raises NotOffered for a forged one."""
    kind = element["type"]
    if sent.get("type") not in (None, kind) or not may_see(element, user):
        raise NotOffered(f"{sent.get('type')} {element['action_id']}")
    if block["type"] == "input" and not block.get("dispatch_action"):
        raise NotOffered(f"{element['action_id']} does not dispatch")
    action: Json = {
        "type": kind,
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": action_ts,
    }
    if kind in {"button", "icon_button", "workflow_button"}:
        if sent.get("value") not in (None, element.get("value", ""), element.get("value")):
            raise NotOffered(f"value of {element['action_id']}")
        for key in ("text", "value", "style", "icon", "url"):
            if key in element:
                action[key] = element[key]
        return action
    if kind == "feedback_buttons":
        return {**action, **_feedback(element, sent.get("value"))}
    key = _VALUE_KEYS[kind]
    return {**action, key: _checked(element, sent.get(key))}


def _feedback(element: Json, value: Any) -> Json:
    for key in ("positive_button", "negative_button"):
        if element[key]["value"] == value:
            return {"text": element[key]["text"], "value": value}
    raise NotOffered(f"value {value!r} of {element['action_id']}")


def missing_inputs(blocks: list[Json], values: Json) -> dict[str, str]:
    """What Slack's own client refuses before the app hears of it: by block id, what is wrong."""
    errors = {}
    for block in each_block(blocks):
        if block["type"] != "input":
            continue
        element = block["element"]
        value = values[block["block_id"]][element["action_id"]][_VALUE_KEYS[element["type"]]]
        if value is None or value in ("", []):
            if not block.get("optional"):
                errors[block["block_id"]] = REQUIRED
        elif problem := _problem(element, value):
            errors[block["block_id"]] = problem
    return errors


_FORMS = {
    "email_text_input": (r"[^@\s]+@[^@\s]+\.[^@\s]+", "Please enter a valid email address."),
    "url_text_input": (r"https?://\S+", "Please enter a valid URL."),
    "datepicker": (r"\d{4}-\d{2}-\d{2}", "Please enter a valid date."),
    "timepicker": (r"\d{2}:\d{2}", "Please enter a valid time."),
}


def _problem(element: Json, value: Any) -> str:
    kind = element["type"]
    if kind == "number_input":
        return _number_problem(element, value)
    if kind == "plain_text_input":
        least, most = element.get("min_length", 0), element.get("max_length", 3000)
        if len(value) < least:
            return f"Please enter at least {least} characters."
        return f"Please enter at most {most} characters." if len(value) > most else ""
    pattern, words = _FORMS.get(kind, (r"(?s).*", ""))
    return "" if re.fullmatch(pattern, str(value)) else words


def _number_problem(element: Json, value: str) -> str:
    pattern = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(pattern, value, re.ASCII):
        return "Please enter a number." if element["is_decimal_allowed"] else "Please enter a whole number."
    if "min_value" in element and float(value) < float(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and float(value) > float(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return ""

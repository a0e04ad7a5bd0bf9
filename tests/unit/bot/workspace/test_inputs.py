"""State is built from the app's definition; only what is offered can be entered."""

from typing import Any

import pytest

from bot.workspace.inputs import NotOffered, missing_inputs, values_of

Json = dict[str, Any]
OPTIONS = [{"text": {"type": "plain_text", "text": name}, "value": name} for name in ("a", "b")]


def block(element: Json, **keys: Any) -> Json:
    label = {"type": "plain_text", "text": "x"}
    return {"type": "input", "block_id": "b", "label": label, "element": {"action_id": "v", **element}, **keys}


def entered(element: Json, **value: Any) -> Any:
    return values_of([block(element)], {"b": {"v": value}} if value else {}, "U1")["b"]["v"]


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ({"type": "plain_text_input", "initial_value": "x"}, {"value": "x"}),
        ({"type": "plain_text_input"}, {"value": None}),
        ({"type": "static_select", "options": OPTIONS, "initial_option": OPTIONS[0]}, {"selected_option": OPTIONS[0]}),
        ({"type": "checkboxes", "options": OPTIONS}, {"selected_options": []}),
        ({"type": "checkboxes", "options": OPTIONS, "initial_options": OPTIONS}, {"selected_options": OPTIONS}),
        ({"type": "datepicker", "initial_date": "2030-01-15"}, {"selected_date": "2030-01-15"}),
        ({"type": "datetimepicker", "initial_date_time": 1_900_000_000}, {"selected_date_time": 1_900_000_000}),
        ({"type": "multi_users_select"}, {"selected_users": []}),
    ],
)
def test_what_is_not_touched_keeps_its_initial_value(element: Json, value: Json) -> None:
    assert entered(element) == {"type": element["type"], **value}


@pytest.mark.parametrize(
    ("element", "sent", "got"),
    [
        ({"type": "static_select", "options": OPTIONS}, {"selected_option": {"value": "b", "text": "forged"}}, OPTIONS[1]),
        ({"type": "radio_buttons", "options": OPTIONS}, {"selected_option": {"value": "a"}}, OPTIONS[0]),
        ({"type": "static_select", "option_groups": [{"options": OPTIONS}]}, {"selected_option": {"value": "b"}}, OPTIONS[1]),
        ({"type": "checkboxes", "options": OPTIONS}, {"selected_options": [{"value": "b"}]}, [OPTIONS[1]]),
        ({"type": "users_select"}, {"selected_user": "U2"}, "U2"),
        ({"type": "datepicker", "initial_date": "2030-01-15"}, {"selected_date": None}, None),
        ({"type": "plain_text_input", "initial_value": "x"}, {"value": ""}, None),
    ],
)  # fmt: skip
def test_what_is_entered_is_said_in_the_apps_words(element: Json, sent: Json, got: Any) -> None:
    key = next(iter(sent))
    assert entered(element, **sent)[key] == got


@pytest.mark.parametrize(
    ("element", "sent"),
    [
        ({"type": "static_select", "options": OPTIONS}, {"selected_option": {"value": "c"}}),
        ({"type": "static_select", "options": OPTIONS}, {"selected_option": [{"value": "a"}]}),
        ({"type": "checkboxes", "options": OPTIONS}, {"selected_options": {"value": "a"}}),
        ({"type": "users_select"}, {"selected_user": {"id": "U2"}}),
        ({"type": "multi_users_select"}, {"selected_users": [1]}),
        ({"type": "datepicker"}, {"selected_date": "tomorrow"}),
        ({"type": "timepicker"}, {"selected_time": "noon"}),
        ({"type": "datetimepicker"}, {"selected_date_time": "1900000000"}),
        ({"type": "datetimepicker"}, {"selected_date_time": True}),
    ],
)
def test_what_is_not_offered_is_refused(element: Json, sent: Json) -> None:
    with pytest.raises(NotOffered):
        entered(element, **sent)


@pytest.mark.parametrize(
    ("element", "value", "problem"),
    [
        ({"type": "email_text_input"}, "nobody", "Please enter a valid email address."),
        ({"type": "url_text_input"}, "example", "Please enter a valid URL."),
        ({"type": "plain_text_input", "min_length": 3}, "ab", "Please enter at least 3 characters."),
        ({"type": "plain_text_input", "max_length": 1}, "ab", "Please enter at most 1 characters."),
        ({"type": "number_input", "is_decimal_allowed": True, "max_value": "5"}, "5.1", "Please enter a number of at most 5."),
        ({"type": "number_input", "is_decimal_allowed": True}, "1e3", "Please enter a number."),
        ({"type": "number_input", "is_decimal_allowed": False}, "٣", "Please enter a whole number."),
        ({"type": "plain_text_input"}, None, "Please complete this required field."),
    ],
)  # fmt: skip
def test_what_slacks_client_would_refuse_never_reaches_the_app(element: Json, value: Any, problem: str) -> None:
    blocks = [block(element)]
    assert missing_inputs(blocks, values_of(blocks, {"b": {"v": {"value": value}}}, "U1")) == {"b": problem}


def test_an_optional_input_may_stay_empty_but_not_wrong() -> None:
    blocks = [block({"type": "email_text_input"}, optional=True)]
    assert missing_inputs(blocks, values_of(blocks, {}, "U1")) == {}
    wrong = values_of(blocks, {"b": {"v": {"value": "x"}}}, "U1")
    assert missing_inputs(blocks, wrong) == {"b": "Please enter a valid email address."}

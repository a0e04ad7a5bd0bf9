"""The manifest asks for exactly what the listeners use, and Slack would take it.

Sources: docs.slack.dev/reference/methods (scopes of each method), /reference/events, /reference/app-manifest.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from slack_bolt.listener.async_listener import AsyncListener
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

import bot.slack
from bot.commands.up import MANIFEST
from bot.slack.app import build_app
from bot.slack.buttons import ActionId, CallbackId
from tests.fakes.member import Json
from tests.scenarios.team import Team

SCOPES_OF_METHOD: dict[str, set[str]] = {
    "chat_postMessage": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": {"channels:history", "groups:history"},  # the cards' channel, public or private
    "conversations_replies": {"channels:history", "groups:history"},
    "chat_getPermalink": set(),
    "conversations_open": {"im:write"},
    "files_upload_v2": {"files:write"},
    "files_info": {"files:read"},
    "users_info": {"users:read"},
    "auth_test": set(),
    "views_open": set(),
    "views_update": set(),
    "views_publish": set(),
}
SCOPES_OF_EVENT: dict[str, set[str]] = {
    "app_mention": {"app_mentions:read"},
    "file_shared": {"files:read"},
    "message.im": {"im:history"},
    "app_home_opened": set(),
    "team_join": {"users:read"},
    "user_change": {"users:read"},
}
SCOPE_TO_FETCH_UPLOADS = "files:read"
"""Texts of rules that people upload are fetched from where Slack keeps them, which is no method."""
ENDINGS = {ActionId.KPI_ASK: ".0", ActionId.QUESTION_ANSWER: ".0", ActionId.HOME_PAGE: ".on"}
"""Buttons that stand several in a row, and so end in something of their own."""
SUBMITTED = set(CallbackId) - {CallbackId.HOME, CallbackId.LOADING, CallbackId.PLAN_WHY, CallbackId.ALERT_SUSPECTS}
"""The views that have something to submit."""


@pytest.fixture
def manifest() -> Json:
    return dict(yaml.safe_load(MANIFEST.read_text(encoding="utf-8")))


async def test_every_command_event_button_and_form_has_one_listener_and_no_listener_waits_for_more(
    team: Team, manifest: Json
) -> None:
    app = build_app(team.desk, signing_secret=None)
    unused = set(app._async_listeners)

    for name, payload in _everything_that_can_arrive(manifest):
        takers = [one for one in app._async_listeners if await _takes(one, payload)]
        assert len(takers) == 1, f"{name} has {len(takers)} listeners"
        unused -= set(takers)

    assert not unused, "these wait for what the manifest does not let Slack send"


def test_the_copy_that_is_installed_is_the_one_that_people_read(manifest: Json) -> None:
    shown = yaml.safe_load((Path(__file__).parents[2] / "manifest.yml").read_text(encoding="utf-8"))

    assert shown == manifest


def test_its_scopes_are_those_of_the_methods_called_and_the_events_heard(manifest: Json) -> None:
    needed = {"commands", SCOPE_TO_FETCH_UPLOADS}
    for method in _methods_called():
        needed |= SCOPES_OF_METHOD[method]
    for event in manifest["settings"]["event_subscriptions"]["bot_events"]:
        needed |= SCOPES_OF_EVENT[event]

    assert set(manifest["oauth_config"]["scopes"]["bot"]) == needed


def test_slack_would_take_it(manifest: Json) -> None:
    shown = manifest["display_information"]
    assert manifest["_metadata"]["major_version"] in {1, 2}
    assert isinstance(manifest["_metadata"].get("minor_version", 1), int)
    assert 1 <= len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 175 <= len(shown["long_description"]) <= 4000
    assert re.fullmatch(r"#[0-9a-f]{6}", shown["background_color"])
    assert len(manifest["features"]["bot_user"]["display_name"]) <= 80
    for command in manifest["features"]["slash_commands"]:
        assert re.fullmatch(r"/[a-z0-9_-]{1,31}", command["command"])
        assert len(command["description"]) <= 2000
        assert len(command.get("usage_hint", "")) <= 1000
    assert len(manifest["features"]["slash_commands"]) <= 50
    assert manifest["features"]["app_home"]["home_tab_enabled"]
    assert manifest["settings"]["socket_mode_enabled"]
    assert set(manifest) <= {"_metadata", "display_information", "features", "oauth_config", "settings"}


def _everything_that_can_arrive(manifest: Json) -> Iterator[tuple[str, Json]]:
    """What Slack sends to an app with this manifest whose cards and forms are ours."""
    for command in manifest["features"]["slash_commands"]:
        yield command["command"], {"command": command["command"], "trigger_id": "1.1"}
    for event in manifest["settings"]["event_subscriptions"]["bot_events"]:
        name, _, kind = event.partition(".")
        inner = {"type": name, "channel": "D1", "user": "U1", **({"channel_type": kind} if kind else {})}
        yield event, {"type": "event_callback", "event_id": "Ev1", "event": inner}
    for action in ActionId:
        name = f"{action}{ENDINGS.get(action, '')}"
        used = {"type": "button", "action_id": name, "block_id": "b", "action_ts": "1.1", "value": "v"}
        yield name, {"type": "block_actions", "actions": [used], "user": {"id": "U1"}}
    for form in SUBMITTED:
        yield (
            form,
            {"type": "view_submission", "view": {"type": "modal", "callback_id": str(form)}, "user": {"id": "U1"}},
        )


async def _takes(listener: AsyncListener, payload: Json) -> bool:
    request = AsyncBoltRequest(body=payload, mode="socket_mode")
    return bool(await listener.async_matches(req=request, resp=BoltResponse(status=404)))


def _methods_called() -> set[str]:
    """Every method of the Web API that the code of bot/slack calls."""
    called = set()
    for path in Path(bot.slack.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                if isinstance(owner, ast.Attribute | ast.Name) and _name(owner).lstrip("_") == "client":
                    called.add(node.func.attr)
    assert len(called) >= 5, "the calls are found"
    return called


def _name(owner: ast.Attribute | ast.Name) -> str:
    return owner.attr if isinstance(owner, ast.Attribute) else owner.id

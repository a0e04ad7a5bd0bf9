"""The shapes of what Slack sends to an app: events, interactions, commands.

Source: docs.slack.dev/reference/interaction-payloads and /apis/events-api.
"""

from bot.workspace.seeds import Json, Member, Team


def event(team: Team, inner: Json, *, event_id: str, event_time: int) -> Json:
    """The `event_callback` around one event."""
    return {
        "token": "local",
        "team_id": team.id,
        "context_team_id": team.id,
        "context_enterprise_id": None,
        "api_app_id": team.app_id,
        "event": inner,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": event_time,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": team.id,
                "user_id": team.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }


def _interaction(team: Team, person: Member, kind: str) -> Json:
    return {
        "type": kind,
        "team": {"id": team.id, "domain": team.domain},
        "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": person.team_id or team.id},
        "api_app_id": team.app_id,
        "token": "local",
        "enterprise": None,
        "is_enterprise_install": False,
    }


def message_action(
    team: Team,
    person: Member,
    *,
    channel: Json,
    message: Json,
    action: Json,
    values: Json,
    trigger_id: str,
    response_url: str,
    ephemeral: bool,
) -> Json:
    """`block_actions` of a control in a message; an ephemeral message itself is not part of it."""
    container: Json = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel["id"],
        "is_ephemeral": ephemeral,
    }
    if message.get("thread_ts"):
        container["thread_ts"] = message["thread_ts"]
    body = {
        **_interaction(team, person, "block_actions"),
        "container": container,
        "trigger_id": trigger_id,
        "channel": channel,
        "state": {"values": values},
        "response_url": response_url,
        "actions": [action],
    }
    return body if ephemeral else {**body, "message": message}


def view_action(team: Team, person: Member, *, view: Json, action: Json, trigger_id: str) -> Json:
    """`block_actions` of a control in a modal or the Home tab."""
    return {
        **_interaction(team, person, "block_actions"),
        "container": {"type": "view", "view_id": view["id"]},
        "trigger_id": trigger_id,
        "view": view,
        "actions": [action],
    }


def view_submission(team: Team, person: Member, *, view: Json, trigger_id: str) -> Json:
    """A submitted modal; `view.state` carries the values."""
    return {
        **_interaction(team, person, "view_submission"),
        "trigger_id": trigger_id,
        "view": view,
        "response_urls": [],
    }


def view_closed(team: Team, person: Member, *, view: Json, cleared: bool) -> Json:
    """A modal that was closed without submitting."""
    return {**_interaction(team, person, "view_closed"), "view": view, "is_cleared": cleared}


def command(
    team: Team, person: Member, *, name: str, text: str, channel: Json, trigger_id: str, response_url: str
) -> Json:
    """The form fields of a slash command."""
    return {
        "token": "local",
        "team_id": team.id,
        "team_domain": team.domain,
        "channel_id": channel["id"],
        "channel_name": channel["name"],
        "user_id": person.id,
        "user_name": person.name,
        "command": name,
        "text": text,
        "api_app_id": team.app_id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }

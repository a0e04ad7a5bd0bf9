"""Who and what a local workspace starts with: its team, its people, its channels."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Team:
    """The workspace's team and the app installed in it (ids as Slack writes them: T…, A…, B…, U…)."""

    id: str = "T00COUNTER"
    name: str = "Countersign demo"
    domain: str = "countersign-demo"
    app_id: str = "A00COUNTER"
    bot_id: str = "B00BOT"
    bot_user_id: str = "U00BOT"
    bot_name: str = "Countersign"


@dataclass(frozen=True)
class Member:
    """One person of the workspace; `tz` is an IANA time zone name.

    Restricted are guests, ultra-restricted those of a single channel; `team_id` is empty for the team's own people.
    """

    id: str
    name: str
    real_name: str
    title: str = ""
    email: str = ""
    tz: str = "Europe/London"
    is_admin: bool = False
    is_bot: bool = False
    deleted: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    team_id: str = ""


@dataclass(frozen=True)
class ChannelSeed:
    """A channel to start with; `members` None means every person that is not deleted."""

    id: str
    name: str
    topic: str = ""
    members: tuple[str, ...] | None = None
    bot_is_member: bool = True
    is_private: bool = False


@dataclass(frozen=True)
class Manifest:
    """The parts of an app manifest that Slack's servers act on."""

    scopes: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    commands: dict[str, Json] = field(default_factory=dict)
    interactive: bool = True

    @classmethod
    def of(cls, document: Json) -> "Manifest":
        """Read a manifest already parsed from YAML or JSON; absent parts mean "nothing declared"."""
        settings = document.get("settings") or {}
        features = document.get("features") or {}
        scopes = (document.get("oauth_config") or {}).get("scopes") or {}
        events = settings.get("event_subscriptions") or {}
        commands = features.get("slash_commands") or []
        return cls(
            scopes=frozenset(scopes.get("bot") or ()),
            events=frozenset(events.get("bot_events") or ()),
            commands={command["command"]: command for command in commands},
            interactive=bool((settings.get("interactivity") or {}).get("is_enabled")),
        )

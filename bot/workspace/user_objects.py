"""Slack's user object, as users.info gives it and user_change carries it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.workspace.seeds import Json, Manifest, Member, Team


def user_object(person: Member, *, team: Team, manifest: Manifest, now: float) -> Json:
    """A user at `now` (epoch seconds); the address only with the `users:read.email` scope."""
    offset = ZoneInfo(person.tz).utcoffset(datetime.fromtimestamp(now, UTC))
    home = person.team_id or team.id
    profile: Json = {
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "title": person.title,
        "team": home,
    }
    if "users:read.email" in manifest.scopes:
        profile["email"] = person.email
    user: Json = {
        "id": person.id,
        "team_id": home,
        "name": person.name,
        "deleted": person.deleted,
        "profile": profile,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": int(now),
    }
    if home != team.id:
        user["is_stranger"] = True
    if person.deleted:
        return user  # Slack leaves out the rest
    return {
        **user,
        "real_name": person.real_name,
        "tz": person.tz,
        "tz_offset": int(offset.total_seconds()) if offset is not None else 0,
        "is_admin": person.is_admin,
        "is_owner": False,
        "is_restricted": person.is_restricted or person.is_ultra_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
    }

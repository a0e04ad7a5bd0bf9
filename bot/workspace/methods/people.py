"""auth.test, users.*, bots.info, team.info."""

from bot.workspace.errors import ApiError
from bot.workspace.methods.call import Call, Method, page
from bot.workspace.seeds import Json, Member
from bot.workspace.user_objects import user_object


def described(person: Member, call: Call) -> Json:
    """A user object."""
    core = call.core
    return user_object(person, team=core.team, manifest=core.manifest, now=core.clock())


def bot_user(call: Call) -> Member:
    """The bot as a member of the team."""
    team = call.core.team
    return Member(id=team.bot_user_id, name=team.bot_name.lower(), real_name=team.bot_name, is_bot=True)


async def auth_test(call: Call) -> Json:
    """auth.test: whose token this is; Bolt learns the bot's ids from it."""
    team = call.core.team
    return {
        "ok": True,
        "url": f"{call.core.base_url}/",
        "team": team.name,
        "team_id": team.id,
        "user": team.bot_name.lower(),
        "user_id": team.bot_user_id,
        "bot_id": team.bot_id,
        "is_enterprise_install": False,
    }


async def list_users(call: Call) -> Json:
    """users.list."""
    everyone = [described(person, call) for person in (*call.core.state.people.values(), bot_user(call))]
    part, cursor = page(everyone, call.text("cursor"), call.integer("limit", 1000, most=1000))
    return {"ok": True, "members": part, "response_metadata": {"next_cursor": cursor}}


async def user_info(call: Call) -> Json:
    """users.info."""
    user = call.text("user", required=True)
    person = bot_user(call) if user == call.core.team.bot_user_id else call.core.state.people.get(user)
    if person is None:
        raise ApiError("user_not_found")
    return {"ok": True, "user": described(person, call)}


async def lookup_by_email(call: Call) -> Json:
    """users.lookupByEmail."""
    email = call.text("email", required=True).casefold()
    for person in call.core.state.people.values():
        if person.email.casefold() == email and not person.deleted:
            return {"ok": True, "user": described(person, call)}
    raise ApiError("users_not_found")


async def bot_info(call: Call) -> Json:
    """bots.info of this app's bot."""
    team = call.core.team
    if call.text("bot") not in ("", team.bot_id):
        raise ApiError("bot_not_found")
    bot = {
        "id": team.bot_id,
        "deleted": False,
        "name": team.bot_name,
        "user_id": team.bot_user_id,
        "app_id": team.app_id,
    }
    return {"ok": True, "bot": bot}


async def team_info(call: Call) -> Json:
    """team.info."""
    team = call.core.team
    return {"ok": True, "team": {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": ""}}


METHODS: dict[str, tuple[Method, tuple[str, ...]]] = {
    "auth.test": (auth_test, ()),
    "users.list": (list_users, ("users:read",)),
    "users.info": (user_info, ("users:read",)),
    "users.lookupByEmail": (lookup_by_email, ("users:read.email",)),
    "bots.info": (bot_info, ("users:read",)),
    "team.info": (team_info, ("team:read",)),
}

"""Who is let in to the dashboard: whoever followed a link from Slack that holds, and still may look."""

from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from bot.links import SESSION_FOR, Pass, Refused
from bot.office import Office
from storage.records.people import Person

COOKIE = "countersign_dashboard"
_ASK = "Write /dashboard in Slack and follow the link that only you see."


@dataclass(frozen=True)
class Stranger:
    """Nobody who is let in, with what to tell them."""

    status: Literal[401, 403]
    title: str
    words: str


async def admitted(
    office: Office, token: str, *, purpose: Literal["link", "session"]
) -> tuple[Person, Pass] | Stranger:
    """The person behind a link or a cookie, asked of the database and the rules each time."""
    if not token:
        return Stranger(401, "This page opens from Slack", _ASK)
    found = office.links.read(token, purpose)
    if found is Refused.EXPIRED:
        return Stranger(401, "This link has expired", f"{_ASK} A view is opened again with /dashboard VIEW-3, say.")
    if isinstance(found, Refused):
        return Stranger(401, "This link opens nothing", _ASK)
    async with office.ledger.read() as tx:
        person = await tx.people.get(found.person_id)
    if person is None or not person.active:
        return Stranger(403, "This account is deactivated", "Ask an admin of Countersign.")
    permission = await office.may(person, "view")
    if not permission.allowed:
        return Stranger(403, "You may not look at the dashboard", permission.reason)
    return person, found


def let_in(office: Office, response: web.StreamResponse, person: Person, *, secure: bool) -> None:
    """Give the browser its cookie, which scripts and other sites cannot use."""
    response.set_cookie(
        COOKIE,
        office.links.session(person.id),
        max_age=int(SESSION_FOR.total_seconds()),
        path="/dashboard",
        httponly=True,
        secure=secure,
        samesite="Lax",  # the way in begins in Slack, so a stricter cookie would not arrive with the first page
    )

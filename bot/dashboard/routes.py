"""GET /dashboard: the way in, a new view of now, and earlier views as they were."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import structlog
from aiohttp import web

from bot.dashboard.door import COOKIE, Stranger, admitted, let_in
from bot.dashboard.gathering import USUAL_DAYS, gathered
from bot.dashboard.nameless import nameless
from bot.dashboard.page import WINDOWS, address_of, notice_page, view_page
from bot.meters import DASHBOARD
from bot.office import Office
from storage.records.dashboards import View
from storage.records.people import Person
from storage.repositories.dashboards import ViewDamaged

log = structlog.get_logger()

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "sandbox allow-same-origin allow-top-navigation-by-user-activation"
)
REUSED_FOR = timedelta(seconds=30)
"""A view that was made so short ago is shown again instead of another one being made."""
_EARLIER = 20
_VIEW = re.compile(r"VIEW-([1-9]\d{0,8})")
_STYLE = Path(__file__).parent / "style.css"


def dashboard_routes(office: Office, *, secure: bool = False) -> list[web.RouteDef]:
    """The routes; `secure` where people come over https, so that the cookie never goes over anything else."""
    desk = _Desk(office, secure=secure)
    return [
        web.get("/dashboard", desk.now),
        web.get("/dashboard/enter", desk.enter),
        web.get("/dashboard/style.css", desk.style),
        web.get("/dashboard/{view}", desk.view),
    ]


class _Desk:
    """One handler a route; every one that shows facts asks who is there first."""

    def __init__(self, office: Office, *, secure: bool) -> None:
        self._office = office
        self._secure = secure
        self._one_at_a_time = asyncio.Lock()

    async def enter(self, request: web.Request) -> web.Response:
        """Exchange the link from Slack for a cookie, and go on to what it is for."""
        found = await admitted(self._office, request.query.get("pass", ""), purpose="link")
        if isinstance(found, Stranger):
            return _refused(found)
        person, admission = found
        response = _answer("", status=303)
        response.headers["Location"] = f"/dashboard/{admission.view}" if admission.view else "/dashboard"
        let_in(self._office, response, person, secure=self._secure)
        return response

    async def now(self, request: web.Request) -> web.Response:
        """Make a view of what is known now and go to its own address."""
        person = await self._person(request)
        if isinstance(person, Stranger):
            return _refused(person)
        asked = request.query.get("days", str(USUAL_DAYS))
        if asked not in {str(one) for one in WINDOWS}:
            return _missing(f"A view is of {', '.join(map(str, WINDOWS))} days.", status=400)
        view = await self._made(int(asked))
        await self._note(person, view, "dashboard.opened")
        response = _answer("", status=303)
        response.headers["Location"] = address_of(view)
        return response

    async def view(self, request: web.Request) -> web.Response:
        """A view as it was when it was made."""
        person = await self._person(request)
        if isinstance(person, Stranger):
            return _refused(person)
        named = _VIEW.fullmatch(request.match_info["view"])
        async with self._office.ledger.read() as tx:
            view = await tx.dashboards.get(int(named[1])) if named else None
            if view is None:
                return _missing("There is no such view, or it is older than is kept.")
            earlier = await tx.dashboards.newest(limit=_EARLIER)
            if "as_of" in request.query and f"/dashboard/{view.id}?as_of={request.query['as_of']}" != address_of(view):
                return _missing(f"{view.id} is of another moment; open it with /dashboard {view.id} in Slack.")
            try:
                seen = await tx.dashboards.contents(view)
            except ViewDamaged as error:
                log.exception("dashboard.damaged", view=view.id)
                return _missing(str(error), status=500)
        if "as_of" not in request.query:
            await self._note(person, view, "dashboard.reopened")
            response = _answer("", status=303)
            response.headers["Location"] = address_of(view)
            return response
        newer = view.as_of < self._office.clock() - timedelta(minutes=10)
        return _answer(await asyncio.to_thread(view_page, seen, view, newer=newer, earlier=earlier))

    async def style(self, _: web.Request) -> web.Response:
        """Colours and places; nothing about anybody."""
        return _answer(_STYLE.read_text(encoding="utf-8"), kind="text/css")

    async def _person(self, request: web.Request) -> Person | Stranger:
        found = await admitted(self._office, request.cookies.get(COOKIE, ""), purpose="session")
        return found if isinstance(found, Stranger) else found[0]

    async def _made(self, days: int) -> View:
        """A new view, or the one that was made a moment ago; one at a time, whoever asks."""
        async with self._one_at_a_time:
            async with self._office.ledger.read() as tx:
                newest = await tx.dashboards.newest(limit=1, days=days)
            if newest and newest[0].as_of > self._office.clock() - REUSED_FOR:
                return newest[0]
            with self._office.meters.timed(DASHBOARD), self._office.tracing.span("dashboard"):
                seen = nameless(await gathered(self._office, days=days, zone=await self._office.zone()))
            async with self._office.ledger.write() as tx:
                return await tx.dashboards.keep(seen)

    async def _note(self, person: Person, view: View, action: str) -> None:
        async with self._office.ledger.write() as tx:
            await tx.audit.append(
                at=self._office.clock(),
                actor=f"person:{person.id}",
                action=action,
                subject=view.id,
                facts={"days": view.days, "as_of": view.as_of.isoformat()},
            )


def _refused(stranger: Stranger) -> web.Response:
    return _answer(notice_page(stranger.title, stranger.words), status=stranger.status)


def _missing(words: str, *, status: int = 404) -> web.Response:
    return _answer(notice_page("Not here", words), status=status)


def _answer(text: str, *, status: int = 200, kind: str = "text/html") -> web.Response:
    """Kept by nobody on the way, run nowhere, shown in nobody's frame."""
    return web.Response(
        text=text,
        status=status,
        content_type=kind,
        charset="utf-8",
        headers={
            "Content-Security-Policy": CONTENT_POLICY,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        },
    )

"""Who may talk to the workspace: this machine's own browser page and the app with its tokens, nobody else.

The host name is checked on every request (against DNS rebinding); what changes something from a browser also needs
the page's own origin and its CSRF token.
"""

import hmac
import re
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.workspace.core import Core

CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
_LOOPBACK_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)


def _no(why: str) -> web.Response:
    return web.json_response({"ok": False, "error": why}, status=403)


def guard(core: Core) -> Middleware:
    """The middleware that refuses strangers."""

    @web.middleware
    async def refuse_strangers(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = request.headers.get("Host", "")
        if not _LOOPBACK_HOST.fullmatch(host):
            return _no("host_not_allowed")
        if request.path.startswith("/client/"):
            if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
                return _no("cross_site")
            if request.method != "GET" and not _same_origin(request, host):
                return _no("origin_not_allowed")
            if request.method != "GET" and not _knows_token(request, core.csrf_token):
                return _no("csrf_token_wrong")
        return await handler(request)

    return refuse_strangers


def _same_origin(request: web.Request, host: str) -> bool:
    origin = urlsplit(request.headers.get("Origin", ""))
    return origin.scheme == "http" and origin.netloc.lower() == host.lower()


def _knows_token(request: web.Request, token: str) -> bool:
    return hmac.compare_digest(request.headers.get("X-CSRF-Token", "").encode(), token.encode())


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Headers that keep a page from being framed, sniffed or made to load from elsewhere."""
    response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"

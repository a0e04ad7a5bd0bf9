"""POST /api/{method}: who calls, whether they may, what goes wrong on demand, then the method itself."""

import logging
from collections.abc import Collection
from typing import Any

from aiohttp import web

from bot.workspace.core import Core
from bot.workspace.errors import ApiError, refused_with
from bot.workspace.methods import chat, conversations, people, streams, surfaces, uploads
from bot.workspace.methods.call import Call, parsed
from bot.workspace.seeds import Json

_log = logging.getLogger(__name__)

METHODS = {
    **chat.METHODS,
    **streams.METHODS,
    **conversations.METHODS,
    **people.METHODS,
    **surfaces.METHODS,
    **uploads.METHODS,
}
FOR_APP_TOKEN = frozenset({"apps.connections.open"})


class WebApi:
    """Serves the Web API over HTTP, JSON and form bodies alike."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def routes(self) -> list[web.RouteDef]:
        """The routes of the Web API, response URLs and uploads."""
        return [
            web.post("/api/{method}", self._handle),
            web.get("/api/{method}", self._handle),
            web.post("/response/{token:.+}", self._respond),
            web.post("/upload/v1/{ticket}", self._upload),
            web.get("/link/", self._core.sockets.handle),
        ]

    async def _handle(self, request: web.Request) -> web.Response:
        core, method = self._core, request.match_info["method"]
        if core.faults.latency_ms:
            await core.sleep(core.faults.latency_ms / 1000)
        outcome = core.faults.next_outcome(method)
        if outcome == "rate_limit":
            return _limited(core.faults.retry_after_seconds)
        if outcome == "error":
            return web.json_response({"ok": False, "error": "internal_error"}, status=500)
        try:
            arguments = await _arguments(request)
            self._authorise(method, _token(request, arguments))
            wait = core.rate_limits.wait_seconds(method, str(arguments.get("channel", "")))
            if wait:
                return _limited(wait)
            handler, _ = METHODS[method]
            call = Call(core, parsed(arguments))
            _refuse_unknown(call.arguments, core.faults.unknown_blocks)
            answer = await handler(call)
        except ApiError as refusal:
            _log.info("workspace.api_refused method=%s error=%s", method, refusal.code)
            return web.json_response(refusal.body())
        if outcome == "lose_reply":
            return web.json_response({"ok": False, "error": "internal_error"}, status=500)
        return web.json_response(answer)

    def _authorise(self, method: str, token: str) -> None:
        core = self._core
        if method not in METHODS:
            raise ApiError("unknown_method", req_method=method)
        if not token:
            raise ApiError("not_authed")
        if token not in (core.bot_token, core.app_token):
            raise ApiError("invalid_auth")
        if (token == core.app_token) != (method in FOR_APP_TOKEN):
            raise ApiError("not_allowed_token_type")
        _, any_of = METHODS[method]
        if any_of and not core.manifest.scopes & set(any_of):
            provided = ",".join(sorted(core.manifest.scopes))
            raise ApiError("missing_scope", needed=",".join(any_of), provided=provided)

    async def _respond(self, request: web.Request) -> web.Response:
        try:
            body = await request.json()
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        try:
            self._core.response_urls.answer(request.match_info["token"], body)
        except ApiError as refusal:
            gone = refusal.code in {"expired_url", "used_url"}
            return web.json_response(refusal.body(), status=404 if gone else 400)
        return web.Response(text="ok")

    async def _upload(self, request: web.Request) -> web.Response:
        content = await _uploaded(request)
        if not await self._core.files.receive(request.match_info["ticket"], content):
            return web.Response(status=400, text="the upload address or the length is wrong")
        return web.Response(text=f"OK - {len(content)}")


def _refuse_unknown(arguments: Json, kinds: Collection[str]) -> None:
    """Say of blocks of these kinds what Slack says of kinds that it does not know."""
    view = arguments.get("view")
    blocks = view.get("blocks") if isinstance(view, dict) else arguments.get("blocks")
    for at, block in enumerate(blocks if kinds and isinstance(blocks, list) else ()):
        if isinstance(block, dict) and block.get("type") in kinds:
            code = "invalid_blocks" if view is None else "invalid_arguments"
            raise refused_with(code, [f"unsupported type: {block['type']} [json-pointer:/blocks/{at}/type]"])


def _limited(seconds: int) -> web.Response:
    headers = {"Retry-After": str(seconds)}
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)


def _token(request: web.Request, arguments: Json) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme == "Bearer" else str(arguments.get("token") or "")


async def _arguments(request: web.Request) -> Json:
    """The arguments of the query and of the body, which may be JSON or a form."""
    arguments: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except ValueError:
            raise ApiError("invalid_json") from None
        if not isinstance(body, dict):
            raise ApiError("json_not_object")
        return {**arguments, **body}
    form = await request.post()
    return {**arguments, **{key: value for key, value in form.items() if isinstance(value, str)}}


async def _uploaded(request: web.Request) -> bytes:
    """The bytes of an upload, sent bare or as the first file of a form."""
    if request.content_type != "multipart/form-data":
        return await request.read()
    for value in (await request.post()).values():
        if isinstance(value, web.FileField):
            return value.file.read()
    return b""

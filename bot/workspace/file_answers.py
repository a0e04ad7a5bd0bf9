"""Answering with the bytes of an uploaded file: to the page, and to an app that shows its token."""

from pathlib import Path

from aiohttp import web

from bot.workspace.core import Core
from bot.workspace.files import KINDS_SHOWN


def file_answer(content: bytes | Path, *, kind: str, download: bool = False) -> web.StreamResponse:
    """Nothing in a file is ever run, and only pictures are shown."""
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox", "Content-Type": kind}
    if download or kind not in KINDS_SHOWN:
        headers["Content-Disposition"] = "attachment"
    if isinstance(content, Path):
        return web.FileResponse(content, headers=headers)
    return web.Response(body=content, headers=headers)


class PrivateFiles:
    """Serves `url_private` as files.slack.com does: with a token that may read files, else the way to sign in."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def routes(self) -> list[web.RouteDef]:
        """Both addresses of a file, to show and to download it."""
        return [
            web.get("/files-pri/{team}-{file_id}/{name}", self._answer),
            web.get("/files-pri/{team}-{file_id}/download/{name}", self._answer),
        ]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        core, file_id = self._core, request.match_info["file_id"]
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        known = scheme == "Bearer" and token.strip() == core.bot_token and "files:read" in core.manifest.scopes
        if not known:
            raise web.HTTPFound(f"/?redir={request.path}")
        file = core.files.seen_by(file_id, core.team.bot_user_id)
        content = await core.files.read(file_id) if file else None
        if file is None or content is None or request.match_info["team"] != core.team.id:
            raise web.HTTPNotFound
        return file_answer(content, kind=file["mimetype"], download="/download/" in request.path)

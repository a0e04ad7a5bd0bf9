"""Uploaded files: a ticket to upload to, the bytes on disk (or in memory), the facts in the state.

The three steps are those of Slack's external upload: get an address, send the bytes, complete and share. Apps fetch
bytes from `url_private` with their token; the page has an address of its own.
"""

import asyncio
import mimetypes
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

from bot.workspace.errors import ApiError
from bot.workspace.seeds import Json
from bot.workspace.state import Channel, State

MOST_BYTES = 200_000_000
KINDS_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_KINDS = {".csv": "text/csv", ".tsv": "text/tab-separated-values", ".jsonl": "application/jsonl", ".yml": "text/yaml"}
"""Where the machine's own table of types differs from Slack's, or from machine to machine."""
_ADDRESSES = frozenset({"url_private", "url_private_download", "permalink"})
_PLACES = frozenset({"channels", "groups", "ims", "shares"})


def in_message(file: Json) -> Json:
    """A file as messages and events carry it: where else it is shared is only in `files.info`."""
    return {key: value for key, value in file.items() if key not in _PLACES}


class Files:
    """Keeps uploaded bytes under their file id."""

    def __init__(self, *, state: State, folder: Path | None, mint: Callable[[], str]) -> None:
        self._state = state
        self._folder = folder / "files" if folder else None
        self._mint = mint
        self._memory: dict[str, bytes] = {}
        self._tickets: dict[str, Json] = {}
        self._uploaded: dict[str, Json] = {}

    def start_upload(self, *, filename: str, length: int, alt_txt: str) -> tuple[str, str]:
        """A new file's id and the path to upload its bytes to.

        Raises ApiError (`invalid_arguments`, `file_upload_size_restricted`) for a size Slack refuses.
        """
        if length <= 0 or not filename:
            raise ApiError("invalid_arguments")
        if length > MOST_BYTES:
            raise ApiError("file_upload_size_restricted")
        file_id, ticket = f"F{self._mint().upper()}", self._mint() + self._mint()
        self._tickets[ticket] = {"id": file_id, "name": filename, "size": length, "alt_txt": alt_txt}
        return file_id, f"/upload/v1/{ticket}"

    async def receive(self, ticket: str, content: bytes) -> bool:
        """Keep the bytes of a started upload; False when the ticket or the length is wrong."""

        async def whole() -> AsyncIterator[bytes]:
            yield content

        return await self.receive_parts(ticket, whole())

    async def receive_parts(self, ticket: str, parts: AsyncIterator[bytes]) -> bool:
        """The same for bytes that arrive part by part, none of which outlives its being written."""
        facts = self._tickets.get(ticket)
        if facts is None or not await self._keep(facts, parts):
            return False
        self._uploaded[facts["id"]] = self._tickets.pop(ticket)
        return True

    async def add(self, name: str, parts: AsyncIterator[bytes], *, length: int, user: str, base_url: str) -> Json:
        """A file that a person uploads in the page; raises ApiError for a size Slack refuses."""
        file_id, path = self.start_upload(filename=name, length=length, alt_txt="")
        if not await self.receive_parts(path.rpartition("/")[2], parts):
            raise ApiError("upload_incomplete")
        return self.complete(file_id, title="", base_url=base_url, user=user)

    def complete(self, file_id: str, *, title: str, base_url: str, user: str = "") -> Json:
        """The facts of an uploaded file, from now on known to the workspace; the bot's unless a person's."""
        facts = self._uploaded.pop(file_id, None)
        if facts is None:
            raise ApiError("file_not_found")
        file = self._object(facts, title=title, base_url=base_url, user=user or self._state.team.bot_user_id)
        self._state.set_file(file)
        return file

    def share(self, files: list[Json], channel: Channel, ts: str, *, thread_ts: str = "") -> None:
        """Note that a message shows these files: their facts say where, and members may open them."""
        for file in files:
            place: Json = {
                "ts": ts,
                "channel_name": channel.name,
                "team_id": self._state.team.id,
                "share_user_id": file["user"],
                "reply_users": [],
                "reply_users_count": 0,
                "reply_count": 0,
            }
            if thread_ts:
                place["thread_ts"] = thread_ts
            public = not channel.is_private and not channel.is_im
            told = file.setdefault("shares", {}).setdefault("public" if public else "private", {})
            told.setdefault(channel.id, []).append(place)
            listed = file["ims" if channel.is_im else "groups" if channel.is_private else "channels"]
            if channel.id not in listed:
                listed.append(channel.id)
            file["is_public"] = bool(file["channels"])
            self._state.set_file(file)

    def move_to(self, base_url: str) -> None:
        """Files of an earlier run are found where the workspace listens now."""
        for file in self._state.files.values():
            for key in _ADDRESSES & file.keys():
                file[key] = base_url + urlsplit(file[key]).path
        self._state.file_names |= {file["url_private"] for file in self._state.files.values()}

    def seen_by(self, file_id: str, user: str) -> Json | None:
        """The facts of a file that this user may open: their own, unshared (a form's), or of a channel of theirs."""
        file = self._state.files.get(file_id)
        if file is None:
            return None
        places = [*file["channels"], *file["groups"], *file["ims"]]
        shared = [self._state.channels[one] for one in places if one in self._state.channels]
        if file["user"] == user or not places or any(user in channel.members for channel in shared):
            return file
        return None

    async def read(self, file_id: str) -> bytes | Path | None:
        """The bytes of a completed upload, or the file that holds them."""
        if file_id not in self._state.files:
            return None
        if self._folder is None:
            return self._memory.get(file_id)
        path = self._folder / file_id
        return path if await asyncio.to_thread(path.is_file) else None

    async def _keep(self, facts: Json, parts: AsyncIterator[bytes]) -> bool:
        """Whether exactly the announced bytes arrived and are kept."""
        if self._folder is None:
            content = b"".join([part async for part in parts])
            self._memory[facts["id"]] = content
            return len(content) == int(facts["size"])
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        part = self._folder / f"{facts['id']}.part"
        length = 0
        with await asyncio.to_thread(part.open, "wb") as held:
            async for chunk in parts:
                length += len(chunk)
                if length > facts["size"]:
                    break
                await asyncio.to_thread(held.write, chunk)
        if length != facts["size"]:
            await asyncio.to_thread(part.unlink)
            return False
        await asyncio.to_thread(part.replace, self._folder / facts["id"])
        return True

    def _object(self, facts: Json, *, title: str, base_url: str, user: str) -> Json:
        """A file as Slack describes it: docs.slack.dev/reference/objects/file-object."""
        name, created = facts["name"], int(float(self._state.stamps.next()))
        suffix = Path(name).suffix.lower()
        team = self._state.team
        private = f"{base_url}/files-pri/{team.id}-{facts['id']}"
        plain = re.sub(r"[^\w.-]+", "_", name.lower()) or "file"
        return {
            **facts,
            "created": created,
            "timestamp": created,
            "title": title or name,
            "mimetype": _KINDS.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream",
            "filetype": suffix.removeprefix(".") or "binary",
            "pretty_type": suffix.removeprefix(".").upper() or "Binary",
            "user": user,
            "user_team": team.id,
            "editable": False,
            "mode": "hosted",
            "is_external": False,
            "external_type": "",
            "is_public": False,
            "public_url_shared": False,
            "display_as_bot": False,
            "username": "",
            "url_private": f"{private}/{plain}",
            "url_private_download": f"{private}/download/{plain}",
            "permalink": f"{base_url}/files/{user}/{facts['id']}/{plain}",
            "channels": [],
            "groups": [],
            "ims": [],
            "has_rich_preview": False,
            "file_access": "visible",
        }

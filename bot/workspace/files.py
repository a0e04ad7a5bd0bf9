"""Uploaded files: a ticket to upload to, the bytes on disk (or in memory), the facts in the state.

The three steps are those of Slack's external upload: get an address, send the bytes, complete and share.
"""

import asyncio
import mimetypes
from collections.abc import Callable
from pathlib import Path

from bot.workspace.errors import ApiError
from bot.workspace.seeds import Json
from bot.workspace.state import State

MOST_BYTES = 20_000_000
KINDS_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


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
        self._tickets[ticket] = {
            "id": file_id,
            "name": filename,
            "size": length,
            "alt_txt": alt_txt,
            "mimetype": mimetypes.guess_type(filename)[0] or "application/octet-stream",
        }
        return file_id, f"/upload/v1/{ticket}"

    async def receive(self, ticket: str, content: bytes) -> bool:
        """Keep the bytes of a started upload; False when the ticket or the length is wrong."""
        facts = self._tickets.get(ticket)
        if facts is None or len(content) != facts["size"]:
            return False
        del self._tickets[ticket]
        if self._folder is None:
            self._memory[facts["id"]] = content
        else:
            await asyncio.to_thread(_write, self._folder, facts["id"], content)
        self._uploaded[facts["id"]] = facts
        return True

    async def add(self, name: str, content: bytes, *, user: str, base_url: str) -> Json:
        """A file that a person uploads in the page; raises ApiError for a size Slack refuses."""
        file_id, path = self.start_upload(filename=name, length=len(content), alt_txt="")
        await self.receive(path.rpartition("/")[2], content)
        return self.complete(file_id, title=name, base_url=base_url, user=user)

    def complete(self, file_id: str, *, title: str, base_url: str, user: str = "") -> Json:
        """The facts of an uploaded file, from now on known to the workspace; the bot's unless a person's."""
        facts = self._uploaded.pop(file_id, None)
        if facts is None:
            raise ApiError("file_not_found")
        name = facts["name"]
        address = f"/client/files/{file_id}"
        file = {
            **facts,
            "title": title or name,
            "filetype": Path(name).suffix.removeprefix("."),
            "user": user or self._state.team.bot_user_id,
            "created": int(float(self._state.stamps.next())),
            "url": address,
            "url_private": f"{base_url}{address}",
            "url_private_download": f"{base_url}{address}",
            "permalink": f"{base_url}{address}",
        }
        self._state.set_file(file)
        return file

    async def read(self, file_id: str) -> bytes | None:
        """The bytes of a completed upload."""
        if file_id not in self._state.files:
            return None
        if self._folder is None:
            return self._memory.get(file_id)
        return await asyncio.to_thread(_read, self._folder / file_id)


def _write(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{name}.part"
    part.write_bytes(content)
    part.replace(folder / name)


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None

"""Fetching files that people uploaded to Slack: with the bot's token, from Slack alone, never more than is allowed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

CHUNK_BYTES = 1_000_000
_WITHIN = aiohttp.ClientTimeout(total=300, sock_connect=10, sock_read=30)
_LONGEST_NAME = 120


class UploadUnreadable(ValueError):
    """Raised when an uploaded file cannot be fetched; says which and why, for whoever uploaded it."""


async def fetch_text(client: AsyncWebClient, *, name: str, url: str, files_from: str, most_bytes: int) -> bytes:
    """The bytes of a small file. Raises UploadUnreadable."""
    content = b""
    async with _opened(client, name=name, url=url, files_from=files_from) as answer:
        async for part in _parts(answer, name=name, most_bytes=most_bytes):
            content += part
    return content


async def fetch_file(
    client: AsyncWebClient, file: dict[str, Any], folder: Path, *, files_from: str, most_bytes: int
) -> Path:
    """Save a file of `files.info` in the folder under its own name, part by part. Raises UploadUnreadable."""
    name = safe_name(str(file.get("name") or file.get("title") or "file"))
    url = str(file.get("url_private_download") or file.get("url_private") or "")
    size = file.get("size")
    if file.get("is_external") or not url:
        raise UploadUnreadable(f"{name} is only linked from elsewhere: download it and drop the file itself.")
    if isinstance(size, int) and size > most_bytes:
        raise _too_large(name, most_bytes)
    path = folder / name
    async with _opened(client, name=name, url=url, files_from=files_from) as answer:
        with await asyncio.to_thread(path.open, "wb") as held:
            written = 0
            async for part in _parts(answer, name=name, most_bytes=most_bytes):
                await asyncio.to_thread(held.write, part)
                written += len(part)
    if isinstance(size, int) and written != size:
        raise UploadUnreadable(f"{name} did not arrive whole ({written:,} of {size:,} bytes): drop it again.")
    return path


def safe_name(name: str) -> str:
    """The name that a person gave, as one plain part of a path."""
    kept = "".join(char for char in name.replace("\\", "/").rpartition("/")[2] if char.isprintable()).strip()
    suffix = Path(kept).suffix[:20]
    # A file system counts bytes, and names end in what says their kind.
    stem = kept.removesuffix(suffix).encode()[:_LONGEST_NAME].decode(errors="ignore")
    return f"{stem.lstrip('.') or 'file'}{suffix}"


@asynccontextmanager
async def _opened(
    client: AsyncWebClient, *, name: str, url: str, files_from: str
) -> AsyncIterator[aiohttp.ClientResponse]:
    if not url.startswith(files_from):
        # The token goes nowhere else.
        raise UploadUnreadable(f"{name} is kept outside this workspace: upload it here.")
    headers = {"Authorization": f"Bearer {client.token}"}
    try:
        async with (
            aiohttp.ClientSession(timeout=_WITHIN) as session,
            session.get(url, headers=headers, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise UploadUnreadable(f"{name} could not be read from Slack ({answer.status}): try again.")
            yield answer
    except (aiohttp.ClientError, TimeoutError) as error:
        raise UploadUnreadable(f"{name} could not be read from Slack: try again.") from error


async def _parts(answer: aiohttp.ClientResponse, *, name: str, most_bytes: int) -> AsyncIterator[bytes]:
    length = 0
    async for part in answer.content.iter_chunked(CHUNK_BYTES):
        length += len(part)
        if length > most_bytes:
            raise _too_large(name, most_bytes)
        yield part


def _too_large(name: str, most_bytes: int) -> UploadUnreadable:
    most = f"{most_bytes // 1_000_000:,} MB" if most_bytes >= 1_000_000 else f"{most_bytes:,} bytes"
    return UploadUnreadable(f"{name} is larger than {most}, which is the most that I take.")

"""Links that open the dashboard: signed, expiring, and good for one person.

A link is followed once or more within minutes of being asked for in Slack; it is exchanged for a cookie, so that the
address in the browser opens nothing for whoever copies it. Both are texts of the form `payload.signature`, where the
signature is HMAC-SHA256 over the payload with a secret of the home.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Literal
from urllib.parse import quote

LINK_FOR = timedelta(minutes=15)
"""How long a link that was given in Slack can be followed."""
SESSION_FOR = timedelta(hours=8)
"""How long the browser that followed it is let in."""
_LONGEST = 1000
_BYTES = 32

Purpose = Literal["link", "session"]


class Refused(StrEnum):
    """Why a link or a cookie opens nothing."""

    FORGED = "forged"
    EXPIRED = "expired"


class SecretUnreadable(Exception):
    """Raised where the secret of the home is damaged; without the file a new one is made, and old links end."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is damaged: delete it, and links that were given out before open nothing any more")


@dataclass(frozen=True)
class Pass:
    """What a link or a cookie that holds says."""

    person_id: str
    view: str
    """The view that it opens first, such as VIEW-3; "" for what is known now."""
    until: datetime


class Links:
    """Makes and reads them; the secret is made at first use."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._clock = clock

    def link(self, address: str, person_id: str, *, view: str = "") -> str:
        """The whole link; `address` is where people reach this home, such as "https://bot.example"."""
        token = self._signed("link", person_id, view, self._clock() + LINK_FOR)
        return f"{address.rstrip('/')}/dashboard/enter?pass={quote(token)}"

    def session(self, person_id: str) -> str:
        """The text of a cookie."""
        return self._signed("session", person_id, "", self._clock() + SESSION_FOR)

    def read(self, token: str, purpose: Purpose) -> Pass | Refused:
        """What the text says, if this home signed it for this purpose and its time is not over."""
        payload, dot, signature = token.partition(".")
        if not dot or len(token) > _LONGEST or not token.isascii():
            return Refused.FORGED
        if not hmac.compare_digest(self._signature(payload), signature):
            return Refused.FORGED
        try:
            said = json.loads(base64.urlsafe_b64decode(payload))
            found = Pass(str(said["person"]), str(said["view"]), datetime.fromisoformat(said["until"]))
        except (binascii.Error, ValueError, KeyError, TypeError):
            return Refused.FORGED
        if said.get("for") != purpose:
            return Refused.FORGED
        return found if self._clock() < found.until else Refused.EXPIRED

    def _signed(self, purpose: Purpose, person_id: str, view: str, until: datetime) -> str:
        said = {"for": purpose, "person": person_id, "view": view, "until": until.isoformat()}
        payload = base64.urlsafe_b64encode(json.dumps(said).encode()).decode()
        return f"{payload}.{self._signature(payload)}"

    def _signature(self, payload: str) -> str:
        return hmac.new(self._secret(), b"countersign-dashboard-v1\n" + payload.encode(), hashlib.sha256).hexdigest()

    def _secret(self) -> bytes:
        try:
            text = self._path.read_text(encoding="ascii")
        except FileNotFoundError:
            text = self._make()
        except UnicodeDecodeError:
            raise SecretUnreadable(self._path) from None
        try:
            secret = bytes.fromhex(text.strip())
        except ValueError:
            raise SecretUnreadable(self._path) from None
        if len(secret) != _BYTES:
            raise SecretUnreadable(self._path)
        return secret

    def _make(self) -> str:
        """Put a new secret in place whole; where another process was faster, its secret is the home's."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".dashboard")  # mode 0600
        written = Path(name)
        try:
            with open(handle, "w", encoding="ascii") as file:  # noqa: PTH123 - a descriptor
                file.write(secrets.token_hex(_BYTES) + "\n")
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(written, self._path)
        finally:
            written.unlink()
        return self._path.read_text(encoding="ascii")

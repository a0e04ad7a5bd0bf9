"""Signed HTTP: the requests Slack sends to an app's request URL.

Signature: `v0=` + HMAC-SHA256 of "v0:{timestamp}:{raw body}" under the signing secret, in X-Slack-Signature.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from urllib.parse import urlencode

import aiohttp

from bot.workspace.outlets import Envelope, Receipt
from bot.workspace.seeds import Json


class HttpDelivery:
    """Sends payloads to one request URL, as Slack does for events, interactivity and commands."""

    def __init__(self, url: str, *, signing_secret: str, clock: Callable[[], float], ack_seconds: float) -> None:
        self._url = url
        self._secret = signing_secret.encode()
        self._clock = clock
        self._ack_seconds = ack_seconds
        self._session: aiohttp.ClientSession | None = None

    async def ready(self) -> None:
        """HTTP can be tried at any time."""

    async def send(self, envelope: Envelope) -> Receipt:
        """POST the payload; only a 2xx answer within the time acknowledges it."""
        body, headers = self.request_for(envelope)
        if self._session is None:
            self._session = aiohttp.ClientSession()
        limit = aiohttp.ClientTimeout(total=self._ack_seconds)
        try:
            async with self._session.post(self._url, data=body, headers=headers, timeout=limit) as answer:
                text = await answer.text()
                if not 200 <= answer.status < 300:
                    return Receipt("http_error", final=answer.headers.get("X-Slack-No-Retry") == "1")
                return Receipt(response=_response(text, answer.content_type))
        except TimeoutError:
            return Receipt("http_timeout")
        except aiohttp.ClientError:
            return Receipt("connection_failed")

    def request_for(self, envelope: Envelope) -> tuple[bytes, dict[str, str]]:
        """The raw body and the signed headers of one payload."""
        if envelope.kind == "events_api":
            body, content = json.dumps(envelope.payload), "application/json"
        else:
            form = {"payload": json.dumps(envelope.payload)} if envelope.kind == "interactive" else envelope.payload
            body, content = urlencode(form), "application/x-www-form-urlencoded"
        stamp = str(int(self._clock()))
        signed = hmac.new(self._secret, f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": content,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={signed}",
        }
        if envelope.attempt:
            headers |= {
                "X-Slack-Retry-Num": str(envelope.attempt),
                "X-Slack-Retry-Reason": envelope.retry_reason,
            }
        return body.encode(), headers

    async def close(self) -> None:
        """Close the HTTP client."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _response(text: str, content_type: str) -> Json | None:
    if not text:
        return None
    if content_type == "application/json":
        try:
            parsed = json.loads(text)
        except ValueError:
            return None
        return parsed if isinstance(parsed, dict) and parsed else None
    return {"text": text}

"""How long Slack and people wait for the bot, measured around everything that arrives."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.listener.async_listener_completion_handler import AsyncListenerCompletionHandler
from slack_bolt.response import BoltResponse

from bot.meters import ACK, ASK, CARD, Meters
from bot.office import Office
from bot.tracing import traced

_STARTED = "countersign_started"
_PLAN = re.compile(r"PLAN-[1-9]\d{0,8}")
_FAULT = 500
BROKEN = "countersign_broken"
"""Stands in the context of a payload whose listener broke."""


class TimedApp(AsyncApp):
    """An app that counts how long each payload takes to be acknowledged, and each question to be answered."""

    def __init__(self, office: Office, **settings: Any) -> None:
        super().__init__(**settings)
        self._office = office
        self.listener_runner.listener_completion_handler = _Answered(office.meters)

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """As Bolt's; the listener goes on after the acknowledgement, within the same trace."""
        started = self._office.meters.now()
        req.context[_STARTED] = started
        async with self._span(req.body):
            response = await super().async_dispatch(req)
        self._office.meters.since(started, ACK, failed=response.status >= _FAULT)
        return response

    @asynccontextmanager
    async def _span(self, body: dict[str, Any]) -> AsyncIterator[None]:
        """Of the trace of the plan that a click is about; of a new one for anything else."""
        tracing, name = self._office.tracing, f"slack {_kind(body)}"
        if not tracing.on:
            yield
        elif (plan := _PLAN.search(_clicked(body))) is not None:
            async with traced(tracing, self._office.ledger, name, plan[0]):
                yield
        else:
            with tracing.span(name):
                yield


class _Answered(AsyncListenerCompletionHandler):
    """Called by Bolt when a listener has come to its end."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters

    async def handle(self, request: AsyncBoltRequest, response: BoltResponse | None) -> None:  # noqa: ARG002
        started = request.context.get(_STARTED)
        if started is not None and _is_question(request.body):
            self._meters.since(started, ASK, failed=BROKEN in request.context)


class CardWatch:
    """Counts how long a card lags behind what is known, outages of Slack included."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._behind_since: dict[str, float] = {}

    @asynccontextmanager
    async def __call__(self, subject: str) -> AsyncIterator[None]:
        """Around one attempt to show one card."""
        started = self._behind_since.setdefault(subject, self._office.meters.now())
        if subject.startswith("PLAN-"):
            async with traced(self._office.tracing, self._office.ledger, "card", subject):
                yield
        else:
            yield
        del self._behind_since[subject]
        self._office.meters.since(started, CARD)


def _is_question(body: dict[str, Any]) -> bool:
    event = body.get("event", {})
    if event.get("type") == "app_mention":
        return not event.get("files")
    if event.get("type") == "message":
        return event.get("channel_type") == "im" and not event.get("subtype") and not event.get("bot_id")
    return body.get("command") == "/kpi"


def _kind(body: dict[str, Any]) -> str:
    """A name for a span: what arrived, never what somebody wrote."""
    if "command" in body:
        return str(body["command"])
    if "event" in body:
        return str(body["event"].get("type", "event"))
    actions = body.get("actions") or [{}]
    return str(actions[0].get("action_id") or body.get("view", {}).get("callback_id") or body.get("type", "payload"))


def _clicked(body: dict[str, Any]) -> str:
    """Where a click or a form names its plan."""
    actions = body.get("actions") or [{}]
    return f"{actions[0].get('value', '')} {body.get('view', {}).get('private_metadata', '')}"

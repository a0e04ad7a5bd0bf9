"""Who Slack says its users are: whoever left, is a guest, a bot or of another workspace acts for nobody here."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from storage.ledger import Ledger
from storage.records.people import Account, Person
from storage.records.plans import PlanState

log = structlog.get_logger()

FRESH_FOR = timedelta(minutes=5)
"""Slack tells us of changes as they happen; this is how long a lost message can go unnoticed."""


class Accounts:
    """Keeps what is known of users' accounts fresh enough to act by."""

    def __init__(self, ledger: Ledger, client: AsyncWebClient, *, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._client = client
        self._clock = clock
        self._team = ""

    async def person(self, slack_id: str, *, team: str = "") -> Person | None:
        """The active person behind a Slack user; None for strangers and for accounts that do not count.

        Where Slack does not answer, only an account that it has vouched for before counts.
        """
        if team and team != await self._own_team():
            return None
        async with self._ledger.read() as tx:
            person, account = await tx.people.by_slack_id(slack_id), await tx.people.account(slack_id)
        if person is None:
            return None
        if account is None or account.seen_at <= self._clock() - FRESH_FOR:
            try:
                account = await self.look_up(slack_id)
            except (SlackApiError, OSError, TimeoutError) as error:
                log.warning("account.not_confirmed", error=type(error).__name__)
            async with self._ledger.read() as tx:
                person = await tx.people.by_slack_id(slack_id)
        return person if account is not None and person is not None and person.active else None

    async def survey(self) -> None:
        """Ask Slack about everyone listed, so that nobody is counted on or asked whose account does not count.

        Whoever cannot be looked up now is when they act.
        """
        async with self._ledger.read() as tx:
            listed = [one.slack_id for one in await tx.people.all() if one.slack_id]
        for slack_id in listed:
            try:
                await self.look_up(slack_id)
            except (SlackApiError, OSError, TimeoutError) as error:
                log.warning("account.not_confirmed", error=type(error).__name__)

    async def look_up(self, slack_id: str) -> Account:
        """Ask Slack about one user and remember the answer; raises SlackApiError."""
        return await self.remember((await self._client.users_info(user=slack_id))["user"])

    async def remember(self, user: dict[str, Any]) -> Account:
        """Keep what Slack says of a user: the object of users.info and of the user_change event."""
        own = await self._own_team()
        team = str(user.get("team_id") or own)
        seen = Account(
            slack_id=str(user["id"]),
            team_id=team,
            deleted=bool(user.get("deleted")),
            guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
            bot=bool(user.get("is_bot")),
            foreign=bool(user.get("is_stranger")) or team != own,
            seen_at=self._clock(),
        )
        async with self._ledger.write() as tx:
            before = await tx.people.account(seen.slack_id)
            person = await tx.people.by_slack_id(seen.slack_id)
            await tx.people.keep_account(seen)
            if person is not None and (before is None or before.counts) != seen.counts:
                await tx.audit.append(
                    at=seen.seen_at,
                    actor="system",
                    action="person.suspended" if not seen.counts else "person.restored",
                    subject=f"person:{person.id}",
                    facts={"deleted": seen.deleted, "guest": seen.guest, "bot": seen.bot, "foreign": seen.foreign},
                )
                for waiting in await tx.plans.in_states(PlanState.WAITING):
                    await tx.plans.touch(waiting.plan.id)  # who may approve, and whose approval counts, has changed
        return seen

    async def _own_team(self) -> str:
        if not self._team:
            self._team = str((await self._client.auth_test())["team_id"])
        return self._team


def slack_id_of(body: dict[str, Any]) -> str:
    """The user behind any payload: events, clicks, submissions and commands say it in different places."""
    user = body.get("user")
    if isinstance(user, dict):
        return str(user.get("id", ""))
    event = body.get("event", {})
    return str(body.get("user_id") or event.get("user") or event.get("user_id") or "")


def team_of(body: dict[str, Any]) -> str:
    """The workspace of the user behind a click, a submission or a command; "" where the payload does not say it."""
    user = body.get("user")
    if isinstance(user, dict):
        return str(user.get("team_id") or body.get("team", {}).get("id") or "")
    return str(body.get("team_id", "")) if "command" in body else ""

"""Digest: once a working day, what was too small for a card, what still waits for somebody, and what is over."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from agents.lifecycle.review import Rulebook
from storage.ledger import Ledger, Transaction
from storage.records.alerts import Alert, AlertState
from storage.records.attention import Digest, DigestLine

MOST_LINES = 12
"""Of each part: nobody reads more, and the rest is counted."""


class Digester:
    """Makes the digest of a day; the bot posts it."""

    def __init__(self, ledger: Ledger, rulebook: Rulebook, *, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._clock = clock

    async def make(self) -> Digest | None:
        """The digest of today; None where there is one already, nobody works today, or there is nothing to tell.

        It tells of everything since the one before, however many days that is.
        """
        now = self._clock()
        async with self._ledger.write() as tx:
            calendar = (await self._rulebook.of(tx)).calendar
            today = now.astimezone(ZoneInfo(calendar.zone)).date()
            digest_id = f"DIGEST-{today}"
            if today.weekday() not in calendar.days or calendar.is_holiday(today):
                return None
            if await tx.attention.digest(digest_id) is not None:
                return None
            digest = await _told(tx, digest_id, now)
            if digest is not None:
                await tx.attention.keep_digest(digest)
            return digest


async def _told(tx: Transaction, digest_id: str, now: datetime) -> Digest | None:
    before = await tx.attention.newest_digest()
    changed = await tx.alerts.opened_since(before.made_at) if before else await tx.alerts.newest(200)
    open_now = await tx.alerts.unrecovered()
    names = await tx.people.names()
    keys = {one.finding.key for one in open_now}
    own = [one for one in open_now if one.finding.part_of not in keys]
    small = [one for one in own if one.shown_from is None and _is_new(one, before)]
    waiting = [one for one in own if one.shown_from is not None and one.state is AlertState.OPEN]
    over = [one for one in changed if one.state is AlertState.RECOVERED and _ended(one, before)]
    parts = [_lines(part, names) for part in (small, waiting, over)]
    if not any(parts):
        return None
    more = sum(max(len(part) - MOST_LINES, 0) for part in parts)
    kept = [tuple(part[:MOST_LINES]) for part in parts]
    return Digest(id=digest_id, made_at=now, small=kept[0], waiting=kept[1], recovered=kept[2], more=more)


def _is_new(alert: Alert, before: Digest | None) -> bool:
    return before is None or alert.opened_at > before.made_at


def _ended(alert: Alert, before: Digest | None) -> bool:
    """Of a recovered one that was no part of another: whether it ended since the digest before."""
    return (before is None or alert.updated_at > before.made_at) and alert.finding.part_of is None


def _lines(alerts: list[Alert], names: dict[str, str]) -> list[DigestLine]:
    """Largest first, then oldest."""
    ordered = sorted(alerts, key=lambda one: (-one.finding.severity.rank, one.opened_at))
    return [
        DigestLine(
            alert_id=one.id,
            severity=one.finding.severity,
            title=one.finding.title,
            since=one.opened_on,
            words=_who(one, names),
            simulated=one.finding.simulated,
        )
        for one in ordered
    ]


def _who(alert: Alert, names: dict[str, str]) -> str:
    if alert.learnt_by:
        return f"{names.get(alert.learnt_by, alert.learnt_by)} said that it is normal"
    if alert.assigned_to and alert.state is AlertState.OPEN:
        return f"waits for {names.get(alert.assigned_to, alert.assigned_to)}"
    return ""

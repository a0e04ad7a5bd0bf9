"""Cases: findings with the same key are one alert, opened, brought up to date, and closed when it is over."""

from datetime import date, datetime

from agents.lifecycle.link import link_alert
from storage.ledger import Ledger, Transaction
from storage.records.alerts import Alert, AlertKind, AlertState, Finding, Severity
from storage.records.lineage import SEALED

QUIET_DAYS = 3
"""A case that no monitor saw for so many days of data has recovered."""
_OF_THEIR_OWN = (AlertKind.GOVERNANCE, AlertKind.DIVERGENCE)
"""Cases that do not pass because a source's data is quiet."""
_RANK = {Severity.NOTE: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}


async def file_findings(
    ledger: Ledger, findings: tuple[Finding, ...], *, data_day: date, simulated: bool, now: datetime
) -> None:
    """Open new cases, bring known ones up to date, close those that are quiet."""
    async with ledger.read() as tx:
        if not findings and not await tx.alerts.unrecovered():
            return
    async with ledger.write() as tx:
        open_now = await tx.alerts.unrecovered()
        # A breach of governance is no state of the data, and does not pass because the data is quiet.
        known = {one.finding.key: one for one in open_now if _is_of(one, simulated=simulated)}
        for finding in findings:
            if finding.key not in known:
                await open_case(tx, finding, now=now)
            elif known[finding.key].finding.seen_on < finding.seen_on:
                await _renew(tx, known[finding.key], finding, now=now)
        seen = {finding.key for finding in findings}
        for key, alert in known.items():
            # Stale data are over once they were read; of what the data show, some quiet days have to pass.
            quiet = 0 if alert.finding.kind is AlertKind.FRESHNESS else QUIET_DAYS
            if key not in seen and (data_day - alert.finding.seen_on).days >= quiet:
                await _recover(tx, alert, now=now)


async def file_diverging(ledger: Ledger, findings: tuple[Finding, ...], *, now: datetime) -> None:
    """As `file_findings`, but what no longer diverges is over at once: it is a state, not a sighting."""
    async with ledger.read() as tx:
        if not findings and not _diverging(await tx.alerts.unrecovered()):
            return
    async with ledger.write() as tx:
        known = _diverging(await tx.alerts.unrecovered())
        for finding in findings:
            alert = known.pop(finding.key, None)
            if alert is None:
                await open_case(tx, finding, now=now)
            elif (alert.finding.title, alert.finding.detail) != (finding.title, finding.detail):
                await _renew(tx, alert, finding, now=now)
        for alert in known.values():
            await _recover(tx, alert, now=now)


async def open_case(tx: Transaction, finding: Finding, *, now: datetime) -> None:
    """File a finding of which no open alert tells yet, with its entry in the trail."""
    alert = await tx.alerts.open(finding, now=now)
    await tx.audit.append(
        at=now,
        actor="system",
        action="alert.opened",
        subject=alert.id,
        facts={
            "key": finding.key,
            "severity": finding.severity.value,
            "title": finding.title,
            "cause": finding.cause,
            "suspect_plan": finding.suspect_plan,
            "seen_on": finding.seen_on,
            SEALED: await link_alert(tx, alert),
        },
    )


def _is_of(alert: Alert, *, simulated: bool) -> bool:
    """Whether it is a case of this world's data; each world has a calendar of its own."""
    return alert.finding.kind not in _OF_THEIR_OWN and alert.finding.simulated == simulated


def _diverging(alerts: tuple[Alert, ...]) -> dict[str, Alert]:
    return {one.finding.key: one for one in alerts if one.finding.kind is AlertKind.DIVERGENCE}


async def _renew(tx: Transaction, alert: Alert, finding: Finding, *, now: datetime) -> None:
    """A later sighting; a rise in severity wakes a case that people had put aside."""
    worse = _RANK[finding.severity] > _RANK[alert.finding.severity]
    state = AlertState.OPEN if worse else alert.state
    kept = {} if not worse else {"acknowledged_by": None, "snoozed_until": None}
    await tx.alerts.save(
        alert.model_copy(
            update={"finding": finding, "state": state, "times_seen": alert.times_seen + 1, "updated_at": now, **kept}
        )
    )


async def _recover(tx: Transaction, alert: Alert, *, now: datetime) -> None:
    await tx.alerts.save(alert.model_copy(update={"state": AlertState.RECOVERED, "updated_at": now}))
    await tx.audit.append(
        at=now, actor="system", action="alert.recovered", subject=alert.id, facts={"key": alert.finding.key}
    )

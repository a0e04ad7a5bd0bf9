"""Cases: findings with the same key are one alert, opened, brought up to date, and closed when it is over."""

from collections.abc import Mapping
from datetime import date, datetime

from agents.lifecycle.cases.normal import is_learnt
from agents.lifecycle.link import link_alert
from storage.ledger import Ledger, Transaction
from storage.records.alerts import Alert, AlertKind, AlertState, Finding, Severity
from storage.records.attention import Learnt
from storage.records.lineage import SEALED

QUIET_DAYS = 3
"""A case that no monitor saw for so many days of data has recovered."""
_OF_THEIR_OWN = (AlertKind.GOVERNANCE, AlertKind.DIVERGENCE, AlertKind.FRESHNESS)
"""Cases that do not pass because a source's data is quiet."""


async def file_findings(
    ledger: Ledger,
    findings: tuple[Finding, ...],
    *,
    data_day: date | None,
    simulated: bool,
    now: datetime,
    read_to: Mapping[str, date] | None = None,
) -> None:
    """Open new cases, bring known ones up to date, close those that are quiet; what was learnt is no case.

    Quiet is what a source was read for: `read_to` is the newest day that was judged of each. A case of no one source is
    quiet by `data_day`, to which all of the world were read; None where one was not.
    """
    judged = dict(read_to or {})
    async with ledger.read() as tx:
        if not findings and not await tx.alerts.unrecovered():
            return
    async with ledger.write() as tx:
        open_now = await tx.alerts.unrecovered()
        # A breach of governance is no state of the data, and does not pass because the data is quiet.
        known = {one.finding.key: one for one in open_now if _is_of(one, simulated=simulated)}
        told = _news(findings, await tx.alerts.learnt(simulated=simulated))
        seen = {finding.key for finding in told}
        stirred: set[str | None] = set()
        for finding in told:
            part = finding.part_of in known or finding.part_of in seen
            if finding.key not in known:
                await open_case(tx, finding, now=now, part=part)
                stirred.add(finding.part_of)
            elif known[finding.key].finding.seen_on < finding.seen_on:
                await _renew(tx, known[finding.key], finding, now=now, part=part)
                stirred.add(finding.part_of)
        for key, alert in known.items():
            day = judged.get(alert.finding.source) if alert.finding.source else data_day
            if key not in seen and day is not None and (day - alert.finding.seen_on).days >= QUIET_DAYS:
                await _recover(tx, alert, now=now)
                stirred.add(alert.finding.part_of)
        await redraw(tx, stirred)


async def file_states(
    ledger: Ledger,
    findings: tuple[Finding, ...],
    *,
    kind: AlertKind,
    now: datetime,
    unknown: frozenset[str] = frozenset(),
) -> None:
    """All findings of a kind that is a state, not a sighting: what is no longer found is over at once.

    Cases whose keys are `unknown` are left as they are: nobody could look.
    """
    async with ledger.read() as tx:
        if not findings and not _of_kind(await tx.alerts.unrecovered(), kind):
            return
    async with ledger.write() as tx:
        known = _of_kind(await tx.alerts.unrecovered(), kind)
        told = _news(findings, await tx.alerts.learnt())
        seen, stirred = {one.key for one in told}, set[str | None]()
        for finding in told:
            alert, part = known.pop(finding.key, None), finding.part_of in seen
            if alert is None:
                await open_case(tx, finding, now=now, part=part)
                stirred.add(finding.part_of)
            elif _words_of(alert.finding) != _words_of(finding):
                await _renew(tx, alert, finding, now=now, part=part)
                stirred.add(finding.part_of)
        for alert in known.values():
            if alert.finding.key not in unknown:
                await _recover(tx, alert, now=now)
                stirred.add(alert.finding.part_of)
        await redraw(tx, stirred)


async def open_case(tx: Transaction, finding: Finding, *, now: datetime, part: bool = False) -> Alert:
    """File a finding of which no open alert tells yet, with its entry in the trail; a part has no card of its own."""
    shown_from = await _shown_from(tx, finding, None, now=now, part=part)
    alert = await tx.alerts.open(finding, now=now, has_card=shown_from is not None, shown_from=shown_from)
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
            "part_of": finding.part_of,
            "seen_on": finding.seen_on,
            SEALED: await link_alert(tx, alert),
        },
    )
    return alert


async def redraw(tx: Transaction, keys: set[str | None]) -> None:
    """Have the cards of these cases tell of their parts as they are now."""
    if not any(keys):
        return
    for alert in await tx.alerts.unrecovered():
        if alert.finding.key in keys:
            await tx.alerts.save(alert)


def _is_of(alert: Alert, *, simulated: bool) -> bool:
    """Whether it is a case of this world's data; each world has a calendar of its own."""
    return alert.finding.kind not in _OF_THEIR_OWN and alert.finding.simulated == simulated


def _words_of(finding: Finding) -> tuple[object, ...]:
    """What a state's card says of it."""
    return finding.title, finding.detail, finding.part_of


def _of_kind(alerts: tuple[Alert, ...], kind: AlertKind) -> dict[str, Alert]:
    return {one.finding.key: one for one in alerts if one.finding.kind is kind}


def _news(findings: tuple[Finding, ...], learnt: dict[str, Learnt]) -> list[Finding]:
    """Those that tell of anything but what people called normal; the parts of such a case go with it."""
    normal = {one.key for one in findings if is_learnt(one, learnt.get(one.key))}
    return [one for one in findings if one.key not in normal and one.part_of not in normal]


async def _shown_from(
    tx: Transaction, finding: Finding, before: datetime | None, *, now: datetime, part: bool
) -> datetime | None:
    """From when on the case has a card: at once if it is large, after the quiet hours if it is medium."""
    if before is not None and before <= now:
        return before  # a card that people have seen stays, and is brought up to date
    if part or finding.severity is Severity.NOTE:
        return None
    if finding.severity is Severity.CRITICAL:
        return now
    hours = await tx.attention.quiet_hours()
    return before or (hours.end_after(now) if hours else None) or now


async def _renew(tx: Transaction, alert: Alert, finding: Finding, *, now: datetime, part: bool = False) -> None:
    """A later sighting; a rise in severity wakes a case that people had put aside."""
    worse = finding.severity.rank > alert.finding.severity.rank
    state = AlertState.OPEN if worse else alert.state
    kept = {} if not worse else {"acknowledged_by": None, "snoozed_until": None}
    changed = {
        "finding": finding,
        "state": state,
        "times_seen": alert.times_seen + 1,
        "updated_at": now,
        "shown_from": await _shown_from(tx, finding, alert.shown_from, now=now, part=part),
        **kept,
    }
    await tx.alerts.save(alert.model_copy(update=changed))
    if worse:
        facts = {"key": finding.key, "from": alert.finding.severity.value, "to": finding.severity.value}
        await tx.audit.append(at=now, actor="system", action="alert.worse", subject=alert.id, facts=facts)


async def _recover(tx: Transaction, alert: Alert, *, now: datetime) -> None:
    over = {"state": AlertState.RECOVERED, "snoozed_until": None, "updated_at": now}
    await tx.alerts.save(alert.model_copy(update=over))
    await tx.audit.append(
        at=now, actor="system", action="alert.recovered", subject=alert.id, facts={"key": alert.finding.key}
    )

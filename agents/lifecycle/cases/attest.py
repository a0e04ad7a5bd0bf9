"""Attest: reckon from what is stored whether governance did what it promises, and raise the alarm where it did not."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from agents.governance.report import TOLD, Account, account
from agents.governance.validity import Flaw, Known, Step, Written
from agents.lifecycle.cases.cases import open_case
from agents.lifecycle.review import Rulebook
from storage.ledger import Ledger, Transaction
from storage.records.alerts import Alert, AlertKind, Finding, Severity
from storage.records.executions import Execution

WATCHED = timedelta(days=40)
"""How far back the timetable looks; the report itself looks as far as it is asked to."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Attester:
    """Reads everything in one transaction and reckons; changes nothing but alerts."""

    def __init__(self, ledger: Ledger, rulebook: Rulebook, *, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._clock = clock

    async def account(self, *, first: date | None = None, last: date | None = None) -> Account:
        """The account of these days of the team's zone, inclusive; of all days without them."""
        async with self._ledger.read() as tx:
            zone = ZoneInfo((await self._rulebook.of(tx)).calendar.zone)
            steps = [Step.of(entry) async for entry in tx.audit.entries() if entry.action in TOLD]
            rows = await _rows(tx, first, zone)
            known = await _known(tx, steps)
        return account(rows, steps, known=known, zone=zone, first=first, last=last)

    async def check(self) -> tuple[Flaw, ...]:
        """Open an alert for each plan that wrote without a valid approval lately; returns what is wrong."""
        now = self._clock()
        flaws = (await self.account(first=(now - WATCHED).date())).flaws
        async with self._ledger.read() as tx:
            if not flaws and not _ours(await tx.alerts.unrecovered()):
                return ()
        async with self._ledger.write() as tx:
            by_plan: dict[str, list[Flaw]] = {}
            for flaw in flaws:
                by_plan.setdefault(flaw.plan_id, []).append(flaw)
            open_already = {alert.finding.key: alert for alert in _ours(await tx.alerts.unrecovered())}
            for plan_id, found in by_plan.items():
                finding = _finding(plan_id, found, seen_on=now.date())
                if finding.key not in open_already:
                    await open_case(tx, finding, now=now)
        return flaws


async def _rows(tx: Transaction, first: date | None, zone: ZoneInfo) -> list[Written]:
    """Every applied change that may have been written on or after the day, with what its revision went through."""
    seen: dict[tuple[str, int], Written] = {}
    rows = []
    for item in await tx.executions.applied():
        if first is not None and item.updated_at.astimezone(zone).date() < first:
            continue
        revision = item.plan_id, item.revision
        if revision not in seen:
            seen[revision] = await _history(tx, item)
        rows.append(seen[revision].model_copy(update={"execution": item}))
    return rows


async def _history(tx: Transaction, item: Execution) -> Written:
    return Written(
        execution=item,
        plan=await tx.plans.revision(item.plan_id, item.revision),
        verdicts=await tx.approvals.verdicts(item.plan_id, item.revision),
        decisions=await tx.approvals.decisions(item.plan_id, item.revision),
    )


async def _known(tx: Transaction, steps: list[Step]) -> Known:
    broken = [await tx.stops.glass(step.subject) for step in steps if step.action == "glass.broken"]
    return Known(
        people={one.id: one for one in await tx.people.all()},
        delegations=await tx.people.delegations(_LONG_AGO),
        glasses={one.id: one for one in broken if one is not None},
    )


def _ours(alerts: tuple[Alert, ...]) -> tuple[Alert, ...]:
    return tuple(one for one in alerts if one.finding.kind is AlertKind.GOVERNANCE)


def _finding(plan_id: str, flaws: list[Flaw], *, seen_on: date) -> Finding:
    changes = "a change" if len(flaws) == 1 else f"{len(flaws)} changes"
    return Finding(
        key=f"governance/{plan_id}",
        kind=AlertKind.GOVERNANCE,
        severity=Severity.CRITICAL,
        kpi="governance",
        entity=plan_id,
        title=f"{plan_id} wrote {changes} without a valid approval",
        detail=tuple(f"{flaw.key}: {flaw.words}." for flaw in flaws),
        cause="tampering with the database, or a defect of ours: freeze, and have it looked at",
        suspect_plan=plan_id,
        seen_on=seen_on,
        simulated=all(flaw.simulated for flaw in flaws),
    )

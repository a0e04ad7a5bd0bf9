"""Execute: an approved plan reaches its channels once, each change written down before the call and read back after.

Every step can be repeated after a crash: the rows say how far it came, the channel says what it has applied.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import TypeVar

from agents.channels.channel import (
    Channel,
    ChannelError,
    ChannelUnavailable,
    OutcomeUnknown,
    VersionConflict,
)
from agents.lifecycle.review import Reviewer, known_plan
from agents.lifecycle.states import move
from agents.sources.readers import Readers
from storage.ledger import Ledger, Transaction
from storage.records.executions import Execution, ExecutionState, FieldState, Receipt, execution_key
from storage.records.plans import Change, Plan, PlanState, PlanStatus
from storage.records.verdicts import Outcome

_T = TypeVar("_T")

ATTEMPTS = 5
"""Calls per change before the plan fails; waits double from FIRST_WAIT_S, so about eight seconds in all."""
FIRST_WAIT_S = 0.5


class Executor:
    """Carries out approved plans; safe to call again for the same plan at any time, by one process."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        channels: Mapping[str, Channel],
        readers: Readers,
        reviewer: Reviewer,
        clock: Callable[[], datetime],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ledger = ledger
        self._channels = channels
        self._readers = readers
        self._reviewer = reviewer
        self._clock = clock
        self._pause = pause
        # Judging and reserving is one step for all plans: two must not pass a cap together.
        self._starting = asyncio.Lock()
        # A plan may be asked for twice, after an outage say, and is carried out by one of the two.
        self._busy: dict[str, asyncio.Lock] = {}

    async def execute(self, plan_id: str, revision: int) -> PlanStatus:
        """Bring an approved plan to done or failed; a plan in any other state is left as it is."""
        async with self._busy.setdefault(plan_id, asyncio.Lock()):
            return await self._execute(plan_id, revision)

    async def _execute(self, plan_id: str, revision: int) -> PlanStatus:
        async with self._ledger.read() as tx:
            status = await known_plan(tx, plan_id)
        if status.plan.revision != revision:
            return status
        if status.state is PlanState.APPROVED:
            status = await self._start(status)
        if status.state is PlanState.EXECUTING:
            status = await self._carry_out(status)
        return status

    async def _start(self, status: PlanStatus) -> PlanStatus:
        """Judge once more with fresh facts and the approvals given, then reserve and write down what is intended."""
        plan = status.plan
        async with self._starting:
            world = await self._reviewer.world(plan)
            now = self._clock()
            async with self._ledger.write() as tx:
                verdict = await self._reviewer.judge_in(tx, plan, world)
                await tx.approvals.add_verdict(plan.id, plan.revision, verdict)
                if verdict.outcome is not Outcome.ALLOWED:
                    reasons = [reason.text for reason in verdict.reasons] or [gate.text for gate in verdict.gates]
                    note = f"no longer allowed when it was to run: {'; '.join(reasons)}. Nothing was changed"
                    if await move(tx, status, PlanState.REFUSED, now=now, note=note):
                        await tx.audit.append(
                            at=now,
                            actor="system",
                            action="plan.refused",
                            subject=plan.id,
                            facts={
                                "revision": plan.revision,
                                "note": note,
                                "policy_version": verdict.policy_version,
                            },
                        )
                    return await known_plan(tx, plan.id)
                if await move(tx, status, PlanState.EXECUTING, now=now):
                    for position, change in enumerate(plan.changes):
                        await tx.executions.add(position, _intended(plan, change, now))
                    await tx.audit.append(
                        at=now,
                        actor="system",
                        action="plan.executing",
                        subject=plan.id,
                        facts={
                            "revision": plan.revision,
                            "digest": plan.digest,
                            "changes": len(plan.changes),
                            "policy_version": verdict.policy_version,
                        },
                    )
                return await known_plan(tx, plan.id)

    async def _carry_out(self, status: PlanStatus) -> PlanStatus:
        plan = status.plan
        async with self._ledger.read() as tx:
            executions = await tx.executions.of(plan.id, plan.revision)
        try:
            if not any(item.attempts for item in executions):
                await self._check_all(plan)
            for item in executions:
                if item.state is ExecutionState.INTENDED:
                    await self._apply(item)
        except ChannelError as error:
            unknown = isinstance(error, OutcomeUnknown)
            return await self._finish(status, PlanState.FAILED, problem=str(error), unknown=unknown)
        return await self._finish(status, PlanState.DONE)

    async def _check_all(self, plan: Plan) -> None:
        """Preview every change before the first is written: a plan that cannot be done whole is not begun."""
        for change in plan.changes:
            channel = self._channels[change.resource.channel]
            state, _ = await self._patiently(partial(channel.preview, change))
            if state.version != change.expected_version:
                raise VersionConflict(change.resource, change.expected_version, state)

    async def _apply(self, item: Execution) -> None:
        """One change: recover what an earlier attempt did, else write it; then read it back."""
        channel, change = self._channels[item.change.resource.channel], item.change
        receipt = await self._settled(channel, item) if item.attempts else None
        if receipt is None:
            before = await self._patiently(lambda: channel.read(change.resource, change.field))
            item = item.model_copy(update={"before_image": before, "attempts": item.attempts + 1})
            await self._save(item, action="change.intended")
            receipt = await self._patiently(
                lambda: channel.apply(change, key=item.key, expected_version=change.expected_version),
                settle=lambda: self._settled(channel, item),
            )
        try:
            read_back = await self._patiently(lambda: channel.read(change.resource, change.field))
        except ChannelError as error:
            # The receipt proves that it is applied; only the look at it is missing.
            done = _applied(item, receipt, None, error=f"applied, but it could not be read back: {error}")
        else:
            done = _applied(item, receipt, read_back, error=_difference(change, read_back))
        await self._save(done, action="change.applied")

    async def _settled(self, channel: Channel, item: Execution) -> Receipt | None:
        """What became of an earlier attempt; raises OutcomeUnknown if the channel cannot be asked."""
        try:
            return await self._patiently(lambda: channel.find(item.key))
        except ChannelError as error:
            name = item.change.resource.name
            words = f"it is not known whether {name} was changed, please look there: {error}"
            raise OutcomeUnknown(words) from error

    async def _patiently(
        self, call: Callable[[], Awaitable[_T]], settle: Callable[[], Awaitable[_T | None]] | None = None
    ) -> _T:
        """Call a channel that may be down for a moment; after a time-out ask what happened before trying again."""
        wait = FIRST_WAIT_S
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await call()
            except OutcomeUnknown as error:
                # Past the question what happened, a time-out is no more than a channel that was not there.
                problem = ChannelUnavailable(str(error))
                if settle is not None and (found := await settle()) is not None:
                    return found
            except ChannelUnavailable as error:
                problem = error
            if attempt < ATTEMPTS:
                await self._pause(wait)
                wait *= 2
        raise problem

    async def _save(self, item: Execution, *, action: str) -> None:
        now = self._clock()
        async with self._ledger.write() as tx:
            await tx.executions.save(item.model_copy(update={"updated_at": now}))
            await tx.plans.touch(item.plan_id)
            await tx.audit.append(at=now, actor="system", action=action, subject=item.plan_id, facts=_audit_facts(item))
            if item.receipt is not None:
                await tx.lineage.link(
                    f"change:{item.key}", [(item.plan_id, f"{item.plan_id} revision {item.revision}")]
                )

    async def _left_alone(self, plan: Plan) -> tuple[str, ...]:
        """What a rollback did not restore of its original and that still differs; a silent channel counts as that."""
        if plan.restores is None:
            return ()
        async with self._ledger.read() as tx:
            original = await known_plan(tx, plan.restores)
            executions = await tx.executions.of(original.plan.id, original.plan.revision)
        restored = {change.id for change in plan.changes}
        left = []
        for item in executions:
            if item.state is ExecutionState.APPLIED and item.change.id not in restored:
                channel, change = self._channels[item.change.resource.channel], item.change
                try:
                    now = await self._patiently(partial(channel.read, change.resource, change.field))
                except ChannelError:
                    now = None
                if now is None or item.before_image is None or now.value != item.before_image.value:
                    left.append(change.resource.key)
        return tuple(left)

    async def _finish(
        self, status: PlanStatus, to: PlanState, *, problem: str = "", unknown: bool = False
    ) -> PlanStatus:
        plan, now = status.plan, self._clock()
        today = await self._readers.today(plan.changes[0].resource.channel)
        left = await self._left_alone(plan) if to is PlanState.DONE else ()
        async with self._ledger.write() as tx:
            executions = await tx.executions.of(plan.id, plan.revision)
            applied = sum(item.state is ExecutionState.APPLIED for item in executions)
            for item in executions:
                if to is PlanState.FAILED and item.state is ExecutionState.INTENDED:
                    await tx.executions.save(
                        item.model_copy(update={"state": ExecutionState.FAILED, "error": problem, "updated_at": now})
                    )
            note = _failure_words(problem, applied, len(executions), unknown=unknown) if problem else ""
            if await move(tx, status, to, now=now, note=note):
                if applied:
                    await tx.plans.mark_done_on(plan.id, today)
                await tx.audit.append(
                    at=now,
                    actor="system",
                    action=f"plan.{to.value}",
                    subject=plan.id,
                    facts={
                        "revision": plan.revision,
                        "applied": applied,
                        "of": len(executions),
                        "note": note,
                    },
                )
                if to is PlanState.DONE:
                    await _close_original(tx, plan, left, now=now)
            return await known_plan(tx, plan.id)


async def _close_original(tx: Transaction, plan: Plan, left: tuple[str, ...], *, now: datetime) -> None:
    """A rollback that is done closes the plan it took back, unless it left something of it alone."""
    if plan.restores is None:
        return
    original = await known_plan(tx, plan.restores)
    if left:
        await tx.plans.touch(original.plan.id)
        await tx.audit.append(
            at=now,
            actor="system",
            action="plan.partly_rolled_back",
            subject=original.plan.id,
            facts={"by": plan.id, "left_alone": list(left)},
        )
    elif await move(tx, original, PlanState.ROLLED_BACK, now=now, note=f"taken back by {plan.id}"):
        await tx.audit.append(
            at=now, actor="system", action="plan.rolled_back", subject=original.plan.id, facts={"by": plan.id}
        )
    for alert in await tx.alerts.unrecovered():
        if alert.finding.suspect_plan == original.plan.id:
            await tx.alerts.save(alert)  # its card offers to roll back what is rolled back now


def _intended(plan: Plan, change: Change, now: datetime) -> Execution:
    return Execution(
        key=execution_key(plan.id, plan.revision, change.id),
        plan_id=plan.id,
        revision=plan.revision,
        change=change,
        state=ExecutionState.INTENDED,
        updated_at=now,
    )


def _difference(change: Change, read_back: FieldState) -> str:
    return "" if read_back.value == change.after else f"read back {read_back.value} instead of {change.after}"


def _applied(item: Execution, receipt: Receipt, read_back: FieldState | None, *, error: str) -> Execution:
    return item.model_copy(
        update={"state": ExecutionState.APPLIED, "receipt": receipt, "read_back": read_back, "error": error}
    )


def _failure_words(problem: str, applied: int, changes: int, *, unknown: bool) -> str:
    if unknown:
        return f"{problem}. Of the other changes, {applied} of {changes - 1} were applied"
    if not applied:
        return f"{problem}. Nothing was changed"
    return f"{problem}. {applied} of {changes} changes were applied, the rest were not"


def _audit_facts(item: Execution) -> dict[str, object]:
    return {
        "key": item.key,
        "resource": item.change.resource.key,
        "field": item.change.field,
        "before": _text(item.before_image),
        "after": str(item.change.after),
        "attempt": item.attempts,
        "reference": item.receipt.reference if item.receipt else None,
        "read_back": _text(item.read_back),
        "version": item.read_back.version if item.read_back else None,
    }


def _text(state: FieldState | None) -> str | None:
    return None if state is None else str(state.value)

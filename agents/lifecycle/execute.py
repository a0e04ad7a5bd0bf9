"""Execute: an approved plan reaches its channels once, each change written down before the call and read back after.

Every step can be repeated after a crash: the rows say how far it came, the channel says what it has applied. Before
every attempt to write, it looks whether a freeze stops it or its time is up.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from agents.channels.channel import (
    Channel,
    ChannelError,
    ChannelUnavailable,
    OutcomeUnknown,
    VersionConflict,
)
from agents.lifecycle.begin import Beginner, Begun, time_is_up
from agents.lifecycle.conclude import Ending, conclude
from agents.lifecycle.link import link_execution
from agents.lifecycle.review import Reviewer, known_plan
from agents.lifecycle.stops import freezes_on, halt
from agents.sources.readers import Readers, UnknownChannel
from storage.ledger import Ledger, Transaction
from storage.records.executions import Execution, ExecutionState, FieldState, Receipt
from storage.records.lineage import SEALED
from storage.records.plans import Change, Plan, PlanState, PlanStatus
from storage.records.stops import Freeze

_T = TypeVar("_T")

ATTEMPTS = 5
"""Calls per change before the plan fails; waits double from FIRST_WAIT_S, so about eight seconds in all."""
FIRST_WAIT_S = 0.5


class Halted(Exception):
    """Raised before a write that a freeze forbids; the plan stays as far as it came."""

    def __init__(self, freezes: tuple[Freeze, ...]) -> None:
        super().__init__(", ".join(one.id for one in freezes))
        self.freezes = freezes


class TimeIsUp(Exception):
    """Raised before a write that comes after the plan's time; the message is for people."""


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
        self._clock = clock
        self._pause = pause
        self._beginner = Beginner(ledger, reviewer=reviewer, clock=clock)
        # A plan may be asked for twice, after an outage say, and is carried out by one of the two.
        self._busy: dict[str, asyncio.Lock] = {}

    async def execute(self, plan_id: str, revision: int) -> PlanStatus:
        """Bring an approved plan to done or failed, unless something stops it; one in any other state stays as it is.

        Raises SourceUnavailable: it is tried again then.
        """
        async with self._busy.setdefault(plan_id, asyncio.Lock()):
            return await self._execute(plan_id, revision)

    async def start_due(self) -> int:
        """Have every approved plan carried out whose time to think better of it is over; returns how many."""
        return await self._beginner.start_due()

    async def _execute(self, plan_id: str, revision: int) -> PlanStatus:
        async with self._ledger.read() as tx:
            status = await known_plan(tx, plan_id)
        if status.plan.revision != revision:
            return status
        if status.state is PlanState.APPROVED:
            begun = await self._beginner.begin(status)
            return await self._carry_out(begun, fresh=True) if isinstance(begun, Begun) else begun
        if status.state is PlanState.EXECUTING:
            begun = await self._beginner.go_on(status)
            return await self._carry_out(begun, fresh=False) if isinstance(begun, Begun) else begun
        return status

    async def _carry_out(self, begun: Begun, *, fresh: bool) -> PlanStatus:
        plan = begun.status.plan
        try:
            if not fresh and (objection := await self._taken_up(begun)):
                return await self._finish(begun.status, Ending(problem=objection))
            executions = await self._executions(plan)
            if not any(item.attempts for item in executions):
                await self._check_all(plan)
            for item in executions:
                if item.state is ExecutionState.INTENDED:
                    await self._apply(begun, item)
        except Halted as stopped:
            return await self._halt(begun.status, stopped.freezes)
        except TimeIsUp as late:
            return await self._finish(begun.status, Ending(problem=str(late)))
        except ChannelError as error:
            unknown = isinstance(error, OutcomeUnknown)
            return await self._finish(begun.status, Ending(problem=str(error), unknown=unknown))
        return await self._finish(begun.status, Ending(left_alone=await self._left_alone(plan)))

    async def _taken_up(self, begun: Begun) -> str:
        """Learn what became of earlier attempts, then ask whether the rest may be written; returns why not."""
        for item in await self._executions(begun.status.plan):
            if item.state is ExecutionState.INTENDED and item.attempts:
                receipt = await self._settled(item)
                if receipt is not None:
                    await self._read_back(item, receipt)
        left = [item for item in await self._executions(begun.status.plan) if item.state is ExecutionState.INTENDED]
        return await self._beginner.objection(begun) if left else ""

    async def _check_all(self, plan: Plan) -> None:
        """Preview every change before the first is written: a plan that cannot be done whole is not begun."""
        for change in plan.changes:
            channel = self._channels[change.resource.channel]
            state, _ = await self._patiently(partial(channel.preview, change))
            if state.version != change.expected_version:
                raise VersionConflict(change.resource, change.expected_version, state)

    async def _apply(self, begun: Begun, item: Execution) -> None:
        """Write one change that is known not to be applied, then read it back."""
        channel, change = self._channels[item.change.resource.channel], item.change
        before = await self._patiently(lambda: channel.read(change.resource, change.field))
        item = item.model_copy(update={"before_image": before, "attempts": item.attempts + 1})
        expected = await self._intend(begun, item)
        receipt = await self._patiently(
            lambda: channel.apply(change, key=item.key, expected_version=expected),
            settle=lambda: self._settled(item),
            again=lambda: self._look_again(begun, change),
        )
        await self._read_back(item, receipt)

    async def _intend(self, begun: Begun, item: Execution) -> str:
        """Write down the attempt, in the transaction that finds nothing in its way; returns the version to expect.

        Raises Halted, TimeIsUp.
        """
        plan = begun.status.plan
        async with self._ledger.write() as tx:
            await self._look(tx, begun, item.change)
            await self._save(tx, item, action="change.intended")
            versions = {
                done.change.resource.key: done.receipt.version
                for done in await tx.executions.of(plan.id, plan.revision)
                if done.receipt is not None
            }
        # An earlier change of this plan to the same thing has moved its version on.
        return versions.get(item.change.resource.key, item.change.expected_version)

    async def _look_again(self, begun: Begun, change: Change) -> None:
        async with self._ledger.read() as tx:
            await self._look(tx, begun, change)

    async def _look(self, tx: Transaction, begun: Begun, change: Change) -> None:
        """Raises Halted or TimeIsUp if the change must not be written at this moment."""
        plan, now = begun.status.plan, self._clock()
        if plan.expires_at <= now:
            raise TimeIsUp(time_is_up(plan))
        freezes = await freezes_on(tx, plan, now=now, brands=begun.brands, changes=(change,))
        if freezes:
            raise Halted(freezes)

    async def _read_back(self, item: Execution, receipt: Receipt) -> None:
        channel, change = self._channels[item.change.resource.channel], item.change
        try:
            read_back = await self._patiently(lambda: channel.read(change.resource, change.field))
        except ChannelError as error:
            # The receipt proves that it is applied; only the look at it is missing.
            done = _applied(item, receipt, None, error=f"applied, but it could not be read back: {error}")
        else:
            done = _applied(item, receipt, read_back, error=_difference(change, read_back))
        async with self._ledger.write() as tx:
            await self._save(tx, done, action="change.applied")

    async def _settled(self, item: Execution) -> Receipt | None:
        """What became of an earlier attempt; raises OutcomeUnknown if the channel cannot be asked."""
        channel = self._channels[item.change.resource.channel]
        try:
            return await self._patiently(lambda: channel.find(item.key))
        except ChannelError as error:
            name = item.change.resource.name
            words = f"it is not known whether {name} was changed, please look there: {error}"
            raise OutcomeUnknown(words) from error

    async def _patiently(
        self,
        call: Callable[[], Awaitable[_T]],
        settle: Callable[[], Awaitable[_T | None]] | None = None,
        again: Callable[[], Awaitable[None]] | None = None,
    ) -> _T:
        """Call a channel that may be down for a moment; after a time-out ask what happened before trying again.

        `again` is asked before every further attempt, and raises if there must be none.
        """
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
                if again is not None:
                    await again()
        raise problem

    async def _executions(self, plan: Plan) -> tuple[Execution, ...]:
        async with self._ledger.read() as tx:
            return await tx.executions.of(plan.id, plan.revision)

    async def _save(self, tx: Transaction, item: Execution, *, action: str) -> None:
        now = self._clock()
        await tx.executions.save(item.model_copy(update={"updated_at": now}))
        await tx.plans.touch(item.plan_id)
        facts = _audit_facts(item)
        if item.receipt is not None:
            facts[SEALED] = await link_execution(tx, item)
        await tx.audit.append(at=now, actor="system", action=action, subject=item.plan_id, facts=facts)

    async def _halt(self, status: PlanStatus, freezes: tuple[Freeze, ...]) -> PlanStatus:
        async with self._ledger.write() as tx:
            await halt(tx, await known_plan(tx, status.plan.id), freezes, now=self._clock())
            return await known_plan(tx, status.plan.id)

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

    async def _finish(self, status: PlanStatus, ending: Ending) -> PlanStatus:
        today = await self._today(status.plan)
        async with self._ledger.write() as tx:
            return await conclude(tx, status, ending, now=self._clock(), today=today)

    async def _today(self, plan: Plan) -> date:
        """The data day of the plan's channel; where nothing is read, as of the rules themselves, that of the clock."""
        try:
            return await self._readers.today(plan.changes[0].resource.channel)
        except UnknownChannel:
            return self._clock().date()


def _difference(change: Change, read_back: FieldState) -> str:
    return "" if read_back.value == change.after else f"read back {read_back.value} instead of {change.after}"


def _applied(item: Execution, receipt: Receipt, read_back: FieldState | None, *, error: str) -> Execution:
    return item.model_copy(
        update={"state": ExecutionState.APPLIED, "receipt": receipt, "read_back": read_back, "error": error}
    )


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

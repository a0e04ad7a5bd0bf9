"""Rollback: the inverse of a plan, built by code from its before-images, sent through the same review.

It never overwrites what someone else has changed since without being told to, and says what is gone for good.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from agents.channels.channel import Channel, ChannelError, Reversibility
from agents.lifecycle.conclude import RULES
from agents.lifecycle.decide import Accepted, Cause, Declined
from agents.lifecycle.link import link_restoration
from agents.lifecycle.review import Reviewer, Rulebook, known_plan
from agents.lifecycle.states import ask_for_review
from agents.sources.readers import Readers, UnknownChannel
from storage.ledger import Ledger, Transaction
from storage.records.dossiers import Restoration, RollbackPreview
from storage.records.executions import Execution, ExecutionState, FieldState
from storage.records.lineage import SEALED
from storage.records.people import Person
from storage.records.plans import Change, Evidence, Plan, PlanKind, PlanState, PlanStatus, raised_per_day

AGENT = "rollback"
VERSION = "1"

_TAKEN_BACK = (PlanState.DONE, PlanState.FAILED)


class ChannelSilent(Exception):
    """Raised when a channel does not answer while a rollback is prepared; nothing was changed, try again later."""


class Rollback:
    """Previews and requests rollbacks."""

    def __init__(
        self,
        ledger: Ledger,
        rulebook: Rulebook,
        *,
        channels: Mapping[str, Channel],
        readers: Readers,
        reviewer: Reviewer,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._channels = channels
        self._readers = readers
        self._reviewer = reviewer
        self._clock = clock

    async def preview(self, plan_id: str) -> RollbackPreview:
        """What taking the plan back would do now; raises LookupError for an unknown plan, ChannelSilent."""
        async with self._ledger.read() as tx:
            status = await known_plan(tx, plan_id)
            nothing = await _nothing_to_do(tx, status)
            done = _applied(await tx.executions.of(plan_id, status.plan.revision))
        if nothing or not done:
            words = nothing or f"{plan_id} never changed anything, so there is nothing to take back."
            return RollbackPreview(plan=status, items=(), gone_for_good=(), nothing_to_do=words)
        items = tuple([await self._restoration(item) for item in done])
        if all(item.done for item in items):
            words = f"Everything {plan_id} changed already holds its value from before the plan."
            return RollbackPreview(plan=status, items=items, gone_for_good=(), nothing_to_do=words)
        return RollbackPreview(plan=status, items=items, gone_for_good=self._gone(status.plan, done))

    async def request(
        self, plan_id: str, person: Person, *, via: str, overwrite: frozenset[str] = frozenset()
    ) -> Accepted | Declined:
        """Make the rollback plan and have it reviewed; `overwrite` names changes whose later edit may be lost.

        Raises LookupError for an unknown plan, ChannelSilent.
        """
        preview = await self.preview(plan_id)
        async with self._ledger.read() as tx:
            permission = (await self._rulebook.of(tx)).may(person, "rollback", preview.plan.plan)
        if not permission.allowed:
            return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason, status=preview.plan)
        if preview.nothing_to_do:
            return Declined(cause=Cause.REPEATED, words=preview.nothing_to_do, status=preview.plan)
        wanted = [
            item for item in preview.items if not item.done and (not item.conflict or item.change.id in overwrite)
        ]
        if not wanted:
            return Declined(cause=Cause.INVALID, words=_only_conflicts(plan_id, preview), status=preview.plan)
        made = await self._store(preview, tuple(wanted), person, via=via)
        if isinstance(made, Declined):
            return made
        status = await self._reviewer.review(made.id)
        return Accepted(status=status, words=_request_words(status, preview))

    async def _store(
        self, preview: RollbackPreview, wanted: tuple[Restoration, ...], person: Person, *, via: str
    ) -> Plan | Declined:
        now = self._clock()
        today = await self._today(wanted[0].change.resource.channel)
        async with self._ledger.write() as tx:
            calendar = (await self._rulebook.of(tx)).calendar
            nothing = await _nothing_to_do(tx, await known_plan(tx, preview.plan.plan.id))
            if nothing:  # someone else asked for it between the preview and now
                return Declined(cause=Cause.REPEATED, words=nothing, status=preview.plan)
            plan = _inverse(
                preview.plan.plan,
                wanted,
                plan_id=await tx.plans.new_id(),
                person=person,
                now=now,
                expires_at=calendar.add(now, calendar.expire_after_minutes),
                data_day=today - timedelta(days=1),
                gone=preview.gone_for_good,
            )
            await tx.plans.add(plan, now=now)
            await ask_for_review(tx, await known_plan(tx, plan.id))
            await tx.audit.append(
                at=now,
                actor=f"person:{person.id}",
                action="plan.rollback_requested",
                subject=plan.id,
                facts={
                    "restores": plan.restores,
                    "digest": plan.digest,
                    "via": via,
                    "overwrites": [item.change.resource.key for item in wanted if item.conflict],
                    "left_alone": [item.change.resource.key for item in preview.items if item not in wanted],
                    SEALED: await link_restoration(tx, plan, preview.plan.plan),
                },
            )
        return plan

    async def _restoration(self, item: Execution) -> Restoration:
        change = item.change
        assert item.before_image is not None
        try:
            now = await self._channels[change.resource.channel].read(change.resource, change.field)
        except ChannelError as error:
            raise ChannelSilent(
                f"{change.resource.channel} does not answer, so nothing was prepared: {error}"
            ) from error
        restored = now.value == item.before_image.value
        # A newer version with our value is an edit of something else, which restoring this field leaves alone.
        ours = item.receipt is not None and (now.version == item.receipt.version or now.value == item.receipt.value)
        conflict = "" if ours or restored else _conflict_words(change, now)
        return Restoration(
            change=change, now=now, restores_to=item.before_image.value, conflict=conflict, done=restored
        )

    async def _today(self, channel: str) -> date:
        """The data day of the channel; where nothing is read, as of the rules themselves, that of the clock."""
        try:
            return await self._readers.today(channel)
        except UnknownChannel:
            return self._clock().date()

    def _gone(self, plan: Plan, done: tuple[Execution, ...]) -> tuple[str, ...]:
        notes = dict.fromkeys(plan.irreversible)
        for item in done:
            for capability in self._channels[item.change.resource.channel].capabilities():
                if capability.field == item.change.field and capability.reversible is not Reversibility.FULL:
                    notes.setdefault(capability.irreversible_note)
        return tuple(note for note in notes if note)


def _applied(executions: tuple[Execution, ...]) -> tuple[Execution, ...]:
    return tuple(item for item in executions if item.state is ExecutionState.APPLIED)


async def _nothing_to_do(tx: Transaction, status: PlanStatus) -> str:
    plan_id = status.plan.id
    if status.state is PlanState.ROLLED_BACK:
        return f"{plan_id} was already rolled back ({status.note}); nothing was done again."
    if status.state not in _TAKEN_BACK:
        return f"{plan_id} is {status.state.value}: only a plan that was carried out can be rolled back."
    running = (await tx.plans.rolled_back_by([plan_id])).get(plan_id)
    if running is not None:
        state = await known_plan(tx, running)
        if state.state is not PlanState.DONE:
            return f"{running} is already taking {plan_id} back ({state.state.value})."
    return ""


def _inverse(
    original: Plan,
    items: tuple[Restoration, ...],
    *,
    plan_id: str,
    person: Person,
    now: datetime,
    expires_at: datetime,
    data_day: date,
    gone: tuple[str, ...],
) -> Plan:
    changes = tuple(
        Change(
            id=item.change.id,
            resource=item.change.resource,
            field=item.change.field,
            before=item.now.value,
            after=item.restores_to,
            unit=item.change.unit,
            expected_version=item.now.version,
        )
        for item in items
    )
    return Plan(
        id=plan_id,
        kind=PlanKind.ROLLBACK,
        title=f"Take back {original.id}",
        why=(f"{person.name} asked to restore what was there before {original.id}: {original.title}.",),
        agent=AGENT,
        agent_version=VERSION,
        requested_by=person.id,
        changes=changes,
        evidence=(Evidence(id=original.id, label=f"before-images of {original.id}"),),
        # A rollback can itself be taken back tomorrow, so it risks what it raises for one day.
        money_at_risk=raised_per_day(changes, original.money_at_risk.currency),
        irreversible=gone,
        created_at=now,
        expires_at=expires_at,
        data_day=data_day,
        simulated=original.simulated,
        restores=original.id,
        versions={"rollback": VERSION},
    )


def _conflict_words(change: Change, now: FieldState) -> str:
    # The rules are texts, too long to be read in a sentence.
    how = "" if change.resource.channel == RULES else f": {change.after} → {now.value}"
    return f"someone changed it since{how}. It is left as it is unless you say otherwise"


def _only_conflicts(plan_id: str, preview: RollbackPreview) -> str:
    touched = ", ".join(item.change.resource.name for item in preview.items if item.conflict)
    return f"Nothing of {plan_id} was restored: someone changed {touched} since. Choose to overwrite it, or leave it."


def _request_words(status: PlanStatus, preview: RollbackPreview) -> str:
    restored = {change.resource.key for change in status.plan.changes}
    left = [
        item.change.resource.name
        for item in preview.items
        if item.change.resource.key not in restored and item.conflict
    ]
    kept = f" Left alone because of later edits: {', '.join(left)}." if left else ""
    if status.state is PlanState.WAITING:
        return f"{status.plan.id} asks to take back {preview.plan.plan.id}; it waits for an approver.{kept}"
    if status.state in (PlanState.REFUSED, PlanState.HELD):
        return f"{status.plan.id} is {status.state.value}: {status.note}.{kept}"
    return f"{status.plan.id} is taking back {preview.plan.plan.id}.{kept}"

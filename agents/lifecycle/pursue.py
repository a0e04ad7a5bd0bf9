"""Pursue: what follows by itself in the review of a case: it opens, moves with the case, is late, is intervened in.

Nothing calls this when something happens: it asks the database which reviews are not as they have to be, so that a
crash between two steps loses nothing, and running twice is running once.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from agents.governance.rules import Rules
from agents.lifecycle.attend import Attendant
from agents.lifecycle.enact import RulesUntrusted
from agents.lifecycle.follow import SYSTEM, Around, followed, is_late, opened
from agents.lifecycle.intervene import fitting, hold, pause, paused, release
from agents.lifecycle.propose import Proposer
from agents.lifecycle.review import Rulebook
from agents.lifecycle.severity import brand_of, channel_of_finding
from agents.lifecycle.walk import NEXT, bounds_of, due
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from storage.ledger import Ledger, Transaction
from storage.records.alerts import Alert, AlertState, Severity
from storage.records.facts import CampaignState
from storage.records.people import Person
from storage.records.reviews import Automatic, Intervention, Remedy, Review, ReviewState

_REVIEWED = (Severity.WARNING, Severity.CRITICAL)


class Pursuit:
    """Keeps reviews in line with what they are about."""

    def __init__(
        self,
        ledger: Ledger,
        rulebook: Rulebook,
        *,
        readers: Readers,
        attendant: Attendant,
        proposer: Proposer,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._readers = readers
        self._attendant = attendant
        self._proposer = proposer
        self._clock = clock

    async def keep_up(self) -> int:
        """Bring every review in line with its case and the clock; returns how many had something to be done.

        Call it after every look and every minute. By rules that cannot be trusted nothing is done.
        """
        async with self._ledger.read() as tx:
            try:
                behind = await self._behind(tx)
            except RulesUntrusted:
                return 0
        campaigns = await self._campaigns() if behind else ()
        for alert_id in behind:
            await self._bring_up(alert_id, campaigns)
        return len(behind)

    async def _behind(self, tx: Transaction) -> tuple[str, ...]:
        """Ids of the cases whose review is not as it has to be."""
        rules, now = await self._rulebook.of(tx), self._clock()
        kept = {one.alert_id: one for one in await tx.reviews.open()}
        around = {one.alert_id: await _around(tx, one, rules, now) for one in kept.values()}
        behind = [
            review.alert_id
            for review in kept.values()
            if (beside := around[review.alert_id]) is not None
            and (followed(review, beside) is not review or is_late(review, now) or _may_intervene(review, beside))
        ]
        unknown = [one for one in await tx.alerts.unrecovered() if one.id not in kept and _is_reviewed(one)]
        return (*behind, *[one.id for one in unknown if await tx.reviews.get(one.id) is None])

    async def _bring_up(self, alert_id: str, campaigns: tuple[CampaignState, ...]) -> None:
        now = self._clock()
        async with self._ledger.write() as tx:
            rules, alert = await self._rulebook.of(tx), await tx.alerts.get(alert_id)
            if alert is None:
                return
            review = await tx.reviews.get(alert_id)
            if review is None:
                begun = opened(alert, brand=brand_of(alert.finding, campaigns), rules=rules, now=now)
                review = await tx.reviews.add(begun)
                await _tell(tx, review, actor=SYSTEM, facts={"due_at": review.due_at}, now=now)
                # Its card may be there already, and says from now on what the case waits for.
                alert = await tx.alerts.save(alert.model_copy(update={"updated_at": now}))
            around = await _around(tx, review, rules, now)
            assert around is not None, "the alert is there"
            changed = followed(review, around)
            wanted = fitting(bounds_of(changed, rules).automatic, alert.finding)
            if _may_intervene(changed, around) and wanted is Intervention.HOLD:
                changed = changed.model_copy(update={"automatic": await hold(tx, alert, now=now)})
            if changed.is_over and await release(tx, alert_id, now=now) and changed.automatic is not None:
                ended = changed.automatic.model_copy(update={"ended_at": now})
                changed = changed.model_copy(update={"automatic": ended})
            if changed is not review:
                review = await file_review(tx, changed, alert, actor=None, facts={}, now=now)
            late = is_late(review, now)
            wants_pause = _may_intervene(review, around) and not review.is_over
        if late:
            await self._escalate(review, now=now)
        if wants_pause:
            await self._pause(alert, campaigns)

    async def _escalate(self, review: Review, *, now: datetime) -> None:
        """Call in the next rung, and give it as much time again."""
        words = f"{NEXT[review.state]} was due by {review.due_at:%d %b %H:%M} UTC"
        await self._attendant.escalate(review.alert_id, None, words=words)
        async with self._ledger.write() as tx:
            newest = await tx.reviews.get(review.alert_id)
            alert = await tx.alerts.get(review.alert_id)
            if newest is None or alert is None or not is_late(newest, now):
                return
            rules = await self._rulebook.of(tx)
            again = due(newest, since=now, rules=rules)
            newest = newest.model_copy(update={"late": newest.late + 1, "due_at": again})
            saved = await tx.reviews.save(newest)
            await _tell(tx, saved, actor=SYSTEM, facts={"late": saved.late, "due_at": again}, now=now, action="late")

    async def _pause(self, alert: Alert, campaigns: tuple[CampaignState, ...]) -> None:
        """File the plan that pauses, and keep on the review what became of it.

        After a crash in between it is filed again: an open plan with the same changes is then that plan, and where it
        ran already nothing is left to be paused.
        """
        now, channel = self._clock(), channel_of_finding(alert.finding)
        proposal = pause(alert, campaigns, data_day=alert.finding.seen_on)
        if proposal is None:
            words = f"nothing is running in {channel or 'any channel'} that could be paused"
            done = Automatic(kind=Intervention.PAUSE, words=words, at=now)
        else:
            done = paused(await self._proposer.file(proposal, replaces=False), now=now)
        async with self._ledger.write() as tx:
            review = await tx.reviews.get(alert.id)
            newest = await tx.alerts.get(alert.id)
            if review is None or newest is None or review.automatic is not None:
                return
            review = review.model_copy(update={"automatic": done})
            await file_review(tx, review, newest, actor=None, facts={}, now=now)

    async def _campaigns(self) -> tuple[CampaignState, ...]:
        try:
            return await self._readers.campaigns()
        except SourceUnavailable:
            return ()


async def file_review(
    tx: Transaction,
    review: Review,
    alert: Alert,
    *,
    actor: Person | None,
    facts: Mapping[str, object],
    now: datetime,
) -> Review:
    """Store it with its entry in the trail, and have the case's card drawn anew."""
    saved = await tx.reviews.save(review)
    automatic = saved.automatic
    told = {"automatic": automatic.kind.value, "did": automatic.words, "ref": automatic.ref} if automatic else {}
    by = f"person:{actor.id}" if actor else SYSTEM
    await _tell(tx, saved, actor=by, facts={**told, **facts}, now=now)
    await tx.alerts.save(alert.model_copy(update={"updated_at": now}))
    return saved


async def _around(tx: Transaction, review: Review, rules: Rules, now: datetime) -> Around | None:
    alert = await tx.alerts.get(review.alert_id)
    if alert is None:
        return None
    ref = review.taken.ref if review.taken else None
    rolled = review.taken is not None and review.taken.remedy is Remedy.ROLL_BACK
    return Around(
        alert=alert,
        rules=rules,
        now=now,
        plan=await tx.plans.get(ref) if ref and rolled else None,
        question=await tx.questions.get(ref) if ref and not rolled else None,
    )


async def _tell(
    tx: Transaction, review: Review, *, actor: str, facts: Mapping[str, object], now: datetime, action: str = ""
) -> None:
    """Write it to the trail; what a person said in their own words is in `facts`, marked as personal."""
    words = {"words": review.steps[-1].words} if actor == SYSTEM else {}
    await tx.audit.append(
        at=now,
        actor=actor,
        action=f"review.{action or review.state.value}",
        subject=review.alert_id,
        facts={"key": review.key, "owner": review.owner, **words, **facts},
    )


def _is_reviewed(alert: Alert) -> bool:
    """Small cases are read in the digest, and what another case explains is reviewed there."""
    return alert.finding.severity in _REVIEWED and alert.finding.part_of is None


def _may_intervene(review: Review, around: Around) -> bool:
    """Whether something is to happen by itself that has not yet: once a case, while nobody has diagnosed it."""
    untouched = review.state in (ReviewState.OPEN, ReviewState.ACKNOWLEDGED)
    large = review.severity is Severity.CRITICAL and around.alert.state is not AlertState.RECOVERED
    wanted = bounds_of(review, around.rules).automatic is not Intervention.NONE
    return untouched and large and wanted and review.automatic is None

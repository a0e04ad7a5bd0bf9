"""Pursue: what follows by itself in the review of a case: it opens, moves with the case, is late, is intervened in.

Nothing calls this when something happens: it asks the database which reviews are not as they have to be, so that a
crash between two steps loses nothing, and running twice is running once.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from agents.governance.rules import Rules
from agents.lifecycle.cases.attend import Attendant
from agents.lifecycle.cases.filing import around_of, file_review, tell_review
from agents.lifecycle.cases.follow import SYSTEM, Around, followed, is_late, opened
from agents.lifecycle.cases.intervene import fitting, hold, pause, paused
from agents.lifecycle.propose import Proposer
from agents.lifecycle.review import Rulebook
from agents.lifecycle.rules.enact import RulesUntrusted
from agents.lifecycle.severity import brand_of, channel_of_finding
from agents.lifecycle.walk import NEXT, bounds_of, case_behind, due
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from agents.team.agent import Proposal
from storage.ledger import Ledger, Transaction
from storage.records.alerts import Alert, AlertState, Severity
from storage.records.facts import CampaignState
from storage.records.plans import PlanState
from storage.records.reviews import Automatic, Intervention, Review, ReviewState

_REVIEWED = (Severity.WARNING, Severity.CRITICAL)
_CLAIMED_FOR = timedelta(minutes=10)
"""Longer than filing a plan takes; whoever claimed that before has crashed."""


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

        Call it after every look and every minute. By rules that cannot be trusted nothing is done. What goes wrong with
        one review is raised once the others are brought up.
        """
        async with self._ledger.read() as tx:
            try:
                behind = await self._behind(tx)
            except RulesUntrusted:
                return 0
        campaigns = await self._campaigns() if behind else ()
        failed = []
        for alert_id in behind:
            try:
                await self._bring_up(alert_id, campaigns)
            except Exception as error:  # noqa: BLE001 - one damaged review is no reason to leave the others behind
                failed.append(error)
        if failed:
            raise ExceptionGroup("reviews that could not be brought up", failed)
        return len(behind)

    async def _behind(self, tx: Transaction) -> tuple[str, ...]:
        """Ids of the cases whose review is not as it has to be."""
        rules, now = await self._rulebook.of(tx), self._clock()
        kept = await tx.reviews.open()
        unrecovered = {one.id: one for one in await tx.alerts.unrecovered()}
        behind = []
        for review in kept:
            alert = unrecovered.get(review.alert_id) or await tx.alerts.get(review.alert_id)
            if alert is not None and _is_behind(review, await around_of(tx, review, alert, rules, now)):
                behind.append(review.alert_id)
        reviewed = [one.id for one in unrecovered.values() if _is_reviewed(one)]
        known = await tx.reviews.known(reviewed)
        return (*behind, *[one for one in reviewed if one not in known])

    async def _bring_up(self, alert_id: str, campaigns: tuple[CampaignState, ...] | None) -> None:
        """`campaigns` are None while a source does not answer: what needs them is left for the next time."""
        now = self._clock()
        async with self._ledger.write() as tx:
            rules, alert = await self._rulebook.of(tx), await tx.alerts.get(alert_id)
            assert alert is not None, "cases are never deleted"
            review = await tx.reviews.get(alert_id)
            if review is None:
                brand = None if campaigns is None else brand_of(alert.finding, campaigns)
                review = await tx.reviews.add(opened(alert, brand=brand, rules=rules, now=now))
                await tell_review(tx, review, actor=SYSTEM, facts={"due_at": review.due_at}, now=now)
                # Its card may be there already, and says from now on what the case waits for.
                alert = await tx.alerts.save(alert.model_copy(update={"updated_at": now}))
            around = await around_of(tx, review, alert, rules, now)
            changed = followed(_branded(review, alert, campaigns, rules), around)
            changed, proposal = await self._intervened(tx, changed, around, campaigns)
            if changed is not review:
                review = await file_review(tx, changed, alert, actor=None, facts={}, now=now)
            if is_late(review, now):
                await self._escalate(tx, review, rules, now=now)
        if proposal is not None:
            await self._pause(alert_id, proposal)

    async def _intervened(
        self, tx: Transaction, review: Review, around: Around, campaigns: tuple[CampaignState, ...] | None
    ) -> tuple[Review, Proposal | None]:
        """The review with what happens by itself now, and the plan that is to be filed for it once that is stored."""
        if not _may_intervene(review, around):
            return review, None
        alert, now = around.alert, around.now
        if fitting(bounds_of(review, around.rules).automatic, alert.finding) is Intervention.HOLD:
            return review.model_copy(update={"automatic": await hold(tx, alert, now=now)}), None
        if campaigns is None:
            return review, None
        proposal = pause(alert, campaigns, data_day=alert.finding.seen_on)
        where = channel_of_finding(alert.finding) or "any channel"
        words = f"nothing is running in {where} that could be paused" if proposal is None else "a pause is being filed"
        claimed = Automatic(kind=Intervention.PAUSE, words=words, at=now, pending=proposal is not None)
        return review.model_copy(update={"automatic": claimed}), proposal

    async def _escalate(self, tx: Transaction, review: Review, rules: Rules, *, now: datetime) -> None:
        """Call in the next rung, and give it as much time again."""
        words = f"{NEXT[review.state]} was due by {review.due_at:%d %b %H:%M} UTC"
        again = due(review, since=now, rules=rules)
        saved = await tx.reviews.save(review.model_copy(update={"late": review.late + 1, "due_at": again}))
        await tell_review(tx, saved, actor=SYSTEM, facts={"late": saved.late, "due_at": again}, now=now, action="late")
        await self._attendant.escalate_in(tx, review.alert_id, None, words=words)

    async def _pause(self, alert_id: str, proposal: Proposal) -> None:
        """File the plan that pauses, and keep on the review what became of it.

        The review is claimed for this before. After a crash in between it is tried again a while later: the plan that
        was filed for the case is then the one.
        """
        async with self._ledger.read() as tx:
            filed = next(
                (one for one in await tx.plans.in_states(*PlanState) if case_behind(one.plan) == alert_id), None
            )
        done = paused(filed or await self._proposer.file(proposal, replaces=False), now=self._clock())
        async with self._ledger.write() as tx:
            review, newest = await tx.reviews.get(alert_id), await tx.alerts.get(alert_id)
            if review is None or newest is None or review.automatic is None or not review.automatic.pending:
                return
            review = review.model_copy(update={"automatic": done})
            await file_review(tx, review, newest, actor=None, facts={}, now=self._clock())

    async def _campaigns(self) -> tuple[CampaignState, ...] | None:
        try:
            return await self._readers.campaigns()
        except SourceUnavailable:
            return None


def _is_reviewed(alert: Alert) -> bool:
    """Small cases are read in the digest, and what another case explains is reviewed there."""
    return alert.finding.severity in _REVIEWED and alert.finding.part_of is None


def _is_behind(review: Review, around: Around) -> bool:
    return (
        review.brand is None
        or followed(review, around) is not review
        or is_late(review, around.now)
        or _may_intervene(review, around)
    )


def _branded(review: Review, alert: Alert, campaigns: tuple[CampaignState, ...] | None, rules: Rules) -> Review:
    """With its brand, and by when that brand's limits want the next step, as soon as a source says it."""
    if review.brand is not None or campaigns is None or review.is_over:
        return review
    known = review.model_copy(update={"brand": brand_of(alert.finding, campaigns)})
    return known if known.late else known.model_copy(update={"due_at": due(known, since=known.since, rules=rules)})


def _may_intervene(review: Review, around: Around) -> bool:
    """Whether something is to happen by itself that has not yet: once a case, while nobody has diagnosed it."""
    untouched = review.state in (ReviewState.OPEN, ReviewState.ACKNOWLEDGED)
    large = review.severity is Severity.CRITICAL and around.alert.state is not AlertState.RECOVERED
    wanted = bounds_of(review, around.rules).automatic is not Intervention.NONE
    return untouched and large and wanted and _is_free(review.automatic, around.now)


def _is_free(automatic: Automatic | None, now: datetime) -> bool:
    """Whether nothing was done yet, and nobody is at it."""
    return automatic is None or (automatic.pending and now - automatic.at >= _CLAIMED_FOR)

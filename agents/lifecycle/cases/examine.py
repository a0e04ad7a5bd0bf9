"""Examine: what people say in the review of a case: what is behind it, what is done, and whether that helped.

Here is what people say; what follows by itself from the case, the plan, the question and the clock is in `pursue`.
"""

from collections.abc import Callable
from datetime import datetime

from agents.governance.rules import Act, Rules
from agents.lifecycle.cases.attend import Attendant
from agents.lifecycle.cases.filing import file_review
from agents.lifecycle.cases.pursue import Pursuit
from agents.lifecycle.decide import Accepted, Cause, Declined
from agents.lifecycle.evaluations.recalibrate import Recalibrator
from agents.lifecycle.review import Rulebook
from agents.lifecycle.rollback import ChannelSilent, Rollback
from agents.lifecycle.states import UNDECIDED
from agents.lifecycle.walk import NEXT, step
from storage.ledger import Ledger, Transaction
from storage.records.alerts import Alert, AlertKind, AlertState, Certainty
from storage.records.audit import Personal
from storage.records.people import Person
from storage.records.questions import QuestionState
from storage.records.record import Record
from storage.records.reviews import NOISE, Diagnosis, Remedy, Review, ReviewState, Taken, Verification

KINDS = ("change", "channel", "creative", "price", "stock", "tracking", "data", "outside", NOISE)
"""What may be behind a case; `noise` is nothing."""


class Examined(Record):
    """The person's word counts; `words` say what happens next."""

    review: Review
    words: str


class Examiner:
    """Walks cases from open to verified."""

    def __init__(
        self,
        ledger: Ledger,
        rulebook: Rulebook,
        *,
        pursuit: Pursuit,
        attendant: Attendant,
        rollback: Rollback,
        recalibrator: Recalibrator,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._rulebook = rulebook
        self._pursuit = pursuit
        self._attendant = attendant
        self._rollback = rollback
        self._recalibrator = recalibrator
        self._clock = clock

    async def diagnose(self, alert_id: str, person: Person, *, cause: str, words: str, via: str) -> Examined | Declined:
        """Say what is behind the case: the number of a candidate on its card, counted from 1, or one of KINDS."""
        now = self._clock()
        async with self._ledger.write() as tx:
            found = await self._admit(tx, alert_id, person, Act.DIAGNOSE)
            if isinstance(found, Declined):
                return found
            review, alert, rules = found
            if review.state is ReviewState.ACTED:
                return Declined(cause=Cause.LATE, words=f"{alert_id} has been acted on already; it waits for the data.")
            made = _diagnosis(alert, cause, words, person, now=now)
            if made is None:
                return Declined(cause=Cause.INVALID, words=_which_cause(alert))
            if review.state is ReviewState.OPEN:
                review = step(
                    review, ReviewState.ACKNOWLEDGED, by=person.id, words="took it", now=now, rules=rules,
                    owner=review.owner or person.id,
                )  # fmt: skip
            review = step(
                review, ReviewState.DIAGNOSED, by=person.id, words=_said(made), now=now, rules=rules, diagnosis=made
            )
            facts = {
                "kind": made.kind,
                "ref": made.ref,
                "certainty": made.certainty.value,
                "words": Personal(made.said),
            }
            saved = await file_review(tx, review, alert, actor=person, facts={**facts, "via": via}, now=now)
            return Examined(review=saved, words=f"{alert_id}: {_said(made)}. Next, {NEXT[saved.state]}.")

    async def act(
        self, alert_id: str, person: Person, remedy: Remedy | str, *, why: str, via: str
    ) -> Examined | Declined:
        """Do something about a diagnosed case: other settings, taking a plan back, or living with it."""
        chosen = next((one for one in Remedy if one == remedy), None)
        if chosen is None:
            return Declined(cause=Cause.INVALID, words=f"Choose one of {', '.join(Remedy)}; not {remedy!r}.")
        if not why.strip():
            return Declined(cause=Cause.INVALID, words="Please say why: whoever verifies it reads this.")
        async with self._ledger.read() as tx:
            found = await self._admit(tx, alert_id, person, Act.RESOLVE)
        if isinstance(found, Declined):
            return found
        review, alert, _ = found
        if review.state is not ReviewState.DIAGNOSED or review.diagnosis is None:
            return Declined(cause=Cause.INVALID, words=_not_yet(review))
        done = await self._apply(chosen, review, alert, person, why=why, via=via)
        return done if isinstance(done, Declined) else await self._taken(alert_id, person, done, via=via)

    async def verify(self, alert_id: str, person: Person, *, words: str, via: str) -> Examined | Declined:
        """Say that what was done has helped, without waiting for the data; never by whoever did it."""
        now = self._clock()
        async with self._ledger.write() as tx:
            found = await self._admit(tx, alert_id, person, Act.VERIFY)
            if isinstance(found, Declined):
                return found
            review, alert, rules = found
            if review.state is not ReviewState.ACTED or review.taken is None:
                return Declined(cause=Cause.INVALID, words=_not_yet(review))
            if review.taken.by == person.id:
                words = f"You acted on {alert_id} yourself: somebody else, or the data, say that it helped."
                return Declined(cause=Cause.NOT_ALLOWED, words=words)
            if not words.strip():
                return Declined(cause=Cause.INVALID, words="Please say what shows that it helped.")
            ref = review.taken.ref
            said = Verification(words=words.strip(), by=person.id, at=now)
            review = step(
                review, ReviewState.VERIFIED, by=person.id, words=said.words, now=now, rules=rules, verification=said
            )
            saved = await file_review(
                tx, review, alert, actor=person, facts={"words": Personal(said.words), "via": via}, now=now
            )
            left = f" {ref} is still open." if await _is_open(tx, ref) else ""
            return Examined(review=saved, words=f"{alert_id} is verified.{left}")

    async def review(self, alert_id: str) -> Review | None:
        async with self._ledger.read() as tx:
            return await tx.reviews.get(alert_id)

    async def reviews(self, *, over: bool = False) -> tuple[Review, ...]:
        """Those that are not over, oldest first; with `over` all there ever were."""
        async with self._ledger.read() as tx:
            return await (tx.reviews.all() if over else tx.reviews.open())

    async def _apply(
        self, remedy: Remedy, review: Review, alert: Alert, person: Person, *, why: str, via: str
    ) -> Taken | Declined:
        """Carry the remedy out; each is a use case of its own, with its own transaction and permission."""
        told = {"remedy": remedy, "why": why.strip(), "by": person.id, "at": self._clock()}
        told["data_day"] = alert.finding.seen_on
        if remedy is Remedy.ACCEPT:
            learnt = await self._attendant.expect(alert.id, person, reason=why, follow=False)
            return learnt if isinstance(learnt, Declined) else Taken.model_validate(told)
        if remedy is Remedy.RECALIBRATE:
            if not can_recalibrate(review, alert):
                words = f"{alert.id} was no false alarm: with wider bounds the next is not seen. Roll back or accept."
                return Declined(cause=Cause.INVALID, words=words)
            asked = await self._recalibrator.ask(alert, person, via=via)
            if isinstance(asked, Declined):
                return asked
            return Taken.model_validate({**told, "ref": asked.id, "words": f"{asked.id} asks a second person"})
        plan_id = _suspect(review, alert)
        if plan_id is None:
            words = f"No plan is suspected in {alert.id}, so there is nothing to roll back. Diagnose a change first."
            return Declined(cause=Cause.INVALID, words=words)
        try:
            asked_for = await self._rollback.request(plan_id, person, via=via)
        except ChannelSilent as error:
            return Declined(cause=Cause.UNREACHABLE, words=str(error))
        if isinstance(asked_for, Accepted):
            return Taken.model_validate({**told, "ref": asked_for.status.plan.id, "words": asked_for.words})
        async with self._ledger.read() as tx:
            running = (await tx.plans.rolled_back_by([plan_id])).get(plan_id)
        if asked_for.cause is Cause.REPEATED and running is not None:
            return Taken.model_validate({**told, "ref": running, "words": asked_for.words})
        return asked_for

    async def _taken(self, alert_id: str, person: Person, done: Taken, *, via: str) -> Examined | Declined:
        async with self._ledger.write() as tx:
            review, alert = await tx.reviews.get(alert_id), await tx.alerts.get(alert_id)
            if review is None or alert is None or review.state is not ReviewState.DIAGNOSED:
                words = f"{alert_id} has moved on meanwhile. {done.words}".strip()
                return Declined(cause=Cause.LATE, words=words)
            rules = await self._rulebook.of(tx)
            words = f"{_REMEDIES[done.remedy]}: {done.why}"
            review = step(review, ReviewState.ACTED, by=person.id, words=words, now=done.at, rules=rules, taken=done)
            facts = {"remedy": done.remedy.value, "ref": done.ref, "why": Personal(done.why), "via": via}
            saved = await file_review(tx, review, alert, actor=person, facts=facts, now=done.at)
        if done.remedy is Remedy.ACCEPT:
            await self._pursuit.keep_up()
            saved = await self.review(alert_id) or saved
        return Examined(review=saved, words=f"{alert_id}: {_REMEDIES[done.remedy]}. {done.words}".strip())

    async def _admit(
        self, tx: Transaction, alert_id: str, person: Person, act: Act
    ) -> tuple[Review, Alert, Rules] | Declined:
        """The review with its case, if the person may do this and it is not over."""
        rules = await self._rulebook.of(tx)
        known = await tx.people.get(person.id) or person.model_copy(update={"active": False})
        permission = rules.may(known, act)
        if not permission.allowed:
            return Declined(cause=Cause.NOT_ALLOWED, words=permission.reason)
        review, alert = await tx.reviews.get(alert_id), await tx.alerts.get(alert_id)
        if review is None or alert is None:
            return Declined(cause=Cause.UNKNOWN, words=f"There is no review of {alert_id} here.")
        if review.is_over:
            words = f"{alert_id} is {review.state.value} already: {review.steps[-1].words}."
            return Declined(cause=Cause.LATE, words=words)
        if alert.state is AlertState.RECOVERED:
            return Declined(cause=Cause.LATE, words=f"{alert_id} has recovered meanwhile; nothing was changed.")
        return review, alert, rules


def can_recalibrate(review: Review, alert: Alert) -> bool:
    """Whether other settings are a remedy: for a forecast that missed, or where nothing was wrong."""
    noise = review.diagnosis is not None and review.diagnosis.kind == NOISE
    return noise or alert.finding.kind is AlertKind.OUTCOME


async def _is_open(tx: Transaction, ref: str | None) -> bool:
    """Whether what was asked for, a question or a plan, has not been decided yet."""
    question = await tx.questions.get(ref or "")
    plan = await tx.plans.get(ref or "")
    waits = plan is not None and plan.state in UNDECIDED
    return waits or (question is not None and question.state is QuestionState.OPEN)


def _diagnosis(alert: Alert, cause: str, words: str, person: Person, *, now: datetime) -> Diagnosis | None:
    said, chosen = words.strip(), cause.strip().casefold()
    candidates = alert.finding.candidates
    if chosen.isascii() and chosen.isdigit() and 0 < int(chosen) <= len(candidates):
        one = candidates[int(chosen) - 1]
        return Diagnosis(
            kind=one.kind, ref=one.ref, words=one.words, certainty=one.certainty, said=said, by=person.id, at=now
        )
    if chosen not in KINDS:
        return None
    plan_id = alert.finding.suspect_plan if chosen == "change" else None
    return Diagnosis(
        kind=chosen, ref=plan_id, words="nothing was wrong" if chosen == NOISE else f"{chosen}",
        certainty=Certainty.POSSIBLE, said=said, by=person.id, at=now,
    )  # fmt: skip


def _said(made: Diagnosis) -> str:
    return f"{made.words} ({made.said})" if made.said else made.words


def _which_cause(alert: Alert) -> str:
    numbered = [f"{number} for “{one.words}”" for number, one in enumerate(alert.finding.candidates, start=1)]
    return f"Say what is behind it: {'; '.join([*numbered, ', '.join(KINDS)])}."


def _suspect(review: Review, alert: Alert) -> str | None:
    ref = review.diagnosis.ref if review.diagnosis else None
    return ref if ref is not None and ref.startswith("PLAN-") else alert.finding.suspect_plan


def _not_yet(review: Review) -> str:
    return f"{review.alert_id} is {review.state.value}: first, {NEXT[review.state]}."


_REMEDIES = {
    Remedy.RECALIBRATE: "other settings are asked for",
    Remedy.ROLL_BACK: "the plan is taken back",
    Remedy.ACCEPT: "it is accepted as the new normal",
}

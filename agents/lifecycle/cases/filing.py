"""Filing: a review stored with its entry in the trail, and the card of its case drawn anew."""

from collections.abc import Mapping
from datetime import datetime

from agents.governance.rules import Rules
from agents.lifecycle.cases.follow import SYSTEM, Around, followed
from agents.lifecycle.cases.intervene import release
from storage.ledger import Transaction
from storage.records.alerts import Alert
from storage.records.people import Person
from storage.records.reviews import Intervention, Remedy, Review


async def file_review(
    tx: Transaction,
    review: Review,
    alert: Alert,
    *,
    actor: Person | None,
    facts: Mapping[str, object],
    now: datetime,
) -> Review:
    """Store it with its entry in the trail, and have the case's card drawn anew; what is over holds nothing."""
    if review.is_over:
        review = await _ended(tx, review, now=now)
    saved = await tx.reviews.save(review)
    automatic = saved.automatic
    told = {"automatic": automatic.kind.value, "did": automatic.words, "ref": automatic.ref} if automatic else {}
    by = f"person:{actor.id}" if actor else SYSTEM
    await tell_review(tx, saved, actor=by, facts={**told, **facts}, now=now)
    await tx.alerts.save(alert.model_copy(update={"updated_at": now}))
    return saved


async def follow_case(tx: Transaction, alert: Alert, *, rules: Rules, now: datetime) -> Alert:
    """Move the review, if there is one, with what was just done about its case: the card tells of both at once."""
    review = await tx.reviews.get(alert.id)
    if review is None:
        return alert
    moved = followed(review, await around_of(tx, review, alert, rules, now))
    if moved is review:
        return alert
    await file_review(tx, moved, alert, actor=None, facts={}, now=now)
    return await tx.alerts.get(alert.id) or alert


async def around_of(tx: Transaction, review: Review, alert: Alert, rules: Rules, now: datetime) -> Around:
    """What stands beside the review, read in this transaction."""
    ref = review.taken.ref if review.taken else None
    rolled = review.taken is not None and review.taken.remedy is Remedy.ROLL_BACK
    return Around(
        alert=alert,
        rules=rules,
        now=now,
        plan=await tx.plans.get(ref) if ref and rolled else None,
        question=await tx.questions.get(ref) if ref and not rolled else None,
    )


async def tell_review(
    tx: Transaction, review: Review, *, actor: str, facts: Mapping[str, object], now: datetime, action: str = ""
) -> None:
    """Write it to the trail; what a person said in their own words is in `facts`, marked as personal."""
    words = {"words": review.steps[-1].words} if actor == SYSTEM == review.steps[-1].by else {}
    await tx.audit.append(
        at=now,
        actor=actor,
        action=f"review.{action or review.state.value}",
        subject=review.alert_id,
        facts={"key": review.key, "owner": review.owner, **words, **facts},
    )


async def _ended(tx: Transaction, review: Review, *, now: datetime) -> Review:
    """The review once what it held by itself is let go."""
    await release(tx, review.alert_id, now=now)
    automatic = review.automatic
    if automatic is None or automatic.kind is not Intervention.HOLD or automatic.ended_at is not None:
        return review
    return review.model_copy(update={"automatic": automatic.model_copy(update={"ended_at": now})})

"""Follow: what a review becomes because its case, its plan, its question or the clock has moved. Pure; asked often."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.governance.rules import Rules
from agents.lifecycle.promote import REFUSE
from agents.lifecycle.severity import channel_of_finding
from agents.lifecycle.walk import due, step
from storage.records.alerts import Alert, AlertState, LearntKind
from storage.records.plans import PlanState, PlanStatus
from storage.records.questions import Question, QuestionState
from storage.records.reviews import Remedy, Review, ReviewState, ReviewStep, Taken, Verification

SYSTEM = "system"
GIVEN_DAYS = 7
"""Days of data that a remedy is given; a case still seen after them was not helped by it."""
_NEVER_RAN = (PlanState.REFUSED, PlanState.REJECTED, PlanState.EXPIRED, PlanState.SUPERSEDED, PlanState.FAILED)


@dataclass(frozen=True)
class Around:
    """What stands beside a review, read in the same transaction."""

    alert: Alert
    rules: Rules
    now: datetime
    plan: PlanStatus | None = None
    """The one that takes back, if that is the remedy."""
    question: Question | None = None
    """The one that asks for other settings, if that is the remedy."""


def opened(alert: Alert, *, brand: str | None, rules: Rules, now: datetime) -> Review:
    """A review at its beginning; a brand of None is looked up later."""
    finding = alert.finding
    begun = Review(
        alert_id=alert.id,
        key=finding.key,
        kpi=finding.kpi,
        entity=finding.entity,
        channel=channel_of_finding(finding),
        brand=brand,
        severity=finding.severity,
        simulated=finding.simulated,
        state=ReviewState.OPEN,
        version=1,
        opened_at=alert.opened_at,
        since=now,
        due_at=None,
        steps=(ReviewStep(state=ReviewState.OPEN, at=now, by=SYSTEM, words=finding.title),),
    )
    return begun.model_copy(update={"due_at": due(begun, since=now, rules=rules)})


def followed(review: Review, around: Around) -> Review:
    """The review as it has to be now; the same object where nothing has moved."""
    if review.is_over:
        return review  # another run was faster
    alert = around.alert
    if alert.state is AlertState.RECOVERED:
        return _over(review, around)
    changed = _sized(review, around)
    changed = _owned(changed, around)
    if changed.state is ReviewState.ACTED:
        return _helped(changed, around)
    return _asleep(changed, around)


def is_late(review: Review, now: datetime) -> bool:
    """Whether the next step is overdue."""
    return not review.is_over and review.due_at is not None and review.due_at <= now


def _over(review: Review, around: Around) -> Review:
    alert, now, rules = around.alert, around.now, around.rules
    if alert.learnt is not None and review.taken is None:
        who, what = alert.learnt_by or SYSTEM, _LEARNT[alert.learnt]
        taken = Taken(remedy=Remedy.ACCEPT, why=alert.learnt_why, by=who, at=now, data_day=alert.finding.seen_on)
        said = Verification(words=what, by=who, at=now)
        return step(
            review, ReviewState.VERIFIED, by=who, words=what, now=now, rules=rules, taken=taken, verification=said
        )
    if review.taken is None or review.state is not ReviewState.ACTED:
        words = f"Quiet since {alert.finding.seen_on:%-d %b}: it went back to normal before anybody acted"
        return step(review, ReviewState.LAPSED, by=SYSTEM, words=words, now=now, rules=rules)
    words = f"The data are back to normal: last seen on {alert.finding.seen_on:%-d %b}"
    if review.taken.remedy is Remedy.ACCEPT:
        words = _LEARNT[alert.learnt or LearntKind.EXPECTED]
    said = Verification(words=words, by=SYSTEM, at=now)
    return step(review, ReviewState.VERIFIED, by=SYSTEM, words=words, now=now, rules=rules, verification=said)


def _sized(review: Review, around: Around) -> Review:
    """A case that has grown is due sooner, from now."""
    severity = around.alert.finding.severity
    if severity is review.severity:
        return review
    sized = review.model_copy(update={"severity": severity})
    return sized.model_copy(update={"due_at": due(sized, since=around.now, rules=around.rules)})


def _owned(review: Review, around: Around) -> Review:
    """Whoever took the case, or was asked to, answers for it."""
    alert = around.alert
    owner = alert.assigned_to or (alert.acknowledged_by if alert.state is AlertState.ACKNOWLEDGED else None)
    if review.state is ReviewState.OPEN and alert.state is AlertState.ACKNOWLEDGED:
        by = alert.acknowledged_by or SYSTEM
        return step(
            review, ReviewState.ACKNOWLEDGED, by=by, words="took it", now=around.now, rules=around.rules,
            owner=owner or by,
        )  # fmt: skip
    return review if owner in (None, review.owner) else review.model_copy(update={"owner": owner})


def _asleep(review: Review, around: Around) -> Review:
    """While people have put the case aside, nothing of it is due; afterwards it has its whole time again."""
    until = around.alert.snoozed_until
    if around.alert.state is not AlertState.SNOOZED or until is None or review.due_at is None or review.due_at > until:
        return review
    return review.model_copy(update={"due_at": due(review, since=until, rules=around.rules), "late": 0})


def _helped(review: Review, around: Around) -> Review:
    """Back to choosing where the remedy was not carried out, or has not helped after a week of data."""
    taken = review.taken
    assert taken is not None, "it was acted on"
    why = ""
    if around.plan is not None and around.plan.state in _NEVER_RAN:
        why = f"{around.plan.plan.id} is {around.plan.state.value}, so nothing was taken back"
    elif around.question is not None and _refused(around.question):
        why = f"{around.question.id} was answered with no: the settings stay as they are"
    elif around.alert.finding.seen_on > taken.data_day + timedelta(days=GIVEN_DAYS):
        why = f"Still seen on {around.alert.finding.seen_on:%-d %b}, more than {GIVEN_DAYS} days after it was acted on"
    if not why:
        return review
    return step(review, ReviewState.DIAGNOSED, by=SYSTEM, words=why, now=around.now, rules=around.rules, taken=None)


def _refused(question: Question) -> bool:
    return question.state is QuestionState.WITHDRAWN or question.answer == REFUSE


_LEARNT = {
    LearntKind.EXPECTED: "The new level is the normal one from now on",
    LearntKind.REBASELINED: "What is normal is learnt afresh",
}

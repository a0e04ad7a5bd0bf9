"""What a review becomes by itself: each thing beside it that moves has one consequence, told in words."""

from datetime import timedelta

import pytest

from agents.lifecycle.cases.follow import GIVEN_DAYS, Around, followed, is_late, opened
from agents.lifecycle.walk import step
from storage.records.alerts import Alert, AlertState, Certainty, LearntKind, Severity
from storage.records.plans import PlanState
from storage.records.questions import Option, Question, QuestionKind, QuestionState
from storage.records.reviews import Diagnosis, Remedy, Review, ReviewState, Taken
from tests.builders import NOW, a_status
from tests.unit.agents.lifecycle.examining import SEEN, a_finding
from tests.unit.agents.lifecycle.house import RULES

LATER = NOW + timedelta(hours=1)


def case(*, days: int = 0, severity: Severity = Severity.WARNING, **changes: object) -> Alert:
    finding = a_finding(seen_on=SEEN + timedelta(days=days), severity=severity)
    return Alert.model_validate(
        {
            "id": "ALERT-1", "finding": finding, "state": AlertState.OPEN, "version": 1, "opened_on": SEEN,
            "opened_at": NOW, "times_seen": 1, "updated_at": NOW, **changes,
        }
    )  # fmt: skip


def begun() -> Review:
    return opened(case(), brand="", rules=RULES, now=NOW)


def acted(remedy: Remedy = Remedy.ROLL_BACK) -> Review:
    made = Diagnosis(kind="price", words="dearer", certainty=Certainty.POSSIBLE, by="olivia", at=NOW)
    taken = Taken(remedy=remedy, why="x", by="olivia", at=NOW, data_day=SEEN)
    review = begun()
    for to, more in (
        (ReviewState.ACKNOWLEDGED, {}), (ReviewState.DIAGNOSED, {"diagnosis": made}), (ReviewState.ACTED, {"taken": taken}),
    ):  # fmt: skip
        review = step(review, to, by="olivia", words="x", now=NOW, rules=RULES, **more)
    return review


def beside(alert: Alert | None = None, **more: object) -> Around:
    return Around(alert=alert or case(), rules=RULES, now=LATER, **more)  # type: ignore[arg-type]


def question(**changes: object) -> Question:
    return Question.model_validate(
        {
            "id": "Q-1", "number": 1, "key": "k", "kind": QuestionKind.PROMOTION, "state": QuestionState.OPEN,
            "version": 1, "asked_at": NOW, "title": "Use it?", "options": (Option(id="approve", label="Use it"),),
            "if_nobody_answers": "It stays.", **changes,
        }
    )  # fmt: skip


def test_where_nothing_moved_the_review_is_the_same():
    review = begun()
    assert followed(review, beside()) is review
    assert followed(acted(), beside()) == acted()
    assert not is_late(review, NOW)
    assert is_late(review, review.due_at or NOW)
    assert not is_late(acted(), NOW + timedelta(days=99)), "the data take it further, or nobody"


def test_who_takes_the_case_owns_the_review_and_who_is_asked_owns_it_then():
    taken = followed(begun(), beside(case(state=AlertState.ACKNOWLEDGED, acknowledged_by="olivia")))
    assert (taken.state, taken.owner, taken.steps[-1].by) == (ReviewState.ACKNOWLEDGED, "olivia", "olivia")
    handed = followed(taken, beside(case(assigned_to="aaron")))
    assert (handed.state, handed.owner) == (ReviewState.ACKNOWLEDGED, "aaron")
    assert followed(handed, beside(case())).owner == "aaron"


def test_a_case_that_grew_is_due_sooner_and_one_that_sleeps_when_it_wakes():
    review = begun()
    grown = followed(review, beside(case(severity=Severity.CRITICAL)))
    assert grown.severity is Severity.CRITICAL
    assert grown.due_at is not None
    assert review.due_at is not None
    assert grown.due_at < review.due_at
    until = NOW + timedelta(days=30)
    asleep = followed(review, beside(case(state=AlertState.SNOOZED, snoozed_until=until)))
    assert asleep.due_at is not None
    assert asleep.due_at > until
    assert followed(asleep, beside(case(state=AlertState.SNOOZED, snoozed_until=until))) is asleep


def test_what_goes_away_before_anybody_acted_lapses():
    over = followed(begun(), beside(case(state=AlertState.RECOVERED)))
    assert (over.state, over.is_over) == (ReviewState.LAPSED, True)
    assert "before anybody acted" in over.steps[-1].words


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (LearntKind.EXPECTED, "The new level is the normal one from now on"),
        (LearntKind.REBASELINED, "What is normal is learnt afresh"),
    ],
)
def test_what_somebody_called_normal_is_verified_by_them(kind: LearntKind, words: str):
    said = case(state=AlertState.RECOVERED, learnt=kind, learnt_by="aaron", learnt_why="a sale")
    over = followed(begun(), beside(said))
    assert (over.state, over.steps[-1].words, over.steps[-1].by) == (ReviewState.VERIFIED, words, "aaron")
    assert over.taken is not None
    assert (over.taken.remedy, over.taken.why) == (Remedy.ACCEPT, "a sale")
    accepted = followed(acted(Remedy.ACCEPT), beside(said))
    assert (accepted.state, accepted.steps[-1].words) == (ReviewState.VERIFIED, words)


def test_what_helped_is_verified_by_the_data():
    over = followed(acted(), beside(case(state=AlertState.RECOVERED)))
    assert over.state is ReviewState.VERIFIED
    assert over.steps[-1].words.startswith("The data are back to normal: last seen on ")


def test_a_remedy_that_was_not_carried_out_is_chosen_anew():
    rejected = followed(acted(), beside(plan=a_status(state=PlanState.REJECTED)))
    assert (rejected.state, rejected.taken) == (ReviewState.DIAGNOSED, None)
    assert rejected.steps[-1].words == "PLAN-12 is rejected, so nothing was taken back"
    for asked in (question(state=QuestionState.WITHDRAWN), question(state=QuestionState.ANSWERED, answer="refuse")):
        refused = followed(acted(Remedy.RECALIBRATE), beside(question=asked))
        assert refused.state is ReviewState.DIAGNOSED
        assert refused.steps[-1].words == "Q-1 was answered with no: the settings stay as they are"


def test_a_remedy_has_a_week_of_data_to_help():
    running = {"plan": a_status(state=PlanState.DONE)}
    assert followed(acted(), beside(case(days=GIVEN_DAYS), **running)).state is ReviewState.ACTED
    again = followed(acted(), beside(case(days=GIVEN_DAYS + 1), **running))
    assert again.state is ReviewState.DIAGNOSED
    assert f"more than {GIVEN_DAYS} days after" in again.steps[-1].words
    agreed = question(state=QuestionState.ANSWERED, answer="approve")
    assert followed(acted(Remedy.RECALIBRATE), beside(question=agreed)).state is ReviewState.ACTED

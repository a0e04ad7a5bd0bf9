"""The walk of a case as a table: what may follow what, and when the next step is due. Nothing here reads or writes."""

from datetime import datetime

from agents.governance.alert_limits import Bounds
from agents.governance.rules import Rules
from storage.records.plans import Plan
from storage.records.reviews import Review, ReviewState, ReviewStep

FOLLOWS: dict[ReviewState, frozenset[ReviewState]] = {
    ReviewState.OPEN: frozenset({ReviewState.ACKNOWLEDGED, ReviewState.VERIFIED, ReviewState.LAPSED}),
    ReviewState.ACKNOWLEDGED: frozenset({ReviewState.DIAGNOSED, ReviewState.VERIFIED, ReviewState.LAPSED}),
    # A second thought is a diagnosis, too.
    ReviewState.DIAGNOSED: frozenset(
        {ReviewState.DIAGNOSED, ReviewState.ACTED, ReviewState.VERIFIED, ReviewState.LAPSED}
    ),
    # What did not help, or was refused, is chosen anew.
    ReviewState.ACTED: frozenset({ReviewState.DIAGNOSED, ReviewState.VERIFIED}),
    ReviewState.VERIFIED: frozenset(),
    ReviewState.LAPSED: frozenset(),
}
_WAITS_FOR_PEOPLE = (ReviewState.OPEN, ReviewState.ACKNOWLEDGED, ReviewState.DIAGNOSED)
NEXT = {
    ReviewState.OPEN: "somebody takes it",
    ReviewState.ACKNOWLEDGED: "somebody says what is behind it",
    ReviewState.DIAGNOSED: "somebody chooses what to do",
    ReviewState.ACTED: "the data, or a second person, say that it is over",
}
"""What a review waits for, for people."""


MONITOR = "monitor"
"""Who proposes pauses and sets holds by itself; its name can be frozen like any other agent's."""
MONITOR_VERSION = "1"


class WrongWay(ValueError):
    """Raised for a step that the table does not have; the caller looks at the state first."""


def step(
    review: Review, to: ReviewState, *, by: str, words: str, now: datetime, rules: Rules, **more: object
) -> Review:
    """The review one step further, its clock started anew; `more` are other fields that change with it."""
    if to not in FOLLOWS[review.state]:
        raise WrongWay(f"{review.alert_id} is {review.state.value}, after which {to.value} cannot come")
    told = (*review.steps, ReviewStep(state=to, at=now, by=by, words=words))
    moved = review.model_copy(update={**more, "state": to, "since": now, "steps": told, "late": 0})
    return moved.model_copy(update={"due_at": due(moved, since=now, rules=rules)})


def due(review: Review, *, since: datetime, rules: Rules) -> datetime | None:
    """When the step out of its state is due: so many business hours as the team's policy has for such a case.

    None where nothing but the data can take it further.
    """
    if review.state not in _WAITS_FOR_PEOPLE:
        return None
    return rules.calendar.add(since, bounds_of(review, rules).sla_hours[review.severity] * 60)


def bounds_of(review: Review, rules: Rules) -> Bounds:
    """What the team's policy has for such a case."""
    return rules.alerts.of(kpi=review.kpi, brand=review.brand or "", channel=review.channel)


def case_behind(plan: Plan) -> str | None:
    """The alert that a plan of the monitor was made for; None for all other plans."""
    named = (one.id for one in plan.evidence if one.id.startswith("ALERT-"))
    return next(named, None) if plan.agent == MONITOR else None


def channel_of(entity: str) -> str:
    """The channel in the name of an entity such as `paid_search` or `paid_search/Brand`; "" for all of them."""
    channel = entity.partition("/")[0]
    return "" if channel == "all" else channel

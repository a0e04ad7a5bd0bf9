"""Who may be behind a case, likeliest first, with what speaks for and against each: never "caused", without a test.

What the numbers themselves tell: the cause that the signals fit, our own plans shortly before, and data that still
change. What the graph and the calendar know is added where they can be read.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from agents.drift.case import Case, Why
from agents.drift.occasions import Occasions
from agents.drift.plans import ExecutedPlan
from agents.drift.signals import ALL, Signal
from agents.drift.words import LABELS, day_words, moved
from storage.records.alerts import Candidate, Certainty

_SOON_DAYS = 3
"""A plan that was carried out so few days before a case began stands out."""
LOOK_BACK_DAYS = 7
"""Special days longer ago are not told of."""
_WORDS = {
    Why.TRACKING: "The tag that reports conversions broke{where}.",
    Why.PRICE: "Auctions{where} became dearer: other advertisers bid more, or there is less to bid for.",
    Why.CREATIVE: "What is shown{where}, or whom it is shown to, has changed or worn out.",
    Why.CHANNEL: "The platform{where} delivers less or more than its budgets ask for.",
    Why.OUTSIDE: "Fewer people buy at all: demand, price, season or the shop itself.",
    Why.DATA: "Rows{where} are missing from the source.",
    Why.CHANGE: "Somebody changed a budget{where} on the platform.",
    Why.UNKNOWN: "Something{where} that these figures do not tell.",
}


def special_days_near(occasions: Occasions, first: date, last: date) -> tuple[str, ...]:
    """Days of a departure, and the one before it, that are unlike others, in words."""
    if not occasions:
        return ()
    days = (last - timedelta(days=ago) for ago in range(min((last - first).days, LOOK_BACK_DAYS) + 1, -1, -1))
    return tuple(f"{day_words(day)} is {name}" for day in days if (name := occasions.name_of(day)))


def candidates_of(
    case: Case,
    *,
    plans: Sequence[ExecutedPlan],
    data_day: date,
    since: date | None,
    plan_days: int,
    special: Sequence[str] = (),
) -> tuple[Candidate, ...]:
    """The cause that the signals fit, then our plans, newest first, then what may be wrong with the data.

    `special` days speak for what lies outside, and against whatever else is thought of.
    """
    fitting = _fitting(case)
    if special and case.why is not Why.OUTSIDE:
        fitting = fitting.model_copy(update={"speaks_against": (*special, *fitting.speaks_against)})
    elif special:
        fitting = fitting.model_copy(update={"speaks_for": (*fitting.speaks_for, *special)})
    found = [fitting]
    if case.ours:
        near = [plan for plan in plans if _near(case, plan, data_day=data_day, days=plan_days)]
        near.sort(key=lambda plan: (plan.executed_on, plan.plan_id), reverse=True)
        found += [_plan(case, plan, data_day=data_day, since=since) for plan in near[:3]]
    if case.why is not Why.DATA and any(one.kpi in {"cvr", "roas", "tracking"} for one in _firing(case)):
        found.append(_late(case))
    return tuple(found)


def _fitting(case: Case) -> Candidate:
    certainty = Certainty.LIKELY if "likely" in case.cause or case.jump is not None else Certainty.POSSIBLE
    called = case.campaigns[0][1] if case.campaigns else case.jump.campaign if case.jump else case.entity
    where = "" if case.entity == ALL else f" of {called}"
    moving = [one for one in _firing(case) if not one.kpi.startswith("_")]
    still = [one for one in case.shown_in if one.readings and one not in moving and abs(one.effect) < 0.15]
    turned = [one for one in case.shown_in if one.readings and one not in moving and one not in still]
    needed = _needed_still(case.why)
    speaks_for = [_said(one) for one in moving]
    speaks_for += [f"{_called(one)} stays as it was" for one in still if one.kpi in needed]
    against = [
        f"{_called(one)} stays as it was" for one in still if one.kpi not in needed and one.kpi in _follows(case)
    ]
    against += [_said(one) for one in turned if one.kpi in needed]
    if case.jump is not None:
        speaks_for.append("no plan of ours that was carried out changed this budget")
    if case.missing:
        speaks_for.append("it was told of every day before")
    if case.why in {Why.PRICE, Why.CREATIVE} and not against:
        against.append("nobody has tested it")
    return Candidate(
        kind=case.why.value,
        words=_WORDS[case.why].format(where=where),
        certainty=certainty,
        speaks_for=tuple(dict.fromkeys(speaks_for)),
        speaks_against=tuple(dict.fromkeys(against)),
    )


def _plan(case: Case, plan: ExecutedPlan, *, data_day: date, since: date | None) -> Candidate:
    began = since or data_day
    channel = case.entity.split("/", 1)[0]
    touched = [key for key in plan.resource_keys if case.entity == ALL or key.split("/", 1)[0] == channel]
    many = f"{len(touched)} campaign{'' if len(touched) == 1 else 's'}"
    speaks_for = [f"it changed {many}{'' if case.entity == ALL else f' of {channel}'}"]
    against: list[str] = []
    ago = (began - plan.executed_on).days
    if 0 <= ago <= _SOON_DAYS:
        speaks_for.append(f"the departure began {_days(ago)} after it")
    elif ago < 0:
        against.append(f"the departure began {_days(-ago)} before it")
    else:
        against.append(f"{_days(ago)} passed before the departure began")
    if case.campaigns and not any(key.rpartition("/")[2] == case.campaigns[0][0] for key in plan.resource_keys):
        against.append(f"it did not touch {case.campaigns[0][1]}")
    if case.why is Why.PRICE:
        against.append("a price moves for everybody who bids there, whatever our budgets are")
    return Candidate(
        kind="change",
        ref=plan.plan_id,
        words=f"{plan.plan_id} was carried out on {plan.executed_on}: it coincides with this.",
        certainty=Certainty.POSSIBLE,
        speaks_for=tuple(speaks_for),
        speaks_against=tuple(against),
    )


def _late(case: Case) -> Candidate:
    lead = case.lead
    days = 1 if lead is None or lead.strongest is None else max(lead.strongest.days, lead.streak)
    against = ["what is expected counts only conversions that arrive as fast as they did before"]
    if days >= _SOON_DAYS:
        against.append(f"it has lasted {days} days by now")
    return Candidate(
        kind=Why.DATA.value,
        words="Conversions of the newest days may arrive later than they use to.",
        certainty=Certainty.POSSIBLE,
        speaks_for=("the newest days of conversions still change",),
        speaks_against=tuple(against),
    )


def _near(case: Case, plan: ExecutedPlan, *, data_day: date, days: int) -> bool:
    channel = case.entity.split("/", 1)[0]
    recent = timedelta(0) <= data_day - plan.executed_on <= timedelta(days=days)
    return recent and (case.entity == ALL or channel in plan.channels)


def _firing(case: Case) -> list[Signal]:
    shown = [case.lead] if case.lead and case.lead.readings else []
    shown += [one for one in case.shown_in if one is not case.lead and one.fires]
    return [*shown, *([case.proxy] if case.proxy else [])]


def _needed_still(why: Why) -> frozenset[str]:
    """What must not have moved for a cause to fit."""
    return {
        Why.TRACKING: frozenset({"orders", "store_orders"}),
        Why.PRICE: frozenset({"ctr"}),
        Why.CREATIVE: frozenset({"cpm"}),
    }.get(why, frozenset())


def _follows(case: Case) -> frozenset[str]:
    """What should have moved, too, if the cause is the one."""
    return {
        Why.PRICE: frozenset({"cpm", "cpc"}),
        Why.CREATIVE: frozenset({"cpc"}),
        Why.OUTSIDE: frozenset({"cvr"}),
        Why.TRACKING: frozenset({"roas"}),
    }.get(case.why, frozenset())


def _said(signal: Signal) -> str:
    return f"{_called(signal)} {moved(signal.effect)}"


def _called(signal: Signal) -> str:
    of = "" if signal.entity == ALL else f" of {signal.entity.split('/', 1)[0]}"
    return f"{LABELS.get(signal.kpi, signal.kpi)}{of}"


def _days(number: int) -> str:
    return "on the same day" if number == 0 else f"{number} day{'' if number == 1 else 's'}"

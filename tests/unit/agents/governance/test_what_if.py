"""What other rules would have said: counted by the fast path, and always what Cedar itself comes to."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.governance.approvals import Approvals
from agents.governance.calendar import ALWAYS, Calendar, sandbox_calendar
from agents.governance.calendar_text import parse_calendar
from agents.governance.comparing import word_of
from agents.governance.compiled.asking import Fired
from agents.governance.engine import Question
from agents.governance.limits import Limits, sandbox_limits
from agents.governance.lookback import ByEngine, Lookback, compiled_or_cedar
from agents.governance.rules import Rules
from agents.governance.situation import ContentStep, Situation
from agents.governance.what_if import CONFIRMED, count
from storage.records.money import Money
from storage.records.policies import Impact
from storage.records.verdicts import Outcome, Reason
from tests.builders import NOW, a_gate, a_verdict, pounds
from tests.unit.agents.governance.past import FILES, a_situation, edited, stored, with_policy

LIMITS = sandbox_limits(pounds(1000))
DARK = parse_calendar(
    "blackouts:\n  launch:\n    channel: email\n    weekly: sun 00:00 to sat 23:59\n", file="calendar.yml"
)
RULES = Rules(FILES, limits=LIMITS)
PAST = tuple(a_situation(seed) for seed in range(30))
ROWS = stored(PAST)


def limits_with(**changes: Any) -> Limits:
    """The shares by name, and the amounts in pounds."""
    own = {name: value for name, value in changes.items() if name in Limits.model_fields}
    amounts = {
        name: {key: pounds(each) for key, each in value.items()} if isinstance(value, dict) else pounds(value)
        for name, value in changes.items()
        if name not in own
    }
    currency = LIMITS.currencies["GBP"].model_copy(update=amounts)
    return LIMITS.model_copy(update={"currencies": {"GBP": currency}, **own})


def other_limits(**changes: Any) -> Rules:
    return Rules(FILES, limits=limits_with(**changes))


def one_by_one(rows: Sequence[tuple[str, str, str | None]], now: Rules, then: Rules) -> dict[str, tuple[str, str]]:
    """By plan, how each decision that comes out differently comes out, as Cedar judges it."""
    found = {}
    for number, (plan, _, situation) in enumerate(rows):
        at = NOW - timedelta(hours=number)
        judged = Situation.model_validate_json(situation or "")
        words = tuple(word_of(each.judge_situation(judged, now=at)) for each in (now, then))
        if words[0] != words[1]:
            found[plan] = (words[0], words[1])
    return found


def tallied(impact: Impact) -> dict[tuple[str, str], int]:
    return {(one.before, one.after): one.count for one in impact.shifts}


def in_short(words: dict[str, tuple[str, str]]) -> dict[tuple[str, str], int]:
    tally: dict[tuple[str, str], int] = {}
    for before, after in words.values():
        both_wait = before.startswith("waits") and after.startswith("waits")
        pair = (before, after) if both_wait else (before.split(" ")[0], after.split(" ")[0])
        tally[pair] = tally.get(pair, 0) + 1
    return tally


CHANGES: dict[str, Rules] = {
    "daily cap": other_limits(daily_cap=1_100),
    "step cap": other_limits(step_cap=20),
    "share gate": other_limits(step_share_gate_bp=1_000),
    "a channel's cap": other_limits(channel_daily_caps={"email": 900}),
    "another channel's cap": other_limits(channel_daily_caps={"paid_search": 900, "email": 5_000}),
    "an account's cap": other_limits(account_daily_caps={"main": 900}),
    "an excluded audience": other_limits(excluded_audiences=frozenset({"minors"})),
    "money at risk": other_limits(at_risk_gate=10),
    "two people": other_limits(two_people_gate=10, at_risk_gate=5),
    "no limits": Rules(FILES),
    "no pounds": Rules(FILES, limits=LIMITS.model_copy(update={"currencies": {}})),
    "another calendar": Rules(FILES, limits=LIMITS, calendar=sandbox_calendar()),
    "a blackout": Rules(FILES, limits=LIMITS, calendar=DARK),
    "a stricter policy": Rules(edited("context.limits.step_cap", "(context.limits.step_cap - 24000)"), limits=LIMITS),
    "a gate for more people": Rules(edited('@requires("approver")', '@requires("approver, finance")'), limits=LIMITS),
    "a gate for two": Rules(edited('@requires("approver")', '@requires("approver")\n@approvers("2")'), limits=LIMITS),
    "a permit taken away": Rules(
        edited('principal.skills.contains("content")', 'principal.skills.contains("nothing")'), limits=LIMITS
    ),
    "a permit that looks at what is written": Rules(
        edited('when { principal.skills.contains("content") }', 'when { principal.skills.contains("content") && !context.empty }'),
        limits=LIMITS,
    ),
    "a forbid of everything": Rules(with_policy('@id("x") @deny("no") forbid (principal, action, resource);'), limits=LIMITS),
    "a forbid of one thing": Rules(
        with_policy('@id("x") @deny("no") forbid (principal, action == Action::"publish", resource);'), limits=LIMITS
    ),
    "a gate of one thing": Rules(
        with_policy('@id("x") @requires("brand") @because("y") forbid (principal, action == Action::"set_status", resource);'),
        limits=LIMITS,
    ),
    "a condition on approvals": Rules(
        with_policy(
            '@id("x") @requires("brand") @because("y") forbid (principal, action == Action::"plan_change", resource)\n'
            "when { context.approvals.distinct < 3 };"
        ),
        limits=LIMITS,
    ),
    "a denial of what one person approved": Rules(
        with_policy(
            '@id("x") @deny("no") forbid (principal, action == Action::"plan_change", resource)\n'
            "when { context.approvals.distinct == 1 };"
        ),
        limits=LIMITS,
    ),
    "a condition that errs": Rules(
        with_policy(
            '@id("x") @deny("no") forbid (principal, action == Action::"set_budget", resource)\n'
            "when { context.after * 9000000000000000000 > 5 };"
        ),
        limits=LIMITS,
    ),
    "another schema": Rules(edited("entity Workspace;", "entity Workspace, Attic;"), limits=LIMITS),
    "nothing for people": Rules(edited("// Who may do what.", "// Who may do what, in short."), limits=LIMITS),
}  # fmt: skip


WITHOUT_EFFECT = {"another calendar", "a permit that looks at what is written", "another schema", "nothing for people"}


@pytest.mark.parametrize("name", CHANGES)
def test_the_count_is_what_cedar_comes_to_one_by_one(name: str):
    then = CHANGES[name]
    words = one_by_one(ROWS, RULES, then)
    for now, other, expected in ((RULES, then, words), (then, RULES, {key: both[::-1] for key, both in words.items()})):
        impact = count(ROWS, now=now, then=other)
        assert tallied(impact) == in_short(expected)
        assert impact.changed == len(expected)
        assert (impact.version_now, impact.version_then) == (now.version, other.version)
    assert bool(words) is (name not in WITHOUT_EFFECT)


shares = st.integers(min_value=100, max_value=9_000)
amounts = st.integers(min_value=1, max_value=2_000)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(min_value=100, max_value=100_000),
    cap=amounts,
    step=amounts,
    gate=amounts,
    share=shares,
    calendar=st.sampled_from((ALWAYS, DARK)),
)
def test_whatever_limits_and_calendar_the_count_is_cedars(
    seed: int, cap: int, step: int, gate: int, share: int, calendar: Calendar
):
    limits = limits_with(daily_cap=cap, step_cap=step, at_risk_gate=gate, step_share_cap_bp=max(share, 2_500))
    then = Rules(FILES, limits=limits, calendar=calendar)
    rows = stored([a_situation(seed + number) for number in range(5)])
    assert tallied(count(rows, now=RULES, then=then)) == in_short(one_by_one(rows, RULES, then))


def test_a_shift_adds_up_the_money_and_names_the_newest_plans():
    then = other_limits(step_share_gate_bp=1)
    words = one_by_one(ROWS, RULES, then)
    impact = count(ROWS, now=RULES, then=then)
    for shift in impact.shifts:
        pair = (shift.before, shift.after)
        plans = [plan for plan, both in words.items() if in_short({plan: both}) == {pair: 1}]
        assert shift.examples == tuple(plans[:5])
        assert shift.at_risk is not None
        assert shift.at_risk.minor == sum(one.at_risk.minor for one in PAST if one.plan in plans)
    assert [one.count for one in impact.shifts] == sorted((one.count for one in impact.shifts), reverse=True)


def test_money_of_two_currencies_is_not_added_up():
    new_text = next(step for one in PAST for step in one.steps if isinstance(step, ContentStep) and step.after == "New")
    steps = (new_text.model_copy(update={"known": True, "as_planned": True}),)
    calm = {"steps": steps, "raised": 0, "at_risk": pounds(0), "skills": ("content",), "data_age_days": 1}
    pounded = PAST[0].model_copy(update={**calm, "plan": "PLAN-1"})
    euros = PAST[0].model_copy(update={**calm, "plan": "PLAN-2", "at_risk": Money.of(0, "EUR")})
    limits = LIMITS.model_copy(
        update={"currencies": {**LIMITS.currencies, **sandbox_limits(Money.of(1000, "EUR")).currencies}}
    )
    never = with_policy('@id("x") @deny("no") forbid (principal, action, resource);')
    now, then = Rules(FILES, limits=limits), Rules(never, limits=limits)
    (shift,) = count(stored([pounded, euros]), now=now, then=then).shifts
    assert (shift.before, shift.after, shift.count, shift.at_risk) == ("waits", "refused", 2, None)


def test_the_past_is_from_its_first_to_its_last_decision():
    impact = count(ROWS, now=RULES, then=RULES)
    assert (impact.judged, impact.changed, impact.unjudgeable) == (len(ROWS), 0, 0)
    assert (impact.first, impact.last) == (NOW - timedelta(hours=len(ROWS) - 1), NOW)


def test_decisions_of_which_nothing_was_kept_are_left_out():
    (plan, verdict, _), *rest = ROWS
    impact = count([(plan, verdict, None), ("PLAN-other", verdict, '{"shape": 0}'), *rest], now=RULES, then=RULES)
    assert (impact.judged, impact.unjudgeable) == (len(rest), 2)


def test_a_plan_that_was_edited_counts_once_as_it_was_decided_last():
    (plan, verdict, situation), older, *rest = ROWS
    before = (plan, older[1], older[2])
    edited = count([(plan, verdict, situation), before, *rest], now=RULES, then=other_limits(step_share_gate_bp=1))
    assert edited == count([(plan, verdict, situation), *rest], now=RULES, then=other_limits(step_share_gate_bp=1))


def test_without_a_past_there_is_nothing_to_say():
    impact = count([], now=RULES, then=other_limits(daily_cap=1))
    assert (impact.judged, impact.changed, impact.first, impact.last, impact.shifts) == (0, 0, None, None, ())


def test_what_could_not_be_judged_then_is_not_judged_now_either():
    sick = PAST[0].model_copy(update={"problems": (Reason(policy="ingress", text="no amount"),)})
    assert count(stored([sick]), now=RULES, then=Rules(FILES)).changed == 0


class Liar:
    """Permits everything."""

    def look(
        self, questions: Sequence[Question], entities: list[dict[str, Any]], approvals: Approvals
    ) -> Sequence[Fired]:
        return [Fired([], ["agents-plan"], errors=False)] * len(questions)


class Contrarian(Liar):
    """Refuses everything."""

    def look(
        self, questions: Sequence[Question], entities: list[dict[str, Any]], approvals: Approvals
    ) -> Sequence[Fired]:
        return [Fired(["daily-cap"], [], errors=False)] * len(questions)


@pytest.mark.parametrize("answering", [(Liar(), Liar()), (Liar(), Contrarian())], ids=["too few", "too many"])
def test_where_cedar_disagrees_cedar_judges_everything(answering: tuple[Lookback, Lookback]):
    then = Rules(
        with_policy('@id("x") @deny("no") forbid (principal, action == Action::"plan_change", resource);'),
        limits=LIMITS,
    )
    left = list(answering)
    impact = count(ROWS, now=RULES, then=then, lookback=lambda _: left.pop(0))
    assert tallied(impact) == in_short(one_by_one(ROWS, RULES, then))
    assert impact.changed


def test_policies_that_cannot_be_compiled_are_left_to_cedar():
    text = (
        '@id("x") @deny("no") forbid (principal, action == Action::"set_budget", resource)\n'
        'when { decimal("1.0").lessThan(decimal("0.5")) };'
    )
    then = Rules(with_policy(text), limits=LIMITS)
    assert isinstance(compiled_or_cedar(then), ByEngine)
    assert not isinstance(compiled_or_cedar(RULES), ByEngine)
    assert count(ROWS, now=RULES, then=then).changed == 0


def test_of_many_decisions_a_spread_is_confirmed():
    copies = range(2 * CONFIRMED + 10)
    many = stored([PAST[number % 8].model_copy(update={"plan": f"PLAN-{number}"}) for number in copies])
    then = Rules(FILES)
    assert count(many, now=RULES, then=then).changed == len(many) // 8 * len(one_by_one(many[:8], RULES, then)) + len(
        one_by_one(many[: len(many) % 8], RULES, then)
    )


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        (a_verdict(outcome=Outcome.ALLOWED, gates=()), "allowed"),
        (a_verdict(outcome=Outcome.REFUSED, gates=()), "refused"),
        (a_verdict(), "waits for approver"),
        (
            a_verdict(gates=(a_gate(), a_gate(roles=frozenset({"cmo"}), approvers=2))),
            "waits for 2 people: approver and cmo",
        ),
    ],
)
def test_a_verdict_in_a_word(verdict: Any, word: str):
    assert word_of(verdict) == word

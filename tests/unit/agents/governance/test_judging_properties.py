"""Whatever is generated: nothing above a cap passes, and Cedar and plain Python agree on every reason."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.governance.approvals import Panel, approvals_given, gate_ids, missing_gates
from storage.records.freshness import StaleSource
from storage.records.money import Money
from storage.records.people import Person, Role
from storage.records.plans import PlanKind
from storage.records.verdicts import Answer, Outcome
from tests.unit.agents.governance.cases import (
    A_CHANGES,
    CAMPAIGNS,
    NOW,
    a_campaign,
    a_change,
    a_decision,
    a_plan,
    some_facts,
    some_limits,
    under,
)

DATA_DAY = a_plan().data_day
LATE = StaleSource(source="google_ads", since=NOW - timedelta(days=2))
CHANNELS = {"a": "email", "b": "email", "c": "paid_search", "d": "website"}

# Few distinct values near the limits find more than many far away from them.
minors = st.one_of(
    st.sampled_from([0, 1, 499, 500, 501, 1000, 7500, 9999, 10_000, 12_500, 12_501, 15_000, 15_001, 100_000]),
    st.integers(-10, 40_000),
)
money = st.builds(Money, minor=minors, currency=st.sampled_from(["GBP"] * 9 + ["EUR"]))
caps = st.builds(
    lambda daily, step, risk, least, channel, month, gate_bp, more_bp, week_bp, learning_bp: some_limits(
        daily_cap=daily, step_cap=step, at_risk_gate=risk, min_budget=least,
        channel_daily_caps={"email": channel} if channel else {}, monthly_cap=month,
        brand_monthly_caps={"north": month} if month else {}, account_daily_caps={"acc": channel} if channel else {},
        two_people_gate=month, step_share_gate_bp=gate_bp, step_share_cap_bp=gate_bp + more_bp,
        week_share_cap_bp=week_bp, learning_share_bp=learning_bp,
    ),
    *(st.integers(0, 60_000).map(lambda minor: Money(minor=minor, currency="GBP")) for _ in range(4)),
    st.none() | st.integers(0, 60_000).map(lambda minor: Money(minor=minor, currency="GBP")),
    st.none() | st.integers(0, 900_000).map(lambda minor: Money(minor=minor, currency="GBP")),
    st.integers(1, 45_000),
    st.integers(0, 45_000),
    st.none() | st.integers(1, 9_000),
    st.none() | st.integers(0, 4_000),
)  # fmt: skip
loose_caps = st.builds(
    lambda daily, risk, month, week_bp, learning_bp: some_limits(
        daily_cap=daily, at_risk_gate=risk, monthly_cap=month, channel_daily_caps={}, week_share_cap_bp=week_bp,
        learning_share_bp=learning_bp,
    ),
    *(st.integers(20_000, 90_000).map(lambda minor: Money(minor=minor, currency="GBP")) for _ in range(2)),
    st.none() | st.integers(200_000, 2_000_000).map(lambda minor: Money(minor=minor, currency="GBP")),
    st.none() | st.integers(2_000, 9_000),
    st.none() | st.integers(500, 4_000),
)  # fmt: skip
person = st.builds(
    lambda roles, active: Person(id="p", name="P", roles=frozenset(roles), active=active),
    st.sets(st.sampled_from(list(Role))),
    st.sampled_from([True] * 5 + [False]),
)


@st.composite
def situations(draw):
    """A plan of either kind and the facts around it.

    Half of them are calm, with nothing wrong but perhaps the sizes; in the others anything may be wrong.
    """
    wild = draw(st.booleans())

    def oddly(strategy, usual):
        return draw(strategy) if wild and draw(st.integers(0, 3)) == 0 else usual

    live = {
        name: oddly(money, Money(minor=draw(st.integers(500, 20_000)), currency="GBP"))
        for name in draw(st.lists(st.sampled_from("abcd"), min_size=1, unique=True))
    }
    states = tuple(
        a_campaign(
            name, 0, channel=CHANNELS[name], daily_budget=budget, status=draw(st.sampled_from(["active", "paused"])),
            simulated=oddly(st.just(False), usual=True), brand=draw(st.sampled_from(["", "north"])),
            learning_until=draw(st.sampled_from([None, DATA_DAY + timedelta(days=1), DATA_DAY + timedelta(days=2)])),
        )
        for name, budget in live.items()
    )  # fmt: skip
    names = draw(st.lists(st.sampled_from(sorted(live)), min_size=1, unique=True))
    names = oddly(st.lists(st.sampled_from("abcd"), min_size=1, max_size=4), names)
    changes = tuple(
        a_change(name, before, oddly(money, moved(before, draw)), channel=CHANNELS[name], id=f"{number}")
        for number, name in enumerate(names)
        for before in [oddly(money, live.get(name, Money(minor=1000, currency="GBP")))]
    )
    rollback = draw(st.integers(0, 3)) == 0
    asker = draw(person) if rollback or draw(st.booleans()) else None
    originals = [one.model_copy(update={"before": oddly(money, one.after)}) for one in changes]
    plan = a_plan(
        *changes,
        money_at_risk=Money(minor=oddly(st.integers(-5, 9_999), draw(st.integers(0, 200_000))), currency="GBP"),
        kind=PlanKind.ROLLBACK if rollback else PlanKind.BUDGET,
        requested_by="p" if asker else None,
    )
    week = {
        f"{one.channel}/campaign/{one.id}": oddly(money, moved(one.daily_budget, draw))
        for one in states
        if draw(st.booleans())
    }
    spent = {
        f"{one.channel}/campaign/{one.id}": draw(st.integers(-5, 400_000)) for one in states if draw(st.booleans())
    }
    gone = {"email/campaign/gone": draw(st.integers(0, 90_000))} if wild else {}
    limits = oddly(st.none() | caps, draw(loose_caps))
    facts = some_facts(
        campaigns=states, requester=asker, week_before=week, days_left=draw(st.integers(1, 31)),
        spent_this_month=oddly(st.none(), {**spent, **gone}), evaluation_age_days=draw(st.sampled_from([None, 35, 36])),
        taken_back=tuple(originals), data_age_days=oddly(st.none() | st.integers(-1, 3), 1),
        agent_skills=oddly(st.just(frozenset()), frozenset({"budget"})), late=oddly(st.just((LATE,)), ()),
    )  # fmt: skip
    return plan, facts, limits


def moved(before, draw):
    """By up to a half, often by just about a quarter."""
    share_bp = draw(st.sampled_from([-2501, -2500, 2500, 2501]) | st.integers(-5100, 5100))
    return Money(minor=before.minor + before.minor * share_bp // 10_000, currency=before.currency)


class Oracle:
    """The same rules in plain Python, written from what they are for."""

    def __init__(self, plan, facts, limits):
        self.plan, self.facts, self.shares = plan, facts, limits
        self.rollback = plan.kind is PlanKind.ROLLBACK
        self.limits = limits.currencies.get("GBP") if limits else None
        self.states = {state.id: state for state in facts.campaigns}
        self.touched = {change.resource.id for change in plan.changes}

    def total(self, *, after, **of):
        """`of` names one channel, account or brand."""
        kept = [
            max(0, gbp_minor(state.daily_budget))
            for state in self.facts.campaigns
            if within(state, of)
            and (
                (state.id in self.touched and not after) or (state.id not in self.touched and state.status != "paused")
            )
        ]
        new = [
            gbp_minor(change.after)
            for change in self.plan.changes
            if after and within(self.states.get(change.resource.id, change.resource), of)
        ]
        return sum(kept) + sum(new)

    def month(self, *, after, **of):
        spent = 0
        for key, minor in self.facts.spent_this_month.items():
            channel, _, name = key.split("/")
            state = self.states.get(name)
            ours = state is None or state.daily_budget.currency == "GBP"
            if ours and (within(state, of) if state else of in ({}, {"channel": channel})):
                spent += max(0, minor)
        return spent + self.facts.days_left * self.total(after=after, **of)

    def above(self, measure, cap, **of):
        """Above the cap, and raised."""
        now, after = measure(after=False, **of), measure(after=True, **of)
        return cap is not None and after > cap.minor and after > now

    def denials(self):
        found = set(self._plan_denials())
        for change in self.plan.changes:
            found |= set(self._change_denials(change))
        return found

    def gates(self):
        if self.rollback:
            roles = self.facts.requester.roles
            return set() if roles & {Role.APPROVER, Role.CMO} else {"rollback-approval"}
        found = {"approval-always"}
        if self.limits and self.plan.money_at_risk.minor > self.limits.at_risk_gate.minor:
            found.add("at-risk-gate")
        two = self.limits and self.limits.two_people_gate
        if two and self.plan.money_at_risk.minor > two.minor:
            found.add("two-people-gate")
        if any(self._share_above(change, self.shares.step_share_gate_bp) for change in self._judged()):
            found.add("step-share-gate")
        if any(self._learning_above(change) for change in self._judged()):
            found.add("learning-phase")
        if self.limits and self.facts.evaluation_age_days == 36:
            found.add("stale-evaluation")
        return found

    def permitted(self):
        if not self.rollback:
            return "budget" in self.facts.agent_skills
        return bool(self.facts.requester.roles & {Role.OPERATOR, Role.APPROVER, Role.CMO})

    def _judged(self):
        return [change for change in self.plan.changes if self.limits and self._one_currency(change)]

    def _one_currency(self, change):
        state = self.states.get(change.resource.id)
        amounts = [change.before, change.after, self._week_before(change), *([state.daily_budget] if state else [])]
        return {amount.currency for amount in amounts} == {"GBP"}

    def _week_before(self, change):
        return self.facts.week_before.get(change.resource.key, change.before)

    def _learning_above(self, change):
        state, share_bp = self.states.get(change.resource.id), self.shares.learning_share_bp
        if share_bp is None or state is None or state.learning_until is None:
            return False
        age = self.facts.data_age_days
        return self._share_above(change, share_bp) and (
            age is None or state.learning_until >= DATA_DAY + timedelta(days=age + 1)
        )

    def _share_above(self, change, share_bp):
        before, after = change.before.minor, change.after.minor
        return abs(after - before) * 10_000 > share_bp * before

    def _plan_denials(self):
        raised = sum(max(0, gbp_minor(one.after) - gbp_minor(one.before)) for one in self.plan.changes)
        age = self.facts.data_age_days
        if self.limits is None:
            yield "no-caps"
        elif self.above(self.total, self.limits.daily_cap):
            yield "daily-cap"
        if self.limits and self.facts.spent_this_month is None:
            if (self.limits.monthly_cap or self.limits.brand_monthly_caps) and raised > 0:
                yield "month-unknown"
        elif self.limits and self.above(self.month, self.limits.monthly_cap):
            yield "monthly-cap"
        if not self.rollback and self.plan.money_at_risk.minor < raised:
            yield "at-risk-understated"
        if not self.rollback and (age is None or not 0 <= age <= 2):
            yield "stale-data"
        if not self.rollback and self.facts.late:
            yield "late-source"
        if self.rollback and not self.facts.requester.active:
            yield "deactivated"

    def _change_denials(self, change):
        before, after, state = change.before.minor, change.after.minor, self.states.get(change.resource.id)
        if after <= 0 or before < 0:
            yield "budget-above-zero"
        if not self._one_currency(change):
            yield "one-currency"
        if state is None:
            yield "campaign-unknown"
        elif state.daily_budget not in (change.before, change.after):
            yield "budget-moved"
        if state is not None and not state.simulated:
            yield "simulated-mark"
        if [one.resource.id for one in self.plan.changes].count(change.resource.id) > 1:
            yield "changed-twice"
        yield from self._scope_denials(change.resource.channel, state) if self.limits else ()
        yield from self._rollback_denials(change) if self.rollback else self._step_denials(change)

    def _scope_denials(self, channel, state):
        if self.above(self.total, self.limits.channel_daily_caps.get(channel), channel=channel):
            yield "channel-cap"
        if state is None:
            return
        if self.above(self.total, self.limits.account_daily_caps.get("acc"), account="acc"):
            yield "account-cap"
        month_cap = self.limits.brand_monthly_caps.get(state.brand)
        known = self.facts.spent_this_month is not None
        if known and self.above(self.month, month_cap, brand=state.brand):
            yield "brand-monthly-cap"

    def _rollback_denials(self, change):
        originals = [one.before for one in self.facts.taken_back if one.resource.id == change.resource.id]
        if originals != [change.after]:
            yield "rollback-restores"
        if not self.facts.requester.active:
            yield "deactivated"

    def _step_denials(self, change):
        before, after = change.before.minor, change.after.minor
        if not self._one_currency(change):
            return
        if after > 0 and before >= 0 and (before == 0 or not 0.1 < after / before < 10):
            yield "unit-slip"
        if self.limits is None:
            return
        if abs(after - before) > self.limits.step_cap.minor:
            yield "step-cap"
        if self._share_above(change, self.shares.step_share_cap_bp):
            yield "step-share-cap"
        week, week_bp = self._week_before(change).minor, self.shares.week_share_cap_bp
        away = after - week if after > before else week - after if after < before else None
        if away is not None and week_bp is not None and away * 10_000 > week_bp * week:
            yield "week-share-cap"
        if 0 < after < self.limits.min_budget.minor:
            yield "budget-minimum"


def gbp_minor(amount):
    return amount.minor if amount.currency == "GBP" else 0


def within(state, of):
    """Of a campaign that no source shows, only the channel is known."""
    return all(getattr(state, name, None) == value for name, value in of.items())


@settings(max_examples=400, deadline=None)
@given(situations())
def test_cedar_and_plain_python_agree_on_every_reason(situation):
    plan, facts, limits = situation
    verdict, oracle = under(limits).judge(plan, facts), Oracle(plan, facts, limits)
    reasons = {reason.policy for reason in verdict.reasons}
    if denials := oracle.denials():
        assert verdict.outcome is Outcome.REFUSED
        # Where a gate or denial fired, the missing permit is not seen; both are refusals.
        assert reasons - {"no-permit"} == denials
    elif not oracle.permitted():
        assert (verdict.outcome, reasons) == (Outcome.REFUSED, {"no-permit"})
    elif gates := oracle.gates():
        assert verdict.outcome is Outcome.NEEDS_APPROVAL
        assert {gate.policy for gate in verdict.gates} == gates == reasons
    else:
        assert (verdict.outcome, reasons) == (Outcome.ALLOWED, set())


@settings(max_examples=200, deadline=None)
@given(situations(), st.integers(0, 5), st.sets(st.sampled_from(list(Role))), st.booleans())
def test_no_budget_plan_above_a_cap_ever_passes_whatever_is_approved_or_broken(situation, distinct, roles, glass):
    plan, facts, limits = situation
    approvals = facts.approvals.model_copy(update={"roles": frozenset(roles), "distinct": distinct})
    facts = facts.model_copy(update={"approvals": approvals, "glass": glass})
    if under(limits).judge(plan, facts).outcome is Outcome.REFUSED:
        return
    assert limits is not None
    amounts, oracle = limits.currencies["GBP"], Oracle(plan, facts, limits)
    assert not oracle.above(oracle.total, amounts.daily_cap)
    if amounts.monthly_cap is not None and facts.spent_this_month is not None:
        assert not oracle.above(oracle.month, amounts.monthly_cap)
    for change in plan.changes:
        assert change.after.minor > 0
        if not oracle.rollback:
            step = abs(change.after.minor - change.before.minor)
            assert step <= amounts.step_cap.minor
            assert step * 10_000 <= limits.step_share_cap_bp * change.before.minor
            assert change.after.minor < 10 * change.before.minor


wild = st.one_of(
    st.text(max_size=5),
    st.integers(-(2**80), 2**80).map(lambda minor: Money(minor=minor, currency="GBP")),
    st.sampled_from([True, 1.5, None, "9"]).map(lambda minor: Money.model_construct(minor=minor, currency="GBP")),
)


@settings(max_examples=150, deadline=None)
@given(wild, wild, st.text(max_size=8), st.text(max_size=8))
def test_hostile_values_are_refused_and_never_crash(before, after, name, field):
    change = a_change("a", before, after).model_copy(update={"field": field or "daily_budget"})
    change = change.model_copy(update={"resource": change.resource.model_copy(update={"name": name, "id": name})})
    verdict = under(some_limits()).judge(a_plan(change), some_facts())
    assert verdict.outcome is Outcome.REFUSED
    assert verdict.reasons


TEAM = tuple(
    Person(id=name, name=name, roles=frozenset(roles), active=name != "gone")
    for name, roles in {
        "op": {Role.OPERATOR}, "ap1": {Role.APPROVER}, "ap2": {Role.APPROVER}, "cmo": {Role.CMO},
        "brand": {Role.BRAND}, "all": set(Role), "gone": {Role.CMO}, "admin": {Role.ADMIN},
    }.items()
)  # fmt: skip
votes = st.lists(
    st.tuples(st.sampled_from(TEAM), st.sampled_from([Answer.APPROVE] * 9 + [Answer.REJECT]), st.booleans()),
    max_size=5,
)


@settings(max_examples=200, deadline=None)
@given(votes, st.none() | st.sampled_from(TEAM), st.sampled_from([1_000_00, 5_000_00, 9_000_00]), st.booleans())
def test_a_plan_is_allowed_exactly_when_no_gate_is_missing_and_the_requester_never_counts(
    said, asker, at_risk, publishes
):
    changes = (a_change("news", "Winter", "Spring", field="creative"),) if publishes else A_CHANGES
    plan = a_plan(*changes, at_risk=at_risk, requested_by=asker.id if asker else None)
    facts = some_facts(requester=asker, campaigns=(a_campaign("news", 100_00, creative="Winter"), CAMPAIGNS[1]))
    rules = under(some_limits(two_people_gate=Money(minor=8_000_00, currency="GBP")))
    first = rules.judge(plan, facts)
    assert first.outcome is Outcome.NEEDS_APPROVAL
    bound = {"policy_version": rules.version, "gates": gate_ids(first)}
    decisions = [
        a_decision(plan, who, answer=answer, digest=plan.digest if same else "0" * 64, **bound)
        for who, answer, same in said
    ]
    panel = Panel(people=TEAM, now=NOW)
    given_now = approvals_given(plan, decisions, panel, version=rules.version, gates=gate_ids(first))
    verdict = rules.judge(plan, facts.model_copy(update={"approvals": given_now}))
    assert (verdict.outcome is Outcome.ALLOWED) is (missing_gates(first, plan, decisions, panel) == ())
    assert given_now.distinct <= len({one.person_id for one in decisions} - {plan.requested_by, "op", "gone", "admin"})

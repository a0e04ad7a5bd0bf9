"""What may stand in an ad account: anything. Strategies for records full of it."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st

from storage.records.alerts import AlertState, Severity
from storage.records.dossiers import Dossier
from storage.records.executions import ExecutionState
from storage.records.money import Money
from storage.records.plans import Evidence, ExitCriterion, PlanState
from storage.records.verdicts import Answer, Reason
from tests import builders as b

FAVOURITES = (
    "", " ", "\n", "x" * 10_000, "&" * 10_000, "<!channel> <!here> <@U00CARLA> <http://evil.example|Approve>",
    "*bold* _it_ ~no~ `code` > quote", "@channel @here #general www.evil.example https://evil.example a@b.example",
    ":fire: :skull_and_crossbones:", "\u202egnissim\u202c £1 → £2", "שלום עולם 100", "مرحبا ١٢٣", "👩‍👩‍👧‍👦" * 2000,
    "e\u0301" * 5000, "a" + "\u0300" * 9000, "🇬🇧" * 3000, "\x00\x07\x1b[31m", "=1+1", "```\n```",
    "日本語キャンペーン", "\u200b\u2060\ufeff", "{n}", "{0}", "%s", "\u2028line\u2029", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "name|with|pipes^{date}",
)  # fmt: skip

names = st.one_of(st.sampled_from(FAVOURITES), st.text("*_~`:<>&@#|^\n שa😀\u0301\u202e", max_size=60))
numbers = st.sampled_from([Decimal(0), Decimal("-1e15"), Decimal("0.000001"), Decimal("12345.678"), Decimal("1e15")])
monies = st.builds(
    Money, minor=st.sampled_from([0, 1, 100, 12_345, 10**15]), currency=st.sampled_from(["GBP", "JPY", "KWD", "CHF"])
)


@st.composite
def changes(draw, index: int = 1):
    name = draw(names)
    if draw(st.booleans()):
        before, after = draw(monies), draw(monies)
    else:
        before, after = draw(names), draw(names)
    return b.a_change(
        id=f"c{index}",
        resource=b.a_resource(id=f"c-{index}", name=name, channel=draw(st.sampled_from(["email", name]))),
        field=draw(st.sampled_from(["daily_budget", name])),
        before=before,
        after=after,
        unit=draw(st.sampled_from(["GBP/day", "", name])),
    )


@st.composite
def plans(draw):
    count = draw(st.sampled_from([1, 2, 5, 200]))
    several = [draw(changes(n)) for n in range(1, min(count, 2) + 1)]
    more = b.many_changes(count, draw(names))[len(several) :]
    low, middle, high = sorted((draw(numbers), draw(numbers), draw(numbers)))
    texts = tuple(draw(st.lists(names, max_size=2))) * draw(st.sampled_from([1, 5]))
    unit = draw(st.sampled_from(["GBP", "ratio", "%", "GBP/click", "<b>"]))
    return b.a_plan(
        revision=draw(st.integers(1, 10**6)),
        kind=draw(st.sampled_from(["budget", "rollback"])),
        title=draw(names),
        why=texts,
        agent=draw(names),
        changes=(*several, *more),
        forecasts=tuple(
            b.a_forecast(kpi=draw(names), unit=unit, low=low, middle=middle, high=high)
            for _ in range(draw(st.integers(0, 4)))
        ),
        exit_criteria=tuple(
            ExitCriterion(kpi=text, unit=unit, side="below", threshold=Decimal("1.5"), after_days=3) for text in texts
        ),
        evidence=tuple(Evidence(id=text, label=text) for text in texts),
        money_at_risk=draw(monies),
        irreversible=texts,
        slas=texts,
        depends_on=texts,
        simulated=draw(st.booleans()),
        restores=draw(st.sampled_from([None, "PLAN-11"])),
        versions=dict.fromkeys(texts, draw(names)),
    )


@st.composite
def dossiers(draw) -> Dossier:
    plan, state = draw(plans()), draw(st.sampled_from(PlanState))
    text = draw(names)
    person = b.a_person(name=draw(names))
    gates = tuple(b.a_gate(text=text, policy=text, approvers=n) for n in range(1, draw(st.integers(1, 6))))
    said = b.a_decision(digest=plan.digest, revision=plan.revision, reason=text, via=text)
    answer = Answer.REJECT if state is PlanState.REJECTED else Answer.APPROVE
    executed = [
        b.an_execution(change, state=draw(st.sampled_from(ExecutionState)), error=text)
        for change in plan.changes[: draw(st.integers(0, 5))]
    ]
    return b.a_dossier(
        state,
        plan,
        note=draw(names),
        verdict=b.a_verdict(
            gates=gates, reasons=tuple(Reason(policy=text, text=text) for _ in range(draw(st.integers(0, 12))))
        ),
        decisions=(said.model_copy(update={"answer": answer}),) * draw(st.integers(0, 3)),
        executions=tuple(executed),
        outcomes=(b.an_outcome(text=text, kpi=text),) * draw(st.integers(0, 3)),
        people={b.AARON.id: person, b.OLIVIA.id: person},
        approvers=(person,) * draw(st.sampled_from([0, 1, 60])),
        rolled_back_by=draw(st.sampled_from([None, "PLAN-13"])),
    )


@st.composite
def alerts(draw):
    text = draw(names)
    return b.an_alert(
        finding=b.a_finding(
            severity=draw(st.sampled_from(Severity)),
            kpi=draw(names),
            entity=draw(names),
            title=draw(names),
            detail=tuple(draw(st.lists(names, max_size=2))) * 4,
            cause=text,
            evidence=(text,) * 5,
            suspect_plan=draw(st.sampled_from([None, "PLAN-12"])),
            simulated=draw(st.booleans()),
        ),
        state=draw(st.sampled_from(AlertState)),
        acknowledged_by=draw(st.one_of(st.none(), names)),
        snoozed_until=draw(st.sampled_from([None, b.NOW + timedelta(days=3)])),
    )


@st.composite
def previews(draw):
    plan = draw(plans())
    text = draw(names)
    items = tuple(
        b.a_restoration(change, conflict=text if n % 2 else "", done=n % 5 == 4)
        for n, change in enumerate(plan.changes[:100], start=draw(st.integers(0, 4)))
    )
    status = b.a_status(plan=plan, state=PlanState.DONE)
    return b.a_rollback_preview(
        plan=status,
        items=items,
        gone_for_good=(text,) * draw(st.integers(0, 8)),
        nothing_to_do=draw(st.sampled_from(["", text])),
    )


@st.composite
def kpi_answers(draw):
    number = st.one_of(st.none(), numbers)
    text, divided = draw(names), draw(st.sampled_from([2, 0, None]))
    rows = tuple(b.a_kpi_row(text, n + 1, divided) for n in range(draw(st.sampled_from([0, 1, 3, 40]))))
    return b.a_kpi_answer(
        label=draw(names),
        unit=draw(st.sampled_from(["GBP", "ratio", "%", "count", "GBP/click", "currency", "<!here>"])),
        direction=draw(st.sampled_from(["higher", "lower", "target", "neutral"])),
        value=draw(number),
        previous=draw(number),
        rows=rows,
        by=draw(st.sampled_from(["channel", "campaign", "currency"])) if rows else None,
        where=dict.fromkeys(["channel", "campaign"], text),
        sources=(text,) * draw(st.integers(0, 8)),
        owner=text,
        notes=(text,) * draw(st.integers(0, 8)),
        no_data=draw(st.booleans()),
        newest_day=draw(st.sampled_from([None, b.TODAY])),
    )

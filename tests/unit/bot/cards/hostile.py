"""What may stand in an ad account: anything. Strategies for records full of it."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st

from storage.records.alerts import AlertState, Candidate, Certainty, LearntKind, Severity
from storage.records.attention import Digest, DigestLine
from storage.records.audit import AuditEntry
from storage.records.dossiers import Dossier
from storage.records.executions import ExecutionState
from storage.records.money import Money
from storage.records.nudges import NudgeKind
from storage.records.people import Role
from storage.records.plans import Evidence, ExitCriterion, PlanState
from storage.records.policies import Impact, Shift
from storage.records.stops import Freeze, FreezeScope, Glass
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
        field=draw(st.sampled_from(["daily_budget", "status", "creative", "discount", name])),
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
def policy_plans(draw):
    files = st.dictionaries(names, st.one_of(st.none(), names.map(lambda text: f"{text}\n" * 3)), max_size=12)
    plan = b.a_policy_plan(draw(files) or {"a": None}, draw(files) or {"b": "x"}, title=draw(names))
    if draw(st.booleans()):
        return plan
    broken = plan.changes[0].model_copy(update={"before": draw(names), "after": draw(st.sampled_from(["[]", "{}"]))})
    return plan.model_copy(update={"changes": (broken,)})


@st.composite
def progresses(draw, text: str, number: int):
    gate = b.a_gate(text=text, policy=f"{text}{number}", approvers=draw(st.integers(1, 5)))
    return b.a_progress(
        gate=gate,
        approved_by=(text,) * draw(st.sampled_from([0, 1, 9])),
        missing_roles=frozenset(draw(st.sets(st.sampled_from(Role)))),
        missing_people=draw(st.integers(0, 5)),
        escalates_at=draw(st.sampled_from([None, b.NOW])),
        escalated=draw(st.booleans()),
    )


@st.composite
def impacts(draw) -> Impact:
    shifts = tuple(
        Shift(
            before=draw(names), after="refused", count=n, at_risk=draw(st.one_of(st.none(), monies)), examples=(t,) * 5
        )
        for n, t in enumerate(draw(st.lists(names, max_size=12)))
    )
    return b.an_impact(
        judged=draw(st.sampled_from([0, 1, 10**9])),
        changed=draw(st.sampled_from([0, 18])),
        unjudgeable=draw(st.integers(0, 3)),
        first=draw(st.sampled_from([None, b.NOW])),
        shifts=shifts,
        version_now=draw(names),
    )


@st.composite
def freezes(draw) -> Freeze:
    over = draw(st.booleans())
    return b.a_freeze(
        id=draw(st.one_of(names, st.just("FREEZE-2"))).strip()[:40] or "FREEZE-1",
        scope=draw(st.sampled_from(FreezeScope)),
        value=draw(names),
        reason=draw(names),
        frozen_by=draw(names),
        thawed_by=draw(names) if over else None,
        thawed_at=b.NOW if over else None,
    )


@st.composite
def glasses(draw) -> Glass:
    reviewed = draw(st.booleans())
    return b.a_glass(
        person_id=draw(names),
        reason=draw(names),
        closed_at=draw(st.sampled_from([None, b.NOW])),
        reviewed_by=draw(names) if reviewed else None,
        reviewed_at=b.NOW if reviewed else None,
        review=draw(names),
    )


@st.composite
def entries(draw, actions) -> AuditEntry:
    """Any action with any facts, also such as no version of ours ever wrote."""
    fact = st.one_of(
        names, st.none(), st.booleans(), st.integers(), st.lists(names, max_size=9), st.just({"text": "x"})
    )
    keys = st.sampled_from(
        ["revision", "via", "reason", "note", "reasons", "by", "to", "words", "text", "applied", "of", "people", "kpi",
         "on_behalf_of", "glass", "until", "scope", "value", "fine", "was", "verdict", "restores", "because", "version",
         "at", "frozen_by"]
    )  # fmt: skip
    return AuditEntry(
        seq=1,
        at=b.NOW,
        actor=draw(st.one_of(names, st.just("person:aaron"), st.just("system"), names.map(lambda n: f"agent:{n}"))),
        action=draw(actions),
        subject=draw(st.one_of(names, st.just("PLAN-12"))),
        facts=draw(st.dictionaries(keys, fact, max_size=12)),
        body="",
        prev_hash="",
        hash="",
    )


@st.composite
def dossiers(draw) -> Dossier:
    plan, state = draw(st.one_of(plans(), policy_plans())), draw(st.sampled_from(PlanState))
    text = draw(names)
    person = b.a_person(name=draw(names))
    gates = tuple(b.a_gate(text=text, policy=text, approvers=n) for n in range(1, draw(st.integers(1, 6))))
    glass = draw(st.sampled_from([None, "GLASS-1", text or None]))
    said = b.a_decision(
        digest=plan.digest, revision=plan.revision, reason=text, via=text, glass=glass, on_behalf_of=text or None
    )
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
        progress=tuple(draw(progresses(text, n)) for n in range(draw(st.integers(0, 5)))),
        freezes=tuple(draw(st.lists(freezes(), max_size=3))),
        nudges=tuple(
            b.a_nudge(id=n, text=text, kind=draw(st.sampled_from(NudgeKind)), person_id=draw(names))
            for n in range(draw(st.integers(0, 9)))
        ),
        starts_at=draw(st.sampled_from([None, b.NOW + timedelta(hours=1)])),
        impact=draw(st.one_of(st.none(), impacts())),
        rolled_back_by=draw(st.sampled_from([None, "PLAN-13"])),
    )


@st.composite
def candidates(draw) -> Candidate:
    text = draw(names)
    return Candidate(
        kind=draw(st.sampled_from(["change", "outside", text])),
        ref=draw(st.sampled_from([None, "PLAN-7", text or None])),
        words=draw(names),
        certainty=draw(st.sampled_from(Certainty)),
        speaks_for=(text,) * draw(st.sampled_from([0, 1, 9])),
        speaks_against=(text,) * draw(st.sampled_from([0, 1, 9])),
    )


@st.composite
def digests(draw) -> Digest:
    def lines():
        return st.lists(
            st.builds(
                DigestLine, alert_id=st.just("ALERT-7"), severity=st.sampled_from(Severity), title=names,
                since=st.just(b.TODAY), words=names, simulated=st.booleans(),
            ), max_size=12,
        ).map(tuple)  # fmt: skip

    return Digest(
        id="DIGEST-2025-06-03",
        made_at=b.NOW,
        small=draw(lines()),
        waiting=draw(lines()),
        recovered=draw(lines()),
        more=draw(st.integers(0, 10**6)),
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
            candidates=tuple(draw(st.lists(candidates(), max_size=2))) * draw(st.sampled_from([1, 8])),
            simulated=draw(st.booleans()),
        ),
        state=draw(st.sampled_from(AlertState)),
        assigned_to=draw(st.one_of(st.none(), names)),
        escalated_to=(text,) * draw(st.sampled_from([0, 2, 9])),
        learnt=draw(st.sampled_from([None, *LearntKind])),
        learnt_by=text,
        learnt_why=draw(names),
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

"""Facts with fixed defaults for all tests: every builder takes changes by keyword, and two calls give equal facts.

The defaults tell one story: on 3 June 2025 the planner proposes to move £210 a day to paid search, Olivia asked for
it, Aaron or Carla may approve it.
"""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from storage.records.alerts import Alert, AlertKind, AlertState, Finding, Outcome, OutcomeScore, Severity
from storage.records.dossiers import Dossier, Restoration, RollbackPreview
from storage.records.executions import Execution, ExecutionState, FieldState, Receipt, execution_key
from storage.records.kpis import KpiAnswer, KpiRow
from storage.records.money import Money
from storage.records.nudges import Nudge, NudgeKind
from storage.records.people import Delegation, Person, Role
from storage.records.plans import (
    Change,
    Evidence,
    ExitCriterion,
    Forecast,
    Plan,
    PlanState,
    PlanStatus,
    Resource,
    Value,
)
from storage.records.policies import Impact, Shift
from storage.records.stops import Freeze, FreezeScope, Glass
from storage.records.verdicts import Answer, Decision, Gate, GateProgress, Reason, Verdict
from storage.records.verdicts import Outcome as VerdictOutcome

NOW = datetime(2025, 6, 3, 9, 30, tzinfo=UTC)
"""The wall clock of the story: 10:30 in London."""
TODAY = date(2025, 6, 3)
"""The data day of the story."""
POLICY_VERSION = "c0ffee" + "0" * 58

OLIVIA = Person(id="olivia", name="Olivia Reed", roles=frozenset({Role.OPERATOR}), slack_id="U00OLIVIA")
AARON = Person(id="aaron", name="Aaron Blake", roles=frozenset({Role.APPROVER}), slack_id="U00AARON")
CARLA = Person(id="carla", name="Carla Mendes", roles=frozenset({Role.CMO, Role.APPROVER}), slack_id="U00CARLA")
VICTOR = Person(id="victor", name="Victor Hale", roles=frozenset({Role.VIEWER}), slack_id="U00VICTOR")
ADA = Person(id="ada", name="Ada Novak", roles=frozenset({Role.ADMIN}), slack_id="U00ADA")
PEOPLE = {person.id: person for person in (OLIVIA, AARON, CARLA, VICTOR, ADA)}


def pounds(amount: Decimal | int | str) -> Money:
    return Money.of(amount, "GBP")


def a_person(**changes: Any) -> Person:
    """Olivia, an operator, unless told otherwise."""
    return OLIVIA.model_copy(update=changes)


def a_resource(**changes: Any) -> Resource:
    return Resource(**{"channel": "paid_search", "id": "c-101", "name": "Brand search", **changes})


def a_change(**changes: Any) -> Change:
    """Brand search from £300 to £510 a day."""
    defaults = {
        "id": "c1",
        "resource": a_resource(),
        "field": "daily_budget",
        "before": pounds(300),
        "after": pounds(510),
        "unit": "GBP/day",
        "expected_version": "v7",
    }
    return Change(**{**defaults, **changes})


def the_changes() -> tuple[Change, ...]:
    """The four changes of the story: £210 a day moves from social and the website to search, e-mail stays whole."""
    rows: tuple[tuple[str, str, str, str, int, int], ...] = (
        ("c1", "paid_search", "c-101", "Brand search", 300, 510),
        ("c2", "paid_social", "c-201", "Prospecting UK", 420, 280),
        ("c3", "website", "c-301", "Landing page boost", 120, 60),
        ("c4", "email", "c-401", "Spring newsletter", 50, 40),
    )
    return tuple(
        a_change(
            id=id_,
            resource=Resource(channel=channel, id=campaign, name=name),
            before=pounds(before),
            after=pounds(after),
        )
        for id_, channel, campaign, name, before, after in rows
    )


def many_changes(count: int, name: str = "Campaign {n}") -> tuple[Change, ...]:
    """`count` changes of different sizes; `{n}` in the name becomes the number of the change."""
    return tuple(
        a_change(
            id=f"c{n}",
            resource=a_resource(id=f"c-{n}", name=name.replace("{n}", str(n))),
            before=pounds(100),
            after=pounds(100 + n),
        )
        for n in range(1, count + 1)
    )


def a_forecast(**changes: Any) -> Forecast:
    defaults = {
        "kpi": "revenue",
        "unit": "GBP",
        "first": date(2025, 6, 3),
        "last": date(2025, 6, 9),
        "baseline": Decimal("36912.40"),
        "low": Decimal("38204.10"),
        "middle": Decimal("40481.75"),
        "high": Decimal("42911.00"),
    }
    return Forecast(**{**defaults, **changes})


def a_plan(**changes: Any) -> Plan:
    """PLAN-12, revision 1, four budget changes."""
    defaults = {
        "id": "PLAN-12",
        "title": "Shift £210/day to paid search",
        "why": (
            "Paid search returned £4.10 per extra £1 over the last 28 days; paid social £1.30.",
            "Brand search ran out of budget on 9 of the last 14 days.",
            "The total stays the same; no campaign moves by more than 70 %.",
        ),
        "agent": "budget-planner",
        "agent_version": "1",
        "requested_by": OLIVIA.id,
        "changes": the_changes(),
        "forecasts": (a_forecast(),),
        "kpis": ("revenue", "roas"),
        "slas": ("Apply within 10 minutes of approval",),
        "exit_criteria": (
            ExitCriterion(kpi="roas", unit="ratio", side="below", threshold=Decimal("2.8"), after_days=5),
        ),
        "evidence": (
            Evidence(id="load:01JWX3", label="84 days of campaign results to 2 June"),
            Evidence(id="fit:7a21", label="Response curves of 4 channels"),
        ),
        "money_at_risk": pounds(1470),
        "created_at": NOW,
        "expires_at": NOW + timedelta(hours=24),
        "data_day": date(2025, 6, 2),
        "data_known_at": NOW - timedelta(hours=1),
        "simulated": True,
        "versions": {"data": "load:01JWX3", "model": "response-curve 1", "agent": "budget-planner 1"},
    }
    return Plan(**{**defaults, **changes})


def a_rollback_plan(of: Plan | None = None, **changes: Any) -> Plan:
    """PLAN-13, which takes PLAN-12 (or `of`) back."""
    taken_back = of or a_plan()
    defaults = {
        "id": "PLAN-13",
        "kind": "rollback",
        "title": f"Roll back {taken_back.id}",
        "why": ("Olivia Reed asked for it: conversions fell after the change.",),
        "changes": tuple(
            change.model_copy(update={"before": change.after, "after": change.before, "expected_version": "v8"})
            for change in taken_back.changes
        ),
        "forecasts": (),
        "exit_criteria": (),
        "irreversible": ("£412.80 already spent since the change stays spent.",),
        "restores": taken_back.id,
    }
    return a_plan(**{**defaults, **changes})


def a_policy_plan(
    before: dict[str, str | None] | None = None, after: dict[str, str | None] | None = None, **changes: Any
) -> Plan:
    """PLAN-15, which halves the daily cap and adds a rule."""
    old = before or {"limits.yml": "total: 1000\nstep: 70%\nchannels:\n  email: 100\n", "night.cedar": None}
    new = after or {
        "limits.yml": "total: 500\nstep: 70%\nchannels:\n  email: 100\n",
        "night.cedar": '@id("night")\n@deny("not at night")\nforbid (principal, action, resource);\n',
    }
    defaults = {
        "id": "PLAN-15",
        "kind": "policy",
        "title": "Change the rules: limits.yml, night.cedar",
        "why": ("Of the last 412 decisions 18 would come out differently.",),
        "agent": "policy-desk",
        "requested_by": ADA.id,
        "changes": (
            Change(
                id="c1",
                resource=Resource(channel="policies", kind="policy", id="edition", name="Rules"),
                field="text",
                before=json.dumps(old),
                after=json.dumps(new),
                unit="",
                expected_version="v1",
            ),
        ),
        "forecasts": (),
        "kpis": (),
        "slas": (),
        "exit_criteria": (),
        "evidence": (),
        "money_at_risk": pounds(0),
        "simulated": False,
    }
    return a_plan(**{**defaults, **changes})


def a_status(**changes: Any) -> PlanStatus:
    return PlanStatus(**{"plan": a_plan(), "state": PlanState.WAITING, "version": 3, "since": NOW, **changes})


def a_gate(**changes: Any) -> Gate:
    defaults = {
        "policy": "spend-shift-needs-approver",
        "text": "Moves more than 20 % of a campaign's budget",
        "roles": frozenset({Role.APPROVER}),
    }
    return Gate(**{**defaults, **changes})


def a_progress(**changes: Any) -> GateProgress:
    """Two people are asked for, one of them the CMO; Aaron has approved."""
    defaults = {
        "gate": a_gate(text="More than £1,000 at risk", roles=frozenset({Role.APPROVER, Role.CMO}), approvers=2),
        "approved_by": (AARON.id,),
        "missing_roles": frozenset({Role.CMO}),
        "missing_people": 1,
    }
    return GateProgress(**{**defaults, **changes})


def a_verdict(**changes: Any) -> Verdict:
    """Needs one approver, for one reason."""
    defaults = {
        "outcome": VerdictOutcome.NEEDS_APPROVAL,
        "reasons": (
            Reason(
                policy="spend-shift-needs-approver",
                text="Brand search would move by 70 % in one step, gate at 20 %",
            ),
        ),
        "gates": (a_gate(),),
        "policy_version": POLICY_VERSION,
        "judged_at": NOW,
    }
    return Verdict(**{**defaults, **changes})


def a_decision(**changes: Any) -> Decision:
    """Aaron approves PLAN-12 in Slack twelve minutes after it was proposed."""
    plan = a_plan()
    defaults = {
        "plan_id": plan.id,
        "revision": plan.revision,
        "digest": plan.digest,
        "answer": Answer.APPROVE,
        "person_id": AARON.id,
        "roles": AARON.roles,
        "via": "slack",
        "decided_at": NOW + timedelta(minutes=12),
        "policy_version": POLICY_VERSION,
    }
    return Decision(**{**defaults, **changes})


def a_freeze(**changes: Any) -> Freeze:
    """FREEZE-2 stops everything for Black Friday."""
    defaults = {
        "id": "FREEZE-2",
        "scope": FreezeScope.ALL,
        "reason": "Black Friday, no changes",
        "frozen_by": ADA.id,
        "at": NOW,
    }
    return Freeze(**{**defaults, **changes})


def a_glass(**changes: Any) -> Glass:
    """Carla broke the glass for an hour."""
    defaults = {
        "id": "GLASS-1",
        "person_id": CARLA.id,
        "reason": "The wrong price is live and finance is away",
        "broken_at": NOW,
        "until": NOW + timedelta(hours=1),
    }
    return Glass(**{**defaults, **changes})


def a_nudge(**changes: Any) -> Nudge:
    """Aaron was asked about PLAN-12."""
    defaults = {
        "id": 7,
        "plan_id": "PLAN-12",
        "revision": 1,
        "person_id": AARON.id,
        "kind": NudgeKind.ASKED,
        "due_at": NOW,
    }
    return Nudge(**{**defaults, **changes})


def a_delegation(**changes: Any) -> Delegation:
    """Aaron decides for Carla for a week."""
    defaults = {
        "id": "DELEGATION-1",
        "from_person": CARLA.id,
        "to_person": AARON.id,
        "starts_at": NOW,
        "ends_at": NOW + timedelta(days=7),
        "made_by": CARLA.id,
        "made_at": NOW,
    }
    return Delegation(**{**defaults, **changes})


def an_impact(**changes: Any) -> Impact:
    """Of 412 decisions 18 would come out differently."""
    defaults = {
        "judged": 412,
        "changed": 18,
        "first": NOW - timedelta(days=90),
        "last": NOW,
        "shifts": (
            Shift(
                before="needs_approval", after="refused", count=12, at_risk=pounds(8400), examples=("PLAN-9", "PLAN-4")
            ),
            Shift(before="allowed", after="needs_approval", count=6, at_risk=pounds(1200), examples=("PLAN-7",)),
        ),
        "version_now": POLICY_VERSION,
        "version_then": "decaf" + "0" * 59,
    }
    return Impact(**{**defaults, **changes})


def an_execution(change: Change | None = None, **changes: Any) -> Execution:
    """One applied change, read back as wanted."""
    applied = change or a_change()
    key = execution_key("PLAN-12", 1, applied.id)
    at = NOW + timedelta(minutes=13)
    defaults = {
        "key": key,
        "plan_id": "PLAN-12",
        "revision": 1,
        "change": applied,
        "state": ExecutionState.APPLIED,
        "before_image": FieldState(value=applied.before, version="v7"),
        "receipt": Receipt(
            key=key,
            reference=f"op-{applied.id}",
            value=applied.after,
            version="v8",
            applied_at=at,
            simulated=True,
        ),
        "read_back": FieldState(value=applied.after, version="v8"),
        "attempts": 1,
        "updated_at": at,
    }
    return Execution(**{**defaults, **changes})


def an_outcome(**changes: Any) -> Outcome:
    defaults = {
        "plan_id": "PLAN-12",
        "kpi": "revenue",
        "score": OutcomeScore.MET,
        "text": "Revenue 3–9 June was £40,120.00, inside £38,204.10–£42,911.00.",
        "scored_on": date(2025, 6, 10),
        "final": True,
    }
    return Outcome(**{**defaults, **changes})


def a_dossier(state: PlanState = PlanState.WAITING, plan: Plan | None = None, **changes: Any) -> Dossier:
    """PLAN-12 in the given state, with the decisions and receipts that such a plan has."""
    subject = plan or a_plan()
    note = changes.pop("note", "")
    defaults: dict[str, Any] = {
        "status": a_status(plan=subject, state=state, note=note),
        "verdict": a_verdict(),
        "people": PEOPLE,
    }
    if state is PlanState.WAITING:
        defaults["approvers"] = (AARON, CARLA)
    if state in _APPROVED:
        defaults["decisions"] = (a_decision(plan_id=subject.id, revision=subject.revision, digest=subject.digest),)
    if state in {PlanState.DONE, PlanState.ROLLED_BACK}:
        defaults["executions"] = tuple(
            an_execution(
                change,
                plan_id=subject.id,
                revision=subject.revision,
                key=execution_key(subject.id, subject.revision, change.id),
            )
            for change in subject.changes
        )
    return Dossier(**{**defaults, **changes})


_APPROVED = {PlanState.APPROVED, PlanState.EXECUTING, PlanState.DONE, PlanState.ROLLED_BACK}


def a_restoration(change: Change | None = None, **changes: Any) -> Restoration:
    """A change that still stands as the plan left it."""
    planned = change or a_change()
    defaults = {
        "change": planned,
        "now": FieldState(value=planned.after, version="v8"),
        "restores_to": planned.before,
    }
    return Restoration(**{**defaults, **changes})


def a_rollback_preview(**changes: Any) -> RollbackPreview:
    """Of PLAN-12: three changes restore cleanly, the second was edited by hand since."""
    one, two, three, four = the_changes()
    by_hand: Value = pounds(350)
    defaults = {
        "plan": a_status(state=PlanState.DONE),
        "items": (
            a_restoration(one),
            a_restoration(
                two,
                now=FieldState(value=by_hand, version="v9"),
                conflict="Changed by hand to £350.00 on 5 June at 14:10, after the plan set £280.00.",
            ),
            a_restoration(three),
            a_restoration(four),
        ),
        "gone_for_good": ("£412.80 spent since the change stays spent.",),
    }
    return RollbackPreview(**{**defaults, **changes})


def a_finding(**changes: Any) -> Finding:
    """Cost per click of paid search 38 % above its range, after PLAN-12."""
    defaults = {
        "key": "drift/cpc/paid_search",
        "kind": AlertKind.DRIFT,
        "severity": Severity.WARNING,
        "kpi": "cpc",
        "entity": "paid_search",
        "title": "Cost per click on paid search is 38 % above normal",
        "detail": (
            "£1.24 per click over 5–7 June, expected £0.82–£0.98 (80 % range of the 28 days before).",
            "Impressions are steady (+1 %); clicks fell 4 %.",
        ),
        "cause": "Auction prices rose, likely",
        "suspect_plan": "PLAN-12",
        "seen_on": date(2025, 6, 7),
        "evidence": ("load:01JWX9",),
        "simulated": True,
    }
    return Finding(**{**defaults, **changes})


def an_alert(**changes: Any) -> Alert:
    """ALERT-3, open since 5 June, seen three times."""
    defaults = {
        "id": "ALERT-3",
        "finding": a_finding(),
        "state": AlertState.OPEN,
        "version": 3,
        "opened_on": date(2025, 6, 5),
        "opened_at": NOW,
        "times_seen": 3,
        "updated_at": NOW,
    }
    return Alert(**{**defaults, **changes})


def a_kpi_row(label: str, numerator: Decimal | int | str, denominator: Decimal | int | str | None) -> KpiRow:
    """A row whose value is the quotient, None where the denominator is zero; without one, the numerator."""
    top = Decimal(numerator)
    if denominator is None:
        return KpiRow(label=label, value=top, numerator=top, denominator=None)
    bottom = Decimal(denominator)
    return KpiRow(label=label, value=top / bottom if bottom else None, numerator=top, denominator=bottom)


def a_series() -> tuple[KpiRow, ...]:
    """ROAS of seven days, 27 May to 2 June 2025."""
    days = (("5200", "1480"), ("5010", "1502"), ("5388", "1490"), ("4920", "1511"))
    days += (("6105", "1495"), ("6240", "1503"), ("5377", "1499"))
    first = date(2025, 5, 27)
    return tuple(
        a_kpi_row((first + timedelta(days=n)).isoformat(), revenue, spend) for n, (revenue, spend) in enumerate(days)
    )


def a_kpi_answer(**changes: Any) -> KpiAnswer:
    """ROAS of the week to 2 June: 3.65, up from 3.21."""
    defaults: dict[str, Any] = {
        "kpi": "roas",
        "label": "ROAS",
        "unit": "ratio",
        "direction": "higher",
        "value": Decimal(38240) / Decimal(10480),
        "numerator": Decimal(38240),
        "denominator": Decimal(10480),
        "first": date(2025, 5, 27),
        "last": date(2025, 6, 2),
        "zone": "Europe/London",
        "currency": "GBP",
        "as_of": NOW - timedelta(hours=1),
        "newest_day": date(2025, 6, 2),
        "provisional": True,
        "simulated": True,
        "sources": ("sandbox, load 01JWX3 (84 days)",),
        "owner": "Marketing analytics",
        "previous": Decimal("3.21"),
        "previous_first": date(2025, 5, 20),
        "series": a_series(),
    }
    return KpiAnswer(**{**defaults, **changes})


def a_kpi_answer_by_channel(**changes: Any) -> KpiAnswer:
    """The same answer, by channel."""
    rows = (
        a_kpi_row("paid_search", 20500, 5000),
        a_kpi_row("paid_social", 9300, 4200),
        a_kpi_row("website", 5240, 1000),
        a_kpi_row("email", 3200, 280),
    )
    return a_kpi_answer(**{"by": "channel", "rows": rows, **changes})

"""Tell: three lines about one thing for people: what it is, what it rests on, who let it happen and what came of it."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from agents.kpis.figures import format_days, format_value
from storage.ledger import Transaction
from storage.records.executions import Execution, ExecutionState
from storage.records.facts import Load
from storage.records.lineage import LineageStep
from storage.records.plans import PlanStatus
from storage.records.verdicts import Answer, Decision, Verdict
from storage.records.verdicts import Outcome as Judged

Lines = tuple[str, str, str]
Told = tuple[Lines, dict[str, str]]
"""The lines, and the versions that the last decision about the thing was made with."""
_NAMED = 4
"""Things named in a line; more are counted."""
_SAID = {Answer.APPROVE: "approved", Answer.REJECT: "rejected", Answer.WITHDRAW: "withdrew the approval of"}
_JUDGED = {
    Judged.ALLOWED: "allowed it",
    Judged.NEEDS_APPROVAL: "wanted people's approval",
    Judged.REFUSED: "refused it",
}


@dataclass(frozen=True)
class Asked:
    """What is asked about, with everything before and after it."""

    tx: Transaction
    subject: str
    back: tuple[LineageStep, ...]
    on: tuple[LineageStep, ...]
    names: Mapping[str, str]

    def name(self, person_id: str) -> str:
        return self.names.get(f"person:{person_id}", person_id)

    def plainly(self) -> Told:
        """For a thing that has nothing but its lineage."""
        dataset, mark, version = self.subject.rpartition("@")
        of_data = mark and ":" not in dataset
        what = f"Version {version} of the {_kpi(dataset)}" if of_data else self.names.get(self.subject, self.subject)
        return (f"{what}.", self.origins(), self.consequences()), {}

    def origins(self) -> str:
        """Which data it rests on: the version, the loads in it, the newest file with its lines; else what is there."""
        version = next((one.id for one in self.back if is_version(one.id)), None)
        loads = [one for one in self.back if one.id.startswith("load:")]
        if not loads:
            return f"It came from {_list(one.id for one in self.back if one.depth == 1)}." if self.back else _NOTHING
        newest = loads[0]
        file = next((one for one in self.back if one.child == newest.id and one.id.startswith("file:")), None)
        what = f"version {version.rpartition('@')[2]} of the {version.rpartition('@')[0]}" if version else "data"
        rest = len(loads) - 1
        others = f" and {rest:,} load{'s' if rest > 1 else ''} before it" if rest else ""
        place = f" ({_place(file)})" if file else ""
        return f"It rests on {what}: {newest.label}{place}{others}."

    def consequences(self) -> str:
        """What came of it: plans, alerts, changes, outcomes."""
        groups = {
            "plans": [one.id for one in self.on if one.id.startswith("PLAN-")],
            "alerts": [one.id for one in self.on if one.id.startswith("ALERT-")],
            "questions": [one.id for one in self.on if one.id.startswith("Q-")],
            "changes": [one.id for one in self.on if one.id.startswith("execution:")],
            "outcomes": [one.id for one in self.on if one.id.startswith("outcome:")],
        }
        said = [_counted(kind, found) for kind, found in groups.items() if found]
        if not said:
            others = [one.id for one in self.on if one.depth == 1]
            if all(is_version(one) or one.startswith("load:") for one in others):
                return "Nothing has come of it yet."
            return f"Of it came {_list(others)}."
        return f"Of it came {_and(said)}."


def is_version(node: str) -> bool:
    """Whether it is a version of data, such as `facts@9`; the graph is made of data."""
    return "@" in node and ":" not in node and not node.startswith("graph@")


_NOTHING = "Nothing is recorded that it came from."


async def told(asked: Asked) -> Told | None:
    """The three lines; None for a thing that is no record of ours, which may still have a lineage."""
    kind = asked.subject.partition("-" if asked.subject.partition("-")[0] in ("PLAN", "ALERT", "Q") else ":")[0]
    teller = _TELLERS.get(kind)
    return None if teller is None else await teller(asked)


async def _plan(asked: Asked) -> Told | None:
    status = await asked.tx.plans.get(asked.subject)
    if status is None:
        return None
    plan = status.plan
    count = f"{len(plan.changes):,} change{'s' if len(plan.changes) > 1 else ''}"
    by = f"asked for by {asked.name(plan.requested_by)}" if plan.requested_by else f"made by {plan.agent}"
    what = f"{plan.id}: {plan.title}. {count}, {by}; it is {_state(status)}."
    verdict = await asked.tx.approvals.verdict(plan.id, plan.revision)
    return (what, asked.origins(), await _what_became(asked, status, verdict)), _versions(verdict, plan.versions)


async def _what_became(asked: Asked, status: PlanStatus, verdict: Verdict | None) -> str:
    """The rules, the people, the writes and the outcomes of a plan, in one line."""
    plan, tx = status.plan, asked.tx
    said = [] if verdict is None else [f"The rules ({verdict.policy_version[:12]}) {_JUDGED[verdict.outcome]}"]
    said += [_word(asked, one) for one in await tx.approvals.decisions(plan.id, plan.revision)]
    done = await tx.executions.of(plan.id, plan.revision)
    applied = sum(one.state is ExecutionState.APPLIED for one in done)
    said += [f"{applied:,} of {len(done):,} changes were applied"] if done else []
    said += [f"{_kpi(one.kpi)}: {one.score.value}" for one in await tx.executions.outcomes(plan.id)]
    return f"{'; '.join(said) or 'Nobody has judged it yet'}."


async def _load(asked: Asked) -> Told | None:
    load = await asked.tx.loads.get(asked.subject.partition(":")[2])
    if load is None:
        return None
    file = next((one for one in asked.back if one.id.startswith("file:")), None)
    source = f"It came from {file.id}, {_place(file)}." if file else f"It was read from {load.source} itself."
    return (f"{_of_load(load)}.", source, asked.consequences()), {}


async def _file(asked: Asked) -> Told | None:
    if not (asked.back or asked.on):
        return None
    loads = [one for one in asked.on if one.child == asked.subject]
    label = loads[0].label if loads else asked.subject
    came = next((one.label for one in asked.back), "")
    landed = f"It landed as {_list(one.id for one in loads)}, {_place(loads[0])}" if loads else "It never landed"
    return (f"{asked.subject}: {label}{f', from {came}' if came else ''}.", f"{landed}.", asked.consequences()), {}


async def _decision(asked: Asked) -> Told | None:
    plan_id, revision, number = _numbered(asked.subject)
    decisions = await asked.tx.approvals.decisions(plan_id, revision)
    if not 1 <= number <= len(decisions):
        return None
    made = decisions[number - 1]
    reason = f": “{made.reason}”" if made.reason else ""
    who, at = asked.name(made.person_id), _moment(made.decided_at)
    what = f"{who} {_SAID[made.answer]} {plan_id}, revision {revision}, {at} via {made.via}{reason}."
    saw = f"What stood before them has the fingerprint {made.digest[:12]}, under the rules {made.policy_version[:12]}."
    if made.answer is not Answer.APPROVE:
        return (what, saw, "Nothing was written by it."), _versions(made, {})
    return (what, saw, asked.consequences()), _versions(made, {})


async def _verdict(asked: Asked) -> Told | None:
    plan_id, revision, number = _numbered(asked.subject)
    verdicts = await asked.tx.approvals.verdicts(plan_id, revision)
    if not 1 <= number <= len(verdicts):
        return None
    one = verdicts[number - 1]
    reasons = "; ".join(reason.text for reason in one.reasons) or "; ".join(gate.text for gate in one.gates)
    what = f"The rules {_JUDGED[one.outcome]}: {plan_id}, revision {revision}, {_moment(one.judged_at)}."
    why = f"By the rules {one.policy_version[:12]}{f': {reasons}' if reasons else ''}."
    return (what, why, asked.consequences()), _versions(one, {})


async def _execution(asked: Asked) -> Told | None:
    item = await _item(asked)
    if item is None:
        return None
    change = item.change
    proof = f", receipt {item.receipt.reference}, {_moment(item.receipt.applied_at)}" if item.receipt else ""
    what = f"{change.resource.name}: {_kpi(change.field)} {change.before} → {change.after}, {item.state.value}{proof}."
    decisions = await asked.tx.approvals.decisions(item.plan_id, item.revision)
    people = [_word(asked, one) for one in decisions if one.answer is Answer.APPROVE]
    let = _and(people) if people else "the rules allowed it without anybody's approval"
    verdict = await asked.tx.approvals.verdict(item.plan_id, item.revision)
    lines = what, f"It is of {item.plan_id}, revision {item.revision}: {let}.", asked.consequences()
    return lines, _versions(verdict, {})


async def _item(asked: Asked) -> Execution | None:
    key = asked.subject.partition(":")[2]
    plan_id, _, rest = key.partition(".r")
    revision = rest.partition(".")[0]
    found = await asked.tx.executions.of(plan_id, int(revision)) if revision.isdecimal() else ()
    return next((one for one in found if one.key == key), None)


async def _outcome(asked: Asked) -> Told | None:
    plan_id, _, kpi = asked.subject.partition(":")[2].partition("/")
    found = [one for one in await asked.tx.executions.outcomes(plan_id) if one.kpi == kpi]
    status = await asked.tx.plans.get(plan_id)
    if not found or status is None:
        return None
    changes = sum(one.id.startswith("execution:") for one in asked.back)
    what = f"{_kpi(kpi)} of {plan_id}: {found[0].score.value}. {found[0].text}"
    verdict = await asked.tx.approvals.verdict(plan_id, status.plan.revision)
    became = await _what_became(asked, status, verdict)
    lines = what, asked.origins(), f"{changes:,} change{'s' if changes != 1 else ''} stand behind it. {became}"
    return lines, _versions(verdict, status.plan.versions)


async def _alert(asked: Asked) -> Told | None:
    alert = await asked.tx.alerts.get(asked.subject)
    if alert is None:
        return None
    finding = alert.finding
    suspect = f"; {finding.suspect_plan} is suspected" if finding.suspect_plan else ""
    by = f" by {asked.name(alert.acknowledged_by)}" if alert.acknowledged_by else ""
    what = f"{alert.id}: {finding.title} ({finding.severity.value}, seen on {format_days(*[finding.seen_on] * 2)})."
    return (what, asked.origins(), f"Likely cause: {finding.cause}{suspect}. It is {alert.state.value}{by}."), {}


async def _question(asked: Asked) -> Told | None:
    question = await asked.tx.questions.get(asked.subject)
    if question is None:
        return None
    answer = (
        f"{asked.name(question.answered_by)} answered “{question.answer}”. {question.outcome}".strip()
        if question.answered_by
        else f"It is {question.state.value}. {question.if_nobody_answers}"
    )
    about = asked.origins() if asked.back else next(iter(question.lines), _NOTHING)
    return (f"{question.id}: {question.title}", about, answer), {}


async def _edition(asked: Asked) -> Told | None:
    number = asked.subject.partition(":")[2]
    edition = await asked.tx.policies.edition(int(number)) if number.isdecimal() else None
    if edition is None:
        return None
    judged = sum(one.id.startswith("verdict:") for one in asked.on)
    what = f"Edition {edition.number} of the rules ({edition.version[:12]}), since {_moment(edition.at)}."
    approved = f", approved by {_list(map(asked.name, edition.approved_by))}" if edition.approved_by else ""
    return (what, f"It is in force because of {edition.because}{approved}.", f"{judged:,} verdicts rest on it."), {}


_TELLERS: dict[str, Callable[[Asked], Awaitable[Told | None]]] = {
    "PLAN": _plan,
    "ALERT": _alert,
    "Q": _question,
    "load": _load,
    "file": _file,
    "decision": _decision,
    "verdict": _verdict,
    "execution": _execution,
    "outcome": _outcome,
    "edition": _edition,
}


def _versions(decided: Verdict | Decision | None, before: Mapping[str, str]) -> dict[str, str]:
    return dict(before) if decided is None else {**before, **decided.versions}


def _numbered(subject: str) -> tuple[str, int, int]:
    """`decision:PLAN-7.r1.2` → PLAN-7, 1, 2; zeros where it is not of that form."""
    plan_id, _, rest = subject.partition(":")[2].partition(".r")
    revision, _, number = rest.partition(".")
    return plan_id, int(revision) if revision.isdecimal() else 0, int(number) if number.isdecimal() else 0


def _word(asked: Asked, made: Decision) -> str:
    return f"{asked.name(made.person_id)} {_SAID[made.answer]} it on {_moment(made.decided_at)}"


def _of_load(load: Load) -> str:
    spend = _and(format_value(amount, currency) for currency, amount in sorted(load.spend.items()))
    days = format_days(load.first_day, load.last_day)
    return f"{load.path} of {load.source}: {load.rows_read:,} rows, {days}{f', spend {spend}' if spend else ''}"


def _place(step: LineageStep) -> str:
    lines = "" if step.first_line is None else f", lines {step.first_line:,} to {step.last_line or step.first_line:,}"
    return f"{step.label}{lines}"


def _state(status: PlanStatus) -> str:
    return status.state.value.replace("_", " ")


def _kpi(name: str) -> str:
    return name.replace("_", " ")


def _moment(at: datetime) -> str:
    return f"{at:%d %b %Y %H:%M} UTC"


def _counted(kind: str, found: list[str]) -> str:
    """`PLAN-1 and PLAN-2`, `change PLAN-1.r1.c1`, `17 changes`."""
    if len(found) > _NAMED:
        return f"{len(found):,} {kind}"
    bare = [one.partition(":")[2] or one for one in found]
    what = "" if bare == found else f"{kind if len(found) > 1 else kind.removesuffix('s')} "
    return what + _and(bare)


def _list(ids: Iterable[str]) -> str:
    every = list(ids)
    rest = f" and {len(every) - _NAMED:,} more" if len(every) > _NAMED else ""
    return ", ".join(every[:_NAMED]) + rest if rest else _and(every)


def _and(parts: Iterable[str]) -> str:
    *first, last = [*parts] or [""]
    return f"{', '.join(first)} and {last}" if first else last

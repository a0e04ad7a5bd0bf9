"""Link: what each step came from, and the versions it was made with; the step's audit entry seals the links.

Each function returns the seal, which goes into the facts of that entry under SEALED:
file → load → facts@9 → PLAN-7 → verdict → decision → execution → outcome.
"""

from agents.governance.approvals import newest_words
from storage.ledger import Transaction
from storage.records.alerts import Alert
from storage.records.executions import Execution, ExecutionState, execution_key
from storage.records.features import FeatureRun
from storage.records.lineage import Parent, Seal, decision_id, execution_id, outcome_id, verdict_id, version_id
from storage.records.plans import Evidence, Plan
from storage.records.verdicts import Answer, Decision, Verdict

FACTS = "facts"
_SHORT = 12
_ARTEFACTS = ("feature:", "model:")
"""How versions of a plan are called that are things of their own: `feature:NAME` → `3` is `feature:NAME@3`."""
_SAID = {Answer.APPROVE: "approved", Answer.REJECT: "rejected", Answer.WITHDRAW: "withdrew the approval"}


async def versions_of(tx: Transaction, plan: Plan, *, policy: str) -> dict[str, str]:
    """What is decided about the plan at this moment is made with; `policy` is the version of the rules."""
    data = await tx.lineage.newest_version(FACTS, simulated=plan.simulated)
    made = {**plan.versions, "agent": f"{plan.agent}@{plan.agent_version}", "policy": policy}
    return made | await _graph(tx) | ({"data": data} if data else {})


async def pinned(tx: Transaction, plan: Plan) -> Plan:
    """The plan with the versions of the data that its evidence names, of the values of its features, and of the graph.

    The values are those that were known with the data; a later run was not there when they were served.
    """
    versions = plan.versions | await _graph(tx)
    newest = _newest([await _version(tx, one) for one in plan.evidence])
    versions |= {"data": newest} if newest else {}
    if any(name.startswith("feature:") for name in plan.versions):
        runs = await tx.features.runs(simulated=plan.simulated, as_of=plan.data_known_at)
        versions |= {"features": _values_id(runs[-1])} if runs else {}
    return plan.model_copy(update={"versions": versions})


async def link_plan(tx: Transaction, plan: Plan) -> Seal:
    """To its evidence: loads by the version of the facts that holds them, which stands on all before it."""
    versions = {one.id: await _version(tx, one) for one in plan.evidence}
    newest = _newest(list(versions.values()))
    parents = [Parent(id=one.id, label=_label(one)) for one in plan.evidence if versions[one.id] is None]
    parents += [Parent(id=newest, label=f"{newest.replace('@', ', version ')}")] if newest else []
    agent = f"{plan.agent}@{plan.agent_version}"
    parents.append(Parent(id=f"agent:{agent}", label=f"{plan.agent} version {plan.agent_version}"))
    for name, version in plan.versions.items():
        if name.startswith(_ARTEFACTS):
            parents.append(Parent(id=f"{name}@{version}", label=f"{name.partition(':')[2]}, version {version}"))
    values = plan.versions.get("features")
    parents += [Parent(id=values, label="values of the features")] if values else []
    return await tx.lineage.link(plan.id, parents) + await _link_values(tx, plan, values)


async def _link_values(tx: Transaction, plan: Plan, values: str | None) -> Seal:
    """The values of the features to the facts they were made of, by the first plan that rests on them."""
    runs = await tx.features.runs(simulated=plan.simulated) if values else ()
    run = next((one for one in runs if _values_id(one) == values), None)
    if run is None or values is None or await tx.lineage.parents(values):
        return []
    newest = _newest([await tx.lineage.version_of(FACTS, load_id) for load_id in run.loads])
    return await tx.lineage.link(values, [(newest, "computed from")] if newest else [])


async def link_restoration(tx: Transaction, plan: Plan, original: Plan) -> Seal:
    """A plan that takes another back, to the receipts whose before-images it restores."""
    keys = [execution_key(original.id, original.revision, change.id) for change in plan.changes]
    parents = [(execution_id(key), f"before-image of {key}") for key in keys]
    assert plan.requested_by is not None, "only a person has a plan taken back"
    person = (f"person:{plan.requested_by}", "asked for it")
    return await tx.lineage.link(plan.id, [(original.id, f"takes back {original.id}"), *parents, person])


async def link_verdict(tx: Transaction, plan: Plan, verdict: Verdict) -> Seal:
    """The newest verdict on the revision, just stored, to what was judged, by which rules, and with which data."""
    child = await _newest_verdict(tx, plan)
    assert child is not None, "a verdict is stored before it is linked"
    parents = [(plan.id, f"revision {plan.revision}, fingerprint {plan.digest[:_SHORT]}")]
    parents.append((await _edition(tx, verdict.policy_version), f"rules {verdict.policy_version[:_SHORT]}"))
    data, graph = verdict.versions.get("data"), verdict.versions.get("graph")
    parents += [(data, "what the rules were told was spent")] if data else []
    parents += [(graph, "what stands in its way was looked up in")] if graph else []
    sealed = await tx.lineage.link(child, parents)
    if graph and data and not await tx.lineage.parents(graph):
        sealed += await tx.lineage.link(graph, [(data, "charted from the facts so far")])
    return sealed


async def link_decision(tx: Transaction, made: Decision) -> Seal:
    """A person's word, just stored, to the revision and the verdict that they had before them, and to themselves."""
    plan = await tx.plans.revision(made.plan_id, made.revision)
    number = len(await tx.approvals.decisions(made.plan_id, made.revision))
    parents = [
        (made.plan_id, f"revision {made.revision}, fingerprint {made.digest[:_SHORT]}"),
        (f"person:{made.person_id}", f"{_SAID[made.answer]} via {made.via}"),
    ]
    shown = await _newest_verdict(tx, plan) if plan else None
    parents += [(shown, "the verdict before them")] if shown else []
    parents += [(f"person:{made.on_behalf_of}", "on behalf of")] if made.on_behalf_of else []
    parents += [(made.glass, "under broken glass")] if made.glass else []
    return await tx.lineage.link(decision_id(made.plan_id, made.revision, number), parents)


async def link_execution(tx: Transaction, item: Execution) -> Seal:
    """A change that was applied, to everybody's yes that stood when it was, and to the verdict that let it."""
    plan = await tx.plans.revision(item.plan_id, item.revision)
    assert plan is not None, "what is carried out is a revision that was filed"
    decisions = await tx.approvals.decisions(plan.id, plan.revision)
    standing = set(map(id, newest_words(plan, decisions).values()))
    parents = [
        (decision_id(plan.id, plan.revision, number), "approved")
        for number, one in enumerate(decisions, 1)
        if id(one) in standing and one.answer is Answer.APPROVE
    ]
    verdict = await _newest_verdict(tx, plan)
    parents += [(verdict, "allowed")] if verdict else [(plan.id, f"revision {plan.revision}")]
    return await tx.lineage.link(execution_id(item.key), parents)


async def link_outcome(tx: Transaction, plan: Plan, kpi: str, *, first: bool) -> Seal:
    """How a forecast came out, to the plan, to the facts that measured it and, the `first` time, to every receipt."""
    parents = [(plan.id, f"forecast of {plan.id}")]
    data = await tx.lineage.newest_version(FACTS, simulated=plan.simulated)
    parents += [(data, "measured by")] if data else []
    if first:
        done = await tx.executions.of(plan.id, plan.revision)
        applied = (item for item in done if item.state is ExecutionState.APPLIED)
        parents += [(execution_id(item.key), "what was changed") for item in applied]
    return await tx.lineage.link(outcome_id(plan.id, kpi), parents)


async def link_alert(tx: Transaction, alert: Alert) -> Seal:
    """To the loads it was seen in, to the facts that were looked at, and to the plan it suspects."""
    finding = alert.finding
    parents = dict.fromkeys(finding.evidence, "seen in")
    data = await tx.lineage.newest_version(FACTS, simulated=finding.simulated)
    parents |= {data: "looked at"} if data else {}
    parents |= {finding.suspect_plan: f"suspect {finding.suspect_plan}"} if finding.suspect_plan else {}
    return await tx.lineage.link(alert.id, parents.items())


async def _graph(tx: Transaction) -> dict[str, str]:
    """The version of the knowledge graph at this moment; nothing while it is empty."""
    number = await tx.graph.version()
    return {"graph": version_id("graph", number)} if number else {}


def _values_id(run: FeatureRun) -> str:
    return f"features:{run.id.removeprefix('features-')}"


async def _version(tx: Transaction, evidence: Evidence) -> str | None:
    """The version of the facts that a load of the evidence made; None for what is no load, or an old one."""
    kind, _, load_id = evidence.id.partition(":")
    return await tx.lineage.version_of(FACTS, load_id) if kind == "load" else None


def _newest(versions: list[str | None]) -> str | None:
    known = [one for one in versions if one is not None]
    return max(known, key=lambda one: int(one.rpartition("@")[2]), default=None)


def _label(evidence: Evidence) -> str:
    """Without anybody's name: who asked is looked up by id, and can be forgotten."""
    return "asked for it" if evidence.id.startswith("person:") else evidence.label


async def _newest_verdict(tx: Transaction, plan: Plan) -> str | None:
    number = len(await tx.approvals.verdicts(plan.id, plan.revision))
    return verdict_id(plan.id, plan.revision, number) if number else None


async def _edition(tx: Transaction, version: str) -> str:
    newest = await tx.policies.newest()
    if newest is not None and newest[1] == version:
        return f"edition:{newest[0]}"
    earlier = await tx.policies.of_version(version)
    return f"edition:{earlier.number}" if earlier else f"policy:{version}"

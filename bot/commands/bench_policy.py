"""`bench policy`: decisions a CPU second of one core, compiled and by cedarpy, beside rules written out by hand.

One decision is one question of a plan. Every path is given the same generated plans as JSON and reads all that it is
given; what they decide is compared before anything is timed.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cedarpy

from agents.governance.compiled.asking import Answer, CompiledPolicies
from agents.governance.compiled.compiling import compile_policies
from agents.governance.loading import PolicySet, read_policies
from bot.commands.bench_policy_baseline import ACTION, judged
from bot.commands.bench_policy_workload import OUTCOMES, AskedPlan, Workload
from bot.commands.shell import DONE, NEGATIVE, progress, say

_SEED = 7
_ROUNDS = 3
_PLANS = 1_000
"""Different plans, if the measurement is long enough for them; a longer one goes round them again."""
_TARGETS = {"compiled_per_s": 40_000, "over_cedarpy": 10}
_CEDARPY_SHARE = 8
"""cedarpy is given this part of the decisions: it needs so much longer, and its rate is as steady."""


class BaselineOutdated(RuntimeError):
    """Raised when nothing of what the baseline judges is asked for any more."""


@dataclass(frozen=True)
class _Rate:
    decisions: int
    per_s: int

    def document(self, what: str) -> dict[str, Any]:
        return {"what": what, "decisions": self.decisions, "per_s": self.per_s}


def bench_policy(*, decisions: int, json: bool) -> int:
    """The command; 1 if the paths disagree."""
    found = run(decisions, different=max(20, min(_PLANS, decisions // 4)))
    compiled, cedar, baseline = (found[name]["per_s"] for name in ("compiled", "cedarpy", "baseline"))
    same, agreed = found["compiled_same"]["per_s"], found["agreement"]
    text = (
        f"compiled: {compiled:,} decisions/s of one core (target {_TARGETS['compiled_per_s']:,})\n"
        f"cedarpy: {cedar:,} decisions/s; compiled is {found['ratios']['over_cedarpy']} times as fast (target 10)\n"
        f"{found['baseline']['what']}: {baseline:,} decisions/s; those questions compiled: {same:,}\n"
        f"{agreed['disagreements']} disagreements in {agreed['checked']:,} decisions checked"
    )
    say(found, as_json=json, text=text)
    return NEGATIVE if agreed["disagreements"] else DONE


def run(decisions: int, *, different: int = _PLANS) -> dict[str, Any]:
    """Measure the shipped policies with at least so many decisions a path; medians of three rounds of CPU time.

    `different` plans are generated and gone round. Raises BaselineOutdated.
    """
    loaded = read_policies()
    compiled = compile_policies(loaded.document, loaded.schema_text)
    gates = frozenset(policy.id for policy in loaded.policies if policy.requires)
    progress(f"looking for {different:,} plans of all outcomes")
    workload = Workload(compiled, gates, loaded.document, _SEED)
    plans = workload.plans(different)
    by_hand = [_only(plan, ACTION) for plan in plans]
    by_hand = [plan for plan in by_hand if plan.requests]
    if not by_hand:
        raise BaselineOutdated(f"the baseline judges {ACTION}, and no question asks for it: write it anew")

    progress("comparing what the paths decide")
    answers = [_ask_compiled(compiled, plan) for plan in plans]
    agreement = _agreement(loaded, plans, answers, by_hand)

    rates = {
        "compiled": _rate("compiled", plans, lambda plan: _ask_compiled(compiled, plan), decisions),
        "cedarpy": _rate("cedarpy", plans, lambda plan: _ask_cedarpy(loaded, plan), decisions // _CEDARPY_SHARE),
        "baseline": _rate("baseline", by_hand, _ask_baseline, decisions),
        "compiled_same": _rate("compiled_same", by_hand, lambda plan: _ask_compiled(compiled, plan), decisions),
    }
    what = {
        "compiled": f"all {len(loaded.policies)} shipped policies as Python, typed ingress included",
        "cedarpy": f"all {len(loaded.policies)} shipped policies, one batch a plan, with the request schema",
        "baseline": f"written by hand: every rule on {ACTION}, without any check of types",
        "compiled_same": "the questions of the baseline, compiled",
    }
    per_s = {name: rate.per_s for name, rate in rates.items()}
    outcomes = [workload.outcome(answer) for some in answers for answer in some]
    return {
        "plans": len(plans),
        "outcomes": {outcome: outcomes.count(outcome) for outcome in OUTCOMES},
        **{name: rate.document(what[name]) for name, rate in rates.items()},
        "ratios": {
            "over_cedarpy": round(per_s["compiled"] / per_s["cedarpy"], 1),
            "of_baseline": round(per_s["compiled_same"] / per_s["baseline"], 2),
        },
        "targets": _TARGETS,
        "agreement": agreement,
    }


def _rate(name: str, plans: list[AskedPlan], ask: Callable[[AskedPlan], Any], decisions: int) -> _Rate:
    round_trip = sum(len(plan.requests) for plan in plans)
    turns = max(1, -(-decisions // round_trip))
    progress(f"{name}: {_ROUNDS} rounds of {turns * round_trip:,} decisions")
    seconds = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        for _ in range(turns):
            for plan in plans:
                ask(plan)
        seconds.append(time.process_time() - started)
    return _Rate(turns * round_trip, round(turns * round_trip / statistics.median(seconds)))


def _ask_compiled(compiled: CompiledPolicies, plan: AskedPlan) -> list[Answer]:
    store = compiled.store(plan.entities)
    return [
        store.ask(asked["principal"], asked["action"], asked["resource"], asked["context"]) for asked in plan.requests
    ]


def _ask_cedarpy(loaded: PolicySet, plan: AskedPlan) -> list[Answer]:
    found = cedarpy.is_authorized_batch(plan.requests, loaded.parsed, plan.entities, loaded.schema)
    return [
        Answer(
            allowed=one.allowed and not one.diagnostics.errors,
            reasons=tuple(sorted(one.diagnostics.reasons)),
            errors=bool(one.diagnostics.errors),
        )
        for one in found
    ]


def _ask_baseline(plan: AskedPlan) -> list[list[str]]:
    known = {(one["uid"]["type"], one["uid"]["id"]): one["attrs"] for one in plan.entities}
    return [judged(asked, known) for asked in plan.requests]


def _agreement(
    loaded: PolicySet, plans: list[AskedPlan], answers: list[list[Answer]], by_hand: list[AskedPlan]
) -> dict[str, int]:
    """Compiled against cedarpy in every plan; the baseline against cedarpy where it judges."""
    pairs: list[tuple[Any, Any]] = []
    for plan, some in zip(plans, answers, strict=True):
        pairs += zip(some, _ask_cedarpy(loaded, plan), strict=True)
    for plan in by_hand:
        theirs = (list(answer.reasons) for answer in _ask_cedarpy(loaded, plan))
        pairs += zip(_ask_baseline(plan), theirs, strict=True)
    return {"checked": len(pairs), "disagreements": sum(1 for ours, theirs in pairs if ours != theirs)}


def _only(plan: AskedPlan, action: str) -> AskedPlan:
    requests = [asked for asked in plan.requests if asked["action"]["id"] == action]
    named = [asked[side] for asked in requests for side in ("principal", "resource")]
    return AskedPlan(requests, [one for one in plan.entities if one["uid"] in named])

import json

import pytest

from agents.governance.compiled.compiling import compile_policies
from agents.governance.loading import read_policies
from bot.commands import bench_policy
from bot.commands.bench_policy_workload import AskedPlan, Workload


def _workload(seed: int = 7) -> Workload:
    loaded = read_policies()
    gates = frozenset(policy.id for policy in loaded.policies if policy.requires)
    return Workload(compile_policies(loaded.document, loaded.schema_text), gates, loaded.document, seed)


@pytest.fixture(scope="module")
def plans() -> list[AskedPlan]:
    return _workload().plans(60)


def test_equal_seeds_give_equal_plans_and_others_do_not(plans: list[AskedPlan]):
    assert _workload().plans(60) == plans
    assert _workload(seed=8).plans(60) != plans


def test_every_question_fits_the_schema_and_no_policy_errs(plans: list[AskedPlan]):
    compiled = _workload()._compiled
    for plan in plans:
        assert not any(answer.errors for answer in bench_policy._ask_compiled(compiled, plan))


@pytest.mark.timeout(120)
def test_the_paths_agree_and_all_outcomes_are_among_them(capsys: pytest.CaptureFixture[str]):
    found = bench_policy.run(400, different=60)
    assert found["agreement"]["checked"] > 240
    assert found["agreement"]["disagreements"] == 0
    assert min(found["outcomes"].values()) >= 10
    for name in ("compiled", "cedarpy", "baseline", "compiled_same"):
        assert found[name]["per_s"] > 0
    assert found["ratios"]["over_cedarpy"] == pytest.approx(
        found["compiled"]["per_s"] / found["cedarpy"]["per_s"], abs=0.1
    )
    assert found["targets"] == {"compiled_per_s": 40_000, "over_cedarpy": 10}
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "", "a script's error output stays empty"


@pytest.mark.timeout(120)
def test_the_command_prints_one_document_or_words(capsys: pytest.CaptureFixture[str]):
    assert bench_policy.bench_policy(decisions=100, json=True) == 0
    assert json.loads(capsys.readouterr().out)["agreement"]["disagreements"] == 0
    assert bench_policy.bench_policy(decisions=100, json=False) == 0
    assert "decisions/s of one core" in capsys.readouterr().out


def test_a_baseline_that_nothing_asks_for_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bench_policy, "ACTION", "paint")
    with pytest.raises(bench_policy.BaselineOutdated, match="paint"):
        bench_policy.run(20, different=20)


def test_the_baseline_names_what_cedar_names_for_every_rule_on_a_budget():
    loaded = read_policies()
    plans = [bench_policy._only(plan, bench_policy.ACTION) for plan in _workload(seed=11).plans(600)]
    named: set[str] = set()
    for plan in plans:
        if plan.requests:
            theirs = [list(answer.reasons) for answer in bench_policy._ask_cedarpy(loaded, plan)]
            assert bench_policy._ask_baseline(plan) == theirs
            named.update(*theirs)
    assert len(named) > 15

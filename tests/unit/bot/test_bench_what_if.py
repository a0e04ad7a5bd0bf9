import json

import pytest

from agents.governance.loading import read_files
from agents.governance.rules import Rules
from agents.governance.situation import Situation
from bot.commands import bench_what_if, bench_what_if_rows


def test_equal_seeds_give_equal_decisions_and_others_do_not():
    made = bench_what_if_rows.rows(20, version="v", seed=7)
    assert bench_what_if_rows.rows(20, version="v", seed=7) == made
    assert bench_what_if_rows.rows(20, version="v", seed=8) != made


def test_every_decision_can_be_judged_again_and_has_one_to_eight_changes():
    rules = Rules(read_files(), limits=bench_what_if_rows.limits())
    rows, changes = bench_what_if_rows.rows(60, version=rules.version, seed=7)
    situations = [Situation.model_validate_json(situation or "") for _, _, situation in rows]
    assert {len(one.steps) for one in situations} == set(range(1, 9))
    assert sum(len(one.steps) for one in situations) == changes
    outcomes = {bench_what_if._by_cedar(row, rules, rules)[0] for row in rows}
    assert "refused" in outcomes
    assert any(outcome.startswith("waits") for outcome in outcomes)


@pytest.mark.timeout(120)
def test_the_paths_agree_and_both_changes_are_felt(capsys: pytest.CaptureFixture[str]):
    found = bench_what_if.run(120)
    assert found["decisions"] == 120
    assert found["agreement"] == {"checked": 240, "disagreements": 0}
    for name in ("daily_cap", "step_cap"):
        assert 0 < found[name]["changed"] < 120
        assert found[name]["per_s"] > 0
        assert found[name]["cedarpy"]["sample"] == 120
    assert found["targets"] == {"seconds": 5}
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "", "a script's error output stays empty"


@pytest.mark.timeout(120)
def test_the_command_prints_one_document_or_words(capsys: pytest.CaptureFixture[str]):
    assert bench_what_if.bench_what_if(decisions=10, json=True) == 0
    assert json.loads(capsys.readouterr().out)["agreement"]["disagreements"] == 0
    assert bench_what_if.bench_what_if(decisions=10, json=False) == 0
    assert "0 disagreements in 20 decisions checked" in capsys.readouterr().out

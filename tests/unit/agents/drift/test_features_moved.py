"""Features whose spread over campaigns has moved: campaigns are the sample, and few of them tell nothing."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from agents.drift.features_moved import APART_DAYS, features_moved, samples_of
from storage.records.alerts import Finding, Pattern

NOW = date(2026, 5, 20)
THEN = NOW - timedelta(days=APART_DAYS)


def moved(campaigns: int, times: float, missing: float = 0.0) -> Finding | None:
    random = np.random.default_rng(1)
    rows = []
    for number in range(campaigns):
        usual = float(np.exp(random.normal(0, 0.4)))
        for day, factor in ((THEN, 1.0), (NOW, times)):
            lost = day == NOW and random.random() < missing
            value = None if lost else int(usual * factor * float(np.exp(random.normal(0, 0.05))) * 1e9)
            rows.append({"entity": f"email/campaign/{number}", "feature": "cpc_7d", "day": day, "value_nano": value})
            rows.append({"entity": f"email/campaign/{number}", "feature": "ctr_7d", "day": day, "value_nano": 10**9})
    then, now = samples_of(pl.DataFrame(rows), day=NOW, before=THEN)
    return features_moved(then, now, versions={"feature:cpc_7d": "1"}, simulated=False)


def test_campaigns_that_behave_as_before_are_no_case() -> None:
    assert moved(120, 1.0) is None


def test_a_feature_that_moved_is_told_with_all_three_measures_and_its_version() -> None:
    found = moved(120, 1.8)
    assert found is not None
    assert (found.pattern, found.key) == (Pattern.POPULATION, "drift/features")
    assert found.title.endswith("1 of 2 features have moved")
    assert all(name in found.detail[0] for name in ("cpc_7d", "PSI", "KS", "Wasserstein"))
    assert "cpc_7d@1" in found.detail[-1]


def test_fourteen_campaigns_tell_nothing() -> None:
    assert moved(14, 3.0) is None


def test_values_that_are_lost_are_a_case_of_their_own() -> None:
    found = moved(120, 1.0, missing=0.4)
    assert found is not None
    assert "of campaigns lost their value" in found.detail[0]

"""Drift detection on a small world: one event gives one finding with its cause, and a healthy world none."""

from datetime import timedelta

import polars as pl
import pytest

from agents.drift.detectors import detect
from agents.drift.plans import ExecutedPlan
from storage.records.alerts import AlertKind, Finding, Pattern, Severity
from tests.unit.agents.drift.world import Ad, World, on

WINDOW = 14
DAY = 80
BIG = (
    Ad("paid_search", "s1", 300, beta=90, kappa=250),
    Ad("paid_search", "s2", 200, beta=60, kappa=160),
    Ad("paid_social", "m1", 250, beta=70, kappa=120, cpc=0.5, ctr=0.012),
    Ad("email", "e1", 80, beta=60, kappa=160, cpc=0.2, ctr=0.03),
    Ad("website", "w1", 120, beta=60, kappa=180, cpc=0.4, ctr=0.01),
)


def found(
    world: World, *, day: int = DAY, versions: int = 10, plans: tuple[ExecutedPlan, ...] = ()
) -> tuple[Finding, ...]:
    frame = world.frame(day, versions=versions)
    return detect(frame, data_day=world.day_of(day), restatement_days=WINDOW, plans=plans)


def world(**facts) -> World:
    return World(**{"seed": 1, "ads": BIG, "wobble": 0.08, **facts})


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_healthy_week_is_quiet(seed: int) -> None:
    healthy = world(seed=seed, wobble=0.05)
    assert [found(healthy, day=day) for day in range(76, 83)] == [()] * 7


def test_late_conversions_are_not_drift() -> None:
    assert found(world(delay_days=6.0), versions=10) == ()
    assert found(world(delay_days=6.0), versions=0) == ()


def test_a_price_shock_is_one_finding_named_after_the_price_on_its_first_day() -> None:
    (finding,) = found(world(price=on("paid_search", DAY, 1.8)))
    assert finding.key == "drift/cpc/paid_search"
    assert finding.cause == "auction price, likely"
    assert finding.kind is AlertKind.DRIFT
    assert finding.severity is Severity.CRITICAL
    assert finding.seen_on == world().day_of(DAY)
    assert any("ROAS of paid_search" in line for line in finding.detail)
    assert finding.simulated
    assert finding.evidence == ("load:load-80",)


def test_a_price_shock_keeps_its_key_on_the_days_after() -> None:
    shocked = world(price=on("paid_search", 72, 1.8))
    assert [[one.key for one in found(shocked, day=day)] for day in (72, 73, 75, 79)] == [["drift/cpc/paid_search"]] * 4


def test_a_broken_tag_is_one_critical_finding_that_blames_tracking_the_same_day() -> None:
    (finding,) = found(world(tracking=on(None, DAY, 0.08)))
    assert finding.key == "drift/conversions/all"
    assert finding.cause == "tracking, likely"
    assert finding.severity is Severity.CRITICAL
    assert finding.suspect_plan is None
    assert any(
        line.startswith("Shop orders from 19 to 20 Aug: ") and "no more than it usually swings" in line
        for line in finding.detail
    )


def test_a_broken_tag_of_one_channel_names_the_channel_or_the_whole() -> None:
    (finding,) = found(world(tracking=on("paid_social", DAY - 1, 0.05)))
    assert finding.key in {"drift/conversions/paid_social", "drift/conversions/all"}
    assert any("paid_social" in line for line in finding.detail)


def test_a_broken_tag_is_found_without_older_versions_within_a_day() -> None:
    broken = world(tracking=on(None, DAY - 1, 0.05))
    assert [one.kpi for one in found(broken, versions=0)] == ["conversions"]


def test_without_a_shop_tracking_is_only_possible() -> None:
    frame = world(tracking=on(None, DAY, 0.05)).frame(DAY, versions=10).filter(pl.col("channel") != "store")
    (finding,) = detect(frame, data_day=world().day_of(DAY), restatement_days=WINDOW)
    assert finding.cause.startswith("tracking, possible")
    assert finding.kpi == "conversions"


def test_fallen_demand_is_nobodys_fault() -> None:
    (finding,) = found(world(demand=on(None, DAY - 1, 0.4)))
    assert finding.kpi == "store_orders"
    assert finding.cause.startswith("demand")
    assert finding.suspect_plan is None


def test_a_channel_that_stops_is_an_outage_and_nothing_else() -> None:
    (finding,) = found(world(delivery=on("paid_social", DAY, 0.0)))
    assert finding.key == "drift/spend/paid_social"
    assert finding.cause == "outage, likely"
    assert finding.severity is Severity.CRITICAL


def test_budgets_that_our_own_plan_changed_are_not_drift() -> None:
    cut = world(budget={"m1": lambda day: 0.5 if day >= DAY - 1 else 1.0})
    plan = ExecutedPlan(plan_id="PLAN-3", resource_keys=("paid_social/campaign/m1",), executed_on=cut.day_of(DAY - 1))
    assert found(cut, plans=(plan,)) == ()
    (finding,) = found(cut)
    assert finding.key == "drift/spend/paid_social/m1"
    assert finding.cause == "budget changed outside Countersign"


def test_another_campaigns_plan_does_not_excuse_a_changed_budget() -> None:
    raised = world(budget={"s1": lambda day: 1.6 if day >= DAY else 1.0})
    plan = ExecutedPlan(plan_id="PLAN-3", resource_keys=("paid_search/campaign/s2",), executed_on=raised.day_of(DAY))
    (finding,) = found(raised, plans=(plan,))
    assert finding.key == "drift/spend/paid_search/s1"
    assert finding.suspect_plan is None


def test_money_moved_between_a_dear_and_a_cheap_campaign_does_not_drift_the_channel() -> None:
    ads = (
        Ad("paid_search", "dear", 300, beta=90, kappa=250, cpc=3.0),
        Ad("paid_search", "cheap", 300, beta=90, cpc=0.3),
    )
    moved = world(
        ads=ads,
        budget={"dear": lambda day: 0.6 if day >= DAY else 1.0, "cheap": lambda day: 1.4 if day >= DAY else 1.0},
    )
    plan = ExecutedPlan(
        plan_id="PLAN-1",
        resource_keys=("paid_search/campaign/cheap", "paid_search/campaign/dear"),
        executed_on=moved.day_of(DAY),
    )
    assert found(moved, plans=(plan,)) == ()


def test_the_newest_plan_on_the_channel_within_two_weeks_is_suspected() -> None:
    shocked = world(price=on("paid_search", DAY, 1.8))

    def plan(number: int, channel: str, days_ago: int) -> ExecutedPlan:
        key = f"{channel}/campaign/x"
        return ExecutedPlan(
            plan_id=f"PLAN-{number}", resource_keys=(key,), executed_on=shocked.day_of(DAY) - timedelta(days=days_ago)
        )

    plans = (plan(1, "paid_search", 20), plan(2, "paid_search", 9), plan(3, "paid_search", 4), plan(4, "email", 1))
    (finding,) = found(shocked, plans=plans)
    assert finding.suspect_plan == "PLAN-3"
    assert any("PLAN-3 changed paid_search" in line for line in finding.detail)
    (finding,) = found(shocked, plans=plans[:1])
    assert finding.suspect_plan is None


def test_a_cheaper_price_is_no_alert() -> None:
    assert found(world(price=on("paid_search", DAY, 0.6))) == ()


def test_a_shock_that_is_over_is_no_news() -> None:
    assert found(world(price=on("paid_search", DAY - 1, 1.8, DAY - 1))) == ()


@pytest.mark.parametrize("days", [1, 10, 36])
def test_a_new_home_is_quiet_until_there_is_something_to_compare_with(days: int) -> None:
    young = world(price=on("paid_search", days, 1.8))
    assert found(young, day=days, versions=0) == ()


def test_an_empty_frame_is_quiet() -> None:
    assert detect(world().frame(DAY).clear(), data_day=world().day_of(DAY), restatement_days=WINDOW) == ()


def test_a_channel_without_rows_for_the_newest_day_is_missing_and_not_judged() -> None:
    frame = world().frame(DAY).filter((pl.col("channel") != "email") | (pl.col("day") < world().day_of(DAY)))
    (finding,) = detect(frame, data_day=world().day_of(DAY), restatement_days=WINDOW)
    assert (finding.key, finding.pattern, finding.channel) == ("drift/missing/email", Pattern.MISSING, "email")
    assert finding.title == "No data of email although its source was read"
    assert [one.kind for one in finding.candidates] == ["data"]


def test_two_currencies_are_judged_apart() -> None:
    shocked = world(price=on("paid_search", DAY, 1.8)).frame(DAY, versions=10)
    euros = world(seed=3).frame(DAY, versions=10).with_columns(pl.lit("EUR").alias("currency"))
    (finding,) = detect(pl.concat([shocked, euros]), data_day=world().day_of(DAY), restatement_days=WINDOW)
    assert finding.key == "drift/cpc/paid_search/GBP"


def test_equal_facts_give_equal_findings() -> None:
    shocked = world(price=on("paid_search", DAY, 1.8)).frame(DAY, versions=10)
    again = shocked.sample(fraction=1.0, shuffle=True, seed=4)
    day = world().day_of(DAY)
    assert detect(shocked, data_day=day, restatement_days=WINDOW) == detect(
        again, data_day=day, restatement_days=WINDOW
    )

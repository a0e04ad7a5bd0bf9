"""What only single campaigns show, what misleads, what swings, and what is normal by now."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from agents.drift.detectors import detect
from agents.drift.plans import ExecutedPlan
from storage.records.alerts import Certainty, Finding, Pattern, Severity
from tests.unit.agents.drift.test_detect import BIG, DAY, WINDOW, found, world
from tests.unit.agents.drift.world import Ad, World, on


def judged(frame: pl.DataFrame, day: int = DAY, **facts) -> tuple[Finding, ...]:
    return detect(frame, data_day=World().day_of(day), restatement_days=WINDOW, **facts)


def scaled(frame: pl.DataFrame, columns: tuple[str, ...], factor: float, where: pl.Expr) -> pl.DataFrame:
    return frame.with_columns(
        pl.when(where)
        .then((pl.col(name) * factor).round().cast(frame.schema[name]))
        .otherwise(pl.col(name))
        .alias(name)
        for name in columns
    )


def with_a_small_one() -> World:
    return world(ads=(*BIG, Ad("paid_search", "s3", 50, beta=20, kappa=60)))


def dear_campaign() -> pl.DataFrame:
    """Clicks of one small campaign cost three times as much since yesterday."""
    dear = since(DAY - 1) & (pl.col("campaign_id") == "s3")
    return scaled(with_a_small_one().frame(DAY), ("clicks", "impressions"), 0.33, dear)


def since(day: int) -> pl.Expr:
    return pl.col("day") >= World().day_of(day)


def test_what_was_measured_is_told_with_the_range_in_which_nothing_would_have_been_said() -> None:
    (finding,) = found(world(price=on("paid_search", DAY, 1.8)))
    reading = finding.reading
    assert reading is not None
    assert (reading.kpi, reading.unit, reading.currency) == ("cpc", "GBP/click", "GBP")
    assert reading.low < reading.expected < reading.high < reading.observed
    assert (reading.first, reading.last) == (world().day_of(DAY), world().day_of(DAY))
    assert (finding.channel, finding.campaign_id, finding.since) == ("paid_search", None, world().day_of(DAY))


def test_a_shift_says_so_once_it_has_lasted_and_dates_itself_back() -> None:
    (finding,) = found(world(price=on("paid_search", DAY - 4, 1.8)))
    assert (finding.pattern, finding.since) == (Pattern.LEVEL_SHIFT, world().day_of(DAY - 4))


def test_no_cause_is_ever_said_to_be_certain_and_each_has_its_evidence() -> None:
    shocked = world(price=on("paid_search", DAY, 1.8))
    plan = ExecutedPlan(
        plan_id="PLAN-3", resource_keys=("paid_search/campaign/s1",), executed_on=shocked.day_of(DAY - 1)
    )
    (finding,) = found(shocked, plans=(plan,))
    price, ours = finding.candidates[:2]
    assert (price.kind, price.certainty) == ("price", Certainty.LIKELY)
    assert any("Cost per click of paid_search up" in one for one in price.speaks_for)
    assert (ours.kind, ours.ref, ours.certainty) == ("change", "PLAN-3", Certainty.POSSIBLE)
    assert "coincides" in ours.words
    assert "the departure began 1 day after it" in ours.speaks_for
    assert any("price moves for everybody" in one for one in ours.speaks_against)
    assert Certainty.CAUSED not in {one.certainty for one in finding.candidates}


def test_a_plan_carried_out_after_the_departure_began_has_that_against_it() -> None:
    shocked = world(price=on("paid_search", DAY - 4, 1.8))
    plan = ExecutedPlan(
        plan_id="PLAN-3", resource_keys=("paid_search/campaign/s1",), executed_on=shocked.day_of(DAY - 1)
    )
    (finding,) = found(shocked, plans=(plan,))
    (ours,) = [one for one in finding.candidates if one.ref == "PLAN-3"]
    assert "the departure began 3 days before it" in ours.speaks_against


def test_one_campaign_whose_clicks_became_dear_is_named_while_its_channel_is_quiet() -> None:
    (told,) = judged(dear_campaign())
    assert (told.key, told.campaign_id, told.entity) == ("drift/cpc/paid_search/campaigns", "s3", "Campaign s3")
    assert "Campaign s3 (paid_search)" in told.title


def test_a_campaign_is_told_only_if_the_watch_over_its_points_has_marked_it() -> None:
    frame = dear_campaign()
    assert judged(frame, flagged=frozenset()) == ()
    (marked,) = judged(frame, flagged=frozenset({("cpc", "paid_search/s3")}))
    assert marked.campaign_id == "s3"


def test_a_campaign_that_is_meant_to_rest_is_no_case() -> None:
    columns = ("spend_micros", "clicks", "impressions", "conversions_milli", "revenue_micros")
    frame = scaled(with_a_small_one().frame(DAY), columns, 0.0, since(DAY) & (pl.col("campaign_id") == "s3"))
    assert [one.key for one in judged(frame)] == ["drift/spend/paid_search/campaigns"]
    assert judged(frame, paused=frozenset({"paid_search/s3"})) == ()


def test_more_clicks_and_no_more_buyers_is_a_proxy_that_misleads() -> None:
    frame = scaled(
        world().frame(DAY, versions=2), ("clicks",), 1.7, since(DAY - 2) & (pl.col("channel") == "paid_social")
    )
    (finding,) = judged(frame)
    assert (finding.key, finding.pattern) == ("drift/cvr/paid_social", Pattern.PROXY_TRAP)
    assert finding.title == "Click-through rate of paid_social looks better, conversions do not follow"
    assert finding.detail[0].startswith("Click-through rate of paid_social")
    assert finding.detail[1].startswith("Conversion rate of paid_social")


def test_more_clicks_with_as_many_more_buyers_is_good_news_and_no_case() -> None:
    columns = ("clicks", "conversions_milli", "revenue_micros")
    frame = scaled(world().frame(DAY, versions=0), columns, 1.7, since(DAY - 2) & (pl.col("channel") == "paid_social"))
    assert judged(frame) == ()


def test_a_channel_whose_price_swings_more_than_ever_is_a_note() -> None:
    def price(channel: str, day: int) -> float:
        wild = channel == "paid_social" and day >= DAY - 13
        return float(np.exp(0.22 if day % 2 else -0.22)) if wild else 1.0

    (finding,) = found(world(price=price))
    assert (finding.pattern, finding.severity) == (Pattern.VARIANCE_CHANGE, Severity.NOTE)
    assert "swings more than ever" in finding.title
    assert finding.reading.unit == "% from day to day"
    assert finding.reading.observed > finding.reading.expected


def test_figures_that_stand_still_are_told_to_be_stuck() -> None:
    frame = world(wobble=0.15).frame(DAY, versions=0)
    stuck = since(DAY - 4) & (pl.col("channel") == "email")
    frame = frame.with_columns(
        pl.when(stuck).then(pl.lit(80_000_000)).otherwise(pl.col("spend_micros")).alias("spend_micros")
    )
    (finding,) = [one for one in judged(frame) if one.kpi == "spend"]
    assert finding.pattern is Pattern.VARIANCE_CHANGE
    assert finding.candidates[0].kind == "data"
    assert "exactly the same on 5 days in a row" in finding.detail[0]


@pytest.mark.parametrize("lasted", [3, 10])
def test_what_people_called_normal_is_quiet_and_a_further_move_is_news(lasted: int) -> None:
    began = DAY - lasted
    shocked = world(price=on("paid_search", began, 1.8))
    normals = {(kpi, "paid_search"): shocked.day_of(began) for kpi in ("cpc", "cpm", "ctr", "roas")}
    frame = shocked.frame(DAY, versions=2)
    assert judged(frame) != ()
    assert judged(frame, normals=normals) == ()

    def further(channel: str, day: int) -> float:
        return on("paid_search", began, 1.8)(channel, day) * on("paid_search", DAY, 1.7)(channel, day)

    (again,) = judged(world(price=further).frame(DAY, versions=2), normals=normals)
    assert again.kpi == "cpc"
    assert float(again.reading.observed / again.reading.expected) == pytest.approx(1.7, abs=0.25)


def test_a_new_normal_for_every_channel_is_one_for_each() -> None:
    dear = world(price=on(None, DAY - 5, 1.8))
    normals = {(kpi, "*"): dear.day_of(DAY - 5) for kpi in ("cpc", "cpm", "ctr", "roas")}
    frame = dear.frame(DAY, versions=2)
    assert len(judged(frame)) >= 3
    assert judged(frame, normals=normals) == ()


def test_days_before_are_dated_by_the_data_not_by_the_clock() -> None:
    (finding,) = found(world(ads=BIG, price=on("paid_search", DAY - 2, 1.8)))
    assert finding.reading.last - finding.since == timedelta(days=2)

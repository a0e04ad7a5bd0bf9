"""One cause is one card: which findings are told as parts of which."""

from datetime import date, timedelta
from decimal import Decimal

from agents.lifecycle.cases.rollup import rolled_up
from storage.records.alerts import AlertKind, Finding, Pattern, Reading, Severity

DAY = date(2026, 5, 4)


def finding(key: str, **facts) -> Finding:
    kpi, channel = facts.pop("kpi", "cpc"), facts.pop("channel", None)
    times = facts.pop("times", "2")
    return Finding(
        **{
            "key": key, "kind": AlertKind.DRIFT, "severity": Severity.WARNING, "kpi": kpi, "entity": channel or "all",
            "title": key, "detail": (), "cause": "auction price, likely", "seen_on": DAY, "simulated": True,
            "channel": channel, "since": DAY,
            "reading": Reading(unit="x", observed=Decimal(times), expected=Decimal(1), first=DAY, last=DAY),
            **facts,
        }
    )  # fmt: skip


def parts(*findings: Finding, open_keys=(), channels=None) -> dict[str, str | None]:
    told = rolled_up(findings, open_keys=open_keys, channels=channels or {})
    assert {one.key for one in told} == {one.key for one in findings}
    return {one.key: one.part_of for one in told}


SEARCH = finding("drift/cpc/paid_search", channel="paid_search", times="2")
SOCIAL = finding("drift/cpc/paid_social", channel="paid_social", times="3")


def test_the_same_departure_in_two_channels_is_one_case_named_after_the_larger() -> None:
    assert parts(SEARCH, SOCIAL) == {"drift/cpc/paid_search": "drift/cpc/paid_social", "drift/cpc/paid_social": None}


def test_a_case_that_people_know_stays_the_parent() -> None:
    assert parts(SEARCH, SOCIAL, open_keys=("drift/cpc/paid_search",))["drift/cpc/paid_social"] == SEARCH.key


def test_another_cause_another_way_or_another_week_is_another_case() -> None:
    for other in (
        SOCIAL.model_copy(update={"cause": "unknown"}),
        SOCIAL.model_copy(update={"since": DAY - timedelta(days=7)}),
        SOCIAL.model_copy(update={"suspect_plan": "PLAN-1"}),
        finding("drift/cpc/paid_social", channel="paid_social", times="0.4"),
    ):
        assert set(parts(SEARCH, other).values()) == {None}


def test_a_forecast_that_a_broken_tag_spoiled_is_a_part_of_the_broken_tag() -> None:
    tag = finding("drift/conversions/all", kpi="conversions", pattern=Pattern.TRACKING_BREAK, cause="tracking, likely")
    missed = finding("outcome/PLAN-1", kind=AlertKind.OUTCOME, kpi="revenue", suspect_plan="PLAN-1", reading=None)
    assert parts(missed, tag)["outcome/PLAN-1"] == tag.key
    clicks = missed.model_copy(update={"kpi": "clicks"})
    assert parts(clicks, tag)["outcome/PLAN-1"] is None


def test_a_tag_broken_on_another_channel_spoils_no_plan_that_did_not_touch_it() -> None:
    tag = finding("drift/conversions/email", kpi="conversions", channel="email", pattern=Pattern.TRACKING_BREAK)
    missed = finding("outcome/PLAN-1", kind=AlertKind.OUTCOME, kpi="revenue", suspect_plan="PLAN-1", reading=None)
    assert parts(missed, tag, channels={"PLAN-1": frozenset({"paid_search"})})["outcome/PLAN-1"] is None
    assert parts(missed, tag, channels={"PLAN-1": frozenset({"email"})})["outcome/PLAN-1"] == tag.key


def test_moved_features_and_missed_forecasts_are_no_news_beside_what_moved() -> None:
    moved = finding("drift/features", kpi="features", pattern=Pattern.POPULATION)
    off = finding("drift/forecast/revenue", kpi="revenue", pattern=Pattern.FORECAST)
    assert parts(moved, off) == {moved.key: None, off.key: None}
    assert rolled_up((moved, off, SEARCH), open_keys=(), channels={}) == (SEARCH,)


def test_a_part_is_never_the_parent_of_another() -> None:
    email = finding("drift/cpc/email", channel="email", times="4")
    told = parts(SEARCH, SOCIAL, email)
    assert set(told.values()) == {None, email.key}


def test_what_was_not_measured_is_a_case_of_its_own() -> None:
    unread = SOCIAL.model_copy(update={"reading": None})
    unseen = SOCIAL.model_copy(update={"since": None})
    assert SOCIAL.reading is not None
    half = SOCIAL.model_copy(update={"reading": SOCIAL.reading.model_copy(update={"expected": None})})
    for other in (unread, unseen, half):
        assert parts(SEARCH, other) == {SEARCH.key: None, other.key: None}


def test_a_market_and_the_real_world_explain_nothing_of_each_other() -> None:
    real = SOCIAL.model_copy(update={"simulated": False})
    assert parts(SEARCH, real) == {SEARCH.key: None, real.key: None}

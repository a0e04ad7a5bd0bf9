"""Since when another level is the normal one: by a person's word, or because it has lasted."""

from datetime import UTC, date, datetime, timedelta

import pytest

from agents.lifecycle.cases.normals import CONFIRMED, normals, normals_in
from storage.records.alerts import Alert, AlertKind, AlertState, Finding, LearntKind, Pattern, Severity
from storage.records.attention import Learnt
from tests.unit.agents.lifecycle.house import House

DAY = date(2026, 5, 20)
NOW = datetime(2026, 5, 21, 9, tzinfo=UTC)


def case(*, since: date, seen_on: date = DAY, **facts) -> Alert:
    finding = Finding(
        **{
            "key": "drift/cpc/paid_search", "kind": AlertKind.DRIFT, "severity": Severity.WARNING, "kpi": "cpc",
            "entity": "paid_search", "channel": "paid_search", "title": "t", "detail": (), "cause": "unknown",
            "seen_on": seen_on, "since": since, "pattern": Pattern.LEVEL_SHIFT, "simulated": True, **facts,
        }
    )  # fmt: skip
    return Alert(
        id="ALERT-1", finding=finding, state=AlertState.OPEN, version=1, opened_on=since, opened_at=NOW, times_seen=1,
        updated_at=NOW,
    )  # fmt: skip


def said(since: date) -> Learnt:
    return Learnt(
        alert_id="ALERT-1", key="drift/cpc/paid_search", kpi="cpc", entity="paid_search", simulated=True,
        kind=LearntKind.EXPECTED, since=since, severity=Severity.WARNING, reason="we bid more", learnt_by="aaron",
        at=NOW,
    )  # fmt: skip


def test_a_shift_that_has_lasted_two_weeks_is_the_new_normal_of_what_moves_with_it() -> None:
    since = DAY - CONFIRMED
    assert normals({}, [case(since=since)], DAY) == {
        (kpi, "paid_search"): since for kpi in ("cpc", "cpm", "ctr", "roas")
    }
    assert normals({}, [case(since=since + timedelta(days=1))], DAY) == {}


@pytest.mark.parametrize(
    "facts",
    [
        {"pattern": Pattern.TREND_BREAK},
        {"pattern": Pattern.TRACKING_BREAK, "kpi": "conversions"},
        {"cause": "outage, likely"},
        {"pattern": Pattern.SPIKE},
    ],
)
def test_what_is_broken_or_goes_on_moving_never_becomes_normal_by_itself(facts: dict) -> None:
    assert normals({}, [case(since=DAY - 3 * CONFIRMED, **facts)], DAY) == {}


def test_a_persons_word_counts_at_once_and_over_an_older_date() -> None:
    old, new = DAY - CONFIRMED, DAY - timedelta(days=2)
    assert normals({"k": said(new)}, [case(since=old)], DAY)["cpc", "paid_search"] == new


def test_a_word_on_all_channels_holds_for_each_and_one_on_a_campaign_for_it_alone() -> None:
    shop = case(since=DAY, channel=None, kpi="store_orders")
    found = normals({"k": said(DAY)}, [shop], DAY)
    assert found == {("orders", "all"): DAY, ("tracking", "all"): DAY, ("cvr", "*"): DAY, ("roas", "*"): DAY}
    one = case(since=DAY, campaign_id="s2", key="drift/spend/paid_search/campaigns", kpi="spend")
    assert normals({"k": said(DAY)}, [one], DAY) == {("spend", "paid_search/s2"): DAY}


def test_what_was_learnt_long_ago_is_all_the_history_there_is() -> None:
    assert normals({"k": said(DAY - timedelta(days=121))}, [case(since=DAY)], DAY) == {}


def test_which_campaigns_a_case_of_many_was_about_is_not_told_so_none_becomes_normal_by_it() -> None:
    many = case(since=DAY - CONFIRMED, key="drift/spend/paid_search/campaigns", kpi="spend")
    assert normals({}, [many], DAY) == {}


async def test_a_persons_word_holds_in_the_world_of_its_case_alone(house: House) -> None:
    async with house.ledger.write() as tx:
        opened = await tx.alerts.open(case(since=DAY).finding, now=NOW)
        await tx.alerts.learn(said(DAY).model_copy(update={"alert_id": opened.id}))
        assert ("cpc", "paid_search") in await normals_in(tx, simulated=True, day=DAY)
        assert await normals_in(tx, simulated=False, day=DAY) == {}


async def test_a_persons_word_holds_however_many_cases_came_since(house: House) -> None:
    async with house.ledger.write() as tx:
        old = await tx.alerts.open(case(since=DAY).finding, now=NOW)
        await tx.alerts.learn(said(DAY).model_copy(update={"alert_id": old.id}))
        for number in range(401):
            spent = case(since=DAY, key=f"drift/spend/{number}", kpi="spend", channel="email").finding
            await tx.alerts.open(spent, now=NOW + timedelta(seconds=number))
        assert (await normals_in(tx, simulated=True, day=DAY))["cpc", "paid_search"] == DAY

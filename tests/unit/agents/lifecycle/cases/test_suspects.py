"""Who may be behind a case: nearness in time and in the graph is told, and only an experiment shows a cause."""

from datetime import UTC, date, datetime, time, timedelta

import polars as pl
import pytest

from agents.knowledge import things
from agents.knowledge.charts.sheet import Sheet
from agents.lifecycle.cases.suspects import with_suspects
from agents.sources.source import ForeignChange
from storage.lake.facts import FACTS
from storage.ledger import Ledger
from storage.records.alerts import AlertKind, Candidate, Certainty, Finding, Pattern, Severity
from storage.records.money import Money
from storage.records.plans import Resource
from tests.unit.agents.lifecycle.house import House

DAY = date(2026, 8, 20)
AT = datetime(2026, 8, 18, 12, tzinfo=UTC)
DAYS = timedelta(days=2)
CAMPAIGN = things.campaign("ads", "a", "s1")
SOFA = things.product("shop", "sofa")


def finding(**facts) -> Finding:
    return Finding(
        **{
            "key": "drift/cvr/paid_search", "kind": AlertKind.DRIFT, "severity": Severity.WARNING, "kpi": "cvr",
            "entity": "paid_search", "channel": "paid_search", "title": "t", "detail": (), "cause": "unknown",
            "seen_on": DAY, "since": DAY, "simulated": False, **facts,
        }
    )  # fmt: skip


def rows() -> pl.DataFrame:
    row = dict.fromkeys(FACTS) | {
        "source": "ads", "account": "a", "channel": "paid_search", "campaign_id": "s1", "campaign": "Sofas",
        "spend_micros": 5_000_000, "day": DAY, "last_day": DAY, "simulated": False,
    }  # fmt: skip
    return pl.DataFrame([row], schema=FACTS)


async def told(ledger: Ledger, one: Finding, **facts) -> tuple[Candidate, ...]:
    async with ledger.read() as tx:
        return (await with_suspects(tx, one, rows(), **facts)).candidates


async def chart(ledger: Ledger, sheet: Sheet) -> None:
    async with ledger.write() as tx:
        applied = await tx.graph.apply(sheet.updates, now=AT)
        assert applied.refused == ()


def pushing(sheet: Sheet) -> None:
    sheet.node(CAMPAIGN, "Sofas")
    sheet.node(SOFA, "Sofa Alma")
    sheet.edge(CAMPAIGN, "promotes", SOFA)


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [("price-dearer", "Sofa Alma became dearer", "price"), ("stock-out", "Sofa Alma is out of stock", "stock")],
)
async def test_what_happened_to_what_the_campaigns_push_coincides(house: House, kind: str, name: str, expected: str):
    sheet = Sheet("shop")
    pushing(sheet)
    event = sheet.node(things.event(kind, "sofa"), name, kind=kind, at=AT.isoformat(), day=AT.date().isoformat())
    sheet.edge(event, "concerns", SOFA, field="price")
    await chart(house.ledger, sheet)
    (one,) = await told(house.ledger, finding())
    assert (one.kind, one.certainty) == (expected, Certainty.POSSIBLE)
    assert one.words == f"{name} on 2026-08-18: it coincides with this."
    assert "these campaigns push Sofa Alma" in one.speaks_for
    assert "the departure began 2 days after it" in one.speaks_for


async def test_what_happened_after_the_departure_began_has_that_against_it(house: House):
    sheet = Sheet("shop")
    pushing(sheet)
    event = sheet.node(things.event("stock-out", "s"), "Out", kind="stock-out", at=AT.isoformat(), day="2026-08-18")
    sheet.edge(event, "concerns", SOFA, field="stock")
    await chart(house.ledger, sheet)
    (one,) = await told(house.ledger, finding(since=DAY - timedelta(days=5)))
    assert one.speaks_against == ("the departure began 3 days before it",)


async def test_alerts_and_what_is_long_past_are_no_suspects(house: House):
    sheet = Sheet("shop")
    pushing(sheet)
    for name, kind, day in (("alert", "alert-drift", "2026-08-18"), ("old", "stock-out", "2026-07-01")):
        event = sheet.node(things.event(name, "x"), name, kind=kind, at=AT.isoformat(), day=day)
        sheet.edge(event, "concerns", SOFA)
    await chart(house.ledger, sheet)
    assert await told(house.ledger, finding()) == ()


async def test_only_an_experiment_that_has_ended_makes_a_plan_the_cause(house: House):
    ours = Candidate(kind="change", ref="PLAN-7", words="PLAN-7 …", certainty=Certainty.POSSIBLE)
    sheet = Sheet("lab")
    sheet.node(CAMPAIGN, "Sofas")
    sheet.node(things.plan("PLAN-7"), "PLAN-7: more")
    sheet.edge(things.plan("PLAN-7"), "changes", CAMPAIGN, field="budget")
    test = sheet.node(things.event("x", "y").model_copy(update={"type": "experiment"}), "Geo test", state="running")
    sheet.edge(test, "tests", things.plan("PLAN-7"))
    await chart(house.ledger, sheet)
    (one,) = await told(house.ledger, finding(candidates=(ours,)))
    assert one.certainty is Certainty.POSSIBLE
    ended = Sheet("lab")
    ended.node(test, "Geo test", state="concluded")
    await chart(house.ledger, ended)
    (one,) = await told(house.ledger, finding(candidates=(ours,)))
    assert one.certainty is Certainty.CAUSED
    assert "the experiment Geo test has shown it" in one.speaks_for


def edit(campaign: str, day: date = DAY, channel: str = "paid_search") -> ForeignChange:
    return ForeignChange(
        resource=Resource(channel=channel, id=campaign, name=f"Campaign {campaign}"),
        field="daily_budget",
        before=Money.of(100, "EUR"),
        after=Money.of(140, "EUR"),
        actor="maria@agency",
        at=datetime(day.year, day.month, day.day, 10, tzinfo=UTC),
    )


async def test_a_hand_on_the_platform_is_named_once_for_a_round_of_changes(house: House):
    (one,) = await told(house.ledger, finding(), foreign=[edit("s1"), edit("s2"), edit("e1", channel="email")])
    assert one.words.startswith("maria@agency changed daily budget of 2 campaigns of paid_search on the platform")
    assert one.certainty is Certainty.POSSIBLE


async def test_who_changed_a_budget_is_told_in_place_of_somebody(house: House):
    somebody = Candidate(kind="change", words="Somebody …", certainty=Certainty.LIKELY, speaks_for=("no plan of ours",))
    (one,) = await told(house.ledger, finding(campaign_id="s1", candidates=(somebody,)), foreign=[edit("s1")])
    assert "maria@agency changed daily budget of Campaign s1 from" in one.words
    assert one.certainty is Certainty.LIKELY
    assert "no plan of ours" in one.speaks_for


async def test_what_follows_from_something_else_has_its_suspects_there(house: House):
    one = finding(pattern=Pattern.FORECAST)
    async with house.ledger.read() as tx:
        assert await with_suspects(tx, one, rows()) is one


async def showing(house: House, *shown: tuple[str, date, date | None]) -> list[Candidate]:
    """The suspects among what the campaign has shown, each with its first day and the one after its last."""
    sheet = Sheet("ads")
    sheet.node(CAMPAIGN, "Sofas")
    for name, first, last in shown:
        creative = sheet.node(things.part(CAMPAIGN, "creative", name), name)
        ended = None if last is None else datetime.combine(last, time(), UTC)
        sheet.edge(CAMPAIGN, "uses", creative, first=datetime.combine(first, time(), UTC), last=ended)
    await chart(house.ledger, sheet)
    return [one for one in await told(house.ledger, finding()) if one.kind == "creative"]


async def test_what_a_campaign_shows_since_lately_coincides(house: House):
    old, new = ("old", date(2026, 6, 1), DAY - DAYS), ("new", DAY - DAYS, None)
    (one,) = await showing(house, old, new)
    assert (one.ref, one.certainty) == (str(things.part(CAMPAIGN, "creative", "new")), Certainty.POSSIBLE)
    assert one.words == "Sofas shows something else since 2026-08-18: it coincides with this."
    assert one.speaks_for == ("the departure began 2 days after it",)


async def test_what_a_campaign_has_always_shown_is_no_change(house: House):
    assert await showing(house, ("always", DAY - DAYS, None)) == []


async def test_a_case_of_all_channels_asks_about_the_campaigns_of_all(house: House):
    sheet = Sheet("shop")
    pushing(sheet)
    event = sheet.node(
        things.event("stock-out", "sofa"), "Sofa Alma is out of stock", kind="stock-out", at=AT.isoformat(),
        day=AT.date().isoformat(),
    )  # fmt: skip
    sheet.edge(event, "concerns", SOFA, field="stock")
    await chart(house.ledger, sheet)
    (one,) = await told(house.ledger, finding(entity="all", channel=None))
    assert one.kind == "stock"


async def test_around_a_campaign_that_the_graph_does_not_know_nothing_happened(house: House):
    assert await told(house.ledger, finding()) == ()


async def test_what_figures_alone_tell_of_stays_as_likely_as_they_make_it(house: House):
    seen = Candidate(kind="change", words="Its budget was raised.", certainty=Certainty.LIKELY)
    assert await told(house.ledger, finding(candidates=(seen,))) == (seen,)

"""Charting: what is told once, what is told later, what is told twice, and what nobody can know yet."""

import asyncio
from datetime import date, timedelta

import pytest

from agents.knowledge import things
from agents.knowledge.charting import Charter
from storage.records.graph import NodeRef
from tests.builders import a_plan
from tests.unit.agents.knowledge.study import LAST, MEASURES, Study, day

BRAND = things.campaign("google_ads", "482", "1")


def brand(**changes):
    return {"account": "482", "campaign_id": "1", "campaign": "Brand | UK", **changes}


async def test_what_was_charted_is_not_told_again(study: Study):
    await study.facts(brand())
    first = await study.chart()
    assert first.statements > 0
    again = await study.chart()
    assert (again.seq, again.statements, again.new) == (first.seq, 0, ())


async def test_after_a_crash_before_the_position_was_kept_the_same_is_told_and_changes_nothing(study: Study):
    await study.facts(brand())
    first = await study.chart()
    async with study.ledger.write() as tx:
        await tx.home.put("graph.position", "{}")
    again = await study.chart()
    assert (again.seq, again.statements) == (first.seq, 0)


async def test_another_process_goes_on_where_this_one_was(study: Study):
    await study.facts(brand())
    first = await study.chart()

    async def nothing():
        return ()

    other = Charter(
        study.ledger, study.lake, shown=nothing, measures=MEASURES, declared=study.declared, clock=study.clock
    )
    assert (await other.catch_up()).statements == 0
    await study.facts(brand(campaign_id="2", campaign="Lighting"))
    assert (await other.catch_up()).new == (things.campaign("google_ads", "482", "2"),)
    assert (await study.chart()).seq > first.seq


async def test_all_who_ask_while_it_is_at_work_share_the_next_run(study: Study):
    begun, go_on, looks = asyncio.Event(), asyncio.Event(), []

    async def shown():
        looks.append(1)
        begun.set()
        await go_on.wait()
        return ()

    charter = Charter(
        study.ledger, study.lake, shown=shown, measures=MEASURES, declared=study.declared, clock=study.clock
    )
    first = asyncio.create_task(charter.catch_up())
    await begun.wait()
    await study.facts(brand())
    others = asyncio.gather(*(charter.catch_up() for _ in range(20)))
    go_on.set()
    told = [await first, *await others]
    assert len(looks) == 2
    assert any(BRAND in one.new for one in told)
    assert {one.seq for one in told[1:]} == {(await charter.catch_up()).seq}
    assert len(looks) == 3, "who asks later is told what is new by then"


async def test_a_campaign_runs_from_its_first_day_and_until_it_has_no_figures_any_more(study: Study):
    await study.facts(
        brand(day=date(2025, 3, 4)), brand(campaign_id="2", day=date(2025, 3, 4), last_day=date(2025, 3, 9))
    )
    await study.chart()
    ended = things.campaign("google_ads", "482", "2")
    assert [one.relation for one in await study.edges(BRAND, day(3))] == ["belongs_to"]
    assert {one.relation for one in await study.edges(BRAND, day(5))} == {"belongs_to", "runs_on"}
    assert {one.relation for one in await study.edges(ended, day(5))} == {"belongs_to", "runs_on"}
    assert [one.relation for one in await study.edges(ended)] == ["belongs_to"]


async def test_a_campaign_that_was_renamed_keeps_its_node_and_both_names(study: Study):
    await study.facts(brand(day=date(2025, 3, 4)))
    await study.chart()
    await study.facts(brand(campaign="Brand | GB", day=date(2025, 3, 20)))
    await study.chart()
    assert (await study.node(BRAND)).name == "Brand | GB"
    assert (await study.node(BRAND, day(10))).name == "Brand | UK"


async def test_a_file_that_comes_late_does_not_bring_an_old_name_back(study: Study):
    await study.facts(brand(campaign="Brand | GB", day=date(2025, 3, 20)))
    await study.chart()
    await study.facts(brand(day=date(2025, 3, 4), last_day=date(2025, 3, 10)), last=date(2025, 3, 10))
    await study.chart()
    assert (await study.node(BRAND)).name == "Brand | GB"
    assert (await study.node(BRAND, day(5))).name == "Brand | UK"


async def test_an_audience_is_tied_to_a_campaign_once_the_campaign_is_known(study: Study):
    await study.entities("audience", {"id": "a", "name": "Newsletter", "campaigns": "brand  UK"}, source="klaviyo")
    first = await study.chart()
    assert first.unknown == (("klaviyo", "brand  UK"),)
    assert await study.edges(things.audience("klaviyo", "Newsletter")) == ()
    await study.facts(brand())
    second = await study.chart()
    assert second.unknown == ()
    (edge,) = await study.edges(things.audience("klaviyo", "Newsletter"))
    assert (edge.relation, edge.src) == ("addresses", BRAND)


async def test_a_name_that_two_campaigns_have_ties_to_neither(study: Study):
    await study.facts(brand(), brand(campaign_id="7"))
    await study.entities("audience", {"id": "a", "name": "Newsletter", "campaigns": "Brand | UK"}, source="klaviyo")
    charted = await study.chart()
    assert charted.unknown == (("klaviyo", "Brand | UK"),)
    assert await study.edges(things.audience("klaviyo", "Newsletter")) == ()


async def test_an_analytics_tool_does_not_say_where_a_campaign_is_kept(study: Study):
    await study.facts(brand(), source="ga4")
    await study.chart()
    assert await study.edges(things.campaign("ga4", "482", "1")) == ()


async def test_what_people_no_longer_say_no_longer_holds(study: Study):
    await study.facts(brand())
    study.declared.write_text("campaigns: {Brand | UK: {owner: olivia, keywords: [Lámp!]}}", encoding="utf-8")
    await study.chart()
    assert {"owned_by", "bids_on"} < {one.relation for one in await study.edges(BRAND)}
    study.clock.pass_(hours=1)
    study.declared.write_text("campaigns: {Brand | UK: {owner: carla}}", encoding="utf-8")
    await study.chart()
    edges = await study.edges(BRAND)
    assert [str(one.dst) for one in edges if one.relation == "owned_by"] == ["owner:carla"]
    assert "bids_on" not in {one.relation for one in edges}


@pytest.mark.parametrize(
    "text", ["campaigns: [", "campaigns: {x: {owner: [1]}}", "campaings: {}", "campaigns: {x: {addresses: {a: often}}}"]
)
async def test_a_file_that_says_nothing_sensible_is_named_and_everything_else_is_charted(study: Study, text: str):
    await study.facts(brand())
    study.declared.write_text(text, encoding="utf-8")
    charted = await study.chart()
    assert [one.startswith("know.yml: ") for one in charted.refused] == [True]
    assert (await study.node(BRAND)).name == "Brand | UK"


async def test_a_plan_is_tied_to_what_it_changes_and_follows_its_state(study: Study):
    from tests.fakes.channels import a_platform

    platform = a_platform()
    study.states["sandbox"] = tuple(platform.campaigns.values())
    plan = a_plan()
    async with study.ledger.write() as tx:
        await tx.plans.add(plan, now=study.clock())
        await tx.audit.append(at=study.clock(), actor="x", action="plan.proposed", subject=plan.id, facts={})
    await study.chart()
    ref = NodeRef(type="plan", key=plan.id)
    assert (await study.node(ref)).props["state"] == "proposed"
    relations = {one.relation for one in await study.edges(ref)}
    assert "carries_out" in relations
    assert all(one.src == ref for one in await study.edges(ref))


async def test_names_no_graph_can_hold_are_charted_all_the_same(study: Study):
    odd = ["", "   ", "x" * 2000, "\u202eevil\u0000", "a/b:c", "*<!channel>*"]
    await study.facts(
        *(brand(campaign_id=f"{number}{name}"[:400] or "0", campaign=name) for number, name in enumerate(odd))
    )
    charted = await study.chart()
    assert charted.refused == ()
    assert len(charted.new) == len(odd)


def test_what_is_too_long_for_a_key_still_tells_two_things_apart():
    one, other = things.product("shop", "y" * 400 + "1"), things.product("shop", "y" * 400 + "2")
    assert one != other
    assert len(one.key) <= 300
    assert things.folded("Größe – ÉTÉ_24") == things.folded("grosse ete 24".replace("grosse", "größe"))


async def test_days_of_the_lake_and_of_the_graph_are_the_same_days(study: Study):
    await study.facts(brand(last_day=LAST - timedelta(days=20)))
    await study.chart()
    last = LAST - timedelta(days=20)
    runs = [one for one in await study.edges(BRAND, day(last.day)) if one.relation == "runs_on"]
    assert [one.valid_to for one in runs] == [day(last.day + 1)]

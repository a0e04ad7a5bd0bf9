"""The sandbox source: reports and foreign changes, without a way to the truth."""

import sys
from collections.abc import Iterable
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from agents.channels.sandbox_market import sandbox_channels
from agents.market.scenarios import Scenario
from agents.market.truth import Truth
from agents.sources.sandbox_market import ResourceUnknown, SandboxMarketSource
from agents.sources.source import Source, SourceUnavailable
from storage.market_ledger.hidden import TruthBook, TruthLedger
from storage.records.plans import Resource
from tests.fakes.market_home import a_market, a_request, pounds

TRUTH_TYPES = (TruthLedger, TruthBook, Truth)


def held_by(root: Any) -> Iterable[Any]:
    """Everything that can be reached from an object through attributes, containers and closures."""
    waiting, seen = [root], set()
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, (ModuleType, type)):
            continue
        seen.add(id(item))
        yield item
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, (list, tuple, set, frozenset)):
            waiting += item
        waiting += list(getattr(item, "__dict__", {}).values())
        for cell in getattr(item, "__closure__", None) or ():
            waiting.append(cell.cell_contents)


def knows_the_truth(root: Any) -> bool:
    return any(
        isinstance(item, TRUTH_TYPES) or (isinstance(item, str) and "market_truth" in item) for item in held_by(root)
    )


async def test_neither_source_nor_channels_hold_a_way_to_the_truth():
    async with a_market(history_days=1) as home:
        source: Source = SandboxMarketSource(home.platform)
        await source.campaigns()
        assert not knows_the_truth(source)
        for channel in sandbox_channels(home.platform).values():
            assert not knows_the_truth(channel)
        assert knows_the_truth(home.market), "the walk finds the truth where it is"


def test_the_file_that_the_source_reads_has_no_module_that_opens_the_truth():
    import storage.market_ledger.shown

    assert storage.market_ledger.hidden not in vars(storage.market_ledger.shown).values()
    platform = sys.modules["agents.market.platform"]
    assert not set(TRUTH_TYPES) & {value for value in vars(platform).values() if isinstance(value, type)}


async def test_a_source_reports_what_the_platforms_report():
    async with a_market(history_days=5) as home:
        source = SandboxMarketSource(home.platform)
        today = await source.today()
        frame = await source.metrics(today - timedelta(days=5), today - timedelta(days=1))
        assert frame.equals(await home.platform.reported(today - timedelta(days=5), today))
        assert (source.name, source.simulated, source.zone, source.restatement_days) == (
            "sandbox",
            True,
            "Europe/London",
            30,
        )
        assert (await source.now()).date() == today
        states = await source.campaigns()
        assert len(states) == 14
        assert {state.channel for state in states} == {"email", "paid_search", "paid_social", "website"}
        assert "Brand | UK | Exact, Phrase & <Close variants>" in {state.name for state in states}


async def test_foreign_changes_are_those_of_others():
    async with a_market(history_days=1) as home:
        source = SandboxMarketSource(home.platform)
        since = await source.now()
        await home.platform.apply(await a_request(home.platform, "ps-2001", pounds(150), key="PLAN-1.r1.c1"))
        await home.platform.edit_by_hand("ps-2001", pounds(180), actor="maria@agency")
        (foreign,) = await source.changes_since(since)
    assert (foreign.actor, foreign.resource.key) == ("maria@agency", "paid_search/campaign/ps-2001")
    assert (foreign.before, foreign.after) == (pounds(150), pounds(180))


async def test_a_source_says_when_a_channel_that_is_out_does_not_answer():
    async with a_market(scenario=Scenario.CHANNEL_OUTAGE, history_days=1, starts_in_days=0) as home:
        source = SandboxMarketSource(home.platform)
        social = Resource(channel="paid_social", id="so-3001", name="Prospecting")
        seen = set()
        for _ in range(20):
            try:
                seen.add((await source.read(social, "status")).value)
            except SourceUnavailable as error:
                seen.add(str(error))
        assert seen == {"active", "paid_social answered 503 Service Unavailable"}
        assert len(await source.campaigns()) == 14


async def test_the_source_reads_fields_and_names_what_it_does_not_have():
    async with a_market(history_days=1) as home:
        source = SandboxMarketSource(home.platform)
        brand = Resource(channel="paid_search", id="ps-2001", name="Brand")
        assert (await source.read(brand, "status")).value == "active"
        with pytest.raises(ResourceUnknown, match="no field bid"):
            await source.read(brand, "bid")
        with pytest.raises(ResourceUnknown, match="email has no campaign ps-2001"):
            await source.read(brand.model_copy(update={"channel": "email"}), "status")

"""What is particular to the sandbox's channels; the contract of any channel is in tests/contracts."""

import asyncio
from functools import partial

import pytest

from agents.channels.channel import ChangeRefused, ChannelUnavailable, OutcomeUnknown, Reversibility
from agents.channels.sandbox_market import sandbox_channels
from agents.market.scenarios import Scenario
from tests.fakes.market_home import a_change_of, a_market, opened_market, pounds, within_three


async def test_during_an_outage_questions_are_unavailable_at_times_and_never_unknown():
    async with a_market(scenario=Scenario.CHANNEL_OUTAGE, history_days=1, starts_in_days=0) as home:
        channel = sandbox_channels(home.platform)["paid_social"]
        change = await a_change_of(home.platform, "so-3001", pounds(200))
        for question in (
            partial(channel.find, "k"),
            partial(channel.read, change.resource, "daily_budget"),
            partial(channel.preview, change),
        ):
            dropped = 0
            for _ in range(30):
                try:
                    await question()
                except ChannelUnavailable:
                    dropped += 1
            assert 0 < dropped < 20


async def test_every_channel_says_what_cannot_be_undone():
    async with a_market(history_days=1) as home:
        channels = sandbox_channels(home.platform)
    assert sorted(channels) == ["email", "paid_search", "paid_social", "website"]
    for channel in channels.values():
        assert channel.simulated
        fields = [capability.field for capability in channel.capabilities()]
        paid = channel.name.startswith("paid_")
        assert fields == ["daily_budget", "status", *(["creative"] if paid else [])]
        assert all("spent" in capability.irreversible_note for capability in channel.capabilities())
    budget = channels["paid_social"].capabilities()[0]
    assert (budget.max_per_hour, budget.resets_learning) == (4, True)
    assert "Mail already sent" in channels["email"].capabilities()[0].irreversible_note


async def test_a_creative_is_set_at_once_and_taken_back_only_in_part():
    async with a_market(history_days=1) as home:
        channel = sandbox_channels(home.platform)["paid_social"]
        change = await a_change_of(home.platform, "so-3001", "Linen, made to last", field="creative")
        receipt = await channel.apply(change, key="k1", expected_version=change.expected_version)
        found = await channel.read(change.resource, "creative")
        assert (found.value, found.version) == ("Linen, made to last", receipt.version)
        with pytest.raises(ChangeRefused, match="must be one line"):
            await channel.preview(change.model_copy(update={"after": "two\nlines", "expected_version": found.version}))
        mail = await a_change_of(home.platform, "em-101", "Linen", field="creative")
        with pytest.raises(ChangeRefused, match="no field creative: it has daily_budget, status"):
            await sandbox_channels(home.platform)["email"].preview(mail)
    (capability,) = [each for each in channel.capabilities() if each.field == "creative"]
    assert capability.reversible is Reversibility.PARTLY
    assert "pass the platform's review again" in capability.irreversible_note


async def test_too_many_edits_are_answered_with_the_time_to_wait():
    async with a_market(history_days=1) as home:
        channel = sandbox_channels(home.platform)["paid_social"]
        for number in range(4):
            change = await a_change_of(home.platform, "so-3001", pounds(200 + number))
            await channel.apply(change, key=f"k{number}", expected_version=change.expected_version)
        change = await a_change_of(home.platform, "so-3001", pounds(300))
        with pytest.raises(ChannelUnavailable, match="blocked until") as caught:
            await channel.apply(change, key="k5", expected_version=change.expected_version)
        assert caught.value.retry_after_s == 3600
        with pytest.raises(ChannelUnavailable):
            await channel.preview(change)
        assert await channel.find("k5") is None


async def test_a_channel_refuses_campaigns_of_another():
    async with a_market(history_days=1) as home:
        change = await a_change_of(home.platform, "so-3001", pounds(200))
        channel = sandbox_channels(home.platform)["email"]
        with pytest.raises(ChangeRefused, match="paid_social/campaign/so-3001 is no campaign of email"):
            await channel.apply(change, key="k", expected_version=change.expected_version)
        with pytest.raises(ChangeRefused):
            await channel.read(change.resource, "daily_budget")


async def test_twenty_calls_at_once_from_two_processes_under_one_key_make_one_edit():
    async with a_market(history_days=1) as one, opened_market(one.folder) as other:
        change = await a_change_of(one.platform, "ps-2002", pounds(333))
        since = await one.platform.now()
        channels = [sandbox_channels(home.platform)["paid_search"] for home in (one, other)]
        receipts = await asyncio.gather(
            *(channels[n % 2].apply(change, key="k", expected_version=change.expected_version) for n in range(20))
        )
        assert len({receipt.reference for receipt in receipts}) == 1
        assert len(await one.platform.changes_since(since)) == 1


async def test_during_an_outage_reading_before_retrying_ends_in_one_edit():
    async with a_market(scenario=Scenario.CHANNEL_OUTAGE, history_days=1, starts_in_days=0) as home:
        channel = sandbox_channels(home.platform)["paid_social"]
        since = await home.platform.now()
        unknown = 0
        for number in range(12):
            change = await a_change_of(home.platform, "so-3002", "paused" if number % 2 else "active", field="status")
            receipt = None
            while receipt is None:
                try:
                    receipt = await channel.apply(change, key=f"k{number}", expected_version=change.expected_version)
                except ChannelUnavailable:
                    continue
                except OutcomeUnknown:
                    unknown += 1
                    receipt = await within_three(partial(channel.find, f"k{number}"))
            assert (await within_three(partial(channel.read, change.resource, "status"))).value == change.after
        assert unknown > 0
        assert len(await home.platform.changes_since(since)) == 12

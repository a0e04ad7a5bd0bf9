"""The fake channel keeps the contract of real ones, so what is proved with it holds."""

from collections.abc import AsyncIterator

import pytest

from storage.records.plans import Change, Resource
from tests.builders import pounds
from tests.contracts.test_channel_contract import (
    test_a_preview_of_a_stale_change_is_a_conflict,
    test_a_preview_shows_both_values_and_writes_nothing,
    test_a_repeated_key_never_undoes_a_later_edit,
    test_a_repeated_key_returns_the_first_receipt_and_writes_nothing,
    test_a_stale_version_is_a_conflict_and_writes_nothing,
    test_apply_and_the_inverse_restore_the_value,
    test_find_knows_applied_keys_and_no_others,
    test_one_key_does_not_serve_two_changes,
    test_reading_what_the_channel_does_not_have_is_refused,
    test_what_the_channel_never_takes_is_refused_and_not_written,
    test_what_was_applied_is_read_back_with_the_version_of_the_receipt,
)
from tests.fakes.channels import FakeChannel, a_platform

__all__ = [name for name in dir() if name.startswith("test_")]


class FakeHarness:
    def __init__(self) -> None:
        self.platform = a_platform()
        self.channel = FakeChannel("paid_search", self.platform)
        self._amount = 100

    async def a_change(self) -> Change:
        self._amount += 1
        state = self.platform.campaigns["brand"]
        return Change(
            id="c1", resource=Resource(channel=state.channel, id=state.id, name=state.name), field="daily_budget",
            before=state.daily_budget, after=pounds(self._amount), unit="GBP/day", expected_version=state.version,
        )  # fmt: skip

    async def edit_by_hand(self, change: Change) -> None:
        self.platform.by_hand(change.resource.id, pounds(77))

    async def edits(self) -> int:
        return len(self.platform.written)


@pytest.fixture
async def harness() -> AsyncIterator[FakeHarness]:
    yield FakeHarness()

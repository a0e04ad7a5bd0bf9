"""The fake channel keeps the contract of real ones, so what is proved with it holds."""

import pytest

from storage.records.plans import Change, Resource
from tests.builders import pounds
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
async def harness() -> FakeHarness:
    return FakeHarness()

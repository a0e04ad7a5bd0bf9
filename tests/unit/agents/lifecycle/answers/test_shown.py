"""The graph is told what every source shows; one that is out for a moment is left out, and the others are not."""

from agents.lifecycle.answers.shown import shown_by
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from storage.records.facts import CampaignState
from tests.fakes.channels import FakeSource
from tests.unit.agents.lifecycle.house import House


class Out(FakeSource):
    """A source that is out for the moment."""

    name = "out"

    async def campaigns(self) -> tuple[CampaignState, ...]:
        raise SourceUnavailable("503")


async def test_a_source_that_is_out_keeps_nobody_from_seeing_the_others(house: House):
    readers = Readers({"paid_search": Out(house.platform), "email": house.source})
    (shown,) = await shown_by(readers)()
    assert (shown.source, shown.at) == ("fake", await house.source.now())
    assert {one.id for one in shown.states} == {"news", "brand", "video", "hero"}

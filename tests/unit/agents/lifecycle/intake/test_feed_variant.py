"""Exports of one layout that share few columns are feeds of their own; one without columns is of no variant."""

from datetime import datetime

from agents.lifecycle.intake.feed_variant import nearest, variant_of
from agents.sources.text.columns import Column
from storage.records.feeds import Feed, FeedColumn
from tests.builders import NOW
from tests.unit.agents.lifecycle.house import House


def columns(*names: str) -> list[Column]:
    return [Column(name=name, kind="text") for name in names]


def accepted(name: str, *names: str, at: datetime = NOW) -> Feed:
    told = tuple(FeedColumn(name=one, kind="text") for one in names)
    return Feed(name=name, version=1, columns=told, accepted_by="system", accepted_at=at)


def test_the_first_file_of_a_layout_gives_its_feed_the_name():
    assert nearest("google/campaign", columns("Day", "Cost"), []) == ("google/campaign", None)


def test_a_file_belongs_to_the_feed_with_which_it_shares_most():
    english, german = accepted("f", "Day", "Cost"), accepted("f~2", "Tag", "Kosten", "Klicks")
    assert nearest("f", columns("Tag", "Kosten"), [english, german]) == ("f~2", german)
    assert nearest("f", columns("Jour", "Coût"), [english, german]) == ("f~3", None)


async def test_the_feed_of_a_file_is_found_among_those_that_were_accepted(house: House):
    async with house.ledger.write() as tx:
        assert await variant_of(tx, "f", columns("Day", "Cost")) == ("f", None)
        known = await tx.feeds.accept("f", accepted("f", "Day", "Cost").columns, by="system", now=NOW)
        assert await variant_of(tx, "f", columns("Day", "Clicks")) == ("f", known)

"""Exports of one layout that share few columns are feeds of their own; one without columns is of no variant."""

from datetime import datetime

import pytest

from agents.lifecycle.feed_variant import nearest, variant_of
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


@pytest.mark.parametrize(("feed", "names"), [("", ("Day",)), ("google/campaign", ())])
async def test_what_has_no_columns_or_no_feed_is_of_no_variant(house: House, feed: str, names: tuple[str, ...]):
    async with house.ledger.write() as tx:
        await tx.feeds.accept("google/campaign", accepted("f", "Day").columns, by="system", now=NOW)
        assert await variant_of(tx, feed, columns(*names)) == (feed, None)

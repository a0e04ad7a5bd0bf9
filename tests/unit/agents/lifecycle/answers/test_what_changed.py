"""What changed over some days: plans of ours, what others changed, prices and stock, and what is left out."""

from datetime import timedelta
from pathlib import Path

import pytest

from agents.lifecycle.decide import Accepted
from agents.lifecycle.people.freeze import Stopped
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from storage.records.facts import CampaignState
from storage.records.plans import PlanState
from storage.records.stops import FreezeScope
from tests.builders import AARON, ADA, TODAY, pounds
from tests.fakes.channels import FakeSource
from tests.unit.agents.lifecycle.answers.enquiries import DAY, YESTERDAY, Desk, a_desk
from tests.unit.agents.lifecycle.house import House

LATER = TODAY + 2 * DAY
"""The day on which the tests look back."""


class Out(FakeSource):
    """A source that is out for the moment."""

    async def campaigns(self) -> tuple[CampaignState, ...]:
        raise SourceUnavailable("503")


@pytest.fixture
async def desk(house: House, tmp_path: Path) -> Desk:
    """It knows how every campaign stands today."""
    made = a_desk(house, tmp_path)
    await made.study.charter.catch_up()
    return made


def pass_days(house: House, days: int = 2) -> None:
    house.clock.pass_(days=days)
    house.platform.day += timedelta(days=days)


async def test_what_somebody_changed_in_the_platform_is_told_as_by_no_plan_of_ours(house: House, desk: Desk):
    pass_days(house)
    house.platform.by_hand("brand", pounds(500))
    house.platform.pause("news")
    told = await desk.changed(TODAY + DAY, LATER)
    assert told.splitlines()[0] == "What changed over 4–5 June 2025:"
    assert "Brand: daily budget from £400.00 to £500.00, by no plan of ours." in told
    assert "News: status from active to paused, by no plan of ours." in told
    assert "Video" not in told
    assert "Hero" not in told


async def test_what_others_changed_is_narrowed_to_a_channel_or_a_campaign(house: House, desk: Desk):
    pass_days(house)
    house.platform.by_hand("brand", pounds(500))
    house.platform.pause("news")
    for where in ({"channel": "paid_search"}, {"campaign": "Brand"}):
        told = await desk.changed(TODAY + DAY, LATER, **where)
        assert told.startswith(f"What changed for {next(iter(where.values()))} over")
        assert "Brand: daily budget" in told
        assert "News" not in told


async def test_a_campaign_that_is_new_or_as_it_was_has_not_changed(house: House, desk: Desk):
    pass_days(house)
    hero = house.platform.campaigns["hero"]
    house.platform.campaigns["late"] = hero.model_copy(update={"id": "late", "name": "Late"})
    assert await desk.changed(TODAY + DAY, LATER) == "Nothing is recorded over 4–5 June 2025."


async def test_a_plan_carried_out_is_told_with_its_changes_and_not_as_somebody_elses(house: House, desk: Desk):
    pass_days(house, 1)
    plan = (await house.asked(hero=220)).plan
    assert (await house.approved(plan, AARON)).state is PlanState.DONE
    pass_days(house, 1)
    told = await desk.changed(TODAY + DAY, LATER)
    assert f"{plan.id} was carried out: {plan.title.rstrip('.')}. Hero £200.00 to £220.00." in told
    assert "by no plan of ours" not in told
    assert plan.id not in await desk.changed(TODAY + DAY, LATER, channel="email")
    assert plan.id in await desk.changed(TODAY + DAY, LATER, channel="website")
    assert plan.id in await desk.changed(TODAY + DAY, LATER, campaign="Hero")
    assert plan.id not in await desk.changed(LATER + DAY, LATER + 2 * DAY)
    assert plan.id not in await desk.changed(YESTERDAY, TODAY)


async def test_of_a_plan_with_many_changes_a_few_are_named_and_the_rest_counted(house: House, desk: Desk):
    plan = (await house.asked(news=110, brand=420, video=280, hero=190)).plan
    assert (await house.approved(plan, AARON)).state is PlanState.DONE
    told = await desk.changed(YESTERDAY, LATER)
    assert told.endswith("News £100.00 to £110.00; Brand £400.00 to £420.00; Video £300.00 to £280.00; and 1 more.")


async def test_a_plan_that_was_taken_back_is_told_as_such_beside_the_plan_that_did_it(house: House, desk: Desk):
    plan = (await house.asked(hero=220)).plan
    await house.approved(plan, AARON)
    house.clock.pass_(minutes=5)
    back = await house.rollback.request(plan.id, AARON, via="test")
    assert isinstance(back, Accepted), back
    await house.queue.run()
    told = await desk.changed(YESTERDAY, LATER)
    assert f"{plan.id} was carried out (rolled back): {plan.title.rstrip('.')}. Hero £200.00 to £220.00." in told
    assert f"{back.status.plan.id} was carried out: " in told
    assert "Hero £220.00 to £200.00." in told


async def test_with_a_source_out_plans_of_a_channel_are_told_all_the_same(house: House, tmp_path: Path):
    desk = a_desk(house, tmp_path, readers=Readers({"ads": Out(house.platform)}))
    plan = (await house.asked(hero=220)).plan
    await house.approved(plan, AARON)
    told = await desk.changed(YESTERDAY, LATER, channel="website")
    assert told.startswith("What changed for website over 2–5 June 2025:")
    assert "A source does not answer just now, so what others changed in a channel cannot be told." in told
    assert f"{plan.id} was carried out" in told


async def test_stock_that_ran_out_and_prices_that_rose_are_told_on_their_day(house: House, desk: Desk):
    lamp = {"id": "L1", "title": "Lamp", "status": "active", "stock": 4, "currency": "GBP", "price_micros": 20_000_000}
    await desk.study.entities("product", lamp)
    pass_days(house)
    await desk.study.entities("product", {**lamp, "stock": 0, "price_micros": 25_000_000})
    told = await desk.changed(LATER, LATER)
    assert "- 5 June 2025: Lamp is out of stock." in told
    assert "- 5 June 2025: Lamp became dearer." in told
    assert "Lamp" in await desk.changed(LATER, LATER, campaign="Lamp")
    assert "Lamp" not in await desk.changed(LATER, LATER, campaign="Brand")
    assert "Lamp" not in await desk.changed(TODAY, TODAY + DAY)


async def test_a_case_is_told_once_and_what_another_explains_with_that_one(house: House, desk: Desk):
    whole = await desk.case(key="a", title="Clicks are dearer")
    await desk.case(key="b", title="Clicks of mail are dearer", part_of="a")
    lines = [one for one in (await desk.changed(YESTERDAY)).splitlines() if "dearer" in one]
    assert lines == [f"- 3 June 2025: {whole.id} opened, open: Clicks are dearer. Cause: unknown."]


async def test_a_freeze_that_still_holds_is_told_without_an_end(house: House, desk: Desk):
    said = await house.freezer.freeze(FreezeScope.CHANNEL, "email", ADA, reason="wrong prices.", via="test")
    assert isinstance(said, Stopped), said
    told = await desk.changed(TODAY)
    assert "- 3 June 2025: FREEZE-1 froze channel email: wrong prices." in told
    assert "lifted" not in told


async def test_more_than_a_dozen_things_are_counted_and_the_first_told(house: House, desk: Desk):
    for number in range(14):
        await desk.case(key=f"case-{number}", title=f"Campaign {number} is dearer")
    told = (await desk.changed(TODAY)).splitlines()
    assert len(told) == 1 + 12 + 1
    assert told[-1] == "- And 2 more."

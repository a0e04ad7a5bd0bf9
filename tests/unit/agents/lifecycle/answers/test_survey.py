"""The picture of the business: what there is, from whom, for when, how fresh, and what is missing."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from agents.lifecycle.intake.observe import Observer
from agents.lifecycle.intake.source_picture import Gap, gaps_in
from agents.sources.readers import Readers
from tests.builders import NOW
from tests.unit.agents.exports.files import google, written
from tests.unit.agents.lifecycle.answers.enquiries import a_desk
from tests.unit.agents.lifecycle.cases.test_monitor import SHOCK, reported
from tests.unit.agents.lifecycle.files_room import FilesRoom, a_files_room
from tests.unit.agents.lifecycle.house import House

DAY = NOW.date() - timedelta(days=1)


@pytest.fixture
def room(house: House, tmp_path: Path) -> FilesRoom:
    return a_files_room(house, tmp_path)


def ads(*days: date) -> str:
    return google(*(f"Brand,{day},EUR,10,1,1.50" for day in days), f"Other,{days[0]},EUR,10,1,2.00")


async def test_an_empty_home_says_what_it_lacks(room: FilesRoom):
    survey = await room.surveyor.survey()
    assert (survey.sources, survey.campaigns, survey.spend) == ((), 0, {})
    assert survey.missing[0].startswith("No advertising spend yet")


async def test_a_source_is_told_with_campaigns_spend_days_and_gaps(room: FilesRoom, tmp_path: Path):
    days = [DAY - timedelta(days=5), DAY - timedelta(days=4), DAY]
    await room.landed(written(tmp_path, ads(*days)))
    survey = await room.surveyor.survey()
    (source,) = survey.sources
    assert (source.source, source.campaigns, source.spend) == ("google_ads", 2, {"EUR": Decimal("6.5")})
    assert (source.first_day, source.last_day, source.days) == (days[0], DAY, 3)
    assert source.gaps == (Gap(first=DAY - timedelta(days=3), last=DAY - timedelta(days=1)),)
    assert [(one.day, one.amount) for one in source.spend_by_day][-1] == (DAY, Decimal("1.5"))
    assert source.provisional_from == days[0]
    assert not source.stale
    assert (survey.campaigns, survey.spend) == (2, source.spend)


async def test_a_shop_of_which_only_daily_totals_are_told_is_not_said_to_be_missing(room: FilesRoom):
    def of_orders(*, simulated: bool) -> list[str]:
        return [line for line in missing[simulated] if "orders export" in line]

    world, room.house.source.frame = reported(1.0, SHOCK)
    room.house.platform.day = world.day_of(SHOCK)
    await Observer(
        room.house.ledger, room.lake, readers=Readers({"ads": room.house.source}), clock=room.house.clock
    ).pull()
    missing = {each: (await room.surveyor.survey(simulated=each)).missing for each in (True, False)}
    assert of_orders(simulated=True) == [
        "Of the shop only daily totals, no single orders: an orders export also answers refunds, new customers and "
        "margin."
    ]
    assert of_orders(simulated=False)[0].startswith("No shop orders yet")


async def test_figures_grow_stale_by_their_newest_day(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, ads(DAY)))
    room.house.clock.pass_(days=4)
    (source,) = (await room.surveyor.survey()).sources
    assert source.stale
    assert source.datasets[0].last_day == DAY


async def test_a_restated_day_counts_once(room: FilesRoom, tmp_path: Path):
    await room.landed(written(tmp_path, ads(DAY)))
    room.house.clock.pass_(minutes=1)
    await room.landed(written(tmp_path, ads(DAY).replace("1.50", "9.00"), name="again.csv"))
    (source,) = (await room.surveyor.survey()).sources
    assert (source.loads, source.spend) == (2, {"EUR": Decimal(11)})


async def test_things_are_counted_once_in_their_newest_version_beside_the_days_they_are_of(
    room: FilesRoom, tmp_path: Path
):
    study, then = a_desk(room.house, tmp_path).study, NOW - timedelta(days=10)
    deal = {"stage": "new", "state": "open", "currency": "EUR", "created_at": then}
    await study.entities("deal", {"id": "1", **deal}, {"id": "2", **deal, "created_at": NOW}, source="hubspot")
    await study.entities("deal", {"id": "1", **deal, "stage": "talks"}, source="hubspot")
    (source,) = (await room.surveyor.survey()).sources
    (deals,) = source.datasets
    assert (source.source, source.loads, source.campaigns, source.spend) == ("hubspot", 2, 0, {})
    assert (deals.dataset, deals.rows, deals.owner) == ("deal", 2, "sales")
    assert (deals.first_day, deals.last_day) == (then.date(), NOW.date())


async def test_rows_set_aside_and_questions_are_counted(room: FilesRoom, tmp_path: Path):
    good = [f"A,{DAY - timedelta(days=back)},EUR,10,1,1.00" for back in range(28)]
    await room.landed(written(tmp_path, google(*good, f"B,{DAY},EUR,10,many,2.00")))
    changed = google(f"A,{DAY},EUR,10,1,1.00,x", columns="Campaign,Day,Currency code,Impr.,Clicks,Cost,Extra")
    question = await room.asked(written(tmp_path, changed, name="changed.csv"))
    survey = await room.surveyor.survey()
    assert (survey.quarantined, survey.sources[0].quarantined) == (1, 1)
    assert survey.questions == (question,)


def test_gaps_lie_between_days_with_figures():
    days = [date(2025, 5, 1), date(2025, 5, 2), date(2025, 5, 5), date(2025, 5, 9)]
    assert gaps_in(days) == (
        Gap(first=date(2025, 5, 3), last=date(2025, 5, 4)),
        Gap(first=date(2025, 5, 6), last=date(2025, 5, 8)),
    )
    assert [gap.days for gap in gaps_in(days)] == [2, 3]
    assert gaps_in([]) == ()


async def test_a_figure_over_years_is_spent_and_covers_no_day(room: FilesRoom, tmp_path: Path):
    text = (
        'Campaign report\n"January 1, 2023 - May 31, 2025"\nCampaign,Currency code,Impr.,Clicks,Cost\nA,EUR,10,1,3.00\n'
    )
    await room.landed(written(tmp_path, text))
    (source,) = (await room.surveyor.survey()).sources
    assert (source.spend, source.days, source.coverage, source.gaps) == ({"EUR": Decimal(3)}, 0, (), ())
    assert (str(source.first_day), str(source.last_day)) == ("2023-01-01", "2025-05-31")
    assert source.provisional_from is None

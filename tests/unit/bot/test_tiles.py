"""KPI tiles: what the team aims at first, how it stands, and no question to the engine without new data."""

from datetime import date
from decimal import Decimal

import pytest

from agents.kpis.definitions import load_kpis
from bot.slack.cards.tiles_part import KpiTile, standing, standing_words, tiles_part
from bot.slack.charts import drawn_chart
from bot.slack.tiles import MOST_TILES, KpiTiles, in_order, tiles_sketch
from storage.ledger import Ledger
from storage.records.kpis import KpiInterval
from storage.work_queue import WorkQueue
from tests import builders as b
from tests.unit.bot.cards.strictness import all_text

KPIS = load_kpis()


class Engine:
    """Answers every KPI but those that have no data."""

    def __init__(self, *, kpis=KPIS, empty=()):
        self.kpis = kpis
        self.asked = []
        self._empty = set(empty)

    async def data_day(self):
        return date(2025, 6, 3)

    async def ask(self, query):
        self.asked.append((query.kpi, query.window.days))
        return b.a_kpi_answer(kpi=query.kpi, label=self.kpis[query.kpi].label, no_data=query.kpi in self._empty)


@pytest.fixture
def ledger(database):
    return Ledger(database, WorkQueue(database))


def aimed(name, target):
    return {**KPIS, name: KPIS[name].model_copy(update={"target": Decimal(target)})}


def test_what_the_team_aims_at_comes_first():
    first, *_ = in_order(aimed("cpa", 20))
    assert first.name == "cpa"
    names = [kpi.name for kpi in in_order(KPIS)]
    assert names.index("budget_adherence") < names.index("roas") < names.index("spend")
    assert "governance_compliance" not in names, "of our own work the page tells elsewhere"


async def test_six_with_data_are_shown_over_seven_days_and_four_weeks(ledger):
    engine = Engine(empty={"roas", "publish_cadence", "discount_error_rate"})
    tiles = await KpiTiles(ledger, engine).now()
    assert len(tiles) == MOST_TILES
    assert "roas" not in [one.answer.kpi for one in tiles]
    assert {days for _, days in engine.asked} == {7, 28}


async def test_the_engine_is_asked_again_only_for_other_data(ledger):
    engine = Engine()
    tiles = KpiTiles(ledger, engine)
    first = await tiles.now()
    asked = len(engine.asked)
    assert await tiles.now() is first
    assert len(engine.asked) == asked


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"target": None}, "none"),
        ({"target": Decimal(3)}, "on"),
        ({"target": Decimal(4)}, "off"),
        ({"target": Decimal(4), "interval": KpiInterval(low=Decimal(3), high=Decimal(5))}, "open"),
        ({"target": Decimal(4), "value": None}, "open"),
        ({"target": Decimal(3), "direction": "lower"}, "off"),
        ({"target": Decimal(4), "direction": "lower"}, "on"),
        ({"target": Decimal(4), "direction": "target"}, "none"),
    ],
)
def test_a_number_stands_to_its_target_by_its_direction_and_how_sure_it_is(changes, expected):
    assert standing(b.a_kpi_answer(**changes)) == expected


def test_its_words_say_target_and_movement():
    assert standing_words(b.a_kpi_answer(target=Decimal(4))) == "target 4.00 · ▲ 13.7% in a week, better"
    assert standing_words(b.a_kpi_answer(direction="lower")) == "▲ 13.7% in a week, worse"
    assert standing_words(b.a_kpi_answer(previous=None)) == "no days before"
    unsure = b.a_kpi_answer(target=Decimal(4), interval=KpiInterval(low=Decimal(3), high=Decimal(5)))
    assert "too few to tell" in standing_words(unsure)


def test_the_tiles_are_words_with_a_picture_of_the_days():
    tiles = [KpiTile(b.a_kpi_answer(target=Decimal(4)), b.a_kpi_answer()) for _ in range(3)]
    assert "🟠 *ROAS*  *3.65*" in all_text(tiles_part(tiles))
    chart = drawn_chart(tiles_sketch(tiles))
    assert chart.png.startswith(b"\x89PNG")
    assert "ROAS 3.65, target 4.00" in chart.alt_text


def test_no_data_is_no_tile():
    assert tiles_part([]) == []

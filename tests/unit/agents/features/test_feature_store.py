"""Feature values over a real lake and database: equal to the KPI engine, equal when recomputed, never ahead of time."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from agents.features.compute import values_on
from agents.features.definitions import FeatureChanged, load_features
from agents.features.signs import silent_conversions
from agents.features.store import FeatureStore, Served
from agents.kpis.definitions import load_kpis
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader
from agents.kpis.query import KpiQuery
from agents.kpis.windows import Window
from storage.database import Database
from storage.features import FeatureValues
from storage.lake.store import Lake
from storage.ledger import Ledger
from storage.records.facts import Load
from tests.fakes.work_queue import HandWorkQueue
from tests.unit.storage.lake_facts import NOON, fact, frame

FIRST = date(2025, 7, 1)
DAY = timedelta(days=1)


def rows(days, *, campaign="A", clicks=100, conversions=4_000, **more):
    return [
        fact(
            campaign=campaign,
            day=FIRST + n * DAY,
            spend_micros=20_000_000 + n * 1_000_000,
            impressions=10_000,
            clicks=clicks,
            conversions_milli=conversions,
            revenue_micros=70_000_000 + n * 3_000_000,
            budget_micros=40_000_000,
            **more,
        )
        for n in days
    ]


class Shop:
    """A lake with loads, and a feature store over it."""

    def __init__(self, database: Database, folder) -> None:
        self.ledger = Ledger(database, HandWorkQueue(database))
        self.lake = Lake(str(folder / "lake"))
        self.facts = LakeReader(self.ledger, self.lake)
        self.values = FeatureValues(self.lake.uri)
        self.store = self.with_definitions(load_features())
        self.loads = 0

    def with_definitions(self, definitions) -> FeatureStore:
        return FeatureStore(self.ledger, self.facts, self.values, definitions=definitions)

    async def land(self, facts) -> datetime:
        """Land facts a day after the load before; returns when they became known."""
        self.loads += 1
        days = [one["day"] for one in facts]
        known_at = NOON + self.loads * DAY
        load = Load(
            id=f"load-{self.loads}", source="google_ads", path="x.csv", content_sha256="", layout="", simulated=False,
            known_at=known_at, first_day=min(days), last_day=max(days), campaigns=1, days=len(days),
            rows_read=len(facts), spend={},
        )  # fmt: skip
        version = await self.lake.append([frame(*facts)], load.id, known_at)
        async with self.ledger.write() as tx:
            await tx.loads.add(load, fingerprint=load.id, lake_version=version)
        return known_at


@pytest.fixture
def shop(database: Database, tmp_path) -> Shop:
    return Shop(database, tmp_path)


async def test_a_feature_is_the_number_that_the_kpi_engine_gives(shop: Shop, clock):
    await shop.land([*rows(range(30)), *rows(range(30), campaign="B", clicks=37)])
    await shop.store.materialise(simulated=False)
    day = FIRST + 29 * DAY
    served = await shop.store.serve(simulated=False, day=day)
    engine = KpiEngine(shop.facts, kpis=load_kpis(), clock=clock)
    for kpi, feature, days in (
        ("spend", "spend_7d", 7),
        ("roas", "roas_28d", 28),
        ("cpc", "cpc_7d", 7),
        ("ctr", "ctr_7d", 7),
    ):
        for campaign in "AB":
            window = Window(first=day - (days - 1) * DAY, last=day, words="")
            answer = await engine.ask(KpiQuery(kpi=kpi, window=window, where={"campaign": campaign}))
            assert abs(served.of(f"paid_search/campaign/{campaign}", feature) - answer.value) < Decimal("1e-8"), (
                kpi,
                campaign,
            )
    assert served.of("paid_search/campaign/A", "spend_7d") == sum(20 + n for n in range(23, 30))


async def test_values_are_made_once_and_only_what_changed_is_written(shop: Shop):
    await shop.land(rows(range(30)))
    first = await shop.store.materialise(simulated=False)
    assert first is not None
    assert first.rows == 30 * len(load_features())
    assert await shop.store.materialise(simulated=False) is None
    await shop.land(rows([30]))
    second = await shop.store.materialise(simulated=False)
    assert second is not None
    assert (second.first_changed_day, second.rows) == (FIRST + 30 * DAY, len(load_features()))


async def test_what_was_served_is_what_raw_facts_known_then_give_again(shop: Shop):
    known = [await shop.land(rows(range(20)))]
    await shop.store.materialise(simulated=False)
    day = FIRST + 19 * DAY
    before = await shop.store.serve(simulated=False, day=day)
    # The platform restates the last week, and a day is added.
    known.append(await shop.land([*rows(range(13, 20), conversions=9_000), *rows([20])]))
    await shop.store.materialise(simulated=False)
    after = await shop.store.serve(simulated=False, day=day)
    assert before.of("paid_search/campaign/A", "conversions_7d") == 28
    assert after.of("paid_search/campaign/A", "conversions_7d") == 63
    assert await shop.store.serve(simulated=False, day=day, as_of=known[0]) == before
    assert await shop.store.recomputed(simulated=False, day=day, as_of=known[0]) == before
    assert await shop.store.recomputed(simulated=False, day=day, as_of=known[1]) == after
    assert before.versions == dict(sorted((f"feature:{one.name}", "1") for one in load_features().values()))


async def test_a_value_past_its_time_to_live_is_not_served(shop: Shop):
    await shop.land(rows(range(10)))
    await shop.store.materialise(simulated=False)
    newest = FIRST + 9 * DAY
    assert (await shop.store.serve(simulated=False, day=newest + 3 * DAY)).day == newest
    late = await shop.store.serve(simulated=False, day=newest + 4 * DAY)
    assert (late.day, late.values) == (None, {})


async def test_a_run_that_crashed_before_it_was_registered_is_taken_up_again(shop: Shop):
    await shop.land(rows(range(10)))
    with pytest.raises(ConnectionError):
        await FeatureStore(Unwritable(shop.ledger), shop.facts, shop.values, definitions=load_features()).materialise(
            simulated=False
        )
    assert (await shop.store.serve(simulated=False, day=FIRST + 9 * DAY)).values == {}
    run = await shop.store.materialise(simulated=False)
    assert run is not None
    assert len(await shop.store.history(simulated=False, first=FIRST, last=FIRST + 9 * DAY)) == run.rows


class Unwritable:
    """A ledger whose process dies before it writes."""

    def __init__(self, ledger: Ledger) -> None:
        self.read = ledger.read

    def write(self):
        raise ConnectionError


async def test_a_definition_cannot_change_under_its_version(shop: Shop):
    await shop.land(rows(range(10)))
    await shop.store.materialise(simulated=False)
    await shop.land(rows([10]))
    other = dict(load_features())
    other["spend_7d"] = other["spend_7d"].model_copy(update={"formula": "spend * 2"})
    with pytest.raises(FeatureChanged, match="give it version 2"):
        await shop.with_definitions(other).materialise(simulated=False)
    other["spend_7d"] = other["spend_7d"].model_copy(update={"version": 2})
    store = shop.with_definitions(other)
    assert await store.materialise(simulated=False) is not None
    day = FIRST + 10 * DAY
    assert (await store.serve(simulated=False, day=day)).of("paid_search/campaign/A", "spend_7d") == 2 * sum(
        20 + n for n in range(4, 11)
    )
    assert (await shop.store.serve(simulated=False, day=day)).of("paid_search/campaign/A", "spend_7d") is not None


async def test_distributions_are_kept_by_day(shop: Shop):
    await shop.land(
        [row for n, name in enumerate("ABCDE") for row in rows(range(8), campaign=name, clicks=100 * (n + 1))]
    )
    await shop.store.materialise(simulated=False)
    async with shop.ledger.read() as tx:
        kept = await tx.features.profiles("clicks_7d", simulated=False, since=FIRST)
    assert [one.day for one in kept] == [FIRST + n * DAY for n in range(8)]
    assert (kept[-1].count, kept[-1].missing, kept[-1].quantiles[2]) == (5, 0, Decimal(2100))


async def test_money_of_several_currencies_has_no_value(shop: Shop):
    await shop.land([*rows(range(4)), *rows(range(4, 7), currency="EUR")])
    facts = await shop.facts.facts(first=FIRST, last=FIRST + 6 * DAY, as_of=None, simulated=False)
    made = values_on(facts, FIRST + 6 * DAY, [load_features()[name] for name in ("spend_7d", "clicks_7d")])
    assert dict(made.select("feature", "value_nano").iter_rows()) == {"spend_7d": None, "clicks_7d": 700 * 10**9}


@pytest.mark.parametrize(
    ("clicks", "week", "month", "expected"),
    [(50, 0, 60, 20), (50, 1, 60, None), (0, 0, 60, None), (50, 0, 29, None), (50, 0, 30, 10), (50, None, 60, None)],
)
def test_conversions_are_silent_where_clicks_go_on_and_a_usual_week_had_many(clicks, week, month, expected):
    values = {"clicks_7d": clicks, "conversions_7d": week, "conversions_28d": month}
    served = Served(
        day=FIRST,
        values={"email/campaign/1": {k: None if v is None else Decimal(v) for k, v in values.items()}},
        versions={},
    )
    assert silent_conversions(served, "email/campaign/1") == expected

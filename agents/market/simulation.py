"""One world in motion: what a day does to campaigns, reports, the shop and the truth. No clock, no files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from agents.market.budgets import pooled, purses
from agents.market.delivery import Delivered, deliver, price_index
from agents.market.path import Carry, Expected, order_revenue_pounds, step
from agents.market.reporting import report, revenue_micros
from agents.market.scenarios import Trouble
from agents.market.streams import stream
from agents.market.world import World
from storage.market_ledger.rows import (
    BaselineDayRow,
    CampaignRow,
    DeliveryRow,
    PostingRow,
    StoreDayRow,
    TruthDayRow,
)

_MICRO = 1_000_000


@dataclass
class Produced:
    """Rows of the days that were run, for both files."""

    deliveries: list[DeliveryRow] = field(default_factory=list)
    postings: list[PostingRow] = field(default_factory=list)
    store_days: list[StoreDayRow] = field(default_factory=list)
    truth_days: list[TruthDayRow] = field(default_factory=list)
    baseline_days: list[BaselineDayRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Taken:
    """Orders and their value, drawn."""

    orders: int
    revenue_micros: int


class Simulation:
    """The rolling state of a world between two days."""

    def __init__(self, world: World, carry: Carry, recent: Iterable[DeliveryRow]) -> None:
        """`recent` are the deliveries of the last window and of the month, oldest first."""
        self.world = world
        self.carry = carry
        self._recent: dict[str, list[DeliveryRow]] = {truth.id: [] for truth in world.campaigns}
        for row in recent:
            self._recent[row.campaign_id].append(row)
        self.produced = Produced()

    @staticmethod
    def memory_days(world: World) -> int:
        """How many days of deliveries a simulation must be given: the window or a month, the longer."""
        return max(world.window_days, 31) + 1

    def run_day(self, day: date, campaigns: Sequence[CampaignRow], trouble: Trouble) -> None:
        """Run one day with the campaigns as they are set, and keep its rows."""
        delivered = self._deliver(day, campaigns, trouble)
        self.carry, expected = step(
            self.world, self.carry, day, {name: each.exposed for name, each in delivered.items()}
        )
        baseline = self._take(day, "store", expected.baseline_micro)
        own = {name: self._take(day, name, expected.campaigns[name]) for name in delivered}
        self._keep_truth(day, delivered, expected, own)
        self._keep_store(day, expected, baseline, own)
        self._keep_reports(day, delivered, trouble, own, baseline)

    def _deliver(self, day: date, campaigns: Sequence[CampaignRow], trouble: Trouble) -> dict[str, Delivered]:
        set_up = {campaign.campaign_id: campaign for campaign in campaigns}
        truths = {truth.id: truth for truth in self.world.campaigns}
        channels = {truth.channel: None for truth in self.world.campaigns}
        indices = {channel: price_index(self.world, trouble, channel, day) for channel in channels}
        months = {name: [row for row in rows if row.day >= day.replace(day=1)] for name, rows in self._recent.items()}
        delivered = {}
        for name, purse in purses(campaigns, seed=self.world.seed, day=day).items():
            truth, month = truths[name], pooled(purse.sharing, months)
            delivered[name] = deliver(
                self.world, truth, set_up[name], day, index=indices[truth.channel], month=month, purse=purse
            )
            self._remember(delivered[name].row)
        return delivered

    def _remember(self, row: DeliveryRow) -> None:
        oldest = row.day - timedelta(days=self.memory_days(self.world))
        kept = [known for known in self._recent[row.campaign_id] if known.day >= oldest]
        self._recent[row.campaign_id] = [*kept, row]
        self.produced.deliveries.append(row)

    def _take(self, day: date, entity: str, expected_micro: int) -> _Taken:
        """Poisson orders of one entity in its own stream, each with a value."""
        draw = stream(self.world.seed, "orders", entity, day)
        orders = int(draw.poisson(expected_micro / _MICRO))
        mean = order_revenue_pounds(self.world, day)
        return _Taken(orders, revenue_micros(self.world, draw, orders, mean))

    def _keep_truth(
        self, day: date, delivered: dict[str, Delivered], expected: Expected, own: dict[str, _Taken]
    ) -> None:
        self.produced.truth_days += [
            TruthDayRow(
                campaign_id=name,
                day=day,
                exposure_micros=made.exposed.exposure_micros,
                impressions=made.exposed.impressions,
                efficiency_milli=made.exposed.efficiency_milli,
                new_creative=made.exposed.new_creative,
                adstock_micros=self.carry.adstock_micros[name],
                creative_impressions=self.carry.creative_impressions[name],
                expected_orders_micro=expected.campaigns[name],
                orders=own[name].orders,
                revenue_micros=own[name].revenue_micros,
            )
            for name, made in delivered.items()
        ]

    def _keep_store(self, day: date, expected: Expected, baseline: _Taken, own: dict[str, _Taken]) -> None:
        """The shop sees every order on its day, and cannot tell where it came from."""
        everything = [baseline, *own.values()]
        orders = sum(taken.orders for taken in everything)
        self.produced.store_days.append(StoreDayRow(day, orders, sum(taken.revenue_micros for taken in everything)))
        self.produced.baseline_days.append(
            BaselineDayRow(day, expected.baseline_micro, baseline.orders, baseline.revenue_micros)
        )

    def _keep_reports(
        self,
        day: date,
        delivered: dict[str, Delivered],
        trouble: Trouble,
        own: dict[str, _Taken],
        baseline: _Taken,
    ) -> None:
        for truth in self.world.campaigns:
            self.produced.postings += report(
                self.world,
                truth,
                day,
                own_orders=own[truth.id].orders,
                other_orders=baseline.orders,
                adstock_micros=self.carry.adstock_micros[truth.id],
                tag_share=trouble.tag_share(truth.channel, day),
                recent=self._recent[truth.id],
            )
        assert len(delivered) == len(self.world.campaigns), "every campaign has a day, delivered or paused"

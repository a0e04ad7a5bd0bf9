"""From shaped rows to what lands: completed, held against the contract, each thing once, and counted."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

import polars as pl

from agents.sources.entities.layout import EntityLayout
from agents.sources.entities.recognised import Take
from agents.sources.entities.scrub import scrubbed
from agents.sources.text.rows import LINE
from storage.contracts.checks import REASON, check
from storage.contracts.columns import columns_of, key_of
from storage.contracts.entities import BY_DATASET
from storage.contracts.entity import Entity
from storage.records.facts import DroppedRow
from storage.records.money import exponent_of

_MOST_DROPPED = 10_000
"""Rows named one by one; beyond, they are counted by reason."""
_AMOUNTS = {"order": "gross_micros", "deal": "amount_micros"}
_WORDS = {"usage_event": "properties"}
"""Column of whatever somebody sent along."""
_CAMPAIGNS = {"order": "campaign", "lead": "campaign", "deal": "campaign"}


class Emitter:
    """Hands over frames of one file and keeps count of them."""

    def __init__(
        self,
        layout: EntityLayout,
        account: str,
        simulated: bool,
        now: datetime | None,
        take: Take,
        refuse: Callable[[str, pl.DataFrame], None],
    ) -> None:
        self.account = account
        self.rows = dict.fromkeys(layout.datasets, 0)
        self._source = layout.source
        self._simulated = simulated
        self._now = now
        self._take = take
        self._refuse = refuse
        self._once = {name: _Once(BY_DATASET[name]) for name in layout.datasets}
        self._dropped: list[DroppedRow] = []
        self._more_dropped: dict[str, int] = {}
        self._days: set[date] = set()
        self._amounts: dict[str, dict[str, int]] = {}
        self._campaigns: set[str] = set()

    @property
    def kept(self) -> int:
        return sum(self.rows.values())

    @property
    def first_day(self) -> date | None:
        return min(self._days, default=None)

    @property
    def last_day(self) -> date | None:
        return max(self._days, default=None)

    @property
    def days(self) -> int:
        return len(self._days)

    @property
    def campaigns(self) -> int:
        return len(self._campaigns)

    def emit(self, shaped: Mapping[str, pl.DataFrame]) -> None:
        """Hand over what holds; what breaks the contract is refused, what stands twice is dropped."""
        for dataset, frame in shaped.items():
            if not frame.height:
                continue
            entity = BY_DATASET[dataset]
            whole = frame.with_columns(
                source=pl.lit(self._source), simulated=pl.lit(self._simulated), account=pl.lit(self.account)
            )
            checked = check(whole, entity, now=self._now)
            if checked.broken.height:
                self._refuse(dataset, checked.broken.select(LINE, REASON))
            good, again = self._once[dataset].of(checked.good)
            if again.height:
                self.drop(again)
            if good.height:
                if words := _WORDS.get(dataset):
                    good = good.with_columns(scrubbed(good[words]).alias(words))
                self._count(dataset, entity, good)
                self._take(dataset, good)

    def drop(self, rows: pl.DataFrame) -> None:
        """Rows that say nothing of their own: columns line, reason."""
        for line, reason in rows.select(LINE, REASON).rows():
            if len(self._dropped) < _MOST_DROPPED:
                self._dropped.append(DroppedRow(line=line, reason=reason))
            else:
                self._more_dropped[reason] = self._more_dropped.get(reason, 0) + 1

    def dropped(self) -> tuple[DroppedRow, ...]:
        more = [
            DroppedRow(line=0, reason=f"{count} more rows: {reason}")
            for reason, count in sorted(self._more_dropped.items())
        ]
        return (*sorted(self._dropped, key=lambda row: row.line), *more)

    def amounts(self) -> dict[str, dict[str, Decimal]]:
        """Money by dataset and currency, in currency units."""
        return {
            dataset: {
                currency: _units(micros, exponent_of(currency)) for currency, micros in sorted(by_currency.items())
            }
            for dataset, by_currency in self._amounts.items()
        }

    def _count(self, dataset: str, entity: type[Entity], good: pl.DataFrame) -> None:
        self.rows[dataset] += good.height
        if entity.happened:
            self._days.update(good[entity.happened].drop_nulls().dt.date().unique().to_list())
        elif "day" in good.columns:
            self._days.update(good["day"].unique().to_list())
        if amount := _AMOUNTS.get(dataset):
            sums = good.filter(pl.col(amount).is_not_null()).group_by("currency").agg(pl.col(amount).sum())
            into = self._amounts.setdefault(dataset, {})
            for currency, micros in sums.rows():
                into[currency] = into.get(currency, 0) + micros
        if campaign := _CAMPAIGNS.get(dataset):
            self._campaigns.update(good[campaign].drop_nulls().unique().to_list())


class _Once:
    """Lets each thing through once: of equal keys in one file the first one that comes."""

    def __init__(self, entity: type[Entity]) -> None:
        self._key = [name for name in key_of(entity) if name not in ("source", "simulated", "account")]
        self._personal = any(one.key and one.personal is not None for one in columns_of(entity))
        self._seen: list[pl.DataFrame] = []

    def of(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows that come first, and the others as line and reason."""
        marks = rows.select(
            pl.struct(self._key).hash(seed=7).alias("one"), pl.struct(self._key).hash(seed=11).alias("two")
        )
        first = marks.select(pl.struct("one", "two").is_first_distinct().alias("first"))["first"]
        for seen in self._seen:
            # The block is the smaller side: the table is built from it and the rows seen before are merely looked up.
            hits = seen.join(marks, on=["one", "two"], how="semi")
            if hits.height:
                known = (
                    marks.with_columns(known=pl.lit(value=True))
                    .select("one", "two")
                    .join(
                        hits.unique().with_columns(known=pl.lit(value=True)),
                        on=["one", "two"],
                        how="left",
                        maintain_order="left",
                    )["known"]
                )
                first = first & known.is_null()
        self._seen.append(marks.filter(first))
        if len(self._seen) > 16:
            self._seen = [pl.concat(self._seen)]
        if first.all():
            return rows, rows.clear().select(LINE, pl.lit("").alias(REASON))
        name = " ".join(self._key)
        key = pl.concat_str(pl.col(self._key).cast(pl.String), separator=", ")
        # What is a person's is not repeated in a report.
        reason = (
            pl.lit(f"the same {name} once more")
            if self._personal
            else pl.format(f"the same {name} once more: {{}}", key)
        )
        return rows.filter(first), rows.filter(~first).select(LINE, reason.alias(REASON))


def _units(micros: int, least_decimals: int) -> Decimal:
    bare = Decimal(micros).scaleb(-6).normalize()
    decimals = max(least_decimals, -int(bare.as_tuple().exponent))
    return bare.quantize(Decimal(1).scaleb(-decimals))

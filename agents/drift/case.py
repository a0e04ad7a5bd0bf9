"""One event as the detector sees it, and the signals that are still to be explained."""

from dataclasses import dataclass, field
from enum import StrEnum

from agents.drift.columns import BudgetJump, Columns
from agents.drift.signals import Signal, Signals
from agents.drift.thresholds import Thresholds
from storage.records.alerts import Pattern


class Why(StrEnum):
    """Kinds of causes, as candidates name them."""

    CHANNEL = "channel"
    TRACKING = "tracking"
    OUTSIDE = "outside"
    PRICE = "price"
    CREATIVE = "creative"
    CHANGE = "change"
    DATA = "data"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Case:
    """One event: the signal it is named after, what it shows in, and why it probably happened."""

    kpi: str
    """Name of the KPI in `kpis.yml`."""
    entity: str
    lead: Signal | None
    shown_in: tuple[Signal, ...]
    cause: str
    ours: bool
    """Whether a plan of ours could be behind it."""
    always_critical: bool = False
    channels: tuple[str, ...] = ()
    jump: BudgetJump | None = None
    why: Why = Why.UNKNOWN
    pattern: Pattern | None = None
    """Where the cause says what it looks like; else the lead does."""
    proxy: Signal | None = None
    """What rises while the lead, which it stands for, does not."""
    missing: bool = False
    campaigns: tuple[tuple[str, str], ...] = ()
    """Id and name of the campaigns that a case of single campaigns is about."""


@dataclass(slots=True)
class Table:
    """The signals still unexplained."""

    columns: Columns
    signals: Signals
    thresholds: Thresholds
    explained: set[tuple[str, str]] = field(default_factory=set)

    def firing(self, kpi: str, entity: str) -> Signal | None:
        signal = self.signals.get((kpi, entity))
        return signal if signal and signal.fires and (kpi, entity) not in self.explained else None

    def steady(self, kpi: str, entity: str) -> bool:
        """Whether the KPI neither fires nor moved by more than the share that counts as steady."""
        signal = self.signals.get((kpi, entity))
        return signal is None or (not signal.fires and abs(signal.effect) < self.thresholds.steady)

    def explain(self, entity: str, *kpis: str) -> tuple[Signal, ...]:
        """Take the KPIs of an entity off the table; returns those that were judged."""
        self.explained |= {(kpi, entity) for kpi in kpis}
        return tuple(self.signals[kpi, entity] for kpi in kpis if (kpi, entity) in self.signals)

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(channel.channel for channel in self.columns.channels)

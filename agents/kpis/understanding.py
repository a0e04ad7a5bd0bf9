"""What a question turned out to ask."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from agents.kpis.query import Dimension, KpiQuery
from agents.kpis.windows import Window
from storage.records.record import Record


class Asked(Record):
    """What was asked in a conversation last, for the next question to go on from."""

    kind: Literal["number", "why", "forecast"]
    query: KpiQuery


@dataclass(frozen=True)
class Beyond:
    """Only members of a breakdown on one side of an amount."""

    side: Literal["above", "below"]
    amount: Decimal
    """In the KPI's unit."""
    inclusive: bool = False
    currency: str | None = None
    """The one that was named, if any."""


@dataclass(frozen=True)
class KpiQuestion:
    query: KpiQuery
    ignored: tuple[str, ...] = ()
    """Words that played no part, to be shown with the answer; untrusted text."""
    beyond: Beyond | None = None


@dataclass(frozen=True)
class WhyQuestion:
    """Why a KPI moved between the window before and the one asked for."""

    query: KpiQuery
    rose: bool | None = None
    """What the person thinks it did; None where they did not say."""
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class ForecastQuestion:
    """What a KPI will be."""

    query: KpiQuery
    """The scope; its window is the days to forecast, of which the first may be past."""
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True)
class TargetQuestion:
    """Where the team stands against what it aims at."""

    kpis: tuple[str, ...]
    """Empty for every KPI with a target."""
    window: Window
    by: Dimension | None = None
    where: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ChangesQuestion:
    """What was changed and what happened over some days."""

    window: Window
    where: tuple[tuple[str, str], ...] = ()
    """Channel or campaign that it must concern."""


@dataclass(frozen=True)
class WaitingQuestion:
    """What is waiting for the person who asks."""


@dataclass(frozen=True)
class HelpQuestion:
    """What can be asked; with a KPI, what it means and how it is computed."""

    kpi: str | None = None


@dataclass(frozen=True)
class Clarify:
    """Understood in more than one way."""

    options: tuple[str, ...]
    """Whole questions, each of which can be asked as it stands."""


@dataclass(frozen=True)
class NotUnderstood:
    did_you_mean: tuple[str, ...] = ()
    """Whole questions with the unknown words replaced by near ones; names in them are untrusted text."""
    unknown: str = ""
    """The words that were not understood; empty where nothing was."""


Question = (
    KpiQuestion
    | WhyQuestion
    | ForecastQuestion
    | TargetQuestion
    | ChangesQuestion
    | WaitingQuestion
    | HelpQuestion
    | Clarify
    | NotUnderstood
)

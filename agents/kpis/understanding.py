"""What a question turned out to ask: one of five kinds."""

from dataclasses import dataclass

from agents.kpis.query import KpiQuery


@dataclass(frozen=True)
class KpiQuestion:
    query: KpiQuery
    ignored: tuple[str, ...] = ()
    """Words that played no part, to be shown with the answer; untrusted text."""


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


Question = KpiQuestion | WaitingQuestion | HelpQuestion | Clarify | NotUnderstood

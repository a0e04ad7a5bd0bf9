"""What charting works with: what sources show, how far the graph is, and what came of bringing it up to date."""

from collections.abc import Iterable

from pydantic import Field

from agents.knowledge.charts.sheet import Update
from storage.records.facts import CampaignState
from storage.records.graph import Applied, NodeRef
from storage.records.record import Record, UtcDatetime


class Shown(Record):
    """What one connected source shows now."""

    source: str
    at: UtcDatetime
    """Its own clock."""
    states: tuple[CampaignState, ...]


class Charted(Record):
    """What came of bringing the graph up to date."""

    seq: int
    """The graph's newest change."""
    statements: int = 0
    """That changed something."""
    refused: tuple[str, ...] = ()
    """Statements that were refused, with the reason, for people."""
    unknown: tuple[tuple[str, str], ...] = ()
    """(source, campaign name) that data named and nobody knows."""
    new: tuple[NodeRef, ...] = ()
    """Campaigns, products and audiences that were not known before."""


class Position(Record):
    """How far the graph is."""

    trail: int = 0
    """Number of the newest audit entry that was charted."""
    states: dict[str, str] = Field(default_factory=dict)
    """Source → digest of what it showed."""
    measures: str = ""
    declared: str = ""
    names: str = ""
    """Digest of the campaign names that were known when the loads below were looked at."""
    waiting: tuple[str, ...] = ()
    """Loads that named campaigns that nobody knew."""


class Tally:
    """What was done so far."""

    def __init__(self) -> None:
        self._statements = 0
        self._refused: dict[str, None] = {}
        self._new: dict[NodeRef, None] = {}
        self.unknown: set[tuple[str, str]] = set()

    def add(self, applied: Applied, fresh: Iterable[NodeRef]) -> None:
        self._statements += applied.nodes + applied.edges
        self._refused.update(dict.fromkeys(f"{_said(one.update)}: {one.reason}" for one in applied.refused))
        self._new.update(dict.fromkeys(fresh))

    def refuse(self, words: str) -> None:
        self._refused[words] = None

    def charted(self, seq: int) -> Charted:
        return Charted(
            seq=seq,
            statements=self._statements,
            refused=tuple(self._refused),
            unknown=tuple(sorted(self.unknown)),
            new=tuple(self._new),
        )


def _said(update: Update) -> str:
    if update.kind == "node":
        return str(update.ref)
    return f"{update.src} {update.relation} {update.dst}"

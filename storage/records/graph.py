"""What goes into the knowledge graph and what comes out of it: statements by sources, and views of what holds.

A node is named by its type and key, an edge by its relation, its two ends and, where the relation says so, a few of
its properties. Every statement has the time for which it holds (`valid_from` ≤ t < `valid_to`) and who said it;
when it became known is recorded by the graph. Types, relations and properties stand in `storage.graph.vocabulary`.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from storage.records.record import Record, UtcDatetime

Scalar = StrictStr | StrictInt | StrictBool
"""A property: text, whole number or yes/no. Days and moments are ISO text, money is minor units; never a float."""
Props = dict[str, Scalar]


class NodeRef(Record):
    """The name of a node: `campaign` and `google_ads/123/456`."""

    type: str = Field(min_length=1, max_length=40)
    key: str = Field(min_length=1, max_length=300)
    """Stable in what the data calls it; untrusted text."""

    def __str__(self) -> str:
        return f"{self.type}:{self.key}"

    @classmethod
    def parse(cls, text: str) -> "NodeRef":
        """The reverse of str(). Raises ValueError if there is no colon or nothing on one side of it."""
        kind, _, key = text.partition(":")
        return cls(type=kind, key=key)


class NodeUpdate(Record):
    """A source says that something exists and what it is called."""

    kind: Literal["node"] = "node"
    ref: NodeRef
    name: str = Field(min_length=1, max_length=300)
    props: Props = Field(default_factory=dict)
    valid_from: UtcDatetime | None = None
    """None: as long as anyone remembers."""
    valid_to: UtcDatetime | None = None
    """None: until further notice."""
    source: str = Field(min_length=1, max_length=120)
    """Who says so: a platform or feed, not one file of it, so that its next file can follow on. `google_ads`."""
    load: str = Field(default="", max_length=60)
    """The load that brought it."""


class EdgeUpdate(Record):
    """A source says that two things are related."""

    kind: Literal["edge"] = "edge"
    relation: str = Field(min_length=1, max_length=40)
    src: NodeRef
    dst: NodeRef
    props: Props = Field(default_factory=dict)
    valid_from: UtcDatetime | None = None
    valid_to: UtcDatetime | None = None
    source: str = Field(min_length=1, max_length=120)
    load: str = Field(default="", max_length=60)


Update = Annotated[NodeUpdate | EdgeUpdate, Field(discriminator="kind")]


class Refused(Record):
    """An update that changed nothing, and why, for people."""

    update: NodeUpdate | EdgeUpdate
    reason: str


class Applied(Record):
    """What came of a number of updates."""

    seq: int
    """Number of the change in the graph's log; the newest one before if nothing changed."""
    nodes: int
    """Statements about nodes that changed something."""
    edges: int
    unchanged: int
    """Statements that said what was known already."""
    refused: tuple[Refused, ...] = ()


class NotDone(Record):
    """A merge, split, rename or the like that was refused, and why, for people."""

    reason: str


class Changed(Record):
    """A merge, split, rename, alias or withdrawal that was done."""

    seq: int
    rows: int
    """Statements that were closed or opened."""


class NodeView(Record):
    """A node as it stood at one moment."""

    ref: NodeRef
    """The canonical one, if several were merged."""
    name: str
    also: tuple[str, ...] = ()
    """Other names it has or had, and names of what was merged into it."""
    merged: tuple[NodeRef, ...] = ()
    props: Props = Field(default_factory=dict)
    valid_from: UtcDatetime | None = None
    valid_to: UtcDatetime | None = None
    sources: tuple[str, ...] = ()
    """Who says that it exists; empty if only edges speak of it."""


class EdgeView(Record):
    """An edge as it stood at one moment, between canonical nodes."""

    relation: str
    src: NodeRef
    dst: NodeRef
    props: Props = Field(default_factory=dict)
    valid_from: UtcDatetime | None = None
    valid_to: UtcDatetime | None = None
    sources: tuple[str, ...] = ()
    """Everyone who says so; it goes when the last of them is withdrawn."""
    loads: tuple[str, ...] = ()


class Neighbourhood(Record):
    """What is around a node, as far as was asked."""

    centre: NodeRef
    nodes: tuple[NodeView, ...]
    """Nearest first, the centre among them."""
    hops: dict[str, int]
    """str(ref) → how far away."""
    edges: tuple[EdgeView, ...]
    cut: bool = False
    """Whether there was more than the limit."""


class Reached(Record):
    """A node that a walk came to, and the step by which it came there first."""

    ref: NodeRef
    hops: int
    relations: tuple[str, ...]
    """Of the last step."""
    via: NodeRef
    """The node before it."""


class Step(Record):
    """One edge of a path, as the relation points; the path may walk it backwards."""

    relations: tuple[str, ...]
    src: NodeRef
    dst: NodeRef


class GraphPath(Record):
    """A shortest way between two nodes."""

    nodes: tuple[NodeRef, ...]
    steps: tuple[Step, ...]


class Candidate(Record):
    """A node that may be the one that a name means: for a person to judge, never taken by itself."""

    ref: NodeRef
    name: str
    score: int = Field(ge=0, le=100)
    """100 is the same name after folding case, accents, punctuation and word order."""
    why: str


class GraphChange(Record):
    """One entry of the graph's log."""

    seq: int
    at: UtcDatetime
    kind: str
    """apply, merge, unmerge, split, rename, alias, withdraw, retract, schema"""
    by: str
    """A person or source."""
    detail: Props = Field(default_factory=dict)


class Statement(Record):
    """One row of a node's or edge's history: what was said, for when, and from when until when it was believed."""

    what: str
    """The name of a node, or `relation → other end`."""
    props: Props = Field(default_factory=dict)
    valid_from: UtcDatetime | None = None
    valid_to: UtcDatetime | None = None
    known_from: UtcDatetime
    known_to: UtcDatetime | None = None
    source: str
    load: str = ""


class Window(Record):
    """A stretch of time: from `start` up to, without, `end`."""

    start: UtcDatetime
    end: UtcDatetime

    @classmethod
    def at(cls, moment: datetime) -> "Window":
        """One moment as the shortest window."""
        from datetime import timedelta

        return cls(start=moment, end=moment + timedelta(microseconds=1))

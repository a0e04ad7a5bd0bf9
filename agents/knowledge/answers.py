"""What people ask the graph: what touches a thing, what a change would reach, how things hang together, and when."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from agents.knowledge.charting import Charter
from storage.graph.current import CurrentGraph
from storage.ledger import Ledger, Transaction
from storage.records.graph import (
    Candidate,
    GraphPath,
    Neighbourhood,
    NodeRef,
    NodeView,
    Reached,
    Window,
)
from storage.records.record import Record

CAUSES = ("event", "plan")
"""What may be why a number moved."""
LOOK_BACK = timedelta(days=14)
"""Causes older than this are not thought of."""
_FIELDS = ("campaign", "audience", "product", "kpi", "plan", "channel", "brand", "account", "content_item", "event")
"""Types that a name is looked for in first, where one is called alike in several."""
_TOO_COMMON = ("channel", "account", "brand", "owner", "market", "strategy", "journey_stage")
"""An explanation through one of these explains nothing: everything hangs together there."""


class NotFound(Record):
    """Nothing is called so; `candidates` are called alike."""

    name: str
    candidates: tuple[Candidate, ...] = ()


class Ambiguous(Record):
    """Several things are called exactly so."""

    name: str
    views: tuple[NodeView, ...]


class Reach(Record):
    """What a change to a thing would be felt by, nearest first."""

    centre: NodeView
    reached: tuple[Reached, ...]
    names: dict[str, str]
    """str(ref) → name."""


class Explanation(Record):
    """A shortest way from what moved to something that may be why."""

    cause: NodeView
    path: GraphPath
    names: dict[str, str]


class GraphAnswers:
    """Asks the graph, brought up to date before."""

    def __init__(
        self, ledger: Ledger, charter: Charter, current: CurrentGraph, *, clock: Callable[[], datetime]
    ) -> None:
        self._ledger = ledger
        self._charter = charter
        self._current = current
        self._clock = clock

    async def find(self, name: str, *, kind: str | None = None) -> NodeView | NotFound | Ambiguous:
        """The one thing that a person means by a name, by an id of a platform, or by `type:key`."""
        await self._charter.catch_up()
        async with self._ledger.read() as tx:
            at = self._charter.now()
            if (exact := await _by_ref(tx, name, at)) is not None:
                return exact
            found = [one for one in await tx.graph.named(name, kind=kind) if kind in (None, one.ref.type)]
            found = found or await _by_id(tx, name, at, kind)
            if len(found) > 1 and kind is None:
                ranked = sorted(found, key=lambda one: _rank(one.ref.type))
                best = _rank(ranked[0].ref.type)
                found = [one for one in ranked if _rank(one.ref.type) == best]
            if len(found) == 1:
                return found[0]
            if found:
                return Ambiguous(name=name, views=tuple(found))
            kinds = [kind] if kind else ["campaign", "audience", "product"]
            near = [one for each in kinds for one in await tx.graph.candidates(name, each, least=60)]
        return NotFound(name=name, candidates=tuple(sorted(near, key=lambda one: -one.score)[:5]))

    async def around(
        self, ref: NodeRef, *, hops: int = 1, valid_at: datetime | None = None, known_at: datetime | None = None
    ) -> Neighbourhood | None:
        """What is around a thing, now or as it was, or as it was known then; None if it was not known."""
        async with self._ledger.read() as tx:
            at = valid_at or self._charter.now()
            return await tx.graph.as_of(ref, valid_at=at, known_at=known_at, hops=hops)

    async def touching(self, ref: NodeRef, window: Window, *, hops: int = 1) -> Neighbourhood | None:
        """What had to do with a thing at any time of the window."""
        async with self._ledger.read() as tx:
            return await tx.graph.touching(ref, window, hops=hops)

    def this_week(self) -> Window:
        """From Monday, to now at the latest moment that any source knows."""
        now = self._charter.now()
        monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
        return Window(start=monday, end=now + timedelta(microseconds=1))

    async def reach(self, view: NodeView, *, hops: int = 3, limit: int = 500) -> Reach:
        """What would feel a change to the thing."""
        await self._current.refresh(self._charter.now())
        reached = tuple(self._current.reach(view.ref, hops, limit=limit))
        return Reach(centre=view, reached=reached, names=await self._names([one.ref for one in reached]))

    async def path(self, start: NodeRef, end: NodeRef) -> tuple[GraphPath | None, dict[str, str]]:
        """A shortest way between two things."""
        await self._current.refresh(self._charter.now())
        found = self._current.path(start, end)
        return found, await self._names(found.nodes if found else ())

    async def explain(self, moved: NodeRef, *, most: int = 5) -> tuple[Explanation, ...]:
        """The nearest events and plans of the last two weeks that hang together with what moved, nearest first."""
        await self._charter.catch_up()
        await self._current.refresh(self._charter.now())
        at = self._charter.now()
        async with self._ledger.read() as tx:
            causes = {one.ref: one for kind in CAUSES for one in await tx.graph.nodes(kind, valid_at=at)}
        recent = {
            ref: one for ref, one in causes.items() if ref != moved and _is_cause(one) and _day(one) > at - LOOK_BACK
        }
        found: list[Explanation] = []
        left = dict(recent)
        while left and len(found) < most:
            path = self._current.path(moved, list(left), avoid=_TOO_COMMON, most=6)
            if path is None:
                break
            cause = left.pop(path.nodes[-1], None)
            if cause is None:
                break
            found.append(Explanation(cause=cause, path=path, names=await self._names(path.nodes)))
        return tuple(found)

    async def _names(self, refs: Sequence[NodeRef]) -> dict[str, str]:
        at = self._charter.now()
        async with self._ledger.read() as tx:
            views = [await tx.graph.get(ref, valid_at=at) for ref in dict.fromkeys(refs)]
        return {str(view.ref): view.name for view in views if view is not None}


async def _by_ref(tx: Transaction, name: str, at: datetime) -> NodeView | None:
    if ":" not in name:
        return None
    try:
        return await tx.graph.get(NodeRef.parse(name), valid_at=at)
    except ValueError:
        return None


async def _by_id(tx: Transaction, name: str, at: datetime, kind: str | None) -> list[NodeView]:
    """Things whose key ends with what was written, such as a platform's id, PLAN-3 or a KPI's name."""
    wanted = name.strip().casefold()
    found = []
    for one in (kind,) if kind else _FIELDS:
        views = await tx.graph.nodes(one, valid_at=at)
        found += [view for view in views if view.ref.key.rpartition("/")[2].casefold() == wanted]
    return found


def _rank(kind: str) -> int:
    return _FIELDS.index(kind) if kind in _FIELDS else len(_FIELDS)


def _is_cause(view: NodeView) -> bool:
    """Alerts say that something moved, not why."""
    return not str(view.props.get("kind", "")).startswith("alert-") and view.props.get("state") not in (
        "refused",
        "rejected",
        "superseded",
        "expired",
        "held",
        "proposed",
        "waiting",
    )


def _day(view: NodeView) -> datetime:
    at = view.props.get("at")
    if isinstance(at, str):
        return datetime.fromisoformat(at)
    return view.valid_from or datetime.min.replace(tzinfo=UTC)

"""Suspects: what the graph and the platforms know of that happened near a case, beside what its numbers tell.

Nearness in time and in the graph makes nobody a culprit: it "coincides". "Caused" is said only where a controlled
experiment on that very thing has ended.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from agents.knowledge import things
from agents.sources.source import ForeignChange
from storage.ledger import Transaction
from storage.records.alerts import Candidate, Certainty, Finding, Pattern
from storage.records.graph import EdgeView, Neighbourhood, NodeRef, NodeView, Window
from storage.records.plans import Value

LOOK_BACK = timedelta(days=14)
"""What happened earlier is not thought of."""
MOST_CAMPAIGNS = 5
"""So many of a channel, those that spend most, are asked about."""
MOST = 6
_HAND_REACHES = timedelta(days=7)
"""A budget or bid that was changed by hand longer ago would have shown before."""
_RELATIONS = ("promotes", "concerns", "changes", "uses", "tests", "part_of")
_HOPS = 2
_ENDED = frozenset({"concluded", "won", "lost", "done", "ended"})
_DAY = timedelta(days=1)


async def with_suspects(
    tx: Transaction, finding: Finding, rows: pl.DataFrame, *, foreign: Sequence[ForeignChange] = ()
) -> Finding:
    """The finding with further candidates; `rows` are the facts of its last day, `foreign` changes by others."""
    if finding.pattern in _DERIVED:
        return finding
    refs = _campaigns(finding, rows)
    began = finding.since or finding.seen_on
    window = Window(start=_midnight(began - LOOK_BACK), end=_midnight(finding.seen_on + _DAY))
    views: dict[NodeRef, NodeView] = {}
    edges: dict[tuple[str, NodeRef, NodeRef], EdgeView] = {}
    for ref in refs:
        around: Neighbourhood | None = await tx.graph.touching(ref, window, hops=_HOPS, relations=_RELATIONS, limit=300)
        if around is not None:
            views |= {node.ref: node for node in around.nodes}
            edges |= {(edge.relation, edge.src, edge.dst): edge for edge in around.edges}
    found = [
        *_changed_by_others(finding, foreign),
        *_events(views, edges.values(), began, finding.seen_on),
        *_creatives(views, edges.values(), window, began),
    ]
    told = {(one.kind, one.ref) for one in finding.candidates if one.ref is not None}
    extra = [one for one in found if (one.kind, one.ref) not in told or one.ref is None][:MOST]
    candidates = [_tested(one, views, edges.values()) for one in _with_the_hand([*finding.candidates, *extra])]
    candidates.sort(key=lambda one: _ORDER[one.certainty])
    return finding.model_copy(update={"candidates": tuple(candidates)})


_DERIVED = (Pattern.POPULATION, Pattern.FORECAST)
"""They follow from something else, which has suspects of its own."""
_ORDER = {Certainty.CAUSED: 0, Certainty.LIKELY: 1, Certainty.POSSIBLE: 2}


def _with_the_hand(candidates: list[Candidate]) -> list[Candidate]:
    """Where figures tell of a changed budget and the platform of who changed it, that is one suspect."""
    first = candidates[0] if candidates else None
    hand = next((one for one in candidates[1:] if one.kind == "change" and one.certainty is Certainty.LIKELY), None)
    if first is None or hand is None or first.kind != "change" or first.ref is not None:
        return candidates
    told = hand.model_copy(update={"speaks_for": (*hand.speaks_for, *first.speaks_for)})
    return [told, *(one for one in candidates[1:] if one is not hand)]


def _campaigns(finding: Finding, rows: pl.DataFrame) -> list[NodeRef]:
    ads = rows.filter(pl.col("channel") != "store")
    if finding.channel is not None:
        ads = ads.filter(pl.col("channel") == finding.channel)
    if finding.campaign_id is not None:
        ads = ads.filter(pl.col("campaign_id") == finding.campaign_id)
    most = ads.sort("spend_micros", descending=True, nulls_last=True).head(MOST_CAMPAIGNS)
    named = most.select("source", "account", "campaign_id").iter_rows()
    return list(dict.fromkeys(things.campaign(source, account or "", id_) for source, account, id_ in named))


def _changed_by_others(finding: Finding, foreign: Iterable[ForeignChange]) -> Iterable[Candidate]:
    """What somebody else did on the platform to what the case is about; a round of changes at once is one suspect."""
    began = finding.since or finding.seen_on
    rounds: dict[tuple[str, str, date], list[ForeignChange]] = {}
    for change in foreign:
        day = change.at.date()
        same = finding.channel == change.resource.channel and finding.campaign_id in (None, change.resource.id)
        if same and began - _HAND_REACHES <= day <= finding.seen_on:
            rounds.setdefault((change.actor, change.field, day), []).append(change)
    for (actor, field, day), changes in rounds.items():
        first = changes[0]
        of = f"{first.resource.name} from {_shown(first.before)} to {_shown(first.after)}"
        if len(changes) > 1:
            of = f"{len(changes)} campaigns of {finding.channel}"
        what = f"{field.replace('_', ' ')} of {of}"
        near = finding.campaign_id == first.resource.id and abs((began - day).days) <= 1
        yield Candidate(
            kind="change",
            ref=f"campaign:{first.resource.key}@{day}",
            words=f"{actor} changed {what} on the platform on {day}: it coincides with this.",
            certainty=Certainty.LIKELY if near else Certainty.POSSIBLE,
            speaks_for=(_apart(day, began),) if day <= began else (),
            speaks_against=() if day <= began else (_apart(day, began),),
        )


def _events(
    views: dict[NodeRef, NodeView], edges: Iterable[EdgeView], began: date, seen_on: date
) -> Iterable[Candidate]:
    """Prices and stock of what the campaigns push, and whatever else happened to it."""
    about = {edge.src: edge.dst for edge in edges if edge.relation == "concerns"}
    for ref, view in views.items():
        kind = str(view.props.get("kind", ""))
        day = _day(view)
        if ref.type != "event" or kind.startswith("alert-") or day is None or not began - LOOK_BACK <= day <= seen_on:
            continue
        thing = views.get(about[ref]) if ref in about else None
        yield Candidate(
            kind="price" if kind.startswith("price") else "stock" if kind.startswith("stock") else "outside",
            ref=str(ref),
            words=f"{view.name} on {day}: it coincides with this.",
            certainty=Certainty.POSSIBLE,
            speaks_for=(
                *((f"these campaigns push {thing.name}",) if thing is not None else ()),
                *((_apart(day, began),) if day <= began else ()),
            ),
            speaks_against=() if day <= began else (_apart(day, began),),
        )


def _creatives(
    views: dict[NodeRef, NodeView], edges: Iterable[EdgeView], window: Window, began: date
) -> Iterable[Candidate]:
    """What a campaign shows, where it began to show it lately."""
    uses = [edge for edge in edges if edge.relation == "uses"]
    # What was shown when a campaign first became known is no change.
    before = {edge.src for edge in uses if edge.valid_to is not None}
    for edge in uses:
        new = edge.src in before and edge.valid_from is not None and edge.valid_from >= window.start
        shown, campaign = views.get(edge.dst), views.get(edge.src)
        if not new or shown is None or campaign is None or edge.valid_from is None:
            continue
        day = edge.valid_from.date()
        yield Candidate(
            kind="creative",
            ref=str(edge.dst),
            words=f"{campaign.name} shows something else since {day}: it coincides with this.",
            certainty=Certainty.POSSIBLE,
            speaks_for=(_apart(day, began),) if day <= began else (),
            speaks_against=() if day <= began else (_apart(day, began),),
        )


def _tested(one: Candidate, views: dict[NodeRef, NodeView], edges: Iterable[EdgeView]) -> Candidate:
    """Caused, where an experiment on that very thing has ended; the only way to know."""
    if one.ref is None:
        return one
    names = {one.ref, f"plan:{one.ref}"}
    for edge in edges:
        test = views.get(edge.src)
        if edge.relation != "tests" or str(edge.dst) not in names or test is None:
            continue
        if test.props.get("state") in _ENDED:
            told = (*one.speaks_for, f"the experiment {test.name} has shown it")
            return one.model_copy(update={"certainty": Certainty.CAUSED, "speaks_for": told})
    return one


def _apart(day: date, began: date) -> str:
    days = (began - day).days
    if days == 0:
        return "the departure began on that day"
    many = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    return f"the departure began {many} {'after' if days > 0 else 'before'} it"


def _day(view: NodeView) -> date | None:
    at = view.props.get("day")
    if isinstance(at, str):
        return date.fromisoformat(at)
    return view.valid_from.date() if view.valid_from is not None else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def _shown(value: Value) -> str:
    return str(value)

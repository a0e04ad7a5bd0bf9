"""What the knowledge graph knows around one thing, grouped by how it hangs together; names are untrusted text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from agents.knowledge.answers import Ambiguous, NotFound
from bot.slack.cards.blocks import Block, Message, context, header, section
from bot.slack.cards.data_words import told_by
from bot.slack.cards.markup import clean, count, data, escaped, moment, money, spelled, within, words
from bot.slack.cards.plan_card import SIMULATED
from storage.records.graph import EdgeView, Neighbourhood, NodeRef, NodeView, Props, Scalar
from storage.records.money import Money

SHOWN_A_GROUP = 8
_MOST = 2900
_OUT = {
    "belongs_to": "kept in",
    "bids_on": "bids on",
    "changes": "changes",
    "in_category": "in category",
    "in_market": "for the market",
    "may_explain": "may explain",
    "measured_by": "steered by",
    "of_brand": "brand",
    "owned_by": "answered for by",
    "part_of": "part of",
    "promotes": "pushes",
    "resulted_in": "resulted in",
    "runs_on": "runs on",
    "uses": "shows",
    "addresses": "speaks to",
    "came_from": "brought by",
    "at_stage": "at the stage",
    "handed_by": "handed over by",
}
_IN = {
    "belongs_to": "holds",
    "bids_on": "bid for by",
    "carries_out": "carried out by",
    "changes": "changed by",
    "concerns": "happened to it",
    "conflicts_with": "in conflict with",
    "came_from": "brought",
    "at_stage": "stand there",
    "handed_by": "hands over",
    "in_category": "products",
    "in_market": "campaigns for it",
    "in_audience": "among them",
    "may_explain": "may be why",
    "measured_by": "steers",
    "of_brand": "carried by",
    "owned_by": "answers for",
    "part_of": "has parts",
    "promotes": "pushed by",
    "runs_on": "runs here",
    "uses": "shown by",
    "addresses": "addressed by",
    "wants": "wanted by",
    "scored_on": "measured outcomes",
}
_QUIET = frozenset({"wants", "carries_out"})
"""Book-keeping between intents and plans, which says to people what the plan says already."""


@dataclass(frozen=True)
class Tie:
    """One thing that hangs together with the centre."""

    view: NodeView
    note: str
    """What the edge says of itself, such as “2 a week”."""


@dataclass(frozen=True)
class Group:
    """Things that hang together with the centre in the same way."""

    words: str
    outward: bool
    """Whether the centre says it of them, and not they of the centre."""
    ties: tuple[Tie, ...]


def groups_of(found: Neighbourhood) -> tuple[Group, ...]:
    """The things one step away, what the centre says first."""
    views = {node.ref: node for node in found.nodes}
    ties: dict[tuple[bool, str], dict[NodeRef, Tie]] = {}
    for edge in found.edges:
        outward = edge.src == found.centre
        other = edge.dst if outward else edge.src
        if edge.relation in _QUIET or found.centre not in (edge.src, edge.dst) or other not in views:
            continue
        ties.setdefault((not outward, edge.relation), {})[other] = Tie(_worded(views[other]), _note(edge))
    return tuple(
        Group(
            words=(_IN if inward else _OUT).get(relation, words(relation)),
            outward=not inward,
            ties=tuple(sorted(each.values(), key=lambda tie: (tie.view.name.casefold(), tie.view.ref.key))),
        )
        for (inward, relation), each in sorted(ties.items())
    )


def _worded(view: NodeView) -> NodeView:
    """With the name of what is named by a sentence, such as an outcome or an alert, in words for people."""
    kpi, _, sentence = view.name.partition(": ")
    said = f"{words(kpi)}{sentence.removeprefix(kpi)}" if sentence.startswith(f"{kpi} ") else view.name
    return view.model_copy(update={"name": spelled(said)})


def graph_card(found: Neighbourhood, *, at: datetime, zone: ZoneInfo, picture: Block | None = None) -> Message:
    """One thing with what is around it; `picture` is an image block of the same."""
    centre = next(node for node in found.nodes if node.ref == found.centre)
    groups = groups_of(found)
    lines = [_group_line(one) for one in groups]
    simulated = centre.ref.key.startswith("sandbox/")
    said_by = ", ".join(data(told_by(one), 40) for one in centre.sources[:4]) or "what others say of it"
    blocks = [
        header(f"{clean(words(centre.ref.type), 30)}: {clean(centre.name, 100)}"),
        *([context(SIMULATED)] if simulated else []),
        *([section(facts)] if (facts := _facts(centre)) else []),
        *([picture] if picture else []),
        section(within(lines, _MOST) if lines else "Nothing is known to hang together with it."),
        context(f"As of {moment(at, zone)} · known from {said_by} · `countersign graph` tells more"),
    ]
    ties = sum(len(one.ties) for one in groups)
    text = f"{escaped(clean(centre.name, 80))}: {count(ties, 'thing')} hang together with it."
    return Message(text=text, blocks=tuple(blocks))


def not_found(missing: NotFound) -> Message:
    """Words for a name that means nothing, with what is called alike."""
    near = [
        f"• {data(one.name, 80)} ({data(words(one.ref.type), 30)}, {one.score} % alike)" for one in missing.candidates
    ]
    text = f"Nothing in the graph is called {data(missing.name, 80)}."
    more = within(["Did you mean:", *near], _MOST) if near else "It knows what data, plans and knowledge.yml tell of."
    return Message(text=f"Nothing is called {escaped(clean(missing.name, 80))}.", blocks=(section(f"{text}\n{more}"),))


def ambiguous(several: Ambiguous) -> Message:
    """Words for a name that several things have."""
    lines = [f"• {data(one.name, 60)}: `/graph {_typed(one.ref)}`" for one in several.views[:8]]
    text = f"{count(len(several.views), 'thing')} are called {data(several.name, 80)}. Which one?"
    return Message(
        text=f"Several things are called {escaped(clean(several.name, 80))}.",
        blocks=(section(within([text, *lines], _MOST)),),
    )


def how_to() -> Message:
    """What can be typed."""
    text = "Write `/graph campaign NAME`, `/graph audience NAME`, `/graph product NAME` or `/graph PLAN-3`."
    return Message(text=text, blocks=(section(text),))


def _typed(ref: NodeRef) -> str:
    """What to type for a thing, inside a line of code."""
    return escaped(clean(str(ref), 120)).replace("`", "'")


def _facts(view: NodeView) -> str:
    said = [_fact(name, value, view.props) for name, value in sorted(view.props.items())]
    return " · ".join([one for one in said if one][:10])


def _fact(name: str, value: Scalar, props: Props) -> str:
    """One property for people; amounts with their currency, yes and no as words."""
    if name in ("currency", "simulated"):
        return ""
    if name.endswith("_minor") and isinstance(value, int) and "currency" in props:
        return f"{words(name.removesuffix('_minor'))}: {money(Money(minor=value, currency=str(props['currency'])))}"
    said = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return f"{words(name)}: {data(said, 60)}"


def _group_line(group: Group) -> str:
    shown = [f"{data(tie.view.name, 60)}{f' ({data(tie.note, 60)})' if tie.note else ''}" for tie in group.ties]
    more = len(shown) - SHOWN_A_GROUP
    return f"*{group.words}*: {', '.join(shown[:SHOWN_A_GROUP])}{f' and {more:,} more' if more > 0 else ''}"


def _note(edge: EdgeView) -> str:
    props = edge.props
    if often := props.get("contacts_per_week"):
        return f"{often} a week"
    if "share_percent" in props:
        return f"{props['share_percent']} % of what it sold"
    return str(props.get("keyword") or props.get("reason") or words(str(props.get("field") or "")).lower())


def names_of(ties: Sequence[Tie], most: int) -> str:
    """The names of a few, for alternative texts."""
    named = [clean(tie.view.name, 50) for tie in ties[:most]]
    more = len(ties) - len(named)
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")

"""From plans to intents: what the graph knows around the campaigns of a plan says what it can get in the way of."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from pydantic import Field

from agents.knowledge import things
from agents.knowledge.conflicts import Intent
from storage.ledger import Transaction
from storage.records.facts import CampaignState
from storage.records.graph import NodeRef
from storage.records.money import Money
from storage.records.plans import Change, Plan
from storage.records.record import Record

_RELATIONS = ("addresses", "bids_on", "of_brand")
_RUNNING = ("active", "enabled", "")
"""Statuses of a campaign that is at work; one that nobody shows is believed to be."""


class Around(Record):
    """What the graph knows around one campaign."""

    ref: NodeRef
    name: str
    status: str = ""
    brand: str = ""
    audiences: dict[str, int] = Field(default_factory=dict)
    """Key of an audience → messages a week, 0 where nobody says."""
    auctions: tuple[str, ...] = ()
    """Keyword or brand, and where."""
    names: dict[str, str] = Field(default_factory=dict)
    """Of everything above, for people."""

    @property
    def running(self) -> bool:
        return self.status.casefold() in _RUNNING


async def around(tx: Transaction, ref: NodeRef, at: datetime) -> Around | None:
    """None where the graph does not know the campaign."""
    found = await tx.graph.as_of(ref, valid_at=at, relations=_RELATIONS, hops=1)
    if found is None:
        return None
    names = {str(node.ref): node.name for node in found.nodes}
    centre = next((node for node in found.nodes if node.ref == found.centre), None)
    audiences: dict[str, int] = {}
    auctions: dict[str, str] = {}
    brand = ""
    for edge in found.edges:
        if edge.src != found.centre:
            continue
        if edge.relation == "addresses":
            often = edge.props.get("contacts_per_week", 0)
            audiences[str(edge.dst)] = max(audiences.get(str(edge.dst), 0), int(often))
        elif edge.relation == "bids_on":
            keyword = str(edge.props.get("keyword", ""))
            auctions[f"{keyword}@{edge.dst}"] = f"“{keyword}” ({names.get(str(edge.dst), '')})"
        else:
            brand = names.get(str(edge.dst), "")
    return Around(
        ref=found.centre,
        name=centre.name if centre else ref.key,
        status=str(centre.props.get("status", "")) if centre else "",
        brand=brand,
        audiences=audiences,
        auctions=tuple(auctions),
        names={**names, **auctions},
    )


def intent_of(
    plan: Plan,
    campaigns: Mapping[str, Around],
    states: Iterable[CampaignState],
    *,
    rank: int,
    source_of: Mapping[str, str] | None = None,
) -> Intent:
    """What the plan could get in the way of; `campaigns` by `Resource.key`, `source_of` names each channel's source."""
    parts = _Parts(campaigns, {f"{one.channel}/campaign/{one.id}": one for one in states}, source_of or {})
    for change in plan.changes:
        parts.take(change)
    return Intent(
        id=plan.id, first=plan.created_at, last=_last(plan), filed_at=plan.created_at, rank=rank, **parts.fields()
    )


def standing_intent(campaign: Around, *, first: datetime, last: datetime) -> Intent:
    """A campaign that runs already: it is sent and bids, whatever else does."""
    return Intent(
        id=str(campaign.ref),
        first=first,
        last=last,
        filed_at=first,
        standing=True,
        runs=tuple((auction, str(campaign.ref)) for auction in campaign.auctions),
        contacts=tuple((audience, often) for audience, often in campaign.audiences.items() if often),
    )


async def neighbours(tx: Transaction, intents: Sequence[Intent], at: datetime) -> tuple[Around, ...]:
    """Running campaigns that send to whom the intents would, or bid for what they would join."""
    wanted = {audience for one in intents for audience, _ in one.contacts}
    wanted |= {auction.rpartition("@")[2] for one in intents for auction, _ in one.joins}
    refs: dict[NodeRef, None] = {}
    for thing in sorted(wanted):
        found = await tx.graph.as_of(NodeRef.parse(thing), valid_at=at, relations=("addresses", "bids_on"), hops=1)
        edges = found.edges if found else ()
        refs.update((edge.src, None) for edge in edges if edge.src.type == "campaign")
    known = [await around(tx, ref, at) for ref in refs]
    return tuple(one for one in known if one is not None and one.running)


class _Parts:
    """The parts of an intent, gathered change by change."""

    def __init__(
        self, campaigns: Mapping[str, Around], states: Mapping[str, CampaignState], source_of: Mapping[str, str]
    ) -> None:
        self._campaigns = campaigns
        self._states = states
        self._source_of = source_of
        self._found: dict[str, dict[Any, None]] = {}

    def fields(self) -> dict[str, Any]:
        return {name: tuple(each) for name, each in self._found.items()}

    def take(self, change: Change) -> None:
        key = change.resource.key
        known, state = self._campaigns.get(key), self._states.get(key)
        self._add("places", f"channel:{change.resource.channel}")
        if (brand := known.brand if known else "") or (brand := state.brand if state else ""):
            self._add("places", f"brand:{brand}")
        if change.field in ("daily_budget", "status"):
            self._add("budgets", _pot(change, state))
        if change.field in ("price", "discount"):
            self._price(change)
        elif change.field == "audience":
            self._audience(change, known)
        elif change.field == "status" and str(change.after).casefold() in _RUNNING:
            self._starts(known)
        elif change.field == "daily_budget" and _raises(change):
            for auction in known.auctions if known else ():
                self._add("bids", (auction, str(known.ref) if known else key))

    def _starts(self, known: Around | None) -> None:
        """A campaign that begins to run: what it bids for, and whom it speaks to."""
        if known is None:
            return
        for auction in known.auctions:
            self._add("joins", (auction, str(known.ref)))
        for audience, often in known.audiences.items():
            self._add("audiences", audience)
            if often:
                self._add("contacts", (audience, often))

    def _audience(self, change: Change, known: Around | None) -> None:
        """Another audience is sent as often as the campaign sends now, once a week where nobody says."""
        after = str(change.after)
        source = self._source_of.get(change.resource.channel, change.resource.channel)
        audience = str(things.audience(source, after))
        self._add("audiences", audience)
        self._add("contacts", (audience, max(known.audiences.values(), default=1) or 1 if known else 1))

    def _price(self, change: Change) -> None:
        step = _worth(change.after) - _worth(change.before)
        if step:
            dearer = step > 0 if change.field == "price" else step < 0
            self._add("prices", (change.resource.key, 1 if dearer else -1))

    def _add(self, name: str, part: Any) -> None:
        self._found.setdefault(name, {})[part] = None


def _pot(change: Change, state: CampaignState | None) -> str:
    """The budget that the campaign spends from: its own, or one that it shares."""
    if state is None or not state.shared_with:
        return change.resource.key
    return f"{change.resource.channel}/budget/{'+'.join(sorted({state.id, *state.shared_with}))}"


def _raises(change: Change) -> bool:
    return isinstance(change.after, Money) and isinstance(change.before, Money) and change.before < change.after


def _worth(value: object) -> int:
    """Minor units of a price, basis points of a discount."""
    if isinstance(value, Money):
        return value.minor
    text = str(value).strip()
    return int(text) if text.lstrip("-").isdigit() else 0


def _last(plan: Plan) -> datetime:
    """Until when what it wants matters: its forecasts' last day, and as long as it may be decided."""
    days = [datetime.combine(one.last + timedelta(days=1), time(), tzinfo=UTC) for one in plan.forecasts]
    return max([plan.expires_at, plan.created_at + timedelta(days=7), *days])

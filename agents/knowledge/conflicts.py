"""Conflicts: intents that cannot all be carried out, found before anything runs. Pure, and indexed by what is shared.

Whoever goes first keeps what it needs, and a later intent that cannot be had beside it loses and takes up nothing.
So the intents that lose nothing fit together, and each that loses names what stands in its way.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice

from agents.knowledge.timeline import Load, Rival, Timeline

CONTACTS_PER_WEEK = 4
"""Messages that one audience may be sent in a week, all campaigns together, where no limits say otherwise."""
MOST_NAMED = 24
"""More conflicts of one loser are not named: it cannot go on while one of them stands."""


class ConflictKind(StrEnum):
    BLACKOUT = "blackout"
    """A time in which the team changes nothing here."""
    BUDGET = "budget"
    """Both move the same money."""
    AUDIENCE = "audience"
    """Both begin to address the same people."""
    PRICE = "price"
    """One makes a product dearer, the other cheaper."""
    BIDS = "bids"
    """Two campaigns would bid against each other."""
    CONTACT = "contact"
    """Together they would write to the same people too often."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What somebody wants to do, as far as it can get in another's way; names of things are keys of ours."""

    id: str
    """The plan, or the campaign that runs already; each once."""
    first: datetime
    last: datetime
    """Exclusive; both aware."""
    filed_at: datetime
    """Of equal rank, the earlier goes first."""
    rank: int = 1
    """The lower goes first."""
    standing: bool = False
    """It happens already: it keeps what it has, whatever else has it, and never loses."""
    places: tuple[str, ...] = ()
    """Where it changes something, for blackouts: `channel:email`, `brand:Acme`."""
    budgets: tuple[str, ...] = ()
    """Pots of money that it moves, or stops from being spent."""
    audiences: tuple[str, ...] = ()
    """Whom it begins to address."""
    prices: tuple[tuple[str, int], ...] = ()
    """Product → 1 where it becomes dearer, -1 where it becomes cheaper."""
    bids: tuple[tuple[str, str], ...] = ()
    """(keyword, brand or market that is bid for, campaign whose bid would grow)."""
    joins: tuple[tuple[str, str], ...] = ()
    """As bids, for a campaign that is not bidding yet: it clashes with those that run, too."""
    runs: tuple[tuple[str, str], ...] = ()
    """As bids, for what is bid already."""
    contacts: tuple[tuple[str, int], ...] = ()
    """Audience → messages a week."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """A time in which nothing may change in a place."""

    id: str
    """Its name, people's own words."""
    first: datetime
    last: datetime
    place: str = ""
    """`channel:…` or `brand:…`; empty for everywhere."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing that two cannot have at the same time."""

    kind: ConflictKind
    thing: str
    winner: str
    """Who goes first: another intent, or the name of a blackout."""
    loser: str
    first: datetime
    last: datetime
    """When both want it; exclusive."""
    wanted: int = 0
    """For CONTACT: messages a week, all together."""
    allowed: int = 0


def find_conflicts(
    intents: Sequence[Intent],
    *,
    quiet: Sequence[Quiet] = (),
    most_contacts: Callable[[str], int] = lambda _: CONTACTS_PER_WEEK,
) -> tuple[Conflict, ...]:
    """Everything that keeps an intent from being carried out beside those that go first; losers in their order.

    Independent of the order of `intents`. `most_contacts` gives the messages a week that an audience may be sent.
    """
    taken = _Taken(quiet, most_contacts)
    found: list[Conflict] = []
    for intent in sorted(intents, key=_precedence):
        against = () if intent.standing else tuple(islice(taken.against(intent), MOST_NAMED))
        if against:
            found.extend(against)
        else:
            taken.add(intent)
    return tuple(found)


def held(conflicts: Sequence[Conflict]) -> dict[str, tuple[Conflict, ...]]:
    """Loser → what stands in its way."""
    by_loser: dict[str, list[Conflict]] = {}
    for conflict in conflicts:
        by_loser.setdefault(conflict.loser, []).append(conflict)
    return {loser: tuple(each) for loser, each in by_loser.items()}


def _precedence(intent: Intent) -> tuple[bool, int, datetime, str]:
    return not intent.standing, intent.rank, intent.filed_at, intent.id


def _stances(intent: Intent) -> Iterator[tuple[ConflictKind, str, str]]:
    """Kind, thing and stance: who has the same thing at the same time clashes, unless the stance is the same."""
    for budget in intent.budgets:
        yield ConflictKind.BUDGET, budget, intent.id
    for audience in intent.audiences:
        yield ConflictKind.AUDIENCE, audience, intent.id
    for product, direction in intent.prices:
        yield ConflictKind.PRICE, product, "dearer" if direction > 0 else "cheaper"
    for auction, campaign in (*intent.bids, *intent.joins):
        yield ConflictKind.BIDS, auction, campaign


class _Taken:
    """What the intents that go first have taken up, by thing and time."""

    def __init__(self, quiet: Sequence[Quiet], most_contacts: Callable[[str], int]) -> None:
        self._quiet: dict[str, list[Quiet]] = {}
        for one in quiet:
            self._quiet.setdefault(one.place, []).append(one)
        self._most_contacts = most_contacts
        self._wanted: dict[tuple[ConflictKind, str], Timeline] = {}
        self._running: dict[str, Timeline] = {}
        self._contacts: dict[str, Load] = {}

    def add(self, intent: Intent) -> None:
        first, last = intent.first.timestamp(), intent.last.timestamp()
        for kind, thing, stance in _stances(intent):
            self._wanted.setdefault((kind, thing), Timeline()).add(first, last, stance, intent.id)
        for auction, campaign in intent.runs:
            self._running.setdefault(auction, Timeline()).add(first, last, campaign, intent.id)
        for audience, per_week in intent.contacts:
            self._contacts.setdefault(audience, Load()).add(first, last, per_week, intent.id)

    def against(self, intent: Intent) -> Iterator[Conflict]:
        window = intent.first.timestamp(), intent.last.timestamp()
        yield from self._blackouts(intent)
        for kind, thing, stance in _stances(intent):
            if timeline := self._wanted.get((kind, thing)):
                yield from (_clash(kind, thing, rival, intent) for rival in timeline.rivals(*window, stance))
        for auction, campaign in intent.joins:
            if timeline := self._running.get(auction):
                rivals = timeline.rivals(*window, campaign)
                yield from (_clash(ConflictKind.BIDS, auction, rival, intent) for rival in rivals)
        yield from self._too_often(intent, *window)

    def _blackouts(self, intent: Intent) -> Iterator[Conflict]:
        for place in ("", *intent.places):
            for one in self._quiet.get(place, ()):
                first, last = max(one.first, intent.first), min(one.last, intent.last)
                if first < last:
                    yield Conflict(ConflictKind.BLACKOUT, place, one.id, intent.id, first, last)

    def _too_often(self, intent: Intent, first: float, last: float) -> Iterator[Conflict]:
        for audience, per_week in intent.contacts:
            load, allowed = self._contacts.get(audience), self._most_contacts(audience)
            peak = load.peak(first, last) if load else None
            if peak is None or not per_week or peak.sum + per_week <= allowed:
                continue
            for owner in peak.owners:
                rival = Rival(owner, peak.first, peak.last)
                clash = _clash(ConflictKind.CONTACT, audience, rival, intent)
                yield replace(clash, wanted=peak.sum + per_week, allowed=allowed)


def _clash(kind: ConflictKind, thing: str, rival: Rival, loser: Intent) -> Conflict:
    first, last = (datetime.fromtimestamp(at, UTC) for at in (rival.first, rival.last))
    return Conflict(kind, thing, rival.owner, loser.id, first, last)

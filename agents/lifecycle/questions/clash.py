"""Clash: a plan that cannot be carried out beside those that go first is held, and people are given the choice.

Two plans on one campaign are kept apart by claims already; here it is what the graph knows that they share: a budget,
an audience, a price, an auction, people's patience.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from agents.governance.calendar import Calendar
from agents.knowledge.charting import Charter
from agents.knowledge.charts.channels import campaign_of
from agents.knowledge.charts.plans import chart_holds
from agents.knowledge.conflicts import CONTACTS_PER_WEEK, Conflict, ConflictKind, Intent, Quiet, find_conflicts
from agents.knowledge.intents import Around, around, intent_of, neighbours, standing_intent
from agents.lifecycle.questions.ask import AnswerRefused, Asker, Inquiry
from agents.lifecycle.review import Rulebook
from agents.lifecycle.states import UNDECIDED, ask_for_review, move
from agents.sources.readers import Readers
from storage.ledger import Transaction
from storage.records.facts import CampaignState
from storage.records.people import Person
from storage.records.plans import Plan, PlanKind, PlanState, PlanStatus
from storage.records.questions import Option, Question, QuestionKind
from storage.records.record import digest_of

LIVE = (PlanState.WAITING, PlanState.APPROVED, PlanState.EXECUTING)
"""Plans in one of these go before one that is being reviewed."""
_DECIDED = (PlanState.APPROVED, PlanState.EXECUTING)
_GONE_ON = (*_DECIDED, PlanState.DONE, PlanState.FAILED)
_DROPPABLE = (*UNDECIDED,)
_BOTH, _DROP = "both", "drop"
_SHARED = {
    ConflictKind.BUDGET: "moves the same budget",
    ConflictKind.AUDIENCE: "begins to address the same audience",
    ConflictKind.PRICE: "moves the same price the other way",
    ConflictKind.BIDS: "bids for the same",
    ConflictKind.CONTACT: "writes to the same people",
    ConflictKind.BLACKOUT: "forbids changes",
}


class Clashes:
    """Finds what keeps a plan from being carried out beside others, asks people about it, and does what they say."""

    def __init__(
        self,
        charter: Charter,
        asker: Asker,
        rulebook: Rulebook,
        *,
        readers: Readers,
        clock: Callable[[], datetime],
    ) -> None:
        """The limits of the rulebook say how often an audience may be written to."""
        self._rulebook = rulebook
        self._charter = charter
        self._asker = asker
        self._readers = readers
        self._clock = clock
        asker.handle(QuestionKind.CONFLICT, self.settle)

    async def prepare(self) -> None:
        """Have the graph know all that is known; before the transaction that asks it."""
        await self._charter.catch_up()

    async def against(
        self, tx: Transaction, plan: Plan, campaigns: Sequence[CampaignState], *, approving: bool = False
    ) -> tuple[tuple[Conflict, ...], dict[str, str]]:
        """What stands in the plan's way and was not waived by a person, and the names of the things shared.

        A plan that is `approving` goes before those that only wait: they are checked at their own last approval.
        """
        if plan.restores is not None or plan.kind is PlanKind.POLICY:
            return (), {}
        before = _DECIDED if approving else LIVE
        others = [one.plan for one in await tx.plans.in_states(*before) if _comparable(one.plan, plan)]
        found, names = await self._among(tx, [(plan, 1), *((other, 0) for other in others)], campaigns)
        mine = [one for one in found if one.loser == plan.id]
        return tuple([one for one in mine if await tx.home.get(_waiver(one.winner, plan.id)) is None]), names

    async def all(self, tx: Transaction, calendar: Calendar) -> tuple[tuple[Conflict, ...], dict[str, str]]:
        """All conflicts among the plans that are undecided or under way, waived or not, and blackouts in force."""
        states = await self._readers.campaigns()
        statuses = await tx.plans.in_states(*LIVE, PlanState.HELD, PlanState.PROPOSED)
        ranked = [
            (one.plan, 0 if one.state in LIVE else 1)
            for one in statuses
            if one.plan.restores is None and one.plan.kind is not PlanKind.POLICY
        ]
        return await self._among(tx, ranked, states, quiet=_in_force(calendar, self._clock()))

    async def hold(self, tx: Transaction, plan: Plan, found: Sequence[Conflict], names: dict[str, str]) -> str:
        """Put the choice to people and note the conflict in the graph; returns why the plan is held, for people."""
        lines = tuple(dict.fromkeys(conflict_line(one, names) for one in found))
        winners = tuple(dict.fromkeys(one.winner for one in found))
        rivals = [one for one in winners if one.startswith("PLAN-")]
        droppable = [one for one in rivals if await _state(tx, one) in _DROPPABLE]
        asked = await self._asker.ask(
            tx,
            Inquiry(
                key=_key(plan.id),
                kind=QuestionKind.CONFLICT,
                title=f"{plan.id} cannot be carried out beside {_listed([_name(one, names) for one in winners])}",
                lines=(f"{plan.id}: {plan.title}", *lines),
                options=_options(plan.id, droppable, alone=len(droppable) == len(winners)),
                if_nobody_answers=_meanwhile(plan.id, rivals),
                subject={"loser": plan.id, "winners": list(winners), "revision": plan.revision},
                simulated=plan.simulated,
            ),
        )
        reasons = {one.winner: conflict_line(one, names)[:200] for one in found}
        # Both are in the graph since they were proposed; where charting is behind, the edge is told with the plan.
        await tx.graph.apply(chart_holds(plan.id, rivals, reasons), now=self._clock())
        return f"{lines[0]}; {asked.id} asks which is to be"

    def words(self, one: Conflict, names: dict[str, str]) -> str:
        """One conflict in a line for people; names in it are untrusted."""
        return conflict_line(one, names)

    async def no_longer(self, tx: Transaction, plan_id: str) -> None:
        """Nothing stands in the plan's way any more: the question is not asked any longer."""
        await self._asker.withdraw(tx, _key(plan_id), f"{plan_id} can be carried out now")

    async def settle(self, tx: Transaction, question: Question, option: Option, person: Person) -> str:
        """Carry out the answer to a CONFLICT question."""
        loser, winners = str(question.subject["loser"]), [str(one) for one in question.subject["winners"]]
        now = self._clock()
        if option.id == f"keep-{loser}":
            if gone_on := [one for one in winners if await _state(tx, one) in _GONE_ON]:
                said = f"{_listed(gone_on)} was approved meanwhile and is not given up. Nothing was decided."
                raise AnswerRefused(said)
            for winner in winners:
                await _give_up(tx, winner, question, person, now=now)
            await _review(tx, loser, question)
            return f"{loser} goes on; {_listed(winners)} is given up."
        if option.id == _BOTH:
            for winner in winners:
                await tx.home.put(_waiver(winner, loser), question.id)
            await _review(tx, loser, question)
            return f"{loser} goes on beside {_listed(winners)}: it is reviewed again now."
        await _give_up(tx, loser, question, person, now=now)
        return f"{loser} is given up."

    async def _among(
        self,
        tx: Transaction,
        plans: Sequence[tuple[Plan, int]],
        states: Sequence[CampaignState],
        *,
        quiet: Sequence[Quiet] = (),
    ) -> tuple[tuple[Conflict, ...], dict[str, str]]:
        at = self._charter.now()
        source_of = {one.channel: self._readers.source_of(one.channel).name for one in states}
        refs = {f"{one.channel}/campaign/{one.id}": campaign_of(one, source_of[one.channel]) for one in states}
        touched = {key for plan, _ in plans for key in plan.resource_keys} & refs.keys()
        known = {key: found for key in sorted(touched) if (found := await around(tx, refs[key], at)) is not None}
        intents = [intent_of(plan, known, states, rank=rank, source_of=source_of) for plan, rank in plans]
        nearby = await neighbours(tx, intents, at)
        standing = [_standing(one, intents) for one in nearby] if intents else []
        names = _names([*known.values(), *nearby], states)
        limits = (await self._rulebook.of(tx)).limits
        contacts = CONTACTS_PER_WEEK if limits is None else limits.contacts_per_week
        return find_conflicts([*standing, *intents], quiet=quiet, most_contacts=lambda _: contacts), names


def _in_force(calendar: Calendar, now: datetime) -> tuple[Quiet, ...]:
    """The blackouts of this moment; review needs none of them, as the rules refuse what falls into one."""
    ends = [(one, calendar.blackout_ends(one, now)) for one in calendar.blackouts]
    return tuple(
        Quiet(one.name, now, end, f"{one.scope.value}:{one.value}" if one.value else "") for one, end in ends if end
    )


def conflict_line(one: Conflict, names: dict[str, str]) -> str:
    """As in: “PLAN-3 begins to address the same audience: Newsletter”; names in it are untrusted."""
    thing = names.get(one.thing, one.thing.rpartition("/")[2])
    if one.kind is ConflictKind.CONTACT:
        return (
            f"{_name(one.winner, names)} writes to {thing} already: together {one.wanted} messages a week,"
            f" {one.allowed} are allowed"
        )
    return f"{_name(one.winner, names)} {_SHARED[one.kind]}{f': {thing}' if thing else ''}"


def _comparable(other: Plan, plan: Plan) -> bool:
    return other.id != plan.id and other.simulated == plan.simulated and other.kind is not PlanKind.POLICY


def _standing(campaign: Around, intents: Iterable[Intent]) -> Intent:
    """A running campaign over the whole time that the intents are about."""
    spans = [(one.first, one.last) for one in intents]
    return standing_intent(campaign, first=min(first for first, _ in spans), last=max(last for _, last in spans))


def _names(known: Iterable[Around], states: Iterable[CampaignState]) -> dict[str, str]:
    names: dict[str, str] = {}
    for one in known:
        names |= {**one.names, str(one.ref): one.name}
    for state in states:
        names[f"{state.channel}/campaign/{state.id}"] = state.name
        if state.shared_with:
            together = "+".join(sorted({state.id, *state.shared_with}))
            names[f"{state.channel}/budget/{together}"] = f"the budget that {state.name} shares"
    return names


def _options(loser: str, droppable: Sequence[str], *, alone: bool) -> tuple[Option, ...]:
    """The choices; the loser can take the place of plans that are undecided, and of nothing else."""
    made = [Option(id=_DROP, label=f"Give up {loser}")]
    if droppable and alone:
        listed = _listed(droppable)
        made.append(
            Option(id=f"keep-{loser}", label=f"Keep {loser}", confirm=f"{listed} is given up, and {loser} goes on.")
        )
    made.append(
        Option(
            id=_BOTH,
            label="Do both",
            style="danger",
            confirm=f"{loser} goes on although it is in conflict; it may still need an approval.",
        )
    )
    return tuple(made)


def _meanwhile(loser: str, rivals: Sequence[str]) -> str:
    until = f"until {_listed(rivals)} has ended" if rivals else "until it expires"
    return f"{loser} is held {until}; nothing of it is carried out."


async def _review(tx: Transaction, plan_id: str, question: Question) -> None:
    status = await tx.plans.get(plan_id)
    if status is not None and status.state is PlanState.HELD:
        await ask_for_review(tx, status, because=f":{question.id}")


async def _give_up(tx: Transaction, plan_id: str, question: Question, person: Person, *, now: datetime) -> None:
    status: PlanStatus | None = await tx.plans.get(plan_id)
    note = f"given up by {person.name} in answer to {question.id}"
    if status is not None and await move(tx, status, PlanState.SUPERSEDED, now=now, note=note):
        await tx.audit.append(
            at=now,
            actor=f"person:{person.id}",
            action="plan.superseded",
            subject=plan_id,
            facts={"question": question.id, "answer": question.answer},
        )


async def _state(tx: Transaction, plan_id: str) -> PlanState | None:
    status = await tx.plans.get(plan_id)
    return None if status is None else status.state


def _name(winner: str, names: dict[str, str]) -> str:
    return winner if winner.startswith("PLAN-") else names.get(winner, winner)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _key(loser: str) -> str:
    return f"conflict/{loser}"


def _waiver(one: str, other: str) -> str:
    """Where it is kept that a person let both go on."""
    return f"both:{digest_of({'pair': sorted((one, other))})}"

"""Respond: a question in plain words becomes a reply whose every number comes from the KPI engine or a record."""

import asyncio
import json
import re

import structlog
from pydantic import ValidationError

from agents.kpis.engine import KpiEngine
from agents.kpis.figures import plain
from agents.kpis.provenance import unsourced
from agents.kpis.query import BadKpiQuery
from agents.kpis.question import asked_of
from agents.kpis.reply import Reply
from agents.kpis.telling import number_told, targets_told
from agents.kpis.understanding import (
    Asked,
    ChangesQuestion,
    Clarify,
    ForecastQuestion,
    HelpQuestion,
    KpiQuestion,
    NotUnderstood,
    Question,
    TargetQuestion,
    WaitingQuestion,
    WhyQuestion,
)
from agents.lifecycle.answers.account import Accountant
from agents.lifecycle.answers.foresee import Forecaster
from agents.lifecycle.answers.happened import Historian
from agents.lifecycle.route import Router
from storage.ledger import Ledger
from storage.records.graph import NodeView
from storage.records.people import Person
from storage.records.plans import PlanState

log = structlog.get_logger()

_OF_FIGURES = frozenset({"kpi", "why", "forecast", "target", "changes"})
_UNSOURCED = (
    "I had an answer, but a figure in it is in none of the records behind it, so I do not give it. Tell an admin."
)
_MOST_THREADS = 50
"""Threads of a channel whose last question is remembered."""
CAN = (
    "I answer: a KPI with its days, comparison, split and ranking (“spend by channel last month”), its target (“which "
    "campaigns are off target?”), its forecast (“forecast spend next week”), why it moved (“why did CPA rise?”), what "
    "changed (“what changed since Friday?”) and what waits for you."
)
"""Said where a question is not understood; the examples hold no number."""


class Responder:
    """Answers questions, in whatever place they are asked."""

    def __init__(
        self,
        ledger: Ledger,
        engine: KpiEngine,
        *,
        accountant: Accountant,
        historian: Historian,
        router: Router,
    ) -> None:
        self._ledger = ledger
        self._engine = engine
        self._accountant = accountant
        self._historian = historian
        self._forecaster = Forecaster(engine)
        self._router = router
        self.unsourced = 0
        """Answers that were not given because a figure of them is in no record."""

    async def reply(self, text: str, *, person: Person | None = None, place: str = "", thread: str = "") -> Reply:
        """The answer to a text; as `understood` and `answer`."""
        return await self.answer(await self.understood(text, place=place, thread=thread), person=person)

    async def understood(self, text: str, *, place: str = "", thread: str = "") -> Question:
        """What a text asks. With a place, a follow-up there is understood by what was asked before it.

        `place` is where it was asked, such as a channel, and `thread` the conversation in it.
        """
        earlier = await self._earlier(place, thread) if place else None
        question = await self._engine.understood(text, earlier=earlier)
        if isinstance(question, NotUnderstood) and question.unknown:
            question = await self._by_another_name(text, question, earlier)
        if place and (asked := asked_of(question)) is not None:
            await self._remember(place, thread, asked)
        return question

    async def _by_another_name(self, text: str, question: NotUnderstood, earlier: Asked | None) -> Question:
        """The question with a campaign's name where it had an id, an earlier name or one that people gave it."""
        spoken = re.search(r"[\W_]+".join(map(re.escape, question.unknown.split())), text, re.IGNORECASE)
        if spoken is None:
            return question
        found = await self._accountant.answers.find(spoken.group(), kind="campaign")
        if not isinstance(found, NodeView):
            return question
        named = f"{text[: spoken.start()]}campaign {found.name}{text[spoken.end() :]}"
        again = await self._engine.understood(named, earlier=earlier)
        return question if isinstance(again, NotUnderstood | Clarify) else again

    async def answer(self, question: Question, *, person: Person | None = None) -> Reply:
        """The reply to a question that is understood, or that is not; none with a figure that is in no record."""
        try:
            reply = await self._answer(question, person)
        except BadKpiQuery as error:
            return Reply(kind="refused", title="That cannot be answered", said=(f"{str(error).capitalize()}.",))
        if reply.kind not in _OF_FIGURES or not await asyncio.to_thread(unsourced, reply.text, reply.basis):
            return reply
        log.error("answer.unsourced", kind=reply.kind)
        self.unsourced += 1
        return Reply(kind="refused", title="That cannot be answered", said=(_UNSOURCED,))

    async def _answer(self, question: Question, person: Person | None) -> Reply:
        match question:
            case KpiQuestion():
                return await number_told(self._engine, question)
            case WhyQuestion():
                return await self._accountant.why(question)
            case ForecastQuestion():
                return await self._forecaster.ahead(question)
            case TargetQuestion():
                return await targets_told(self._engine, question)
            case ChangesQuestion():
                world = await self._engine.world()
                return await self._historian.since(question, simulated=world.simulated, zone=world.zone)
            case WaitingQuestion():
                return await self._waiting(person)
            case HelpQuestion(kpi=name):
                return self._help(name)
            case Clarify(options=options):
                return Reply(
                    kind="clarify",
                    title="Which do you mean?",
                    said=("That can be meant in several ways.",),
                    clarify=options,
                )
            case _:
                return _not_understood(question)

    async def _waiting(self, person: Person | None) -> Reply:
        """What waits for the person; asked by nobody in particular, everything that waits."""
        if person is not None:
            plans = [one.status for one in await self._router.waiting_for(person)]
        else:
            async with self._ledger.read() as tx:
                plans = list(await tx.plans.in_states(PlanState.WAITING))
        return Reply(
            kind="waiting",
            title="Waiting",
            said=("Waiting for approval:" if plans else "Nothing is waiting.",),
            points=tuple(f"{one.plan.id}: {one.plan.title}" for one in plans),
            basis=tuple(plans),
        )

    def _help(self, name: str | None) -> Reply:
        if name is None:
            known = ", ".join(sorted(self._engine.kpis))
            return Reply(kind="help", title="What I can answer", said=(CAN, f"KPIs: {known}."))
        kpi = self._engine.definition(name)
        aim = f" Target: {plain(kpi.target)} ({kpi.unit})." if kpi.target is not None else ""
        text = f"{kpi.label}: {kpi.description} Computed as {kpi.formula}. Owner: {kpi.owner}.{aim}"
        return Reply(kind="help", title=kpi.label, said=(text,), basis=(kpi,))

    async def _earlier(self, place: str, thread: str) -> Asked | None:
        async with self._ledger.read() as tx:
            kept = await tx.home.get(f"asked:{place}")
        held = {} if kept is None else json.loads(kept)
        try:
            return Asked.model_validate(held[thread]) if thread in held else None
        except ValidationError:
            return None  # of a version that kept something else; the next question replaces it

    async def _remember(self, place: str, thread: str, asked: Asked) -> None:
        """Keep what was asked, without anybody's words, for the newest threads of a place."""
        async with self._ledger.write() as tx:
            kept = await tx.home.get(f"asked:{place}")
            held = {} if kept is None else json.loads(kept)
            held.pop(thread, None)
            held[thread] = asked.model_dump(mode="json", exclude_defaults=True)
            newest = dict(list(held.items())[-_MOST_THREADS:])
            await tx.home.put(f"asked:{place}", json.dumps(newest, separators=(",", ":")))


def _not_understood(question: NotUnderstood) -> Reply:
    what = f"I do not understand “{question.unknown}”." if question.unknown else "I do not understand that."
    return Reply(
        kind="not_understood",
        title="Not understood",
        said=(what, CAN),
        clarify=question.did_you_mean,
        basis=(question.unknown,),
    )

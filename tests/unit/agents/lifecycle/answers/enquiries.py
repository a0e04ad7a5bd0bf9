"""A house with a desk for enquiries: those who answer questions, over facts that a test states and a lake of its own."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from agents.knowledge.answers import GraphAnswers
from agents.knowledge.charting import Charter
from agents.kpis.costs import Cost
from agents.kpis.engine import KpiEngine
from agents.kpis.lake_reader import LakeReader
from agents.kpis.object_reader import LakeObjects
from agents.kpis.provenance import unsourced
from agents.kpis.reply import Reply
from agents.kpis.understanding import ChangesQuestion, Question
from agents.kpis.windows import Window
from agents.lifecycle.answers.account import Accountant
from agents.lifecycle.answers.happened import Historian
from agents.lifecycle.answers.recount import Recounter
from agents.lifecycle.answers.respond import Responder
from agents.lifecycle.answers.shown import measures_of, shown_by
from agents.lifecycle.cases.attest import Attester
from agents.lifecycle.cases.cases import open_case
from agents.sources.readers import Readers
from storage.graph.current import CurrentGraph
from storage.lake.store import Lake
from storage.records.alerts import Alert, AlertKind, Finding, Severity
from storage.records.people import Person
from tests.builders import TODAY
from tests.unit.agents.knowledge.study import Study
from tests.unit.agents.kpis.facts import InMemoryFacts, row
from tests.unit.agents.lifecycle.house import KPIS, House

DAY = timedelta(days=1)
YESTERDAY = TODAY - DAY


@dataclass
class Desk:
    """Where questions are asked, and what lies behind the answers."""

    house: House
    study: Study
    engine: KpiEngine
    historian: Historian
    recounter: Recounter
    responder: Responder

    async def asked(self, question: Question | str, person: Person | None = None, **where: str) -> Reply:
        """The reply to it, every figure of which is in its records."""
        if isinstance(question, str):
            reply = await self.responder.reply(question, person=person, **where)
        else:
            reply = await self.responder.answer(question, person=person)
        assert not unsourced(reply.text, reply.basis)
        return reply

    async def changed(self, first: date, last: date = TODAY, **where: str) -> str:
        """What is told of the days."""
        window = Window(first=first, last=last, words="then")
        return (await self.asked(ChangesQuestion(window=window, where=tuple(where.items())))).text

    async def case(self, **changes: Any) -> Alert:
        """A case that opens today, of simulated clicks that became dearer unless told otherwise."""
        told: dict[str, Any] = {
            "key": "drift/cpc", "kind": AlertKind.DRIFT, "severity": Severity.WARNING, "kpi": "cpc", "entity": "all",
            "title": "Cost per click is up 45 %", "detail": (), "cause": "unknown", "seen_on": TODAY,
            "simulated": True, **changes,
        }  # fmt: skip
        async with self.house.ledger.write() as tx:
            return await open_case(tx, Finding(**told), now=self.house.clock())


def a_desk(
    house: House,
    folder: Path,
    *facts: dict[str, Any],
    restatement_days: int = 0,
    costs: tuple[Cost, ...] = (),
    readers: Readers | None = None,
) -> Desk:
    """`readers` are whom campaigns' channels are asked of, where that is not the house's own source."""
    ledger, clock, own = house.ledger, house.clock, Readers({"ads": house.source})
    lake, declared = Lake(str(folder / "lake")), folder / "knowledge.yml"
    charter = Charter(
        ledger, lake, shown=shown_by(own), measures=measures_of(KPIS.values()), declared=declared, clock=clock
    )
    attester = Attester(ledger, house.rulebook, clock=clock)
    recounter = Recounter(ledger, house.rulebook, attester, costs=costs, clock=clock)
    engine = KpiEngine(
        InMemoryFacts(*facts, restatement_days=restatement_days) if facts else LakeReader(ledger, lake),
        kpis=KPIS,
        clock=clock,
        objects=LakeObjects(ledger, lake, team=recounter.team, own=recounter, clock=clock),
    )
    answers = GraphAnswers(ledger, charter, CurrentGraph(house.database), clock=clock)
    historian = Historian(ledger=ledger, charter=charter, readers=readers or own)
    return Desk(
        house=house,
        study=Study(ledger, lake, clock, declared, charter),
        engine=engine,
        historian=historian,
        recounter=recounter,
        responder=Responder(
            ledger,
            engine,
            accountant=Accountant(engine=engine, ledger=ledger, answers=answers),
            historian=historian,
            router=house.router,
        ),
    )


def week(spend: float, *, back: int = 0, days: int = 7, **values: Any) -> list[dict[str, Any]]:
    """Simulated facts of seven days to yesterday, or to so many weeks earlier; `spend` in pounds a day."""
    last = YESTERDAY - 7 * back * DAY
    told = {"spend_micros": round(spend * 1_000_000), "clicks": 10, "simulated": True, **values}
    return [row(day=last - ago * DAY, **told) for ago in reversed(range(days))]

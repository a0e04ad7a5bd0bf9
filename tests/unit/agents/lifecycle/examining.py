"""A house with a review room: cases are filed as a monitor files them, and walked by people."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from agents.governance.alert_limits import parse_alerts
from agents.governance.calendar import Calendar
from agents.governance.rules import Rules, load_rules
from agents.lifecycle.artefacts import shipped
from agents.lifecycle.cases.cases import file_findings
from agents.lifecycle.cases.examine import Examiner
from agents.lifecycle.cases.pursue import Pursuit
from agents.lifecycle.evaluations.recalibrate import Recalibrator
from agents.lifecycle.promote import Promoter
from agents.lifecycle.questions.ask import Asker
from agents.sources.readers import Readers
from agents.team.roster import roster
from storage.records.alerts import Alert, AlertKind, Candidate, Certainty, Finding, Reading, Severity
from storage.records.questions import QuestionKind
from storage.records.reviews import Review
from tests.builders import TODAY
from tests.unit.agents.lifecycle.house import RULES, House

DAY = timedelta(days=1)
SEEN = TODAY - DAY


@dataclass(frozen=True)
class Room:
    """One house and those who review its cases."""

    house: House
    asker: Asker
    promoter: Promoter
    pursuit: Pursuit
    examiner: Examiner

    async def file(self, *findings: Finding, day_offset: int = 0) -> None:
        """What a look files, on the story's data day or so many days after it, and what follows from it."""
        await file_findings(
            self.house.ledger, findings, data_day=SEEN + day_offset * DAY, simulated=True, now=self.house.clock()
        )
        await self.pursuit.keep_up()

    async def review(self, alert_id: str = "ALERT-1") -> Review:
        found = await self.examiner.review(alert_id)
        assert found is not None
        return found

    async def alert(self, alert_id: str = "ALERT-1") -> Alert:
        async with self.house.ledger.read() as tx:
            found = await tx.alerts.get(alert_id)
        assert found is not None
        return found


async def a_room(house: House) -> Room:
    asker = Asker(house.ledger, house.rulebook, clock=house.clock)
    promoter = Promoter(house.ledger, house.rulebook, asker, shipped=shipped(roster()), clock=house.clock)
    asker.handle(QuestionKind.PROMOTION, promoter.settle)
    async with house.ledger.write() as tx:
        await promoter.take_in(tx)
    pursuit = Pursuit(
        house.ledger, house.rulebook, readers=Readers(dict.fromkeys(house.channels, house.source)), attendant=house.attendant,
        proposer=house.proposer, clock=house.clock,
    )  # fmt: skip
    examiner = Examiner(
        house.ledger, house.rulebook, pursuit=pursuit, attendant=house.attendant, rollback=house.rollback,
        recalibrator=Recalibrator(house.ledger, promoter), clock=house.clock,
    )  # fmt: skip
    return Room(house=house, asker=asker, promoter=promoter, pursuit=pursuit, examiner=examiner)


def a_finding(**changes) -> Finding:
    """Clicks of paid search are 40 % dearer, since yesterday; the plan before it is suspected."""
    return Finding(
        **{
            "key": "drift/cpc/paid_search",
            "kind": AlertKind.DRIFT,
            "severity": Severity.WARNING,
            "kpi": "cpc",
            "entity": "paid_search",
            "title": "CPC of paid_search is up 40 %",
            "detail": ("£0.56 instead of £0.40.",),
            "cause": "auction price, likely",
            "seen_on": SEEN,
            "reading": Reading(
                unit="GBP", currency="GBP", observed=Decimal("0.56"), expected=Decimal("0.40"), first=SEEN, last=SEEN
            ),
            "candidates": (
                Candidate(kind="price", words="Auctions became dearer", certainty=Certainty.LIKELY),
                Candidate(kind="change", ref="PLAN-1", words="PLAN-1 raised budgets", certainty=Certainty.POSSIBLE),
            ),
            "channel": "paid_search",
            "simulated": True,
            **changes,
        }
    )


def rules_with(alerts: str, *, calendar: Calendar | None = None) -> Rules:
    """The rules of the house with this section `alerts`."""
    assert RULES.limits is not None
    limits = RULES.limits.model_copy(update={"alerts": parse_alerts(alerts, file="limits.yml")})
    return load_rules(limits=limits, calendar=calendar or RULES.calendar)

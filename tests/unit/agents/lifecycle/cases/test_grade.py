"""How much a finding matters is the team's to say, by relative change; where nobody says, the detector does."""

from decimal import Decimal

import pytest

from agents.governance.alert_limits import AlertLimits, parse_alerts
from agents.governance.rules import Rules
from agents.lifecycle.cases.grade import Grader
from agents.lifecycle.rules.enact import RulesUntrusted
from agents.lifecycle.severity import brand_of, change_bp, graded
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable
from storage.ledger import Transaction
from storage.records.alerts import Finding, Reading, Severity
from storage.records.facts import CampaignState
from tests.builders import a_finding
from tests.fakes.channels import FakeSource, a_campaign
from tests.unit.agents.lifecycle.examining import rules_with
from tests.unit.agents.lifecycle.house import House

TEXT = "alerts:\n  dear clicks: {kpi: cpc, medium: 20%, large: 30%}\n"
ACME = "alerts:\n  dear clicks: {kpi: cpc, brand: Acme, large: 30%}\n"


def found(observed: str | None = "1.40", expected: str | None = "1.00") -> Finding:
    numbers = [None if one is None else Decimal(one) for one in (observed, expected)]
    reading = Reading(
        unit="GBP/click", currency="GBP", observed=numbers[0], expected=numbers[1],
        first=a_finding().seen_on, last=a_finding().seen_on,
    )  # fmt: skip
    return a_finding(reading=reading)


def limits(text: str = TEXT) -> AlertLimits:
    return parse_alerts(text, file="limits.yml")


@pytest.mark.parametrize(
    ("observed", "severity"),
    [
        ("1.40", Severity.CRITICAL), ("0.60", Severity.CRITICAL), ("1.25", Severity.WARNING), ("1.10", Severity.NOTE),
    ],
)  # fmt: skip
def test_a_change_matters_by_the_bounds_of_the_team(observed: str, severity: Severity):
    (one,) = graded([found(observed)], limits())
    assert one.severity is severity


@pytest.mark.parametrize("finding", [a_finding(), found(None), found("1.4", None), found("1.4", "0")])
def test_what_was_held_against_nothing_matters_as_its_detector_says(finding: Finding):
    assert graded([finding], limits()) == (finding,)


def test_without_bounds_findings_matter_as_their_detectors_say():
    assert graded(iter([found()]), AlertLimits()) == (found(),)
    reading = found().reading
    assert reading is not None
    assert change_bp(reading) == 4000


def test_a_channel_has_a_brand_if_all_its_campaigns_have_one():
    states = [a_campaign(name, 100, "paid_search").model_copy(update={"brand": "Acme"}) for name in ("a", "b")]
    other = a_campaign("c", 100, "paid_search").model_copy(update={"brand": "Zen"})
    assert brand_of(found(), states) == "Acme"
    assert brand_of(found(), [*states, other]) == ""
    assert brand_of(found(), [other.model_copy(update={"channel": "email"})]) == ""
    assert brand_of(found().model_copy(update={"campaign_id": "c"}), [*states, other]) == "Zen"


class Untrusted:
    """Rules whose signature does not hold."""

    async def of(self, tx: Transaction) -> Rules:
        raise RulesUntrusted("a file was changed by hand")


class Out(FakeSource):
    async def campaigns(self) -> tuple[CampaignState, ...]:
        raise SourceUnavailable("503")


async def test_findings_stay_as_they_are_while_nobody_can_say_by_which_rules(house: House):
    readers = Readers({"paid_search": house.source})
    for grader in (
        Grader(house.ledger, Untrusted(), readers=readers),
        Grader(house.ledger, house.rulebook, readers=readers),
    ):
        assert await grader.graded((found(),)) == (found(),)
        assert await grader.graded(()) == ()


async def test_bounds_of_a_brand_need_a_source_that_says_whose_the_campaigns_are(house: House):
    house.rulebook.rules = rules_with(ACME)
    campaigns = house.platform.campaigns
    campaigns["brand"] = campaigns["brand"].model_copy(update={"brand": "Acme"})
    known = Grader(house.ledger, house.rulebook, readers=Readers({"paid_search": house.source}))
    unknown = Grader(house.ledger, house.rulebook, readers=Readers({"paid_search": Out(house.platform)}))
    assert [one.severity for one in await known.graded((found(),))] == [Severity.CRITICAL]
    assert [one.severity for one in await unknown.graded((found(),))] == [Severity.WARNING]

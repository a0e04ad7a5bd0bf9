"""While the rules in force cannot be trusted nothing is done by them, and what needs none of them goes on."""

from pathlib import Path

import pytest

from agents.governance.rules import Rules
from agents.kpis.definitions import load_kpis
from agents.lifecycle.cases.cases import file_findings
from agents.lifecycle.cases.freshness import Freshness
from agents.lifecycle.cases.pursue import Pursuit
from agents.lifecycle.people.owners import Owners
from agents.lifecycle.propose import Proposer
from agents.lifecycle.rules.enact import RulesUntrusted
from agents.sources.promises import DeclaredSources
from agents.sources.readers import Readers
from storage.lake.store import Lake
from storage.ledger import Transaction
from tests.builders import a_finding
from tests.unit.agents.lifecycle.examining import SEEN
from tests.unit.agents.lifecycle.house import House


class Untrusted:
    """Rules whose signature does not hold."""

    async def of(self, tx: Transaction) -> Rules:
        raise RulesUntrusted("a file was changed by hand")


@pytest.fixture
def rulebook() -> Untrusted:
    return Untrusted()


async def test_late_data_are_told_by_the_clock_on_the_wall(house: House, tmp_path: Path, rulebook: Untrusted):
    freshness = Freshness(
        house.ledger, Lake(str(tmp_path / "lake")), rulebook, readers=Readers({"email": house.source}),
        declared=DeclaredSources(tmp_path / "sources.yml"), clock=house.clock,
    )  # fmt: skip
    (finding,) = await freshness.look()
    assert finding.entity == "fake"


async def test_artefacts_have_their_owners_and_policies_are_not_listed(house: House, rulebook: Untrusted):
    kpis = {name: one.owner for name, one in load_kpis().items()}
    listed = await Owners(house.ledger, rulebook, kpis=kpis, features={}, clock=house.clock).list()
    kinds = {one.artefact.partition(":")[0] for one in listed}
    assert {"kpi", "dataset"} <= kinds
    assert "policy" not in kinds


async def test_no_review_is_opened(house: House, rulebook: Untrusted):
    await file_findings(house.ledger, (a_finding(seen_on=SEEN),), data_day=SEEN, simulated=True, now=house.clock())
    proposer: Proposer = house.proposer
    pursuit = Pursuit(
        house.ledger, rulebook, readers=Readers({}), attendant=house.attendant, proposer=proposer, clock=house.clock
    )
    assert await pursuit.keep_up() == 0
    async with house.ledger.read() as tx:
        assert await tx.reviews.all() == ()

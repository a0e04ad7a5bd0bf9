"""Teams at work in homes that are made once and copied for each scenario."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agents.governance.limits import dump_limits
from agents.lifecycle.decide import Accepted, Seen
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from storage.records.money import Money
from tests.fakes.clock import HandClock
from tests.scenarios.team import START, Team, at_work

SEED = 7
DRIFT_AFTER_DAYS = 5


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def proposed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sandbox home in which PLAN-1 waits for approval; nothing was posted yet."""
    home = tmp_path_factory.mktemp("proposed")
    async with open_office(Settings(home=home), clock=HandClock(START), seed=SEED) as office:
        await office.look()
        await office.proposer.propose()
    return home


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def done_home(proposed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sandbox home in which PLAN-1 was approved by Aaron and carried out."""
    home = tmp_path_factory.mktemp("done") / "home"
    shutil.copytree(proposed_home, home)
    async with open_office(Settings(home=home), clock=HandClock(START)) as office:
        await _carry_out(office)
    return home


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def drifted_home(done_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same some days later: click prices have risen, and ALERT-1 suspects PLAN-1."""
    home = tmp_path_factory.mktemp("drifted") / "home"
    shutil.copytree(done_home, home)
    async with open_office(Settings(home=home), clock=HandClock(START)) as office:
        await office.advance(DRIFT_AFTER_DAYS)
    return home


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def strict_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sandbox home without plans, in which £30 at risk already need two people, one of them the CMO."""
    home = tmp_path_factory.mktemp("strict")
    async with open_office(Settings(home=tmp_path_factory.mktemp("usual")), clock=HandClock(START), seed=SEED) as usual:
        usual_limits = (await usual.rules()).limits
    assert usual_limits is not None
    strict = usual_limits.currencies["GBP"].model_copy(update={"two_people_gate": Money.of(30, "GBP")})
    limits = usual_limits.model_copy(update={"currencies": {"GBP": strict}})
    (home / "limits.yml").write_text(dump_limits(limits), encoding="utf-8")
    async with open_office(Settings(home=home), clock=HandClock(START), seed=SEED) as office:
        await office.look()
    return home


@pytest_asyncio.fixture
async def team(proposed_home: Path, tmp_path: Path) -> AsyncIterator[Team]:
    """A team before which PLAN-1 waits for approval."""
    async with at_work(_copied(proposed_home, tmp_path)) as team:
        yield team


@pytest_asyncio.fixture
async def team_after(done_home: Path, tmp_path: Path) -> AsyncIterator[Team]:
    """A team whose PLAN-1 is done."""
    async with at_work(_copied(done_home, tmp_path)) as team:
        yield team


@pytest_asyncio.fixture
async def team_in_drift(drifted_home: Path, tmp_path: Path) -> AsyncIterator[Team]:
    """A team whose PLAN-1 is done and suspected by ALERT-1."""
    async with at_work(_copied(drifted_home, tmp_path)) as team:
        yield team


@pytest_asyncio.fixture
async def strict_team(strict_home: Path, tmp_path: Path) -> AsyncIterator[Team]:
    """A team without plans whose rules ask two people early."""
    async with at_work(_copied(strict_home, tmp_path)) as team:
        yield team


@pytest.fixture
def hired_strictly(strict_home: Path, tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[Team]]:
    """The same of other people, or in a workspace with other settings."""

    def hire(**changes: Any) -> AbstractAsyncContextManager[Team]:
        return at_work(_copied(strict_home, tmp_path), **changes)

    return hire


@pytest.fixture
def hired(proposed_home: Path, tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[Team]]:
    """Teams of other people, or in a workspace with other settings."""

    def hire(**changes: Any) -> AbstractAsyncContextManager[Team]:
        return at_work(_copied(proposed_home, tmp_path), **changes)

    return hire


def _copied(made: Path, into: Path) -> Path:
    return Path(shutil.copytree(made, into / "home"))


async def _carry_out(office: Office) -> None:
    async with office.ledger.read() as tx:
        status, aaron = await tx.plans.get("PLAN-1"), await tx.people.get("aaron")
    assert status is not None
    assert aaron is not None
    seen = Seen(plan_id=status.plan.id, revision=1, digest=status.plan.digest)
    assert isinstance(await office.decider.approve(seen, aaron, via="test"), Accepted)
    await office.executor.execute("PLAN-1", 1)

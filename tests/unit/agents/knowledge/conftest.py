"""A study for every test of charting."""

from pathlib import Path

import pytest

from storage.database import Database
from tests.fakes.clock import HandClock
from tests.fakes.hasty_disk import hasty
from tests.unit.agents.knowledge.study import Study, a_study


@pytest.fixture
def study(database: Database, tmp_path: Path, clock: HandClock) -> Study:
    return a_study(hasty(database), tmp_path, clock)

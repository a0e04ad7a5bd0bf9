"""An empty graph."""

import pytest

from storage.database import Database
from tests.unit.storage.graph.statements import Told


@pytest.fixture
def told(database: Database) -> Told:
    return Told(database)

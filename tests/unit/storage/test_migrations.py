"""Every database that any version wrote becomes the newest schema with its rows kept, and its trail stays shut."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from storage.audit.log import AuditLog
from storage.database import Database
from storage.migrations.runner import current, revisions, upgrade
from storage.tables.schema import metadata
from tests.builders import NOW, a_plan, a_verdict, an_alert

OWN = set(metadata.tables)


def rows_of(path: Path, columns: dict[str, list[str]] | None = None) -> dict[str, list[tuple]]:
    """Table → rows, by the given columns, else by all that there are."""
    with closing(sqlite3.connect(path)) as connection:
        named = columns or columns_of(path)
        return {
            table: sorted(connection.execute(f"SELECT {', '.join(names)} FROM {table}"), key=repr)
            for table, names in named.items()
        }


def columns_of(path: Path) -> dict[str, list[str]]:
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: [f'"{row[1]}"' for row in connection.execute(f"PRAGMA table_info({table})")]
            for table in tables
            if table in OWN
        }


def fill(path: Path) -> None:
    """Put a row that fits its types into every table of whatever revision the database is at."""
    engine = sa.create_engine(f"sqlite:///{path}")
    found = sa.MetaData()
    found.reflect(engine)
    with engine.begin() as connection:
        for table in found.sorted_tables:
            if table.name in ("alembic_version", "audit_head"):
                continue
            connection.execute(table.insert().values({column.name: example(column) for column in table.columns}))
    engine.dispose()


def example(column: sa.Column):
    if isinstance(column.type, sa.Integer):
        return 1
    if isinstance(column.type, sa.LargeBinary):
        return b"\x00\x01"
    if isinstance(column.type, sa.Date):
        return sa.func.date("2025-06-03")
    if column.name in ("at", "since", "expires_at", "known_at"):
        return "2025-06-03T09:30:00.000000+00:00"
    if column.name == "plan_id":
        return "PLAN-1"
    if column.table.name == "plan" and column.name == "id":
        return "PLAN-1"
    return "text"


def test_there_is_a_first_revision_and_the_chain_is_straight():
    assert revisions()[0] == "0001"
    assert len(set(revisions())) == len(revisions())


def test_an_empty_database_gets_the_schema_that_the_code_describes(tmp_path: Path):
    path = tmp_path / "new.db"
    assert current(path) is None
    upgrade(path)
    assert current(path) == revisions()[-1]
    assert differences(path) == []


def test_migrating_twice_is_migrating_once(tmp_path: Path):
    path = tmp_path / "new.db"
    upgrade(path)
    fill(path)
    before = path.read_bytes()
    upgrade(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("revision", revisions())
def test_a_database_of_every_earlier_revision_keeps_its_rows(tmp_path: Path, revision: str):
    path = tmp_path / "old.db"
    upgrade(path, revision)
    fill(path)
    columns, rows = columns_of(path), rows_of(path)
    assert all(rows[table] for table in rows)
    upgrade(path)
    assert current(path) == revisions()[-1]
    assert differences(path) == []
    kept = {table: names for table, names in columns_of(path).items() if table in columns}
    common = {table: [name for name in columns[table] if name in kept[table]] for table in kept}
    now = rows_of(path, common)
    for table, names in common.items():
        for row in rows[table]:
            assert tuple(row[columns[table].index(name)] for name in names) in now[table]


def differences(path: Path) -> list:
    """What a new migration would have to change for the schema to be that of the code."""
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        found = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True}),
            metadata,
        )
    engine.dispose()
    return found


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit SET body = 'x'",
        "UPDATE audit SET actor = actor",
        "DELETE FROM audit",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET seq = 0",
        "UPDATE audit_head SET hash = 'x'",
        "UPDATE audit_head SET seq = seq + 2",
    ],
)
async def test_the_database_itself_refuses_to_change_the_trail(database: Database, tampering: str):
    async with database.writing.begin() as connection:
        for number in range(3):
            await AuditLog(connection).append(
                at=NOW, actor="system", action="test.done", subject=f"PLAN-{number}", facts={}
            )
    before = hashlib.sha256(repr(rows_of(database.path)).encode()).hexdigest()
    with closing(sqlite3.connect(database.path)) as connection, pytest.raises(sqlite3.IntegrityError, match="append"):
        connection.execute(tampering)
    assert hashlib.sha256(repr(rows_of(database.path)).encode()).hexdigest() == before


def test_what_older_rows_say_is_in_the_columns_that_are_asked_by(tmp_path: Path):
    path = tmp_path / "old.db"
    upgrade(path, "0009")
    fill(path)
    plan, alert, verdict = a_plan(id="PLAN-1", revision=1), an_alert(id="ALERT-3"), a_verdict(outcome="refused")
    with closing(sqlite3.connect(path)) as connection, connection:
        for table, record in (("plan_revision", plan), ("alert", alert), ("verdict", verdict)):
            connection.execute(f"UPDATE {table} SET body = ?", [record.model_dump_json()])
    upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        moment = "2025-06-03T09:30:00.000000+00:00"
        assert connection.execute("SELECT data_day FROM plan").fetchall() == [(plan.data_day.isoformat(),)]
        assert connection.execute("SELECT changed_at, seen_on FROM alert").fetchall() == [(moment, "2025-06-07")]
        assert connection.execute("SELECT outcome, judged_at FROM verdict").fetchall() == [("refused", moment)]

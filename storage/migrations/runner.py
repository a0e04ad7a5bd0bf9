"""Bringing a database to the newest schema; safe to run at every start."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine
from sqlalchemy.exc import DatabaseError

from storage.database import url_of

if TYPE_CHECKING:
    from alembic.config import Config


class DatabaseUnreadable(Exception):
    """Raised for a file that is no database of ours; the owner restores a backup or names another home."""

    def __init__(self, database: Path | str, problem: str) -> None:
        super().__init__(
            f"{_called(database)} cannot be read ({problem}): restore it from a backup, or name another --home"
        )


def upgrade(database: Path | str, revision: str = "head") -> None:
    """Run every migration up to `revision`; blocks, so call it off the event loop. Raises DatabaseUnreadable."""
    from alembic import command

    try:
        command.upgrade(_config(database), revision)
    except DatabaseError as error:
        raise DatabaseUnreadable(database, str(error.orig)) from error


def current(database: Path | str) -> str | None:
    """The revision the database is at, None if it is empty."""
    from alembic.runtime.migration import MigrationContext

    engine = create_engine(url_of(database))
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def revisions() -> tuple[str, ...]:
    """All revisions, oldest first."""
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(_config(Path("unused")))
    return tuple(reversed([found.revision for found in script.walk_revisions()]))


def newest() -> str:
    """The newest revision, by the names of the files alone: asked at every start, so Alembic is not loaded for it."""
    return max(found.name for found in (Path(__file__).parent / "versions").glob("[0-9]*.py")).split("_", 1)[0]


def _called(database: Path | str) -> str:
    return str(database) if isinstance(database, Path) else repr(url_of(database))


def _config(database: Path | str) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url_of(database)
    return config

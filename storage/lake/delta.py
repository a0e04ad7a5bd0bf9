"""Tables of the engine: opened, made where there is none yet, and which load a commit is of."""

import contextlib
from collections.abc import Mapping, Sequence
from json import loads
from typing import Any

import polars as pl

ROWS = "num_added_rows"
"""What the engine calls the rows that a commit added."""
_NEWEST = 50
"""Commits looked through for the version of a load before all of them are: it is nearly always the last."""


def opened(uri: str, options: dict[str, str] | None) -> Any | None:
    """The table as it is now, None while there is none."""
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    try:
        return DeltaTable(uri, storage_options=options)
    except TableNotFoundError:
        return None


def made(
    uri: str,
    schema: pl.Schema,
    options: dict[str, str] | None,
    *,
    configuration: Mapping[str, str],
    partition_by: list[str] | None = None,
) -> Any:
    """The table there, made if need be; of several who begin it at once, one does."""
    from arro3.core import Table
    from deltalake import CommitProperties, DeltaTable
    from deltalake.exceptions import CommitFailedError

    with contextlib.suppress(CommitFailedError):  # somebody else made it just now
        return DeltaTable.create(
            uri,
            Table.from_arrow(schema.to_frame()).schema,
            mode="ignore",
            partition_by=partition_by,
            configuration=dict(configuration),
            storage_options=options,
            # Else the engine makes it once more, as a second version, and whoever appends meanwhile is turned away.
            commit_properties=CommitProperties(max_commit_retries=0),
        )
    return DeltaTable(uri, storage_options=options)


def for_polars(options: dict[str, str] | None) -> dict[str, Any] | None:
    """The same options for polars, which takes them all but wants this one as a number."""
    if options is None:
        return None
    return {name: int(value) if name == "max_retries" else value for name, value in options.items()}


def has(table: Any, name: str) -> bool:
    """Whether a commit of this name is in the table: a load's id, a file's hash."""
    return table.transaction_version(name) is not None


def said_of(load_id: str, actions: Sequence[Any] = ()) -> Any:
    """What a commit says of itself; the engine counts the rows of those that it writes itself."""
    from deltalake import CommitProperties, Transaction

    rows = {ROWS: str(sum(loads(action.stats)["numRecords"] for action in actions))} if actions else {}
    return CommitProperties(app_transactions=[Transaction(load_id, 1)], custom_metadata={"load_id": load_id, **rows})


def version_of(table: Any, load_id: str) -> int:
    for limit in (_NEWEST, None):
        for commit in table.history(limit):
            if commit.get("load_id") == load_id:
                return int(commit["version"])
    return int(table.version())

"""Commands about the lake."""

from typing import Annotated

import typer

from bot.command_line.options import HOME, Home, Json, run

lake = typer.Typer(help="The lake: versions, columns over time, merging of small files.", no_args_is_help=True)

Dataset = Annotated[str | None, typer.Argument(metavar="[DATASET]", help="Such as facts, order, lead; none is all.")]


@lake.command("versions")
def lake_versions(
    dataset: Dataset = None,
    limit: Annotated[int, typer.Option(min=1, help="How many of each, newest first.")] = 20,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """What was done to each table, newest first; every version can still be read.

    Example:  countersign lake versions facts --limit 5
    """
    run("lake", "versions", dataset=dataset, limit=limit, home=home, json=json)


@lake.command("schema")
def lake_schema(dataset: Dataset = None, home: Home = HOME, json: Json = False) -> None:
    """Which columns each table has, and from which version on; columns are only ever added.

    Example:  countersign lake schema order
    """
    run("lake", "schema", dataset=dataset, home=home, json=json)


@lake.command("compact")
def lake_compact(
    dataset: Dataset = None,
    older_than: Annotated[
        int | None, typer.Option(metavar="DAYS", help="Also name files that merging replaced longer ago than this.")
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Remove those files, never what a plan cites.")] = False,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Merge small files; no version becomes unreadable unless --older-than DAYS --delete says so.

    Example:  countersign lake compact --older-than 400 --delete
    """
    run("lake", "compact", dataset=dataset, older_than=older_than, delete=delete, home=home, json=json)

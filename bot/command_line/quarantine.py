"""Commands about rows that were set aside, and about mappings of unknown files."""

from pathlib import Path
from typing import Annotated

import typer

from bot.command_line.options import HOME, As, Home, Json, run

quarantine = typer.Typer(help="Rows that broke their contract: list, correct, read again.", no_args_is_help=True)
mapping = typer.Typer(help="What the columns of unknown files mean.", no_args_is_help=True)


@quarantine.command("list")
def quarantine_list(
    load: Annotated[str | None, typer.Option(help="Of one load only, such as file-9812c3bbc1f1.")] = None,
    limit: Annotated[int, typer.Option(help="How many are shown.", min=1)] = 50,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """List rows that wait, with file, line and reason."""
    run("quarantine", "listing", load=load, limit=limit, home=home, json=json)


@quarantine.command("show")
def quarantine_show(
    row: Annotated[int, typer.Argument(help="Number of the row in the list.")],
    person: As,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Show one row as it stood; cells about people only to those who may see them."""
    run("quarantine", "show", row=row, person=person, home=home, json=json)


@quarantine.command("replay")
def quarantine_replay(
    load: Annotated[str, typer.Argument(help="The load that the rest of the file landed with.")],
    person: As,
    corrections: Annotated[
        list[str] | None, typer.Option("--set", metavar="LINE:COLUMN=VALUE", help="Correct a cell first; may repeat.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="YAML that says what the columns mean.")] = None,
    dates: Annotated[str | None, typer.Option(help="How ambiguous dates are written: dmy or mdy.")] = None,
    currency: Annotated[str | None, typer.Option(help="Currency where the columns name none, such as GBP.")] = None,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Read rows again under today's contract; with --set, the corrected ones alone.

    Example:  countersign quarantine replay file-9812c3bbc1f1 --set 12:Clicks=3 --as olivia
    """
    said = {"mapping": mapping, "dates": dates, "currency": currency, "corrections": corrections or []}
    run("quarantine", "replay", load=load, person=person, home=home, json=json, **said)


@quarantine.command("give-up")
def quarantine_give_up(
    load: Annotated[str, typer.Argument(help="The load that the rest of the file landed with.")],
    person: As,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Leave the rows of a load out for good."""
    run("quarantine", "give_up", load=load, person=person, home=home, json=json)


@mapping.command("propose")
def mapping_propose(path: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Print a mapping for a file of which no layout is known, to look through and pass with --mapping.

    Example:  countersign mapping propose sales.csv > sales.csv.mapping.yml
    """
    run("ingest", "propose", path=path)

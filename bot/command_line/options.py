"""What every command of the command line shares: its common options, and how it hands over to its function."""

from pathlib import Path
from typing import Annotated, Any

import typer

Home = Annotated[
    Path, typer.Option("--home", metavar="DIR", help="Database, lake and settings.", envvar="COUNTERSIGN_HOME")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
As = Annotated[str, typer.Option("--as", metavar="PERSON", help="Who you are, an id of people.yml such as aaron.")]
HOME = Path(".countersign")


def run(module: str, function: str, /, **arguments: Any) -> None:
    """Run one command's function; what users can mend ends in one line and exit code 2."""
    from importlib import import_module

    from bot.commands import shell

    raise typer.Exit(shell.run(getattr(import_module(f"bot.commands.{module}"), function), arguments))

"""Commands that start a home and look after it."""

from pathlib import Path
from typing import Annotated

import typer

from bot.command_line.options import HOME, As, Home, Json, run

commands = typer.Typer()


@commands.command()
def up(
    home: Home = HOME,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the local workspace on this machine.")] = 8765,
    seed: Annotated[int, typer.Option(help="Makes the simulated market; equal seeds give equal markets.")] = 7,
    scenario: Annotated[str, typer.Option(help="What happens in the simulated market.")] = "auction-price-shock",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
) -> None:
    """Start everything in one process and open the workspace in a browser.

    Example:  countersign up --port 8765 --scenario tracking-tag-breaks
    """
    run("up", "up", home=home, port=port, seed=seed, scenario=scenario, no_browser=no_browser)


@commands.command()
def check(home: Home = HOME, json: Json = False) -> None:
    """Check this home: database, lake, audit trail, policies, limits, people; exit code 1 if anything is wrong."""
    run("inspect", "check", home=home, json=json)


@commands.command()
def migrate(home: Home = HOME, json: Json = False) -> None:
    """Bring the database to this version's schema."""
    run("inspect", "migrate", home=home, json=json)


@commands.command()
def backup(target: Annotated[Path, typer.Argument(metavar="DIR")], home: Home = HOME, json: Json = False) -> None:
    """Copy the home's databases and lake to a new folder, consistently, also while it runs.

    Example:  countersign backup ./backup-monday
    """
    run("inspect", "backup", target=target, home=home, json=json)


@commands.command()
def erase(
    person: As,
    known_by: Annotated[
        str, typer.Option("--person", metavar="WHO", help="E-mail address, telephone number or CRM id (source:id).")
    ],
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Forget a person of the data for good, everywhere, and say what went; the trail keeps salted commitments.

    Example:  countersign erase --person jane@example.com --as ada
    """
    run("erase", "erase", known_by=known_by, person=person, home=home, json=json)


@commands.command()
def worker(home: Home = HOME) -> None:
    """Carry out durable work and run the timetable, without Slack, until stopped."""
    run("up", "worker", home=home)

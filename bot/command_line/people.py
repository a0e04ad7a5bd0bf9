"""Commands between people: standing in for each other while away."""

from typing import Annotated

import typer

from bot.command_line.options import HOME, As, Home, Json, run

commands = typer.Typer()


@commands.command()
def delegate(
    to: Annotated[str, typer.Argument(metavar="PERSON", help="Who approves meanwhile.")],
    person: As,
    ends: Annotated[str, typer.Option("--to", metavar="DAY", help="Last day, or the moment it ends (ISO).")],
    starts: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="First day, or the moment it begins; now if left out.")
    ] = None,
    on_behalf_of: Annotated[
        str | None, typer.Option("--on-behalf-of", metavar="PERSON", help="Whose approvals, if an admin does it.")
    ] = None,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Put your approvals into somebody's hands while you are away.

    Example:  countersign delegate aaron --from 2026-12-21 --to 2027-01-04 --as carla
    """
    said = {"to": to, "starts": starts, "ends": ends, "person": person, "on_behalf_of": on_behalf_of}
    run("people", "delegate", home=home, json=json, **said)


@commands.command()
def delegations(home: Home = HOME, json: Json = False) -> None:
    """List who stands in for whom, now and later."""
    run("people", "delegations", home=home, json=json)


@commands.command("end-delegation")
def end_delegation(
    delegation: Annotated[str, typer.Argument(metavar="DELEGATION", help="Such as DELEGATION-1.")],
    person: As,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Call a delegation off.

    Example:  countersign end-delegation DELEGATION-1 --as carla
    """
    run("people", "end", delegation=delegation, person=person, home=home, json=json)

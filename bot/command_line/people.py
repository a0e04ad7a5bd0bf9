"""Commands about people: standing in for each other while away, and who answers for what."""

from typing import Annotated

import typer

from bot.command_line.options import HOME, As, Home, Json, run

commands = typer.Typer()
owners = typer.Typer()


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


@owners.callback(invoke_without_command=True)
def list_owners(
    context: typer.Context,
    kind: Annotated[str | None, typer.Option(help="Only dataset, feature, kpi, model, policy or source.")] = None,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """List who answers for each dataset, feature, KPI, model and policy: its role, and the people who hold it.

    Example:  countersign owners --kind dataset
    """
    if context.invoked_subcommand is None:
        run("owners", "owners", kind=kind, home=home, json=json)


@owners.command("set")
def set_owner(
    artefact: Annotated[str, typer.Argument(help="Such as kpi:roas, dataset:order, or role:sales for all of a role.")],
    to: Annotated[str, typer.Argument(metavar="PERSON", help="Who answers for it; nobody takes that back.")],
    person: As,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Name who answers for an artefact; alerts about it go to them from then on.

    Example:  countersign owners set kpi:roas olivia --as ada
    """
    run("owners", "name", artefact=artefact, to=to, person=person, home=home, json=json)

"""Commands about what decisions are made with."""

from pathlib import Path
from typing import Annotated

import typer

from bot.command_line.options import HOME, As, Home, Json, run

models = typer.Typer(help="What decisions are made with: settings, definitions, agents.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Such as drift_thresholds or planner_settings.")]


@models.command("list")
def models_list(home: Home = HOME, json: Json = False) -> None:
    """List the version of each that is in production."""
    run("models", "models_list", home=home, json=json)


@models.command("show")
def models_show(
    name: Name,
    version: Annotated[int | None, typer.Argument(help="The one in production, if left out.")] = None,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Show a version with its content, its history, and the decisions that used it.

    Example:  countersign models show drift_thresholds
    """
    run("models", "models_show", name=name, version=version, home=home, json=json)


@models.command("register")
def models_register(
    name: Name,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON, as models show prints it.")],
    person: As,
    about: Annotated[str, typer.Option(help="What is new in it.")] = "",
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Add a version of settings; nothing uses it before it is promoted.

    Example:  countersign models register planner_settings bolder.json --about "larger steps" --as ada
    """
    run("models", "models_register", name=name, file=file, person=person, about=about, home=home, json=json)


@models.command("promote")
def models_promote(
    name: Name,
    version: Annotated[int, typer.Argument(help="Which one is to be used.")],
    person: As,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Ask that a version be used from now on; a second person has to agree.

    Example:  countersign models promote planner_settings 2 --as ada
    """
    run("models", "models_promote", name=name, version=version, person=person, home=home, json=json)


@models.command("rollback")
def models_rollback(name: Name, person: As, home: Home = HOME, json: Json = False) -> None:
    """Ask to go back to the version that was used before.

    Example:  countersign models rollback planner_settings --as ada
    """
    run("models", "models_rollback", name=name, person=person, home=home, json=json)

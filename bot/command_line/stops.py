"""Commands that stop the machine, let it go on, and let one person through."""

from typing import Annotated

import typer

from bot.command_line.options import HOME, As, Home, Json, run

commands = typer.Typer()


@commands.command()
def freeze(
    scope: Annotated[str, typer.Argument(metavar="WHAT", help="all, brand, channel or agent.")],
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Of the brand, channel or agent.")] = None,
    *,
    reason: Annotated[str, typer.Option(help="Why; whoever is stopped by it reads this.")],
    person: As,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Stop every write within a second, also of plans that are being carried out.

    Example:  countersign freeze channel paid_social --reason "wrong prices are live" --as olivia
    """
    run("stops", "freeze", scope=scope, name=name, reason=reason, person=person, home=home, json=json)


@commands.command()
def thaw(
    freeze: Annotated[str, typer.Argument(metavar="FREEZE", help="Such as FREEZE-1, or all.")],
    person: As,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Let writes go on after a freeze; plans that it stopped are carried out to their end.

    Example:  countersign thaw FREEZE-1 --as aaron
    """
    run("stops", "thaw", freeze=freeze, person=person, home=home, json=json)


@commands.command()
def freezes(home: Home = HOME, json: Json = False) -> None:
    """List what is frozen, and broken glass that is open."""
    run("stops", "freezes", home=home, json=json)


@commands.command("break-glass")
def break_glass(
    reason: Annotated[str, typer.Option(help="The emergency; everybody reads it.")],
    person: As,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Decide alone for one hour in an emergency: aloud, below the hard caps, reviewed afterwards.

    Example:  countersign break-glass --reason "wrong price is live, nobody reachable" --as carla
    """
    run("stops", "break_glass", reason=reason, person=person, home=home, json=json)


@commands.command("review-glass")
def review_glass(
    glass: Annotated[str, typer.Argument(metavar="GLASS", help="Such as GLASS-1.")],
    person: As,
    words: Annotated[str | None, typer.Option(help="What you found; needed with --wrong.")] = None,
    wrong: Annotated[bool, typer.Option("--wrong", help="Raise a concern.")] = False,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Say what came of broken glass that somebody else broke.

    Example:  countersign review-glass GLASS-1 --as aaron
    """
    run("stops", "review_glass", glass=glass, words=words, wrong=wrong, person=person, home=home, json=json)

"""Commands about the rules."""

from pathlib import Path
from typing import Annotated

import typer

from bot.command_line.options import HOME, As, Home, Json, run

policy = typer.Typer(help="The rules that judge every plan: read, test, try and change them.", no_args_is_help=True)

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE…", help="Such as limits.yml, calendar.yml, caps.cedar, caps.test.yml.")
]


@policy.command("check")
def policy_check(home: Home = HOME, json: Json = False) -> None:
    """Say which rules are in force, and whether files on disk are drafts that nobody has approved."""
    run("policy", "check", home=home, json=json)


@policy.command("show")
def policy_show(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A policy or a file.")] = None,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Print the policies in force, or one of them, or one file.

    Example:  countersign policy show daily-cap
    """
    run("policy", "show", name=name, home=home, json=json)


@policy.command("test")
def policy_test(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE…]", help="In place of those in force; none: all drafts.")
    ] = None,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Run the tests beside the policies; each policy needs one in which it fires and one in which it does not.

    Example:  countersign policy test .countersign/policies/caps.cedar
    """
    run("policy", "test", files=files or [], home=home, json=json)


@policy.command("what-if")
def policy_what_if(
    files: Files,
    last: Annotated[int, typer.Option(help="Past decisions to judge again.")] = 1000,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Say what past decisions would have been under these texts; changes nothing.

    Example:  countersign policy what-if limits.yml --last 500
    """
    run("policy", "what_if", files=files, last=last, home=home, json=json)


@policy.command("propose")
def policy_propose(files: Files, person: As, home: Home = HOME, json: Json = False) -> None:
    """Ask for these texts to be the rules; a plan like any other, which two people have to approve.

    Example:  countersign policy propose .countersign/limits.yml --as ada
    """
    run("policy", "propose", files=files, person=person, home=home, json=json)

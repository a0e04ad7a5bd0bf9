"""Commands about reviews of cases, and about how agents did against what came."""

from typing import Annotated

import typer

from bot.command_line.options import HOME, As, Home, Json, run

reviews = typer.Typer(help="The structured review of alerts: diagnose, act, verify.", no_args_is_help=True)
evaluations = typer.Typer(help="How agents did against what came.", no_args_is_help=True)
Case = Annotated[str, typer.Argument(metavar="ALERT", help="The case, such as ALERT-3.")]


@reviews.command("list")
def reviews_list(
    over: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """List the cases that are under review, with who answers for them and what is due when.

    Example:  countersign reviews list
    """
    run("reviews", "reviews_list", over=over, home=home, json=json)


@reviews.command("show")
def reviews_show(alert: Case, home: Home = HOME, json: Json = False) -> None:
    """Show one review with every step of its walk.

    Example:  countersign reviews show ALERT-3
    """
    run("reviews", "reviews_show", alert=alert, home=home, json=json)


@reviews.command("diagnose")
def reviews_diagnose(
    alert: Case,
    cause: Annotated[str, typer.Argument(help="Number of a candidate, or a kind such as tracking, or noise.")],
    person: As,
    words: Annotated[str, typer.Option(help="What you found, in your own words.")] = "",
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Say what is behind a case.

    Example:  countersign reviews diagnose ALERT-3 price --words "Auctions are dearer" --as olivia
    """
    run("reviews", "reviews_diagnose", alert=alert, cause=cause, words=words, person=person, home=home, json=json)


@reviews.command("act")
def reviews_act(
    alert: Case,
    remedy: Annotated[str, typer.Argument(help="recalibrate, roll_back or accept.")],
    person: As,
    why: Annotated[str, typer.Option(help="Why this, for whoever verifies it.")],
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Do something about a diagnosed case.

    Example:  countersign reviews act ALERT-3 roll_back --why "It coincides with PLAN-1" --as aaron
    """
    run("reviews", "reviews_act", alert=alert, remedy=remedy, why=why, person=person, home=home, json=json)


@reviews.command("verify")
def reviews_verify(
    alert: Case,
    person: As,
    words: Annotated[str, typer.Option(help="What shows that it helped.")],
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Say that what was done has helped; somebody else than who did it, or the data by themselves.

    Example:  countersign reviews verify ALERT-3 --words "CPC is back at £0.40" --as carla
    """
    run("reviews", "reviews_verify", alert=alert, words=words, person=person, home=home, json=json)


@evaluations.command("list")
def evaluations_list(home: Home = HOME, json: Json = False) -> None:
    """List the newest evaluation of everything, and the cases that the next version is judged by.

    Example:  countersign evaluations list
    """
    run("evaluations", "evaluations_list", home=home, json=json)


@evaluations.command("run")
def evaluations_run(home: Home = HOME, json: Json = False) -> None:
    """Evaluate now, as the schedule does every night; exit code 1 if something is not good enough.

    Example:  countersign evaluations run
    """
    run("evaluations", "evaluations_run", home=home, json=json)

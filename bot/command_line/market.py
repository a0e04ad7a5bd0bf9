"""Commands about the simulated market."""

from typing import Annotated

import typer

from bot.command_line.options import HOME, Home, Json, run

market = typer.Typer(help="The simulated market: its clock, its troubles, its truth.", no_args_is_help=True)


@market.command("tick")
def market_tick(
    days: Annotated[str, typer.Argument(metavar="DAYS", help="Such as 1, 7 or 7d.")] = "1",
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Move the simulated clock, reading and checking after every day.

    Example:  countersign market tick 7d
    """
    run("market", "tick", days=days, home=home, json=json)


@market.command("scenario")
def market_scenario(
    name: str,
    home: Home = HOME,
    starts_in: Annotated[int, typer.Option(help="Days from now until it starts.")] = 0,
    json: Json = False,
) -> None:
    """Choose what happens next in the simulated market.

    Example:  countersign market scenario tracking-tag-breaks
    """
    run("market", "scenario", name=name, home=home, starts_in=starts_in, json=json)


@market.command("truth")
def market_truth(home: Home = HOME, json: Json = False) -> None:
    """Say what each campaign really brought, which no agent may know."""
    run("market", "truth", home=home, json=json)

"""Commands about the agents."""

import typer

from bot.command_line.options import HOME, Home, Json, run

agents = typer.Typer(help="The agents of this home.", no_args_is_help=True)


@agents.command("list")
def agents_list(home: Home = HOME, json: Json = False) -> None:
    """List the agents, what they do and what they may."""
    run("inspect", "agents_list", home=home, json=json)

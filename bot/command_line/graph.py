"""Commands that ask the knowledge graph."""

from datetime import datetime
from typing import Annotated

import typer

from bot.command_line.options import HOME, Home, Json, run

graph = typer.Typer(
    help="The knowledge graph: what hangs together, now and at any earlier moment.", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="A name, a platform's id, or type:key.")]
Kind = Annotated[str | None, typer.Option("--type", metavar="TYPE", help="Such as campaign, audience, product.")]
Hops = Annotated[int, typer.Option(min=1, max=4, help="How many steps away.")]
_DAY = ["%Y-%m-%d"]


@graph.command("show")
def graph_show(name: Name, home: Home = HOME, kind: Kind = None, hops: Hops = 1, json: Json = False) -> None:
    """Show what is around a thing.

    Example:  countersign graph show ps-2001
    """
    run("graph", "show", name=name, home=home, kind=kind, hops=hops, json=json)


@graph.command("as-of")
def graph_as_of(
    name: Name,
    at: Annotated[str, typer.Option("--at", metavar="MOMENT", help="When it was so (ISO).")],
    known: Annotated[str | None, typer.Option("--known", metavar="MOMENT", help="As it was known then.")] = None,
    home: Home = HOME,
    kind: Kind = None,
    hops: Hops = 1,
    json: Json = False,
) -> None:
    """Show what was around a thing at a moment, as known now or as known at another moment.

    Example:  countersign graph as-of ps-2001 --at 2026-03-01 --known 2026-03-02T09:00
    """
    run("graph", "as_of", name=name, at=at, known=known, home=home, kind=kind, hops=hops, json=json)


@graph.command("touching")
def graph_touching(
    name: Name,
    home: Home = HOME,
    kind: Kind = None,
    hops: Hops = 1,
    first: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="First day; else Monday.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="Last day; else today.")] = None,
    json: Json = False,
) -> None:
    """Show what had to do with a thing in a stretch of days: this week, if none is named.

    Example:  countersign graph touching subscribers --type audience
    """
    run("graph", "touching", name=name, home=home, kind=kind, hops=hops, first=first, last=last, json=json)


@graph.command("reach")
def graph_reach(name: Name, home: Home = HOME, kind: Kind = None, hops: Hops = 3, json: Json = False) -> None:
    """Show what a change to a thing would reach.

    Example:  countersign graph reach "Brand | exact"
    """
    run("graph", "reach", name=name, home=home, kind=kind, hops=hops, json=json)


@graph.command("path")
def graph_path(
    start: Annotated[str, typer.Argument(metavar="FROM")],
    end: Annotated[str, typer.Argument(metavar="TO")],
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Show the shortest way from one thing to another; exit code 1 if there is none.

    Example:  countersign graph path ps-2001 subscribers
    """
    run("graph", "path", start=start, end=end, home=home, json=json)


@graph.command("explain")
def graph_explain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A KPI, an alert or a campaign.")],
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Show what happened lately that hangs together with a thing that moved; exit code 1 if nothing did.

    Example:  countersign graph explain roas
    """
    run("graph", "explain", name=name, home=home, json=json)


@graph.command("conflicts")
def graph_conflicts(home: Home = HOME, json: Json = False) -> None:
    """Show which plans cannot be carried out beside each other; exit code 1 if there are any.

    Example:  countersign graph conflicts --json
    """
    run("graph", "conflicts", home=home, json=json)

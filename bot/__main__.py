"""The command line: parse, call one use case, print. Everything heavy is imported where it is used."""

import typer

from bot.command_line import (
    agents,
    alerts,
    audit,
    bench,
    data,
    documents,
    graph,
    lake,
    market,
    models,
    people,
    plans,
    policy,
    quarantine,
    reviews,
    stops,
    upkeep,
)

app = typer.Typer(
    name="countersign",
    help="Marketing agents propose, people countersign, every change can be explained and taken back.\n\n"
    "Start with:  countersign up",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for commands in (upkeep.commands, data.commands, plans.commands, stops.commands, people.commands):
    app.add_typer(commands)
for name, group in (
    ("audit", audit.audit),
    ("alerts", alerts.alerts),
    ("graph", graph.graph),
    ("lake", lake.lake),
    ("policy", policy.policy),
    ("owners", people.owners),
    ("agents", agents.agents),
    ("market", market.market),
    ("models", models.models),
    ("reviews", reviews.reviews),
    ("evaluations", reviews.evaluations),
    ("documents", documents.documents),
    ("bench", bench.bench),
    ("quarantine", quarantine.quarantine),
    ("mapping", quarantine.mapping),
):
    app.add_typer(group, name=name)


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()

"""Commands that measure."""

from typing import Annotated

import typer

from bot.command_line.options import Json, run

bench = typer.Typer(help="Measure this machine against a named baseline.", no_args_is_help=True)


@bench.command("click")
def bench_click(
    clicks: Annotated[int, typer.Option(help="How many.")] = 1000,
    parallel: Annotated[int, typer.Option(help="How many at once.")] = 50,
    json: Json = False,
) -> None:
    """Click on cards in a real local workspace: time to acknowledgement and to the rewritten card."""
    run("bench_click", "bench_click", clicks=clicks, parallel=parallel, json=json)


@bench.command("ingest")
def bench_ingest(
    rows: Annotated[int, typer.Option(help="Rows of generated ad data.")] = 1_000_000, json: Json = False
) -> None:
    """Ingest generated ad data beside a plain csv + executemany loop in the same run."""
    run("bench_ingest", "bench_ingest", rows=rows, json=json)


@bench.command("policy")
def bench_policy(
    decisions: Annotated[int, typer.Option(help="How many, on each path.")] = 20_000, json: Json = False
) -> None:
    """Judge generated plans compiled, with Cedar, and in plain Python; exit code 1 if they disagree."""
    run("bench_policy", "bench_policy", decisions=decisions, json=json)


@bench.command("what-if")
def bench_what_if(
    decisions: Annotated[int, typer.Option(help="How many stored decisions.", min=1)] = 20_000, json: Json = False
) -> None:
    """Judge stored decisions again under changed limits, beside cedarpy; exit code 1 if they disagree."""
    run("bench_what_if", "bench_what_if", decisions=decisions, json=json)


@bench.command("features")
def bench_features(
    events: Annotated[int, typer.Option(help="Feature events.", min=1)] = 1_000_000,
    labels: Annotated[int, typer.Option(help="Moments to join them to.", min=1)] = 200_000,
    json: Json = False,
) -> None:
    """Join features to moments without looking ahead, beside pandas; exit code 1 if they disagree."""
    run("bench_features", "bench_features", events=events, labels=labels, json=json)


@bench.command("graph")
def bench_graph(
    nodes: Annotated[int, typer.Option(help="Things.", min=2000)] = 200_000,
    edges: Annotated[int, typer.Option(help="Rows of relations between them.", min=1)] = 1_000_000,
    questions: Annotated[int, typer.Option(help="How many of each kind.", min=20)] = 1_000,
    intents: Annotated[int, typer.Option(help="Plans to find conflicts between.", min=1)] = 10_000,
    json: Json = False,
) -> None:
    """Load, walk and ask a large knowledge graph beside plain networkx; exit code 1 if their answers differ."""
    run("bench_graph", "bench_graph", nodes=nodes, edges=edges, questions=questions, intents=intents, json=json)


@bench.command("detect")
def bench_detect(
    seed: Annotated[int, typer.Option(help="Of the generated series.", min=0)] = 1,
    each: Annotated[int, typer.Option(help="Series of each kind, and of each kind with each event.", min=1)] = 4,
    json: Json = False,
) -> None:
    """Find events and count false alarms on generated series, beside rolling z-score and PageHinkley."""
    run("bench_detect", "bench_detect", seed=seed, each=each, json=json)

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


@bench.command("ask")
def bench_ask(
    rows: Annotated[int, typer.Option(help="Fact rows in the lake.", min=60_000)] = 1_000_000,
    times: Annotated[int, typer.Option(help="How often each question is asked.", min=1)] = 10,
    json: Json = False,
) -> None:
    """Ask questions in a real local workspace: time to acknowledgement, answer and chart; exit code 1 if too slow."""
    run("bench_ask", "bench_ask", rows=rows, times=times, json=json)


@bench.command("ingest")
def bench_ingest(
    rows: Annotated[int, typer.Option(help="Rows of generated ad data.", min=1)] = 1_000_000,
    rounds: Annotated[int, typer.Option(help="How often each loader takes its turn.", min=1)] = 3,
    json: Json = False,
) -> None:
    """Ingest generated ad data beside dlt and a plain csv + executemany loop in the same run."""
    run("bench_ingest", "bench_ingest", rows=rows, rounds=rounds, json=json)


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


@bench.command("drift")
def bench_drift(
    seeds: Annotated[int, typer.Option(help="Markets for each trouble.", min=1)] = 20,
    first_seed: Annotated[int, typer.Option(help="Of the first market.", min=0)] = 601,
    days: Annotated[int, typer.Option(help="Days of each market without trouble.", min=1)] = 28,
    processes: Annotated[int, typer.Option(help="Markets lived at the same time.", min=1, max=16)] = 2,
    json: Json = False,
) -> None:
    """Live through troubles in the simulated market: delay, false alarms and right causes, beside two other detectors.

    Takes about ten minutes on two cores. Example: countersign bench drift --seeds 2 --json
    """
    run("bench_drift", "bench_drift", seeds=seeds, first_seed=first_seed, days=days, processes=processes, json=json)


@bench.command("monitor")
def bench_monitor(
    series: Annotated[int, typer.Option(help="Daily KPI series.", min=1)] = 10_000,
    history: Annotated[int, typer.Option(help="Days that were watched before.", min=1)] = 120,
    json: Json = False,
) -> None:
    """Check thousands of series with one new point each, beside the same over all history; exit code 1 if they differ.

    Example: countersign bench monitor --series 10000 --json
    """
    run("bench_monitor", "bench_monitor", series=series, history=history, json=json)

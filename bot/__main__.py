"""The command line: parse, call one use case, print. Everything heavy is imported where it is used."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    name="countersign",
    help="Marketing agents propose, people countersign, every change can be explained and taken back.\n\n"
    "Start with:  countersign up",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
audit = typer.Typer(help="The audit trail: verify it, export it, ask why.", no_args_is_help=True)
policy = typer.Typer(help="The rules that judge every plan.", no_args_is_help=True)
agents = typer.Typer(help="The agents of this home.", no_args_is_help=True)
market = typer.Typer(help="The simulated market: its clock, its troubles, its truth.", no_args_is_help=True)
bench = typer.Typer(help="Measure this machine against a named baseline.", no_args_is_help=True)
app.add_typer(audit, name="audit")
app.add_typer(policy, name="policy")
app.add_typer(agents, name="agents")
app.add_typer(market, name="market")
app.add_typer(bench, name="bench")

Home = Annotated[
    Path, typer.Option("--home", metavar="DIR", help="Database, lake and settings.", envvar="COUNTERSIGN_HOME")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
As = Annotated[str, typer.Option("--as", metavar="PERSON", help="Who you are, an id of people.yml such as aaron.")]
HOME = Path(".countersign")


def _run(module: str, function: str, /, **arguments: Any) -> None:
    """Run one command's function; what users can mend ends in one line and exit code 2."""
    from importlib import import_module

    from bot.commands.shell import run

    raise typer.Exit(run(getattr(import_module(f"bot.commands.{module}"), function), arguments))


@app.command()
def up(
    home: Home = HOME,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the local workspace on this machine.")] = 8765,
    seed: Annotated[int, typer.Option(help="Makes the simulated market; equal seeds give equal markets.")] = 7,
    scenario: Annotated[str, typer.Option(help="What happens in the simulated market.")] = "auction-price-shock",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
) -> None:
    """Start everything in one process and open the workspace in a browser.

    Example:  countersign up --port 8765 --scenario tracking-tag-breaks
    """
    _run("up", "up", home=home, port=port, seed=seed, scenario=scenario, no_browser=no_browser)


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Exports of ad platforms, CSV or Parquet.")],
    home: Home = HOME,
    mapping: Annotated[Path | None, typer.Option(help="YAML that says what the columns of a plain file mean.")] = None,
    dates: Annotated[str | None, typer.Option(help="How ambiguous dates are written: dmy or mdy.")] = None,
    currency: Annotated[str | None, typer.Option(help="Currency of files that name none, such as GBP.")] = None,
    account: Annotated[str, typer.Option(help="Account of files that name none.")] = "",
    json: Json = False,
) -> None:
    """Read exports into the lake; a file that cannot be read whole is not read at all.

    Example:  countersign ingest campaigns.csv meta.csv --dates dmy
    """
    said = {"mapping": mapping, "dates": dates, "currency": currency, "account": account}
    _run("ingest", "ingest", paths=paths, home=home, json=json, **said)


@app.command()
def kpi(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as roas, spend, cpa; unknown names list all.")],
    home: Home = HOME,
    by: Annotated[
        str | None, typer.Option(metavar="DIM", help="channel, campaign, account, source, day, week.")
    ] = None,
    where: Annotated[list[str] | None, typer.Option(metavar="K=V", help="Such as channel=email; may repeat.")] = None,
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="What was known at this moment (ISO).")] = None,
    json: Json = False,
) -> None:
    """Compute a KPI exactly, with unit, window, currency and source.

    Example:  countersign kpi roas --by channel --from 2026-03-01 --to 2026-03-31
    """
    _run("kpis", "kpi", name=name, home=home, by=by, where=where or [], first=first, last=last, as_of=as_of, json=json)


@app.command()
def ask(question: str, home: Home = HOME, json: Json = False) -> None:
    """Ask in plain words.

    Example:  countersign ask "spend by channel last month"
    """
    _run("kpis", "ask", question=question, home=home, json=json)


@app.command()
def plan(
    home: Home = HOME,
    sets: Annotated[
        list[str] | None, typer.Option("--set", metavar="CAMPAIGN=AMOUNT", help="Ask for this budget.")
    ] = None,
    person: Annotated[str | None, typer.Option("--as", metavar="PERSON", help="Who asks; needed with --set.")] = None,
    json: Json = False,
) -> None:
    """Ask the planner for a plan now, or propose daily budgets of your own.

    Example:  countersign plan --set em-101=120 --as olivia
    """
    _run("plans", "plan", home=home, sets=sets or [], person=person, json=json)


@app.command()
def plans(home: Home = HOME, json: Json = False) -> None:
    """List all plans and where they stand."""
    _run("plans", "plans", home=home, json=json)


@app.command()
def show(plan: str, home: Home = HOME, json: Json = False) -> None:
    """Show one plan with everything recorded about it.

    Example:  countersign show PLAN-1
    """
    _run("plans", "show", plan=plan, home=home, json=json)


@app.command()
def approve(plan: str, person: As, home: Home = HOME, json: Json = False) -> None:
    """Approve a plan as it stands now, and see it carried out.

    Example:  countersign approve PLAN-1 --as aaron
    """
    _run("plans", "approve", plan=plan, person=person, home=home, json=json)


@app.command()
def reject(
    plan: str,
    person: As,
    reason: Annotated[str, typer.Option(help="Why not; kept and learned from.")],
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Reject a plan.

    Example:  countersign reject PLAN-1 --as aaron --reason "sale ends Friday"
    """
    _run("plans", "reject", plan=plan, person=person, reason=reason, home=home, json=json)


@app.command()
def rollback(
    plan: str,
    home: Home = HOME,
    person: Annotated[
        str | None, typer.Option("--as", metavar="PERSON", help="Who asks; needed unless --preview.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Say what would happen and change nothing.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Also undo what someone changed later by hand.")
    ] = False,
    json: Json = False,
) -> None:
    """Take back what a plan changed, through the same review.

    Example:  countersign rollback PLAN-1 --preview
    """
    _run("plans", "rollback", plan=plan, home=home, person=person, preview=preview, overwrite=overwrite, json=json)


@audit.command("verify")
def audit_verify(home: Home = HOME, json: Json = False) -> None:
    """Recompute the chain; exit code 1 and the first bad entry if anything was tampered with."""
    _run("audit", "verify", home=home, json=json)


@audit.command("export")
def audit_export(home: Home = HOME) -> None:
    """Print the whole trail as JSON Lines, each entry with the exact text that was hashed."""
    _run("audit", "export", home=home)


@audit.command("why")
def audit_why(
    subject: Annotated[str, typer.Argument(metavar="ID", help="A plan, alert or load.")],
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Say what something came from, back to the file or source, and who did what to it.

    Example:  countersign audit why PLAN-1
    """
    _run("audit", "why", subject=subject, home=home, json=json)


@policy.command("check")
def policy_check(home: Home = HOME, json: Json = False) -> None:
    """Check policies against their schema, and the home's limits."""
    _run("inspect", "policy_check", home=home, json=json)


@agents.command("list")
def agents_list(home: Home = HOME, json: Json = False) -> None:
    """List the agents, what they do and what they may."""
    _run("inspect", "agents_list", home=home, json=json)


@market.command("tick")
def market_tick(
    days: Annotated[str, typer.Argument(metavar="DAYS", help="Such as 1, 7 or 7d.")] = "1",
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Move the simulated clock, reading and checking after every day.

    Example:  countersign market tick 7d
    """
    _run("market", "tick", days=days, home=home, json=json)


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
    _run("market", "scenario", name=name, home=home, starts_in=starts_in, json=json)


@market.command("truth")
def market_truth(home: Home = HOME, json: Json = False) -> None:
    """Say what each campaign really brought, which no agent may know."""
    _run("market", "truth", home=home, json=json)


@app.command()
def check(home: Home = HOME, json: Json = False) -> None:
    """Check this home: database, audit trail, policies, limits, people; exit code 1 if anything is wrong."""
    _run("inspect", "check", home=home, json=json)


@app.command()
def migrate(home: Home = HOME, json: Json = False) -> None:
    """Bring the database to this version's schema."""
    _run("inspect", "migrate", home=home, json=json)


@app.command()
def backup(target: Annotated[Path, typer.Argument(metavar="DIR")], home: Home = HOME, json: Json = False) -> None:
    """Copy the home's databases and lake to a new folder, consistently, also while it runs.

    Example:  countersign backup ./backup-monday
    """
    _run("inspect", "backup", target=target, home=home, json=json)


@app.command()
def worker(home: Home = HOME) -> None:
    """Carry out durable work and run the timetable, without Slack, until stopped."""
    _run("up", "worker", home=home)


@bench.command("click")
def bench_click(
    clicks: Annotated[int, typer.Option(help="How many.")] = 1000,
    parallel: Annotated[int, typer.Option(help="How many at once.")] = 50,
    json: Json = False,
) -> None:
    """Click on cards in a real local workspace: time to acknowledgement and to the rewritten card."""
    _run("bench_click", "bench_click", clicks=clicks, parallel=parallel, json=json)


@bench.command("ingest")
def bench_ingest(
    rows: Annotated[int, typer.Option(help="Rows of generated ad data.")] = 1_000_000, json: Json = False
) -> None:
    """Ingest generated ad data beside a plain csv + executemany loop in the same run."""
    _run("bench_ingest", "bench_ingest", rows=rows, json=json)


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()

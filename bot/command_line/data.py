"""Commands that read data and answer with numbers."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.command_line.options import HOME, Home, Json, run

commands = typer.Typer()


@commands.command()
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
    run("ingest", "ingest", paths=paths, home=home, json=json, **said)


@commands.command()
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
    run("kpis", "kpi", name=name, home=home, by=by, where=where or [], first=first, last=last, as_of=as_of, json=json)


@commands.command()
def ask(question: str, home: Home = HOME, json: Json = False) -> None:
    """Ask in plain words.

    Example:  countersign ask "spend by channel last month"
    """
    run("kpis", "ask", question=question, home=home, json=json)

"""Commands that read data and answer with numbers."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.command_line.options import HOME, As, Home, Json, run

commands = typer.Typer()


@commands.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Exports of ad platforms, CRM, shop …")],
    home: Home = HOME,
    mapping: Annotated[Path | None, typer.Option(help="YAML that says what the columns of a plain file mean.")] = None,
    dates: Annotated[str | None, typer.Option(help="How ambiguous dates are written: dmy or mdy.")] = None,
    currency: Annotated[str | None, typer.Option(help="Currency of files that name none, such as GBP.")] = None,
    account: Annotated[str, typer.Option(help="Account of files that name none.")] = "",
    accept_schema: Annotated[bool, typer.Option(help="Take the columns as they are, whatever they were.")] = False,
    json: Json = False,
) -> None:
    """Read exports into the lake; a file that cannot be read whole is not read at all.

    Example:  countersign ingest campaigns.csv meta.csv --dates dmy
    """
    said = {
        "mapping": mapping,
        "dates": dates,
        "currency": currency,
        "account": account,
        "accept_schema": accept_schema,
    }
    run("ingest", "ingest", paths=paths, home=home, json=json, **said)


@commands.command()
def kpi(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as roas, spend, cpa; unknown names list all.")],
    home: Home = HOME,
    by: Annotated[
        str | None, typer.Option(metavar="DIM", help="channel, campaign, account, source, day, week, owner, type …")
    ] = None,
    where: Annotated[list[str] | None, typer.Option(metavar="K=V", help="Such as channel=email; may repeat.")] = None,
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="What was known at this moment (ISO).")] = None,
    currency: Annotated[str | None, typer.Option(help="Answer in this one, with the team's dated rates.")] = None,
    json: Json = False,
) -> None:
    """Compute a KPI exactly, with unit, window, currency and source.

    Example:  countersign kpi roas --by channel --from 2026-03-01 --to 2026-03-31
    """
    window = {"first": first, "last": last, "as_of": as_of}
    run("kpis", "kpi", name=name, home=home, by=by, where=where or [], currency=currency, json=json, **window)


@commands.command()
def ask(
    question: str,
    home: Home = HOME,
    after: Annotated[
        list[str] | None, typer.Option(metavar="QUESTION", help="Asked before, to go on from; may repeat.")
    ] = None,
    chart: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Write the picture of the answer.")] = None,
    json: Json = False,
) -> None:
    """Ask in plain words, in English, German, French or Spanish; exit code 1 where it is asked back.

    Example:  countersign ask "why did CPA rise?"

    Example:  countersign ask "and by channel?" --after "roas last week"
    """
    run("kpis", "ask", question=question, home=home, json=json, after=after or [], chart=chart)


@commands.command()
def questions(home: Home = HOME, json: Json = False) -> None:
    """List what waits for a person: changed exports, unknown files, names that may be one thing, conflicts."""
    run("questions", "questions", home=home, json=json)


@commands.command()
def answer(
    question: Annotated[str, typer.Argument(help="Such as Q-1.")],
    option: Annotated[str, typer.Argument(help="One of the options that the question names, such as accept.")],
    person: As,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Answer a question; only the first answer counts.

    Example:  countersign answer Q-1 accept --as olivia
    """
    run("questions", "answer", question=question, option=option, person=person, home=home, json=json)


@commands.command()
def data(home: Home = HOME, json: Json = False) -> None:
    """The picture of the business: per source its datasets, campaigns, spend, days, gaps, freshness, open questions."""
    run("data", "data", home=home, json=json)


@commands.command()
def features(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One of them, with its values.")] = None,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """List what is measured about campaigns for planning and monitoring; exit code 1 if values are too old.

    Example:  countersign features roas_28d
    """
    run("features", "features", name=name, home=home, json=json)


@commands.command()
def detect(
    path: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Columns timestamp,value; or a folder of such.")],
    scores: Annotated[
        Path | None,
        typer.Option(metavar="OUT.csv", help="Write timestamp,value,anomaly_score; a folder for a folder."),
    ] = None,
    holidays: Annotated[
        str, typer.Option(metavar="GB,…", help="Countries, parts (GB-ENG), Black Friday, Cyber Monday, Cyber Week.")
    ] = "",
    json: Json = False,
) -> None:
    """Find what is strange in a series of your own: spikes, shifts, broken trends, other spread, missing data.

    Each row is judged by the rows before it alone. Scores are 0 to 1; 0.5 and above is an alert. Needs no home. On
    holidays that are named, nothing is said of values that such days explain.

    Example:  countersign detect clicks-by-hour.csv --scores scored.csv
    """
    run("detect", "detect", path=path, scores=scores, holidays=holidays, json=json)

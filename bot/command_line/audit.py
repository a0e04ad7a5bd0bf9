"""Commands about the audit trail."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.command_line.options import HOME, Home, Json, run

audit = typer.Typer(help="The audit trail: verify it, export it, sign it, ask why.", no_args_is_help=True)


@audit.command("verify")
def audit_verify(
    home: Home = HOME,
    against: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Checkpoints that were kept elsewhere; may repeat.")
    ] = None,
    key: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Public keys to believe instead of the home's own.")
    ] = None,
    export: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Verify an exported folder instead of a home.")
    ] = None,
    json: Json = False,
) -> None:
    """Recompute the chain, its root and its signatures; exit code 1 and what was found if anything was tampered with.

    Example:  countersign audit verify --against checkpoints-of-the-auditor.txt
    """
    run("audit", "verify", home=home, against=against or [], key=key or [], export=export, json=json)


@audit.command("export")
def audit_export(
    home: Home = HOME,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write trail, checkpoints, keys and a script that verifies them.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="jsonl or csv, on stdout.")] = "jsonl",
    personal: Annotated[
        bool, typer.Option("--personal/--without-personal", help="With what the trail's commitments stand for.")
    ] = True,
    json: Json = False,
) -> None:
    """Print the whole trail, each entry with the exact text that was hashed, or write it to a folder for an auditor.

    Example:  countersign audit export --out for-the-auditor
    """
    run("audit", "export", home=home, out=out, form=form, personal=personal, json=json)


@audit.command("checkpoint")
def audit_checkpoint(home: Home = HOME, json: Json = False) -> None:
    """Sign the trail as it is now and show the signature outside; done every five minutes while it runs.

    Example:  countersign audit checkpoint >> ~/countersign-checkpoints.txt
    """
    run("audit", "checkpoint", home=home, json=json)


@audit.command("rotate-key")
def audit_rotate_key(
    home: Home = HOME,
    person: Annotated[str | None, typer.Option("--as", metavar="PERSON", help="Who does it, for the trail.")] = None,
    json: Json = False,
) -> None:
    """Make a new signing key, introduced by the old one, whose private half is destroyed."""
    run("audit", "rotate_key", home=home, person=person, json=json)


@audit.command("erase")
def audit_erase(
    value: Annotated[str, typer.Argument(metavar="PERSON", help="An id of people.yml, or a text.")],
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Forget a person's data in the trail; it holds commitments instead, and still verifies.

    Example:  countersign audit erase aaron
    """
    run("audit", "erase", value=value, home=home, json=json)


@audit.command("report")
def audit_report(
    home: Home = HOME,
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")] = None,
    json: Json = False,
) -> None:
    """Say how governance did: changes with a valid approval, time to decide, expired, escalated, overridden.

    Example:  countersign audit report --from 2026-11-01 --to 2026-11-30
    """
    run("report", "report", home=home, first=first, last=last, json=json)


@audit.command("why")
def audit_why(
    subject: Annotated[
        str,
        typer.Argument(metavar="ID", help="A plan, alert, question, load, file, feature, decision, change, outcome…"),
    ],
    home: Home = HOME,
    forward: Annotated[bool, typer.Option("--forward", help="What came of it, instead of what it came from.")] = False,
    json: Json = False,
) -> None:
    """Say in three lines what something rests on, then the whole way back to file and line, or on to what came of it.

    Example:  countersign audit why PLAN-1
    """
    run("lineage", "why", subject=subject, home=home, forward=forward, json=json)


@audit.command("lineage")
def audit_lineage(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A new file of JSON Lines.")],
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Write the whole lineage as OpenLineage events, for other tools.

    Example:  countersign audit lineage --out lineage.jsonl
    """
    run("lineage", "lineage", home=home, out=out, json=json)

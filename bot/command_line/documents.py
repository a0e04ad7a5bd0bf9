"""Commands about documents."""

from pathlib import Path
from typing import Annotated

import typer

from bot.command_line.options import HOME, As, Home, Json, run

documents = typer.Typer(help="What the company wrote: brand guides, results, briefs.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="Such as DOC-3.")]


@documents.command("add")
def documents_add(
    paths: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="txt, md, html, csv, docx, pdf.")],
    person: As,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Keep documents; a file of a known name becomes its next version.

    Example:  countersign documents add brand-guide.docx spring-results.pdf --as olivia
    """
    run("documents", "documents_add", paths=paths, person=person, home=home, json=json)


@documents.command("list")
def documents_list(home: Home = HOME, json: Json = False) -> None:
    """List what may be quoted."""
    run("documents", "documents_list", home=home, json=json)


@documents.command("show")
def documents_show(document: Id, home: Home = HOME, json: Json = False) -> None:
    """Show a document's passages with their place in it."""
    run("documents", "documents_show", document=document, home=home, json=json)


@documents.command("remove")
def documents_remove(document: Id, person: As, home: Home = HOME, json: Json = False) -> None:
    """Take a document's text away; that it was there stays in the trail."""
    run("documents", "documents_remove", document=document, person=person, home=home, json=json)

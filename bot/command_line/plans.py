"""Commands about plans: ask, look, decide, take back."""

from typing import Annotated

import typer

from bot.command_line.options import HOME, As, Home, Json, run

commands = typer.Typer()


@commands.command()
def plan(
    home: Home = HOME,
    sets: Annotated[
        list[str] | None, typer.Option("--set", metavar="CAMPAIGN=AMOUNT", help="Ask for this budget.")
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--change", metavar="CAMPAIGN.FIELD=VALUE", help="Ask for this, such as ps-1.status=paused."),
    ] = None,
    person: Annotated[
        str | None, typer.Option("--as", metavar="PERSON", help="Who asks; needed with --set and --change.")
    ] = None,
    json: Json = False,
) -> None:
    """Ask the planner for a plan now, or propose changes of your own.

    Example:  countersign plan --set em-101=120 --as olivia
    """
    run("plans", "plan", home=home, sets=sets or [], changes=changes or [], person=person, json=json)


@commands.command()
def plans(home: Home = HOME, json: Json = False) -> None:
    """List all plans and where they stand."""
    run("plans", "plans", home=home, json=json)


@commands.command()
def show(plan: str, home: Home = HOME, json: Json = False) -> None:
    """Show one plan with everything recorded about it.

    Example:  countersign show PLAN-1
    """
    run("plans", "show", plan=plan, home=home, json=json)


@commands.command()
def approve(plan: str, person: As, home: Home = HOME, json: Json = False) -> None:
    """Approve a plan as it stands now, and see it carried out.

    Example:  countersign approve PLAN-1 --as aaron
    """
    run("plans", "approve", plan=plan, person=person, home=home, json=json)


@commands.command()
def withdraw(plan: str, person: As, home: Home = HOME, json: Json = False) -> None:
    """Take your approval back, while nothing of the plan has been carried out.

    Example:  countersign withdraw PLAN-1 --as aaron
    """
    run("plans", "withdraw", plan=plan, person=person, home=home, json=json)


@commands.command()
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
    run("plans", "reject", plan=plan, person=person, reason=reason, home=home, json=json)


@commands.command()
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
    run("plans", "rollback", plan=plan, home=home, person=person, preview=preview, overwrite=overwrite, json=json)

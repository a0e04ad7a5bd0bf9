"""Commands about alerts: what there is, and everything that people do about it in Slack."""

from typing import Annotated

import typer

from bot.command_line.options import HOME, As, Home, Json, run

alerts = typer.Typer(help="Cases of drift: list, take, hand on, put aside, call normal.", no_args_is_help=True)

Alert = Annotated[str, typer.Argument(metavar="ALERT", help="Such as ALERT-3.")]
Why = Annotated[str, typer.Option(help="Why; everybody reads it, and it is kept.")]


@alerts.command("list")
def alerts_list(
    every: Annotated[bool, typer.Option("--all", help="Also those that are over, newest first.")] = False,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """List the cases that are not over."""
    run("alerts", "listing", every=every, home=home, json=json)


@alerts.command("show")
def alerts_show(alert: Alert, home: Home = HOME, json: Json = False) -> None:
    """Show one case: what moved, what is suspected and why, what it explains, what was done."""
    run("alerts", "show", alert=alert, home=home, json=json)


@alerts.command("acknowledge")
def alerts_acknowledge(alert: Alert, person: As, home: Home = HOME, json: Json = False) -> None:
    """Say that you are looking at it."""
    run("alerts", "acknowledge", alert=alert, person=person, home=home, json=json)


@alerts.command("assign")
def alerts_assign(
    alert: Alert,
    to: Annotated[str, typer.Option(metavar="PERSON", help="Who shall take it.")],
    person: As,
    words: Annotated[str, typer.Option(help="A word to them.")] = "",
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Ask somebody to take a case; they get a message.

    Example:  countersign alerts assign ALERT-3 --to aaron --as olivia
    """
    run("alerts", "assign", alert=alert, to=to, words=words, person=person, home=home, json=json)


@alerts.command("snooze")
def alerts_snooze(
    alert: Alert,
    person: As,
    days: Annotated[int | None, typer.Option(min=1, max=92, help="For so many days.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DAY", help="Until work starts on that day.")] = None,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Put a case aside; it speaks up again when the time is over, or when it gets worse.

    Example:  countersign alerts snooze ALERT-3 --until 2026-12-01 --as olivia
    """
    run("alerts", "snooze", alert=alert, days=days, until=until, person=person, home=home, json=json)


@alerts.command("expect")
def alerts_expect(alert: Alert, reason: Why, person: As, home: Home = HOME, json: Json = False) -> None:
    """Say that it was meant to happen: the new level is the normal one from its first day on.

    Example:  countersign alerts expect ALERT-3 --reason "the winter sale began" --as olivia
    """
    run("alerts", "expect", alert=alert, reason=reason, person=person, home=home, json=json)


@alerts.command("rebaseline")
def alerts_rebaseline(
    alert: Alert,
    reason: Why,
    person: As,
    since: Annotated[str | None, typer.Option(metavar="DAY", help="First data day that counts.")] = None,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Have normal learnt afresh: earlier days no longer say what it is.

    Example:  countersign alerts rebaseline ALERT-3 --since 2026-11-02 --reason "new shop" --as olivia
    """
    run("alerts", "rebaseline", alert=alert, reason=reason, since=since, person=person, home=home, json=json)


@alerts.command("escalate")
def alerts_escalate(
    alert: Alert,
    person: As,
    words: Annotated[str, typer.Option(help="A word to them.")] = "",
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Call in those on the next rung of the ladder."""
    run("alerts", "escalate", alert=alert, words=words, person=person, home=home, json=json)


@alerts.command("mute")
def alerts_mute(
    person: As,
    days: Annotated[int | None, typer.Option(min=1, max=92, help="For so many days.")] = None,
    alert: Annotated[str, typer.Option(help="About this case alone.")] = "",
    off: Annotated[bool, typer.Option("--off", help="Hear of everything again.")] = False,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Want no direct messages about alerts for a while, unless somebody asks you by name.

    Example:  countersign alerts mute --days 7 --as olivia
    """
    run("alerts", "mute", days=days, alert=alert, off=off, person=person, home=home, json=json)


@alerts.command("quiet")
def alerts_quiet(
    hours: Annotated[str | None, typer.Argument(metavar="[HH:MM-HH:MM]", help="Such as 20:00-08:00.")] = None,
    person: Annotated[str | None, typer.Option("--as", metavar="PERSON", help="Who you are, to change them.")] = None,
    weekends: Annotated[bool, typer.Option("--weekends", help="Saturday and Sunday all day, too.")] = False,
    off: Annotated[bool, typer.Option("--off", help="No quiet hours.")] = False,
    home: Home = HOME,
    json: Json = False,
) -> None:
    """Show or set the team's quiet hours, in which cards of medium cases wait.

    Example:  countersign alerts quiet 20:00-08:00 --weekends --as aaron
    """
    run("alerts", "quiet", hours=hours, weekends=weekends, off=off, person=person, home=home, json=json)


@alerts.command("digest")
def alerts_digest(home: Home = HOME, json: Json = False) -> None:
    """Make today's digest, if there is none yet; the bot posts it."""
    run("alerts", "digest", home=home, json=json)

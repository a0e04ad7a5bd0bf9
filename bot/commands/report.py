"""The account of governance on the command line: for an auditor, and for whoever wants to know how it goes."""

from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from agents.governance.report import Account, Figures
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.opening import open_office
from bot.settings import Settings
from bot.slack.cards.markup import plain_moment


async def report(*, home: Path, first: datetime | None, last: datetime | None, json: bool) -> int | None:
    """Exit code 1 if any change was written without a valid approval."""
    since, until = _day(first), _day(last)
    if since and until and until < since:
        raise BadInput(f"--from {since} is after --to {until}")
    async with open_office(Settings(home=home)) as office:
        found = await office.attester.account(first=since, last=until)
        zone = await office.zone()
    say(_document(found, since, until), as_json=json, text=_text(found, zone))
    return NEGATIVE if found.flaws else None


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _document(found: Account, since: date | None, until: date | None) -> dict[str, Any]:
    return {
        "ok": not found.flaws,
        "from": since,
        "to": until,
        "overall": _figures(found.overall),
        "months": [{"month": one.month, **_figures(one.figures)} for one in found.months],
        "without_valid_approval": [one.model_dump(mode="json") for one in found.flaws],
    }


def _figures(one: Figures) -> dict[str, Any]:
    return {"share_with_valid_approval": one.share, **one.model_dump()}


def _text(found: Account, zone: ZoneInfo) -> str:
    lines = [
        _words("overall", found.overall),
        *(_words(one.month, one.figures) for one in found.months if len(found.months) > 1),
    ]
    if found.flaws:
        lines.append("Written without a valid approval, which is an incident:")
        lines += [f"  {one.key} on {plain_moment(one.at, zone)}: {one.words}" for one in found.flaws]
    return "\n".join(lines)


def _words(name: str, one: Figures) -> str:
    if one.share is None:
        share = "nothing was written"
    else:
        share = f"{one.valid} of {one.changes} changes had a valid approval ({one.share:.2%})"
    median = "" if one.median_minutes is None else f", decided in {one.median_minutes} minutes (median)"
    counted = {
        "without anybody, as the rules allow": one.by_rules,
        "under broken glass": one.overridden,
        "rejected": one.rejected,
        "withdrawn": one.withdrawn,
        "escalated": one.escalated,
        "expired": one.expired,
        "freezes": one.freezes,
    }
    rest = "".join(f", {number} {what}" for what, number in counted.items() if number)
    return f"{name}: {share}{median}{rest}"

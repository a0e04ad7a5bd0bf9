"""Who stands in for whom, on the command line."""

from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from agents.lifecycle.decide import Declined
from agents.lifecycle.people.delegate import Delegated
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.commands.who import names_of, who
from bot.opening import open_office
from bot.settings import Settings
from bot.slack.cards.markup import plain_moment
from storage.records.people import Delegation


async def delegate(
    *, to: str, starts: str | None, ends: str, person: str, on_behalf_of: str | None, home: Path, json: bool
) -> int | None:
    """Let `to` approve in the place of `person`, or of somebody else if `person` is an admin."""
    async with open_office(Settings(home=home)) as office:
        by, away = await who(office, person), await who(office, on_behalf_of or person)
        zone = ZoneInfo(away.zone)
        result = await office.delegator.delegate(
            away.id,
            to,
            office.clock() if starts is None else _moment(starts, zone),
            _moment(ends, zone, end=True),
            by=by,
            via="cli",
        )
        return _report(result, json=json)


async def delegations(*, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        known = await office.delegator.list()
        now, zone, names = office.clock(), await office.zone(), await names_of(office)
    lines = [
        f"{one.id:<14} {names.get(one.to_person, one.to_person)} for {names.get(one.from_person, one.from_person)},"
        f" {plain_moment(one.starts_at, zone)} to {plain_moment(one.ends_at, zone)}"
        f"{'  (now)' if one.holds(now) else ''}"
        for one in known
    ]
    document = {"delegations": [{**_document(one), "now": one.holds(now)} for one in known]}
    text = "\n".join(lines) or "Nobody stands in for anybody: countersign delegate PERSON --to DAY --as YOU."
    say(document, as_json=json, text=text)


async def end(*, delegation: str, person: str, home: Path, json: bool) -> int | None:
    async with open_office(Settings(home=home)) as office:
        by = await who(office, person)
        return _report(await office.delegator.end(delegation.upper(), by=by, via="cli"), json=json)


def _report(result: Delegated | Declined, *, json: bool) -> int | None:
    if isinstance(result, Declined):
        say({"accepted": False, "words": result.words}, as_json=json, text=result.words)
        return NEGATIVE
    document = {"accepted": True, "words": result.words, "delegation": _document(result.delegation)}
    say(document, as_json=json, text=result.words)
    return None


def _moment(text: str, zone: ZoneInfo, *, end: bool = False) -> datetime:
    """A day or a local moment of the zone; a day as an end is over when the day is."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise BadInput(f"{text!r} is no day or moment: write 2026-12-24 or 2026-12-24T17:00") from None
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return datetime.combine(day + timedelta(days=int(end)), time(), tzinfo=zone)


def _document(one: Delegation) -> dict[str, object]:
    return one.model_dump(mode="json")

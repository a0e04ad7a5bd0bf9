"""Alerts on the command line: the same acts as in Slack, with the same rules."""

from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from agents.lifecycle.cases.notifications import Told, quiet_words
from agents.lifecycle.decide import Declined
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.commands.who import names_of, who
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from bot.slack.cards.markup import day as day_of
from bot.slack.cards.markup import spelled
from storage.records.alerts import Alert, AlertKind
from storage.records.attention import Digest
from storage.records.people import Person


async def listing(*, every: bool, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office, office.ledger.read() as tx:
        found = await tx.alerts.newest(500) if every else await tx.alerts.unrecovered()
    lines = [
        f"{one.id:<10} {one.finding.severity.value:<9}{_state(one):<13} since {day_of(one.opened_on)}"
        f"  {spelled(one.finding.title)}"
        for one in found
    ]
    document = {"alerts": [_document(one) for one in found]}
    say(document, as_json=json, text="\n".join(lines) or "Nothing is open: all that is watched is in its normal range.")


async def show(*, alert: str, home: Path, json: bool) -> None:
    alert_id = _alert_id(alert)
    async with open_office(Settings(home=home)) as office, office.ledger.read() as tx:
        found = await tx.alerts.get(alert_id)
        if found is None:
            raise BadInput(f"there is no {alert_id} here; countersign alerts list --all shows them")
        parts = [one for one in await tx.alerts.unrecovered() if one.finding.part_of == found.finding.key]
        trail, calls = await tx.audit.of(alert_id), await tx.attention.calls_of(alert_id)
        answers = await office.owners.of_in(tx, found.finding)
    document = {
        **_document(found),
        "explains": [one.id for one in parts],
        "owner": {"role": answers.role, "people": [one.id for one in answers.people]},
        "told": [{"person": one.person_id, "why": one.kind.value, "at": one.sent_at} for one in calls],
        "history": [{"at": one.at, "actor": one.actor, "action": one.action} for one in trail],
    }
    say(document, as_json=json, text=_text(found, parts, answers.names))


async def acknowledge(*, alert: str, person: str, home: Path, json: bool) -> int | None:
    async with open_office(Settings(home=home)) as office:
        result = await office.attendant.acknowledge(_alert_id(alert), await who(office, person))
        return _report(result, "You are looking at {id}.", json=json)


async def assign(*, alert: str, to: str, words: str, person: str, home: Path, json: bool) -> int | None:
    async with open_office(Settings(home=home)) as office:
        wanted = await who(office, to)
        result = await office.attendant.assign(_alert_id(alert), await who(office, person), wanted.id, words)
        return _report(result, f"{{id}} waits for {wanted.name} now.", json=json)


async def snooze(*, alert: str, days: int | None, until: str | None, person: str, home: Path, json: bool) -> int | None:
    if (days is None) == (until is None):
        raise BadInput("say for how long: --days 3, or --until 2026-12-01")
    alert_id, day = _alert_id(alert), _day(until) if until else None
    async with open_office(Settings(home=home)) as office:
        sleeper = await who(office, person)
        if day is not None:
            result = await office.attendant.snooze_until(alert_id, sleeper, day)
        else:
            result = await office.attendant.snooze(alert_id, sleeper, days=days or 1)
        until_words = _clock(result, sleeper)
        return _report(result, f"{{id}} is quiet until {until_words}, unless it gets worse.", json=json)


async def expect(*, alert: str, reason: str, person: str, home: Path, json: bool) -> int | None:
    async with open_office(Settings(home=home)) as office:
        result = await office.attendant.expect(_alert_id(alert), await who(office, person), reason=reason)
        return _report(result, "{id} is closed: what was found is the normal level from now on.", json=json)


async def rebaseline(*, alert: str, reason: str, since: str | None, person: str, home: Path, json: bool) -> int | None:
    first = _day(since) if since else None
    async with open_office(Settings(home=home)) as office:
        result = await office.attendant.rebaseline(
            _alert_id(alert), await who(office, person), reason=reason, since=first
        )
        return _report(result, "{id} is closed: what is normal is learnt afresh.", json=json)


async def escalate(*, alert: str, words: str, person: str, home: Path, json: bool) -> int | None:
    async with open_office(Settings(home=home)) as office:
        result = await office.attendant.escalate(_alert_id(alert), await who(office, person), words=words)
        names = await _names(office, result.escalated_to) if isinstance(result, Alert) else ""
        return _report(result, f"{{id}} was escalated to {names}.", json=json)


async def mute(*, days: int | None, alert: str, off: bool, person: str, home: Path, json: bool) -> int | None:
    if (days is None) != off:
        raise BadInput("say for how long: --days 7, or --off to hear of everything again")
    alert_id = _alert_id(alert) if alert else ""
    async with open_office(Settings(home=home)) as office:
        until = None if days is None else office.clock() + timedelta(days=days)
        result = await office.notifications.mute(await who(office, person), until=until, alert_id=alert_id)
    return _told(result, json=json)


async def quiet(
    *, hours: str | None, weekends: bool, off: bool, person: str | None, home: Path, json: bool
) -> int | None:
    if hours is not None and off:
        raise BadInput("say either the hours or --off")
    if (hours is not None or off) and person is None:
        raise BadInput("changing quiet hours needs --as: who are you?")
    span = _span(hours) if hours else None
    async with open_office(Settings(home=home)) as office:
        if person is not None and (span or off):
            asker = await who(office, person)
            return _told(await office.notifications.set_quiet_hours(asker, hours=span, weekends=weekends), json=json)
        async with office.ledger.read() as tx:
            held = await tx.attention.quiet_hours()
    return _told(Told(words=quiet_words(held), hours=held), json=json)


async def digest(*, home: Path, json: bool) -> None:
    async with open_office(Settings(home=home)) as office:
        made = await office.digester.make()
    text = "Nothing to tell today, or it was told already." if made is None else _digest_text(made)
    say({"digest": made.model_dump(mode="json") if made else None}, as_json=json, text=text)


def _report(result: Alert | Declined, words: str, *, json: bool) -> int | None:
    if isinstance(result, Declined):
        say({"accepted": False, "words": result.words, "alert": None}, as_json=json, text=result.words)
        return NEGATIVE
    said = words.format(id=result.id)
    say({"accepted": True, "words": said, "alert": _document(result)}, as_json=json, text=said)
    return None


def _told(result: Told | Declined, *, json: bool) -> int | None:
    told = isinstance(result, Told)
    document: dict[str, Any] = {"accepted": told, "words": result.words, "until": None, "hours": None}
    if isinstance(result, Told):
        document |= {"until": result.until, "hours": result.hours.model_dump(mode="json") if result.hours else None}
    say(document, as_json=json, text=result.words)
    return None if told else NEGATIVE


def _document(one: Alert) -> dict[str, Any]:
    finding = one.finding
    return {
        "id": one.id,
        "key": finding.key,
        "kind": finding.kind.value,
        "severity": finding.severity.value,
        "state": one.state.value,
        "kpi": finding.kpi,
        "entity": finding.entity,
        "title": finding.title,
        "detail": list(finding.detail),
        "cause": finding.cause,
        "reading": finding.reading.model_dump(mode="json") if finding.reading else None,
        "candidates": [each.model_dump(mode="json") for each in finding.candidates],
        "suspect_plan": finding.suspect_plan,
        "part_of": finding.part_of,
        "opened_on": one.opened_on,
        "seen_on": finding.seen_on,
        "times_seen": one.times_seen,
        "has_card": one.shown_from is not None,
        "acknowledged_by": one.acknowledged_by,
        "assigned_to": one.assigned_to,
        "snoozed_until": one.snoozed_until,
        "escalated_to": list(one.escalated_to),
        "learnt": one.learnt.value if one.learnt else None,
        "simulated": finding.simulated,
    }


def _text(one: Alert, parts: list[Alert], owner: str) -> str:
    finding = one.finding
    lines = [
        f"{one.id}: {finding.title}",
        f"{finding.severity.value}, {_state(one)} since {day_of(one.opened_on)}",
        f"Cause: {finding.cause or 'not known yet'}",
    ]
    lines += [f"  {text}" for text in finding.detail]
    for each in finding.candidates:
        lines.append(f"  {each.certainty.value}: {each.words}")
        lines += [f"    + {text}" for text in each.speaks_for] + [f"    - {text}" for text in each.speaks_against]
    with_it = "Late as well" if finding.kind is AlertKind.FRESHNESS else "Explains"
    lines += [f"{with_it}: {part.id}, {part.finding.title}" for part in parts]
    lines.append(f"Answers for it: {owner}")
    return spelled("\n".join(lines))


def _digest_text(made: Digest) -> str:
    parts = (("Waits", made.waiting), ("Small", made.small), ("Over", made.recovered))
    lines = [f"{name}: {one.alert_id} {one.title}" for name, held in parts for one in held]
    return spelled("\n".join([f"{made.id}", *lines]))


def _state(one: Alert) -> str:
    return one.learnt.value if one.learnt else one.state.value


def _clock(result: Alert | Declined, person: Person) -> str:
    until = result.snoozed_until if isinstance(result, Alert) else None
    return person.on_clock(until) if until else ""


async def _names(office: Office, ids: tuple[str, ...]) -> str:
    known = await names_of(office)
    return ", ".join(known.get(one, one) for one in ids)


def _alert_id(text: str) -> str:
    """ALERT-3 from `ALERT-3`, `alert-3` or `3`."""
    number = text.upper().removeprefix("ALERT-")
    if not number.isdecimal() or number.startswith("0"):
        raise BadInput(f"{text!r} is no alert: write it as ALERT-3; countersign alerts list shows them")
    return f"ALERT-{number}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is no day: write 2026-12-24") from None


def _span(text: str) -> tuple[time, time]:
    first, _, last = text.partition("-")
    try:
        return time.fromisoformat(first.strip()), time.fromisoformat(last.strip())
    except ValueError:
        raise BadInput(f"{text!r} is no span of hours: write 20:00-08:00") from None

"""calendar.yml, as people write it: hours, holidays, special days, clocks of approval and blackouts."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from agents.drift.occasions import LONGEST_DAYS, Dates, Movable, SpecialDay, Yearly, is_known
from agents.governance.calendar import (
    LONGEST_MINUTES,
    MOST_HOLIDAYS,
    SHORTEST_DAY,
    Blackout,
    BlackoutScope,
    Calendar,
    Dated,
    Weekday,
    Weekly,
    WeekMoment,
)
from agents.governance.entries import Entry, EntryInvalid, quoted, read_entries
from storage.records.people import Role

_CLOCKS = ("expire_after_minutes", "remind_every_minutes")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_MOMENT = re.compile(r"(\w{3}) (\d{1,2}:\d\d)")
_DAYS_HELP = "write days such as mon, tue, wed"
_HOLIDAYS_HELP = "write countries such as GB, parts of them such as GB-ENG, and days such as 2026-12-25"
_SPECIAL_HELP = "write 2026-07-14, 2026-12-27 to 2027-01-03, 11-11 or 12-24 to 12-31 for every year"
_SPAN = re.compile(r"((?:\d{4}-)?\d\d-\d\d)(?: to ((?:\d{4}-)?\d\d-\d\d))?")
_EVERY_YEAR = "every year"
_MOST_SPECIAL_DAYS = 100
_LONGEST_NAME = 80
_KEYS = ("zone", "days", "opens", "closes", "holidays", "special_days", *_CLOCKS, "ladder", "blackouts")


class CalendarInvalid(EntryInvalid):
    """Raised when calendar.yml cannot be read as it stands; its owner must correct the named key."""


def parse_calendar(text: str, *, file: str) -> Calendar:
    """The calendar of a calendar.yml; `file` is for messages. Raises CalendarInvalid, naming key and remedy.

    What is left out is round the clock on every day in UTC, without blackouts; an empty file leaves out all of it.
    """
    top = read_entries(text, file=file, error=CalendarInvalid)
    top.only(_KEYS)
    found: dict[str, Any] = {}
    if top.has("zone"):
        found["zone"] = _zone(top)
    if top.has("days"):
        found["days"] = _days(top)
    for key in ("opens", "closes"):
        if top.has(key):
            found[key] = _time(top, key, last=key == "closes")
    if not _long_enough(found.get("opens", time(0)), found.get("closes", time(0))):
        raise top.invalid("closes", "must be an hour or more after opens; a day that closes at midnight ends at 24:00")
    found["holidays"], found["countries"] = _holidays(top)
    found["special_days"] = _special_days(top)
    for key in _CLOCKS:
        if top.has(key):
            found[key] = top.number(key, least=1, most=LONGEST_MINUTES, example="480")
    if top.has("ladder"):
        found["ladder"] = _ladder(top.entry("ladder"))
    found["blackouts"] = tuple(_blackout(entry, name) for name, entry in top.inner("blackouts"))
    return Calendar(**found)


def dump_calendar(calendar: Calendar) -> str:
    """The text of a calendar.yml that reads back as the same calendar, with what each line means."""
    lines = [
        "# When the team decides, who is asked after whom, and when nothing may change.",
        f"zone: {calendar.zone}",
        f"days: {', '.join(_day_name(day) for day in sorted(calendar.days))}",
        f"opens: {_clock(calendar.opens)}",
        f"closes: {_clock(calendar.closes, last=True)}",
        f"expire_after_minutes: {calendar.expire_after_minutes}  # of business time; then a plan expires undecided",
        f"remind_every_minutes: {calendar.remind_every_minutes}  # of business time, at the most",
    ]
    if calendar.holidays or calendar.countries:
        days = [*calendar.countries, *(str(day) for day in sorted(calendar.holidays))]
        lines.append(f"holidays: [{', '.join(days)}]")
    if calendar.special_days:
        lines.append("special_days:  # at work, but figures are unlike those of other days")
        lines += [f"  {quoted(one.name)}: [{', '.join(map(_span_text, one.when))}]" for one in calendar.special_days]
    lines += ["ladder:  # who is asked after whom" if calendar.ladder else "ladder: {}"]
    lines += [f"  {role.value}: [{_roles(then)}]" for role, then in sorted(calendar.ladder.items())]
    lines += ["blackouts:"] if calendar.blackouts else []
    for one in calendar.blackouts:
        lines += [f"  {quoted(one.name)}:", *(f"    {line}" for line in _blackout_lines(one))]
    return "\n".join(lines) + "\n"


def _zone(top: Entry) -> str:
    name = top.text("zone", "write a zone such as Europe/London")
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, or no name of a zone at all: a path, a folder
        raise top.invalid("zone", f"is “{name[:40]}”; write a zone such as Europe/London") from None
    return name


def _days(top: Entry) -> frozenset[Weekday]:
    found = frozenset(_weekday(top, "days", each) for each in top.texts("days", _DAYS_HELP))
    if not found:
        raise top.invalid("days", f"has none; {_DAYS_HELP}")
    return found


def _weekday(entry: Entry, key: str, text: str) -> Weekday:
    try:
        return Weekday[text.upper()]
    except KeyError:
        raise entry.invalid(key, f"has “{text[:40]}”; {_DAYS_HELP}") from None


def _time(entry: Entry, key: str, *, last: bool = False) -> time:
    text = entry.text(key, "write a time such as 09:00")
    if last and text == "24:00":
        return time(0)
    match = _TIME.fullmatch(text)
    if match is None:
        raise entry.invalid(key, f"is “{text[:40]}”; write a time such as 09:00")
    return time(int(match.group(1)), int(match.group(2)))


def _long_enough(opens: time, closes: time) -> bool:
    def minutes(at: time) -> int:
        return at.hour * 60 + at.minute

    return (minutes(closes) or 24 * 60) - minutes(opens) >= SHORTEST_DAY.total_seconds() / 60


def _holidays(top: Entry) -> tuple[frozenset[date], tuple[str, ...]]:
    """Days, and countries of which the public ones hold."""
    found, countries = set(), []
    for text in top.texts("holidays", _HOLIDAYS_HELP):
        try:
            found.add(date.fromisoformat(text))
        except ValueError:
            if not is_known(text):
                where = f"at line {top.line('holidays')}"
                raise top.invalid("holidays", f"{where} has “{text[:40]}”; {_HOLIDAYS_HELP}") from None
            countries.append(text)
    if len(found) > MOST_HOLIDAYS:
        raise top.invalid("holidays", f"are {len(found)}; at most {MOST_HOLIDAYS} can be kept, leave out past ones")
    return frozenset(found), tuple(dict.fromkeys(countries))


def _special_days(top: Entry) -> tuple[SpecialDay, ...]:
    if not top.has("special_days"):
        return ()
    inner = top.entry("special_days")
    if len(inner.keys) > _MOST_SPECIAL_DAYS:
        raise top.invalid("special_days", f"are {len(inner.keys)}; at most {_MOST_SPECIAL_DAYS} can be kept")
    return tuple(SpecialDay(name=name, when=_when(inner, name)) for name in inner.keys)


def _when(inner: Entry, name: str) -> tuple[Dates | Yearly | Movable, ...]:
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise inner.invalid(name[:40], f"needs a name in one line of at most {_LONGEST_NAME} characters")
    texts = inner.texts(name, _SPECIAL_HELP)
    if texts == (_EVERY_YEAR,):
        for event in Movable:
            if event.lower() == name.lower():
                return (event,)
        known = ", ".join(Movable)
        raise inner.invalid(name, f"at line {inner.line(name)} is no day we know ({known}); {_SPECIAL_HELP}")
    if not texts:
        raise inner.invalid(name, f"has no days; {_SPECIAL_HELP}")
    return tuple(_span(inner, name, text) for text in texts)


def _span(inner: Entry, name: str, text: str) -> Dates | Yearly:
    match = _SPAN.fullmatch(text)
    try:
        if match is not None:
            first, last = match[1], match[2] or match[1]
            if len(first) == len(last):
                if len(first) == len("12-24"):
                    return Yearly(first=first, last=last)
                return Dates(first=date.fromisoformat(first), last=date.fromisoformat(last))
    except ValueError:  # no such days, or too many of them
        pass
    most = f"at most {LONGEST_DAYS} days in a row"
    raise inner.invalid(name, f"at line {inner.line(name)} has “{text[:40]}”; {_SPECIAL_HELP}, {most}")


def _ladder(entry: Entry) -> dict[Role, tuple[Role, ...]]:
    ladder = {
        _role(entry, key, key): tuple(_role(entry, key, each) for each in entry.texts(key, "write roles such as cmo"))
        for key in entry.keys
    }
    for role, then in ladder.items():
        if role in then:
            raise entry.invalid(role, "cannot be asked after itself; name who comes next")
    return ladder


def _role(entry: Entry, key: str, text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        known = ", ".join(role.value for role in Role)
        raise entry.invalid(key, f"has “{text[:40]}”, which is no role; use {known}") from None


def _blackout(entry: Entry, name: str) -> Blackout:
    entry.only(("weekly", "from", "to", "channel", "brand"))
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise entry.invalid("", f"needs a name in one line of at most {_LONGEST_NAME} characters")
    if entry.has("weekly") == (entry.has("from") or entry.has("to")):
        raise entry.invalid("", "needs either weekly, or from and to")
    if entry.has("channel") and entry.has("brand"):
        raise entry.invalid("", "is for a channel or for a brand; write two blackouts for both")
    scope = next((one for one in (BlackoutScope.CHANNEL, BlackoutScope.BRAND) if entry.has(one)), BlackoutScope.ALL)
    value = "" if scope is BlackoutScope.ALL else entry.text(scope, f"write the {scope.value}")
    return Blackout(name=name, scope=scope, value=value, when=_weekly(entry) if entry.has("weekly") else _dated(entry))


def _weekly(entry: Entry) -> Weekly:
    help_ = "write a time such as fri 17:00 to mon 08:00"
    text = entry.text("weekly", help_)
    halves = [_MOMENT.fullmatch(half.strip()) for half in text.split(" to ")]
    moments = [
        WeekMoment(weekday=_weekday(entry, "weekly", half.group(1)), at=time.fromisoformat(half.group(2).zfill(5)))
        for half in halves
        if half is not None and _TIME.fullmatch(half.group(2))
    ]
    if len(halves) != 2 or len(moments) != 2:
        raise entry.invalid("weekly", f"is “{text[:40]}”; {help_}")
    if moments[0] == moments[1]:
        raise entry.invalid("weekly", "ends when it begins; " + help_)
    return Weekly(first=moments[0], last=moments[1])


def _dated(entry: Entry) -> Dated:
    first, last = (_moment(entry, key) for key in ("from", "to"))
    if last <= first:
        raise entry.invalid("to", "must be later than from")
    return Dated(first=first, last=last)


def _moment(entry: Entry, key: str) -> datetime:
    text = entry.text(key, "write a local time such as 2026-11-27 00:00")
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M")  # noqa: DTZ007 - the zone is the calendar's
    except ValueError:
        raise entry.invalid(key, f"is “{text[:40]}”; write a local time such as 2026-11-27 00:00") from None


def _blackout_lines(one: Blackout) -> list[str]:
    when = one.when
    if isinstance(when, Weekly):
        lines = [f"weekly: {_week_moment(when.first)} to {_week_moment(when.last)}"]
    else:
        lines = [f"from: {when.first:%Y-%m-%d %H:%M}", f"to: {when.last:%Y-%m-%d %H:%M}"]
    return [*lines, *([] if one.scope is BlackoutScope.ALL else [f"{one.scope.value}: {quoted(one.value)}"])]


def _span_text(one: Dates | Yearly | Movable) -> str:
    if isinstance(one, Movable):
        return _EVERY_YEAR
    return str(one.first) if one.first == one.last else f"{one.first} to {one.last}"


def _week_moment(moment: WeekMoment) -> str:
    return f"{_day_name(moment.weekday)} {_clock(moment.at)}"


def _clock(at: time, *, last: bool = False) -> str:
    return "24:00" if last and at == time(0) else f"{at:%H:%M}"


def _day_name(day: Weekday) -> str:
    return day.name.lower()


def _roles(roles: Iterable[Role]) -> str:
    return ", ".join(role.value for role in roles)

"""calendar.yml: read strictly, and written so that it reads back."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.drift.occasions import Dates, Movable, SpecialDay, Yearly
from agents.governance.calendar import (
    Blackout,
    BlackoutScope,
    Calendar,
    Dated,
    Weekday,
    Weekly,
    WeekMoment,
    sandbox_calendar,
)
from agents.governance.calendar_text import CalendarInvalid, dump_calendar, parse_calendar
from storage.records.people import Role

HOLIDAYS = "holidays: [2026-12-25, 2026-12-26]"
GOOD = """
zone: Europe/Berlin
days: mon, tue, thu
opens: 8:30
closes: 24:00
holidays: [2026-12-25, 2026-12-26]
expire_after_minutes: 960
remind_every_minutes: 120
ladder:
  approver: [brand, cmo]
  cmo: admin
blackouts:
  Weekend:
    weekly: fri 17:00 to mon 8:00
  'Launch: "Spring"':
    from: 2026-11-27 00:00
    to: 2026-11-30 09:00
    brand: Brightwell & Vale
  Sunday mail:
    weekly: sun 00:00 to mon 00:00
    channel: email
"""


def test_a_calendar_is_read_as_it_is_written():
    calendar = parse_calendar(GOOD, file="calendar.yml")
    assert calendar == Calendar(
        zone="Europe/Berlin",
        days=frozenset({Weekday.MON, Weekday.TUE, Weekday.THU}),
        opens=time(8, 30),
        closes=time(0),
        holidays=frozenset({date(2026, 12, 25), date(2026, 12, 26)}),
        expire_after_minutes=960,
        remind_every_minutes=120,
        ladder={Role.APPROVER: (Role.BRAND, Role.CMO), Role.CMO: (Role.ADMIN,)},
        blackouts=(
            Blackout(
                name="Weekend",
                when=Weekly(
                    first=WeekMoment(weekday=Weekday.FRI, at=time(17)), last=WeekMoment(weekday=Weekday.MON, at=time(8))
                ),
            ),
            Blackout(
                name='Launch: "Spring"',
                scope=BlackoutScope.BRAND,
                value="Brightwell & Vale",
                when=Dated(first=datetime(2026, 11, 27), last=datetime(2026, 11, 30, 9)),
            ),
            Blackout(
                name="Sunday mail",
                scope=BlackoutScope.CHANNEL,
                value="email",
                when=Weekly(
                    first=WeekMoment(weekday=Weekday.SUN, at=time(0)), last=WeekMoment(weekday=Weekday.MON, at=time(0))
                ),
            ),
        ),
    )
    assert parse_calendar(dump_calendar(calendar), file="calendar.yml") == calendar


@pytest.mark.parametrize("text", ["", "# later\n", "zone:\nblackouts:\nholidays: ~\n"])
def test_what_is_left_out_is_round_the_clock(text: str):
    assert parse_calendar(text, file="calendar.yml") == Calendar()


def test_the_calendar_of_the_sandbox_survives_its_file():
    assert parse_calendar(dump_calendar(sandbox_calendar()), file="calendar.yml") == sandbox_calendar()


def test_countries_and_days_stand_together_as_holidays_and_special_days_beside_them():
    text = """
holidays: [GB-ENG, NO, 2026-12-24]
special_days:
  Black Friday: every year
  Singles' Day: 11-11
  Prime Day: 2026-07-14, 2026-07-15
  between the years: 12-27 to 01-01
"""
    calendar = parse_calendar(text, file="calendar.yml")
    assert (calendar.countries, calendar.holidays) == (("GB-ENG", "NO"), frozenset({date(2026, 12, 24)}))
    days = [date(2026, 11, 27), date(2027, 11, 11), date(2026, 7, 15), date(2027, 12, 31), date(2026, 5, 17)]
    assert [calendar.occasions.name_of(day) for day in [*days, date(2026, 12, 24), date(2026, 12, 23)]] == [
        "Black Friday", "Singles' Day", "Prime Day", "between the years", "Constitution Day", "a holiday", "",
    ]  # fmt: skip
    assert parse_calendar(dump_calendar(calendar), file="calendar.yml") == calendar


def test_null_in_quotes_is_a_name():
    text = "blackouts: {Odd: {weekly: mon 00:00 to tue 00:00, channel: 'null'}}"
    (blackout,) = parse_calendar(text, file="calendar.yml").blackouts
    assert (blackout.scope, blackout.value) == (BlackoutScope.CHANNEL, "null")
    (blackout,) = parse_calendar(text.replace("'", ""), file="calendar.yml").blackouts
    assert blackout.scope is BlackoutScope.ALL


def test_a_team_may_go_without_a_ladder():
    alone = Calendar(ladder={})
    assert parse_calendar(dump_calendar(alone), file="calendar.yml") == alone


@pytest.mark.parametrize(
    ("old", "new", "key", "remedy"),
    [
        ("zone: Europe/Berlin", "zone: Berlin", "zone", "write a zone such as Europe/London"),
        ("zone: Europe/Berlin", "zone: /etc/passwd", "zone", "write a zone such as Europe/London"),
        ("zone: Europe/Berlin", "zone: Europe", "zone", "write a zone such as Europe/London"),
        ("zone: Europe/Berlin", "zone: [UTC]", "zone", "must be one value"),
        ("days: mon, tue, thu", "days: mon, tues", "days", "write days such as mon, tue, wed"),
        ("days: mon, tue, thu", "days: [[mon]]", "days", "must be a list of values"),
        ("days: mon, tue, thu", "days: []", "days", "write days such as mon, tue, wed"),
        ("days: mon, tue, thu", "days: {mon: 1}", "days", "must be one value"),
        ("opens: 8:30", "opens: 8.30", "opens", "write a time such as 09:00"),
        ("opens: 8:30", "opens: 24:00", "opens", "write a time such as 09:00"),
        ("closes: 24:00", "closes: 8:00", "closes", "an hour or more after opens"),
        ("closes: 24:00", "closes: 9:00", "closes", "an hour or more after opens"),
        ("opens: 8:30\ncloses: 24:00", "closes: 0:30", "closes", "an hour or more after"),
        ("2026-12-26]", "26/12/2026]", "holidays", "at line 6 has “26/12/2026”; write countries such as GB"),
        ("2026-12-26]", "XX]", "holidays", "at line 6 has “XX”; write countries such as GB"),
        ("2026-12-26]", "GB-ZZ]", "holidays", "at line 6 has “GB-ZZ”; write countries such as GB"),
        (
            HOLIDAYS,
            "special_days: {Red Friday: every year}",
            "special_days.Red Friday",
            "line 6 is no day we know",
        ),
        (HOLIDAYS, "special_days: {sale: 12-01 to 12-31}", "special_days.sale", "at most 14 days in a row"),
        (HOLIDAYS, "special_days: {sale: 2026-02-30}", "special_days.sale", "line 6 has “2026-02-30”"),
        (HOLIDAYS, "special_days: {sale: 2026-1-5}", "special_days.sale", "line 6 has “2026-1-5”"),
        (HOLIDAYS, "special_days: {sale: 11-11 to 2026-11-12}", "special_days.sale", "line 6 has"),
        (HOLIDAYS, "special_days: {sale: }", "special_days.sale", "has no days"),
        (HOLIDAYS, "special_days: {'': 11-11}", "special_days", "needs a name"),
        ("expire_after_minutes: 960", "expire_after_minutes: 0", "expire_after_minutes", "a whole number from 1"),
        ("expire_after_minutes: 960", "expire_after_minutes: 8h", "expire_after_minutes", "a whole number from 1"),
        ("remind_every_minutes: 120", "remind_every_minutes: 44641", "remind_every_minutes", "to 44640"),
        ("approver: [brand, cmo]", "approver: [boss]", "ladder.approver", "which is no role; use viewer"),
        ("cmo: admin", "ceo: admin", "ladder.ceo", "which is no role; use viewer"),
        ("cmo: admin", "cmo: cmo", "ladder.cmo", "after itself"),
        ("fri 17:00 to mon 8:00", "fri 17:00", "blackouts.Weekend.weekly", "fri 17:00 to mon 08:00"),
        ("fri 17:00 to mon 8:00", "fri 25:00 to mon 8:00", "blackouts.Weekend.weekly", "fri 17:00 to mon 08:00"),
        ("fri 17:00 to mon 8:00", "fri 17:00 to fre 8:00", "blackouts.Weekend.weekly", "write days such as"),
        ("fri 17:00 to mon 8:00", "fri 17:00 to fri 17:00", "blackouts.Weekend.weekly", "ends when it begins"),
        ("    to: 2026-11-30 09:00\n", "", 'blackouts.Launch: "Spring".to', "is missing"),
        ("to: 2026-11-30 09:00", "to: 2026-11-27 00:00", 'blackouts.Launch: "Spring".to', "later than from"),
        ("to: 2026-11-30 09:00", "to: tomorrow", 'blackouts.Launch: "Spring".to', "such as 2026-11-27 00:00"),
        ("    channel: email\n", "    channel: email\n    brand: x\n", "blackouts.Sunday mail", "write two blackouts"),
        (
            "    channel: email\n",
            "    from: 2026-11-27 00:00\n",
            "blackouts.Sunday mail",
            "either weekly, or from and to",
        ),
        (
            "    channel: email\n",
            "    to: 2026-11-27 00:00\n",
            "blackouts.Sunday mail",
            "either weekly, or from and to",
        ),
        ("    weekly: sun 00:00 to mon 00:00\n", "", "blackouts.Sunday mail", "either weekly, or from and to"),
        ("    channel: email\n", "    chanel: email\n", "blackouts.Sunday mail.chanel", "use one of weekly"),
        ("    channel: email\n", "    channel: [email]\n", "blackouts.Sunday mail.channel", "must be one value"),
        ("Sunday mail:", f"{'x' * 81}:", f"blackouts.{'x' * 81}", "at most 80 characters"),
        ("Sunday mail:", "'':", "blackouts.", "at most 80 characters"),
        ("  Sunday mail:", "  Weekend:", "blackouts.Weekend", "is there twice"),
        ("zone: Europe/Berlin", "zonk: 1", "zonk", "use one of zone, days"),
        ("zone: Europe/Berlin", "zone: [", "the file", "cannot be read as YAML"),
    ],
)
def test_a_mistake_names_file_key_and_remedy(old: str, new: str, key: str, remedy: str):
    assert old in GOOD
    with pytest.raises(CalendarInvalid) as raised:
        parse_calendar(GOOD.replace(old, new), file="/home/team/calendar.yml")
    assert str(raised.value).startswith(f"/home/team/calendar.yml: {key} ")
    assert remedy in str(raised.value)


def test_more_holidays_than_anybody_has_are_refused():
    many = ", ".join(str(date.fromordinal(730_000 + n)) for n in range(1001))
    with pytest.raises(CalendarInvalid, match="at most 1000"):
        parse_calendar(f"holidays: [{many}]", file="calendar.yml")


def test_more_special_days_than_anybody_keeps_are_refused():
    many = "\n".join(f"  Sale {n}: 11-11" for n in range(101))
    with pytest.raises(CalendarInvalid, match="special_days are 101; at most 100"):
        parse_calendar(f"special_days:\n{many}\n", file="calendar.yml")


names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
week_moments = st.builds(WeekMoment, weekday=st.sampled_from(Weekday), at=times)


@st.composite
def blackouts(draw: st.DrawFn) -> tuple[Blackout, ...]:
    def one(name: str) -> Blackout:
        first = draw(week_moments)
        last = draw(week_moments.filter(lambda moment: moment != first))
        begins = draw(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1))).replace(second=0, microsecond=0)
        ends = begins.replace(year=begins.year + 1, day=1)
        when = draw(st.sampled_from([Weekly(first=first, last=last), Dated(first=begins, last=ends)]))
        scope = draw(st.sampled_from(BlackoutScope))
        return Blackout(name=name, scope=scope, value="" if scope is BlackoutScope.ALL else draw(names), when=when)

    return tuple(one(name) for name in draw(st.lists(names, max_size=3, unique=True)))


@st.composite
def special_days(draw: st.DrawFn) -> tuple[SpecialDay, ...]:
    spans = st.one_of(
        st.dates(max_value=date(9999, 12, 1)).map(lambda day: Dates(first=day, last=day + timedelta(days=13))),
        st.dates(date(2024, 1, 1), date(2024, 12, 31)).map(
            lambda day: Yearly(first=f"{day:%m-%d}", last=f"{day + timedelta(days=5):%m-%d}")
        ),
    )
    own = [SpecialDay(name=name, when=draw(st.lists(spans, min_size=1, max_size=2))) for name in draw(unique_names)]
    return tuple(own) if draw(st.booleans()) else (*own, SpecialDay(name="cyber week", when=(Movable.CYBER_WEEK,)))


unique_names = st.lists(names, max_size=2, unique=True)


@given(
    st.builds(
        Calendar,
        zone=st.sampled_from(["UTC", "Asia/Kathmandu"]),
        days=st.frozensets(st.sampled_from(Weekday), min_size=1),
        opens=times.filter(lambda at: at.hour < 12),
        closes=times.filter(lambda at: at.hour > 13 or at == time(0)),
        holidays=st.frozensets(st.dates(), max_size=4),
        expire_after_minutes=st.integers(1, 44640),
        remind_every_minutes=st.integers(1, 44640),
        ladder=st.sampled_from([{}, {Role.LEGAL: (Role.CMO, Role.ADMIN)}]),
        countries=st.lists(st.sampled_from(["GB", "DE-BY", "NO"]), unique=True).map(tuple),
        special_days=special_days(),
        blackouts=blackouts(),
    )
)
def test_every_calendar_reads_back_as_itself(calendar: Calendar):
    assert parse_calendar(dump_calendar(calendar), file="calendar.yml") == calendar

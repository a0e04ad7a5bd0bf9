"""What a holiday explains is neither an alert nor learnt from; what it does not explain is found on the day itself."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from agents.drift.occasions import Occasions
from agents.drift.series.alerts import Alert, Kind, alerts_of
from agents.drift.series.detection import Scored, detect, detect_many
from agents.drift.series.excusing import excused, is_excused
from tests.unit.agents.drift.series.worlds import Floats

DAY = 86_400.0
START = datetime(2026, 1, 5, tzinfo=UTC)
ENGLAND = Occasions(countries=("GB-ENG",)).name_of
CHRISTMAS = date(2026, 12, 25)


def daily(rows: int, *, seed: int = 1, noise: float = 0.05) -> tuple[Floats, Floats]:
    """Clicks a day from a Monday on, fewer at weekends."""
    row = np.arange(rows)
    clicks = 1000 * np.where(row % 7 >= 5, 0.7, 1.0)
    return START.timestamp() + DAY * row, clicks * np.exp(noise * np.random.default_rng(seed).normal(size=rows))


def row_of(day: date, *, per_day: int = 1) -> int:
    return (day - START.date()).days * per_day


def judged(seconds: Floats, values: Floats, name_of=ENGLAND) -> tuple[Scored, tuple[Alert, ...]]:
    out = excused(seconds, values, name_of)
    scored = detect_many([(seconds, np.where(out, np.nan, values))])[0]
    return scored, alerts_of(seconds, values, scored, excused=out)


@pytest.mark.parametrize("seed", range(4))
def test_a_fall_on_a_public_holiday_is_an_alert_without_the_calendar_and_none_with_it(seed: int) -> None:
    seconds, clicks = daily(400, seed=seed)
    clicks[row_of(CHRISTMAS) : row_of(CHRISTMAS) + 2] *= 0.4
    (alert,) = judged(seconds, clicks, lambda _: "")[1]
    assert alert.first_row - row_of(CHRISTMAS) in {0, 1}
    assert judged(seconds, clicks)[1] == ()


def test_an_hourly_holiday_is_as_quiet_and_no_gap_either() -> None:
    seconds, per_hour = START.timestamp() + 3600 * np.arange(24 * 365), np.arange(24 * 365)
    wave = (1 + 0.5 * np.sin(2 * np.pi * per_hour / 24)) * np.exp(
        0.05 * np.random.default_rng(3).normal(size=len(per_hour))
    )
    values, first = 200 * wave, row_of(CHRISTMAS, per_day=24)
    values[first : first + 48] *= 0.4
    assert [alert.first_row // 24 for alert in judged(seconds, values, lambda _: "")[1]] == [first // 24]
    assert judged(seconds, values)[1] == ()


@pytest.mark.parametrize("share", [0.0, 0.03])
def test_clicks_that_vanish_on_a_holiday_are_found_on_it(share: float) -> None:
    seconds, clicks = daily(400)
    clicks[row_of(CHRISTMAS) :] *= share
    assert judged(seconds, clicks)[1][0].first_row == row_of(CHRISTMAS)


def test_a_break_that_begins_on_a_holiday_and_lasts_is_found_on_the_first_day_after() -> None:
    seconds, clicks = daily(400)
    clicks[row_of(CHRISTMAS) :] *= 0.4
    (alert,) = judged(seconds, clicks)[1]
    # The 26th is a holiday, too, and the 28th is one in lieu of it.
    assert row_of(date(2026, 12, 27)) <= alert.first_row <= row_of(date(2026, 12, 29))
    assert alert.kind is Kind.LEVEL_SHIFT


def test_missing_data_on_a_holiday_are_still_missing() -> None:
    seconds, clicks = daily(400)
    first = row_of(CHRISTMAS)
    kept = np.r_[0:first, first + 9 : 400]
    found = judged(seconds[kept], clicks[kept])[1]
    assert [alert.kind for alert in found] == [Kind.MISSING]


def test_a_holiday_teaches_nothing() -> None:
    seconds, clicks = daily(400)
    wild = clicks.copy()
    wild[row_of(CHRISTMAS)] *= 0.3
    after = slice(row_of(CHRISTMAS) + 1, None)
    np.testing.assert_array_equal(judged(seconds, wild)[0].score[after], judged(seconds, clicks)[0].score[after])


def test_what_the_same_holiday_did_a_year_ago_is_what_it_may_do_again() -> None:
    seconds, clicks = daily(800)
    shut = [row_of(date(year, 12, 25)) for year in (2026, 2027)]
    clicks[shut] = 0
    assert [alert.first_row for alert in judged(seconds, clicks)[1]] == shut[:1]
    lively = daily(800)[1]
    lively[shut] *= [0.9, 0.15]
    assert excused(seconds, lively, ENGLAND)[shut].tolist() == [True, False]


def test_what_is_said_of_a_row_does_not_change_with_the_rows_that_follow() -> None:
    seconds, clicks = daily(760)
    whole = excused(seconds, clicks, ENGLAND)
    assert whole.any()
    for rows in (360, 500, 722):
        np.testing.assert_array_equal(excused(seconds[:rows], clicks[:rows], ENGLAND), whole[:rows])


def test_without_holidays_nothing_is_excused_and_nothing_else_is_said() -> None:
    seconds, clicks = daily(300)
    assert not excused(seconds, clicks, Occasions().name_of).any()
    np.testing.assert_array_equal(judged(seconds, clicks, lambda _: "")[0].score, detect(seconds, clicks).score)


@pytest.mark.parametrize(
    ("share", "before", "excuse"),
    [
        (0.4, [], True),
        (0.05, [], False),
        (3.0, [], True),
        (8.0, [], False),
        (8.0, [6.0], True),
        (1.0, [6.0], True),
        (0.0, [0.0], True),
        (0.2, [0.9], False),
        (0.2, [0.9, 0.1, 0.2], True),
    ],
)
def test_a_holiday_explains_much_and_its_own_past_more(share: float, before: list[float], excuse: bool) -> None:
    assert is_excused(share, before) is excuse

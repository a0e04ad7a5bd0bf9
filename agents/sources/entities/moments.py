"""Moments and days as products write them: whole columns at once, odd cells one by one.

ISO with or without an offset, numeric dates in either order with 12 or 24 hours, names of months, seconds since 1970.
What has no offset was written by a clock in the zone that is given. Everything comes out in UTC.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from agents.sources.text.days import Order, UndecidedOrder, read_day

MOMENT = pl.Datetime("us", "UTC")
_OFFSET = r"(?<offset>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
_CLOCK = r"(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<part>\d{1,9}))?)?"
_HALF = r"(?<half>[AaPp]\.?[Mm]\.?)?"
_ISO = (
    r"^(?<year>\d{4})[-/.](?<month>\d{1,2})[-/.](?<day>\d{1,2})"
    rf"(?:(?:[T ]|, )\s*{_CLOCK})?\s*{_HALF}\s*{_OFFSET}$"
)
_NUMERIC = (
    rf"^(?<first>\d{{1,2}})(?<mark>[-/.])(?<other>\d{{1,2}})[-/.](?<year>\d{{4}}|\d{{2}})"
    rf"(?:(?:[T ]|, ?)\s*{_CLOCK})?\s*{_HALF}\s*{_OFFSET}$"
)
_TIME_AT_END = re.compile(
    r"(?P<day>.*?\d{4}|.*?\d)[,T]?\s+(?:at\s+)?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?\s*"
    r"(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<offset>Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_NEVER = frozenset(("0000-00-00 00:00:00", "0000-00-00", "0000-00-00T00:00:00", "00/00/0000"))


class Moments(NamedTuple):
    """A column of moments in UTC, null where the cell holds none, and why a cell could not be read."""

    values: pl.Series
    problems: pl.Series


def read_moments(texts: pl.Series, order: Order | None, zone: str) -> Moments:
    """Read a column of text. Raises UndecidedOrder where a numeric date needs an order and none is given."""
    clean = texts.str.strip_chars()
    missing = clean.str.to_lowercase().is_in(["", "--", "-", "–", "—", "n/a", "nan", "null", "none", *_NEVER])
    values, done = _of(_iso_parts(clean), zone)
    if not (done | missing).all():
        found, numeric = _of(_numeric_parts(clean, order), zone)
        values, done = values.zip_with(~numeric, found), done | numeric
    if not (done | missing).all():
        found = _epochs(clean)
        values, done = values.zip_with(done, found), done | found.is_not_null()
    if (done | missing).all():
        return Moments(values, pl.repeat(None, len(texts), dtype=pl.String, eager=True))
    return _odd(clean, values, done | missing, order, zone)


def has_offset(texts: pl.Series) -> bool:
    """Whether every cell that holds a moment says its offset, or is a count of seconds since 1970."""
    clean = texts.str.strip_chars()
    said = clean.str.contains(
        r"(?i)(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}|\d:\d{2}(?::\d{2}(?:\.\d+)?)?\s*[+-]\d{2})$|^\d{9,16}$"
    )
    return bool((said | (clean == "") | ~clean.str.contains(r"\d")).all())


def _iso_parts(clean: pl.Series) -> pl.DataFrame:
    return clean.str.extract_groups(_ISO).struct.unnest()


def _numeric_parts(clean: pl.Series, order: Order | None) -> pl.DataFrame:
    parts = clean.str.extract_groups(_NUMERIC).struct.unnest()
    slashed = parts["mark"].is_not_null() & (parts["mark"] != ".")
    if order is None and slashed.any():
        raise UndecidedOrder
    # Nobody writes month.day.year.
    month_first = slashed if order is Order.MDY else slashed & False
    year = parts["year"]
    return parts.with_columns(
        month=parts["other"].zip_with(~month_first, parts["first"]),
        day=parts["first"].zip_with(~month_first, parts["other"]),
        year=year.zip_with(year.str.len_chars() == 4, "20" + year),
    )


def _epochs(clean: pl.Series) -> pl.Series:
    """Seconds, thousandths or millionths since 1970, told apart by their length."""
    digits = pl.col("text").str.extract(r"^(\d{9,16})(?:\.\d+)?$")
    length, number = digits.str.len_chars(), digits.cast(pl.Int64)
    micros = (
        pl.when(length <= 10)
        .then(number * 1_000_000)
        .when(length.is_in([12, 13]))
        .then(number * 1_000)
        .when(length >= 15)
        .then(number)
    )
    return clean.alias("text").to_frame().select(micros.cast(MOMENT).alias("moment"))["moment"]


def _of(parts: pl.DataFrame, zone: str) -> tuple[pl.Series, pl.Series]:
    """Moments from their parts, and which rows have one."""
    two = [pl.col(name).fill_null("0").str.zfill(2) for name in ("month", "day", "hour", "minute", "second")]
    text = pl.format("{}-{}-{} {}:{}:{}", pl.col("year").str.zfill(4), *two)
    half = pl.col("half").str.to_lowercase().str.slice(0, 1)
    hour = pl.col("hour").cast(pl.Int64, strict=False)
    shift = pl.when((half == "p") & (hour < 12)).then(12).when((half == "a") & (hour == 12)).then(-12).otherwise(0)
    frame = parts.select(
        pl.when(half.is_not_null() & ((hour > 12) | hour.is_null()))
        .then(None)
        .otherwise(text)
        .str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
        .alias("clock")
        + pl.duration(hours=shift, microseconds=_micros()),
    )
    naive = frame["clock"]
    offset = parts["offset"]
    if offset.null_count() == 0 and len(offset):
        values = (naive - _shift(offset)).dt.replace_time_zone("UTC")
        return values, values.is_not_null()
    local = naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")
    if offset.null_count() == len(offset):
        return local, local.is_not_null()
    values = local.zip_with(offset.is_null(), (naive - _shift(offset)).dt.replace_time_zone("UTC"))
    return values, values.is_not_null()


def _micros() -> pl.Expr:
    return pl.col("part").fill_null("0").str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int64, strict=False)


def _shift(offset: pl.Series) -> pl.Series:
    sign = pl.when(pl.col("offset").str.starts_with("-")).then(-1).otherwise(1)
    hours = pl.col("offset").str.extract(r"^[+-](\d{2})").cast(pl.Int64).fill_null(0)
    minutes = pl.col("offset").str.extract(r"^[+-]\d{2}:?(\d{2})$").cast(pl.Int64).fill_null(0)
    frame = offset.alias("offset").to_frame().select(pl.duration(minutes=sign * (hours * 60 + minutes)))
    return frame.to_series()


def _odd(clean: pl.Series, values: pl.Series, done: pl.Series, order: Order | None, zone: str) -> Moments:
    odd = clean.filter(~done).unique().to_list()
    read = {text: _one(text, order, zone) for text in odd}
    found = pl.DataFrame(
        {
            "text": odd,
            "value": list(read.values()),
            "problem": [None if moment else _problem(text, zone) for text, moment in read.items()],
        },
        schema={"text": pl.String, "value": MOMENT, "problem": pl.String},
    )
    rows = pl.DataFrame({"text": clean.alias("text")}).join(found, on="text", how="left", maintain_order="left")
    return Moments(values.zip_with(done, rows["value"]), rows["problem"])


def _problem(text: str, zone: str) -> str:
    if re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", text) and read_day(text, None) is not None:
        return f"is no time of the clock in {zone}"
    return "is not a date"


def _one(text: str, order: Order | None, zone: str) -> datetime | None:
    bare = " ".join(text.split())
    if re.match(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d", bare):
        return _mail_date(bare)
    day_text, clock = bare, None
    if match := _TIME_AT_END.fullmatch(bare):
        day_text, clock = match["day"].rstrip(" ,"), match
    if re.match(r"\d{4}[-/.]|\d{1,2}[-/.]\d", day_text):
        return None  # Numeric dates were read before: this one does not exist.
    day = read_day(day_text, order)
    return None if day is None else _at(day, clock, zone)


def _mail_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _at(day: date, clock: re.Match[str] | None, zone: str) -> datetime | None:
    hour, minute, second, half, offset = 0, 0, 0, "", ""
    if clock:
        hour, minute, second = int(clock["hour"]), int(clock["minute"]), int(clock["second"] or 0)
        half, offset = (clock["half"] or "")[:1].lower(), clock["offset"] or ""
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        naive = datetime.combine(day, time(hour, minute, second))
    except ValueError:
        return None
    if not offset:
        return naive.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if offset[0] not in "+-":
        return naive.replace(tzinfo=UTC)
    minutes = int(offset[1:3]) * 60 + int(offset[-2:])
    return (naive - timedelta(minutes=-minutes if offset[0] == "-" else minutes)).replace(tzinfo=UTC)


def is_undecided(texts: pl.Series) -> bool:
    """Whether a cell needs an order of day and month to be read."""
    return bool(texts.str.contains(r"^\s*\d{1,2}[-/]\d{1,2}[-/](?:\d{4}|\d{2})\b").any())

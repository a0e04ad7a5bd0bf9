"""Whether every figure of a text comes from a record: a linter for answers and cards.

A figure is a run of digits with its separators. It is sourced if a record that stands behind the text holds it: as a
number in any rounding that is shown, as part of a day or moment, as a count of something listed, inside a text, or as
one of the few quantities that texts work out of a record (`_worked_out`). Everything else was made up.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from enum import Enum
from itertools import chain
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from agents.kpis.aim import Aimed
from agents.kpis.contribution import Contribution, Moved
from storage.records.kpis import KpiAnswer, KpiInterval
from storage.records.money import Money
from storage.records.plans import Change, Forecast, Plan

_FIGURE = re.compile(r"\d[\d.,]*\d|\d")
_SLACK_MOMENT = re.compile(r"<!date\^\d+\^[^|>]*\|([^>]*)>")
_ENTITY = re.compile(r"&(?:amp|lt|gt);")
_DIGEST = re.compile(r"[0-9a-f]{32,}")
_WIDE = Context(prec=80)
_ROUNDED = (0, 1, 2, 3, 4)
"""Decimals in which numbers are shown."""
_HUNDRED = Decimal(100)
INTERVAL_PERCENT = "95"
"""How sure the intervals of agents.kpis.intervals are."""


def unsourced(text: str, basis: Iterable[object], *, zones: Collection[ZoneInfo] = ()) -> tuple[str, ...]:
    """The figures of a text that no record of the basis holds, in order.

    `zones` are those in which moments are shown, besides UTC.
    """
    shown = _ENTITY.sub(" ", _SLACK_MOMENT.sub(r"\1", text))
    told = tuple(_figures(shown))
    wanted = {*told, *(part for figure in told for part in _parts(figure))}
    known: set[str] = set()
    missing = set(told)
    for figure in chain.from_iterable(_figures_of(one, (ZoneInfo("UTC"), *zones), depth=0) for one in basis):
        if figure in wanted:
            known.add(figure)
            missing.discard(figure)
        if not missing:
            break
    return tuple(figure for figure in told if figure not in known and not _all_known(figure, known))


def _parts(figure: str) -> list[str]:
    return re.split(r"[.,]", figure)


def _all_known(figure: str, known: set[str]) -> bool:
    """Whether its parts are known where separators part figures: 2026.03.02 and 1,2."""
    parts = _parts(figure)
    return len(parts) > 2 and all(part in known for part in parts)


def _figures(text: str) -> Iterator[str]:
    """Digits as they are written, thousands not parted."""
    for match in _FIGURE.finditer(text):
        yield _canonical(match.group())


def _canonical(figure: str) -> str:
    return re.sub(r"(?<=\d),(?=\d{3}(?:\D|$))", "", figure).rstrip(".,")


def _figures_of(record: object, zones: tuple[ZoneInfo, ...], *, depth: int) -> Iterator[str]:  # noqa: C901, PLR0912 - one line a type
    match record:
        case None | bool():
            return
        case Enum():
            yield from _figures_of(record.value, zones, depth=depth + 1)
        case str():
            yield from _figures(record)
            yield from (digits for figure in _figures(record) for digits in re.findall(r"\d+", figure))
            # A digest is shown by its first letters.
            for digest in _DIGEST.findall(record):
                yield from (run[:end] for run in re.findall(r"\d+", digest) for end in range(1, len(run) + 1))
        case int() | Decimal():
            yield from _number(Decimal(record))
        case float():
            yield from _number(Decimal(repr(record)))
        case datetime():
            for zone in zones:
                local = record.astimezone(zone)
                yield from _day(local.date())
                yield from (f"{local:%H}", f"{local:%M}", str(local.hour))
            yield str(int(record.timestamp()))
        case date():
            yield from _day(record)
        case timedelta():
            yield from _number(Decimal(record // timedelta(days=1)))
        case Mapping():
            for key, value in record.items():
                yield from _figures_of(key, zones, depth=depth + 1)
                yield from _figures_of(value, zones, depth=depth + 1)
            yield str(len(record))
        case tuple() | list() | frozenset() | set():
            for value in record:
                yield from _figures_of(value, zones, depth=depth + 1)
            yield str(len(record))
        case BaseModel():
            for name in type(record).model_fields:
                yield from _figures_of(getattr(record, name), zones, depth=depth + 1)
            yield from _worked_out(record)
        case _ if is_dataclass(record):
            for one in fields(record):
                yield from _figures_of(getattr(record, one.name), zones, depth=depth + 1)


def _number(value: Decimal) -> Iterator[str]:
    """The ways a number is written, without its sign."""
    size = abs(value)
    yield format(size.normalize(_WIDE), "f") if size else "0"
    for digits in _ROUNDED:
        step = Decimal(1).scaleb(-digits)
        for rounding in (ROUND_HALF_EVEN, ROUND_HALF_UP):
            rounded = size.quantize(step, rounding=rounding, context=_WIDE)
            yield format(rounded, "f")
            if digits:
                yield format(rounded, "f").rstrip("0").rstrip(".")
    if size and size < Decimal("0.01"):
        yield format(size.quantize(Decimal(1).scaleb(size.adjusted() - 1), context=_WIDE), "f")


def _day(day: date) -> Iterator[str]:
    yield from (str(day.day), f"{day.day:02}", f"{day.month:02}", str(day.month), str(day.year))


def _worked_out(record: BaseModel) -> Iterator[str]:  # noqa: C901, PLR0912 - one line a record
    """What texts work out of a record: shares and changes in %, differences, sums of what is listed."""
    match record:
        case KpiAnswer():
            yield from _change(record.value, record.previous)
            yield from _day(record.first - timedelta(days=1))
            if record.previous_first is not None:
                yield from _day(record.previous_first + (record.last - record.first))
            # Rows beyond those that are listed are counted: five in a paragraph, twenty on a card.
            yield from (str(len(record.rows) - shown) for shown in (5, 20) if len(record.rows) > shown)
            for row in record.rows if record.value else ():
                yield from _number((row.value or Decimal(0)) / (record.value or Decimal(1)) * _HUNDRED)
        case Moved():
            for side in ("value", "numerator", "denominator"):
                yield from _change(getattr(record.now, side), getattr(record.before, side))
        case KpiInterval():
            yield INTERVAL_PERCENT
        case Aimed(band=Decimal() as band):
            yield from _number(band * _HUNDRED)
        case Contribution(share=Decimal() as share):
            yield from _number(share * _HUNDRED)
        case Money():
            yield from _number(record.amount)
        case Change(before=Money() as before, after=Money() as after):
            yield from _number(after.amount - before.amount)
            yield from _change(after.amount, before.amount)
        case Forecast():
            yield from _number(record.coverage * _HUNDRED)
            for value in (record.low, record.middle, record.high):
                yield from _number(value - record.baseline)
                yield from _change(value, record.baseline)
        case Plan():
            yield from _sums(record)
            yield from _figures(record.digest)


def _sums(plan: Plan) -> Iterator[str]:
    """Of the raises, of the cuts and of both, in all and by channel."""
    steps = [
        (one.resource.channel, one.after.amount - one.before.amount, one.before.amount)
        for one in plan.changes
        if isinstance(one.after, Money) and isinstance(one.before, Money)
    ]
    for channel in {None, *(name for name, _, _ in steps)}:
        mine = [(step, before) for name, step, before in steps if channel in (None, name)]
        for kept in (lambda step: step > 0, lambda step: step < 0, lambda _: True):
            total = sum((step for step, _ in mine if kept(step)), Decimal(0))
            yield from _number(total)
        before = sum((each for _, each in mine), Decimal(0))
        yield from _number(before)
        yield from _number(before + sum((step for step, _ in mine), Decimal(0)))
        yield str(len(mine))


def _change(value: Decimal | None, previous: Decimal | None) -> Iterator[str]:
    if value is not None and previous:
        yield from _number((value - previous) / abs(previous) * _HUNDRED)

"""What acquisition costs besides advertising: pay, tools and agencies, as the home's kpis.yml says under `costs`.

costs:
  - {name: agency, amount: 3000.00, currency: GBP, from: 2026-01-01, to: 2026-12-31, each: month}
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from agents.kpis.calendar_words import month_end
from agents.kpis.definitions import KpiDefinitionError
from agents.kpis.lined import LinesUnreadable, lined
from storage.records.record import Record

_DAY = timedelta(days=1)
_MICROS = 1_000_000


class Cost(Record):
    """One cost over a span of days."""

    name: str = Field(min_length=1)
    amount: Decimal = Field(gt=0, decimal_places=4)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    each: Literal["month", "day"] = "month"

    @model_validator(mode="after")
    def _runs_forward(self) -> "Cost":
        if self.last < self.first:
            raise ValueError(f"to: {self.last} is before {self.first}")
        return self


def load_costs(path: Path) -> tuple[Cost, ...]:
    """The costs of a home's kpis.yml; none without the file. Raises KpiDefinitionError."""
    if not path.exists():
        return ()
    try:
        written = lined(path.read_text(encoding="utf-8")).at("costs")
    except LinesUnreadable as error:
        raise KpiDefinitionError(path, (str(error),), (error.line,)) from error
    found, faults = [], []
    for at, entry in enumerate(written.items if written else (), start=1):
        try:
            found.append(Cost.model_validate(_as_text(entry.value)))
        except ValidationError as error:
            for one in error.errors():
                key = ".".join(str(part) for part in one["loc"])
                faults.append((entry.line(key), f"costs: entry {at}: {key or 'to'}: {one['msg']}"))
    if faults:
        raise KpiDefinitionError(path, tuple(text for _, text in faults), tuple(line for line, _ in faults))
    return tuple(found)


def daily(cost: Cost, *, until: date) -> Iterator[dict[str, Any]]:
    """One row a day to the day `until`; the days of a month add up to its amount exactly."""
    day = cost.first
    while day <= min(cost.last, until):
        yield {
            "day": day,
            "amount_micros": _of_day(cost, day),
            "currency": cost.currency,
            "name": cost.name,
            "source": "kpis.yml",
        }
        day += _DAY


def _of_day(cost: Cost, day: date) -> int:
    whole = int(cost.amount * _MICROS)
    if cost.each == "day":
        return whole
    length = month_end(day.replace(day=1)).day
    return whole * day.day // length - whole * (day.day - 1) // length


def _as_text(value: Any) -> Any:
    """A number as it was written, so that no float stands between."""
    if isinstance(value, dict):
        return {key: str(one) if isinstance(one, float | int) else one for key, one in value.items()}
    return value

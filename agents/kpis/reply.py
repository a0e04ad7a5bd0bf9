"""A reply to a question in plain words: sentences, the numbers in them with their sources, and what to ask next."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from agents.kpis.figures import least_decimals_of, plain
from storage.records.kpis import KpiAnswer
from storage.records.record import Record

Kind = Literal["kpi", "why", "forecast", "target", "changes", "waiting", "help", "clarify", "not_understood", "refused"]


class Number(Record):
    """One number of a reply."""

    kpi: str
    value: Decimal | None
    unit: str
    first: date
    last: date
    where: dict[str, str]
    source: str


@dataclass(frozen=True)
class Reply:
    """What is said to a question; every digit of it comes from `basis`."""

    kind: Kind
    title: str
    said: tuple[str, ...]
    """Sentences, the answer first. Untrusted text where it holds names."""
    points: tuple[str, ...] = ()
    """One thing each, most important first."""
    numbers: tuple[Number, ...] = ()
    answer: KpiAnswer | None = None
    """What a picture is drawn of, and the whole of what was asked where it is one KPI."""
    clarify: tuple[str, ...] = ()
    """Whole questions of which one was meant."""
    follow_ups: tuple[str, ...] = ()
    """Whole questions that go on from here."""
    sources: tuple[str, ...] = ()
    simulated: bool = False
    basis: tuple[object, ...] = field(default=(), repr=False)
    """Records that everything said comes from."""

    @property
    def text(self) -> str:
        return "\n".join([*self.said, *(f"- {point}" for point in self.points)])


def numbers_of(answer: KpiAnswer) -> tuple[Number, ...]:
    """The numbers that an answer gives: its value, the one before, its rows."""
    if answer.no_data:
        return ()
    source = source_of(answer)
    plain_one = [_number(answer, answer.value, answer.where, source)] if answer.value is not None else []
    rows = [_of_row(answer, row.label, row.value, source) for row in answer.rows]
    return (*plain_one, *before_of(answer), *rows)


def before_of(answer: KpiAnswer) -> tuple[Number, ...]:
    """The number that an answer is compared with."""
    if answer.previous is None or answer.previous_first is None:
        return ()
    number = _number(answer, answer.previous, answer.where, source_of(answer))
    last = min(answer.previous_first + (answer.last - answer.first), date.fromordinal(answer.first.toordinal() - 1))
    return (number.model_copy(update={"first": answer.previous_first, "last": last}),)


def source_of(answer: KpiAnswer) -> str:
    """Where a number is from, in one line."""
    return "; ".join([*answer.sources, f"{answer.kpi} {answer.version}".strip()])


def _number(answer: KpiAnswer, value: Decimal | None, where: dict[str, str], source: str) -> Number:
    return Number(
        kpi=answer.kpi,
        value=value,
        unit=answer.unit,
        first=answer.first,
        last=answer.last,
        where=dict(where),
        source=source,
    )


def _of_row(answer: KpiAnswer, label: str, value: Decimal | None, source: str) -> Number:
    number = _number(answer, value, {**answer.where, str(answer.by): label}, source)
    if answer.by == "day":
        day = date.fromisoformat(label)
        return number.model_copy(update={"where": dict(answer.where), "first": day, "last": day})
    code = label.rsplit(" · ", 1)[-1]
    if "currency" in answer.unit and len(code) == 3 and code.isupper():
        return number.model_copy(update={"unit": answer.unit.replace("currency", code)})
    return number


def as_document(reply: Reply, *, chart: str | None = None) -> dict[str, Any]:
    """The stable JSON of `countersign ask`; `chart` is the file that the picture was written to.

    Decimals are strings in plain notation, days ISO dates, both included.
    """
    return {
        "kind": reply.kind,
        "answer": reply.text,
        "numbers": [_document(one) for one in reply.numbers],
        "chart": None if reply.answer is None else _chart(reply.answer, chart),
        "clarify": list(reply.clarify),
    }


def _document(number: Number) -> dict[str, Any]:
    return {
        "kpi": number.kpi,
        "value": plain(number.value, least_decimals=least_decimals_of(number.unit)),
        "unit": number.unit,
        "from": number.first.isoformat(),
        "to": number.last.isoformat(),
        "where": number.where,
        "source": number.source,
    }


def _chart(answer: KpiAnswer, file: str | None) -> dict[str, Any] | None:
    """What is drawn: a line over days or bars over members, with its points."""
    over_time = answer.by == "day" or not answer.rows
    rows: Sequence[Any] = (answer.rows if answer.by == "day" else answer.series) if over_time else answer.rows
    if answer.no_data or sum(row.value is not None for row in rows) < 2:
        return None
    least = least_decimals_of(answer.unit)
    points = [{"label": row.label, "value": plain(row.value, least_decimals=least)} for row in rows]
    return {"kind": "line" if over_time else "bars", "kpi": answer.kpi, "points": points, "file": file}

"""An answer for scripts (`as_document`, the stable JSON of `countersign kpi NAME --json`) and for people (`words`)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from agents.kpis.figures import format_change, format_days, format_value, least_decimals_of, plain
from storage.records.kpis import KpiAnswer, KpiRow

_ROWS_IN_WORDS = 5


def as_document(answer: KpiAnswer) -> dict[str, Any]:
    """A JSON document; decimals are strings in plain notation, null is undefined or not known.

    `value` is numerator ÷ denominator, times 100 for a % and 1000 for a CPM; numerator and denominator are the plain
    sums. Days are ISO dates, both included; `as_of` is UTC.
    """
    least = least_decimals_of(answer.unit)
    return {
        "kpi": answer.kpi,
        "unit": answer.unit,
        "value": plain(answer.value, least_decimals=least),
        "numerator": plain(answer.numerator, least_decimals=least),
        "denominator": plain(answer.denominator),
        "from": answer.first.isoformat(),
        "to": answer.last.isoformat(),
        "currency": answer.currency,
        "as_of": answer.as_of.isoformat().replace("+00:00", "Z"),
        "provisional": answer.provisional,
        "sources": list(answer.sources),
        "by": answer.by,
        "rows": [_row(row, least) for row in answer.rows],
        "where": dict(answer.where),
        "previous": _previous(answer, least),
        "simulated": answer.simulated,
        "no_data": answer.no_data,
        "notes": list(answer.notes),
        "newest_day": answer.newest_day.isoformat() if answer.newest_day else None,
        "zone": answer.zone,
        "owner": answer.owner,
        "version": answer.version,
        "target": plain(answer.target),
        "interval": None
        if answer.interval is None
        else {"low": plain(answer.interval.low), "high": plain(answer.interval.high)},
        "beside": [
            {"kpi": one.kpi, "label": one.label, "value": plain(one.value), "unit": one.unit} for one in answer.beside
        ],
    }


def words(answer: KpiAnswer) -> str:
    """One paragraph of plain text: number, window, comparison, freshness, source. Labels from data are not escaped."""
    said = [_headline(answer), *_surely(answer), *_aim(answer)]
    if answer.rows:
        said.append(_breakdown(answer))
    if answer.provisional:
        said.append("Provisional: the newest days may still change.")
    said += answer.notes
    said.append(_provenance(answer))
    return " ".join(said)


def _surely(answer: KpiAnswer) -> Iterator[str]:
    """How sure the value is, where it comes of few cases or of times that have not ended."""
    held = answer.interval
    if held is None or answer.by is not None:
        return
    low, high = (None if end is None else format_value(end, answer.unit) for end in (held.low, held.high))
    if answer.value is None and low is not None:
        yield f"Longer than {low}."
    elif low is not None and high is not None:
        yield f"95 % interval {low} to {high}."
    elif low is not None or high is not None:
        yield f"95 % interval from {low}." if high is None else f"95 % interval up to {high}."


def _aim(answer: KpiAnswer) -> Iterator[str]:
    if answer.target is not None and not answer.no_data:
        yield f"Target {format_value(answer.target, answer.unit)}."
    known = [one for one in answer.beside if not one.no_data]
    if known:
        yield f"{'; '.join(f'{one.label} {format_value(one.value, one.unit)}' for one in known)}."


def _headline(answer: KpiAnswer) -> str:
    if answer.no_data:
        return f"No data for {answer.label}{_scope(answer)} {_on(answer)}."
    if answer.value is None and answer.numerator is None:
        return f"{answer.label}{_scope(answer)} {_on(answer)}:"
    number = format_value(answer.value, answer.unit)
    undefined = " (undefined: nothing to divide by)" if answer.value is None else ""
    return f"{answer.label}{_scope(answer)}: {number}{undefined} {_on(answer)}{_comparison(answer)}."


def _comparison(answer: KpiAnswer) -> str:
    if answer.previous is None or answer.previous_first is None or answer.value is None:
        return ""
    was = f"{format_value(answer.previous, answer.unit)} {_preposition(_previous_days(answer))}"
    change = format_change(answer.value, answer.previous)
    if change is None:
        return f", from {was}"
    return f", unchanged from {was}" if change == "unchanged" else f", {change} from {was}"


def _breakdown(answer: KpiAnswer) -> str:
    shown = [f"{row.label} {format_value(row.value, _row_unit(answer, row))}" for row in answer.rows[:_ROWS_IN_WORDS]]
    more = len(answer.rows) - len(shown)
    tail = f" and {more} more" if more > 0 else ""
    return f"By {answer.by}: {', '.join(shown)}{tail}."


def _row_unit(answer: KpiAnswer, row: KpiRow) -> str:
    """A row of one currency names it where the answer as a whole has none."""
    code = row.label.rsplit(" · ", 1)[-1]
    return answer.unit.replace("currency", code) if len(code) == 3 and code.isupper() else answer.unit


def _provenance(answer: KpiAnswer) -> str:
    fresh = f"Data to {format_days(answer.newest_day, answer.newest_day)} ({answer.zone})" if answer.newest_day else ""
    made = "simulated data" if answer.simulated else ""
    source = f"source: {'; '.join(answer.sources)}" if answer.sources else ""
    return (
        ", ".join(part for part in (fresh, made, source) if part).strip().rstrip(".") + "." if fresh or source else ""
    )


def _scope(answer: KpiAnswer) -> str:
    return f" for {', '.join(answer.where.values())}" if answer.where else ""


def _on(answer: KpiAnswer) -> str:
    return _preposition(format_days(answer.first, answer.last))


def _preposition(days: str) -> str:
    return f"over {days}" if "–" in days else f"on {days}"


def _previous_days(answer: KpiAnswer) -> str:
    first = answer.previous_first
    assert first is not None
    last = min(first + (answer.last - answer.first), answer.first - timedelta(days=1))
    return format_days(first, last)


def _previous(answer: KpiAnswer, least: int) -> dict[str, Any] | None:
    """The window of equal length before, or the start of the one asked for; it never reaches into this window."""
    if answer.previous_first is None:
        return None
    last = min(answer.previous_first + (answer.last - answer.first), answer.first - timedelta(days=1))
    return {
        "value": plain(answer.previous, least_decimals=least),
        "from": answer.previous_first.isoformat(),
        "to": last.isoformat(),
    }


def _row(row: KpiRow, least: int) -> dict[str, str | None]:
    return {
        "label": row.label,
        "value": plain(row.value, least_decimals=least),
        "numerator": plain(row.numerator, least_decimals=least),
        "denominator": plain(row.denominator),
    }

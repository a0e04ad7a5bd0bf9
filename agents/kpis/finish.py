"""What every answer gets, whatever it is of: the definition's version and target, how sure it is, and how fresh."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from agents.kpis.definitions import Kpi
from agents.kpis.intervals import per_count, wilson
from storage.records.kpis import KpiAnswer, KpiBeside, KpiInterval

_HOUR = timedelta(hours=1)


def finished(answer: KpiAnswer, kpi: Kpi, *, now: datetime) -> KpiAnswer:
    """The answer with the marks of its definition."""
    return answer.model_copy(
        update={
            "version": kpi.edition,
            "target": kpi.target,
            "interval": _interval(answer, kpi) or answer.interval,
            "notes": (*answer.notes, *_stale(answer, kpi, now)),
        }
    )


def beside(kpi: Kpi, answer: KpiAnswer) -> KpiBeside:
    """Another answer in one line."""
    return KpiBeside(kpi=kpi.name, label=kpi.label, value=answer.value, unit=answer.unit, no_data=answer.no_data)


def _interval(answer: KpiAnswer, kpi: Kpi) -> KpiInterval | None:
    if kpi.interval is None or answer.numerator is None or answer.denominator is None:
        return None
    factor = kpi.formulas[0].factor
    if kpi.interval == "share":
        return wilson(answer.numerator, answer.denominator, times=factor)
    return per_count(answer.numerator, answer.denominator, times=factor)


def _stale(answer: KpiAnswer, kpi: Kpi, now: datetime) -> tuple[str, ...]:
    """Whether the data are older than they may be; simulated data have a clock of their own."""
    if kpi.fresh_within_hours is None or answer.newest_day is None or answer.simulated:
        return ()
    over = datetime.combine(answer.newest_day + timedelta(days=1), time(0), ZoneInfo(answer.zone))
    hours = (now - over) // _HOUR
    if hours <= kpi.fresh_within_hours:
        return ()
    return (f"Stale: the data end {hours} hours ago, and may be {kpi.fresh_within_hours} hours old.",)

"""The picture of an alert: the days of its KPI, what was expected, the days that stand out, what happened near them.

The days come from the KPI engine, asked for the very part of the business that the case is about; the expected range
from the monitor that saw it.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from agents.drift.signals import ALL
from agents.kpis.definitions import UnknownKpi
from agents.kpis.engine import KpiEngine
from agents.kpis.figures import format_value
from agents.kpis.query import BadKpiQuery, KpiQuery
from agents.kpis.windows import Window
from bot.slack.charts import can_draw, drawn_chart, line_sketch, over_time
from bot.slack.sketch import Annotation, Band, Chart, Level, LineSketch, NothingToDraw
from storage.records.alerts import Alert, AlertKind, Finding, Reading
from storage.records.kpis import KpiAnswer

DAYS_BEFORE = 42
"""How much of what was normal is shown before the case: six weeks, so that every weekday is seen several times."""
_SHOWN_BY_DAYS = frozenset({AlertKind.DRIFT, AlertKind.OUTCOME})
"""Cases that the days of a KPI can show."""


async def series_of(kpis: KpiEngine, alert: Alert) -> KpiAnswer | None:
    """The days of the alert's KPI up to its last sighting; None where there are none that could be drawn."""
    finding = alert.finding
    if finding.kind not in _SHOWN_BY_DAYS:
        return None
    first, last = flagged_days(alert)
    window = Window(first=min(first, last) - timedelta(days=DAYS_BEFORE), last=last, words="around the alert")
    query = KpiQuery(kpi=finding.kpi, window=window, where=scope_of(finding), simulated=finding.simulated)
    try:
        answer = await kpis.ask(query)
    except (UnknownKpi, BadKpiQuery):
        return None  # a case may be about something that is no KPI, such as a feature's spread
    return answer if can_draw(answer) else None


def scope_of(finding: Finding) -> dict[str, str]:
    """The filters that narrow a KPI to what the finding is about."""
    channel, campaign = finding.channel, finding.campaign_id
    if channel is None and campaign is None and finding.entity != ALL:
        # Findings from before the scope was kept name it "channel" or "channel/campaign id".
        channel, _, campaign = finding.entity.partition("/")
    where = {"channel": channel or "", "campaign": campaign or ""}
    return {name: held for name, held in where.items() if held}


def flagged_days(alert: Alert) -> tuple[date, date]:
    """First and last day of what stands out, as far as it has been seen."""
    finding = alert.finding
    last = finding.seen_on if finding.reading is None else min(finding.reading.last, finding.seen_on)
    first = finding.since or (finding.reading.first if finding.reading else alert.opened_on)
    return min(first, last), last


def alert_chart(alert: Alert, series: KpiAnswer, annotations: Sequence[Annotation] = ()) -> Chart:
    """The picture of the alert over `series`, with its words.

    Raises NothingToDraw for a series of fewer than two numbers.
    """
    return drawn_chart(alert_sketch(alert, series, annotations))


def alert_sketch(alert: Alert, series: KpiAnswer, annotations: Sequence[Annotation] = ()) -> LineSketch:
    """What the picture shows; the suspect plan is among the annotations. Raises NothingToDraw."""
    if not can_draw(series) or not over_time(series):
        raise NothingToDraw(f"{series.kpi} {series.first}–{series.last} has fewer than two numbers")
    reading = alert.finding.reading
    return line_sketch(
        series,
        over_time(series),
        annotations,
        bands=() if reading is None else _expected_range(reading),
        flagged=flagged_days(alert),
        levels=() if reading is None else _expected_value(reading),
        notes=("◆ the days of this alert",),
    )


def _expected_range(reading: Reading) -> tuple[Band, ...]:
    if reading.low is None and reading.high is None:
        return ()
    ends = [_figure(reading, end) for end in (reading.low, reading.high) if end is not None]
    words = f"expected\n{'–'.join(ends)}" if len(ends) == 2 else f"expected\n{_open_end(reading)} {ends[0]}"
    return (Band(reading.first, reading.last, reading.low, reading.high, words),)


def _open_end(reading: Reading) -> str:
    return "from" if reading.high is None else "up to"


def _expected_value(reading: Reading) -> tuple[Level, ...]:
    """A line only where there is no range: the range says the same and how sure it is."""
    if reading.expected is None or reading.low is not None or reading.high is not None:
        return ()
    return (Level(reading.expected, f"expected\n{_figure(reading, reading.expected)}", "expected"),)


def _figure(reading: Reading, value: Decimal) -> str:
    return format_value(value, reading.unit).partition(" per ")[0]

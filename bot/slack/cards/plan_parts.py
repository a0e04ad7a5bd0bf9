"""The parts that plan cards are put together from: what it may cost and bring, why, and what it rests on."""

import re
from collections.abc import Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from agents.kpis.figures import format_days, format_value
from bot.slack.cards.approvals_part import asked, gates
from bot.slack.cards.blocks import Block, context, fields, section
from bot.slack.cards.markup import (
    bullets,
    count,
    data,
    day,
    moment,
    money,
    spelled,
    within,
    words,
)
from storage.records.dossiers import Dossier
from storage.records.plans import ExitCriterion, Forecast, Plan, PlanKind, PlanState

SHOWN_REASONS = 3
"""The weightiest; an agent gives them in order."""
_CURRENCY = re.compile(r"[A-Z]{3}")
_DECIMAL_ZEROS = re.compile(r"(?<=\d)\.0+(?!\d)")
_CAME_TO_NOTHING = {PlanState.REFUSED, PlanState.REJECTED, PlanState.EXPIRED, PlanState.SUPERSEDED}
_MOST_WHY = 1300
_MOST_GATES = 900
_MOST_NOTES = 1500


def effect(plan: Plan) -> Block:
    """Money at risk beside the expected results, each a range with what happens if nothing is done."""
    moves = any(change.field == "daily_budget" for change in plan.changes)
    none = "None: no budget is raised" if moves else "None: no budget moves"
    risk = f"{money(plan.money_at_risk)} at most" if plan.money_at_risk.minor else none
    pairs = [("Money at risk", risk)]
    pairs += [expected_of(forecast) for forecast in _money_first(plan.forecasts)[:3]]
    return fields(pairs)


def approvals(dossier: Dossier) -> list[Block]:
    """Each gate with its progress, near the buttons that move it."""
    listed = gates(dossier)
    return [section(f"*Approvals*\n{listed}")] if listed else []


def expected(plan: Plan) -> list[Block]:
    """The forecasts alone, for plans that are under way: what the outcome is measured against."""
    pairs = [expected_of(forecast) for forecast in _money_first(plan.forecasts)[:3]]
    return [fields([(f"Expected {name}", text) for name, text in pairs])] if pairs else []


def why(plan: Plan) -> list[Block]:
    if not plan.why:
        return []
    return [section(f"*Why*\n{bullets(plan.why[:SHOWN_REASONS], most=_MOST_WHY, each=220)}")]


def gone_for_good(texts: Sequence[str]) -> list[Block]:
    """What cannot be undone, in words that are not missed."""
    if not texts:
        return []
    return [section(f"⚠️ *Cannot be undone*\n{bullets(texts[:5], most=_MOST_GATES, each=200)}")]


def small_print(dossier: Dossier, zone: ZoneInfo) -> Block:
    """When it counts as failed, what it rests on, who made it: what is asked second."""
    plan = dossier.status.plan
    if dossier.status.state in _CAME_TO_NOTHING:
        return context(_origin(dossier, zone))
    lines = []
    if plan.exit_criteria:
        lines.append("*Counts as failed if* " + "; ".join(exit_criterion(one) for one in plan.exit_criteria[:3]))
    if plan.evidence:
        lines.append("*Evidence* " + "; ".join(data(spelled(one.label), 80) for one in plan.evidence[:3]))
    if dossier.status.state is PlanState.WAITING and (told := asked(dossier, zone)):
        lines.append(told)
    lines.append(_origin(dossier, zone))
    return context(within(lines, _MOST_NOTES))


def exit_criterion(criterion: ExitCriterion) -> str:
    limit = data(format_value(criterion.threshold, criterion.unit), 40)
    kpi = data(words(criterion.kpi), 40)
    return f"{kpi} is {criterion.side} {limit} after {count(criterion.after_days, 'day')}"


def forecast_range(forecast: Forecast) -> str:
    """As in "£38,204–£42,911 (80% range); £36,912 if nothing changes"."""
    numbers = (forecast.low, forecast.high, forecast.baseline)
    low, high, baseline = (data(about(number, forecast.unit), 40) for number in numbers)
    share = (forecast.coverage * 100).normalize()
    return f"{low}–{high} ({share:f}% range)\n{baseline} if nothing changes"


def about(number: Decimal, unit: str) -> str:
    """An expected number in its unit; whole from 100 upwards, since no forecast is known to the penny."""
    if abs(number) < 100:
        return format_value(number, unit)
    return _DECIMAL_ZEROS.sub("", format_value(number.quantize(Decimal(1)), unit))


def expected_of(forecast: Forecast) -> tuple[str, str]:
    """What is expected when, and how much of it: "Revenue, 3–9 June 2025" and the range."""
    kpi = data(words(forecast.kpi), 40)
    return f"{kpi}, {format_days(forecast.first, forecast.last)}", forecast_range(forecast)


def _money_first(forecasts: Sequence[Forecast]) -> list[Forecast]:
    return sorted(forecasts, key=lambda forecast: not _CURRENCY.fullmatch(forecast.unit))


def _origin(dossier: Dossier, zone: ZoneInfo) -> str:
    plan = dossier.status.plan
    asked = dossier.people.get(plan.requested_by or "")
    for_whom = f" for {data(asked.name, 40)}" if asked else ""
    by = f"*By* {data(words(plan.agent), 40)}{for_whom}"
    if plan.kind is PlanKind.POLICY:
        return by  # rests on no data
    known = f", read {moment(plan.data_known_at, zone)}" if plan.data_known_at else ""
    return f"{by}  ·  *data to* {day(plan.data_day)}{known}"

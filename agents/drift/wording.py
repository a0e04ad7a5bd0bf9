"""The detector's words: one sentence a fact, every number with unit and window. Names come from data, unescaped."""

from datetime import date, timedelta

from agents.drift.causes import Case
from agents.drift.columns import BudgetJump
from agents.drift.plans import ExecutedPlan
from agents.drift.signals import ALL, Signal
from storage.records.money import Money

_LABELS = {
    "spend": "Spend",
    "cpm": "Cost per thousand impressions",
    "cpc": "Cost per click",
    "ctr": "Click-through rate",
    "cvr": "Conversion rate",
    "roas": "ROAS",
    "conversions": "Reported conversions",
    "tracking": "Reported conversions per shop order",
    "orders": "Shop orders",
    "store_orders": "Shop orders",
}


def title_of(case: Case) -> str:
    """One line, such as: Cost per click of paid_search is up 78 %."""
    label = _LABELS[case.kpi]
    if case.jump is not None:
        share = case.jump.after_micros / case.jump.before_micros - 1
        return f"Budget of {case.jump.campaign} ({case.jump.channel}) was {_moved(share)} outside Countersign"
    of = "" if case.entity == ALL else f" of {case.entity}"
    effect = case.lead.effect if case.lead else 0.0
    verb = "are" if case.kpi in {"conversions", "store_orders"} else "is"
    return f"{label}{of} {verb} {'up' if effect > 0 else 'down'} {abs(effect) * 100:.0f} %"


def detail_of(case: Case, *, currency: str, data_day: date, suspect: ExecutedPlan | None) -> tuple[str, ...]:
    """The lead first, then what else shows it or stands still, and our own plan before it."""
    lines = []
    if case.jump is not None:
        lines.append(_jump_line(case.jump, currency))
    shown = [case.lead] if case.lead else []
    shown += [signal for signal in case.shown_in if signal is not case.lead]
    lines += [_signal_line(signal, currency, data_day, lead=signal is case.lead) for signal in shown if signal.readings]
    if len(case.channels) > 1:
        lines.append(f"Channels concerned: {', '.join(case.channels)}.")
    if suspect is not None:
        days = (data_day - suspect.executed_on).days
        lines.append(f"{suspect.plan_id} changed {_where(case)} on {suspect.executed_on}, {days} days before.")
    return tuple(lines)


def _signal_line(signal: Signal, currency: str, data_day: date, *, lead: bool) -> str:
    reading = signal.strongest or signal.readings[min(1, len(signal.readings) - 1)]
    of = "" if signal.entity == ALL else f" of {signal.entity}"
    first = data_day - timedelta(days=reading.days - 1)
    window = f"on {data_day}" if reading.days == 1 else f"from {first} to {data_day}"
    unit = _unit(signal.kpi, currency)
    digits = 0 if signal.kpi in {"spend", "orders"} else 2
    observed, expected = f"{reading.observed:,.{digits}f}", f"{reading.expected:,.{digits}f}"
    change = f"{'+' if reading.effect >= 0 else '−'}{abs(reading.effect) * 100:.0f} %"
    if not lead and not signal.fires:
        return f"{_LABELS.get(signal.kpi, signal.kpi)}{of} within its usual range ({change}, {window})."
    how_sure = f"; {abs(reading.z):.0f} standard errors, {signal.streak} days in a row" if lead else ""
    return (
        f"{_LABELS.get(signal.kpi, signal.kpi)}{of} {window}: {observed}{unit} against {expected}{unit} expected"
        f" ({change}{how_sure})."
    )


def _unit(kpi: str, currency: str) -> str:
    return {
        "spend": f" {currency}/day",
        "orders": " orders/day",
        "cpm": f" {currency}/1000 impressions",
        "cpc": f" {currency}/click",
        "ctr": " %",
        "cvr": " %",
        "tracking": " conversions/order",
    }.get(kpi, "")


def _jump_line(jump: BudgetJump, currency: str) -> str:
    before, after = (Money.of_micros(micros, currency) for micros in (jump.before_micros, jump.after_micros))
    return f"Daily budget {before} → {after} on {jump.day}; no executed plan of ours did this."


def _moved(share: float) -> str:
    return f"{'raised' if share > 0 else 'cut'} by {abs(share) * 100:.0f} %"


def _where(case: Case) -> str:
    return "campaigns" if case.entity == ALL else case.entity.split("/", 1)[0]

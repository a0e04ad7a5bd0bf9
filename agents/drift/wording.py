"""The detector's words: one sentence a fact, every number with unit and window. Names come from data, unescaped."""

from datetime import date, timedelta

from agents.drift.case import Case
from agents.drift.columns import BudgetJump
from agents.drift.level import Reading
from agents.drift.plans import ExecutedPlan
from agents.drift.signals import ALL, Signal
from agents.drift.words import LABELS, change_words, day_words, figure, noise_words
from storage.records.alerts import Pattern
from storage.records.money import Money

MOST_NAMED = 5
"""More campaigns than these are counted, not named."""


def title_of(case: Case) -> str:
    """One line, such as: Cost per click of paid_search is up 78 %."""
    label = LABELS[case.kpi]
    if case.jump is not None:
        share = case.jump.after_micros / case.jump.before_micros - 1
        return f"Budget of {case.jump.campaign} ({case.jump.channel}) was {_moved(share)} outside Countersign"
    if case.missing:
        return f"No data of {_entity(case)} although its source was read"
    of = "" if case.entity == ALL else f" of {_entity(case)}"
    if case.pattern is Pattern.VARIANCE_CHANGE and case.lead and case.lead.unrest:
        how = "stands still" if case.lead.unrest.now == 0 else "swings more than ever"
        return f"{label}{of} {how if case.kpi != 'store_orders' else how.replace('s ', ' ', 1)}"
    if case.proxy is not None:
        return f"{LABELS[case.proxy.kpi]}{of} looks better, conversions do not follow"
    effect = case.lead.effect if case.lead else 0.0
    verb = "are" if case.kpi in {"conversions", "store_orders"} else "is"
    return f"{label}{of} {verb} {'up' if effect > 0 else 'down'} {abs(effect) * 100:.0f} %"


def detail_of(case: Case, *, currency: str, data_day: date, suspect: ExecutedPlan | None) -> tuple[str, ...]:
    """The lead first, then what else shows it or stands still, and our own plan before it."""
    lines = []
    if case.jump is not None:
        lines.append(_jump_line(case.jump, currency))
    if case.missing:
        lines.append(f"It had rows for every day of two weeks, and has none for {day_words(data_day)}.")
    if case.pattern is Pattern.VARIANCE_CHANGE:
        return (*lines, *_unrest_lines(case), *_suspect_line(case, data_day, suspect))
    shown = [case.proxy] if case.proxy else []
    shown += [case.lead] if case.lead else []
    shown += [signal for signal in case.shown_in if signal is not case.lead and signal is not case.proxy]
    lines += [_signal_line(signal, currency, data_day, case) for signal in shown if signal.readings]
    if len(case.channels) > 1:
        lines.append(f"Channels concerned: {', '.join(case.channels)}.")
    if len(case.campaigns) > 1:
        lines.append(f"Campaigns concerned: {_listed(case)}.")
    return (*lines, *_suspect_line(case, data_day, suspect))


def _suspect_line(case: Case, data_day: date, suspect: ExecutedPlan | None) -> tuple[str, ...]:
    if suspect is None:
        return ()
    days = (data_day - suspect.executed_on).days
    return (f"{suspect.plan_id} changed {_where(case)} on {day_words(suspect.executed_on)}, {_days_before(days)}.",)


def _unrest_lines(case: Case) -> tuple[str, ...]:
    told = case.lead.unrest if case.lead else None
    if told is None or case.lead is None:
        return ()
    label, usual = LABELS.get(case.lead.kpi, case.lead.kpi), f"{told.before * 100:.0f} %"
    if told.now == 0:
        return (f"{label} was exactly the same on {told.days} days in a row; usually it moves by {usual} a day.",)
    return (
        f"{label} moved by {told.now * 100:.0f} % from day to day in the newest {told.days} days (median), before that "
        f"by {usual}.",
        "Its level is where it was.",
    )


def _entity(case: Case) -> str:
    """What the case is about, in words."""
    channel = case.entity.split("/", 1)[0]
    if len(case.campaigns) > 1:
        return f"{len(case.campaigns)} campaigns of {channel}"
    if case.campaigns:
        return f"{case.campaigns[0][1]} ({channel})"
    return "the shop" if case.missing and case.entity == ALL else case.entity


def _listed(case: Case) -> str:
    names = [name for _, name in case.campaigns]
    return ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")


def _signal_line(signal: Signal, currency: str, data_day: date, case: Case) -> str:
    lead = signal is case.lead or signal is case.proxy
    reading = _shown_reading(signal, case)
    called = case.campaigns[0][1] if case.campaigns else signal.entity
    of = "" if signal.entity == ALL else f" of {called}"
    label, window = LABELS.get(signal.kpi, signal.kpi), _window(data_day - timedelta(days=reading.days - 1), data_day)
    if not lead and not signal.fires:
        return f"{label}{of} {window}: {_stillness(reading.effect)}."
    row = f", {signal.streak} days in a row" if signal.streak else ""
    how_sure = f"; {noise_words(reading.z)}{row}" if lead else ""
    observed = figure(signal.kpi, reading.observed, currency)
    expected = figure(signal.kpi, reading.expected, currency, per=False)
    return f"{label}{of} {window}: {observed} against {expected} expected ({change_words(reading.effect)}{how_sure})."


def _stillness(effect: float) -> str:
    """Why what stands still is told: it may be far from expected, and yet no further than it mostly is."""
    share = f"{abs(effect) * 100:.0f}"
    if share == "0":
        return "as expected"
    return f"{share} % {'above' if effect > 0 else 'below'} what was expected, no more than it usually swings"


def _window(first: date, last: date) -> str:
    """As in "on 3 Jun", "from 1 to 3 Jun", "from 30 May to 2 Jun"."""
    if first == last:
        return f"on {day_words(last)}"
    opening = str(first.day) if (first.year, first.month) == (last.year, last.month) else day_words(first)
    return f"from {opening} to {day_words(last)}"


def _days_before(days: int) -> str:
    return "the same day" if days == 0 else f"{days} day{'' if days == 1 else 's'} before"


def _shown_reading(signal: Signal, case: Case) -> Reading:
    return signal.lifted if signal is case.proxy and signal.lifted is not None else signal.told


def _jump_line(jump: BudgetJump, currency: str) -> str:
    before, after = (Money.of_micros(micros, currency) for micros in (jump.before_micros, jump.after_micros))
    return f"Daily budget {before} → {after} on {day_words(jump.day)}; no executed plan of ours did this."


def _moved(share: float) -> str:
    return f"{'raised' if share > 0 else 'cut'} by {abs(share) * 100:.0f} %"


def _where(case: Case) -> str:
    return "campaigns" if case.entity == ALL else case.entity.split("/", 1)[0]

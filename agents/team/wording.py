"""The budget planner's words: every number with unit and window. Names come from data; renderers escape them."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from agents.forecasts.allocation import Allocation
from agents.forecasts.history import Floats
from agents.team.desk import Desk, Key
from storage.records.money import Money
from storage.records.plans import Change

_LISTED = 4


def title_of(changes: Sequence[Change], currency: str) -> str:
    """What is moved, such as: Move £64/day from paid_social to paid_search, or: Move £131/day between 7 campaigns."""
    by_channel: dict[str, int] = {}
    raised = 0
    for change in changes:
        step = step_of(change)
        by_channel[change.resource.channel] = by_channel.get(change.resource.channel, 0) + step
        raised += max(step, 0)
    givers = sorted((step, channel) for channel, step in by_channel.items() if step < 0)
    takers = sorted(((-step, channel) for channel, step in by_channel.items() if step > 0))
    moved = min(-sum(step for step, _ in givers), -sum(step for step, _ in takers)) if givers and takers else 0
    # Where most of the money moves within channels, naming channels would hide what the plan does.
    if 2 * moved < raised or not moved:
        between = f"between {len(changes)} campaigns" if raised else f"out of {len(changes)} campaigns"
        amount = raised or -sum(by_channel.values())
        return f"Move {_whole(amount, currency)}/day {between}"
    return (
        f"Move {_whole(moved, currency)}/day from {_joined([name for _, name in givers])}"
        f" to {_joined([name for _, name in takers])}"
    )


def why_of(desk: Desk, allocation: Allocation, changes: Sequence[Change]) -> tuple[str, ...]:
    """The reasons in order of weight: gain, total, each change, what was left alone, what the numbers are not."""
    lines = [_gain_line(desk, allocation), _total_line(desk, allocation)]
    by_size = sorted(changes, key=lambda change: (-abs(step_of(change)), change.resource.key))
    lines += [_change_line(desk, change) for change in by_size]
    left = {**desk.unmeasured, **desk.held}
    if left:
        named = [f"{desk.name_of(key)} ({left[key]})" for key in sorted(left)]
        more = f" and {len(named) - _LISTED} more" if len(named) > _LISTED else ""
        lines.append(f"Left unchanged: {', '.join(named[:_LISTED])}{more}.")
    lines.append(
        "Revenue is what the platforms attribute to ads, with late conversions allowed for; it is not all incremental."
    )
    return tuple(lines)


def too_little_of(desk: Desk, allocation: Allocation, *, moved: int) -> str:
    """Why the allocation is not worth proposing, with its numbers; "" if it is."""
    limits, gain = desk.brief.limits, allocation.gain_share
    if moved == 0:
        return (
            f"no move of at least {percent(limits.min_move_share)} of a campaign's budget within steps of"
            f" {percent(limits.max_step_share)} raises the expected revenue"
            f" ({len(desk.free)} campaigns, {desk.history.days} days to {desk.history.last})"
        )
    best = f"the best split found is expected to gain {_signed(gain)} attributed revenue"
    if allocation.gain_probability < limits.min_gain_probability:
        return (
            f"{best}, but it is positive with a probability of only {allocation.gain_probability:.2f}"
            f" (needed: {limits.min_gain_probability:.2f}; {desk.history.days} days to {desk.history.last})"
        )
    if gain < limits.min_gain_share:
        return (
            f"{best}, less than the {percent(limits.min_gain_share)} that a change is worth"
            f" ({desk.history.days} days to {desk.history.last})"
        )
    return ""


def step_of(change: Change) -> int:
    """Minor units a day that the change adds."""
    if not (isinstance(change.before, Money) and isinstance(change.after, Money)):
        raise TypeError(f"change {change.id} is not of money")
    return (change.after - change.before).minor


def percent(share: Decimal | float) -> str:
    return f"{float(share) * 100:.3g} %"


def _gain_line(desk: Desk, allocation: Allocation) -> str:
    low, high = np.quantile(allocation.gain, [0.1, 0.9])
    currency = desk.brief.currency
    return (
        f"Expected gain: {_units(float(allocation.gain.mean()), currency)}/day attributed revenue"
        f" ({_signed(allocation.gain_share)}; 80 % range {_units(float(low), currency)} to"
        f" {_units(float(high), currency)}/day); {_sure(allocation.gain_probability)} likely to be a gain."
    )


def _sure(probability: float) -> str:
    """In whole per cent, of which nobody promises a hundred."""
    return "more than 99 %" if probability > 0.99 else f"{probability * 100:.0f} %"


def _total_line(desk: Desk, allocation: Allocation) -> str:
    before = Money(minor=sum(state.daily_budget.minor for state in desk.states.values()), currency=desk.brief.currency)
    after = Money(minor=sum(allocation.after.values()), currency=desk.brief.currency)
    return f"Total of {len(desk.states)} campaigns: {before}/day before, {after}/day after."


def _change_line(desk: Desk, change: Change) -> str:
    key: Key = (change.resource.channel, change.resource.id)
    response, before = desk.responses[key], change.before
    if not isinstance(before, Money):
        raise TypeError(f"change {change.id} is not of money")
    around = np.array([before.minor * 0.95, before.minor * 1.05])
    worth = response.steady(desk.spend_of(key, around)) * float(desk.history.demand[-28:].mean())
    marginal: Floats = (worth[:, 1] - worth[:, 0]) / (0.1 * before.minor / desk.minor_units)
    low, middle, high = np.quantile(marginal, [0.1, 0.5, 0.9])
    step = step_of(change) / before.minor
    one = _whole(desk.minor_units, desk.brief.currency)
    return (
        f"{change.resource.name} ({change.resource.channel}): {before} → {change.after} a day ({_signed(step, 0)});"
        f" one more {one} a day brings {_units(middle, desk.brief.currency)} (80 % range"
        f" {_units(low, desk.brief.currency)} to {_units(high, desk.brief.currency)}),"
        f" measured on {response.days} days to {desk.history.last}."
    )


def _units(amount: float, currency: str) -> str:
    return str(Money.of(Decimal(repr(float(amount))), currency))


def _whole(minor: int, currency: str) -> str:
    text = str(Money(minor=minor, currency=currency))
    return text.removesuffix(".00")


def _signed(share: float, decimals: int = 1) -> str:
    sign = "+" if share >= 0 else "−"
    return f"{sign}{abs(share) * 100:.{decimals}f} %"


def _joined(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"

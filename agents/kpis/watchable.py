"""Which definitions a monitor can follow day by day: those whose days are sums of what stands once a day is over."""

from collections.abc import Mapping

from agents.kpis.formula import LATE, Formula
from agents.kpis.parts import Part


def unwatchable(formula: Formula, parts: Mapping[str, Part], *, settles_in_days: int) -> str:
    """Why a formula cannot be watched, for people; "" where it can."""
    if formula.times or formula.over:
        return "a product of several sums has no figure of a day; watch one of the sums"
    for name in formula.measures:
        if name in parts and (why := _unlike_a_sum(parts[name], divided=bool(formula.denominator))):
            return f"{name} {why}"
    late = sorted(LATE & {name for name in formula.measures if name not in parts})
    if late and not settles_in_days:
        return f"{late[0]} go on arriving for days; say in how many they are all there with settles_in_days"
    return ""


def _unlike_a_sum(part: Part, *, divided: bool) -> str:
    if part.table.ours:
        return f"is of our own work: {part.of} is not watched"
    if part.how not in ("count", "sum"):
        return f"is a {part.how}, which no sums of days make; watch a count or an amount"
    if part.until is not None or part.window != "this":
        return "is of more than its own day"
    if divided and part.how == "count" and part.column != "rows":
        return f"counts each {part.column} once, so that its days do not add up; divide by rows, or watch it undivided"
    return ""

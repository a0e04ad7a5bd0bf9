"""Account for a movement: how far a KPI went, which parts and members of it moved it, and what happened meanwhile.

Nothing here says "caused" but an open case whose cause an experiment has shown; all else coincides, and is said so.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agents.knowledge import things
from agents.knowledge.answers import Explanation, GraphAnswers
from agents.kpis.contribution import Contribution, Moved
from agents.kpis.definitions import Kpi
from agents.kpis.engine import KpiEngine
from agents.kpis.figures import format_change, format_days, format_value
from agents.kpis.formula import LATE, Formula, Term
from agents.kpis.just_begun import days_before, said_instead
from agents.kpis.query import Dimension
from agents.kpis.reply import Number, Reply, numbers_of, source_of
from agents.kpis.telling import split_next
from agents.kpis.understanding import WhyQuestion
from storage.ledger import Ledger
from storage.records.alerts import Alert, Certainty
from storage.records.kpis import KpiAnswer

_MEMBERS = 3
"""Members of a dimension that are named."""
_CASES = 3
_LITTLE = Decimal("0.005")
"""A change by less than this share is called little."""
_MOST_SHARE = Decimal("1.5")


@dataclass(frozen=True)
class Accountant:
    """Looks for reasons where they are recorded."""

    engine: KpiEngine
    ledger: Ledger
    answers: GraphAnswers

    async def why(self, question: WhyQuestion) -> Reply:
        """Reasons for a movement. Raises BadKpiQuery."""
        query, instead = question.query, ""
        kpi = self.engine.definition(query.kpi)
        # One campaign has no parts that could be told apart.
        ways = [] if "campaign" in query.where else [name for name in _ways(kpi) if name not in query.where]
        moves = [await self.engine.moved(query, by=by) for by in ways or ["channel"]]
        if moves[0].now.no_data:
            window = days_before(query.window, await self.engine.data_day(kpi=kpi.name))
            if window is not None:
                instead = said_instead(query.window)
                query = query.model_copy(update={"window": window})
                moves = [await self.engine.moved(query, by=by) for by in ways or ["channel"]]
        first = moves[0]
        if first.now.no_data or first.now.value is None or first.before.value is None:
            return _nothing(kpi, first)
        members = {one.label for moved in moves for one in moved.contributions} if query.where else set()
        cases = await self._cases(kpi, {*query.where.values(), *members})
        events = await self._events(kpi, cases)
        points = [
            *_by_formula(kpi, first),
            *(line for moved in moves if ways for line in _by_member(moved)),
            *_case_lines(cases),
            *(_event_line(one) for one in events),
        ]
        if not cases and not events:
            points.append("No open case, plan or event of the last weeks hangs together with it in the graph.")
        return Reply(
            kind="why",
            title=f"Why {kpi.label} {_verb(first)}",
            said=(*([instead] if instead else []), _headline(kpi, first), *_cautions(question, kpi, first)),
            points=tuple(points),
            numbers=(*numbers_of(first.now), *(one for moved in moves if ways for one in _numbers(moved))),
            answer=first.now,
            follow_ups=tuple(split_next(kpi, query)),
            sources=first.now.sources,
            simulated=first.now.simulated,
            basis=(*moves, *cases, *events),
        )

    async def _cases(self, kpi: Kpi, scope: Collection[str]) -> tuple[Alert, ...]:
        """Open cases of the KPI, then of KPIs that share a sum with it, newest first; of a scope its own."""
        async with self.ledger.read() as tx:
            alerts = await tx.alerts.unrecovered()
        kpis = self.engine.kpis
        measures = set(kpi.formulas[0].measures)
        meant = {name.casefold() for name in scope}
        ranked = [
            (alert.finding.kpi != kpi.name, at, alert)
            for at, alert in enumerate(reversed(alerts))
            if alert.finding.part_of is None
            and alert.finding.kpi in kpis
            and measures & set(kpis[alert.finding.kpi].formulas[0].measures)
            and (not meant or alert.finding.entity.casefold() in meant)
        ]
        return tuple(alert for *_, alert in sorted(ranked, key=lambda one: one[:2])[:_CASES])

    async def _events(self, kpi: Kpi, cases: Sequence[Alert]) -> tuple[Explanation, ...]:
        """What the graph knows to have happened near the KPI, without what a case names already."""
        found = await self.answers.explain(things.kpi(kpi.name))
        told = {one.ref for case in cases for one in case.finding.candidates}
        told |= {case.finding.suspect_plan for case in cases}
        return tuple(one for one in found if one.cause.ref.key not in told and str(one.cause.ref) not in told)[:_CASES]


def _ways(kpi: Kpi) -> list[Dimension]:
    """What the whole is taken apart by: the nearest two of what the KPI has."""
    ways: tuple[Dimension, ...] = ("channel", "campaign", "owner", "type", "source")
    return [name for name in ways if name in kpi.dimensions][:2]


def _verb(moved: Moved) -> str:
    now, before = moved.now.value, moved.before.value
    assert now is not None
    assert before is not None
    return "stayed" if now == before else "rose" if now > before else "fell"


def _headline(kpi: Kpi, moved: Moved) -> str:
    now, before = moved.now, moved.before
    change = format_change(now.value, before.value)
    by = f" by {change.lstrip('▲▼ ')}" if change and now.value != before.value else ""
    scope = f" for {', '.join(now.where.values())}" if now.where else ""
    return (
        f"{kpi.label}{scope} {_verb(moved)}{by}: {format_value(now.value, now.unit)} over "
        f"{format_days(now.first, now.last)}, {format_value(before.value, before.unit)} over "
        f"{format_days(before.first, before.last)}."
    )


def _cautions(question: WhyQuestion, kpi: Kpi, moved: Moved) -> list[str]:
    """Said where it did not do what the person thinks it did, did little, or may yet be otherwise."""
    now, before = moved.now.value, moved.before.value
    assert now is not None
    assert before is not None
    said = []
    if question.rose is not None and (now > before) != question.rose:
        said.append(f"So it did not {'rise' if question.rose else 'fall'} over these days.")
    if before and abs(now - before) <= _LITTLE * abs(before):
        said.append("That is hardly a movement.")
    held = moved.now.interval
    if held and held.low is not None and held.low <= before and (held.high is None or before <= held.high):
        said.append("The value before lies inside the interval of this one, so it may be chance.")
    if moved.now.provisional:
        late = " and ".join(sorted(LATE & set(kpi.formulas[0].measures)))
        said.append(
            f"The newest days are provisional: {late} still to come in may be part of the movement."
            if late
            else "The newest days are provisional: the source may still change them."
        )
    return said


def _by_formula(kpi: Kpi, moved: Moved) -> list[str]:
    """How the sums above and below the line went, where there are both."""
    now, before, formula = moved.now, moved.before, kpi.formulas[0]
    if None in (now.numerator, now.denominator, before.numerator, before.denominator) or formula.times or formula.over:
        return []
    sides = (
        (formula.numerator, now.numerator, before.numerator),
        (formula.denominator, now.denominator, before.denominator),
    )
    return [_side(formula, terms, value, was, moved) for terms, value, was in sides]


def _side(formula: Formula, terms: Sequence[Term], value: Decimal | None, was: Decimal | None, moved: Moved) -> str:
    name = " and ".join(term.measure for term in terms).replace("_", " ")
    money = all(formula.known[term.measure].money for term in terms)
    unit = (moved.now.currency or "currency") if money else "count"
    change = format_change(value, was) or "from nothing"
    return f"{name.capitalize()}: {format_value(value, unit)}, {change} from {format_value(was, unit)}."


def _by_member(moved: Moved) -> list[str]:
    """The members that moved it most, and what they were worth of the whole movement."""
    found = [one for one in moved.contributions if one.part][:_MEMBERS]
    # Where what went up and what went down nearly cancel out, shares of the little that is left say nothing.
    sensible = all(abs(one.share or Decimal(0)) <= _MOST_SHARE for one in found)
    return [f"{moved.by.capitalize()} {one.label}: {_member(one, moved, shared=sensible)}." for one in found]


def _member(one: Contribution, moved: Moved, *, shared: bool) -> str:
    unit = moved.now.unit
    share = "" if one.share is None or not shared else f", {one.share * 100:.0f}% of the change".replace("-", "−")
    went = f"{format_value(one.previous, unit)} to {format_value(one.value, unit)}"
    sign = "+" if one.part > 0 else ""
    return f"{went}, moved the whole by {sign}{format_value(one.part, unit)}{share}"


def _numbers(moved: Moved) -> list[Number]:
    """What each named member was, and its part of the change."""
    now, before = moved.now, moved.before
    source = source_of(now)
    numbers = []
    for one in [each for each in moved.contributions if each.part][:_MEMBERS]:
        where = {**now.where, moved.by: one.label}
        for value, window in ((one.value, now), (one.previous, before)):
            if value is not None:
                numbers.append(_number(now, value, where, window, source))
        numbers.append(_number(now, one.part, where, now, f"part of the change; {source}"))
    return numbers


def _number(now: KpiAnswer, value: Decimal, where: dict[str, str], window: KpiAnswer, source: str) -> Number:
    return Number(
        kpi=now.kpi, value=value, unit=now.unit, first=window.first, last=window.last, where=where, source=source
    )


def _case_lines(cases: Sequence[Alert]) -> list[str]:
    lines = []
    for case in cases:
        finding = case.finding
        cause = finding.candidates[0] if finding.candidates else None
        if cause is None:
            lines.append(f"{case.id}, {finding.title}: coincides; likely cause so far: {finding.cause}.")
            continue
        verb = "caused by" if cause.certainty is Certainty.CAUSED else "coincides with"
        against = f" Against it: {cause.speaks_against[0]}" if cause.speaks_against else ""
        lines.append(f"{case.id}, {finding.title}: {verb} {cause.words.rstrip('.')}.{against}")
    return lines


def _event_line(one: Explanation) -> str:
    through = [one.names.get(str(ref), ref.key) for ref in one.path.nodes[1:-1]]
    way = f" (through {', '.join(through)})" if through else ""
    return f"Coincides with {one.cause.name}{way}; whether it is the cause, only an experiment can show."


def _nothing(kpi: Kpi, moved: Moved) -> Reply:
    now, before = moved.now, moved.before
    empty = now if now.no_data or now.value is None else before
    days = format_days(empty.first, empty.last)
    return Reply(
        kind="why",
        title=f"Why {kpi.label} moved",
        said=(f"{kpi.label} has no value over {days}, so there is nothing to compare.",),
        numbers=numbers_of(now),
        sources=now.sources,
        simulated=now.simulated,
        basis=(moved,),
    )

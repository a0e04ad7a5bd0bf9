"""Tell: questions that the KPI engine alone can answer, as replies: a number, and numbers beside their targets."""

from dataclasses import dataclass, replace
from decimal import Decimal

from agents.kpis.aim import Aimed, aimed
from agents.kpis.definitions import Kpi
from agents.kpis.document import words
from agents.kpis.engine import KpiEngine
from agents.kpis.figures import format_days, format_value
from agents.kpis.just_begun import days_before, said_instead
from agents.kpis.query import BadKpiQuery, KpiQuery
from agents.kpis.reply import Number, Reply, numbers_of, source_of
from agents.kpis.understanding import Beyond, KpiQuestion, TargetQuestion
from storage.records.kpis import KpiAnswer

_TOLD = 8
_WAYS: tuple[str, ...] = ("channel", "owner", "type", "source")
"""What a number that is not split may be split by next."""


async def number_told(engine: KpiEngine, question: KpiQuestion) -> Reply:
    """One KPI as asked for. Raises BadKpiQuery."""
    query, beyond = question.query, question.beyond
    answer = await engine.ask(query)
    if answer.no_data and (window := days_before(query.window, await engine.data_day(kpi=query.kpi))) is not None:
        note = said_instead(query.window)
        query = query.model_copy(update={"window": window})
        answer = await engine.ask(query)
        answer = answer.model_copy(update={"notes": (note, *answer.notes)})
    if beyond is not None:
        answer = _only(answer, beyond)
    if question.ignored:
        note = f"Not used from your question: {', '.join(question.ignored)}."
        answer = answer.model_copy(update={"notes": (*answer.notes, note)})
    kpi = engine.definition(answer.kpi)
    asks = [] if query.by else split_next(kpi, query)
    if answer.previous is not None and answer.value is not None and answer.previous != answer.value:
        verb = "rise" if answer.value > answer.previous else "fall"
        scope = "".join(f" for {name}" for name in list(query.where.values())[:1])
        asks.append(f"why did {answer.label}{scope} {verb} {query.window.words}".strip())
    return Reply(
        kind="kpi",
        title=answer.label,
        said=(words(answer),),
        numbers=numbers_of(answer),
        answer=answer,
        follow_ups=tuple(asks),
        sources=answer.sources,
        simulated=answer.simulated,
        basis=(answer, kpi, query),
    )


def split_next(kpi: Kpi, query: KpiQuery) -> list[str]:
    """The question that takes the number apart next, within the same scope."""
    ways = _WAYS
    if "campaign" in query.where:
        ways = ("day",)
    elif "channel" in query.where:
        ways = ("campaign",)
    way = next((name for name in ways if name in kpi.dimensions and name not in query.where), None)
    scope = "".join(f" for {name}" for name in list(query.where.values())[:1])
    return [] if way is None else [f"{kpi.label} by {way}{scope} {query.window.words}".strip()]


async def targets_told(engine: KpiEngine, question: TargetQuestion) -> Reply:
    """Every KPI asked for beside its target; without names, those that have one and data."""
    told = await _targets(engine, question)
    if any(not answer.no_data for answer, _ in told.answers):
        return _target_reply(question, told)
    today = await engine.data_day(kpi=question.kpis[0] if len(question.kpis) == 1 else None)
    window = days_before(question.window, today)
    if window is None:
        return _target_reply(question, told)
    instead = replace(question, window=window)
    return _target_reply(instead, await _targets(engine, instead), said_instead(question.window))


@dataclass(frozen=True)
class _Targets:
    """KPIs beside what the team aims at."""

    named: list[Kpi]
    answers: list[tuple[KpiAnswer, tuple[Aimed, ...]]]
    lines: list[tuple[bool, str]]
    """(off or unsure, sentence) of each."""


async def _targets(engine: KpiEngine, question: TargetQuestion) -> _Targets:
    kpis = engine.kpis
    named = [kpis[name] for name in question.kpis] or [one for one in kpis.values() if one.target is not None]
    able = [one for one in named if question.by is None or question.by in one.dimensions]
    if question.where:
        able = [one for one in able if one.of_facts]
    lines: list[tuple[bool, str]] = []
    answers: list[tuple[KpiAnswer, tuple[Aimed, ...]]] = []
    for kpi in able:
        query = KpiQuery(kpi=kpi.name, window=question.window, by=question.by, where=dict(question.where))
        answer = await engine.ask(query)
        if answer.no_data and not question.kpis:
            continue
        judged = aimed(answer, kpi)
        answers.append((answer, judged))
        lines += _aims(kpi, answer, judged)
    return _Targets(named, answers, lines)


def _only(answer: KpiAnswer, beyond: Beyond) -> KpiAnswer:
    """The rows on the asked side of an amount. Raises BadKpiQuery for an amount in another currency."""
    if beyond.currency and answer.currency and beyond.currency != answer.currency:
        raise BadKpiQuery(f"these amounts are in {answer.currency}, not in {beyond.currency}")

    def kept(value: Decimal | None) -> bool:
        if value is None or (value == beyond.amount and not beyond.inclusive):
            return False
        return value >= beyond.amount if beyond.side == "above" else value <= beyond.amount

    rows = tuple(row for row in answer.rows if kept(row.value))
    least = {"above": "at least" if beyond.inclusive else "above", "below": "at most" if beyond.inclusive else "below"}
    limit = format_value(beyond.amount, answer.unit)
    note = f"{len(rows)} of {len(answer.rows)} are {least[beyond.side]} {limit}; the others are not listed."
    return answer.model_copy(update={"rows": rows, "notes": (note, *answer.notes)})


def _aims(kpi: Kpi, answer: KpiAnswer, judged: tuple[Aimed, ...]) -> list[tuple[bool, str]]:
    """(off or unsure, sentence) of each."""
    told = []
    for one in judged:
        if one.verdict == "unknown":
            continue
        name = f"{one.label}: " if one.label else ""
        value, target = format_value(one.value, one.unit), format_value(one.target, one.unit)
        sure = {
            "on": "on target",
            "off": "off target",
            "unsure": "off target by its value, but so few cases that it may be on it",
        }[one.verdict]
        told.append((one.verdict != "on", f"{name}{kpi.label} {value}, target {target}: {sure}."))
    if not judged:
        if kpi.target is None:
            told.append((True, f"{kpi.label} has no target; a team names one in its kpis.yml."))
        elif answer.no_data:
            told.append((True, f"{kpi.label} has no data over these days."))
    return told


def _target_reply(question: TargetQuestion, found: _Targets, instead: str = "") -> Reply:
    """`instead` says why these are other days than those asked for."""
    named, answers, lines = found.named, found.answers, found.lines
    days = format_days(question.window.first, question.window.last)
    split = f" by {question.by}" if question.by else ""
    judged = [one for _, each in answers for one in each if one.verdict != "unknown"]
    off = [one for one in judged if one.verdict in ("off", "unsure")]
    if not judged:
        have = ", ".join(kpi.label for kpi in named if kpi.target is not None)
        what = f"No KPI with a target has data{split} over {days}."
        said = [what, f"Targets are set for: {have}." if have else "No KPI has a target yet; kpis.yml names them."]
    else:
        said = [f"{len(off)} of {len(judged)} off target{split} over {days}."]
        if any(one.band for one in judged):
            band = next(one.band for one in judged if one.band)
            said.append(f"Within {band * 100:.0f} % of the target counts as on it where a value should be near it.")
    told = [line for wrong, line in lines if wrong] + [line for wrong, line in lines if not wrong]
    hidden = len(told) - _TOLD
    first = answers[0][0] if answers else None
    return Reply(
        kind="target",
        title="Targets",
        said=(*([instead] if instead else []), *said),
        points=(*told[:_TOLD], *([f"And {hidden} more."] if hidden > 0 else [])),
        numbers=tuple(one for answer, each in answers for one in _aimed_numbers(answer, each)),
        answer=first if len(answers) == 1 else None,
        sources=tuple(dict.fromkeys(source for answer, _ in answers for source in answer.sources)),
        simulated=any(answer.simulated for answer, _ in answers),
        basis=(question.window, *named, *(each for pair in answers for each in pair), len(off), len(judged), hidden),
    )


def _aimed_numbers(answer: KpiAnswer, judged: tuple[Aimed, ...]) -> list[Number]:
    return [
        Number(
            kpi=answer.kpi,
            value=one.value,
            unit=one.unit,
            first=answer.first,
            last=answer.last,
            where={**answer.where, **({str(answer.by): one.label} if one.label else {})},
            source=source_of(answer),
        )
        for one in judged
        if one.value is not None
    ]

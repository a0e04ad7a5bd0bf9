"""The parts of a view below its trends: cases, plans, waits, successes, rules and models."""

from collections.abc import Iterable, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from agents.kpis.figures import format_value
from bot.dashboard.drawing import life_bar, safe, share_bar
from bot.slack.cards.markup import count, day, member, plain_moment, spelled, words
from storage.records.dashboards import (
    ABOVE_ALL_MS,
    CaseLine,
    EvaluationLine,
    LatencyLine,
    ModelLine,
    PlanLine,
    Snapshot,
    Tally,
)

_SEVERITIES = {"critical": "bad", "warning": "warn", "note": "soft"}
_STATES = {"done": "good", "failed": "bad", "refused": "bad", "rejected": "soft", "waiting": "warn", "held": "warn"}
_WAITS = {
    "ack": "Slack acknowledged",
    "card": "card shown in Slack",
    "ask": "question answered",
    "dashboard": "dashboard drawn",
}
JOB_WORDS = {
    "look": "reading sources and looking for drift",
    "pull": "reading the inbox and sources.yml",
    "tend": "reminding, escalating, closing what is overdue",
    "sign": "signing the audit trail",
    "attest": "checking that every change was approved",
    "plan": "planning the week",
    "digest": "writing the daily digest",
    "evaluate": "holding agents against results",
    "forget": "clearing away finished work",
}
"""What the timetable's jobs do, for people."""
_UNSET = "–"


def _section(ref: str, title: str, note: str, body: str) -> str:
    told = f'<p class="note">{note}</p>' if note else ""
    return f'<section aria-labelledby="{ref}"><h2 id="{ref}">{safe(title)}</h2>{told}{body}</section>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: frozenset[int] = frozenset()) -> str:
    """Cells are HTML already; on a phone each row becomes a card, and its cells say what they are of."""
    top = "".join(f'<th{_numeric(at, numbers)} scope="col">{safe(name)}</th>' for at, name in enumerate(heads))
    body = "".join(
        "<tr>"
        + "".join(f'<td{_numeric(at, numbers)} data-of="{safe(heads[at])}">{cell}</td>' for at, cell in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return f'<div class="panel"><table class="cards"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _numeric(at: int, numbers: frozenset[int]) -> str:
    return ' class="num"' if at in numbers else ""


def _tag(text: str, mood: str) -> str:
    return f'<span class="tag {mood}">{safe(text, 60)}</span>'


def _nothing(text: str) -> str:
    return f'<div class="panel soft">{safe(text)}</div>'


def cases(seen: Snapshot, zone: ZoneInfo) -> str:
    """Alerts that are not over, then those of these days that are."""
    shown = sum(one.state != "recovered" for one in seen.cases)
    open_ones, ended = shown, len(seen.cases) - shown
    if seen.totals is not None:
        open_ones, ended = seen.totals.open_cases, seen.totals.ended_cases
    if not seen.cases:
        return _section("cases", "Drift cases", "", _nothing("No case is open, and none was in these days."))
    heads = ("Case", "What", "Likely cause", "Opened", "State")
    body = _table(heads, (_case(one, zone) for one in seen.cases))
    note = f"{count(open_ones, 'case is', 'cases are')} open, {count(ended, 'is', 'are')} over."
    note += _of_all(len(seen.cases), open_ones + ended)
    return _section("cases", "Drift cases", note, body)


def _of_all(shown: int, there: int) -> str:
    return f" The newest {shown:,} of {there:,} are listed." if shown < there else ""


def _case(one: CaseLine, zone: ZoneInfo) -> tuple[str, ...]:
    state = [_tag(one.state, "good" if one.state == "recovered" else _SEVERITIES.get(one.severity, "soft"))]
    state += [_small(f"review: {words(one.review)}")] if one.review else []
    state += [_small(f"next step due {plain_moment(one.due_at, zone)}")] if one.due_at else []
    state += [_small("escalated")] if one.escalated else []
    state += [_small(f"closed by a person: {words(one.learnt)}")] if one.learnt else []
    part = [_small(f"part of {one.part_of}")] if one.part_of else []
    return (
        "<br>".join(
            [f"<strong>{safe(one.id)}</strong>", _tag(one.severity, _SEVERITIES.get(one.severity, "soft")), *part]
        ),
        "<br>".join(
            [safe(spelled(one.title), 160), _small(f"{words(one.kpi)} · {member(one.entity)}"), *_reading(one)]
        ),
        "<br>".join([safe(spelled(one.cause), 200), *_candidates(one)]),
        "<br>".join(
            [safe(day(one.opened_on)), _small(f"seen {count(one.times_seen, 'time')}, last {day(one.last_seen_on)}")]
        ),
        "<br>".join(state),
    )


def _small(text: str) -> str:
    return f'<span class="note">{safe(text, 160)}</span>'


def _reading(one: CaseLine) -> list[str]:
    """What was measured beside what was expected, and what it looks like."""
    told = [words(one.pattern).lower()] if one.pattern else []
    if one.reading is not None:
        read = one.reading
        told.append(
            f"{format_value(read.observed, read.unit)} where {format_value(read.expected, read.unit)} was expected"
        )
    return [_small(", ".join(told))] if told else []


def _candidates(one: CaseLine) -> list[str]:
    """What may have to do with it, and how far that may be believed; else the plan that is suspected."""
    listed = [_small(f"{words(cause.certainty)}: {spelled(cause.words)}") for cause in one.candidates]
    suspect = [_small(f"suspect: {one.suspect_plan}")] if one.suspect_plan else []
    return [*listed, *suspect]


def plans(seen: Snapshot, zone: ZoneInfo) -> str:
    """Each plan on the days of the trends: proposed, carried out, taken back."""
    first, last = seen.header.first, seen.header.last
    note = "Thin: proposed and waiting. Thick: carried out, up to the day it was taken back or the newest day."
    if not seen.plans or first is None or last is None:
        return _section("plans", "Plans on the timeline", "", _nothing("No plan was made or open in these days."))
    note += _of_all(len(seen.plans), seen.totals.plans if seen.totals else 0)
    taken_back = {one.restores: one.done_on for one in seen.plans if one.restores and one.done_on}
    rows = "".join(_plan(one, first, last, taken_back.get(one.id), zone) for one in seen.plans)
    days = f"<span>{safe(day(first))}</span><span>{safe(day(last))}</span>"
    ends = f'<div class="row"><span></span><span class="ends note">{days}</span></div>'
    return _section("plans", "Plans on the timeline", note, f'<div class="panel plans">{ends}{rows}</div>')


def _plan(one: PlanLine, first: date, last: date, taken_back: date | None, zone: ZoneInfo) -> str:
    ends = taken_back if one.done_on and taken_back else last
    if one.done_on is None and one.state not in ("waiting", "held", "proposed", "approved", "executing"):
        ends = min(last, one.proposed_on)
    bar = life_bar(first, last, begins=one.proposed_on, done=one.done_on, ends=max(ends, first), state=one.state)
    steps = "".join(f"<p>{safe(plain_moment(step.at, zone))}: {safe(step.words)}</p>" for step in one.steps)
    maker = f"<p>{safe(words(one.kind))}, by {safe(words(one.agent))}</p>"
    traced = f"<p>trace <code>{safe(one.trace_id)}</code></p>" if one.trace_id else ""
    state = _tag(words(one.state), _STATES.get(one.state, "soft"))
    back = f' <span class="note">taken back by {safe(one.rolled_back_by)}</span>' if one.rolled_back_by else ""
    return (
        f'<div class="row"><div class="name"><strong>{safe(one.id)}</strong> {state}'
        f"{back}<br>{safe(one.title, 120)}"
        f"<details><summary>Steps</summary>{maker}{steps}{traced}</details></div>{bar}</div>"
    )


def waits(seen: Snapshot) -> str:
    """How long people wait for Slack's answer, a card, a number; and how long the timetable's jobs take."""
    if not seen.latencies:
        return _section("waits", "Latency", "", _nothing("Nothing has been measured in these days yet."))
    heads = ("What", "Times", "Half within", "95 % within", "99 % within", "Promised", "Kept")
    order = sorted(seen.latencies, key=lambda one: (one.what.startswith("job:"), one.what))
    body = _table(heads, map(_wait, order), numbers=frozenset({1, 2, 3, 4, 5, 6}))
    note = "From what happened to what people see. The times are upper ends of the steps that are counted by."
    return _section("waits", "Latency", note, body)


def _wait(one: LatencyLine) -> tuple[str, ...]:
    job = one.what.removeprefix("job:")
    name = _WAITS.get(one.what) or JOB_WORDS.get(job) or words(job)
    broken = f' <span class="bad">{one.failed:,} failed</span>' if one.failed else ""
    promised, kept = _UNSET, _UNSET
    if one.target_ms is not None and one.within_target is not None:
        promised, kept = _span(one.target_ms), f"{_percent(one.within_target, one.count)}"
    return (
        f"{safe(name)}{broken}",
        f"{one.count:,}",
        _span(one.p50_ms),
        _span(one.p95_ms),
        _span(one.p99_ms),
        promised,
        kept,
    )


def _span(ms: int) -> str:
    if ms >= ABOVE_ALL_MS:
        return "over 5 min"
    if ms < 1000:
        return f"{ms} ms"
    return f"{ms // 1000} s" if ms < 60_000 else f"{ms // 60_000} min"


def _percent(well: int, of: int) -> str:
    """Rounded down, so that short of all is never 100 %; `of` is not 0."""
    tenths = well * 1000 // of
    return f"{tenths // 10} %" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10} %"


def successes(seen: Snapshot) -> str:
    """What went well of what was tried."""
    if not seen.successes:
        return _section("success", "Success rates", "", _nothing("Nothing has been tried in these days yet."))
    tiles = "".join(_success(one) for one in seen.successes)
    return _section("success", "Success rates", "", f'<div class="tiles">{tiles}</div>')


def _success(one: Tally) -> str:
    return (
        f'<div class="tile"><h3>{safe(one.what)}</h3><div class="value">{_percent(one.well, one.all)}</div>'
        f'<p class="note">{one.well:,} of {one.all:,}</p>{share_bar(one.well, one.all)}</div>'
    )


def governance(seen: Snapshot, zone: ZoneInfo) -> str:
    """How people decided, what the rules refused, and what was written past them."""
    parts = []
    if (one := seen.governance) is not None:
        whole = count(one.changes, "change")
        valid = (
            f"{_percent(one.valid, one.changes)} of {whole} validly approved"
            if one.changes
            else "no change was written"
        )
        told = [
            valid,
            f"{one.decided:,} decided"
            + (f", median {one.median_minutes.normalize():f} min" if one.median_minutes else ""),
            f"{one.rejected:,} rejected",
            f"{one.expired:,} expired",
            f"{one.escalated:,} escalated",
            f"{one.overridden:,} under broken glass",
            count(one.freezes, "freeze"),
        ]
        parts.append(f'<div class="panel">{" · ".join(safe(text) for text in told)}</div>')
    if seen.flaws:
        rows = (
            (
                f'<strong class="bad">{safe(flaw.plan_id)}</strong>',
                safe(flaw.words, 300),
                safe(plain_moment(flaw.at, zone)),
            )
            for flaw in seen.flaws
        )
        parts.append(_table(("Written without a valid approval", "What is missing", "When"), rows))
    else:
        parts.append('<p class="note good">✓ No change was written without the approval that the rules demand.</p>')
    if seen.rules:
        lines = (
            (
                f"<code>{safe(rule.policy)}</code>",
                safe(rule.text, 300),
                f"{rule.refused:,}",
                safe(", ".join(rule.plans)),
            )
            for rule in seen.rules
        )
        parts.append(_table(("Rule", "Why it refused", "Times", "Plans"), lines, numbers=frozenset({2})))
    else:
        parts.append('<p class="note">No rule refused a plan in these days.</p>')
    return _section("rules", "Policy violations", "", "".join(parts))


def models(seen: Snapshot, zone: ZoneInfo) -> str:
    """What is in production, and the newest evaluation of each measure."""
    if not seen.models:
        return _section("models", "Model health", "", _nothing("Nothing is registered yet."))
    rows = (_model(one, zone) for one in seen.models)
    return _section("models", "Model health", "", _table(("In production", "Since", "Owner", "How it does"), rows))


def _model(one: ModelLine, zone: ZoneInfo) -> tuple[str, ...]:
    told = "".join(_evaluation(taken, zone) for taken in one.evaluations)
    # "features" of the kind "definitions" are feature definitions to people.
    name = words(one.name)
    if one.kind == "definitions":
        name = f"{words(one.name.removesuffix('s'))} {one.kind}"
    return (
        f'<strong>{safe(name)}</strong> version {one.version}<br><span class="note">{safe(one.kind)}, '
        f"{safe(one.sha256[:12])}</span>",
        safe(plain_moment(one.since, zone)),
        safe(one.owner),
        told or '<span class="soft">not evaluated yet</span>',
    )


def _evaluation(one: EvaluationLine, zone: ZoneInfo) -> str:
    mark, mood = {True: ("✓", "good"), False: ("✗", "bad"), None: ("·", "soft")}[one.passed]
    return (
        f'<p><span class="{mood}">{mark}</span> {safe(one.words, 300)} '
        f'<span class="note">({safe(words(one.measure))}, {safe(plain_moment(one.at, zone))})</span></p>'
    )

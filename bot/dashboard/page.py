"""A view as a page: pure, from what was kept to HTML; it holds no script, and all its text from data is escaped."""

from collections.abc import Iterable, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from agents.kpis.figures import UNDEFINED, format_change, format_days, format_value
from bot.dashboard import sections
from bot.dashboard.drawing import Mark, safe, trend
from bot.slack.cards.markup import day, plain_moment
from storage.records.dashboards import Snapshot, View
from storage.records.kpis import KpiAnswer

WINDOWS = (7, 28, 90)
"""Days that a view may be of."""


def view_page(seen: Snapshot, view: View, *, newer: bool, earlier: Sequence[View]) -> str:
    """The whole page; `newer` says that it is not of now, `earlier` are other views to open."""
    zone = ZoneInfo(seen.header.zone)
    return _page(
        f"{view.id} · Countersign",
        _top(seen, view, zone, newer=newer),
        "<main>",
        _trends(seen),
        sections.cases(seen, zone),
        sections.plans(seen, zone),
        sections.waits(seen),
        sections.successes(seen),
        sections.governance(seen, zone),
        sections.models(seen, zone),
        "</main>",
        _footer(seen, view, earlier, zone),
    )


def notice_page(title: str, *lines: str) -> str:
    """A page of our own words alone."""
    told = "".join(f"<p>{safe(line, 400)}</p>" for line in lines)
    return _page(f"{title} · Countersign", f'<main class="lone"><h1>{safe(title)}</h1>{told}</main>')


def address_of(view: View) -> str:
    """Where the view is, with its moment."""
    return f"/dashboard/{view.id}?as_of={view.as_of:%Y-%m-%dT%H:%M:%SZ}"


def _page(title: str, *parts: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{safe(title)}</title><link rel="stylesheet" href="/dashboard/style.css"></head><body>'
        f"{''.join(parts)}</body></html>"
    )


def _top(seen: Snapshot, view: View, zone: ZoneInfo, *, newer: bool) -> str:
    header = seen.header
    days = (
        f"data days {format_days(header.first, header.last)}"
        if header.first is not None and header.last is not None
        else "no data yet"
    )
    simulated = ' · <span class="tag warn">simulated</span>' if header.simulated else ""
    rules = f"rules in force: {safe(header.rules)}" if header.rules else "the rules in force cannot be trusted"
    return (
        f'<header class="top"><h1>Countersign dashboard</h1>'
        f"<p>As of <strong>{safe(plain_moment(header.as_of, zone))}</strong> · {safe(days)}{simulated}</p>"
        f'<p class="note">{safe(view.id)} · {rules} · this address shows these numbers for good</p>'
        f"{_nav(header.days)}{_banner(view) if newer else ''}</header>"
    )


def _nav(days: int) -> str:
    links = [f'<a href="/dashboard?days={one}">{one} days, as of now</a>' for one in WINDOWS]
    shown = f'<strong aria-current="page">This view: {days} days</strong>'
    return f'<nav aria-label="Views">{shown}{"".join(links)}</nav>'


def _banner(view: View) -> str:
    return (
        '<p class="banner">This is an earlier view: it shows what was known at its moment, also where data were '
        f'restated since. <a href="/dashboard?days={view.days}">Show what is known now</a></p>'
    )


def _trends(seen: Snapshot) -> str:
    if not seen.trends:
        nothing = "Nothing has been read yet: there are no numbers to show."
        return f'<section><h2>KPIs</h2><p class="soft">{nothing}</p></section>'
    marks = _plan_marks(seen)
    tiles = "".join(_tile(answer, (*marks, *_case_marks(seen, answer.kpi))) for answer in seen.trends)
    return (
        '<section aria-labelledby="kpis"><h2 id="kpis">KPIs</h2>'
        '<p class="note">▼ a plan was carried out · ◆ an alert was opened · dashed: target · shaded: days that may '
        "still change. Each is compared with the days of equal number before.</p>"
        f'<div class="tiles">{tiles}</div></section>'
    )


def _plan_marks(seen: Snapshot) -> tuple[Mark, ...]:
    return tuple(
        Mark(one.done_on, one.id, ("takes back " + one.restores) if one.restores else one.title, "plan")
        for one in seen.plans
        if one.done_on is not None
    )


def _case_marks(seen: Snapshot, kpi: str) -> Iterable[Mark]:
    return (Mark(one.opened_on, one.id, one.title, "case") for one in seen.cases if one.kpi == kpi)


def _tile(answer: KpiAnswer, marks: Sequence[Mark]) -> str:
    aims = _aims(answer)
    told = f'<p class="note">{aims}</p>' if aims else ""
    return (
        f'<article class="tile" data-kpi="{safe(answer.kpi)}"><h3>{safe(answer.label)}</h3>{_value(answer)}'
        f"<p>{_change(answer)}</p>{told}"
        f"{trend(answer, marks)}{_fine_print(answer)}</article>"
    )


def _value(answer: KpiAnswer) -> str:
    """The number large, and what it is per small."""
    number, per, thing = format_value(answer.value, answer.unit).partition(" per ")
    unit = f" <small>per {safe(thing)}</small>" if per else ""
    return f'<div class="value">{safe(number)}{unit}</div>'


def _change(answer: KpiAnswer) -> str:
    """How far it moved, from where, and whether that is for the better."""
    words = format_change(answer.value, answer.previous)
    if words is None:
        return '<span class="note">nothing before to compare with</span>'
    better = _better(answer)
    mood = "soft" if better is None else "good" if better else "bad"
    told = "" if better is None else " better" if better else " worse"
    before = safe(format_value(answer.previous, answer.unit))
    return f'<span class="{mood}">{safe(words)}{told}</span> <span class="note">from {before}</span>'


def _better(answer: KpiAnswer) -> bool | None:
    """Whether it moved the way the team wants; None where no way is wanted, or it did not move."""
    if answer.value is None or answer.previous is None or answer.value == answer.previous:
        return None
    if answer.direction not in ("higher", "lower"):
        return None
    return (answer.value > answer.previous) == (answer.direction == "higher")


def _aims(answer: KpiAnswer) -> str:
    parts = []
    if answer.target is not None:
        parts.append(f"target {safe(format_value(answer.target, answer.unit))}{_met(answer)}")
    if answer.interval is not None:
        low, high = (
            UNDEFINED if end is None else format_value(end, answer.unit)
            for end in (answer.interval.low, answer.interval.high)
        )
        parts.append(f"95 % interval {safe(low)} to {safe(high)}")
    if answer.value is None:
        parts += [safe(note, 200) for note in answer.notes[:1]]
    return " · ".join(parts)


def _met(answer: KpiAnswer) -> str:
    if answer.value is None or answer.target is None or answer.direction not in ("higher", "lower"):
        return ""
    met = answer.value >= answer.target if answer.direction == "higher" else answer.value <= answer.target
    return ' <span class="good">✓ met</span>' if met else ' <span class="bad">✗ missed</span>'


def _fine_print(answer: KpiAnswer) -> str:
    facts = [
        f"{format_days(answer.first, answer.last)}, days of {answer.zone}",
        f"definition {answer.version}, owner {answer.owner}",
        *([] if answer.newest_day is None else [f"newest complete day {day(answer.newest_day)}"]),
        *answer.notes,
        *answer.sources,
    ]
    rows = "".join(
        f'<tr><td>{safe(_label(row.label))}</td><td class="num">{safe(format_value(row.value, answer.unit))}</td></tr>'
        for row in answer.series
    )
    numbers = f"<details><summary>Day by day</summary><table>{rows}</table></details>" if rows else ""
    listed = "".join(f"<p>{safe(fact, 300)}</p>" for fact in facts)
    return f"<details><summary>Source and definition</summary>{listed}</details>{numbers}"


def _label(text: str) -> str:
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text


def _footer(seen: Snapshot, view: View, earlier: Sequence[View], zone: ZoneInfo) -> str:
    others = "".join(
        f'<li><a href="{safe(address_of(one))}">{safe(one.id)}</a>: {one.days} days as of '
        f"{safe(plain_moment(one.as_of, zone))}</li>"
        for one in earlier
        if one.number != view.number
    )
    listed = f"<details><summary>Other views to open again</summary><ul>{others}</ul></details>" if others else ""
    return (
        f"<footer>{listed}<p>To show this view to somebody, tell them <code>/dashboard {safe(view.id)}</code>: "
        "everyone opens the dashboard by a link of their own from Slack. "
        f"Moments are in {safe(seen.header.zone)}.</p></footer>"
    )

"""Pictures as inline SVG: classes for colours, numbers for places, and every text that comes from data escaped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape

from agents.kpis.figures import format_value
from bot.slack.cards.markup import clean, day
from storage.records.kpis import KpiAnswer

_WIDE, _HIGH = 340, 132
_LEFT, _RIGHT, _TOP, _BOTTOM = 4, 10, 22, 18
_LABEL_WIDE = 46
_MOST_LABELS = 4


@dataclass(frozen=True)
class Mark:
    """Something that happened on a day of a trend."""

    at: date
    name: str
    """Short: PLAN-3, ALERT-1."""
    words: str
    kind: str
    """plan or case: what it looks like."""


def safe(text: str, most: int = 200) -> str:
    """Untrusted text for HTML: one line, nothing invisible, no markup."""
    return escape(clean(text, most), quote=True)


@dataclass(frozen=True)
class _Field:
    """Where days and values lie in the picture."""

    first: date
    last: date
    low: float
    high: float

    def x(self, at: date) -> float:
        span = max((self.last - self.first).days, 1)
        return _LEFT + (_WIDE - _LEFT - _RIGHT) * (at - self.first).days / span

    def y(self, value: Decimal) -> float:
        share = (float(value) - self.low) / (self.high - self.low)
        return _HIGH - _BOTTOM - (_HIGH - _TOP - _BOTTOM) * share


def trend(answer: KpiAnswer, marks: Sequence[Mark]) -> str:
    """The KPI day by day with its target and what happened; "" where fewer than two days have a value."""
    points = [(date.fromisoformat(row.label), row.value) for row in answer.series]
    values = [value for _, value in points if value is not None]
    if len(values) < 2:
        return ""
    field = _field(answer, values)
    told = [one for one in marks if answer.first <= one.at <= answer.last]
    return (
        f'<svg class="trend" viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="{_spoken(answer, values, told)}">'
        f"{_band(field, answer)}{_target(field, answer)}{_marks(field, told)}{_line(field, points)}"
        f"{_newest(field, answer, points)}{_axis(field)}</svg>"
    )


def _field(answer: KpiAnswer, values: list[Decimal]) -> _Field:
    shown = [*values, *([answer.target] if answer.target is not None else [])]
    low, high = float(min(shown)), float(max(shown))
    # Amounts and counts start at nothing; a rate would be a flat line then.
    if low > 0 and answer.denominator is None:
        low = 0.0
    room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return _Field(answer.first, answer.last, low - (room if low else 0), high + room)


def _spoken(answer: KpiAnswer, values: list[Decimal], told: Sequence[Mark]) -> str:
    unit = answer.unit
    said = (
        f"{answer.label}, {answer.first.isoformat()} to {answer.last.isoformat()}: from {format_value(values[0], unit)}"
        f" to {format_value(values[-1], unit)}, between {format_value(min(values), unit)} and "
        f"{format_value(max(values), unit)} a day"
    )
    happened = "".join(f"; {one.name} on {one.at.isoformat()}" for one in told)
    return safe(said + happened, 600)


def _band(field: _Field, answer: KpiAnswer) -> str:
    """The newest days, which the source may still change."""
    if not answer.provisional or answer.newest_day is None or not answer.restatement_days:
        return ""
    begins = date.fromordinal(max(answer.newest_day.toordinal() - answer.restatement_days + 1, 1))
    left = field.x(max(begins, field.first))
    width = max(_WIDE - _RIGHT - left, 0)
    return (
        f'<rect class="provisional" x="{left:.1f}" y="{_TOP}" width="{width:.1f}" height="{_HIGH - _TOP - _BOTTOM}">'
        "<title>These days may still change</title></rect>"
    )


def _target(field: _Field, answer: KpiAnswer) -> str:
    if answer.target is None:
        return ""
    y = field.y(answer.target)
    words = safe(f"target {format_value(answer.target, answer.unit)}")
    return (
        f'<line class="target" x1="{_LEFT}" x2="{_WIDE - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="small" x="{_LEFT}" y="{max(y - 3, 9):.1f}">{words}</text>'
    )


def _marks(field: _Field, told: Sequence[Mark]) -> str:
    drawn, taken = [], -float(_LABEL_WIDE)
    labels = 0
    for one in sorted(told, key=lambda mark: mark.at):
        x = field.x(one.at)
        title = f"<title>{safe(f'{one.name}, {day(one.at)}: {one.words}', 300)}</title>"
        drawn.append(
            f'<g class="{one.kind}">{title}<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 6}" y2="{_HIGH - _BOTTOM}"/>'
            f"{_shape(one.kind, x)}</g>"
        )
        at = min(max(x, _LABEL_WIDE / 2), _WIDE - _LABEL_WIDE / 2)
        if at - taken >= _LABEL_WIDE and labels < _MOST_LABELS:
            drawn.append(f'<text class="small middle {one.kind}" x="{at:.1f}" y="9">{safe(one.name, 20)}</text>')
            taken, labels = at, labels + 1
    return "".join(drawn)


def _shape(kind: str, x: float) -> str:
    """Plans are triangles, cases are diamonds: colour alone tells nobody anything."""
    y = _TOP - 7
    if kind == "plan":
        return f'<path d="M{x - 4:.1f} {y - 4}h8l-4 7z"/>'
    return f'<path d="M{x:.1f} {y - 5}l4.5 4.5l-4.5 4.5l-4.5 -4.5z"/>'


def _line(field: _Field, points: Sequence[tuple[date, Decimal | None]]) -> str:
    """One path; a day without a value is a gap."""
    steps, pen = [], "M"
    for at, value in points:
        if value is None:
            pen = "M"
            continue
        steps.append(f"{pen}{field.x(at):.1f} {field.y(value):.1f}")
        pen = "L"
    return f'<path class="line" d="{"".join(steps)}"/>'


def _newest(field: _Field, answer: KpiAnswer, points: Sequence[tuple[date, Decimal | None]]) -> str:
    at, value = next((at, value) for at, value in reversed(points) if value is not None)
    dots = [
        f'<circle class="touch" cx="{field.x(day_):.1f}" cy="{field.y(one):.1f}" r="7">'
        f"<title>{safe(f'{day(day_)}: {format_value(one, answer.unit)}')}</title></circle>"
        for day_, one in points
        if one is not None
    ]
    return f'<circle class="dot" cx="{field.x(at):.1f}" cy="{field.y(value):.1f}" r="3.5"/>{"".join(dots)}'


def _axis(field: _Field) -> str:
    y = _HIGH - _BOTTOM
    return (
        f'<line class="axis" x1="{_LEFT}" x2="{_WIDE - _RIGHT}" y1="{y}" y2="{y}"/>'
        f'<text class="small" x="{_LEFT}" y="{_HIGH - 4}">{safe(day(field.first))}</text>'
        f'<text class="small end" x="{_WIDE - _RIGHT}" y="{_HIGH - 4}">{safe(day(field.last))}</text>'
    )


def share_bar(well: int, of: int) -> str:
    """How much of a whole, from 0 to all of it."""
    full = 100 * well / of if of else 0.0
    return (
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="rest" width="100" height="8" rx="2"/><rect class="well" width="{full:.2f}" height="8" rx="2"/>'
        "</svg>"
    )


def life_bar(first: date, last: date, *, begins: date, done: date | None, ends: date, state: str) -> str:
    """A plan between two days: proposed, carried out, and until when it held."""
    span = max((last - first).days, 1)

    def x(at: date) -> float:
        return min(max(1000 * (at - first).days / span, 0.0), 994.0)

    wait = max(x(done or ends) - x(begins), 6)
    waited = f'<rect class="waiting" x="{x(begins):.1f}" y="7" width="{wait:.1f}" height="6"/>'
    held = ""
    if done is not None:
        width = max(x(ends) - x(done), 6)
        held = f'<rect class="held {escape(state)}" x="{x(done):.1f}" y="3" width="{width:.1f}" height="14"/>'
    return (
        '<svg class="life" viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true">'
        f"{weeks(first, last)}{waited}{held}</svg>"
    )


def weeks(first: date, last: date) -> str:
    """A hair line at each Monday."""
    span = max((last - first).days, 1)
    days: Iterable[date] = (date.fromordinal(one) for one in range(first.toordinal(), last.toordinal() + 1))
    return "".join(
        f'<rect class="week" x="{1000 * (one - first).days / span:.1f}" y="0" width="1.5" height="20"/>'
        for one in days
        if one.weekday() == 0
    )

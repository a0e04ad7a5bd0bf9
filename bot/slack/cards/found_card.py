"""The card after files were dropped: what was found in each, what stands in the way of it, and what to do next."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from agents.kpis.figures import plain
from agents.lifecycle.answers.survey import Survey
from agents.lifecycle.intake.land import Landed
from agents.sources.exports.report import ExportReport
from bot.slack.buttons import ActionId, PageRef
from bot.slack.cards.blocks import Block, Message, actions, button, context, header, section
from bot.slack.cards.data_words import age, amounts, dataset_name, source_name, span, things
from bot.slack.cards.markup import bullets, clean, count, data, escaped, within, words
from bot.slack.data_buttons import LoadRef
from storage.records.quarantine import SetAside

SHOWN_ROWS = 4
_SHOWN_NOTES = 4
_SHOWN_MISSING = 3
_MOST = 2900
_SIMULATED = "🧪 The file says that its numbers are simulated."


@dataclass(frozen=True)
class Found:
    """What came of one file, with the first of its rows that were set aside."""

    landed: Landed
    set_aside: Sequence[SetAside] = ()


def found_card(
    found: Sequence[Found], *, today: date, survey: Survey | None = None, picture: Block | None = None
) -> Message:
    """One card for all files that were dropped together.

    `survey` is the picture of the business with them; `picture` an image block to show it with.
    """
    blocks = _single(found[0], today, survey) if len(found) == 1 else _several(found, today, survey)
    shown = [*blocks, *([picture] if picture else []), *_missing(survey), *_next(found)]
    return Message(text=_spoken(found), blocks=tuple(shown))


def result_line(found: Found) -> str:
    """One file in one line: "✅ *google.csv*: Google Ads, 14 campaigns, £18,257.62 …"."""
    landed = found.landed
    name = f"*{data(landed.name, 80)}*"
    if landed.refused:
        return f"⛔ {name}: {data(_why_not(landed), 300)}"
    if landed.question is not None:
        title = landed.question.title.removeprefix(f"{landed.name}: ")
        return f"❓ {name}: {landed.question.id} has to be answered first: {data(title, 160)}"
    if landed.report is None:
        return f"⛔ {name}: it could not be read"
    told = ", ".join(part for part in _contents(landed.report) if part)
    if not landed.new:
        return f"♻️ {name}: {told}. I had exactly this already: nothing changed"
    return f"✅ {name}: {told}{_troubles(found)}"


def _why_not(landed: Landed) -> str:
    """The refusal without the file's name, which stands before it: "line 21: broken quoting …"."""
    return re.sub(rf"^{re.escape(landed.name)}[,:]\s+", "", landed.refused)


def _single(one: Found, today: date, survey: Survey | None) -> list[Block]:
    landed, report = one.landed, one.landed.report
    if report is None or landed.refused or landed.question is not None:
        title = "needs an answer first" if landed.question is not None else "could not be read"
        return [header(f"🗂 {clean(landed.name, 90)} {title}"), section(result_line(one))]
    again = " again" if not landed.new else ""
    kind = report.layout.partition("/")[2]
    facts = [f"*{data(source_name(report.source), 60)}*{f', {data(words(kind).lower(), 80)}' if kind else ''}"]
    facts += [part for part in _contents(report)[1:] if part]
    lines = [" · ".join(facts), *_days(report, today), *_amounts(report)]
    if not landed.new:
        lines.append("♻️ I had exactly this already: nothing changed.")
    lines += [_rows(one), *_totals(report)]
    return [
        header(f"🗂 {clean(landed.name, 110)}: read{again}"),
        *([context(_SIMULATED)] if report.simulated else []),
        section(within(lines, _MOST)),
        *_rows_aside(one),
        *([context(notes)] if (notes := bullets(report.notes[:_SHOWN_NOTES], most=1200, each=280)) else []),
        *_stale(report, survey),
    ]


def _several(found: Sequence[Found], today: date, survey: Survey | None) -> list[Block]:
    read = sum(one.landed.load_id is not None for one in found)
    title = f"🗂 {count(len(found), 'file')}: {read} read"
    asked = sum(one.landed.question is not None for one in found)
    title += f", {count(asked, 'question')}" if asked else ""
    refused = len(found) - read - asked
    title += f", {refused} not readable" if refused else ""
    # What needs somebody stands first.
    ordered = sorted(found, key=lambda one: 0 if one.landed.refused else 1 if one.landed.question else 2)
    blocks = [header(title), section(within((result_line(one) for one in ordered), _MOST))]
    return [*blocks, *([section(_together(survey, today))] if survey is not None and survey.sources else [])]


def _together(survey: Survey, today: date) -> str:
    """What all data says now, these files included."""
    days = [day for one in survey.sources for day in (one.first_day, one.last_day) if day is not None]
    lines = [
        f"*All your data now*: {count(len(survey.sources), 'source')}, {count(survey.campaigns, 'campaign')}"
        + (f", {span(min(days), max(days))}" if days else "")
    ]
    if survey.spend:
        lines.append(f"*Spend* {amounts(survey.spend)}")
    return "\n".join([*lines, *stale_lines(survey, today)])


def stale_lines(survey: Survey, today: date) -> list[str]:
    """The sources whose newest day is older than they promise."""
    stale = [one for one in survey.sources if one.stale]
    if not stale:
        return []
    named = [f"{data(source_name(one.source), 60)} ({age(one.last_day, today) or 'no days'})" for one in stale[:6]]
    more = f" and {len(stale) - 6} more" if len(stale) > 6 else ""
    return [f"🟠 *Not fresh*: {'; '.join(named)}{more}"]


def _contents(report: ExportReport) -> list[str]:
    """Source, how much of what, and money; the first is the source."""
    parts = [data(source_name(report.source), 60)]
    if report.campaigns:
        parts.append(count(report.campaigns, "campaign"))
    parts += [things(name, rows) for name, rows in report.rows_by_dataset.items() if name != "facts"]
    if report.days and "facts" in report.rows_by_dataset:
        parts.append(count(report.days, "day"))
    if report.spend:
        parts.append(f"{amounts(report.spend)} spent")
    return parts


def _days(report: ExportReport, today: date) -> list[str]:
    told = span(report.first_day, report.last_day)
    return [f"*Days* {told}, {age(report.last_day, today)}"] if told else []


def _amounts(report: ExportReport) -> list[str]:
    return [f"*{data(dataset_name(name), 60)}* {amounts(sums)}" for name, sums in report.amounts.items() if sums]


def _rows(one: Found) -> str:
    report = one.landed.report
    assert report is not None
    parts = [f"{count(report.rows_read, 'row')} read"]
    if report.rows_dropped:
        parts.append(f"{len(report.rows_dropped):,} left out ({_reasons(report)})")
    if one.landed.quarantined:
        parts.append(f"*{one.landed.quarantined:,} set aside*")
    return " · ".join(parts)


def _reasons(report: ExportReport) -> str:
    told: dict[str, int] = {}
    for row in report.rows_dropped:
        told[row.reason] = told.get(row.reason, 0) + 1
    named = sorted(told, key=lambda reason: -told[reason])
    return "; ".join(data(reason, 80) for reason in named[:2]) + (" …" if len(named) > 2 else "")


def _totals(report: ExportReport) -> list[str]:
    """How our sums compare with the file's own total row."""
    if report.total_row_difference is None:
        return ["The file has no total row to compare with."]
    off = {name: value for name, value in report.total_row_difference.items() if value != Decimal(0)}
    if not off:
        return ["✅ Equal to the file's own total row."]
    named = ", ".join(f"{data(words(name).lower(), 40)} {_signed(value)}" for name, value in list(off.items())[:5])
    return [f"🟠 Differs from the file's own total row: {named}"]


def _signed(value: Decimal) -> str:
    return f"{'+' if value > 0 else '−'}{plain(abs(value))}"


def _rows_aside(one: Found) -> list[Block]:
    if not one.landed.quarantined:
        return []
    lines = [aside_line(row) for row in one.set_aside[:SHOWN_ROWS]]
    more = one.landed.quarantined - len(lines)
    lines += [f"…and {more:,} more"] if more > 0 and lines else []
    return [section(within(["*Set aside: they break the contract, the rest landed*", *lines], 1600))]


def aside_line(row: SetAside) -> str:
    """As in "• line 12: clicks is -3, must be at least 0"."""
    place = f"line {row.row.line:,}: " if row.row.line else ""
    return f"• {place}{data(row.row.reason, 240)}"


def _troubles(found: Found) -> str:
    """What a reader of the list should know of a file that landed all the same."""
    report, parts = found.landed.report, []
    if found.landed.quarantined:
        parts.append(f"{count(found.landed.quarantined, 'row')} set aside")
    if report is not None and any((report.total_row_difference or {}).values()):
        parts.append("differs from its own total row")
    return f" · 🟠 {', '.join(parts)}" if parts else ""


def _stale(report: ExportReport, survey: Survey | None) -> list[Block]:
    own = next((one for one in survey.sources if one.source == report.source), None) if survey else None
    if own is None or not own.stale:
        return []
    promised = next((one.promised for one in own.datasets if one.stale and one.promised), "")
    newest = f"its newest day is {span(own.last_day, own.last_day)}" if own.last_day else "it names no day"
    late = f", and newer ones are promised within {promised}" if promised else ""
    return [context(f"🟠 *Not fresh*: {newest}{late}. A newer export of the same kind simply adds to it.")]


def _missing(survey: Survey | None) -> list[Block]:
    if survey is None or not survey.missing:
        return []
    return [section(f"*Still missing*\n{bullets(survey.missing[:_SHOWN_MISSING], most=1200, each=300)}")]


def _next(found: Sequence[Found]) -> list[Block]:
    controls = [button("See the whole picture", ActionId.DATA_PICTURE, PageRef(1).encode())]
    aside = [one.landed.load_id for one in found if one.landed.quarantined and one.landed.load_id]
    if aside:
        value = LoadRef(aside[0] if len(aside) == 1 else "all").encode()
        controls.append(button("Rows set aside", ActionId.DATA_SET_ASIDE, value))
    loads = [one.landed.load_id for one in found if one.landed.load_id]
    small = (
        [context(f"Kept as {data(loads[0], 80)}. Reading changes nothing anywhere else.")] if len(loads) == 1 else []
    )
    return [actions("data.found", controls), *small]


def _spoken(found: Sequence[Found]) -> str:
    if len(found) > 1:
        read = sum(one.landed.load_id is not None for one in found)
        return f"{len(found)} files: {read} read."
    landed = found[0].landed
    name = escaped(clean(landed.name, 80))
    if landed.question is not None:
        return f"{name} needs an answer first: {landed.question.id}."
    return f"{name} could not be read." if landed.refused or landed.report is None else f"{name} was read."

"""The picture of the business: what there is, from whom, for which days, how fresh, and what is missing."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from agents.lifecycle.answers.survey import Survey
from agents.lifecycle.intake.source_picture import SourcePicture
from bot.slack.buttons import ActionId
from bot.slack.cards.blocks import Block, Message, actions, button, context, header, section
from bot.slack.cards.data_words import age, amounts, gaps_of, late_words, source_name, span, things, zones_differ
from bot.slack.cards.found_card import aside_line
from bot.slack.cards.markup import bullets, count, data, moment, within
from bot.slack.cards.plan_card import SIMULATED
from bot.slack.cards.question_card import question_line
from bot.slack.data_buttons import LoadRef
from storage.records.quarantine import SetAside

SHOWN_SOURCES = 15
_SHOWN_QUESTIONS = 5
_SHOWN_MISSING = 6
_SHOWN_ROWS = 40
NO_DATA = (
    "Drop exports of your tools into this channel, as they come: Google Ads, Meta, LinkedIn, Microsoft Ads, GA4, "
    "HubSpot, Salesforce, Klaviyo, Mailchimp, Intercom, Zendesk, Shopify, WordPress, or any other CSV. I read them "
    "and say what I found; reading changes nothing anywhere."
)


def picture_card(survey: Survey, *, zone: ZoneInfo, today: date, picture: Block | None = None) -> Message:
    """All sources with their days, money and freshness; `picture` is an image block of the same."""
    if not survey.sources:
        blocks: list[Block] = [header("No data yet"), section(NO_DATA), *_questions(survey)]
        return Message(text="No data yet.", blocks=tuple(blocks))
    shown = survey.sources[:SHOWN_SOURCES]
    hidden = len(survey.sources) - len(shown)
    blocks = [
        header(f"Your data: {count(len(survey.sources), 'source')}, {count(survey.campaigns, 'campaign')}"),
        *([context(SIMULATED)] if all(one.simulated for one in survey.sources) else []),
        *([section(f"*Spend* {amounts(survey.spend)}{_apart(survey)}")] if survey.spend else []),
        *([picture] if picture else []),
        *(section(source_lines(one, today, zone)) for one in shown),
        *([context(f"…and {count(hidden, 'more source')}: `countersign data`")] if hidden > 0 else []),
        *([context(data(aligned, 600))] if (aligned := zones_differ(survey.sources)) else []),
        *_missing(survey),
        *_questions(survey),
        *_aside(survey),
        *([section(f"*To see to*\n{bullets(survey.notes[:5], most=1500, each=280)}")] if survey.notes else []),
        context(f"As of {moment(survey.as_of, zone)} · days of each source's own zone · `/kpi` gives the numbers"),
    ]
    return Message(text=_spoken(survey), blocks=tuple(blocks))


def source_lines(one: SourcePicture, today: date, zone: ZoneInfo) -> str:
    """One source: what it tells of, for which days, how fresh."""
    head = [f"{'🟠' if one.stale else '🟢'} *{data(source_name(one.source), 60)}*"]
    head += [count(one.campaigns, "campaign")] if one.campaigns else []
    head += [things(held.dataset, held.rows) for held in one.datasets if held.dataset != "facts"]
    head += [f"{amounts(one.spend)} spent"] if one.spend else []
    days = span(one.first_day, one.last_day)
    facts = [days + (f" ({count(one.days, 'day')})" if one.days else "") if days else "no days named"]
    # A simulated calendar is not ours: how long ago its days are says nothing.
    facts += [age(one.last_day, today)] if one.last_day and not one.simulated else []
    facts += [gaps_of(one.gaps) or "no gaps"] if one.days > 1 else []
    if one.provisional_from is not None and one.last_day is not None and one.provisional_from <= one.last_day:
        facts.append(f"may still change from {span(one.provisional_from, one.provisional_from)} on")
    if one.stale:
        facts.append(late_words(one, zone))
    if one.trouble:
        facts.append(f"the last attempt to read it failed: {data(one.trouble, 160)}")
    if one.quarantined:
        facts.append(f"{count(one.quarantined, 'row')} set aside")
    return f"{' · '.join(head)}\n{' · '.join(facts)}"


def set_aside_card(rows: Sequence[SetAside]) -> Message:
    """Rows that were set aside, by file, each with its line and reason."""
    if not rows:
        return Message(text="No rows are set aside.", blocks=(section("No rows are set aside. 🎉"),))
    by_file: dict[tuple[str, str], list[SetAside]] = {}
    for row in rows[:_SHOWN_ROWS]:
        by_file.setdefault((row.path, row.load_id), []).append(row)
    blocks = [
        section(within([f"*{data(path, 80)}* · {data(load, 60)}", *map(aside_line, held)], 2900))
        for (path, load), held in by_file.items()
    ]
    hidden = len(rows) - _SHOWN_ROWS
    more = [context(f"…and {hidden:,} more: `countersign quarantine list`")] if hidden > 0 else []
    how = "Correct them in the tool and drop a new export, or land them with `countersign quarantine replay`."
    text = f"{count(len(rows), 'row')} set aside."
    return Message(text=text, blocks=(*blocks, *more, context(how)))


def home_lines(survey: Survey, *, today: date) -> str:
    """The section of App Home: how fresh the data is, and what waits for a person."""
    if not survey.sources:
        return f"*Data*\n{NO_DATA}"
    lines = [f"*Data*: {count(len(survey.sources), 'source')}, {count(survey.campaigns, 'campaign')}"]
    ordered = sorted(survey.sources, key=lambda one: not one.stale)
    lines += [_home_line(one, today) for one in ordered[:8]]
    hidden = len(ordered) - 8
    lines += [f"…and {count(hidden, 'more source')}"] if hidden > 0 else []
    lines += [question_line(one) for one in survey.questions[:_SHOWN_QUESTIONS]]
    hidden = len(survey.questions) - _SHOWN_QUESTIONS
    lines += [f"…and {count(hidden, 'more question')}"] if hidden > 0 else []
    if survey.quarantined:
        lines.append(f"🟠 {count(survey.quarantined, 'row')} set aside")
    lines += [f"🟠 {data(one, 200)}" for one in survey.notes[:3]]
    return within(lines, 2900)


def _home_line(one: SourcePicture, today: date) -> str:
    gaps = f" · {gaps_of(one.gaps)}" if one.gaps else ""
    newest = age(one.last_day, today) or "no days named"
    return f"{'🟠' if one.stale else '🟢'} *{data(source_name(one.source), 60)}* {newest}{gaps}"


def _apart(survey: Survey) -> str:
    return " (currencies are never added up)" if len(survey.spend) > 1 else ""


def _missing(survey: Survey) -> list[Block]:
    if not survey.missing:
        return []
    return [section(f"*Still missing*\n{bullets(survey.missing[:_SHOWN_MISSING], most=1800, each=300)}")]


def _questions(survey: Survey) -> list[Block]:
    lines = [question_line(one) for one in survey.questions[:_SHOWN_QUESTIONS]]
    hidden = len(survey.questions) - _SHOWN_QUESTIONS
    lines += [f"…and {hidden:,} more"] if hidden > 0 else []
    return [section(within(["*Waiting for somebody's answer*", *lines], 2900))] if survey.questions else []


def _aside(survey: Survey) -> list[Block]:
    if not survey.quarantined:
        return []
    show = button("Rows set aside", ActionId.DATA_SET_ASIDE, LoadRef("all").encode())
    return [section(f"🟠 *{count(survey.quarantined, 'row')} set aside*"), actions("data.aside", [show])]


def _spoken(survey: Survey) -> str:
    stale = sum(one.stale for one in survey.sources)
    fresh = f", {stale} of them not fresh" if stale else ""
    return f"Your data: {count(len(survey.sources), 'source')}{fresh}, {count(survey.campaigns, 'campaign')}."
